package plan_test

import (
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
)

func TestPlan(t *testing.T) {
	p := compute(t, load(t, "district.yaml", "proposals.yaml"))
	want := map[string]v1alpha1.LedgerReason{
		"anding health-files": "CapacityExceeded", "anding spring-visits": "NotYetEffective",
		"lianhu health-files": "Admitted", "lianhu income-survey": "DuplicateCollection",
	}
	if got := said(p); !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if p.Passed {
		t.Error("passed, though tasks are refused")
	}
	if len(p.Assumed) != 2 || !strings.Contains(p.Assumed[0], "3 tasks") {
		t.Errorf("assumed %q", p.Assumed)
	}
	if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, "civil-affairs/income-survey names communities that are not there: street/gone") {
		t.Errorf("notes %q", notes)
	}
}

func TestFigures(t *testing.T) {
	p := compute(t, load(t, "district.yaml", "proposals.yaml"))
	lianhu := p.Communities[1]
	i := slices.IndexFunc(lianhu.Answers, func(a plan.Answer) bool { return a.Task.Name == "health-files" })
	a := lianhu.Answers[i]
	// 2500 cases of 60 minutes and 12 reports of 60, at 30 an hour; 33 a case.
	if a.MinutesPerYear != 150720 || a.CostPerYear != "75360" || a.FundingPerYear != "82500" || ptr.Deref(a.CoveragePercent, 0) != 109 {
		t.Errorf("%+v", a)
	}
	if a.PeakMinutes != 12560 || a.CasesPerYear != 2500 || a.ReportsPerYear != 12 || a.Indicators != 10 {
		t.Errorf("%+v", a)
	}
	if !slices.Equal(a.Collects, []string{"applicant-name"}) || !slices.Equal(a.Reuses, []string{"income"}) {
		t.Errorf("collects %v, reuses %v", a.Collects, a.Reuses)
	}
	// 120 cases of 30 minutes were there; a month has a twelfth of the year.
	if lianhu.Before.CommittedMinutes != 300 || lianhu.After.CommittedMinutes != 12860 || lianhu.Before.Tasks != 1 || lianhu.After.Tasks != 2 {
		t.Errorf("before %+v, after %+v", lianhu.Before, lianhu.After)
	}
	files := p.Tasks[slices.IndexFunc(p.Tasks, func(t plan.Task) bool { return t.Ref.Name == "health-files" })]
	if files.Targeted != 2 || files.Admitted != 1 || files.Refused != 1 || files.Asked.MinutesPerYear != 301440 || files.Entered.MinutesPerYear != 150720 ||
		files.Asked.CostPerYear != "150720" || files.Entered.FundingPerYear != "82500" {
		t.Errorf("%+v", files)
	}
}

func TestStrictAssumesNothing(t *testing.T) {
	p := compute(t, load(t, "district.yaml", "proposals.yaml"), strict)
	for where, reason := range said(p) {
		if reason != v1alpha1.LedgerAwaitingApproval {
			t.Errorf("%s: %s", where, reason)
		}
	}
	if p.Passed || len(p.Assumed) > 0 {
		t.Errorf("passed %v, assumed %v", p.Passed, p.Assumed)
	}
}

