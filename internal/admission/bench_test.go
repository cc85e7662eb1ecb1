package admission_test

import (
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

// BenchmarkDecide decides on 160 tasks in each of 200 communities: from an empty
// ledger, as after a loss, and again on what came of it, as at rest.
func BenchmarkDecide(b *testing.B) {
	d := admissiontest.New(1, admissiontest.Options{Communities: 200, Tasks: 160, Everywhere: true})
	empty, settled := make([]*admission.Snapshot, len(d.Communities)), make([]*admission.Snapshot, len(d.Communities))
	decisions, refused := 0, 0
	for i := range d.Communities {
		empty[i] = d.Snapshot(i, admissiontest.Now, nil)
		status := admission.Decide(empty[i]).Status
		settled[i] = d.Snapshot(i, admissiontest.Now, &status)
		decisions += len(empty[i].Tasks)
		for j := range status.Entries {
			if status.Entries[j].Decision == v1alpha1.DecisionRefused {
				refused++
			}
		}
	}
	if refused*100 < decisions*30 {
		b.Fatalf("%d of %d decisions are refusals", refused, decisions)
	}
	for name, snapshots := range map[string][]*admission.Snapshot{"empty": empty, "settled": settled} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range snapshots {
					admission.Decide(s)
				}
			}
			b.ReportMetric(float64(decisions*b.N)/b.Elapsed().Seconds(), "decisions/s")
			b.ReportMetric(float64(refused)*100/float64(decisions), "%refused")
		})
	}
}
