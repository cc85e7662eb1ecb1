package admission_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

func ref(name string) admission.Ref { return admission.Ref{Namespace: "dept", Name: name} }

// next decides on a scene after what was decided before, some days later.
func next(t *testing.T, s *scene, before *admission.Result, days int) admission.Result {
	t.Helper()
	d := s.doorstep()
	d.Now, d.Ledger = now.AddDate(0, 0, days), nil
	if before != nil {
		d.Ledger = reread(t, &before.Status)
	}
	return settled(t, d.Snapshot)
}

// large takes so many of the 57600 minutes of the tightest month.
func large(name string, minutes int64) *v1alpha1.AdmittedTask {
	return newTask(name, func(s *v1alpha1.AdmittedTaskSpec) {
		s.Workload = &v1alpha1.TaskWorkload{CasesPerYear: minutes * 12, MinutesPerCase: 1}
		s.Funding = &v1alpha1.TaskFunding{PerCommunity: "5000000", Source: "city"}
	})
}

func reasons(r admission.Result) map[string]v1alpha1.LedgerReason {
	out := map[string]v1alpha1.LedgerReason{}
	for _, e := range r.Status.Entries {
		out[e.TaskRef.Name] = e.Reason
	}
	return out
}

func expect(t *testing.T, r admission.Result, want map[string]v1alpha1.LedgerReason) {
	t.Helper()
	got := reasons(r)
	for name, reason := range want {
		if got[name] != reason {
			t.Errorf("%s: %q, want %q", name, got[name], reason)
		}
	}
}

// What ends, is suspended or is withdrawn frees exactly what it held, and the next
// in order enters, not the one that came last.
func TestReleases(t *testing.T) {
	for name, leave := range map[string]func(s *scene){
		"suspended": func(s *scene) { s.others[0].Spec.Suspend = ptr.To(true) },
		"withdrawn": func(s *scene) { s.others = s.others[1:] },
		"elsewhere": func(s *scene) { s.others[0].Spec.Target.Communities[0].Name = "second" },
		"expired":   func(*scene) {}, // three days on
		"rejected": func(s *scene) {
			s.decisions = append(s.decisions, decision("committee", "no", v1alpha1.TaskDecisionSpec{TaskRef: ref("first"), Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(&s.others[0].Spec), Verdict: v1alpha1.VerdictReject, DecidedAt: metav1.NewTime(now),
			}}))
		},
		"changed": func(s *scene) { s.others[0].Spec.Workload.CasesPerYear++ },
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			s.others = []*v1alpha1.AdmittedTask{large("first", 20000), large("second", 30000), large("third", 20000), large("fourth", 20000)}
			s.others[0].Spec.Effective.Until = "2026-11-24"
			s.others[0].Spec.Workload.CasesPerYear = 20000 * 12 * 30 / 24 // in the 24 days of November it has
			before := next(t, s, nil, 0)
			expect(t, before, map[string]v1alpha1.LedgerReason{
				"first": "Admitted", "second": "Admitted", "third": "CapacityExceeded", "fourth": "CapacityExceeded", "subject": "Admitted",
			})
			leave(s)
			days := 1
			if name == "expired" {
				days = 3
			}
			after := next(t, s, &before, days)
			want := map[string]v1alpha1.LedgerReason{"second": "Admitted", "third": "Admitted", "fourth": "CapacityExceeded", "subject": "Admitted"}
			if name == "changed" { // it queues anew, with its old approval of other terms withdrawn
				delete(want, "third")
			}
			expect(t, after, want)
			if name == "changed" {
				if e := find(t, after, ref("first")).Entry; e.AdmittedAt == nil || e.AdmittedAt.Equal(find(t, before, ref("first")).Entry.AdmittedAt) {
					t.Error("other terms, though approved, are in the place of the old ones")
				}
			}
			if e := find(t, after, ref("second")).Entry; !e.AdmittedAt.Equal(find(t, before, ref("second")).Entry.AdmittedAt) {
				t.Error("what stayed has a new place")
			}
		})
	}
}

