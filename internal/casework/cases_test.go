package casework

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// t0 is a Monday.
var t0 = time.Date(2026, 3, 2, 9, 0, 0, 0, china).UTC()

var (
	resident = Actor{Role: Resident}
	clerk    = Actor{Role: Staff, Work: "window-1"}
	other    = Actor{Role: Staff, Work: "window-2"}
	lead     = Actor{Role: Lead, Work: "lead-1"}
	worker   = Actor{Role: GridWorker, Work: "g1-a", Grid: "g1"}
	outsider = Actor{Role: GridWorker, Work: "g2-a", Grid: "g2"}
	courier  = Actor{Role: System, Work: "courier"}
	water    = Actor{Role: System, Work: "water-works"}
)

// file is one case on its way: a clock that goes on by a minute with every event.
type file struct {
	t  *testing.T
	c  Case
	at time.Time
	n  int
}

func opened(t *testing.T, k Kind, a Actor) *file {
	t.Helper()
	f := &file{t: t, at: t0}
	return f.do(a, Collect, func(e *Event) { e.Opening = Opening{Case: "case-1", Kind: k, Item: "some-item"} })
}

func (f *file) event(a Actor, typ EventType, with ...func(*Event)) Event {
	f.n++
	e := Event{ID: fmt.Sprintf("event-%04d", f.n), Type: typ, Version: f.c.Version, Actor: a, Purpose: "service"}
	if r := Reasons(typ); len(r) > 0 {
		e.Reason = r[0]
	}
	if typ == Dispatch {
		e.To = Place{Grid: "g1"}
	}
	if typ == Rate {
		e.Ratings = Ratings{5, 4, 3}
	}
	for _, w := range with {
		w(&e)
	}
	return e
}

// do applies an event that must be accepted.
func (f *file) do(a Actor, typ EventType, with ...func(*Event)) *file {
	f.t.Helper()
	c, effects, err := Apply(f.c, f.event(a, typ, with...), f.at)
	if err != nil {
		f.t.Fatal(err)
	}
	if len(effects) == 0 || effects[0].Type != Record {
		f.t.Errorf("%s has the effects %v, not first to record", typ, effects)
	}
	f.c = c
	f.at = f.at.Add(time.Minute)
	return f
}

// refused applies an event that must not be.
func (f *file) refused(cause Cause, a Actor, typ EventType, with ...func(*Event)) *RefusedError {
	f.t.Helper()
	before := f.c
	c, effects, err := Apply(f.c, f.event(a, typ, with...), f.at)
	var refusal *RefusedError
	if !errors.As(err, &refusal) || refusal.Cause != cause {
		f.t.Fatalf("%s by %s at %s: %v, want a refusal of cause %s", typ, a.Role, f.c.Step, err, cause)
	}
	if effects != nil || c.Version != before.Version || c.Step != before.Step || len(c.History) != len(before.History) {
		f.t.Errorf("%s was refused and changed the case", typ)
	}
	return refusal
}

func (f *file) wait(d time.Duration) *file {
	f.at = f.at.Add(d)
	return f
}

func (f *file) is(s Step) *file {
	f.t.Helper()
	if f.c.Step != s {
		f.t.Fatalf("the case is %s, want %s", f.c.Step, s)
	}
	return f
}

func to(p Place) func(*Event)       { return func(e *Event) { e.To = p } }
func because(r Reason) func(*Event) { return func(e *Event) { e.Reason = r } }

// closed is an application that went all the way.
func closed(t *testing.T) *file {
	t.Helper()
	return opened(t, Application, resident).do(clerk, Register).do(clerk, Handle).do(clerk, Report).do(other, Verify).do(other, Close).is(Closed)
}
