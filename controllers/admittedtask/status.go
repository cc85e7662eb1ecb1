package admittedtask

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/conditions"
)

// status is the whole status that follows from a reconcile.
func (s *scope) status() v1alpha1.AdmittedTaskStatus {
	t := s.task
	out := v1alpha1.AdmittedTaskStatus{ObservedGeneration: t.Generation}
	if s.terms == nil {
		out.Conditions = conditions.Set(t.Status.Conditions, t.Generation, []conditions.Phase{s.misplaced()}, conditions.Summary{})
		return out
	}
	out.Digest = s.terms.Digest
	count := func(d v1alpha1.LedgerDecision) *int64 { return ptr.To(s.sum.decisions[d]) }
	out.Totals = &v1alpha1.TaskTotals{
		Targeted: ptr.To(s.sum.targeted), Admitted: count(v1alpha1.DecisionAdmitted), Refused: count(v1alpha1.DecisionRefused),
		Waiting: count(v1alpha1.DecisionWaiting), Contested: count(v1alpha1.DecisionContested),
	}
	out.Reasons = s.sum.counted()
	out.MinutesPerYear = ptr.To(s.sum.minutes)
	if t.Spec.Funding != nil {
		out.FundingPerYear = admission.Sum(s.sum.funding...)
		out.FundingPeriod, out.FundingReleased = s.standing.Period, s.standing.Released
	}
	out.Conditions = conditions.Set(t.Status.Conditions, t.Generation, s.phases(), s.summary())
	return out
}

func (s *scope) misplaced() conditions.Phase {
	return conditions.Phase{
		Type: v1alpha1.ConditionAdmitted, State: conditions.Stuck, Reason: v1alpha1.ReasonWrongNamespaceRole,
		Message: fmt.Sprintf("namespace %s is not labelled %s=%s, so a task in it counts for nothing: ask district IT to label it, or propose the task in its department's namespace",
			s.task.Namespace, v1alpha1.RoleLabel, v1alpha1.RoleDepartment),
	}
}

// phases of a task that is over are none but that it is: what the communities
// say of it no longer matters.
func (s *scope) phases() []conditions.Phase {
	if s.standing.Suspended || s.standing.Expired {
		return nil
	}
	out := []conditions.Phase{s.approved(), s.admitted()}
	if s.task.Spec.Funding != nil {
		out = append(out, s.funded())
	}
	if s.task.Spec.Service != nil && s.sum.decisions[v1alpha1.DecisionAdmitted] > 0 {
		out = append(out, s.provisioned())
	}
	return out
}

func (s *scope) summary() conditions.Summary {
	switch {
	case s.standing.Suspended:
		return conditions.Summary{Reason: v1alpha1.ReasonSuspended, Message: "suspended: nothing is served and nothing reserved; set spec.suspend to false to queue again"}
	case s.standing.Expired:
		return conditions.Summary{Reason: string(v1alpha1.LedgerExpired), Message: "the task is over; what it held is released"}
	}
	return conditions.Summary{Message: fmt.Sprintf("all %d targeted communities have admitted the task", s.sum.targeted)}
}

func (s *scope) approved() conditions.Phase {
	p := conditions.Phase{Type: v1alpha1.ConditionApproved}
	switch s.standing.Verdict {
	case v1alpha1.VerdictApprove:
		p.State, p.Reason, p.Message = conditions.Done, v1alpha1.ReasonApproved, "the guidance committee approved these terms: "+s.standing.Document
	case v1alpha1.VerdictReject:
		p.State, p.Reason, p.Message = conditions.Stuck, string(v1alpha1.LedgerRejected), "the guidance committee rejected these terms; propose changed terms: "+s.standing.Document
	default:
		p.State, p.Reason = conditions.Waiting, string(v1alpha1.LedgerAwaitingApproval)
		p.Message = "the guidance committee has not decided on these terms; it approves the digest in status.digest"
		if s.standing.Outdated {
			p.Message = "the terms changed since they were approved; the committee has to approve the digest in status.digest"
		}
	}
	return p
}

