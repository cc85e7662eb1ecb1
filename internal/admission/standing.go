package admission

import (
	"cmp"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Standing is how a task stands whatever any one community says.
type Standing struct {
	// Verdict of the committee on the present terms; empty while it has not
	// spoken.
	Verdict v1alpha1.ApprovalVerdict
	// Document of the verdict.
	Document string
	// Outdated: other terms of the task were approved once.
	Outdated bool
	// Period money is due for on the day; empty without funding.
	Period v1alpha1.FundingPeriod
	// Released for that period, over all communities.
	Released v1alpha1.Decimal
	// Suspended by its department; Expired: its last day is past.
	Suspended, Expired bool
}

// Standing tells how a task stands at a moment, by the calendar day of the
// moment's zone.
func (d *Docket) Standing(t *Task, at time.Time) Standing {
	today, r := dayOf(at), d.Records[t.Ref]
	s := Standing{Outdated: r.outdated(t.Digest), Suspended: t.suspended, Expired: t.until < today}
	if v := r.verdict(t.Digest); v != nil {
		s.Verdict, s.Document = v1alpha1.VerdictReject, v.document
		if v.approve {
			s.Verdict = v1alpha1.VerdictApprove
		}
	}
	if f := t.Spec.Funding; f != nil {
		s.Period, _, _ = period(cmp.Or(f.Periods, v1alpha1.PeriodsYearly), max(today, t.from))
		s.Released = r.released(s.Period).decimal()
	}
	return s
}

// Task finds a task on the docket; nil when it is not on it.
func (d *Docket) Task(ref Ref) *Task {
	for _, t := range d.Tasks {
		if t.Ref == ref {
			return t
		}
	}
	return nil
}

// Sum adds amounts up.
func Sum(amounts ...v1alpha1.Decimal) v1alpha1.Decimal {
	var all fen
	for _, a := range amounts {
		all = all.plus(parseFen(a))
	}
	return all.decimal()
}

// Less compares two amounts.
func Less(a, b v1alpha1.Decimal) bool { return parseFen(a) < parseFen(b) }

// Zone is the time zone a standard's days are counted in; China's where there
// is no standard, or it names none there is.
func Zone(standard *v1alpha1.CommunityStandard) *time.Location { return zone(standard) }

// Due is what a yearly amount comes to in one whole period.
func Due(yearly v1alpha1.Decimal, periods v1alpha1.FundingPeriods) v1alpha1.Decimal {
	parts := map[v1alpha1.FundingPeriods]int64{
		v1alpha1.PeriodsHalfYearly: 2, v1alpha1.PeriodsQuarterly: 4, v1alpha1.PeriodsMonthly: yearMonths,
	}
	return fen(ceilDiv(int64(parseFen(yearly)), cmp.Or(parts[periods], 1))).decimal()
}
