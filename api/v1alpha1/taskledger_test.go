package v1alpha1_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

const validLedger = `
apiVersion: shequ.io/v1alpha1
kind: TaskLedger
metadata: {name: qingnian}
`

// ledgerTable has no rows: a ledger has no spec. Its status is in
// ledgerStatuses, and who may write it in TestLedgerWriter.
var ledgerTable = table{valid: validLedger, role: "subdistrict"}

var ledgerStatuses = []row{
	{"nothing", "status: {}", ""},
	{"every field", `
status:
  observedGeneration: 1
  conditions: [{type: Current, status: "True", reason: Decided, message: ok, lastTransitionTime: "2026-01-01T00:00:00Z"}]
  totals: {admitted: 1, waiting: 0, refused: 0, contested: 0, ended: 2, minutesPerYear: 4800, fundingPerYear: "3000", ledgers: 1}
  months: [{month: 2026-01, capacityMinutes: 60000, committedMinutes: 400, reservedMinutes: 0, capacityVisits: 800, committedVisits: 10, indicators: 3, reports: 1}]
  entries: [` + ledgerEntry("Admitted", "Admitted") + `]
`, ""},
	{"twenty-five months", "status: {months: " + repeated(25, "{month: 2026-01}") + "}", "Too many: 25: must have at most 24 items"},
	{"a thirteenth month", "status: {months: [{month: 2026-13}]}", "months[0].month in body should match"},
	{"an unknown decision", "status: {entries: [" + ledgerEntry("Perhaps", "Admitted") + "]}", `Unsupported value: "Perhaps"`},
	{"an unknown reason", "status: {entries: [" + ledgerEntry("Refused", "DoNotLikeIt") + "]}", `Unsupported value: "DoNotLikeIt"`},
	{"four hundred entries", "status: {entries: " + repeated(400, ledgerEntry("Ended", "Expired")) + "}", ""},
	{"four hundred and one entries", "status: {entries: " + repeated(401, ledgerEntry("Ended", "Expired")) + "}",
		"status.entries: Too many: 401: must have at most 400 items"},
	{"a long message", "status: {entries: [{taskRef: {namespace: a, name: b}, decision: Ended, reason: Expired, message: " +
		strings.Repeat("长", v1alpha1.LedgerMessageMaxLength+1) + "}]}", "message: Too long: may not be more than 512"},
}

func ledgerEntry(decision, reason string) string {
	return "{taskRef: {namespace: civil-affairs, name: t#}, digest: \"" + digest + "\", decision: " + decision + ", reason: " + reason +
		", message: ok, admittedAt: \"2026-01-01T00:00:00Z\", minutesPerYear: 4800, peakMonth: 2026-03, peakMinutes: 500, " +
		"fundingPerYear: \"3000\", ledgers: 1, indicators: 3, since: \"2026-01-01T00:00:00Z\", until: \"2026-12-31\"}"
}

func TestTaskLedger(t *testing.T) {
	operator := operatorClient(t)
	namespace := env.Namespace(t, ledgerTable.role)
	ledger := object(t, validLedger, "", namespace)
	if err := operator.Create(t.Context(), ledger); err != nil {
		t.Fatal(err)
	}
	for _, r := range ledgerStatuses {
		t.Run(r.name, func(t *testing.T) {
			written := ledger.DeepCopy()
			written.Object = merged(written.Object, fields(t, r.edit))
			check(t, operator.Status().Update(t.Context(), written, client.DryRunAll), r.want)
		})
	}
}

func operatorClient(t *testing.T) client.Client {
	t.Helper()
	c, err := client.New(env.Operator(), client.Options{Scheme: env.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestLedgerReasons holds the constants to the closed set of the CRD.
func TestLedgerReasons(t *testing.T) {
	want := []v1alpha1.LedgerReason{
		v1alpha1.LedgerAdmitted,
		v1alpha1.LedgerAwaitingApproval, v1alpha1.LedgerNotYetEffective, v1alpha1.LedgerFundingNotReleased,
		v1alpha1.LedgerPolicyMissing, v1alpha1.LedgerStandardMissing, v1alpha1.LedgerSystemMissing,
		v1alpha1.LedgerRejected, v1alpha1.LedgerProhibited, v1alpha1.LedgerLegalBasisExpired,
		v1alpha1.LedgerAuthorityMissing, v1alpha1.LedgerFundingBelowCost, v1alpha1.LedgerCapacityExceeded,
		v1alpha1.LedgerVisitCapacityExceeded, v1alpha1.LedgerLedgerLimit, v1alpha1.LedgerIndicatorLimit,
		v1alpha1.LedgerReportLimit, v1alpha1.LedgerDuplicateCollection, v1alpha1.LedgerNormNotMet,
		v1alpha1.LedgerContested,
		v1alpha1.LedgerSuspended, v1alpha1.LedgerExpired, v1alpha1.LedgerWithdrawn,
	}
	schema := readCRD(t, "taskledgers").Spec.Versions[0].Schema.OpenAPIV3Schema
	var got []v1alpha1.LedgerReason
	for _, value := range schema.Properties["status"].Properties["entries"].Items.Schema.Properties["reason"].Enum {
		var reason v1alpha1.LedgerReason
		if err := json.Unmarshal(value.Raw, &reason); err != nil {
			t.Fatal(err)
		}
		got = append(got, reason)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the CRD has reasons\n%v\nthe constants are\n%v", got, want)
	}
}

// TestLedgerSize holds a ledger of 300 entries with messages of usual length
// under 200 kB, as it is stored.
func TestLedgerSize(t *testing.T) {
	ledger := &v1alpha1.TaskLedger{}
	number, now := int64(123456), metav1.Now()
	for i := range 300 {
		ledger.Status.Entries = append(ledger.Status.Entries, v1alpha1.LedgerEntry{
			TaskRef:  v1alpha1.NamespacedReference{Namespace: "civil-affairs", Name: fmt.Sprintf("old-age-allowance-%d", i)},
			Digest:   digest,
			Decision: v1alpha1.DecisionRefused, Reason: v1alpha1.LedgerVisitCapacityExceeded,
			Message:        strings.Repeat("needs 1,200 visits, has 800; ", 6),
			MinutesPerYear: &number, PeakMonth: "2026-03", PeakMinutes: &number, FundingPerYear: "123456.50",
			Ledgers: &number, Indicators: &number, Since: &now, AdmittedAt: &now, Until: "2026-12-31",
		})
	}
	stored, err := json.Marshal(ledger)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes", len(stored))
	if len(stored) > 200_000 {
		t.Errorf("a ledger of 300 entries takes %d bytes, want at most 200,000", len(stored))
	}
}