// What was approved first enters first; of what was approved at once, the
// community's own work before a department's and that before campaigns; then by
// name.
func TestOrderOfAdmission(t *testing.T) {
	s := newScene()
	as := func(name string, category v1alpha1.TaskCategory) *v1alpha1.AdmittedTask {
		task := large(name, 20000) // two find room, three don't
		task.Spec.Category, task.Spec.Effective.Until = category, "2030-12-31"
		return task
	}
	tasks := []*v1alpha1.AdmittedTask{
		as("a-campaign", v1alpha1.CategoryCampaign), as("b-assist", v1alpha1.CategoryAssist), as("c-assist", v1alpha1.CategoryAssist),
		as("d-own", v1alpha1.CategoryOwn), as("e-early", v1alpha1.CategoryCampaign),
	}
	for _, row := range []struct {
		gone string
		want []string // two of those that are left
	}{{"", []string{"e-early", "d-own"}}, {"e-early", []string{"d-own", "b-assist"}}, {"d-own", []string{"e-early", "b-assist"}}, {"b-assist", []string{"e-early", "d-own"}}} {
		var at []*v1alpha1.AdmittedTask
		var decisions []*v1alpha1.TaskDecision
		for _, task := range tasks {
			if task.Name == row.gone {
				continue
			}
			decided := now.Add(-time.Hour)
			if task.Name == "e-early" {
				decided = decided.Add(-time.Second)
			}
			approval, money := agree(task, decided)
			at, decisions = append(at, task), append(append(decisions, approval), money...)
		}
		docket := admission.NewDocket(at, decisions, role, nil)
		s.Tasks, s.Records = docket.Tasks, docket.Records
		var got []string
		r := settled(t, s.Snapshot)
		for _, ref := range admission.Placed(&r.Status) {
			got = append(got, ref.Name)
		}
		if !slices.Equal(got, row.want) {
			t.Errorf("without %q %v are in, want %v", row.gone, got, row.want)
		}
	}
}

// A task that is contested or paused keeps its place and what it reserved; a
// newcomer in the same plight gets none.
func TestReservations(t *testing.T) {
	for name, row := range map[string]struct {
		prepare, happen func(s *scene)
		reason          v1alpha1.LedgerReason
	}{
		"contested":   {func(*scene) {}, func(s *scene) { s.decisions = append(s.decisions, objection("no")) }, "Contested"},
		"no money":    {func(*scene) {}, func(s *scene) { s.unfunded = true }, "FundingNotReleased"},
		"no system":   {func(s *scene) { deliver(s.spec); s.system("income", "benefit") }, func(s *scene) { s.Systems = nil }, "SystemMissing"},
		"no element":  {func(s *scene) { collect("income")(s.spec) }, func(s *scene) { s.Standard.Spec.DataElements = nil }, "StandardMissing"},
		"no standard": {func(s *scene) { collect("income")(s.spec) }, func(s *scene) { s.Standard = nil }, "Admitted"},
		"no policies": {func(*scene) {}, func(s *scene) { s.PolicyProblem = "gone" }, "Admitted"},
		"closed":      {func(*scene) {}, func(s *scene) { s.Community.Spec.Suspend = ptr.To(true) }, "Admitted"},
		"costlier":    {func(*scene) {}, func(s *scene) { s.Standard.Spec.Money.HourlyCost = "99" }, "Admitted"},
		"a norm missed": {func(*scene) {}, func(s *scene) {
			s.Standard.Spec.Size = &v1alpha1.SizeRule{RuleMeta: v1alpha1.RuleMeta{Effect: v1alpha1.EffectEnforce}, MinHouseholds: 2000, MaxHouseholds: 3000}
		}, "Admitted"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			row.prepare(s)
			before := next(t, s, nil, 0)
			expect(t, before, map[string]v1alpha1.LedgerReason{"subject": "Admitted"})
			row.happen(s)
			after := next(t, s, &before, 1)
			a, b := find(t, after, subject).Entry, find(t, before, subject).Entry
			if a.Reason != row.reason || !a.AdmittedAt.Equal(b.AdmittedAt) || !slices.Equal(a.Owns, b.Owns) {
				t.Errorf("%s since %s, owns %v: %s", a.Reason, a.AdmittedAt, a.Owns, a.Message)
			}
			m := month(t, after, "2026-12")
			if *m.CommittedMinutes != 84 || (row.reason != "Admitted") != (value(m.ReservedMinutes) == 84) {
				t.Errorf("%d minutes are promised, %d of them reserved", *m.CommittedMinutes, value(m.ReservedMinutes))
			}
			if fresh := find(t, next(t, s, nil, 1), subject).Entry; row.reason != "Admitted" && fresh.AdmittedAt != nil {
				t.Error("a newcomer gets a place that lacks something")
			}
			back := newScene()
			row.prepare(back)
			if again := next(t, back, &after, 2); !find(t, again, subject).Entry.AdmittedAt.Equal(b.AdmittedAt) {
				t.Error("it is not in the same place when all is well again")
			}
		})
	}
}

