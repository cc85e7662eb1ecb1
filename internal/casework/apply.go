package casework

import (
	"fmt"
	"slices"
	"time"
)

// Apply is the state machine: the case after an event, and what has to follow.
// It is total and deterministic, and never alters what it is given.
//
// An event whose ID the case has seen changes nothing: the case is returned as
// it is, with no effects and no error, so that a sender may always send again.
// Any other must carry the case's present version. Whatever is refused is a
// *RefusedError that says what is allowed instead.
//
// Where the clock at is behind the case's last turn (two machines seldom agree),
// the turn gets the time of that one: a case's time never runs backwards.
func Apply(c Case, e Event, at time.Time) (Case, []Effect, error) {
	at = instant(at)
	if wrong := malformed(&e); wrong != "" {
		return c, nil, refuse(&c, &e, at, Malformed, wrong)
	}
	if at.Year() < 1970 || at.Year() > 9999 {
		return c, nil, refuse(&c, &e, at, Malformed, "the time is not in the years 1970 to 9999")
	}
	for i := range c.History {
		switch t := &c.History[i]; {
		case t.Event == e:
			return c, nil, nil
		case t.Event.ID == e.ID:
			return c, nil, refuse(&c, &e, at, Reused, "another event had this id")
		}
	}
	if at.Before(c.last()) {
		at = c.last()
	}
	if e.Version != c.Version {
		return c, nil, refuse(&c, &e, at, Stale, fmt.Sprintf("it is at version %d and you have seen %d", c.Version, e.Version))
	}
	r := find(&c, &e)
	if r == nil {
		return c, nil, refuse(&c, &e, at, NotNow, stands(&c, &e))
	}
	if !slices.Contains(r.roles, e.Actor.Role) {
		return c, nil, refuse(&c, &e, at, NotYou, fmt.Sprintf("the role %s may not", e.Actor.Role))
	}
	if why := hindrance(&c, r, e.Actor.Role, at); why != "" {
		return c, nil, refuse(&c, &e, at, NotNow, why)
	}
	if cause, why := objection(&c, &e); why != "" {
		return c, nil, refuse(&c, &e, at, cause, why)
	}
	t := Turn{Case: c.ID, Number: c.Version + 1, At: at, From: c.Step, To: r.to, Event: e}
	if e.Type == Collect {
		t.Case = e.Opening.Case
	}
	after := c.follow(t)
	return after, effects(&after), nil
}

// instant is a time as it is kept: PostgreSQL knows no less than microseconds,
// and what was read back must hash the same.
func instant(at time.Time) time.Time { return at.UTC().Truncate(time.Microsecond) }

func stands(c *Case, e *Event) string {
	switch {
	case c.Step == "":
		return "it is not collected yet"
	case e.Type == Dispatch || e.Type == Transfer:
		return fmt.Sprintf("a case of kind %s that is %s can't go there", c.Kind, c.Step)
	}
	return "it is " + string(c.Step)
}

// hindrance is what in the case keeps a role from using a rule now, whoever
// exactly it is; empty when nothing does.
func hindrance(c *Case, r *rule, role Role, at time.Time) string {
	switch {
	case c.Paused != "" && !r.paused:
		return "its clocks are stopped (" + string(c.Paused) + "); resume it first"
	case r.event == Resume && c.Paused == "":
		return "it is not paused"
	case r.event == Resume && role == Resident && c.Paused != MaterialsMissing && c.Paused != ResidentUnavailable:
		return "it does not wait for the resident"
	case r.event == Take && c.Holder != "" && role != Lead:
		return "somebody has taken it"
	case r.event == Return && c.Step == Registered && c.Holder == "":
		return "nobody has taken it"
	}
	return spent(c, r.event, at)
}

// spent is why an ended case can't be reopened or rated any more.
func spent(c *Case, t EventType, at time.Time) string {
	switch {
	case t == Reopen && c.Round > 1:
		return "it was reopened once already"
	case t == Reopen && at.After(c.reopenUntil()):
		return fmt.Sprintf("it was closed more than %d days ago; open a new case", c.ReopenDays)
	case t == Rate && c.RatedRound == c.Round:
		return "it is rated already"
	}
	return ""
}

// objection is what speaks against this very event of this very actor.
func objection(c *Case, e *Event) (Cause, string) {
	if e.Type == Collect {
		return "", ""
	}
	if why := stranger(c, e); why != "" {
		return NotYou, why
	}
	switch {
	case e.Type == Take && c.Holder == e.Actor.Work:
		return NotNow, "the actor has it already"
	case e.Type == Transfer && e.To == c.Place:
		return NotNow, "it is there already"
	case e.Type == Escalate && c.alarmed(e.Alarm):
		return NotNow, "that alarm was raised already"
	}
	return "", ""
}

// stranger is why a case is not this actor's, though the role may.
func stranger(c *Case, e *Event) string {
	a := e.Actor
	switch {
	case a.Role == GridWorker && c.Place.Grid != a.Grid:
		return "it is not with the actor's grid"
	case a.Role == System && c.Step == Transferred && e.Type != Escalate && a.Work != c.Place.System && a.Work != c.Place.Station:
		return "it is not with that system"
	case a.Role == System && c.Step != Transferred && e.Type == Resume && a != c.pausedBy():
		return "that system did not stop its clocks"
	case e.Type == Verify && a.Role == Staff && a.Work == c.HandledBy:
		return "whoever handled it can't verify it; a colleague or the lead can"
	case e.Type == Return && c.Step == Registered && a.Role == Staff && a.Work != c.Holder:
		return "somebody else has taken it; they or the lead can return it"
	}
	return ""
}

// Replay works out a case from its history. It is an error, which names the
// turn, if the turns are not what Apply makes of their events.
func Replay(history []Turn) (Case, error) {
	var c Case
	for i, t := range history {
		next, _, err := Apply(c, t.Event, t.At)
		if err != nil {
			return c, fmt.Errorf("turn %d of the history: %w", i+1, err)
		}
		if t.At = t.At.UTC(); len(next.History) != i+1 || next.History[i] != t {
			return c, fmt.Errorf("turn %d of the history is not what its event makes of the case", i+1)
		}
		c = next
	}
	return c, nil
}
