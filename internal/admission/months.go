package admission

import (
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// horizon is the months a ledger looks ahead, the present one first.
type horizon [v1alpha1.LedgerHorizonMonths]month

type month struct {
	name  v1alpha1.Month // empty beyond the year 9999, which has no name
	year  int
	month time.Month
	first day
	days  int64
}

// newHorizon starts with the month of a day.
func newHorizon(today day) *horizon {
	var h horizon
	y, m, _ := today.time().Date()
	first := dayOf(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC))
	for i := range h {
		days := daysIn(y, m)
		h[i] = month{year: y, month: m, first: first, days: days}
		if y >= 0 && y <= 9999 {
			digit := func(n int) byte { return "0123456789"[n%10] }
			h[i].name = v1alpha1.Month([]byte{digit(y / 1000), digit(y / 100), digit(y / 10), digit(y), '-', digit(int(m) / 10), digit(int(m))})
		}
		first += day(days)
		if m++; m > time.December {
			y, m = y+1, time.January
		}
	}
	return &h
}

func daysIn(year int, m time.Month) int64 {
	switch m {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// end is the last day of the horizon.
func (h *horizon) end() day {
	last := &h[len(h)-1]
	return last.first + day(last.days) - 1
}

// within is how many days of a month lie in a window, both ends included.
func (m *month) within(from, until day) int64 {
	start, stop := max(from, m.first), min(until, m.first+day(m.days)-1)
	if stop < start {
		return 0
	}
	return int64(stop-start) + 1
}

// yearMonths is how many months share a year's load: each takes a twelfth.
const yearMonths = 12

// monthParts is what a month is divided in where shares of months of different
// lengths are added up: every length a month can have divides it.
const monthParts = 28 * 29 * 30 * 31 / 2

// partsWithin is how many parts of months lie between two days, both ends
// included: monthParts for each whole month, of others their share by days.
func partsWithin(from, until day) int64 {
	if until < from {
		return 0
	}
	y, m, d := from.time().Date()
	first := from - day(d-1)
	var parts int64
	for first <= until {
		at := month{first: first, days: daysIn(y, m)}
		parts += at.within(from, until) * (monthParts / at.days)
		first += day(at.days)
		if m++; m > time.December {
			y, m = y+1, time.January
		}
	}
	return parts
}

// funded is a funding period a day lies in, with its first and last day, and how
// many months it has.
type funded struct {
	name        v1alpha1.FundingPeriod
	first, last day
	months      int64
}

// fundings are the periods of a day, by how often money is released.
type fundings map[v1alpha1.FundingPeriods]funded

func newFundings(today day) fundings {
	out := fundings{}
	for periods, months := range map[v1alpha1.FundingPeriods]int64{
		v1alpha1.PeriodsYearly: 12, v1alpha1.PeriodsHalfYearly: 6, v1alpha1.PeriodsQuarterly: 3, v1alpha1.PeriodsMonthly: 1, v1alpha1.PeriodsOnce: 12,
	} {
		name, first, last := period(periods, today)
		out[periods] = funded{name, first, last, months}
	}
	return out
}