// An upheld contest takes the place away; a ruling that dismisses it lets the
// task queue again.
func TestUpheldContest(t *testing.T) {
	s := newScene()
	before := next(t, s, nil, 0)
	s.decisions = append(s.decisions, objection("no"), ruling("r1", "no", v1alpha1.VerdictUphold, now))
	upheld := next(t, s, &before, 1)
	if e := find(t, upheld, subject).Entry; e.Decision != v1alpha1.DecisionRefused || e.AdmittedAt != nil {
		t.Errorf("%s %s", e.Decision, e.AdmittedAt)
	}
	s.decisions = append(s.decisions, ruling("r2", "no", v1alpha1.VerdictDismiss, now.Add(time.Hour)))
	if e := find(t, next(t, s, &upheld, 2), subject).Entry; e.Reason != v1alpha1.LedgerAdmitted || !e.AdmittedAt.Equal(ptr.To(metav1.NewTime(now.AddDate(0, 0, 2)))) {
		t.Errorf("%s since %s", e.Reason, e.AdmittedAt)
	}
}

// A task that is paused lends what it collects to who reuses it, and has it back
// when it goes on; nobody else gets it meanwhile.
func TestSuspendedCollectorGetsItBack(t *testing.T) {
	owner := newTask("owner", collect("income"))
	reuser := newTask("reuser", collect("income"), func(s *v1alpha1.AdmittedTaskSpec) { s.Data[0].Use = v1alpha1.UseReuse })
	s := newScene()
	collect("income")(s.spec)
	s.others = []*v1alpha1.AdmittedTask{owner, reuser}
	first := next(t, s, nil, 0)
	owns := func(r admission.Result, name string) []string { return find(t, r, ref(name)).Entry.Owns }

	owner.Spec.Suspend = ptr.To(true)
	paused := next(t, s, &first, 1)
	expect(t, paused, map[string]v1alpha1.LedgerReason{"owner": "Suspended", "reuser": "Admitted", "subject": "DuplicateCollection"})
	if got := owns(paused, "reuser"); !slices.Equal(got, []string{"income"}) {
		t.Errorf("while the collector is paused, who reuses it owns %v", got)
	}
	again := next(t, s, &paused, 2)

	owner.Spec.Suspend = nil
	back := next(t, s, &again, 3)
	expect(t, back, map[string]v1alpha1.LedgerReason{"owner": "Admitted", "reuser": "Admitted", "subject": "DuplicateCollection"})
	if got := owns(back, "owner"); !slices.Equal(got, []string{"income"}) {
		t.Errorf("back again, the collector owns %v", got)
	}
	if got := owns(back, "reuser"); len(got) > 0 {
		t.Errorf("who reuses it still owns %v", got)
	}
}

