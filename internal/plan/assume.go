package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
	_ "time/tzdata" // a static program has no time zones of its own

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// The namespaces of assumed decisions. No namespace can have such a name.
const (
	assumedCommittee = " committee"
	assumedFinance   = " finance"
)

// assumed are the decisions that are taken for granted.
type assumed struct {
	decisions []*v1alpha1.TaskDecision
	approved  int // tasks
	released  int // tasks
}

func (a *assumed) say() []string {
	var out []string
	if a.approved > 0 {
		out = append(out, fmt.Sprintf("the guidance committee approves %s now, behind everything it has approved so far", tasks(a.approved)))
	}
	if a.released > 0 {
		out = append(out, fmt.Sprintf("the finance bureau releases the promised money of %s for the present period", tasks(a.released)))
	}
	return out
}

func tasks(n int) string {
	if n == 1 {
		return "1 task"
	}
	return fmt.Sprintf("%d tasks", n)
}

// assume grants the proposed tasks what nobody has said yet: an approval of
// their present terms, at the end of the queue, and the money of the present
// period. What has been said counts, be it a rejection or too small a release.
func (d *district) assume(proposed []*v1alpha1.AdmittedTask, at time.Time) *assumed {
	type verdict struct {
		task   Ref
		digest v1alpha1.TaskDigest
	}
	type release struct {
		task   Ref
		period v1alpha1.FundingPeriod
	}
	judged, released, last := map[verdict]bool{}, map[release]bool{}, at
	for _, x := range d.Decisions {
		s := &x.Spec
		if s.Approval != nil && d.role(x.Namespace) == v1alpha1.RoleCommittee {
			judged[verdict{s.TaskRef, s.Approval.TaskDigest}] = true
			if s.Approval.DecidedAt.After(last) {
				last = s.Approval.DecidedAt.Time
			}
		}
		if s.Funding != nil && d.role(x.Namespace) == v1alpha1.RoleFinance {
			released[release{s.TaskRef, s.Funding.Period}] = true
		}
	}
	out := &assumed{}
	for _, t := range proposed {
		ref, digest := refOf(t), admission.Digest(&t.Spec)
		if !judged[verdict{ref, digest}] {
			out.approved++
			out.decide(assumedCommittee, v1alpha1.TaskDecisionSpec{TaskRef: ref, Approval: &v1alpha1.Approval{
				TaskDigest: digest, Verdict: v1alpha1.VerdictApprove, Document: "assumed", DecidedAt: metav1.NewTime(last.Add(time.Second)),
			}})
		}
		if t.Spec.Funding == nil {
			continue
		}
		missing := false
		for _, period := range d.periods(t.Spec.Funding.Periods, at) {
			if !released[release{ref, period}] {
				missing = true
				out.decide(assumedFinance, v1alpha1.TaskDecisionSpec{TaskRef: ref, Funding: &v1alpha1.FundingRelease{
					Period: period, Amount: "999999999999", Voucher: "assumed",
				}})
			}
		}
		if missing {
			out.released++
		}
	}
	return out
}

func (a *assumed) decide(namespace string, spec v1alpha1.TaskDecisionSpec) {
	a.decisions = append(a.decisions, &v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("assumed-%d", len(a.decisions))}, Spec: spec,
	})
}

// roles are those of the namespaces, assumed ones included.
func (d *district) roles(namespace string) string {
	switch namespace {
	case assumedCommittee:
		return v1alpha1.RoleCommittee
	case assumedFinance:
		return v1alpha1.RoleFinance
	}
	return d.role(namespace)
}

// periods are the names of the present funding period: one, unless the
// standards' time zones are on either side of its end.
func (d *district) periods(of v1alpha1.FundingPeriods, at time.Time) []v1alpha1.FundingPeriod {
	zones := map[string]bool{"Asia/Shanghai": true}
	for _, s := range d.Standards {
		if c := s.Spec.Calendar; c != nil {
			zones[cmp.Or(c.TimeZone, "Asia/Shanghai")] = true
		}
	}
	names := map[v1alpha1.FundingPeriod]bool{}
	for name := range zones {
		if zone, err := time.LoadLocation(name); err == nil {
			names[period(of, at.In(zone))] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

func period(of v1alpha1.FundingPeriods, at time.Time) v1alpha1.FundingPeriod {
	month := int(at.Month()) - 1
	switch of {
	case v1alpha1.PeriodsOnce:
		return "once"
	case v1alpha1.PeriodsHalfYearly:
		return v1alpha1.FundingPeriod(fmt.Sprintf("%04d-H%d", at.Year(), month/6+1))
	case v1alpha1.PeriodsQuarterly:
		return v1alpha1.FundingPeriod(fmt.Sprintf("%04d-Q%d", at.Year(), month/3+1))
	case v1alpha1.PeriodsMonthly:
		return v1alpha1.FundingPeriod(at.Format("2006-01"))
	default:
		return v1alpha1.FundingPeriod(at.Format("2006"))
	}
}
