package admission_test

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/admission"
)

// district is one test's parties around one community.
type district struct {
	*controllertest.World
	department, committee, finance string
	community                      *v1alpha1.Community
	decided                        time.Time
}

func newDistrict(t *testing.T) *district {
	t.Helper()
	d := &district{
		World:      suite.World(t),
		department: suite.Env.Namespace(t, v1alpha1.RoleDepartment), committee: suite.Env.Namespace(t, v1alpha1.RoleCommittee),
		finance: suite.Env.Namespace(t, v1alpha1.RoleFinance), decided: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
	}
	standard := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: d.Standard}}
	controllertest.Change(d.World, standard, func(s *v1alpha1.CommunityStandard) {
		s.Spec.Workforce = &v1alpha1.WorkforceRule{MinutesPerWorkerDay: 480, AdministrativeSharePercent: ptr.To(int64(60))}
		s.Spec.Grid = &v1alpha1.GridRule{MinHouseholds: 400, MaxHouseholds: 800, TeamSize: 2, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20}
		s.Spec.Burden = &v1alpha1.BurdenRule{Ledgers: ptr.To(int64(6)), MonthlyReports: ptr.To(int64(10)), MonthlyIndicators: ptr.To(int64(100))}
		s.Spec.Money = &v1alpha1.MoneyRule{HourlyCost: "30", MinimumCoveragePercent: ptr.To(int64(100))}
		s.Spec.Catalogue = []v1alpha1.CatalogueItem{{Code: "fines", Title: v1alpha1.LocalizedText{ZH: "罚款"}, Basis: "City rule 7"}}
		s.Spec.DataElements = append(s.Spec.DataElements, v1alpha1.DataElement{Code: "income", Title: v1alpha1.LocalizedText{ZH: "收入"}, Type: "Decimal", Class: "Benefit"})
	})
	d.community = d.Community("first")
	d.community.Spec.Workforce = []v1alpha1.WorkforcePost{{Post: "worker", Count: ptr.To(int64(10))}}
	d.Create(d.community, d.Station("first"), d.grid("east"), d.grid("west"))
	return d
}

func (d *district) grid(name string) *v1alpha1.Grid {
	return &v1alpha1.Grid{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: name},
		Spec: v1alpha1.GridSpec{
			Level: 3, ParentRef: &v1alpha1.LocalReference{Name: "community"}, CommunityRef: &v1alpha1.LocalReference{Name: "first"},
			Households: 750, Workers: []v1alpha1.GridWorker{{ID: "a"}, {ID: "b"}},
		},
	}
}

// task is a task that costs each community 1000 minutes a year and pays for
// them, not yet created.
func (d *district) task(name string, edits ...func(*v1alpha1.AdmittedTaskSpec)) *v1alpha1.AdmittedTask {
	t := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.department, Name: name},
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: v1alpha1.LocalizedText{ZH: "事项" + name}, Category: v1alpha1.CategoryAssist,
			LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "法"}, Level: v1alpha1.LevelNational}},
			Target:     v1alpha1.TaskTarget{Communities: []v1alpha1.NamespacedReference{{Namespace: d.Namespace, Name: "first"}}},
			Effective:  v1alpha1.TaskWindow{From: "2026-01-01"},
			Workload:   &v1alpha1.TaskWorkload{CasesPerYear: 100, MinutesPerCase: 10},
			Funding:    &v1alpha1.TaskFunding{PerCase: "5", Source: "city"},
		},
	}
	for _, edit := range edits {
		edit(&t.Spec)
	}
	return t
}

func (d *district) ref(t *v1alpha1.AdmittedTask) v1alpha1.NamespacedReference {
	return v1alpha1.NamespacedReference{Namespace: t.Namespace, Name: t.Name}
}

// approval of a task's present terms, later than any before it.
func (d *district) approval(t *v1alpha1.AdmittedTask, verdict v1alpha1.ApprovalVerdict) *v1alpha1.TaskDecision {
	d.decided = d.decided.Add(time.Hour)
	return &v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.committee, GenerateName: "approval-"},
		Spec: v1alpha1.TaskDecisionSpec{TaskRef: d.ref(t), Approval: &v1alpha1.Approval{
			TaskDigest: admission.Digest(&t.Spec), Verdict: verdict, Document: "Minutes 7", DecidedAt: metav1.NewTime(d.decided),
		}},
	}
}

// release of the money of 2026 and 2027.
func (d *district) release(t *v1alpha1.AdmittedTask) []client.Object {
	var out []client.Object
	for _, period := range []v1alpha1.FundingPeriod{"2026", "2027"} {
		out = append(out, &v1alpha1.TaskDecision{
			ObjectMeta: metav1.ObjectMeta{Namespace: d.finance, GenerateName: "release-"},
			Spec: v1alpha1.TaskDecisionSpec{TaskRef: d.ref(t), Funding: &v1alpha1.FundingRelease{
				Period: period, Amount: "1000000", Voucher: "V-1",
			}},
		})
	}
	return out
}

// propose creates a task with its approval and its money.
func (d *district) propose(name string, edits ...func(*v1alpha1.AdmittedTaskSpec)) *v1alpha1.AdmittedTask {
	d.Helper()
	t := d.task(name, edits...)
	d.Create(append(d.release(t), d.approval(t, v1alpha1.VerdictApprove), t)...)
	return t
}

// says waits until the ledger of a community gives a task an answer.
func (d *district) says(t *v1alpha1.AdmittedTask, decision v1alpha1.LedgerDecision, reason v1alpha1.LedgerReason) *v1alpha1.LedgerEntry {
	d.Helper()
	ledger := d.ledger()
	var found *v1alpha1.LedgerEntry
	d.There(ledger, func() error {
		found = entry(ledger, d.ref(t))
		switch {
		case found == nil:
			return fmt.Errorf("the ledger has no entry of %s", t.Name)
		case found.Decision != decision || found.Reason != reason:
			return fmt.Errorf("%s is %s %s: %s", t.Name, found.Decision, found.Reason, found.Message)
		}
		return nil
	})
	return found
}

func (d *district) ledger() *v1alpha1.TaskLedger {
	return &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: "first"}}
}

func entry(ledger *v1alpha1.TaskLedger, ref v1alpha1.NamespacedReference) *v1alpha1.LedgerEntry {
	for i := range ledger.Status.Entries {
		if ledger.Status.Entries[i].TaskRef == ref {
			return &ledger.Status.Entries[i]
		}
	}
	return nil
}

func (d *district) admitted(tasks ...*v1alpha1.AdmittedTask) {
	d.Helper()
	for _, t := range tasks {
		d.says(t, v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted)
	}
}
