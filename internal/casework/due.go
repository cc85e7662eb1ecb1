package casework

import (
	"slices"
	"time"
)

// Reading is a case's clock at a moment.
type Reading struct {
	Clock Clock
	Limit Limit
	// Spent is how much of the limit has gone, in the limit's measure.
	Spent time.Duration
	// Running tells that it runs at that moment: neither paused nor over.
	Running bool
	// Due is when the limit is, or was, reached; zero where it never will be unless
	// something happens to the case. A step taken at that very moment is in time.
	Due time.Time
	// Late tells that the limit was passed.
	Late bool
}

// Read reads the clocks that have a limit and have run in the case's present
// round. Turns after now are not seen.
func Read(c Case, limits Limits, cal *Calendar, now time.Time) []Reading {
	return readRound(&c, c.Round, &limits, cal, instant(now))
}

// Late returns the clocks that passed their limit, in any round.
func Late(c Case, limits Limits, cal *Calendar, now time.Time) []Clock {
	var out []Clock
	for round := int64(1); round <= c.Round; round++ {
		for _, r := range readRound(&c, round, &limits, cal, instant(now)) {
			if r.Late && !slices.Contains(out, r.Clock) {
				out = append(out, r.Clock)
			}
		}
	}
	return out
}

// Task is something that has to be done to a case at a time.
type Task struct {
	// At is when; it may be past.
	At time.Time
	// Now tells that the time has come.
	Now bool
	// Alarm to raise then, by an Escalate.
	Alarm Alarm
}

// Due returns what has to be done next for a case, for a queue of jobs to wake
// up to, and false when nothing has unless something happens to the case. What
// was done (an Escalate applied) is not due again, so that whoever wakes up
// applies what is due now, and asks again until the answer is later or false.
// Of several at one moment the lowest level comes first.
func Due(c Case, limits Limits, cal *Calendar, now time.Time) (Task, bool) {
	now = instant(now)
	ladder := limits.Ladder
	if len(ladder) == 0 {
		ladder = DefaultLadder()
	}
	var first Task
	found := false
	for _, k := range Clocks() {
		limit := limits.of(k)
		if limit.Minutes <= 0 || !k.runs(c.Step) {
			continue
		}
		stretches := c.stretches(k, c.Round)
		for _, rung := range ladder {
			alarm := Alarm{Clock: k, Level: rung.Level}
			if !slices.Contains(Levels(), rung.Level) || c.alarmed(alarm) {
				continue
			}
			at, ok := reached(stretches, rung.share(limit), cal, limit.Measure)
			if ok && (!found || at.Before(first.At) || (at.Equal(first.At) && below(rung.Level, first.Alarm.Level))) {
				first, found = Task{At: at, Now: !at.After(now), Alarm: alarm}, true
			}
		}
	}
	return first, found
}

func below(a, b Level) bool { return slices.Index(Levels(), a) < slices.Index(Levels(), b) }

// share of a limit at which a rung is reached.
func (r Rung) share(l Limit) time.Duration {
	return l.duration() / 100 * time.Duration(min(max(r.Percent, 1), 1000))
}

// stretch is a time in which a clock ran; one that still runs has no end.
type stretch struct {
	from, to time.Time
	open     bool
}

// stretches are those of a clock in a round, in order.
func (c Case) stretches(k Clock, round int64) []stretch {
	var out []stretch
	now := int64(1)
	running, paused := false, false
	for _, t := range c.History {
		switch t.Event.Type {
		case Reopen:
			now++
		case Pause:
			paused = true
		case Resume:
			paused = false
		default:
		}
		runs := now == round && !paused && k.runs(t.To)
		switch {
		case runs && !running:
			out = append(out, stretch{from: t.At, open: true})
		case !runs && running:
			out[len(out)-1].to, out[len(out)-1].open = t.At, false
		}
		running = runs
	}
	return out
}

// reached is the first moment at which stretches come to more than, or still
// running to, so much time. A stretch that ended at that very moment did not
// reach it: its end was in time.
func reached(stretches []stretch, d time.Duration, cal *Calendar, m Measure) (time.Time, bool) {
	for _, s := range stretches {
		if s.open {
			return cal.add(s.from, d, m)
		}
		length := cal.between(s.from, s.to, m)
		if length > d {
			return cal.add(s.from, d, m)
		}
		d -= length
	}
	return time.Time{}, false
}

func readRound(c *Case, round int64, limits *Limits, cal *Calendar, now time.Time) []Reading {
	var out []Reading
	seen := *c
	for i, t := range c.History {
		if t.At.After(now) {
			seen.History = c.History[:i]
			break
		}
	}
	for _, k := range Clocks() {
		limit := limits.of(k)
		stretches := seen.stretches(k, round)
		if limit.Minutes <= 0 || len(stretches) == 0 {
			continue
		}
		r := Reading{Clock: k, Limit: limit, Running: stretches[len(stretches)-1].open}
		for _, s := range stretches {
			if s.open {
				s.to = now
			}
			r.Spent += cal.between(s.from, s.to, limit.Measure)
		}
		if at, ok := reached(stretches, limit.duration(), cal, limit.Measure); ok {
			r.Due, r.Late = at, now.After(at)
		}
		out = append(out, r)
	}
	return out
}
