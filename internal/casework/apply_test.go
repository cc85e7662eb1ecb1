package casework

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEveryKindGoesRound(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		walk func(f *file)
	}{
		{HelpRequest, func(f *file) {
			f.do(courier, Register).do(courier, Dispatch).is(Dispatched).do(worker, Take).do(worker, Handle).do(worker, Report).do(clerk, Verify)
		}},
		{Opinion, func(f *file) { f.do(clerk, Register).do(clerk, Handle).do(clerk, Report) }},
		{Mediation, func(f *file) {
			f.do(lead, Register).do(lead, Dispatch).do(worker, Handle).refused(NotNow, worker, Report)
			f.do(clerk, Verify)
		}},
		{WorkOrder, func(f *file) {
			f.do(courier, Register).do(clerk, Take).do(clerk, Handle).do(clerk, Report).do(courier, Verify)
		}},
		{Application, func(f *file) {
			f.do(clerk, Register).do(clerk, Dispatch).do(worker, Handle).do(worker, Report).do(lead, Verify)
		}},
	} {
		a := clerk
		f := opened(t, c.kind, a)
		c.walk(f)
		f.do(lead, Close).is(Closed).do(resident, Rate)
		if f.c.Kind != c.kind || f.c.ID != "case-1" || f.c.Item != "some-item" || f.c.Urgency != Ordinary {
			t.Errorf("the case is %+v", f.c)
		}
		again, err := Replay(f.c.History)
		if err != nil || !reflect.DeepEqual(again, f.c) {
			t.Errorf("%s: the history is replayed to %+v, %v", c.kind, again, err)
		}
	}
}

func TestRefusalsNameWhatIsAllowed(t *testing.T) {
	f := opened(t, HelpRequest, resident).do(lead, Register)
	r := f.refused(NotNow, clerk, Verify)
	want := "can't verify the case: it is registered; now allowed: take (staff, lead), dispatch (staff, lead, system), " +
		"transfer (staff, lead), reject (staff, lead, system), pause (staff, lead, system), withdraw (resident), escalate (system)"
	if r.Error() != want {
		t.Errorf("refusal\n %s, want\n %s", r.Error(), want)
	}
	if r := f.refused(NotYou, resident, Dispatch); !strings.Contains(r.Error(), "the role resident may not") {
		t.Error(r)
	}
	f.do(resident, Withdraw)
	if r := f.refused(NotNow, clerk, Close); !strings.Contains(r.Error(), "nothing is allowed any more") {
		t.Error(r)
	}
	var none Case
	_, _, err := Apply(none, f.event(clerk, Close, func(e *Event) { e.Version = 0 }), t0)
	if err == nil || !strings.Contains(err.Error(), "not collected yet; now allowed: collect (resident, staff, grid-worker, lead, system)") {
		t.Error(err)
	}
}

func TestAnEventSentAgainChangesNothing(t *testing.T) {
	f := opened(t, Application, resident).do(clerk, Register)
	first, second := f.c.History[0].Event, f.c.History[1].Event
	for _, e := range []Event{first, second} {
		c, effects, err := Apply(f.c, e, f.at.Add(time.Hour))
		if err != nil || effects != nil || !reflect.DeepEqual(c, f.c) {
			t.Errorf("%s sent again: %v, %v, changed %v", e.Type, effects, err, !reflect.DeepEqual(c, f.c))
		}
	}
	f.refused(Reused, clerk, Handle, func(e *Event) { e.ID = second.ID })
	f.refused(Reused, other, Register, func(e *Event) { e.ID, e.Version = second.ID, second.Version })
	f.refused(NotNow, clerk, Collect, func(e *Event) { e.Opening = Opening{Case: "case-1", Kind: Application, Item: "i"} })
}

func TestVersions(t *testing.T) {
	f := opened(t, Application, resident)
	seen := f.c.Version
	f.do(clerk, Register)
	f.refused(Stale, other, Register, func(e *Event) { e.Version = seen })
	f.refused(Stale, resident, Withdraw, func(e *Event) { e.Version = seen })
	f.refused(Stale, resident, Withdraw, func(e *Event) { e.Version = f.c.Version + 1 })
}