// When the collector of an element loses its place, the first task with a place
// that uses it becomes its collector, and who wants to collect it stays out.
func TestOwnershipPassesOn(t *testing.T) {
	reuse := func(s *v1alpha1.AdmittedTaskSpec) { collect("income")(s); s.Data[0].Use = v1alpha1.UseReuse }
	s := newScene()
	s.others = []*v1alpha1.AdmittedTask{newTask("owner", collect("income")), newTask("reuser", reuse), newTask("second", reuse)}
	collect("income")(s.spec)
	before := next(t, s, nil, 0)
	expect(t, before, map[string]v1alpha1.LedgerReason{"owner": "Admitted", "reuser": "Admitted", "subject": "DuplicateCollection"})
	owns := func(r admission.Result, name string) []string { return find(t, r, ref(name)).Entry.Owns }
	if got := owns(before, "owner"); !slices.Equal(got, []string{"income"}) {
		t.Errorf("the owner owns %v", got)
	}
	s.others = s.others[1:]
	after := next(t, s, &before, 1)
	expect(t, after, map[string]v1alpha1.LedgerReason{"owner": "Withdrawn", "reuser": "Admitted", "subject": "DuplicateCollection"})
	if got := owns(after, "reuser"); !slices.Equal(got, []string{"income"}) {
		t.Errorf("the first that reuses it owns %v", got)
	}
	s.others = nil
	last := next(t, s, &after, 2)
	expect(t, last, map[string]v1alpha1.LedgerReason{"subject": "Admitted"})
	if got := owns(last, "subject"); !slices.Equal(got, []string{"income"}) {
		t.Errorf("who was refused owns %v", got)
	}
	// Identity and contact basics have no owner, even while there is no standard.
	s = newScene()
	collect("name")(s.spec)
	s.others = []*v1alpha1.AdmittedTask{newTask("other", collect("name"))}
	before = next(t, s, nil, 0)
	s.Standard = nil
	after = next(t, s, &before, 1)
	expect(t, after, map[string]v1alpha1.LedgerReason{"subject": "Admitted", "other": "Admitted"})
	if got := owns(after, "other"); len(got) != 0 {
		t.Errorf("a basic has the owner %v", got)
	}
}

// Entries of what ended stay three months and then are only counted; what comes
// back is counted no more.
func TestEnds(t *testing.T) {
	s := newScene()
	s.others = []*v1alpha1.AdmittedTask{newTask("withdrawn"), newTask("expired", func(s *v1alpha1.AdmittedTaskSpec) { s.Effective.Until = "2026-11-22" }), newTask("paused")}
	start := next(t, s, nil, 0)
	if n := *start.Status.Totals.Ended; n != 0 {
		t.Fatalf("%d ended at first", n)
	}
	withdrawn := s.others[0]
	s.others[2].Spec.Suspend = ptr.To(true)
	s.others = s.others[1:]
	after := next(t, s, &start, 1)
	expect(t, after, map[string]v1alpha1.LedgerReason{"withdrawn": "Withdrawn", "expired": "Expired", "paused": "Suspended", "subject": "Admitted"})
	entry := func(r admission.Result, name string) *v1alpha1.LedgerEntry {
		i := slices.IndexFunc(r.Status.Entries, func(e v1alpha1.LedgerEntry) bool { return e.TaskRef.Name == name })
		if i < 0 {
			return nil
		}
		return &r.Status.Entries[i]
	}
	if e := entry(after, "withdrawn"); e.Until != "2026-11-23" || e.MinutesPerYear != nil || e.AdmittedAt != nil || e.Decision != v1alpha1.DecisionEnded {
		t.Errorf("%+v", e)
	}
	if e := entry(after, "expired"); e.Until != "2026-11-22" {
		t.Errorf("%+v", e)
	}
	// 2027-02-22 is three months after the one, 2027-02-23 after the other.
	for day, want := range map[string][]string{
		"2027-02-22": {"expired", "paused", "withdrawn"}, "2027-02-23": {"paused", "withdrawn"}, "2027-02-24": {"paused"}, "2029-01-01": {"paused"},
	} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		r := next(t, s, &after, int(at.Sub(now.Truncate(24*time.Hour))/(24*time.Hour)))
		var got []string
		for _, e := range r.Status.Entries {
			if e.Decision == v1alpha1.DecisionEnded {
				got = append(got, e.TaskRef.Name)
			}
		}
		if !slices.Equal(got, want) || *r.Status.Totals.Ended != 3 {
			t.Errorf("on %s %v are there and %d counted, want %v and 3", day, got, *r.Status.Totals.Ended, want)
		}
	}
	s.others = append(s.others, withdrawn)
	s.others[1].Spec.Suspend = nil
	back := next(t, s, &after, 2)
	expect(t, back, map[string]v1alpha1.LedgerReason{"withdrawn": "Admitted", "paused": "Admitted"})
	if n := *back.Status.Totals.Ended; n != 1 {
		t.Errorf("%d ended, though two of three came back", n)
	}
}