// What the committee and the finance bureau have said counts, and is not
// overruled by what is assumed.
func TestAssumptionsOverruleNobody(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	survey, files := task(t, o, "income-survey"), task(t, o, "health-files")
	say(o, "committee", v1alpha1.TaskDecisionSpec{TaskRef: ref(survey), Approval: &v1alpha1.Approval{
		TaskDigest: admission.Digest(&survey.Spec), Verdict: v1alpha1.VerdictReject, Document: "4", DecidedAt: metav1.NewTime(now),
	}})
	say(o, "finance", v1alpha1.TaskDecisionSpec{TaskRef: ref(files), Funding: &v1alpha1.FundingRelease{Period: "2026", Amount: "1", Voucher: "2"}})
	got := said(compute(t, o))
	if got["lianhu income-survey"] != v1alpha1.LedgerRejected || got["lianhu health-files"] != v1alpha1.LedgerFundingNotReleased {
		t.Errorf("%v", got)
	}
	// Said where it counts for nothing, it is as if nobody had.
	o = load(t, "district.yaml", "proposals.yaml")
	say(o, "health", v1alpha1.TaskDecisionSpec{TaskRef: ref(survey), Approval: &v1alpha1.Approval{
		TaskDigest: admission.Digest(&survey.Spec), Verdict: v1alpha1.VerdictReject, Document: "4", DecidedAt: metav1.NewTime(now),
	}})
	if got := said(compute(t, o)); got["lianhu income-survey"] != v1alpha1.LedgerDuplicateCollection {
		t.Errorf("%v", got)
	}
}

func ref(x metav1.Object) plan.Ref { return plan.Ref{Namespace: x.GetNamespace(), Name: x.GetName()} }

func say(o *plan.Objects, namespace string, spec v1alpha1.TaskDecisionSpec) {
	o.Decisions = append(o.Decisions, &v1alpha1.TaskDecision{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "said"}, Spec: spec})
}

// Assumed approvals stand behind real ones: an approved task gets the room, even
// one of a category considered later.
func TestAssumedApprovalsQueueBehindRealOnes(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	first := task(t, o, "income-survey").DeepCopy()
	first.Name, first.Spec.Data = "approved", []v1alpha1.TaskData{{Element: "income", Use: "Reuse", Purpose: "survey", Basis: "notice", RetentionDays: 1}}
	first.Spec.Workload.Ledgers = ptr.To(int64(2))
	o.Tasks = append(o.Tasks, first)
	say(o, "committee", v1alpha1.TaskDecisionSpec{TaskRef: ref(first), Approval: &v1alpha1.Approval{
		TaskDigest: admission.Digest(&first.Spec), Verdict: v1alpha1.VerdictApprove, Document: "4", DecidedAt: metav1.NewTime(now.AddDate(0, 0, 7)),
	}})
	task(t, o, "health-files").Spec.Workload.Ledgers = ptr.To(int64(1))
	got := said(compute(t, o))
	if got["lianhu approved"] != v1alpha1.LedgerAdmitted || got["lianhu health-files"] != v1alpha1.LedgerLedgerLimit {
		t.Errorf("%v", got)
	}
}

// The ledger of a plan is the engine's, whatever order the objects come in.
func TestLedgerIsTheEnginesOwn(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	p := compute(t, o, strict)
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		random.Shuffle(len(o.Tasks), func(i, j int) { o.Tasks[i], o.Tasks[j] = o.Tasks[j], o.Tasks[i] })
		random.Shuffle(len(o.Grids), func(i, j int) { o.Grids[i], o.Grids[j] = o.Grids[j], o.Grids[i] })
		random.Shuffle(len(o.Communities), func(i, j int) { o.Communities[i], o.Communities[j] = o.Communities[j], o.Communities[i] })
		if again := compute(t, o, strict); !reflect.DeepEqual(p, again) {
			t.Fatal("another plan for another order")
		}
	}
	for _, c := range p.Communities {
		community := o.Communities[slices.IndexFunc(o.Communities, func(x *v1alpha1.Community) bool { return ref(x) == c.Ref })]
		roles := func(namespace string) string {
			return map[string]string{
				"street": "subdistrict", "civil-affairs": "department", "health": "department", "committee": "committee", "finance": "finance",
			}[namespace]
		}
		docket := admission.NewDocket(o.Tasks, o.Decisions, roles, nil)
		s := &admission.Snapshot{
			Now: now, Community: community, Standard: o.Standards[0], Records: docket.Records,
			Tasks: docket.For(c.Ref, map[string]string{"city": "north"}),
		}
		for _, g := range o.Grids {
			if g.Spec.CommunityRef != nil && g.Spec.CommunityRef.Name == c.Ref.Name {
				s.Grids = append(s.Grids, g)
			}
		}
		if want := admission.Decide(s).Status; !reflect.DeepEqual(c.Ledger, want) {
			t.Errorf("%s: %+v, want %+v", c.Ref.Name, c.Ledger, want)
		}
	}
}

