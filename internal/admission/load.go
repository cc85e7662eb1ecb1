package admission

import (
	"math/big"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// yearMonths is how many months share a year's load: each takes a twelfth.
const yearMonths = 12

// load is what a task costs one community, as yearly rates, and in the fullest
// month where it is counted by the piece.
type load struct {
	cases      int64
	minutes    int64 // a year, all workers together
	visits     int64 // a year
	combinable bool
	ledgers    int64
	reports    int64 // in its fullest month
	indicators int64 // in its fullest month
	funding    fen   // a year
}

// load works out what the task costs a community.
func (t *Task) load(p *place) load {
	var l load
	w := t.Spec.Workload
	if w != nil {
		l.cases = casesOf(w, p.residents)
		l.minutes = times(l.cases, w.MinutesPerCase)
		if v := w.Visits; v != nil {
			l.visits = visitsOf(v, p.households)
			l.combinable = v.Combinable != nil && *v.Combinable
			l.minutes = plus(l.minutes, times(times(l.visits, v.MinutesPerVisit), p.teamSize))
		}
		if r := w.Reports; r != nil {
			l.minutes = plus(l.minutes, times(r.PerYear, r.MinutesEach))
			l.reports = ceilDiv(max(r.PerYear, 0), yearMonths)
			l.indicators = times(l.reports, deref(r.Indicators))
		}
		l.ledgers = max(deref(w.Ledgers), 0)
	}
	l.funding = fen(plus(plus(times(int64(t.perCase), l.cases), times(int64(t.perHome), p.households)), int64(t.perPlace)))
	return l
}

// casesOf is the whole cases of a year.
func casesOf(w *v1alpha1.TaskWorkload, residents int64) int64 {
	if w.CasesPerYear > 0 {
		return w.CasesPerYear
	}
	return ceilDiv(times(w.CasesPerThousandResidents, residents), 1000)
}

// visitsOf is the whole visits of a year.
func visitsOf(v *v1alpha1.VisitLoad, households int64) int64 {
	return ceilDiv(times(times(households, v.HouseholdPercent), v.TimesPerYear), 100)
}

// covered reports whether the money covers so many percent of the working time
// at an hourly cost.
func (l *load) covered(hourly fen, percent int64) bool {
	// funding × 60 × 100 ≥ minutes × hourly × percent, in fen
	return atLeast(int64(l.funding), 60*100, l.minutes, times(int64(hourly), percent))
}

// costOf is the smallest amount that covers so many percent of the minutes.
func costOf(minutes int64, hourly fen, percent int64) fen {
	n := new(big.Int).Mul(big.NewInt(minutes), big.NewInt(int64(hourly)))
	n.Mul(n, big.NewInt(percent))
	n.Add(n, big.NewInt(60*100-1)).Div(n, big.NewInt(60*100))
	if !n.IsInt64() {
		return maxFen
	}
	return fen(n.Int64())
}

// firstYear is what a yearly amount comes to in the first twelve months of the
// task's window: all of it, unless the task ends sooner.
func (t *Task) firstYear(yearly int64) int64 {
	return t.due(yearly, t.from, dayOf(t.from.time().AddDate(1, 0, 0))-1)
}

// due is what a yearly amount comes to between two days, a year apart at most,
// as far as the task runs then: a twelfth for a whole month, and of a part of a
// month its share by days. It is rounded up, once.
func (t *Task) due(yearly int64, from, until day) int64 {
	from, until = max(from, t.from), min(until, t.until)
	if until < from {
		return 0
	}
	if dayOf(from.time().AddDate(1, 0, 0))-1 <= until {
		return yearly
	}
	// Shares of months are added up over a denominator that every length a month
	// can have divides.
	const parts = 28 * 29 * 30 * 31 / 2
	var share int64
	for i, h := 0, newHorizon(from); i <= yearMonths; i++ {
		share += h[i].within(from, until) * (parts / h[i].days)
	}
	n := new(big.Int).Mul(big.NewInt(yearly), big.NewInt(share))
	d := big.NewInt(yearMonths * parts)
	n.Add(n, d).Sub(n, big.NewInt(1)).Div(n, d)
	if !n.IsInt64() {
		return yearly
	}
	return n.Int64()
}

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
