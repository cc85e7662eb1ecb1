package admission_test

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/norms"
)

// month finds a month of a ledger.
func month(t *testing.T, r admission.Result, name v1alpha1.Month) v1alpha1.LedgerMonth {
	t.Helper()
	for _, m := range r.Status.Months {
		if m.Month == name {
			return m
		}
	}
	t.Fatalf("the ledger does not show %s", name)
	return v1alpha1.LedgerMonth{}
}

// A task takes a twelfth of its yearly load each month, and of a month it runs
// in for some days only, its share by days.
func TestMonths(t *testing.T) {
	for name, row := range map[string]struct {
		window v1alpha1.TaskWindow
		now    time.Time
		want   map[v1alpha1.Month]int64 // of 36540 minutes a year, 3045 a month
		year   int64
	}{
		"all year": {window: v1alpha1.TaskWindow{From: "2026-01-01"},
			want: map[v1alpha1.Month]int64{"2026-11": 3045, "2027-02": 3045, "2028-10": 3045}, year: 36540},
		// 21 of 30 days: 3045 × 21 ÷ 30 = 2131.5
		"three weeks": {window: v1alpha1.TaskWindow{From: "2026-11-03", Until: "2026-11-23"},
			want: map[v1alpha1.Month]int64{"2026-11": 2132, "2026-12": 0}, year: 2132},
		// 11 of 30 and 10 of 31 days: 1116.5 and 982.3, 2098.8 together
		"three weeks over a month's end": {window: v1alpha1.TaskWindow{From: "2026-11-20", Until: "2026-12-10"},
			want: map[v1alpha1.Month]int64{"2026-11": 1117, "2026-12": 983, "2027-01": 0}, year: 2099},
		"one day": {window: v1alpha1.TaskWindow{From: "2026-12-31", Until: "2026-12-31"},
			want: map[v1alpha1.Month]int64{"2026-11": 0, "2026-12": 99, "2027-01": 0}, year: 99},
		// 28 of 29 days in a leap year: 2940; the first year is whole all the same.
		"until the day before a leap day": {window: v1alpha1.TaskWindow{From: "2027-01-01", Until: "2028-02-28"},
			want: map[v1alpha1.Month]int64{"2027-02": 3045, "2028-02": 2940, "2028-03": 0}, year: 36540},
		"until a leap day": {window: v1alpha1.TaskWindow{From: "2027-03-01", Until: "2028-02-29"},
			want: map[v1alpha1.Month]int64{"2027-02": 0, "2028-02": 3045, "2028-03": 0}, year: 36540},
		"from a leap day, a year": {window: v1alpha1.TaskWindow{From: "2028-02-29", Until: "2029-02-28"},
			want: map[v1alpha1.Month]int64{"2028-01": 0, "2028-02": 105, "2028-03": 3045}, year: 36540},
		// One second before and after midnight in Xi'an, which is 16:00 in UTC.
		"the last second of a month": {window: v1alpha1.TaskWindow{From: "2026-01-01"}, now: time.Date(2026, 11, 30, 15, 59, 59, 0, time.UTC),
			want: map[v1alpha1.Month]int64{"2026-11": 3045}, year: 36540},
		"the first second of a month": {window: v1alpha1.TaskWindow{From: "2026-01-01"}, now: time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC),
			want: map[v1alpha1.Month]int64{"2026-12": 3045, "2028-11": 3045}, year: 36540},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			s.spec.Effective = row.window
			s.spec.Workload = &v1alpha1.TaskWorkload{CasesPerYear: 1218, MinutesPerCase: 30}
			s.spec.Funding = &v1alpha1.TaskFunding{PerCommunity: "20000", Source: "city"}
			d := s.doorstep()
			if !row.now.IsZero() {
				d.Now = row.now
			}
			r := settled(t, d.Snapshot)
			for name, want := range row.want {
				if got := *month(t, r, name).CommittedMinutes; got != want {
					t.Errorf("%s: %d minutes, want %d", name, got, want)
				}
			}
			if len(r.Status.Months) != v1alpha1.LedgerHorizonMonths {
				t.Errorf("%d months", len(r.Status.Months))
			}
			if got := *find(t, r, subject).Entry.MinutesPerYear; got != row.year {
				t.Errorf("%d minutes in the first year, want %d", got, row.year)
			}
		})
	}
}