func (s *scope) admitted() conditions.Phase {
	n := s.sum.decisions
	p := conditions.Phase{Type: v1alpha1.ConditionAdmitted, State: conditions.Waiting, Reason: v1alpha1.ReasonDeciding}
	outside := s.sum.targeted - n[v1alpha1.DecisionAdmitted]
	switch reasons := s.sum.counted(); {
	case s.sum.targeted == 0:
		p.State, p.Reason = conditions.Stuck, v1alpha1.ReasonNoTarget
		p.Message = "the task targets no community there is: name communities in spec.target.communities, or select sub-districts by labels their namespaces have"
	case s.sum.undecided > 0:
		p.Message = fmt.Sprintf("%d of %d communities have yet to decide", s.sum.undecided, s.sum.targeted)
	case outside == 0:
		p.State, p.Reason = conditions.Done, v1alpha1.ReasonAdmittedByAll
		p.Message = fmt.Sprintf("all %d targeted communities have admitted the task", s.sum.targeted)
	default:
		worst := reasons[0]
		if i := slices.IndexFunc(reasons, func(c v1alpha1.ReasonCount) bool { return s.refusal(c.Reason) }); i >= 0 {
			worst, p.State = reasons[i], conditions.Stuck
		}
		p.Reason = string(worst.Reason)
		p.Message = fmt.Sprintf("%d of %d communities have admitted the task%s; see why with: kubectl shequ explain %s -n %s",
			n[v1alpha1.DecisionAdmitted], s.sum.targeted, s.sum.others(), s.task.Name, s.task.Namespace)
	}
	return p
}

// others says where the task stands in the communities that have not admitted
// it.
func (s *sum) others() string {
	var out strings.Builder
	for _, d := range []struct {
		decision v1alpha1.LedgerDecision
		what     string
	}{
		{v1alpha1.DecisionRefused, "refused by"}, {v1alpha1.DecisionWaiting, "waiting in"},
		{v1alpha1.DecisionContested, "contested for"}, {v1alpha1.DecisionEnded, "suspended in"},
	} {
		if n := s.decisions[d.decision]; n > 0 {
			fmt.Fprintf(&out, ", %s %d", d.what, n)
		}
	}
	return out.String()
}

// patient are the reasons that need nobody's change of mind.
var patient = []v1alpha1.LedgerReason{
	v1alpha1.LedgerAwaitingApproval, v1alpha1.LedgerNotYetEffective, v1alpha1.LedgerFundingNotReleased,
	v1alpha1.LedgerPolicyMissing, v1alpha1.LedgerStandardMissing, v1alpha1.LedgerSystemMissing,
	v1alpha1.LedgerSuspended, v1alpha1.LedgerExpired, v1alpha1.LedgerWithdrawn,
}

// refusal reports whether a reason is one to refuse: only a change by somebody
// helps then. Contested is one only while no contest is open.
func (s *scope) refusal(reason v1alpha1.LedgerReason) bool {
	if reason == v1alpha1.LedgerContested {
		return s.sum.decisions[v1alpha1.DecisionContested] == 0
	}
	return !slices.Contains(patient, reason)
}

func (s *scope) funded() conditions.Phase {
	p := conditions.Phase{Type: v1alpha1.ConditionFunded, State: conditions.Waiting, Reason: string(v1alpha1.LedgerFundingNotReleased)}
	due := admission.Due(admission.Sum(s.sum.funding...), s.task.Spec.Funding.Periods)
	released := s.standing.Released
	switch {
	case !admission.Less("0", released):
		p.Message = fmt.Sprintf("no money is released for %s: the finance bureau writes a TaskDecision with funding for that period", s.standing.Period)
	case admission.Less(released, due):
		p.Reason = v1alpha1.ReasonReleasedBelowDue
		p.Message = fmt.Sprintf("%s is released for %s, %s is due in the communities that admitted the task: release the rest", released, s.standing.Period, due)
	default:
		p.State, p.Reason = conditions.Done, v1alpha1.ReasonReleased
		p.Message = fmt.Sprintf("%s is released for %s, %s is due", released, s.standing.Period, due)
	}
	return p
}

func (s *scope) provisioned() conditions.Phase {
	p := conditions.Phase{Type: v1alpha1.ConditionProvisioned, State: conditions.Done, Reason: v1alpha1.ReasonServed}
	p.Message = fmt.Sprintf("the item is served at %d stations", s.sum.served)
	if n := s.sum.unserved; n > 0 {
		p.State, p.Reason = conditions.Waiting, v1alpha1.ReasonServing
		p.Message = fmt.Sprintf("%d of %d communities that admitted the task do not serve its item yet, such as %s: see its ServiceStation's condition ItemsReady",
			n, s.sum.decisions[v1alpha1.DecisionAdmitted], key(*s.sum.behind))
	}
	return p
}
