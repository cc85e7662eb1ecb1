package admission

import (
	"math"
	"math/big"
	"math/bits"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

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
	w := t.terms.Workload
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
	return casesAmong(residents, w.CasesPerThousandResidents)
}

// casesAmong is the whole cases of so many residents.
func casesAmong(residents, perThousand int64) int64 {
	return ceilDiv(times(perThousand, residents), 1000)
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
	if hi, lo := bits.Mul64(uint64(max(minutes, 0)), uint64(max(times(int64(hourly), percent), 0))); hi == 0 && lo < math.MaxInt64 {
		return fen(ceilDiv(int64(lo), 60*100)) // as it nearly always is
	}
	n := new(big.Int).Mul(big.NewInt(minutes), big.NewInt(int64(hourly)))
	n.Mul(n, big.NewInt(percent))
	n.Add(n, big.NewInt(60*100-1)).Div(n, big.NewInt(60*100))
	if !n.IsInt64() {
		return math.MaxInt64
	}
	return fen(n.Int64())
}

// firstYear is what a yearly amount comes to in the first twelve months of the
// task's window: all of it, unless the task ends sooner.
func (t *Task) firstYear(yearly int64) int64 { return partOf(yearly, t.firstParts) }

// due is what a yearly amount comes to in a funding period, as far as the task
// runs in it: a twelfth for a whole month, and of a part of a month its share by
// days. It is rounded up, once. What is funded once is so for the first year.
func (t *Task) due(yearly int64, p funded) int64 {
	switch {
	case p.name == once:
		return t.firstYear(yearly)
	case t.from <= p.first && t.until >= p.last:
		return partOf(yearly, p.months*monthParts)
	}
	return partOf(yearly, partsWithin(max(p.first, t.from), min(p.last, t.until)))
}

// partOf is so many parts of months of a yearly amount, rounded up.
func partOf(yearly, parts int64) int64 {
	const year = yearMonths * monthParts
	if parts >= year {
		return yearly
	}
	hi, lo := bits.Mul64(uint64(max(yearly, 0)), uint64(max(parts, 0)))
	n, rest := bits.Div64(hi, lo, year) // less than yearly, as parts are less than a year's
	if rest > 0 {
		n++
	}
	if n > math.MaxInt64 {
		return yearly
	}
	return int64(n)
}

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
