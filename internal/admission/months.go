package admission

import (
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// horizon is the months a ledger looks ahead, the present one first.
type horizon [v1alpha1.LedgerHorizonMonths]month

type month struct {
	name  v1alpha1.Month
	year  int
	month time.Month
	first day
	days  int64
}

// newHorizon starts with the month of a day.
func newHorizon(today day) *horizon {
	var h horizon
	y, m, _ := today.time().Date()
	for i := range h {
		first := time.Date(y, m+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		next := time.Date(y, m+time.Month(i)+1, 1, 0, 0, 0, 0, time.UTC)
		h[i] = month{
			name: v1alpha1.Month(first.Format("2006-01")), year: first.Year(), month: first.Month(),
			first: dayOf(first), days: int64(dayOf(next) - dayOf(first)),
		}
	}
	return &h
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