func TestPause(t *testing.T) {
	f := opened(t, Application, resident).do(clerk, Pause, because(MaterialsMissing))
	f.refused(NotNow, clerk, Register)
	f.refused(NotNow, clerk, Pause)
	f.do(resident, Resume).do(clerk, Register)
	f.refused(NotNow, clerk, Resume)
	f.do(clerk, Pause, because(WaitingForDepartment))
	if r := f.refused(NotNow, resident, Resume); !strings.Contains(r.Why, "does not wait for the resident") || slices.Contains(permit(r, Resume), Resident) {
		t.Error(r)
	}
	f.do(clerk, Resume).do(clerk, Pause).do(clerk, Reject, because(MaterialsMissing)).is(Rejected)
	if f.c.Paused != "" {
		t.Error("it is rejected and still paused")
	}
	f.do(resident, Rate)
	opened(t, Application, resident).do(clerk, Pause).do(resident, Withdraw).is(Withdrawn)
}

func permit(r *RefusedError, typ EventType) []Role {
	for _, p := range r.Allowed {
		if p.Event == typ {
			return p.Roles
		}
	}
	return nil
}

func TestReopening(t *testing.T) {
	f := closed(t).do(resident, Rate)
	f.refused(NotNow, resident, Rate)
	f.refused(NotYou, clerk, Reopen)
	f.wait(15*24*time.Hour-3*time.Minute).do(resident, Reopen).is(Registered)
	if f.c.Round != 2 || f.c.Holder != "" || f.c.HandledBy != "" || f.c.RatedRound != 1 {
		t.Errorf("reopened: %+v", f.c)
	}
	f.do(other, Take).do(other, Handle).do(other, Report).do(clerk, Verify).do(clerk, Close)
	f.do(Actor{Role: Resident, Work: "window-1"}, Rate, func(e *Event) { e.Ratings = Ratings{1, 2, 3} })
	if f.c.Ratings != (Ratings{1, 2, 3}) || f.c.RatedRound != 2 {
		t.Errorf("rated again: %+v", f.c)
	}
	f.refused(NotNow, resident, Reopen)

	f = closed(t)
	f.at = f.c.last().Add(15 * 24 * time.Hour)
	f.do(resident, Reopen) // the very last moment
	f = closed(t)
	f.at = f.c.last().Add(15*24*time.Hour + time.Microsecond)
	if r := f.refused(NotNow, resident, Reopen); permit(r, Reopen) != nil {
		t.Error("it names what it refuses")
	}
}

func TestGridsAndSystems(t *testing.T) {
	f := opened(t, HelpRequest, resident).do(clerk, Register).do(clerk, Dispatch)
	f.refused(NotYou, outsider, Handle)
	f.refused(NotNow, clerk, Transfer, to(Place{Grid: "g1"}))
	f.do(worker, Take)
	f.refused(NotNow, Actor{Role: GridWorker, Work: "g1-b", Grid: "g1"}, Take)
	f.refused(NotNow, worker, Take)
	f.do(clerk, Transfer, to(Place{Grid: "g2"})).is(Dispatched)
	if f.c.Holder != "" {
		t.Error("the grid that had it still has it")
	}
	f.refused(NotYou, worker, Handle)
	f.do(outsider, Return).is(Registered)
	if f.c.Place != (Place{}) {
		t.Error("it was returned and is still there")
	}
	f.do(clerk, Transfer, to(Place{System: "water-works"})).is(Transferred)
	f.refused(NotYou, courier, Handle)
	f.refused(NotYou, worker, Handle)
	f.do(water, Pause).do(water, Resume).do(water, Return).is(Registered)
	f.do(clerk, Transfer, to(Place{Station: "next-door"})).do(clerk, Transfer, to(Place{System: "water-works"})).do(water, Handle).is(Handled)
	f.do(clerk, Return).is(Transferred).do(clerk, Transfer, to(Place{Grid: "g1"})).do(worker, Handle)
	f.do(worker, Report).do(lead, Return, because(NotAsReported)).is(Dispatched)
	f.refused(NotYou, outsider, Handle)
	f.do(worker, Handle)

	opened(t, Opinion, resident).do(clerk, Register).refused(NotNow, clerk, Transfer, to(Place{Grid: "g1"}))
	opened(t, HelpRequest, resident).do(clerk, Register).refused(NotNow, clerk, Handle)
}

