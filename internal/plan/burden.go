package plan

import (
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Burden is what a community carries by a ledger.
type Burden struct {
	// Month with the fewest minutes left, or without a limit the fullest one.
	Month            v1alpha1.Month `json:"month,omitempty"`
	CommittedMinutes int64          `json:"committedMinutes"`
	CapacityMinutes  *int64         `json:"capacityMinutes,omitempty"` // nil: no limit

	// VisitMonth is the same for household visits.
	VisitMonth      v1alpha1.Month `json:"visitMonth,omitempty"`
	CommittedVisits int64          `json:"committedVisits"`
	CapacityVisits  *int64         `json:"capacityVisits,omitempty"`

	Tasks          int64            `json:"tasks"` // with a place
	Refused        int64            `json:"refused"`
	Waiting        int64            `json:"waiting"`
	Contested      int64            `json:"contested"`
	MinutesPerYear int64            `json:"minutesPerYear"`
	FundingPerYear v1alpha1.Decimal `json:"fundingPerYear,omitempty"`
	Ledgers        int64            `json:"ledgers"`
	Indicators     int64            `json:"indicators"` // in the fullest month
	Reports        int64            `json:"reports"`    // in the fullest month
}

// BurdenOf reads a ledger.
func BurdenOf(l *v1alpha1.TaskLedgerStatus) Burden {
	var b Burden
	for i := range l.Entries {
		if l.Entries[i].AdmittedAt != nil {
			b.Tasks++
		}
	}
	if t := l.Totals; t != nil {
		b.Refused, b.Waiting, b.Contested = ptr.Deref(t.Refused, 0), ptr.Deref(t.Waiting, 0), ptr.Deref(t.Contested, 0)
		b.MinutesPerYear, b.FundingPerYear, b.Ledgers = ptr.Deref(t.MinutesPerYear, 0), t.FundingPerYear, ptr.Deref(t.Ledgers, 0)
	}
	for i := range l.Months {
		m := &l.Months[i]
		b.Indicators, b.Reports = max(b.Indicators, ptr.Deref(m.Indicators, 0)), max(b.Reports, ptr.Deref(m.Reports, 0))
		if minutes := ptr.Deref(m.CommittedMinutes, 0); i == 0 || tighter(minutes, m.CapacityMinutes, b.CommittedMinutes, b.CapacityMinutes) {
			b.Month, b.CommittedMinutes, b.CapacityMinutes = m.Month, minutes, m.CapacityMinutes
		}
		if visits := ptr.Deref(m.CommittedVisits, 0); i == 0 || tighter(visits, m.CapacityVisits, b.CommittedVisits, b.CapacityVisits) {
			b.VisitMonth, b.CommittedVisits, b.CapacityVisits = m.Month, visits, m.CapacityVisits
		}
	}
	return b
}

// tighter reports whether a month has less left than another.
func tighter(committed int64, capacity *int64, than int64, of *int64) bool {
	if capacity == nil || of == nil {
		return capacity != nil || (of == nil && committed > than)
	}
	return *capacity-committed < *of-than
}
