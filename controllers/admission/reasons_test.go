package admission_test

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
)

type spec = v1alpha1.AdmittedTaskSpec

const (
	waits   = v1alpha1.DecisionWaiting
	refused = v1alpha1.DecisionRefused
	ended   = v1alpha1.DecisionEnded
)

func TestAdmitted(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("plain")
	d.admitted(task)
	d.Condition(task, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady, "all 1 targeted")
	if n := *task.Status.MinutesPerYear; n != 1000 {
		t.Errorf("the task takes %d minutes a year, want 1000", n)
	}
}

func TestAwaitingApproval(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.task("plain")
	d.Create(append(d.release(task), task)...)
	d.says(task, waits, v1alpha1.LedgerAwaitingApproval)
	d.Condition(task, v1alpha1.ConditionApproved, metav1.ConditionFalse, "AwaitingApproval", "digest")
	d.Create(d.approval(task, v1alpha1.VerdictApprove))
	d.admitted(task)
	// Other terms are another task, until they are approved themselves.
	controllertest.Change(d.World, task, func(t *v1alpha1.AdmittedTask) { t.Spec.Workload.MinutesPerCase = 9 })
	d.says(task, waits, v1alpha1.LedgerAwaitingApproval)
	d.Condition(task, v1alpha1.ConditionApproved, metav1.ConditionFalse, "AwaitingApproval", "terms changed")
}

func TestNotYetEffective(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	e := d.says(d.propose("later", func(s *spec) { s.Effective.From = "2027-03-01" }), waits, v1alpha1.LedgerNotYetEffective)
	if e.AdmittedAt == nil {
		t.Error("a task that only waits for its first day has no place")
	}
}

func TestFundingNotReleased(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.task("plain")
	d.Create(task, d.approval(task, v1alpha1.VerdictApprove))
	d.says(task, waits, v1alpha1.LedgerFundingNotReleased)
	d.Condition(task, v1alpha1.ConditionFunded, metav1.ConditionFalse, "FundingNotReleased", "2026")
	releases := d.release(task)
	d.Create(releases...)
	d.admitted(task)
	// A release that is withdrawn pauses the task, and its place is kept.
	d.Delete(releases...)
	if e := d.says(task, waits, v1alpha1.LedgerFundingNotReleased); e.AdmittedAt == nil {
		t.Error("the task lost its place with its money")
	}
}

func TestStandardMissing(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("unknown-field", func(s *spec) {
		s.Data = []v1alpha1.TaskData{{Element: "shoe-size", Use: v1alpha1.UseCollect, Purpose: "shoes", Basis: "law", RetentionDays: 1}}
	})
	d.says(task, waits, v1alpha1.LedgerStandardMissing)
	controllertest.Change(d.World, d.community, func(c *v1alpha1.Community) { c.Spec.StandardRef.Name = "nowhere-" + d.Namespace })
	d.says(d.propose("plain"), waits, v1alpha1.LedgerStandardMissing)
}

func TestSystemMissing(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	system := &v1alpha1.InformationSystem{
		ObjectMeta: metav1.ObjectMeta{Name: "benefits-" + d.Namespace},
		Spec: v1alpha1.InformationSystemSpec{
			DisplayName: v1alpha1.LocalizedText{ZH: "系统"}, Owner: "dept", DataLocation: v1alpha1.LocalizedText{ZH: "区数据中心"},
			Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
				BaseURL: "https://benefits.example", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: v1alpha1.NamespacedReference{Namespace: "shequ-system", Name: "benefits"}},
			}},
			Accepts: []v1alpha1.DataElementCode{"income"}, AllowedPurposes: []v1alpha1.PurposeCode{"benefit"},
		},
	}
	task := d.propose("delivers", func(s *spec) {
		s.Data = []v1alpha1.TaskData{{Element: "income", Use: v1alpha1.UseCollect, Purpose: "benefit", Basis: "law", RetentionDays: 1}}
		s.Deliveries = []v1alpha1.TaskDelivery{{SystemRef: v1alpha1.LocalReference{Name: system.Name}, Purpose: "benefit", Elements: []v1alpha1.DataElementCode{"income"}}}
	})
	d.says(task, waits, v1alpha1.LedgerSystemMissing)
	d.Create(system)
	d.admitted(task)
	controllertest.Change(d.World, system, func(s *v1alpha1.InformationSystem) { s.Spec.AllowedPurposes = []v1alpha1.PurposeCode{"census"} })
	if e := d.says(task, waits, v1alpha1.LedgerSystemMissing); e.AdmittedAt == nil {
		t.Error("the task lost its place with its system")
	}
}

