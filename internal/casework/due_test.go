package casework

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func reading(t *testing.T, f *file, l Limits, cal *Calendar, k Clock) Reading {
	t.Helper()
	for _, r := range Read(f.c, l, cal, f.at) {
		if r.Clock == k {
			return r
		}
	}
	t.Fatalf("no reading of the clock to %s", k)
	return Reading{}
}

func TestHotlineDefaults(t *testing.T) {
	for u, want := range map[Urgency]time.Duration{
		Emergency: 2 * time.Hour, Utility: 24 * time.Hour, Ordinary: 7 * 24 * time.Hour, Complex: 15 * 24 * time.Hour, "": 7 * 24 * time.Hour,
	} {
		f := opened(t, WorkOrder, courier)
		task, ok := Due(f.c, Limits{}.OrDefault(u), nil, f.at)
		if !ok || !task.At.Equal(t0.Add(want)) || task.Now || task.Alarm != (Alarm{ToResolve, ToLead}) {
			t.Errorf("%q: %+v, want the lead told after %s", u, task, want)
		}
	}
	own := Limits{Resolve: Limit{60, OfficeHours}, Ladder: []Rung{{ToHolder, 80}}}
	if got := own.OrDefault(Emergency); !reflect.DeepEqual(got, own) {
		t.Errorf("what an item declares became %+v", got)
	}
}

// A case from collection to close under three limits, looked at on the way.
func TestClocks(t *testing.T) {
	l := Limits{Accept: Limit{Minutes: 30}, Handle: Limit{Minutes: 120}, Resolve: Limit{Minutes: 240}}
	f := opened(t, HelpRequest, resident)
	f.at = t0.Add(30 * time.Minute)
	if r := reading(t, f, l, nil, ToAccept); r.Late || !r.Running || r.Spent != 30*time.Minute || !r.Due.Equal(f.at) {
		t.Errorf("at the limit: %+v", r)
	}
	f.at = t0.Add(31 * time.Minute)
	if r := reading(t, f, l, nil, ToAccept); !r.Late {
		t.Errorf("after the limit: %+v", r)
	}
	f.do(clerk, Register) // at 31
	if r := reading(t, f, l, nil, ToAccept); r.Running || !r.Late || r.Spent != 31*time.Minute || !r.Due.Equal(t0.Add(30*time.Minute)) {
		t.Errorf("accepted late: %+v", r)
	}
	f.at = t0.Add(60 * time.Minute)
	f.do(clerk, Dispatch)
	f.at = t0.Add(90 * time.Minute)
	f.do(worker, Handle) // 59 minutes spent
	f.at = t0.Add(200 * time.Minute)
	if r := reading(t, f, l, nil, ToHandle); r.Running || r.Late || r.Spent != 59*time.Minute || !r.Due.IsZero() {
		t.Errorf("handled in time: %+v", r)
	}
	f.do(clerk, Return)
	if r := reading(t, f, l, nil, ToHandle); !r.Running || !r.Due.Equal(t0.Add(261*time.Minute)) {
		t.Errorf("returned: %+v, want due after the 61 minutes that are left", r)
	}
	f.at = t0.Add(261 * time.Minute)
	f.do(worker, Handle) // at the very limit
	f.at = t0.Add(300 * time.Minute)
	if r := reading(t, f, l, nil, ToHandle); r.Late {
		t.Errorf("handled at the limit: %+v", r)
	}
	if got := Late(f.c, l, nil, f.at); !slices.Equal(got, []Clock{ToAccept, ToResolve}) {
		t.Errorf("late are %v", got)
	}
	f.do(worker, Report).do(lead, Verify).do(lead, Close).do(resident, Reopen)
	if r := reading(t, f, l, nil, ToResolve); r.Spent != time.Minute || r.Late {
		t.Errorf("reopened: %+v, want a clock that began anew", r)
	}
	if got := Late(f.c, l, nil, f.at); !slices.Equal(got, []Clock{ToAccept, ToResolve}) {
		t.Errorf("reopened, late in any round are %v", got)
	}
	if early := Read(f.c, l, nil, t0.Add(10*time.Minute)); len(early) == 0 {
		t.Log("the present round had not begun: no reading")
	}
}

// Paused on the eve of the festival and resumed after it, in working time.
func TestPauseOverAHoliday(t *testing.T) {
	cal := office(t)
	l := Limits{Resolve: Limit{2 * minutesPerDay, WorkingDays}}
	f := &file{t: t, at: local(t, "2026-02-12 12:00")}
	f.do(resident, Collect, func(e *Event) { e.Opening = Opening{Case: "case-1", Kind: Application, Item: "i"} })
	f.at = local(t, "2026-02-13 12:00")
	f.do(clerk, Pause)
	f.at = local(t, "2026-02-20 12:00")
	if task, ok := Due(f.c, l, cal, f.at); ok {
		t.Errorf("paused, and %+v is due", task)
	}
	if r := reading(t, f, l, cal, ToResolve); r.Running || r.Spent != 24*time.Hour || !r.Due.IsZero() {
		t.Errorf("paused: %+v", r)
	}
	f.do(resident, Resume) // in the middle of the holidays
	if r := reading(t, f, l, cal, ToResolve); !r.Due.Equal(local(t, "2026-02-25 00:00")) {
		t.Errorf("resumed within the holidays: due %s, want when the first working day is over", r.Due.In(china))
	}
	f.at = local(t, "2026-02-24 06:00")
	f.do(clerk, Pause)
	f.at = local(t, "2026-02-27 18:00")
	f.do(clerk, Resume)
	// 18 hours are left: 6 on Friday, 12 on the Saturday that is worked.
	if r := reading(t, f, l, cal, ToResolve); !r.Due.Equal(local(t, "2026-02-28 12:00")) {
		t.Errorf("paused twice: due %s", r.Due.In(china))
	}
}

