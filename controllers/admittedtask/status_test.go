package admittedtask

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/conditions"
)

func entry(decision v1alpha1.LedgerDecision, reason v1alpha1.LedgerReason) *v1alpha1.LedgerEntry {
	return &v1alpha1.LedgerEntry{Decision: decision, Reason: reason, MinutesPerYear: ptr.To(int64(100)), FundingPerYear: "10.50"}
}

// TestSum adds up what a handful of communities say of a task.
func TestSum(t *testing.T) {
	s := &scope{task: &v1alpha1.AdmittedTask{}}
	s.task.Namespace, s.task.Name = "dept", "visits"
	s.sum = sum{decisions: map[v1alpha1.LedgerDecision]int64{}, reasons: map[v1alpha1.LedgerReason]*v1alpha1.ReasonCount{}}
	for name, e := range map[string]*v1alpha1.LedgerEntry{
		"a": entry(v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted),
		"b": entry(v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted),
		"c": entry(v1alpha1.DecisionWaiting, v1alpha1.LedgerFundingNotReleased),
		"d": entry(v1alpha1.DecisionWaiting, v1alpha1.LedgerFundingNotReleased),
		"e": entry(v1alpha1.DecisionRefused, v1alpha1.LedgerCapacityExceeded),
		"f": entry(v1alpha1.DecisionContested, v1alpha1.LedgerContested),
		"g": entry(v1alpha1.DecisionEnded, v1alpha1.LedgerSuspended),
	} {
		s.sum.add(admission.Ref{Namespace: "street", Name: name}, e, name == "a")
	}
	p := s.admitted()
	const want = "2 of 7 communities have admitted the task, refused by 1, waiting in 2, contested for 1, suspended in 1; see why with: kubectl shequ explain visits -n dept"
	// That two wait weighs less than that one refuses: only the refusal needs
	// somebody's change of mind.
	if p.Message != want || p.State != conditions.Stuck || p.Reason != string(v1alpha1.LedgerCapacityExceeded) {
		t.Errorf("%v %s: %s", p.State, p.Reason, p.Message)
	}
	counted := s.sum.counted()
	if len(counted) != 4 || counted[0].Reason != v1alpha1.LedgerFundingNotReleased || counted[0].Count != 2 || counted[0].Example.Name != "c" {
		t.Errorf("the reasons are %v", counted)
	}
	if s.sum.minutes != 200 || admission.Sum(s.sum.funding...) != "21" {
		t.Errorf("%d minutes and %s of money", s.sum.minutes, admission.Sum(s.sum.funding...))
	}
	if p := s.provisioned(); p.State != conditions.Waiting || s.sum.served != 1 {
		t.Errorf("served at %d stations: %v", s.sum.served, p)
	}
	s.sum.add(admission.Ref{Namespace: "street", Name: "h"}, nil, false)
	if p := s.admitted(); p.State != conditions.Waiting || p.Reason != v1alpha1.ReasonDeciding {
		t.Errorf("with one undecided: %v %s", p.State, p.Reason)
	}
}