// A task is in on its last day until midnight where it is, and over a second
// later; Next says when to look again.
func TestMidnight(t *testing.T) {
	s := newScene()
	s.spec.Effective.Until = "2026-11-22"
	d := s.doorstep()
	d.Now = time.Date(2026, 11, 22, 15, 59, 59, 0, time.UTC)
	r := admission.Decide(d.Snapshot)
	if a := find(t, r, subject); a.Entry.Reason != v1alpha1.LedgerAdmitted {
		t.Errorf("on its last day it is %s", a.Entry.Reason)
	}
	midnight := time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	if !r.Next.Equal(midnight) {
		t.Errorf("looks again at %s, want %s", r.Next, midnight)
	}
	d.Now = midnight
	if a := find(t, admission.Decide(d.Snapshot), subject); a.Entry.Reason != v1alpha1.LedgerExpired {
		t.Errorf("a second later it is %s", a.Entry.Reason)
	}
	d.Now = midnight.Add(-time.Second)
	// In another zone, the standard's, the day ends at another time; a zone that
	// does not exist, or is the host's, is China's.
	for zone, want := range map[string]time.Time{
		"Asia/Urumqi": time.Date(2026, 11, 22, 18, 0, 0, 0, time.UTC), "Asia/Nowhere": midnight, "Local": midnight, "": midnight,
		"America/New_York": time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC),
	} {
		d.Standard.Spec.Calendar = &v1alpha1.Calendar{TimeZone: zone}
		if next := admission.Decide(d.Snapshot).Next; !next.Equal(want) {
			t.Errorf("in %q the day ends at %s, want %s", zone, next.UTC(), want)
		}
	}
}

// Capacity is what norms says: whole minutes, holidays and make-up days counted,
// the share of self-government rounded in its favour.
func TestCapacityIsTheNorms(t *testing.T) {
	s := newScene()
	s.Community.Spec.Workforce[0].Count = ptr.To(int64(7))
	rule := &v1alpha1.WorkforceRule{MinutesPerWorkerDay: 477, AdministrativeSharePercent: ptr.To(int64(33))}
	s.Standard.Spec.Workforce = rule
	s.Standard.Spec.Calendar = &v1alpha1.Calendar{Holidays: []v1alpha1.Date{"2026-12-01", "2026-12-05"}, MakeUpDays: []v1alpha1.Date{"2026-12-06"}}
	r := settled(t, s.doorstep().Snapshot)
	all, _ := norms.MinutesPerMonth(7, rule, 23)
	want, _ := norms.AdministrativeMinutes(all, rule)
	if got := *month(t, r, "2026-12").CapacityMinutes; got != want || want != 7*477*23*33/100 {
		t.Errorf("%d minutes, want %d", got, want)
	}
}

// A task that fits exactly enters; one minute or one visit more does not.
func TestExactlyFull(t *testing.T) {
	for name, row := range map[string]struct {
		load v1alpha1.TaskWorkload
		want v1alpha1.LedgerReason
	}{
		"minutes":         {v1alpha1.TaskWorkload{CasesPerYear: 57600 * 12, MinutesPerCase: 1}, "Admitted"},
		"a minute more":   {v1alpha1.TaskWorkload{CasesPerYear: 57600*12 + 1, MinutesPerCase: 1}, "CapacityExceeded"},
		"visits":          {v1alpha1.TaskWorkload{Visits: &v1alpha1.VisitLoad{HouseholdPercent: 48, TimesPerYear: 10, MinutesPerVisit: 1}}, "Admitted"},
		"one in 100 more": {v1alpha1.TaskWorkload{Visits: &v1alpha1.VisitLoad{HouseholdPercent: 49, TimesPerYear: 10, MinutesPerVisit: 1}}, "VisitCapacityExceeded"},
	} {
		s := newScene()
		s.spec.Workload, s.spec.Funding = &row.load, &v1alpha1.TaskFunding{PerCommunity: "999999999", Source: "city"}
		s.decisions = append(s.decisions, release(subject, "2026", "999999999"))
		if a := find(t, settled(t, s.doorstep().Snapshot), subject); a.Entry.Reason != row.want {
			t.Errorf("%s: %s %s", name, a.Entry.Reason, a.Entry.Message)
		}
	}
}