// A system a case was delivered to may refuse it or ask for more, without having it in
// hand. It goes on only with what it stopped itself.
func TestSystemsThatACaseIsDeliveredTo(t *testing.T) {
	f := opened(t, Application, resident)
	f.refused(NotYou, water, Reject)
	f.refused(NotYou, water, Pause)
	f.do(clerk, Register).do(water, Pause).refused(NotNow, courier, Pause)
	f.refused(NotYou, courier, Resume)
	f.do(resident, Resume).do(water, Pause).do(water, Resume)
	f.do(clerk, Pause).refused(NotYou, water, Resume)
	f.do(clerk, Resume).do(clerk, Dispatch)
	f.refused(NotNow, water, Reject)
	f.do(water, Pause, because(WaitingForDepartment)).refused(NotNow, resident, Resume)
	f.refused(NotYou, courier, Resume)
	f.do(water, Resume)
	f.do(worker, Return).do(water, Pause).do(courier, Reject, because(NotEligible)).is(Rejected)

	f = opened(t, Application, resident).do(clerk, Register).do(clerk, Handle)
	f.refused(NotNow, water, Reject) // it is done
	f.refused(NotNow, water, Pause)

	// What was transferred to a system is no other's.
	f = opened(t, Application, resident).do(clerk, Register).do(clerk, Transfer, to(Place{System: "water-works"}))
	f.refused(NotYou, courier, Pause)
	f.do(clerk, Pause).do(water, Resume).do(water, Pause).do(clerk, Resume)
	f.refused(NotYou, courier, Reject)
	f.refused(NotYou, clerk, Reject)
	f.do(water, Pause).do(water, Reject).is(Rejected)
}

func TestTakingAndReturning(t *testing.T) {
	f := opened(t, Application, resident).do(clerk, Register)
	f.refused(NotNow, other, Take)
	f.refused(NotYou, other, Return)
	f.do(clerk, Return)
	f.refused(NotNow, clerk, Return)
	f.do(other, Take).do(lead, Return, because(HolderUnavailable)).do(clerk, Take).do(clerk, Handle).do(clerk, Report)
	f.refused(NotYou, clerk, Verify)
	f.do(lead, Verify)
	f = opened(t, Application, resident).do(lead, Register)
	f.do(clerk, Take) // what the lead registers is there for the taking
}

func TestEscalationsAreRaisedOnce(t *testing.T) {
	alarm := func(e *Event) { e.Alarm = Alarm{ToResolve, ToLead} }
	f := opened(t, Application, resident).do(courier, Escalate, alarm)
	f.refused(NotNow, courier, Escalate, alarm)
	f.refused(NotYou, clerk, Escalate, alarm)
	f.do(courier, Escalate, func(e *Event) { e.Alarm = Alarm{ToResolve, ToSubdistrict} })
	f.do(clerk, Register).do(clerk, Handle).do(clerk, Report).do(lead, Verify).do(lead, Close)
	f.refused(NotNow, courier, Escalate, alarm)
	f.do(resident, Reopen).do(courier, Escalate, alarm)
}

func TestTimeNeverRunsBackwards(t *testing.T) {
	f := opened(t, Application, resident)
	f.at = t0.Add(-time.Hour)
	f.do(clerk, Register)
	if at := f.c.last(); !at.Equal(t0) {
		t.Errorf("registered at %s, before it was collected at %s", at, t0)
	}
	f.at = t0.Add(1500 * time.Nanosecond)
	f.do(clerk, Handle)
	if at := f.c.last(); !at.Equal(t0.Add(time.Microsecond)) {
		t.Errorf("handled at %s, want whole microseconds", at)
	}
}