func TestEscalation(t *testing.T) {
	l := Limits{Accept: Limit{Minutes: 60}, Resolve: Limit{Minutes: 100}}
	f := opened(t, HelpRequest, resident)
	var seen []string
	for range 10 {
		task, ok := Due(f.c, l, nil, f.at)
		if !ok {
			break
		}
		if !task.Now {
			f.at = task.At
			if again, _ := Due(f.c, l, nil, f.at); !again.Now || again.At != task.At {
				t.Fatalf("woken up at %s, and then %+v", task.At, again)
			}
		}
		seen = append(seen, fmt.Sprintf("%s %s %s", task.At.Sub(t0), task.Alarm.Clock, task.Alarm.Level))
		f.do(courier, Escalate, func(e *Event) { e.Alarm = task.Alarm })
	}
	want := []string{"1h0m0s accept lead", "1h30m0s accept subdistrict", "1h40m0s resolve lead", "2h30m0s resolve subdistrict"}
	if !slices.Equal(seen, want) {
		t.Errorf("escalated %v, want %v", seen, want)
	}

	// What is accepted needs no escalation for it, however late; what was due before
	// a pause still does.
	f = opened(t, HelpRequest, resident).wait(2*time.Hour).do(clerk, Register)
	f.do(clerk, Pause)
	if task, ok := Due(f.c, l, nil, f.at); !ok || task.Alarm != (Alarm{ToResolve, ToLead}) || !task.Now {
		t.Errorf("paused late: %+v", task)
	}
	f.do(courier, Escalate, func(e *Event) { e.Alarm = Alarm{ToResolve, ToLead} })
	if task, ok := Due(f.c, l, nil, f.at.Add(1000*time.Hour)); ok {
		t.Errorf("paused, told, and %+v is due", task)
	}
	if _, ok := Due(closed(t).c, l, nil, t0.AddDate(1, 0, 0)); ok {
		t.Error("something is due for a closed case")
	}
	odd := Limits{Accept: Limit{Minutes: 60}, Ladder: []Rung{{"mayor", 1}, {ToSubdistrict, 100}, {ToHolder, 100}, {ToLead, -5}}}
	f = opened(t, HelpRequest, resident)
	if task, _ := Due(f.c, odd, nil, f.at); task.Alarm.Level != ToLead {
		t.Errorf("of an odd ladder %+v is first", task)
	}
	f.do(courier, Escalate, func(e *Event) { e.Alarm = Alarm{ToAccept, ToLead} })
	if task, _ := Due(f.c, odd, nil, f.at); task.Alarm.Level != ToHolder {
		t.Errorf("of two at one moment %+v is first", task)
	}
	huge := Limits{Resolve: Limit{Minutes: 1 << 62, Measure: WorkingDays}, Ladder: []Rung{{ToLead, 1 << 62}}}
	if task, ok := Due(f.c, huge, nil, f.at); ok && task.At.Before(f.at.AddDate(9, 0, 0)) {
		t.Errorf("a limit beyond all bounds is due at %s", task.At)
	}
}

// A clock's reading never falls, stands still while paused, and says it is late
// exactly when it is beyond its due time; Due never names a moment before the
// clocks' own.
func TestClocksOnlyGoOn(t *testing.T) {
	cal := office(t)
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]Measure{ClockTime, WorkingDays, OfficeHours}).Draw(t, "measure")
		n := func(name string) Limit { return Limit{rapid.Int64Range(1, 5000).Draw(t, name), m} }
		l := Limits{Accept: n("accept"), Handle: n("handle"), Resolve: n("resolve")}
		at := t0
		c, _, err := Apply(Case{}, anyOpening(t), at)
		if err != nil {
			t.Fatal(err)
		}
		spent := map[Clock]time.Duration{}
		for i := range rapid.IntRange(1, 15).Draw(t, "events") {
			paused, round := c.Paused != "", c.Round
			at = at.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "minutes")) * time.Minute)
			for _, r := range Read(c, l, cal, at) {
				if r.Spent < spent[r.Clock] || (paused && (r.Running || r.Spent != spent[r.Clock])) {
					t.Fatalf("%s: %+v after %s, paused %v", at, r, spent[r.Clock], paused)
				}
				if r.Running && r.Late != (r.Spent > r.Limit.duration()) && r.Limit.Measure == ClockTime || r.Late && r.Spent < r.Limit.duration() {
					t.Fatalf("%s: %+v", at, r)
				}
				if r.Running && !r.Late {
					late := Read(c, l, cal, r.Due.Add(time.Microsecond))
					if j := slices.IndexFunc(late, func(o Reading) bool { return o.Clock == r.Clock }); j < 0 || !late[j].Late {
						t.Fatalf("due at %s and not late after it: %+v", r.Due, late)
					}
				}
				if task, ok := Due(c, l, cal, at); r.Running && (!ok || task.At.After(r.Due) && !c.alarmed(Alarm{r.Clock, ToLead})) {
					t.Fatalf("the clock is due at %s and the next task %+v", r.Due, task)
				}
				spent[r.Clock] = r.Spent
			}
			next, _, err := Apply(c, likely(c, fmt.Sprintf("event-%04d", i), at).Draw(t, "event"), at)
			if err == nil {
				c = next
			}
			if c.Round != round {
				clear(spent)
			}
		}
	})
}
