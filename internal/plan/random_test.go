package plan_test

import (
	"reflect"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
	"github.com/shequ-io/shequ/internal/plan"
)

// Over random districts the ledger of a strict plan is what the engine makes of
// the same district, from nothing and again from the ledgers it made before.
func TestRandomDistricts(t *testing.T) {
	for seed := range uint64(40) {
		d := admissiontest.New(seed, admissiontest.Options{})
		o := &plan.Objects{}
		for _, x := range d.Objects() {
			if !o.Add(x) {
				t.Fatalf("%T was not added", x)
			}
		}
		o.Decisions = append(o.Decisions, d.Misplaced...)
		ledgers := map[plan.Ref]*v1alpha1.TaskLedgerStatus{}
		for _, at := range []time.Time{admissiontest.Now, admissiontest.Now.AddDate(0, 0, 1), admissiontest.Now.AddDate(0, 2, 0)} {
			p, err := plan.Compute(o, plan.Options{At: at, Strict: true, Proposed: o.TaskRefs()})
			if err != nil {
				t.Fatal(err)
			}
			planned := map[plan.Ref]*plan.Community{}
			for i := range p.Communities {
				planned[p.Communities[i].Ref] = &p.Communities[i]
			}
			o.Ledgers = nil
			for i, c := range d.Communities {
				want := admission.Decide(d.Snapshot(i, at, ledgers[ref(c)]))
				if got := planned[ref(c)]; got == nil || !reflect.DeepEqual(got.Ledger, want.Status) || len(got.Answers) != len(want.Answers) {
					t.Fatalf("seed %d at %s: %s: planned %+v, decided %+v", seed, at, c.Name, got, want.Status)
				}
				ledgers[ref(c)] = &want.Status
				o.Ledgers = append(o.Ledgers, &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: c.Namespace, Name: c.Name}, Status: want.Status})
			}
		}
	}
}