// A ledger holds 400 tasks. Those beyond have no place, are said to be unlisted,
// and get in when there is room; what ended gives way to what has not.
func TestFullLedger(t *testing.T) {
	s := newScene()
	s.spec.Workload, s.spec.Funding = nil, nil
	for i := range 450 {
		s.others = append(s.others, newTask(fmt.Sprintf("t-%03d", i), func(s *v1alpha1.AdmittedTaskSpec) { s.Workload, s.Funding = nil, nil }))
	}
	r := next(t, s, nil, 0)
	if len(r.Status.Entries) != v1alpha1.LedgerMaxEntries || r.Unlisted != 51 || len(admission.Placed(&r.Status)) != v1alpha1.LedgerMaxEntries {
		t.Fatalf("%d entries, %d with a place, %d unlisted", len(r.Status.Entries), len(admission.Placed(&r.Status)), r.Unlisted)
	}
	places := 0
	for _, a := range r.Answers {
		if a.Entry.AdmittedAt != nil {
			places++
		} else if a.Entry.Reason != v1alpha1.LedgerCapacityExceeded {
			t.Errorf("%s: %s %s", a.Task.Ref.Name, a.Entry.Reason, a.Entry.Message)
		}
	}
	if places != v1alpha1.LedgerMaxEntries {
		t.Errorf("%d tasks have a place", places)
	}
	s.others = s.others[10:]
	after := next(t, s, &r, 1)
	if len(admission.Placed(&after.Status)) != v1alpha1.LedgerMaxEntries || after.Unlisted != 41 || *after.Status.Totals.Ended != 10 {
		t.Errorf("%d with a place, %d unlisted, %d ended", len(admission.Placed(&after.Status)), after.Unlisted, *after.Status.Totals.Ended)
	}
	if a := find(t, after, ref("t-409")); a.Entry.AdmittedAt == nil {
		t.Errorf("the next in order did not enter: %s", a.Entry.Message)
	}
	// Nobody else takes part in what an overfull import promises.
	var over v1alpha1.TaskLedgerStatus
	for _, a := range r.Answers {
		e := a.Entry
		e.Decision, e.AdmittedAt = v1alpha1.DecisionAdmitted, ptr.To(metav1.NewTime(now))
		over.Entries = append(over.Entries, e)
	}
	s.Ledger = &over
	if again := settled(t, s.doorstep().Snapshot); len(admission.Placed(&again.Status)) != v1alpha1.LedgerMaxEntries {
		t.Errorf("%d with a place", len(admission.Placed(&again.Status)))
	}
}