func TestApplyLeavesItsInputAlone(t *testing.T) {
	f := opened(t, Application, resident).do(clerk, Register)
	before := f.c
	a, _, _ := Apply(before, f.event(clerk, Handle), f.at)
	b, _, _ := Apply(before, f.event(clerk, Return), f.at)
	if a.History[2].Event.Type != Handle || b.History[2].Event.Type != Return || len(before.History) != 2 {
		t.Error("two successors of one case share their history")
	}
}

func TestEffects(t *testing.T) {
	types := func(f *file, a Actor, typ EventType, with ...func(*Event)) string {
		c, effects, err := Apply(f.c, f.event(a, typ, with...), f.at)
		if err != nil {
			t.Fatal(err)
		}
		f.c = c
		var out []EffectType
		for _, e := range effects {
			out = append(out, e.Type)
			if e.Turn != c.History[len(c.History)-1] {
				t.Errorf("%s has the turn %+v", e.Type, e.Turn)
			}
		}
		return join(out)
	}
	f := opened(t, WorkOrder, courier)
	for i, c := range []struct{ got, want string }{
		{types(f, courier, Register), "record, schedule, inform"},
		{types(f, clerk, Take), "record"},
		{types(f, courier, Escalate, func(e *Event) { e.Alarm = Alarm{ToResolve, ToLead} }), "record, schedule, alert"},
		{types(f, clerk, Dispatch), "record, schedule, inform, queue"},
		{types(f, clerk, Transfer, to(Place{Grid: "g2"})), "record, queue"},
		{types(f, clerk, Transfer, to(Place{System: "water-works"})), "record, schedule, inform, deliver"},
		{types(f, water, Handle), "record, schedule, inform"},
		{types(f, clerk, Report), "record, schedule, inform, deliver"},
		{types(f, clerk, Verify), "record, schedule, inform"},
		{types(f, clerk, Close), "record, schedule, inform, deliver, start-retention"},
		{types(f, resident, Rate), "record"},
		{types(f, resident, Reopen), "record, schedule, inform, queue, stop-retention"},
		{types(f, clerk, Pause), "record, schedule, inform"},
		{types(f, resident, Withdraw, because(ConsentWithdrawn)), "record, schedule, inform, stop-delivery, start-retention"},
	} {
		if c.got != c.want {
			t.Errorf("%d: effects %s, want %s", i, c.got, c.want)
		}
	}
}

func TestReplayFindsWhatApplyWouldNotDo(t *testing.T) {
	f := closed(t)
	for i := range f.c.History {
		for name, spoil := range map[string]func(*Turn){
			"step":   func(x *Turn) { x.To = Rejected },
			"number": func(x *Turn) { x.Number++ },
			"case":   func(x *Turn) { x.Case = "case-2" },
			"time":   func(x *Turn) { x.At = x.At.Add(-24 * time.Hour * time.Duration(i)).Add(time.Nanosecond) },
			"actor":  func(x *Turn) { x.Event.Actor = outsider },
		} {
			h := slices.Clone(f.c.History)
			spoil(&h[i])
			if _, err := Replay(h); err == nil {
				t.Errorf("turn %d with another %s is replayed", i+1, name)
			} else if !strings.Contains(err.Error(), fmt.Sprintf("turn %d", i+1)) {
				t.Errorf("turn %d with another %s: %v", i+1, name, err)
			}
		}
		if h := slices.Delete(slices.Clone(f.c.History), i, i+1); i < len(f.c.History)-1 {
			if _, err := Replay(h); err == nil {
				t.Errorf("a history without turn %d is replayed", i+1)
			}
		}
	}
	local := slices.Clone(f.c.History)
	for i := range local {
		local[i].At = local[i].At.In(china)
	}
	if c, err := Replay(local); err != nil || !reflect.DeepEqual(c, f.c) {
		t.Errorf("a history read back in another time zone: %v", err)
	}
}
