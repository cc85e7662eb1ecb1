package admission_test

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/norms"
)

// asked is what a task asks of a community, worked out the slow way: with
// fractions and calendars instead of the engine's integers.
type asked struct {
	minutes, visits     *big.Rat // a year
	combinable          bool
	ledgers             int64
	reports, indicators int64 // a month
}

func rat(n int64) *big.Rat { return new(big.Rat).SetInt64(n) }

func ceil(r *big.Rat) int64 {
	n := new(big.Int).Div(new(big.Int).Neg(r.Num()), r.Denom())
	return n.Neg(n).Int64()
}

func product(factors ...int64) *big.Rat {
	out := rat(1)
	for _, f := range factors {
		out.Mul(out, rat(f))
	}
	return out
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func ask(s *admission.Snapshot, spec *v1alpha1.AdmittedTaskSpec) asked {
	out := asked{minutes: rat(0), visits: rat(0)}
	w := spec.Workload
	if w == nil {
		return out
	}
	cases := w.CasesPerYear
	if cases == 0 {
		cases = ceil(new(big.Rat).Quo(product(w.CasesPerThousandResidents, s.Community.Spec.Profile.Residents), rat(1000)))
	}
	out.minutes.Add(out.minutes, product(cases, w.MinutesPerCase))
	if v := w.Visits; v != nil {
		visits := ceil(new(big.Rat).Quo(product(s.Community.Spec.Profile.Households, v.HouseholdPercent, v.TimesPerYear), rat(100)))
		team := int64(1)
		if s.Standard != nil && s.Standard.Spec.Grid != nil {
			team = s.Standard.Spec.Grid.TeamSize
		}
		out.visits, out.combinable = rat(visits), value(v.Combinable)
		out.minutes.Add(out.minutes, product(visits, v.MinutesPerVisit, team))
	}
	if r := w.Reports; r != nil {
		out.minutes.Add(out.minutes, product(r.PerYear, r.MinutesEach))
		out.reports = ceil(big.NewRat(r.PerYear, 12))
		out.indicators = out.reports * value(r.Indicators)
	}
	out.ledgers = value(w.Ledgers)
	return out
}

// share is the part of a year's load that falls into a month.
func share(w v1alpha1.TaskWindow, month v1alpha1.Month) *big.Rat {
	key := [3]string{string(w.From), string(w.Until), string(month)}
	if _, ok := shares[key]; !ok {
		shares[key] = countShare(w, month)
	}
	return shares[key]
}

var shares = map[[3]string]*big.Rat{} // counting days takes long

func countShare(w v1alpha1.TaskWindow, month v1alpha1.Month) *big.Rat {
	first, err := time.Parse("2006-01", string(month))
	if err != nil {
		panic(err)
	}
	var days, of int64
	for at := first; at.Month() == first.Month(); at = at.AddDate(0, 0, 1) {
		of++
		day := v1alpha1.Date(at.Format(time.DateOnly))
		if w.From <= day && (w.Until == "" || day <= w.Until) {
			days++
		}
	}
	return big.NewRat(days, 12*of)
}

// promised is what the tasks with a place come to in a month.
type promised struct {
	minutes, visits     *big.Rat
	reports, indicators int64
}

func promises(placed []*admission.Task, load []asked, month v1alpha1.Month) promised {
	out := promised{minutes: rat(0), visits: rat(0)}
	round := rat(0) // the largest of those that share one
	for i, t := range placed {
		a, part := &load[i], share(t.Spec.Effective, month)
		if part.Sign() == 0 {
			continue
		}
		out.minutes.Add(out.minutes, new(big.Rat).Mul(a.minutes, part))
		visits := new(big.Rat).Mul(a.visits, part)
		if !a.combinable {
			out.visits.Add(out.visits, visits)
		} else if visits.Cmp(round) > 0 {
			round = visits
		}
		out.reports += a.reports
		out.indicators += a.indicators
	}
	out.visits.Add(out.visits, round)
	return out
}

// capacity is what norms says a community has in a month; false where the
// standard sets no limit.
func capacity(t *testing.T, s *admission.Snapshot, month v1alpha1.Month) (int64, bool) {
	t.Helper()
	if s.Standard == nil || s.Standard.Spec.Workforce == nil {
		return 0, false
	}
	at, err := time.Parse("2006-01", string(month))
	if err != nil {
		t.Fatal(err)
	}
	calendar, err := norms.NewCalendar(s.Standard.Spec.Calendar)
	if err != nil {
		t.Fatal(err)
	}
	workers, _ := norms.WorkerCount(s.Community.Spec.Workforce)
	all, _ := norms.MinutesPerMonth(workers.Floor(), s.Standard.Spec.Workforce, calendar.WorkingDays(at.Year(), at.Month()))
	return norms.AdministrativeMinutes(all, s.Standard.Spec.Workforce)
}

func visitCapacity(s *admission.Snapshot) (int64, bool) {
	if s.Standard == nil || s.Standard.Spec.Grid == nil {
		return 0, false
	}
	var level int32
	for _, g := range s.Grids {
		level = max(level, g.Spec.Level)
	}
	var all int64
	for _, g := range s.Grids {
		if g.Spec.Level == level {
			visits, _ := norms.VisitsPerMonth(int64(len(g.Spec.Workers)), s.Standard.Spec.Grid)
			all += visits
		}
	}
	return all, true
}

// placedTasks are the tasks a ledger gives a place.
func placedTasks(s *admission.Snapshot, status *v1alpha1.TaskLedgerStatus) []*admission.Task {
	byRef := map[admission.Ref]*admission.Task{}
	for _, t := range s.Tasks {
		byRef[t.Ref] = t
	}
	var out []*admission.Task
	for _, ref := range admission.Placed(status) {
		out = append(out, byRef[ref])
	}
	return out
}

// checkLedger holds a ledger against what was worked out the slow way: every
// month shows exactly what the tasks with a place promise, and no limit is
// exceeded but by tasks that had their place before.
func checkLedger(t *testing.T, s *admission.Snapshot, r *admission.Result) {
	t.Helper()
	placed := placedTasks(s, &r.Status)
	had := map[admission.Ref]bool{}
	if s.Ledger != nil {
		for _, ref := range admission.Placed(s.Ledger) {
			had[ref] = true
		}
	}
	isNew := false
	for _, task := range placed {
		isNew = isNew || !had[task.Ref]
	}
	var load []asked
	var ledgers int64
	for _, task := range placed {
		load = append(load, ask(s, task.Spec))
		ledgers += load[len(load)-1].ledgers
	}
	over := false
	for i := range r.Status.Months {
		over = checkMonth(t, s, &r.Status.Months[i], promises(placed, load, r.Status.Months[i].Month)) || over
	}
	if over != (r.Overcommitted != "") {
		t.Fatalf("overcommitted %q, worked out %t", r.Overcommitted, over)
	}
	if over && isNew {
		t.Fatalf("something entered an overcommitted community: %s", r.Overcommitted)
	}
	if *r.Status.Totals.Ledgers != ledgers {
		t.Fatalf("%d ledgers in the totals, %d worked out", *r.Status.Totals.Ledgers, ledgers)
	}
	if s.Ledger == nil && s.Standard != nil && s.Standard.Spec.Burden != nil && ledgers > value(s.Standard.Spec.Burden.Ledgers) {
		t.Fatalf("%d ledgers exceed %d", ledgers, *s.Standard.Spec.Burden.Ledgers)
	}
}

// checkMonth reports whether a month is overcommitted.
func checkMonth(t *testing.T, s *admission.Snapshot, m *v1alpha1.LedgerMonth, p promised) bool {
	t.Helper()
	if ceil(p.minutes) != *m.CommittedMinutes || ceil(p.visits) != *m.CommittedVisits || p.reports != *m.Reports || p.indicators != *m.Indicators {
		t.Fatalf("%s: promised %s min, %s visits, %d reports, %d indicators; the ledger has %d, %d, %d, %d", m.Month,
			p.minutes.FloatString(3), p.visits.FloatString(3), p.reports, p.indicators, *m.CommittedMinutes, *m.CommittedVisits, *m.Reports, *m.Indicators)
	}
	all, limited := capacity(t, s, m.Month)
	if limited != (m.CapacityMinutes != nil) || value(m.CapacityMinutes) != all {
		t.Fatalf("%s: capacity %d, norms says %d (%t)", m.Month, value(m.CapacityMinutes), all, limited)
	}
	visits, walked := visitCapacity(s)
	if walked != (m.CapacityVisits != nil) || value(m.CapacityVisits) != visits {
		t.Fatalf("%s: visit capacity %d, norms says %d (%t)", m.Month, value(m.CapacityVisits), visits, walked)
	}
	if s.Ledger == nil && s.Standard != nil && s.Standard.Spec.Burden != nil { // else a limit may have dropped since
		if b := s.Standard.Spec.Burden; p.reports > *b.MonthlyReports || p.indicators > *b.MonthlyIndicators {
			t.Fatalf("%s: %d reports, %d indicators exceed %+v", m.Month, p.reports, p.indicators, b)
		}
	}
	return (limited && p.minutes.Cmp(rat(all)) > 0) || (walked && p.visits.Cmp(rat(visits)) > 0)
}

// written is a status as the API server keeps it.
func written(t testing.TB, status *v1alpha1.TaskLedgerStatus) string {
	t.Helper()
	data, err := json.Marshal(status)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// reread is a status as it comes back from the API server or an export.
func reread(t testing.TB, status *v1alpha1.TaskLedgerStatus) *v1alpha1.TaskLedgerStatus {
	t.Helper()
	var out v1alpha1.TaskLedgerStatus
	if err := json.Unmarshal([]byte(written(t, status)), &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

// settled decides, and decides again on what came of it, which must change
// nothing.
func settled(t *testing.T, s *admission.Snapshot) admission.Result {
	t.Helper()
	r := admission.Decide(s)
	checkLedger(t, s, &r)
	again := *s
	again.Ledger = reread(t, &r.Status)
	second := admission.Decide(&again)
	if first, second := written(t, &r.Status), written(t, &second.Status); first != second {
		t.Fatalf("a second look changes the ledger:\n%s", difference(first, second))
	}
	checkLedger(t, &again, &second)
	return second
}

// difference is the first place where two texts differ.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-300)
	return "…" + a[from:min(len(a), i+200)] + "\n…" + b[from:min(len(b), i+200)]
}
