package admission_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

// cureCounter counts which cures were shown to be true and smallest.
type cureCounter map[string]int

// verify shows for everything that was found about a task that each change puts
// it out of the way, and that one unit less does not.
func (n cureCounter) verify(t *testing.T, d *doorstep, r *admission.Result) {
	t.Helper()
	after := *d
	snapshot := *d.Snapshot
	snapshot.Ledger = &r.Status
	after.Snapshot = &snapshot
	for _, a := range r.Answers {
		for _, f := range a.Findings {
			for _, set := range alternatives(f.Changes) {
				n.verifyOne(t, &after, &a, &f, set)
			}
		}
	}
}

// alternatives are the sets of changes of a finding each of which is enough.
func alternatives(changes []admission.Change) [][]admission.Change {
	var out [][]admission.Change
	var all []admission.Change
	for _, c := range changes {
		if c.Together {
			all = append(all, c)
		} else {
			out = append(out, []admission.Change{c})
		}
	}
	if len(all) > 0 {
		out = append(out, all)
	}
	return out
}

func (n cureCounter) verifyOne(t *testing.T, d *doorstep, a *admission.Answer, f *admission.Finding, set []admission.Change) {
	t.Helper()
	cured := find(t, admission.Decide(d.changed(t, a.Task.Ref, set)), a.Task.Ref)
	if has(cured, f) {
		t.Errorf("%s: %s %q is not cured by %+v: %+v", a.Task.Ref.Name, f.Reason, f.Message, set, cured.Findings)
	}
	only := len(a.Findings) == 1 && roomReasons[f.Reason]
	if only && cured.Entry.AdmittedAt == nil {
		t.Errorf("%s: %s was all that kept it out, and still it has no place with %+v: %+v", a.Task.Ref.Name, f.Reason, set, cured.Findings)
	}
	for i, c := range set {
		path, _ := key(c.Field)
		if strings.HasPrefix(path, "spec.funding.") && c.Object == admission.OfDecision {
			path = "spec.funding"
		}
		n[strings.Join([]string{string(f.Reason), string(c.Object), path, string(c.How)}, " ")]++
		weaker := slices.Delete(slices.Clone(set), i, i+1)
		if less, ok := less(t, c); ok {
			weaker = slices.Insert(weaker, i, less)
		}
		still := find(t, admission.Decide(d.changed(t, a.Task.Ref, weaker)), a.Task.Ref)
		// With fewer hands than it needs, those ahead may use up something else.
		usedUp := only && c.Object != admission.OfTask && still.Entry.Decision == v1alpha1.DecisionRefused
		if !has(still, f) && !usedUp {
			t.Errorf("%s: %s %q is cured by less than %+v, by %+v: %+v", a.Task.Ref.Name, f.Reason, f.Message, set, weaker, still.Findings)
		}
	}
}

// roomReasons are those that keep a task out for want of room.
var roomReasons = map[v1alpha1.LedgerReason]bool{
	v1alpha1.LedgerDuplicateCollection: true, v1alpha1.LedgerLedgerLimit: true, v1alpha1.LedgerIndicatorLimit: true, v1alpha1.LedgerReportLimit: true,
	v1alpha1.LedgerCapacityExceeded: true, v1alpha1.LedgerVisitCapacityExceeded: true,
}

func find(t *testing.T, r admission.Result, ref admission.Ref) *admission.Answer {
	t.Helper()
	for i := range r.Answers {
		if r.Answers[i].Task.Ref == ref {
			return &r.Answers[i]
		}
	}
	t.Fatalf("no answer to %s", ref.Name)
	return nil
}

func has(a *admission.Answer, f *admission.Finding) bool {
	return slices.ContainsFunc(a.Findings, func(o admission.Finding) bool { return o.Reason == f.Reason })
}

// Whatever a task is told would alter the answer does, and nothing smaller of its
// kind does.
func TestCuresAreTrueAndSmallest(t *testing.T) {
	cures := cureCounter{}
	everywhere(t, 24, func(d *admissiontest.District, i int) {
		s := d.Snapshot(i, admissiontest.Now, nil)
		if len(s.Tasks) > 60 {
			s.Tasks = s.Tasks[:60]
		}
		if i%3 == 2 { // one that was overcommitted by fewer posts, with half of its tasks in
			half := *s
			half.Tasks = s.Tasks[:len(s.Tasks)/2]
			before := admission.Decide(&half)
			s.Ledger, s.Community = &before.Status, s.Community.DeepCopy()
			s.Community.Spec.Workforce = s.Community.Spec.Workforce[:1]
			*s.Community.Spec.Workforce[0].Count = 4
		}
		r := admission.Decide(s)
		cures.verify(t, &doorstep{
			Snapshot: s, tasks: d.Tasks, decisions: append(slices.Clone(d.Decisions), d.Misplaced...), roles: d.Role,
			committee: d.Options.Prefix + "-committee", finance: d.Options.Prefix + "-finance",
		}, &r)
	})
	for _, want := range []string{
		"Expired AdmittedTask spec.effective.until ",
		"Suspended AdmittedTask spec.suspend ",
		"Suspended Community spec.suspend ",
		"StandardMissing CommunityStandard metadata.name Add",
		"StandardMissing CommunityStandard spec.dataElements Add",
		"Prohibited CommunityStandard spec.catalogue Remove",
		"LegalBasisExpired AdmittedTask spec.legalBasis.expires ",
		"AuthorityMissing AdmittedTask spec.scope.authority.until ",
		"Rejected TaskDecision spec.approval.verdict ",
		"AwaitingApproval TaskDecision spec.approval.taskDigest ",
		"Contested TaskDecision spec.ruling.verdict ",
		"FundingBelowCost AdmittedTask spec.funding.perCommunity ",
		"DuplicateCollection AdmittedTask spec.data.use ",
		"LedgerLimit AdmittedTask spec.workload.ledgers ",
		"IndicatorLimit AdmittedTask spec.workload.reports.indicators ",
		"ReportLimit AdmittedTask spec.workload.reports.perYear ",
		"ReportLimit AdmittedTask spec.workload.reports Remove",
		"CapacityExceeded AdmittedTask spec.workload.casesPerYear ",
		"CapacityExceeded AdmittedTask spec.workload.casesPerThousandResidents ",
		"CapacityExceeded AdmittedTask spec.workload.visits.householdPercent ",
		"CapacityExceeded AdmittedTask spec.workload.reports.perYear ",
		"CapacityExceeded Community spec.workforce Add",
		"VisitCapacityExceeded AdmittedTask spec.workload.visits.householdPercent ",
		"VisitCapacityExceeded AdmittedTask spec.workload.visits.combinable ",
		"VisitCapacityExceeded Grid spec.workers Add",
		"NormNotMet Community spec.profile.households Add",
		"SystemMissing InformationSystem metadata.name Add",
		"SystemMissing InformationSystem spec.allowedPurposes Add",
		"SystemMissing InformationSystem spec.accepts Add",
		"FundingNotReleased TaskDecision spec.funding Add",
	} {
		if cures[want] == 0 {
			t.Errorf("no district needed the cure %q", want)
		}
	}
	t.Log(cures)
}
