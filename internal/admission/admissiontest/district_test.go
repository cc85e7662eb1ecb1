package admissiontest_test

import (
	"encoding/json"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

// The same seed draws the same district, and another one another.
func TestNewIsDeterministic(t *testing.T) {
	draw := func(seed uint64) string {
		data, err := json.Marshal(admissiontest.New(seed, admissiontest.Options{}).Objects())
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if first, again := draw(1), draw(1); first != again {
		t.Error("the same seed drew two districts")
	}
	if draw(1) == draw(2) {
		t.Error("two seeds drew one district")
	}
}

// A district is hard: three decisions in ten are refusals, for six reasons at
// least, and communities run out of time, of visits, of ledgers, of indicators
// and of reports.
func TestDistrictsAreHard(t *testing.T) {
	for name, o := range map[string]admissiontest.Options{
		"small": {},
		"large": {Communities: 40, Tasks: 160, Everywhere: true},
	} {
		t.Run(name, func(t *testing.T) {
			reasons, decisions := map[v1alpha1.LedgerReason]int{}, map[v1alpha1.LedgerDecision]int{}
			total, seeds := 0, uint64(4)
			if o.Communities == 0 {
				seeds = 20
			}
			for seed := range seeds {
				d := admissiontest.New(seed, o)
				for i := range d.Communities {
					for _, e := range admission.Decide(d.Snapshot(i, admissiontest.Now, nil)).Status.Entries {
						reasons[e.Reason]++
						decisions[e.Decision]++
						total++
					}
				}
			}
			t.Log(total, decisions, reasons)
			if decisions[v1alpha1.DecisionRefused]*100 < total*30 {
				t.Errorf("%d of %d decisions are refusals", decisions[v1alpha1.DecisionRefused], total)
			}
			if decisions[v1alpha1.DecisionAdmitted]*100 < total*10 {
				t.Errorf("only %d of %d decisions admit", decisions[v1alpha1.DecisionAdmitted], total)
			}
			for _, reason := range []v1alpha1.LedgerReason{
				v1alpha1.LedgerRejected, v1alpha1.LedgerProhibited, v1alpha1.LedgerLegalBasisExpired, v1alpha1.LedgerAuthorityMissing,
				v1alpha1.LedgerFundingBelowCost, v1alpha1.LedgerCapacityExceeded, v1alpha1.LedgerVisitCapacityExceeded,
				v1alpha1.LedgerLedgerLimit, v1alpha1.LedgerIndicatorLimit, v1alpha1.LedgerReportLimit, v1alpha1.LedgerDuplicateCollection,
				v1alpha1.LedgerNormNotMet, v1alpha1.LedgerContested, v1alpha1.LedgerAwaitingApproval, v1alpha1.LedgerNotYetEffective,
				v1alpha1.LedgerFundingNotReleased, v1alpha1.LedgerSystemMissing, v1alpha1.LedgerStandardMissing, v1alpha1.LedgerSuspended, v1alpha1.LedgerExpired,
			} {
				if reasons[reason] == 0 {
					t.Errorf("nobody was given the reason %s", reason)
				}
			}
		})
	}
}