// Money is due for the period the day lies in, for as much of it as the task runs.
func TestFundingPeriods(t *testing.T) {
	for _, row := range []struct {
		periods  v1alpha1.FundingPeriods
		window   v1alpha1.TaskWindow
		now      string
		released v1alpha1.FundingPeriod
		due      v1alpha1.Decimal // of 1200 a year
	}{
		{"", v1alpha1.TaskWindow{From: "2026-01-01"}, "2026-11-22", "2026", "1200"},
		{v1alpha1.PeriodsYearly, v1alpha1.TaskWindow{From: "2026-01-01"}, "2027-01-01", "2027", "1200"},
		{v1alpha1.PeriodsYearly, v1alpha1.TaskWindow{From: "2026-10-01"}, "2026-11-22", "2026", "300"},
		// Half of November and half of it in 2027 as well: 15 of 30 days.
		{v1alpha1.PeriodsYearly, v1alpha1.TaskWindow{From: "2026-11-16"}, "2026-11-22", "2026", "150"},
		{v1alpha1.PeriodsYearly, v1alpha1.TaskWindow{From: "2026-01-01", Until: "2027-11-15"}, "2027-11-10", "2027", "1050"},
		{v1alpha1.PeriodsHalfYearly, v1alpha1.TaskWindow{From: "2026-01-01"}, "2026-06-30", "2026-H1", "600"},
		{v1alpha1.PeriodsHalfYearly, v1alpha1.TaskWindow{From: "2026-01-01"}, "2026-07-01", "2026-H2", "600"},
		{v1alpha1.PeriodsQuarterly, v1alpha1.TaskWindow{From: "2026-01-01"}, "2026-03-31", "2026-Q1", "300"},
		{v1alpha1.PeriodsQuarterly, v1alpha1.TaskWindow{From: "2026-01-01"}, "2026-12-31", "2026-Q4", "300"},
		{v1alpha1.PeriodsMonthly, v1alpha1.TaskWindow{From: "2026-01-01"}, "2026-02-28", "2026-02", "100"},
		// 10 of 31 days of a month: 32.258…, rounded up
		{v1alpha1.PeriodsMonthly, v1alpha1.TaskWindow{From: "2026-12-22"}, "2026-12-25", "2026-12", "32.26"},
		{v1alpha1.PeriodsOnce, v1alpha1.TaskWindow{From: "2026-01-01"}, "2029-05-05", "once", "1200"},
		{v1alpha1.PeriodsOnce, v1alpha1.TaskWindow{From: "2026-11-01", Until: "2027-01-31"}, "2027-01-31", "once", "300"},
	} {
		s := newScene()
		s.unfunded = true
		s.spec.Effective = row.window
		s.spec.Workload = nil
		s.spec.Funding = &v1alpha1.TaskFunding{PerCommunity: "1200", Source: "city", Periods: row.periods}
		d := s.doorstep()
		at, err := time.Parse(time.DateOnly, row.now)
		if err != nil {
			t.Fatal(err)
		}
		d.Now = at
		a := find(t, admission.Decide(d.Snapshot), subject)
		want := "0 released for " + string(row.released) + ", " + string(row.due) + " due here; waits for the finance bureau to release it"
		if a.Entry.Message != want {
			t.Errorf("%s on %s: %s %q, want %q", row.periods, row.now, a.Entry.Reason, a.Entry.Message, want)
			continue
		}
		s.decisions = append(s.decisions, release(subject, row.released, row.due))
		d = s.doorstep()
		d.Now = at
		if a := find(t, admission.Decide(d.Snapshot), subject); a.Entry.Reason != v1alpha1.LedgerAdmitted {
			t.Errorf("%s on %s with its money: %s %q", row.periods, row.now, a.Entry.Reason, a.Entry.Message)
		}
	}
}

// Combinable visits share a round: the largest counts, and what fits it is free.
func TestCombinableVisits(t *testing.T) {
	visits := func(name string, percent int64, combinable bool) *v1alpha1.AdmittedTask {
		return newTask(name, func(s *v1alpha1.AdmittedTaskSpec) {
			s.Workload = &v1alpha1.TaskWorkload{Visits: &v1alpha1.VisitLoad{HouseholdPercent: percent, TimesPerYear: 12, MinutesPerVisit: 1, Combinable: &combinable}}
			s.Funding = &v1alpha1.TaskFunding{PerCommunity: "100000", Source: "city"}
		})
	}
	// 400 visits a month; each percent is 10.
	s := newScene()
	s.others = []*v1alpha1.AdmittedTask{visits("round-a", 20, true), visits("alone", 15, false), visits("round-b", 20, true), visits("round-c", 25, true), visits("round-d", 26, true)}
	s.spec = &visits("subject", 1, false).Spec
	d := s.doorstep()
	r := settled(t, d.Snapshot)
	for name, want := range map[string]v1alpha1.LedgerReason{
		"round-a": "Admitted", "alone": "Admitted", "round-b": "Admitted", "round-c": "Admitted", "round-d": "VisitCapacityExceeded", "subject": "VisitCapacityExceeded",
	} {
		if a := find(t, r, admission.Ref{Namespace: "dept", Name: name}); a.Entry.Reason != want {
			t.Errorf("%s: %s %s", name, a.Entry.Reason, a.Entry.Message)
		}
	}
	if got := *month(t, r, "2027-01").CommittedVisits; got != 400 {
		t.Errorf("%d visits, want 250 of the round and 150", got)
	}
	if a, want := find(t, r, admission.Ref{Namespace: "dept", Name: "round-d"}), "needs 260 visits in 2026-11, 250 of 400 left; "+
		"fits with visits to at most 25% of households (asks 26%), or 1 more worker in grid east"; a.Entry.Message != want {
		t.Errorf("%q, want %q", a.Entry.Message, want)
	}
	cureCounter{}.verify(t, d, &r)
}

// A release may be as large as an amount can be, and so may a cost be.
func TestLargeFigures(t *testing.T) {
	s := newScene()
	s.spec.Workload.CasesPerYear, s.spec.Workload.MinutesPerCase = 1_000_000, 14_400
	s.Standard.Spec.Money.HourlyCost = "999999999999.99"
	a := find(t, settled(t, s.doorstep().Snapshot), subject)
	if a.Entry.Reason != v1alpha1.LedgerFundingBelowCost || len(a.Findings[0].Changes) != 0 || a.Cost != "999999999999.99" {
		t.Errorf("%s, cost %s: %+v", a.Entry.Reason, a.Cost, a.Findings)
	}
}
