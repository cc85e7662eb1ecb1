package casework

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var everybody = []Actor{resident, clerk, other, lead, worker, outsider, courier, water, {Role: Resident, Work: "window-1"}}

// anyEvent draws events that are well-formed as often as not refused for it.
func anyEvent(id string, version int64) *rapid.Generator[Event] {
	return rapid.Custom(func(t *rapid.T) Event {
		e := Event{
			ID: id, Version: version, Purpose: "service",
			Type:  rapid.SampledFrom(EventTypes()[1:]).Draw(t, "type"),
			Actor: rapid.SampledFrom(everybody).Draw(t, "actor"),
		}
		if r := Reasons(e.Type); len(r) > 0 {
			e.Reason = rapid.SampledFrom(r).Draw(t, "reason")
		}
		switch e.Type {
		case Dispatch:
			e.To.Grid = rapid.SampledFrom([]string{"g1", "g2"}).Draw(t, "grid")
		case Transfer:
			e.To = rapid.SampledFrom([]Place{{Grid: "g1"}, {Grid: "g2"}, {System: "water-works"}, {Station: "next-door"}}).Draw(t, "place")
		case Rate:
			e.Ratings = Ratings{rapid.Int64Range(1, 5).Draw(t, "stars"), 3, 5}
		case Register:
			e.Urgency = rapid.SampledFrom(append(Urgencies(), "")).Draw(t, "urgency")
		case Escalate:
			e.Alarm = Alarm{rapid.SampledFrom(Clocks()).Draw(t, "clock"), rapid.SampledFrom(Levels()).Draw(t, "level")}
		default:
		}
		return e
	})
}

// likely draws an event the case allows, for runs that get somewhere.
func likely(c Case, id string, at time.Time) *rapid.Generator[Event] {
	return rapid.Custom(func(t *rapid.T) Event {
		e := anyEvent(id, c.Version).Draw(t, "event")
		permits := slices.DeleteFunc(Allowed(c, at), func(p Permit) bool {
			return (p.Event == Withdraw || p.Event == Reject || p.Event == Escalate) && rapid.IntRange(0, 9).Draw(t, "rare") > 0
		})
		if len(permits) == 0 {
			return e
		}
		p := rapid.SampledFrom(permits).Draw(t, "permit")
		fresh := Event{ID: id, Version: c.Version, Purpose: "service", Type: p.Event}
		actors := slices.DeleteFunc(slices.Clone(everybody), func(a Actor) bool { return !slices.Contains(p.Roles, a.Role) })
		fresh.Actor = rapid.SampledFrom(actors).Draw(t, "by")
		if r := Reasons(p.Event); len(r) > 0 {
			fresh.Reason = rapid.SampledFrom(r).Draw(t, "why")
		}
		switch p.Event {
		case Dispatch:
			fresh.To.Grid = "g1"
		case Transfer:
			fresh.To = rapid.SampledFrom([]Place{{Grid: "g2"}, {System: "water-works"}}).Draw(t, "where")
		case Rate:
			fresh.Ratings = Ratings{1, 2, 3}
		case Escalate:
			fresh.Alarm = Alarm{ToResolve, ToLead}
		default:
		}
		return fresh
	})
}

func anyOpening(t *rapid.T) Event {
	k := rapid.SampledFrom(Kinds()).Draw(t, "kind")
	a := clerk
	if roles := tables[k][0].roles; !slices.Contains(roles, Staff) {
		t.Fatalf("staff can't collect a %s at the counter", k)
	}
	return Event{ID: "event-open", Type: Collect, Actor: a, Purpose: "service",
		Opening: Opening{Case: "case-1", Kind: k, Item: "some-item", ReopenDays: rapid.Int64Range(0, 3).Draw(t, "reopen")}}
}

// Several actors, each with a copy of the case that is as old as it may be, send
// events, and send them again. What is applied is applied once and in order, is in
// the table, and leaves a history that says it all.
func TestConcurrentActors(t *testing.T) {
	var ends sync.Map
	rapid.Check(t, func(t *rapid.T) {
		at := t0
		var s shelf
		first, _, err := Apply(Case{}, anyOpening(t), at)
		if err != nil || !s.write(0, first) {
			t.Fatal(err)
		}
		copies := []Case{first, first, first}
		var sent, applied []Event
		for i := range rapid.IntRange(1, 40).Draw(t, "events") {
			at = at.Add(time.Duration(rapid.IntRange(-5, 600).Draw(t, "minutes")) * time.Minute)
			who := rapid.IntRange(0, len(copies)-1).Draw(t, "who")
			if rapid.IntRange(0, 3).Draw(t, "looks") > 0 {
				copies[who] = s.read()
			}
			mine := copies[who]
			id := fmt.Sprintf("event-%04d", i)
			var e Event
			switch draw := rapid.IntRange(0, 9).Draw(t, "how"); {
			case draw == 0 && len(sent) > 0:
				e = rapid.SampledFrom(sent).Draw(t, "again")
			case draw < 3:
				e = anyEvent(id, mine.Version+int64(rapid.IntRange(-1, 1).Draw(t, "off"))).Draw(t, "event")
			default:
				e = likely(mine, id, at).Draw(t, "likely")
			}
			sent = append(sent, e)
			next := step(t, mine, e, at)
			if next.Version > mine.Version && s.write(mine.Version, next) {
				applied = append(applied, e)
			}
		}
		history(t, s.c, applied)
		if err := CheckTrail(s.entries, s.head); err != nil {
			t.Fatal(err)
		}
		ends.Store(s.c.Step, true)
	})
	reached := 0
	for range ends.Range {
		reached++
	}
	if reached < len(Steps())/2 {
		t.Errorf("the runs ended at %d steps only: too few to show anything", reached)
	}
}

