package admission_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// scene is a community's door that a test sets up: the task "subject" is what the
// test is about, and what else stands there is the test's.
type scene struct {
	*admission.Snapshot
	spec      *v1alpha1.AdmittedTaskSpec // of the subject
	others    []*v1alpha1.AdmittedTask   // approved before it
	decisions []*v1alpha1.TaskDecision   // beside its approval and its money
	silent    bool                       // no approval of the subject
	unfunded  bool                       // no money for it
}

var subject = admission.Ref{Namespace: "dept", Name: "subject"}

// doorstep puts the scene on a docket.
func (s *scene) doorstep() *doorstep {
	task := newTask("subject")
	task.Spec = *s.spec
	tasks := append(append([]*v1alpha1.AdmittedTask{}, s.others...), task)
	decisions := append([]*v1alpha1.TaskDecision{}, s.decisions...)
	for i, t := range tasks {
		approval, money := agree(t, now.Add(time.Duration(i-1000)*time.Hour))
		if t != task || !s.silent {
			decisions = append(decisions, approval)
		}
		if t != task || !s.unfunded {
			decisions = append(decisions, money...)
		}
	}
	docket := admission.NewDocket(tasks, decisions, role, nil)
	s.Tasks, s.Records = docket.For(admission.Ref{Namespace: "street", Name: "first"}, nil), docket.Records
	return &doorstep{Snapshot: s.Snapshot, tasks: tasks, decisions: decisions, roles: role, committee: "committee", finance: "finance"}
}

// agree approves a task and funds it for every period of the present day.
func agree(t *v1alpha1.AdmittedTask, at time.Time) (*v1alpha1.TaskDecision, []*v1alpha1.TaskDecision) {
	ref := admission.Ref{Namespace: t.Namespace, Name: t.Name}
	approval := decision("committee", "approve-"+t.Name, v1alpha1.TaskDecisionSpec{TaskRef: ref, Approval: &v1alpha1.Approval{
		TaskDigest: admission.Digest(&t.Spec), Verdict: v1alpha1.VerdictApprove, Document: "minutes 1", DecidedAt: metav1.NewTime(at),
	}})
	var money []*v1alpha1.TaskDecision
	for _, period := range []v1alpha1.FundingPeriod{"2026", "2026-H2", "2026-Q4", "2026-11", "once"} {
		money = append(money, release(ref, period, "10000000"))
	}
	return approval, money
}

func decision(namespace, name string, spec v1alpha1.TaskDecisionSpec) *v1alpha1.TaskDecision {
	return &v1alpha1.TaskDecision{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: spec}
}

func release(ref admission.Ref, period v1alpha1.FundingPeriod, amount v1alpha1.Decimal) *v1alpha1.TaskDecision {
	return decision("finance", "fund-"+ref.Name+"-"+string(period), v1alpha1.TaskDecisionSpec{
		TaskRef: ref, Funding: &v1alpha1.FundingRelease{Period: period, Amount: amount, Voucher: "1"},
	})
}

func objection(name string) *v1alpha1.TaskDecision {
	return decision("street", name, v1alpha1.TaskDecisionSpec{TaskRef: subject, Contest: &v1alpha1.Contest{
		CommunityRef: admission.Ref{Namespace: "street", Name: "first"}, Reason: "no time",
	}})
}

func ruling(name, contest string, verdict v1alpha1.RulingVerdict, at time.Time) *v1alpha1.TaskDecision {
	return decision("committee", name, v1alpha1.TaskDecisionSpec{TaskRef: subject, Ruling: &v1alpha1.Ruling{
		ContestRef: admission.Ref{Namespace: "street", Name: contest}, Verdict: verdict, Document: "minutes 2", DecidedAt: metav1.NewTime(at),
	}})
}

func deliver(s *v1alpha1.AdmittedTaskSpec) {
	collect("income")(s)
	s.Deliveries = []v1alpha1.TaskDelivery{{SystemRef: v1alpha1.LocalReference{Name: "register"}, Purpose: "benefit", Elements: []v1alpha1.DataElementCode{"income"}}}
}

