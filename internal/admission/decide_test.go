package admission_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// now is a Sunday in Xi'an.
var now = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

// setup is one community of ten workers, 1000 households and 3000 residents, in
// two grids of two workers, under a standard that limits everything.
func setup() *admission.Snapshot {
	return &admission.Snapshot{
		Now: now,
		Community: &v1alpha1.Community{
			ObjectMeta: metav1.ObjectMeta{Namespace: "street", Name: "first"},
			Spec: v1alpha1.CommunitySpec{
				StandardRef: v1alpha1.LocalReference{Name: "city"},
				Profile:     v1alpha1.CommunityProfile{Households: 1000, Residents: 3000},
				Workforce:   []v1alpha1.WorkforcePost{{Post: "worker", Count: ptr.To(int64(10))}},
			},
		},
		Standard: &v1alpha1.CommunityStandard{
			ObjectMeta: metav1.ObjectMeta{Name: "city"},
			Spec: v1alpha1.CommunityStandardSpec{
				Workforce: &v1alpha1.WorkforceRule{MinutesPerWorkerDay: 480, AdministrativeSharePercent: ptr.To(int64(60))},
				Grid:      &v1alpha1.GridRule{MinHouseholds: 400, MaxHouseholds: 800, TeamSize: 2, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20},
				Burden:    &v1alpha1.BurdenRule{Ledgers: ptr.To(int64(6)), MonthlyReports: ptr.To(int64(10)), MonthlyIndicators: ptr.To(int64(100))},
				Money:     &v1alpha1.MoneyRule{HourlyCost: "30", MinimumCoveragePercent: ptr.To(int64(100))},
				Catalogue: []v1alpha1.CatalogueItem{{Code: "fines", Title: v1alpha1.LocalizedText{ZH: "罚款"}, Basis: "City rule 7"}},
				DataElements: []v1alpha1.DataElement{
					{Code: "name", Title: v1alpha1.LocalizedText{ZH: "姓名"}, Type: "Text", Class: "Base"},
					{Code: "income", Title: v1alpha1.LocalizedText{ZH: "收入"}, Type: "Decimal", Class: "Benefit"},
				},
			},
		},
		Grids: []*v1alpha1.Grid{grid("east"), grid("west")},
	}
}

func grid(name string) *v1alpha1.Grid {
	return &v1alpha1.Grid{
		ObjectMeta: metav1.ObjectMeta{Namespace: "street", Name: name},
		Spec:       v1alpha1.GridSpec{Level: 3, Households: 500, Workers: []v1alpha1.GridWorker{{ID: "a"}, {ID: "b"}}},
	}
}

// newTask is a task that costs a community 1000 minutes a year and pays for them.
func newTask(name string, edit ...func(*v1alpha1.AdmittedTaskSpec)) *v1alpha1.AdmittedTask {
	t := &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: "dept", Name: name},
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: v1alpha1.LocalizedText{ZH: "事项"}, Category: v1alpha1.CategoryAssist,
			LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "法"}, Level: v1alpha1.LevelNational}},
			Target:     v1alpha1.TaskTarget{Communities: []v1alpha1.NamespacedReference{{Namespace: "street", Name: "first"}}},
			Effective:  v1alpha1.TaskWindow{From: "2026-01-01"},
			Workload:   &v1alpha1.TaskWorkload{CasesPerYear: 100, MinutesPerCase: 10},
			Funding:    &v1alpha1.TaskFunding{PerCase: "5", Source: "city", Periods: v1alpha1.PeriodsYearly},
		},
	}
	for _, e := range edit {
		e(&t.Spec)
	}
	return t
}

