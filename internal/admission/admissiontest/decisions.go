package admissiontest

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

func refOf(o metav1.Object) v1alpha1.NamespacedReference {
	return v1alpha1.NamespacedReference{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// say makes a decision of a party.
func (a *artist) say(party, name string, spec v1alpha1.TaskDecisionSpec) *v1alpha1.TaskDecision {
	return &v1alpha1.TaskDecision{ObjectMeta: metav1.ObjectMeta{Namespace: party, Name: name}, Spec: spec}
}

// moment is up to so many days ago, to the second.
func (a *artist) moment(days int64) metav1.Time {
	return metav1.NewTime(a.Options.Now.Add(-time.Duration(a.between(1, days*24*60*60)) * time.Second).Truncate(time.Second))
}

// decide lets committee and finance bureau speak about a task.
func (a *artist) decide(t *v1alpha1.AdmittedTask, f flaw) {
	committee, ref := a.Options.name("%s", "committee"), refOf(t)
	approve := func(name string, digest v1alpha1.TaskDigest, verdict v1alpha1.ApprovalVerdict, at metav1.Time) {
		a.Decisions = append(a.Decisions, a.say(committee, name+"-"+t.Name, v1alpha1.TaskDecisionSpec{TaskRef: ref, Approval: &v1alpha1.Approval{
			TaskDigest: digest, Verdict: verdict, Document: fmt.Sprintf("会议纪要%d号", a.between(1, 99)), DecidedAt: at,
		}}))
	}
	old := v1alpha1.TaskDigest("sha256:" + strings.Repeat(fmt.Sprintf("%016x", a.Uint64()), 4))
	if f == outdated || a.percent(10) {
		approve("first", old, v1alpha1.VerdictApprove, a.moment(400))
	}
	digest, at := admission.Digest(&t.Spec), a.moment(300)
	switch f {
	case unapproved, outdated:
	case rejected:
		if a.percent(30) { // after it had approved them
			approve("earlier", digest, v1alpha1.VerdictApprove, metav1.NewTime(at.Add(-time.Hour)))
		}
		approve("reject", digest, v1alpha1.VerdictReject, at)
	default:
		if a.percent(5) { // after it had rejected them
			approve("earlier", digest, v1alpha1.VerdictReject, metav1.NewTime(at.Add(-time.Hour)))
		}
		approve("approve", digest, v1alpha1.VerdictApprove, at)
	}
	if t.Spec.Funding != nil && f != unreleased {
		a.release(t, f)
	}
}

// release releases the money of the present period and some more.
func (a *artist) release(t *v1alpha1.AdmittedTask, f flaw) {
	fen := int64(9_000_000_000)
	if f == halfReleased {
		fen = 1
	}
	for i, period := range periodsFrom(t.Spec.Funding.Periods, a.Options.Now.Add(8*time.Hour).UTC()) {
		if i > 0 && a.percent(30) {
			break
		}
		voucher := fmt.Sprintf("voucher-%d", a.between(1000, 9999))
		a.Decisions = append(a.Decisions, a.say(a.Options.name("%s", "finance"), fmt.Sprintf("fund-%s-%d", t.Name, i), v1alpha1.TaskDecisionSpec{
			TaskRef: refOf(t), Funding: &v1alpha1.FundingRelease{Period: period, Amount: amount(fen), Voucher: voucher},
		}))
	}
}

// periodsFrom names the present period and the next two.
func periodsFrom(periods v1alpha1.FundingPeriods, now time.Time) []v1alpha1.FundingPeriod {
	var out []v1alpha1.FundingPeriod
	for i := range 3 {
		year, month := now.Year(), int(now.Month())-1
		var name string
		switch periods {
		case v1alpha1.PeriodsOnce:
			return []v1alpha1.FundingPeriod{"once"}
		case v1alpha1.PeriodsHalfYearly:
			half := month/6 + i
			name = fmt.Sprintf("%d-H%d", year+half/2, half%2+1)
		case v1alpha1.PeriodsQuarterly:
			quarter := month/3 + i
			name = fmt.Sprintf("%d-Q%d", year+quarter/4, quarter%4+1)
		case v1alpha1.PeriodsMonthly:
			name = fmt.Sprintf("%d-%02d", year+(month+i)/12, (month+i)%12+1)
		default:
			name = fmt.Sprintf("%d", year+i)
		}
		out = append(out, v1alpha1.FundingPeriod(name))
	}
	return out
}

// drawContests lets sub-districts object to one task in fifty at each community,
// and the committee rule on half of that.
func (a *artist) drawContests() {
	committee := a.Options.name("%s", "committee")
	for i, c := range a.Communities {
		for _, t := range a.Tasks {
			if !a.percent(2) || !targets(t, c, a.subdistrict(i).Labels) {
				continue
			}
			contest := a.say(c.Namespace, "contest-"+c.Name+"-"+t.Name, v1alpha1.TaskDecisionSpec{
				TaskRef: refOf(t), Contest: &v1alpha1.Contest{CommunityRef: refOf(c), Reason: "人手不足"},
			})
			a.Decisions = append(a.Decisions, contest)
			at := a.moment(100)
			for n := range a.IntN(3) {
				a.Decisions = append(a.Decisions, a.say(committee, fmt.Sprintf("rule-%s-%s-%d", c.Name, t.Name, n), v1alpha1.TaskDecisionSpec{
					TaskRef: refOf(t), Ruling: &v1alpha1.Ruling{
						ContestRef: refOf(contest), Verdict: pick(a.dice, v1alpha1.VerdictUphold, v1alpha1.VerdictDismiss),
						Document: "会议纪要", DecidedAt: metav1.NewTime(at.Add(time.Duration(n) * time.Minute)),
					},
				}))
			}
		}
	}
}

func targets(t *v1alpha1.AdmittedTask, c *v1alpha1.Community, namespace map[string]string) bool {
	for _, named := range t.Spec.Target.Communities {
		if named == refOf(c) {
			return true
		}
	}
	s := t.Spec.Target.SubdistrictSelector
	if s == nil || len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		return false
	}
	selector, err := metav1.LabelSelectorAsSelector(s)
	return err == nil && selector.Matches(labels.Set(namespace))
}

// misplace draws decisions by those who have no say: a department that approves
// or funds its own task, a sub-district that rules, or contests for another's
// community.
func (a *artist) misplace() {
	ns := func(role string) string { return a.Options.name("%s", role) }
	for i, t := range a.Tasks {
		if !a.percent(20) {
			continue
		}
		spec := v1alpha1.TaskDecisionSpec{TaskRef: refOf(t)}
		party := pick(a.dice, t.Namespace, ns("finance"), ns("nobody"), ns("street-00"))
		switch a.IntN(3) {
		case 0:
			spec.Approval = &v1alpha1.Approval{
				TaskDigest: admission.Digest(&t.Spec), Verdict: pick(a.dice, v1alpha1.VerdictApprove, v1alpha1.VerdictReject),
				Document: "无", DecidedAt: metav1.NewTime(a.Options.Now.Truncate(time.Second)),
			}
		case 1:
			party = pick(a.dice, t.Namespace, ns("committee"), ns("nobody"))
			spec.Funding = &v1alpha1.FundingRelease{Period: pick(a.dice, periodsFrom(v1alpha1.PeriodsYearly, a.Options.Now)...), Amount: "999999", Voucher: "0"}
		default:
			c := pick(a.dice, a.Communities...)
			spec.Contest = &v1alpha1.Contest{CommunityRef: refOf(c), Reason: "无"}
			party = pick(a.dice, t.Namespace, ns("committee"))
			if last := a.subdistrict(len(a.Communities) - 1).Name; last != c.Namespace {
				party = last
			}
		}
		a.Misplaced = append(a.Misplaced, a.say(party, fmt.Sprintf("misplaced-%d", i), spec))
	}
}