// Each reason of the closed set, with the whole message, which is what people
// read: its numbers are worked out by hand. The community has ten workers of 480
// minutes a day, 60 percent of them for tasks, and 20 working days or more a
// month: 60480 minutes in November 2026, 57600 in February 2027; its two grids
// make 400 visits a month. Work costs 30 an hour.
var reasonTable = []struct {
	name    string
	edit    func(s *scene)
	want    v1alpha1.LedgerReason
	message string
}{
	{"Admitted", func(*scene) {}, v1alpha1.LedgerAdmitted, ""},
	{"AwaitingApproval", func(s *scene) { s.silent = true }, v1alpha1.LedgerAwaitingApproval, "waits for the guidance committee to approve these terms"},
	{"AwaitingApproval of changed terms", func(s *scene) {
		s.silent = true
		s.decisions = append(s.decisions, decision("committee", "old", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: &v1alpha1.Approval{
			TaskDigest: v1alpha1.TaskDigest("sha256:" + strings.Repeat("0", 64)), Verdict: v1alpha1.VerdictApprove, Document: "1", DecidedAt: metav1.NewTime(now),
		}}))
	}, v1alpha1.LedgerAwaitingApproval, "its terms changed since they were approved; waits for the committee to approve the present ones"},
	{"NotYetEffective", func(s *scene) { s.spec.Effective.From = "2027-03-01" }, v1alpha1.LedgerNotYetEffective, "begins on 2027-03-01; its place is kept"},
	{"NotYetEffective beyond the horizon", func(s *scene) { s.spec.Effective.From = "2028-11-01" }, v1alpha1.LedgerNotYetEffective,
		"begins on 2028-11-01, beyond the months the ledger looks ahead; it queues until then"},
	{"FundingNotReleased", func(s *scene) { s.unfunded = true }, v1alpha1.LedgerFundingNotReleased,
		"0 released for 2026, 500 due here; waits for the finance bureau to release it"},
	{"FundingNotReleased but for a part", func(s *scene) {
		s.unfunded, s.spec.Funding.Periods = true, v1alpha1.PeriodsQuarterly
		s.decisions = append(s.decisions, release(subject, "2026-Q4", "100.50"), release(subject, "2026-Q3", "1000"))
	}, v1alpha1.LedgerFundingNotReleased, "100.50 released for 2026-Q4, 125 due here; waits for the finance bureau to release it"},
	{"PolicyMissing", func(s *scene) { s.PolicyProblem = "the policy shequ-ledger-writer is missing; apply config/policy" }, v1alpha1.LedgerPolicyMissing,
		"the policy shequ-ledger-writer is missing; apply config/policy"},
	{"StandardMissing", func(s *scene) { s.Standard = nil }, v1alpha1.LedgerStandardMissing,
		"there is no CommunityStandard city to decide by; apply it, or correct spec.standardRef of the Community"},
	{"StandardMissing for elements", func(s *scene) {
		collect("pension")(s.spec)
		s.spec.Data = append(s.spec.Data, v1alpha1.TaskData{Element: "lease", Use: v1alpha1.UseReuse, Purpose: "benefit", Basis: "consent", RetentionDays: 1})
	}, v1alpha1.LedgerStandardMissing, "CommunityStandard city does not declare the data element lease (and 1 more); declare it, or take it out of spec.data"},
	{"SystemMissing", func(s *scene) { deliver(s.spec) }, v1alpha1.LedgerSystemMissing,
		"there is no InformationSystem register to deliver to; apply it, or correct spec.deliveries"},
	{"SystemMissing for the purpose", func(s *scene) { deliver(s.spec); s.system("income", "other") }, v1alpha1.LedgerSystemMissing,
		"InformationSystem register does not take data for the purpose benefit; allow it there, or correct the delivery"},
	{"SystemMissing for the element", func(s *scene) { deliver(s.spec); s.system("name", "benefit") }, v1alpha1.LedgerSystemMissing,
		"InformationSystem register does not accept the data element income; accept it there, or take it out of the delivery"},
	{"Rejected", func(s *scene) {
		s.silent = true
		s.decisions = append(s.decisions, decision("committee", "no", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: &v1alpha1.Approval{
			TaskDigest: admission.Digest(s.spec), Verdict: v1alpha1.VerdictReject, Document: "minutes 9", DecidedAt: metav1.NewTime(now.Add(-time.Hour)),
		}}))
	}, v1alpha1.LedgerRejected, "the guidance committee rejected these terms (minutes 9); propose changed terms"},
	{"Prohibited", func(s *scene) { s.spec.CatalogueCode = "fines" }, v1alpha1.LedgerProhibited,
		"catalogue code fines must not enter communities (City rule 7); it stays with the department"},
	{"LegalBasisExpired", func(s *scene) { s.spec.LegalBasis[0].Expires = "2026-11-21" }, v1alpha1.LedgerLegalBasisExpired,
		"the last legal basis of municipal level or above (law) expired on 2026-11-21; name one in force"},
	{"LegalBasisExpired of data", func(s *scene) {
		collect("income")(s.spec)
		s.spec.LegalBasis = append(s.spec.LegalBasis, v1alpha1.LegalBasis{ID: "notice", Level: v1alpha1.LevelDistrict, Expires: "2026-11-21"})
		s.spec.Data[0].Basis = "notice"
	}, v1alpha1.LedgerLegalBasisExpired, "the basis notice of the data element income expired on 2026-11-21; name one in force"},
	{"AuthorityMissing", func(s *scene) {
		s.spec.Scope = &v1alpha1.TaskScope{Verbs: []v1alpha1.TaskVerb{"Inspect", "Discover"}, Authority: &v1alpha1.TaskAuthority{
			Instrument: "1", Verbs: []v1alpha1.TaskVerb{"Inspect", "Discover"}, Until: "2026-11-21",
		}}
	}, v1alpha1.LedgerAuthorityMissing, "the authority for Discover, Inspect ended on 2026-11-21; extend spec.scope.authority.until"},
	{"FundingBelowCost", func(s *scene) { s.spec.Funding.PerCase = "4.99" }, v1alpha1.LedgerFundingBelowCost,
		"1000 min a year cost 500, of which 100% must be funded; it brings 499: raise funding.perCommunity to 1"},
	{"FundingBelowCost without money", func(s *scene) { s.spec.Funding = nil }, v1alpha1.LedgerFundingBelowCost,
		"1000 min a year cost 500, of which 100% must be funded; it brings 0: raise funding.perCommunity to 500"},
	// 72720 cases × 10 min ÷ 12 = 60600 in every month; 57600 are there in the
	// tightest, February, and the largest load that fits is 57600 × 12 ÷ 10 = 69120.
	{"CapacityExceeded", func(s *scene) { s.spec.Workload.CasesPerYear = 72720 }, v1alpha1.LedgerCapacityExceeded,
		"needs 60600 min in 2027-02, 57600 of 57600 left; fits with at most 69120 cases a year (asks 72720), or 1 more post in the community"},
	// 1000 households × 100 % × 5 times ÷ 12 = 416.7 visits a month of 400;
	// 96 % are 400 exactly. Two workers more in one grid make a team.
	{"VisitCapacityExceeded", func(s *scene) {
		s.spec.Workload.Visits = &v1alpha1.VisitLoad{HouseholdPercent: 100, TimesPerYear: 5, MinutesPerVisit: 1}
		s.spec.Funding.PerCommunity = "5000"
	}, v1alpha1.LedgerVisitCapacityExceeded,
		"needs 417 visits in 2026-11, 400 of 400 left; fits with visits to at most 96% of households (asks 100%), or 1 more worker in grid east"},
	{"LedgerLimit", func(s *scene) { s.spec.Workload.Ledgers = ptr.To(int64(7)) }, v1alpha1.LedgerLedgerLimit, "asks for 7 ledgers, 6 of 6 left; ask for at most 6"},
	// 40 reports a year are at most 4 in a month, of 26 indicators each.
	{"IndicatorLimit", func(s *scene) {
		s.spec.Workload.Reports = &v1alpha1.ReportLoad{PerYear: 40, MinutesEach: 1, Indicators: ptr.To(int64(26))}
		s.spec.Funding.PerCommunity = "5000"
	}, v1alpha1.LedgerIndicatorLimit, "asks for 104 indicators in a month, 100 of 100 left; ask for at most 25 a report"},
	{"ReportLimit", func(s *scene) {
		s.spec.Workload.Reports = &v1alpha1.ReportLoad{PerYear: 121, MinutesEach: 1}
		s.spec.Funding.PerCommunity = "5000"
	}, v1alpha1.LedgerReportLimit, "asks for 11 reports in a month, 10 of 10 left; ask for at most 120 a year"},
	{"DuplicateCollection", func(s *scene) {
		collect("income")(s.spec)
		s.others = append(s.others, newTask("first", collect("income")))
	}, v1alpha1.LedgerDuplicateCollection, "income is collected by dept/first already; set use: Reuse instead of Collect"},
	{"NormNotMet", func(s *scene) {
		s.Standard.Spec.Size = &v1alpha1.SizeRule{RuleMeta: v1alpha1.RuleMeta{Effect: v1alpha1.EffectEnforce}, MinHouseholds: 1001, MaxHouseholds: 3000}
	}, v1alpha1.LedgerNormNotMet, "Community size: has 1000, needs 1001–3000 households; nothing new enters until the community meets the norm"},
	{"Contested", func(s *scene) { s.decisions = append(s.decisions, objection("no")) }, v1alpha1.LedgerContested,
		"the sub-district contests it (street/no); it waits for the committee's ruling"},
	{"Contested and upheld", func(s *scene) {
		s.decisions = append(s.decisions, objection("no"), ruling("r", "no", v1alpha1.VerdictUphold, now.Add(-time.Hour)))
	}, v1alpha1.LedgerContested, "contest street/no was upheld (minutes 2); the task stays out unless the committee rules anew or the contest is withdrawn"},
	{"Suspended", func(s *scene) { s.spec.Suspend = ptr.To(true) }, v1alpha1.LedgerSuspended,
		"the department suspended the task; it queues again when spec.suspend is false"},
	{"Suspended with its community", func(s *scene) { s.Community.Spec.Suspend = ptr.To(true) }, v1alpha1.LedgerSuspended,
		"the community is suspended and takes nothing new; it queues again when the Community's spec.suspend is false"},
	{"Expired", func(s *scene) { s.spec.Effective.Until = "2026-11-21" }, v1alpha1.LedgerExpired,
		"ended on 2026-11-21; to go on, propose it anew with a later end"},
}