// propose puts approved and funded tasks on the docket, in their order.
func propose(s *admission.Snapshot, tasks ...*v1alpha1.AdmittedTask) {
	var decisions []*v1alpha1.TaskDecision
	for i, t := range tasks {
		ref := v1alpha1.NamespacedReference{Namespace: t.Namespace, Name: t.Name}
		decisions = append(decisions, &v1alpha1.TaskDecision{
			ObjectMeta: metav1.ObjectMeta{Namespace: "committee", Name: "approve-" + t.Name},
			Spec: v1alpha1.TaskDecisionSpec{TaskRef: ref, Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(&t.Spec), Verdict: v1alpha1.VerdictApprove, Document: "1",
				DecidedAt: metav1.NewTime(now.Add(time.Duration(i-1000) * time.Hour)),
			}},
		}, &v1alpha1.TaskDecision{
			ObjectMeta: metav1.ObjectMeta{Namespace: "finance", Name: "fund-" + t.Name},
			Spec:       v1alpha1.TaskDecisionSpec{TaskRef: ref, Funding: &v1alpha1.FundingRelease{Period: "2026", Amount: "1000000", Voucher: "1"}},
		})
	}
	docket := admission.NewDocket(tasks, decisions, role, nil)
	s.Tasks, s.Records = docket.For(v1alpha1.NamespacedReference{Namespace: "street", Name: "first"}, nil), docket.Records
}

func role(namespace string) string {
	return map[string]string{
		"dept": v1alpha1.RoleDepartment, "committee": v1alpha1.RoleCommittee, "finance": v1alpha1.RoleFinance, "street": v1alpha1.RoleSubdistrict,
	}[namespace]
}

func TestDecide(t *testing.T) {
	s := setup()
	propose(s,
		newTask("plain"),
		newTask("fines", func(s *v1alpha1.AdmittedTaskSpec) { s.CatalogueCode = "fines" }),
		newTask("poor", func(s *v1alpha1.AdmittedTaskSpec) { s.Funding.PerCase = "4.99" }),
		newTask("huge", func(s *v1alpha1.AdmittedTaskSpec) { s.Workload.CasesPerYear = 100_000 }),
		newTask("walks", func(s *v1alpha1.AdmittedTaskSpec) {
			s.Workload.Visits = &v1alpha1.VisitLoad{HouseholdPercent: 100, TimesPerYear: 5, MinutesPerVisit: 1}
			s.Funding.PerCommunity = "5000"
		}),
		newTask("collects", collect("income")),
		newTask("collects-too", collect("income")),
		newTask("lists", func(s *v1alpha1.AdmittedTaskSpec) { s.Workload.Ledgers = ptr.To(int64(7)) }),
		newTask("later", func(s *v1alpha1.AdmittedTaskSpec) { s.Effective.From = "2027-03-01" }),
		newTask("over", func(s *v1alpha1.AdmittedTaskSpec) { s.Effective.Until = "2026-11-21" }),
	)
	r := admission.Decide(s)
	want := map[string]v1alpha1.LedgerReason{
		"plain": "Admitted", "fines": "Prohibited", "poor": "FundingBelowCost", "huge": "CapacityExceeded",
		"walks": "VisitCapacityExceeded", "collects": "Admitted", "collects-too": "DuplicateCollection",
		"lists": "LedgerLimit", "later": "NotYetEffective", "over": "Expired",
	}
	for _, e := range r.Status.Entries {
		if e.Reason != want[e.TaskRef.Name] {
			t.Errorf("%s: %s %s, want %s", e.TaskRef.Name, e.Reason, e.Message, want[e.TaskRef.Name])
		}
		t.Log(e.TaskRef.Name, e.Reason, e.Message)
	}
	if len(r.Status.Entries) != len(want) {
		t.Errorf("%d entries, want %d", len(r.Status.Entries), len(want))
	}
}

func collect(element v1alpha1.DataElementCode) func(*v1alpha1.AdmittedTaskSpec) {
	return func(s *v1alpha1.AdmittedTaskSpec) {
		s.Data = []v1alpha1.TaskData{{Element: element, Use: v1alpha1.UseCollect, Purpose: "benefit", Basis: "law", RetentionDays: 30}}
	}
}