// A ledger somebody wrote by hand, with entries twice, without dates, of unknown
// tasks and with figures out of range, is settled at once and gives no place to
// what it refuses itself.
func TestGarbageLedger(t *testing.T) {
	s := newScene()
	good := next(t, s, nil, 0).Status
	entry := good.Entries[0]
	refused, ended, unknown := entry, entry, entry
	refused.Decision, refused.Reason = v1alpha1.DecisionRefused, v1alpha1.LedgerRejected
	ended.Decision, ended.Reason, ended.Until = v1alpha1.DecisionEnded, v1alpha1.LedgerExpired, ""
	unknown.TaskRef.Name, unknown.Owns = "unknown", []string{"income", "income", ""}
	bare := v1alpha1.LedgerEntry{TaskRef: ref("bare")}
	for name, entries := range map[string][]v1alpha1.LedgerEntry{
		"refused with a place": {refused}, "ended with a place": {ended}, "twice": {entry, entry}, "first refused": {refused, entry},
		"unknown twice": {unknown, unknown, entry}, "bare": {bare, bare}, "none": {},
	} {
		for _, total := range []*v1alpha1.LedgerTotals{nil, {}, {Ended: ptr.To(int64(-5))}, {Ended: ptr.To(int64(1<<63 - 1))}} {
			s := newScene()
			s.Ledger = &v1alpha1.TaskLedgerStatus{Entries: entries, Totals: total}
			d := s.doorstep()
			r := settled(t, d.Snapshot)
			seen := map[admission.Ref]int{}
			for _, e := range r.Status.Entries {
				if seen[e.TaskRef]++; seen[e.TaskRef] > 1 {
					t.Errorf("%s: %s is in the ledger twice", name, e.TaskRef.Name)
				}
			}
			kept := find(t, r, subject).Entry.AdmittedAt.Equal(entry.AdmittedAt)
			if fresh := slices.Contains([]string{"refused with a place", "ended with a place", "bare", "none", "first refused"}, name); !kept && !fresh {
				t.Errorf("%s: it lost its place", name)
			}
			if *r.Status.Totals.Ended < 0 {
				t.Errorf("%s: %d ended", name, *r.Status.Totals.Ended)
			}
		}
	}
	// Two files of one task: one is decided on, whichever comes first.
	a, b := newTask("subject"), newTask("subject", func(s *v1alpha1.AdmittedTaskSpec) { s.Title.ZH = "乙" })
	s.Tasks = []*admission.Task{admission.NewTask(a), admission.NewTask(b)}
	first := admission.Decide(s.Snapshot)
	s.Tasks[0], s.Tasks[1] = s.Tasks[1], s.Tasks[0]
	if second := admission.Decide(s.Snapshot); written(t, &first.Status) != written(t, &second.Status) || len(first.Answers) != 1 {
		t.Error("which of two files counts depends on their order")
	}
}

// A ledger of 300 random refusals is under 200 kB, and its messages are short.
func TestLedgerIsSmall(t *testing.T) {
	s, tasks := crowd(300)
	r := admission.Decide(s)
	data, err := json.Marshal(&v1alpha1.TaskLedger{Status: r.Status})
	if err != nil {
		t.Fatal(err)
	}
	longest, refused := 0, 0
	for _, e := range r.Status.Entries {
		longest = max(longest, len([]rune(e.Message)))
		if e.Decision == v1alpha1.DecisionRefused {
			refused++
		}
	}
	t.Logf("%d tasks, %d refused, %d bytes, longest message %d characters", tasks, refused, len(data), longest)
	if len(data) >= 200_000 || longest > 240 || refused < 200 {
		t.Errorf("%d bytes, longest message %d characters, %d refused", len(data), longest, refused)
	}
}

// crowd is a community with so many tasks at its door, most of which it refuses.
func crowd(n int) (*admission.Snapshot, int) {
	d := admissiontest.New(5, admissiontest.Options{Communities: 1, Tasks: n, Everywhere: true, FlawedPercent: 60})
	d.Standards[0].Spec.Size = nil
	d.Communities[0].Spec.StandardRef.Name, d.Communities[0].Spec.Suspend = d.Standards[0].Name, nil
	s := d.Snapshot(0, admissiontest.Now, nil)
	return s, len(s.Tasks)
}