// step applies an event and holds the outcome against what is promised of any.
func step(t *rapid.T, c Case, e Event, at time.Time) Case {
	seen := slices.ContainsFunc(c.History, func(x Turn) bool { return x.Event.ID == e.ID })
	var roles []Role
	for _, p := range Allowed(c, at) {
		if p.Event == e.Type {
			roles = p.Roles
		}
	}
	next, effects, err := Apply(c, e, at)
	var refusal *RefusedError
	switch {
	case errors.As(err, &refusal):
		if !reflect.DeepEqual(next, c) || effects != nil {
			t.Fatalf("%+v was refused and changed something", e)
		}
		if len(refusal.Allowed) == 0 && !c.Step.Ended() {
			t.Fatalf("nothing is allowed at %s", c.Step)
		}
	case err != nil:
		t.Fatalf("an error that is no refusal: %v", err)
	case len(effects) == 0:
		if !seen || !reflect.DeepEqual(next, c) {
			t.Fatalf("%+v had no effect and was not seen before", e)
		}
	case seen || e.Version != c.Version || next.Version != c.Version+1:
		t.Fatalf("version %d to %d by an event for %d, seen before: %v", c.Version, next.Version, e.Version, seen)
	case !slices.Contains(roles, e.Actor.Role):
		t.Fatalf("%+v was applied, and only %v are said to be allowed", e, roles)
	}
	if again, _, err2 := Apply(c, e, at); !reflect.DeepEqual(again, next) || (err == nil) != (err2 == nil) {
		t.Fatalf("%+v does not always do the same", e)
	}
	return next
}

// history holds a case's history against its table and against itself.
func history(t *rapid.T, c Case, applied []Event) {
	if int64(len(c.History)) != c.Version || len(applied)+1 != len(c.History) {
		t.Fatalf("%d turns at version %d after %d events", len(c.History), c.Version, len(applied)+1)
	}
	at, from, reopened := time.Time{}, Step(""), 0
	for i, x := range c.History {
		if i > 0 && x.Event != applied[i-1] {
			t.Fatalf("turn %d is not of the event that won", i+1)
		}
		inTable := slices.ContainsFunc(tables[c.Kind], func(r rule) bool {
			return r.event == x.Event.Type && r.from == x.From && r.to == x.To && slices.Contains(r.roles, x.Event.Actor.Role)
		})
		if x.At.Before(at) || x.From != from || x.Number != int64(i+1) || x.Case != "case-1" || !inTable {
			t.Fatalf("turn %d is %+v, after %s at %s", i+1, x, from, at)
		}
		if from == Rejected && x.To != Rejected || from == Withdrawn {
			t.Fatalf("the case went from %s to %s", from, x.To)
		}
		if x.Event.Type == Reopen {
			reopened++
		}
		at, from = x.At, x.To
	}
	if reopened > 1 {
		t.Fatalf("reopened %d times", reopened)
	}
	again, err := Replay(c.History)
	if err != nil || !reflect.DeepEqual(again, c) {
		t.Fatalf("replayed to another case: %v", err)
	}
}

// Whatever is sent, however wrong, is answered.
func TestApplyIsTotal(t *testing.T) {
	word := rapid.OneOf(rapid.SampledFrom([]string{"", "g1", "x", "case-1", "event-0001", "13800000000"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		w := func(name string) string { return word.Draw(t, name) }
		n := func(name string) int64 { return rapid.Int64().Draw(t, name) }
		e := Event{
			ID: w("id"), Type: EventType(w("type")), Version: n("version"), Purpose: "p", Reason: Reason(w("reason")),
			Actor: Actor{Role(w("role")), w("work"), w("grid")}, To: Place{w("to"), w("st"), w("sys")},
			Opening: Opening{w("case"), Kind(w("kind")), w("item"), n("days")}, Urgency: Urgency(w("urgency")),
			Ratings: Ratings{n("a"), n("b"), n("c")}, Alarm: Alarm{Clock(w("clock")), Level(w("level"))},
		}
		if rapid.Bool().Draw(t, "typed") {
			e.Type = rapid.SampledFrom(EventTypes()).Draw(t, "known")
		}
		c := Case{Kind: Kind(w("k")), Step: Step(w("s")), Version: n("v"), Paused: Reason(w("p")), ReopenDays: n("r")}
		at := time.Unix(n("s"), n("n"))
		if _, effects, err := Apply(c, e, at); err == nil && len(effects) == 0 {
			t.Fatal("nothing was said")
		} else if err != nil && err.Error() == "" {
			t.Fatal("a refusal without words")
		}
		Allowed(c, at)
		Read(c, Limits{}, nil, at)
		Due(c, Limits{}.OrDefault(Urgency(w("u"))), nil, at)
	})
}