func TestPassed(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	only := func(names ...string) func(*plan.Options) {
		return func(p *plan.Options) {
			p.Proposed = slices.DeleteFunc(p.Proposed, func(r plan.Ref) bool { return !slices.Contains(names, r.Name) })
		}
	}
	if p := compute(t, o, only("spring-visits")); !p.Passed || p.Tasks[0].Reserved != 1 {
		t.Errorf("a place that is kept does not pass: %+v", p.Tasks)
	}
	if p := compute(t, o, only()); !p.Passed {
		t.Error("nothing proposed does not pass")
	}
	task(t, o, "spring-visits").Spec.Target = v1alpha1.TaskTarget{}
	p := compute(t, o, only("spring-visits"))
	if p.Passed || !strings.Contains(strings.Join(p.Notes, "\n"), "nothing could be checked") {
		t.Errorf("a task for nobody passes: %q", p.Notes)
	}
	anding := func(p *plan.Options) { p.Communities = []plan.Ref{{Namespace: "street", Name: "anding"}} }
	if p := compute(t, o, only("income-survey"), anding); !p.Passed || len(p.Communities) != 1 {
		t.Error("a task that is not meant for the one community asked about does not pass")
	}
}

// A task that has ended by its own terms asks for nothing; one that a suspended
// community does not let in is kept out.
func TestEnded(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	o.Tasks = slices.DeleteFunc(o.Tasks, func(x *v1alpha1.AdmittedTask) bool { return x.Name == "income-survey" || x.Name == "health-files" })
	visits := task(t, o, "spring-visits")
	visits.Spec.Suspend = ptr.To(true)
	if p := compute(t, o); !p.Passed || p.Tasks[0].Ended != 1 {
		t.Errorf("%+v", p.Tasks)
	}
	visits.Spec.Suspend = nil
	o.Communities[0].Spec.Suspend = ptr.To(true)
	if p := compute(t, o); p.Passed || p.Tasks[0].Ended != 1 {
		t.Errorf("%+v", p.Tasks)
	}
}

func TestMistakes(t *testing.T) {
	o := load(t, "district.yaml")
	for name, c := range map[string]struct {
		options plan.Options
		want    string
	}{
		"no clock":     {plan.Options{}, "moment"},
		"no task":      {plan.Options{At: now, Proposed: []plan.Ref{{Namespace: "a", Name: "b"}}}, "no AdmittedTask b in namespace a"},
		"no community": {plan.Options{At: now, Communities: []plan.Ref{{Namespace: "street", Name: "b"}}}, "no Community b"},
	} {
		if _, err := plan.Compute(o, c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := plan.Compute(&plan.Objects{}, plan.Options{At: now}); err != nil || !p.Passed {
		t.Errorf("nothing at all: %+v, %v", p, err)
	}
}

func TestOtherTasksThatChange(t *testing.T) {
	before := load(t, "district.yaml", "proposals.yaml")
	o := load(t, "district.yaml", "proposals.yaml")
	o.Standards[0].Spec.Burden.Ledgers = ptr.To(int64(0))
	p := compute(t, o, func(p *plan.Options) { p.Before, p.Proposed = before, nil })
	want := plan.Shift{
		Task: plan.Ref{Namespace: "civil-affairs", Name: "old-age-allowance"},
		From: "Admitted", Was: "Admitted", To: "Refused", Is: "LedgerLimit",
	}
	for _, c := range p.Communities {
		if !slices.Equal(c.Others, []plan.Shift{want}) {
			t.Errorf("%+v", c.Others)
		}
	}
}
