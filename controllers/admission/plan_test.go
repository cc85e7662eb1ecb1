package admission_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
	"github.com/shequ-io/shequ/internal/plan"
)

// planned is what the plugin would say of a district's files.
func planned(t *testing.T, d *admissiontest.District) *plan.Plan {
	t.Helper()
	objects := &plan.Objects{}
	for _, o := range d.Objects() {
		objects.Add(o)
	}
	p, err := plan.Compute(objects, plan.Options{At: clock.now(), Proposed: objects.TaskRefs(), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// said is a ledger without what differs from one moment to the next.
func said(t *testing.T, ledger v1alpha1.TaskLedgerStatus) string {
	t.Helper()
	ledger = *ledger.DeepCopy()
	ledger.Conditions, ledger.ObservedGeneration = nil, 0
	for i := range ledger.Entries {
		ledger.Entries[i].Since, ledger.Entries[i].AdmittedAt = nil, nil
	}
	out, err := json.MarshalIndent(ledger, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestPlanIsWhatHappens: what is planned from files alone is, to the letter, what
// the controller writes once they are applied. It stops the operator meanwhile.
func TestPlanIsWhatHappens(t *testing.T) {
	suite.Stop(t)
	reasons := map[v1alpha1.LedgerReason]bool{}
	var all []*admissiontest.District
	for seed := range uint64(3) {
		d := admissiontest.New(seed, admissiontest.Options{Prefix: fmt.Sprintf("plan%d", seed), Communities: 6, Tasks: 40})
		for _, o := range d.Objects() {
			if err := suite.Env.Client.Create(t.Context(), o.DeepCopyObject().(client.Object)); err != nil {
				t.Fatalf("%T %s: %v", o, o.GetName(), err)
			}
		}
		all = append(all, d)
	}
	suite.Swap(t, suite.Env.Operator(), nil)
	w := suite.World(t)
	for _, d := range all {
		p := planned(t, d)
		if len(p.Communities) != 6 {
			t.Fatalf("%d communities are planned, want 6", len(p.Communities))
		}
		for i := range p.Communities {
			c := &p.Communities[i]
			want := said(t, c.Ledger)
			ledger := &v1alpha1.TaskLedger{}
			ledger.Namespace, ledger.Name = c.Ref.Namespace, c.Ref.Name
			w.There(ledger, func() error {
				if got := said(t, ledger.Status); got != want {
					return fmt.Errorf("the ledger of %s differs from the plan:\n%s", c.Ref.Name, firstDifference(want, got))
				}
				return nil
			})
			for _, e := range ledger.Status.Entries {
				reasons[e.Reason] = true
			}
		}
	}
	if len(reasons) < 8 {
		t.Errorf("only %v occurred", reasons)
	}
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: planned %s, written %s", i, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines planned, %d written", len(a), len(b))
}