func TestRejected(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("plain")
	d.admitted(task)
	d.Create(d.approval(task, v1alpha1.VerdictReject))
	d.says(task, refused, v1alpha1.LedgerRejected)
	d.Condition(task, v1alpha1.ConditionReady, metav1.ConditionFalse, "Rejected")
}

func TestProhibited(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.says(d.propose("fines", func(s *spec) { s.CatalogueCode = "fines" }), refused, v1alpha1.LedgerProhibited)
	e := d.says(d.propose("misdelivers", func(s *spec) {
		s.Data = []v1alpha1.TaskData{{Element: "income", Use: v1alpha1.UseCollect, Purpose: "benefit", Basis: "law", RetentionDays: 1}}
		s.Deliveries = []v1alpha1.TaskDelivery{{
			SystemRef: v1alpha1.LocalReference{Name: "register"}, Purpose: "benefit", Elements: []v1alpha1.DataElementCode{"income"},
			Mapping: []v1alpha1.FieldMapping{{Field: "person.收入", Expression: "income + name"}},
		}}
	}), refused, v1alpha1.LedgerProhibited)
	if want := "field person.收入, line 1, column 10: undeclared reference to 'name'; use only income"; !strings.Contains(e.Message, want) {
		t.Errorf("%q does not say %q", e.Message, want)
	}
}

func TestLegalBasisExpired(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.says(d.propose("old", func(s *spec) { s.LegalBasis[0].Expires = "2026-11-20" }), refused, v1alpha1.LedgerLegalBasisExpired)
}

func TestAuthorityMissing(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.says(d.propose("inspects", func(s *spec) {
		verbs := []v1alpha1.TaskVerb{v1alpha1.VerbInspect}
		s.Scope = &v1alpha1.TaskScope{Verbs: verbs, Authority: &v1alpha1.TaskAuthority{Instrument: "Letter 1", Verbs: verbs, Until: "2026-11-20"}}
	}), refused, v1alpha1.LedgerAuthorityMissing)
}

func TestFundingBelowCost(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	d.says(d.propose("poor", func(s *spec) { s.Funding.PerCase = "4.99" }), refused, v1alpha1.LedgerFundingBelowCost)
}

func TestCapacityExceeded(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("huge", func(s *spec) { s.Workload.CasesPerYear = 90_000 })
	d.says(task, refused, v1alpha1.LedgerCapacityExceeded)
	controllertest.Change(d.World, d.community, func(c *v1alpha1.Community) { c.Spec.Workforce[0].Count = ptr.To(int64(20)) })
	d.admitted(task)
	// Capacity that is taken away evicts nothing, and nothing new enters.
	controllertest.Change(d.World, d.community, func(c *v1alpha1.Community) { c.Spec.Workforce[0].Count = ptr.To(int64(5)) })
	d.Condition(d.ledger(), v1alpha1.ConditionOvercommitted, metav1.ConditionTrue, "Overcommitted")
	d.says(d.propose("small"), refused, v1alpha1.LedgerCapacityExceeded)
	d.admitted(task)
}

func TestVisitCapacityExceeded(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("walks", func(s *spec) {
		s.Workload.Visits = &v1alpha1.VisitLoad{HouseholdPercent: 100, TimesPerYear: 4, MinutesPerVisit: 1}
		s.Funding.PerCommunity = "10000"
	})
	d.says(task, refused, v1alpha1.LedgerVisitCapacityExceeded)
	controllertest.Change(d.World, d.grid("east"), func(g *v1alpha1.Grid) {
		g.Spec.Workers = append(g.Spec.Workers, v1alpha1.GridWorker{ID: "c"}, v1alpha1.GridWorker{ID: "d"})
	})
	d.admitted(task)
}

func TestLimits(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	reports := func(perYear, indicators int64) func(*spec) {
		return func(s *spec) {
			s.Workload.Reports = &v1alpha1.ReportLoad{PerYear: perYear, MinutesEach: 1, Indicators: ptr.To(indicators)}
			s.Funding.PerCommunity = "1000"
		}
	}
	d.says(d.propose("ledgers", func(s *spec) { s.Workload.Ledgers = ptr.To(int64(7)) }), refused, v1alpha1.LedgerLedgerLimit)
	d.says(d.propose("indicators", reports(12, 101)), refused, v1alpha1.LedgerIndicatorLimit)
	d.says(d.propose("reports", reports(132, 0)), refused, v1alpha1.LedgerReportLimit)
}