func (s *scene) system(accepts v1alpha1.DataElementCode, purpose v1alpha1.PurposeCode) {
	s.Systems = map[string]*v1alpha1.InformationSystem{"register": {
		ObjectMeta: metav1.ObjectMeta{Name: "register"},
		Spec: v1alpha1.InformationSystemSpec{
			Accepts: []v1alpha1.DataElementCode{accepts}, AllowedPurposes: []v1alpha1.PurposeCode{purpose},
		},
	}}
}

func newScene() *scene { return &scene{Snapshot: setup(), spec: &newTask("subject").Spec} }

// Every reason, by a task that gives cause for it and nothing else, with its
// message, its decision, and cures that are true and smallest.
func TestReasons(t *testing.T) {
	seen := map[v1alpha1.LedgerReason]bool{v1alpha1.LedgerWithdrawn: true} // by TestEnds
	cures := cureCounter{}
	for _, row := range reasonTable {
		t.Run(row.name, func(t *testing.T) {
			s := newScene()
			row.edit(s)
			d := s.doorstep()
			r := settled(t, d.Snapshot)
			a := find(t, r, subject)
			if a.Entry.Reason != row.want || a.Entry.Message != row.message {
				t.Errorf("is %s %q\n want %s %q", a.Entry.Reason, a.Entry.Message, row.want, row.message)
			}
			if decision := decisionOf(row.want, row.name); a.Entry.Decision != decision {
				t.Errorf("is %s, want %s", a.Entry.Decision, decision)
			}
			if len(a.Findings) > 1 {
				t.Errorf("more was found than the test is about: %+v", a.Findings)
			}
			seen[row.want] = true
			cures.verify(t, d, &r)
		})
	}
	for _, reason := range allReasons {
		if !seen[reason] {
			t.Errorf("no test of %s", reason)
		}
	}
}

var allReasons = []v1alpha1.LedgerReason{
	"Admitted", "AwaitingApproval", "NotYetEffective", "FundingNotReleased", "PolicyMissing", "StandardMissing", "SystemMissing", "Rejected",
	"Prohibited", "LegalBasisExpired", "AuthorityMissing", "FundingBelowCost", "CapacityExceeded", "VisitCapacityExceeded", "LedgerLimit",
	"IndicatorLimit", "ReportLimit", "DuplicateCollection", "NormNotMet", "Contested", "Suspended", "Expired", "Withdrawn",
}

func decisionOf(reason v1alpha1.LedgerReason, name string) v1alpha1.LedgerDecision {
	switch reason {
	case "Admitted":
		return v1alpha1.DecisionAdmitted
	case "AwaitingApproval", "NotYetEffective", "FundingNotReleased", "PolicyMissing", "StandardMissing", "SystemMissing":
		return v1alpha1.DecisionWaiting
	case "Suspended", "Expired", "Withdrawn":
		return v1alpha1.DecisionEnded
	default:
	}
	if name == "Contested" {
		return v1alpha1.DecisionContested
	}
	return v1alpha1.DecisionRefused
}
