package casework

import (
	"slices"
	"time"
)

// Case is where one case stands. It is a value: Apply returns another and leaves
// the one it was given alone. Its fields follow from its history (Replay); what
// the resident wrote is not among them.
type Case struct {
	ID         string
	Kind       Kind
	Item       string
	Urgency    Urgency // never empty once collected
	ReopenDays int64   // after closing, in days of 24 hours

	// Step the case has come to; empty before Collect.
	Step Step
	// Version is the number of events applied.
	Version int64
	// Place where the case is worked on.
	Place Place
	// Holder is the work identifier of who has taken it; empty while nobody has.
	Holder string
	// HandledBy is the work identifier of who handled it last.
	HandledBy string
	// Paused is why the clocks are stopped; empty while they run.
	Paused Reason
	// Round is 1, and 2 once the case was reopened.
	Round int64
	// Ratings are the latest; zero while there are none.
	Ratings Ratings
	// RatedRound is the round the ratings are for; 0 while there are none.
	RatedRound int64

	// History is every event applied, in order.
	History []Turn
}

// Turn is an event that was applied: what a case's history is made of.
type Turn struct {
	Case string
	// Number of the turn in its case, from 1; the case's version after it.
	Number int64
	// At is when it was applied: in UTC, in whole microseconds, never before the
	// turn before it.
	At time.Time
	// From and To are the steps before and after; equal where it went no step.
	From, To Step
	Event    Event
}

// follow is the case after a turn.
func (c Case) follow(t Turn) Case {
	e := t.Event
	c.Version, c.Step = t.Number, t.To
	c.History = append(slices.Clip(c.History), t)
	if e.Urgency != "" {
		c.Urgency = e.Urgency
	}
	switch e.Type {
	case Collect:
		c.ID, c.Kind, c.Item, c.Round = e.Opening.Case, e.Opening.Kind, e.Opening.Item, 1
		c.ReopenDays = e.Opening.ReopenDays
		if c.ReopenDays == 0 {
			c.ReopenDays = DefaultReopenDays
		}
		if c.Urgency == "" {
			c.Urgency = Ordinary
		}
	case Register:
		// A lead registers for others, and a program can't take a case.
		if e.Actor.Role == Staff {
			c.Holder = e.Actor.Work
		}
	case Take:
		c.Holder = e.Actor.Work
	case Dispatch, Transfer:
		c.Place, c.Holder = e.To, ""
	case Return:
		if t.To == Registered {
			c.Place, c.Holder = Place{}, ""
		}
	case Handle:
		c.HandledBy = e.Actor.Work
	case Pause:
		c.Paused = e.Reason
	case Resume, Reject, Withdraw:
		c.Paused = ""
	case Reopen:
		c.Place, c.Holder, c.HandledBy, c.Round = Place{}, "", "", c.Round+1
	case Rate:
		c.Ratings, c.RatedRound = e.Ratings, c.Round
	case Report, Verify, Close, Escalate:
	}
	return c
}

// last is when the case last changed; zero for a case without history.
func (c Case) last() time.Time {
	if len(c.History) == 0 {
		return time.Time{}
	}
	return c.History[len(c.History)-1].At
}

// pausedBy is who stopped the clocks last; nobody where they never were.
func (c Case) pausedBy() Actor {
	for _, t := range slices.Backward(c.History) {
		if t.Event.Type == Pause {
			return t.Event.Actor
		}
	}
	return Actor{}
}

// reopenUntil is the last moment at which a closed case can be reopened.
func (c Case) reopenUntil() time.Time {
	for _, t := range slices.Backward(c.History) {
		if t.Event.Type == Close {
			return t.At.Add(time.Duration(c.ReopenDays) * 24 * time.Hour)
		}
	}
	return time.Time{}
}

// alarmed reports whether an alarm was raised in the present round.
func (c Case) alarmed(a Alarm) bool {
	for _, t := range slices.Backward(c.History) {
		switch e := &t.Event; {
		case e.Type == Reopen:
			return false
		case e.Type == Escalate && e.Alarm == a:
			return true
		}
	}
	return false
}
