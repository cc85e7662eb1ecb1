package casework

import (
	"slices"
	"time"
)

// Clock is a stretch of a case that has a time limit of its own.
type Clock string

// The clocks. All of them stop while the case is paused and begin anew when it
// is reopened.
const (
	// ToAccept runs while the case is collected.
	ToAccept Clock = "accept"
	// ToHandle runs while somebody has the case in hand: registered, dispatched or
	// transferred. It stops when the case is handled, and goes on where it stopped
	// when it is returned.
	ToHandle Clock = "handle"
	// ToResolve runs until the case has ended.
	ToResolve Clock = "resolve"
)

// Clocks returns every clock, in a fixed order.
func Clocks() []Clock { return []Clock{ToAccept, ToHandle, ToResolve} }

func (k Clock) runs(s Step) bool {
	switch k {
	case ToAccept:
		return s == Collected
	case ToHandle:
		return slices.Contains(worked, s)
	case ToResolve:
		return s != "" && !s.Ended()
	}
	return false
}

// Level is who is told when a limit is passed.
type Level string

// The levels, from below.
const (
	ToHolder      Level = "holder" // whoever has the case
	ToLead        Level = "lead"
	ToSubdistrict Level = "subdistrict"
)

// Levels returns every level, from below.
func Levels() []Level { return []Level{ToHolder, ToLead, ToSubdistrict} }

// Rung is a level and when it is told, in per cent of the limit: 1 to 1000.
type Rung struct {
	Level   Level
	Percent int64
}

// DefaultLadder is the escalation where nothing else is declared: the lead when
// a limit is reached, the sub-district at half as much again.
func DefaultLadder() []Rung { return []Rung{{ToLead, 100}, {ToSubdistrict, 150}} }

// Limit is a time limit. Minutes of 0 and less are no limit; more than ten years
// count as ten years.
type Limit struct {
	Minutes int64
	Measure Measure
}

const maxMinutes = 10 * 366 * minutesPerDay

func (l Limit) duration() time.Duration {
	return time.Duration(min(max(l.Minutes, 0), maxMinutes)) * time.Minute
}

// Limits are the time limits of a case, as they were promised when it was
// collected.
type Limits struct {
	Accept, Handle, Resolve Limit
	// Ladder of escalation; DefaultLadder when empty.
	Ladder []Rung
}

func (l Limits) of(k Clock) Limit {
	switch k {
	case ToAccept:
		return l.Accept
	case ToHandle:
		return l.Handle
	case ToResolve:
		return l.Resolve
	}
	return Limit{}
}

// hotline are the minutes of the clock in which the 12345 hotline wants an order
// settled.
var hotline = map[Urgency]int64{
	Emergency: 2 * 60,
	Utility:   24 * 60,
	Ordinary:  7 * minutesPerDay,
	Complex:   15 * minutesPerDay,
}

// OrDefault fills in what an item does not declare: to resolve within what the
// 12345 hotline asks for the urgency (2 hours, 24 hours, 7 days, 15 days of the
// clock), told of by the default ladder. Limits to accept and to handle have no
// default.
func (l Limits) OrDefault(u Urgency) Limits {
	if l.Resolve.Minutes <= 0 {
		minutes, known := hotline[u]
		if !known {
			minutes = hotline[Ordinary]
		}
		l.Resolve = Limit{Minutes: minutes}
	}
	if len(l.Ladder) == 0 {
		l.Ladder = DefaultLadder()
	}
	return l
}