func TestDuplicateCollection(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	collects := func(s *spec) {
		s.Data = []v1alpha1.TaskData{{Element: "income", Use: v1alpha1.UseCollect, Purpose: "benefit", Basis: "law", RetentionDays: 30}}
	}
	first, second := d.propose("first", collects), d.propose("second", collects)
	d.admitted(first)
	d.says(second, refused, v1alpha1.LedgerDuplicateCollection)
	reuses := d.propose("third", collects, func(s *spec) { s.Data[0].Use = v1alpha1.UseReuse })
	d.admitted(reuses)
	// The collector ends: who reuses goes on with what there is.
	d.Delete(first)
	d.says(first, ended, v1alpha1.LedgerWithdrawn)
	if e := d.says(reuses, v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted); len(e.Owns) != 1 || e.Owns[0] != "income" {
		t.Errorf("the task that reuses income owns %v", e.Owns)
	}
	d.says(second, refused, v1alpha1.LedgerDuplicateCollection)
}

func TestNormNotMet(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	controllertest.Change(d.World, &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: d.Standard}}, func(s *v1alpha1.CommunityStandard) {
		s.Spec.Size = &v1alpha1.SizeRule{RuleMeta: v1alpha1.RuleMeta{Effect: v1alpha1.EffectEnforce}, MinHouseholds: 2000, MaxHouseholds: 3000}
	})
	task := d.propose("plain")
	d.says(task, refused, v1alpha1.LedgerNormNotMet)
	controllertest.Change(d.World, d.community, func(c *v1alpha1.Community) { c.Spec.Profile.Households = 2000 })
	d.admitted(task)
}

func TestContested(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("plain")
	d.admitted(task)
	contest := &v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: "contest"},
		Spec: v1alpha1.TaskDecisionSpec{TaskRef: d.ref(task), Contest: &v1alpha1.Contest{
			CommunityRef: v1alpha1.NamespacedReference{Namespace: d.Namespace, Name: "first"}, Reason: "not our work",
		}},
	}
	d.Create(contest)
	if e := d.says(task, v1alpha1.DecisionContested, v1alpha1.LedgerContested); e.AdmittedAt == nil {
		t.Error("a contest that is not ruled on took the place away")
	}
	ruling := func(name string, verdict v1alpha1.RulingVerdict, minutes int) *v1alpha1.TaskDecision {
		return &v1alpha1.TaskDecision{
			ObjectMeta: metav1.ObjectMeta{Namespace: d.committee, Name: name},
			Spec: v1alpha1.TaskDecisionSpec{TaskRef: d.ref(task), Ruling: &v1alpha1.Ruling{
				ContestRef: v1alpha1.NamespacedReference{Namespace: d.Namespace, Name: "contest"}, Verdict: verdict,
				Document: "Ruling", DecidedAt: metav1.Date(2026, 11, 1, 0, minutes, 0, 0, d.decided.Location()),
			}},
		}
	}
	d.Create(ruling("dismiss", v1alpha1.VerdictDismiss, 0))
	d.admitted(task)
	d.Create(ruling("uphold", v1alpha1.VerdictUphold, 1))
	d.says(task, refused, v1alpha1.LedgerContested)
	d.Delete(contest)
	d.admitted(task)
}

func TestSuspended(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("plain")
	d.admitted(task)
	suspend := func(yes bool) {
		controllertest.Change(d.World, task, func(t *v1alpha1.AdmittedTask) { t.Spec.Suspend = &yes })
	}
	suspend(true)
	d.says(task, ended, v1alpha1.LedgerSuspended)
	d.Condition(task, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	suspend(false)
	d.admitted(task)
	controllertest.Change(d.World, d.community, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(true) })
	d.says(d.propose("new"), ended, v1alpha1.LedgerSuspended)
	d.admitted(task)
}

func TestWithdrawn(t *testing.T) {
	t.Parallel()
	d := newDistrict(t)
	task := d.propose("plain")
	d.admitted(task)
	controllertest.Change(d.World, task, func(t *v1alpha1.AdmittedTask) { t.Spec.Target.Communities[0].Name = "second" })
	d.says(task, ended, v1alpha1.LedgerWithdrawn)
	d.Condition(task, v1alpha1.ConditionReady, metav1.ConditionFalse, "NoTarget")
}
