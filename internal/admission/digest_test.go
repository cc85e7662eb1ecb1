package admission_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

// fullSpec has a value in every field.
func fullSpec() *v1alpha1.AdmittedTaskSpec {
	text := v1alpha1.LocalizedText{ZH: "事项", EN: "Task"}
	return &v1alpha1.AdmittedTaskSpec{
		Title: text, CatalogueCode: "b-1", Category: v1alpha1.CategoryCampaign,
		LegalBasis: []v1alpha1.LegalBasis{{ID: "b", Title: text, DocumentNumber: "1", Level: v1alpha1.LevelMunicipal, Issued: "2020-01-01", Expires: "2030-01-01"}, {ID: "a", Title: text, Level: v1alpha1.LevelDistrict}},
		Scope: &v1alpha1.TaskScope{Verbs: []v1alpha1.TaskVerb{"Inspect", "Discover"}, Authority: &v1alpha1.TaskAuthority{
			Instrument: "1", Verbs: []v1alpha1.TaskVerb{"Inspect", "Discover"}, Until: "2030-01-01"}},
		Target: v1alpha1.TaskTarget{
			Communities: []v1alpha1.NamespacedReference{{Namespace: "b", Name: "a"}, {Namespace: "a", Name: "b"}},
			SubdistrictSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}, MatchExpressions: []metav1.LabelSelectorRequirement{
				{Key: "c", Operator: "In", Values: []string{"d"}}}},
		},
		Effective: v1alpha1.TaskWindow{From: "2026-01-01", Until: "2027-01-01"},
		Workload: &v1alpha1.TaskWorkload{
			CasesPerYear: 1, CasesPerThousandResidents: 2, MinutesPerCase: 3, Ledgers: ptr.To(int64(4)),
			Visits:  &v1alpha1.VisitLoad{HouseholdPercent: 5, TimesPerYear: 6, MinutesPerVisit: 7, Combinable: ptr.To(true)},
			Reports: &v1alpha1.ReportLoad{PerYear: 8, MinutesEach: 9, Indicators: ptr.To(int64(10))},
		},
		Funding: &v1alpha1.TaskFunding{PerCase: "1", PerHousehold: "2", PerCommunity: "3", Source: "city", Periods: v1alpha1.PeriodsMonthly},
		Data: []v1alpha1.TaskData{{Element: "b", Use: v1alpha1.UseCollect, Purpose: "p", Basis: "a", RetentionDays: 1},
			{Element: "a", Use: v1alpha1.UseReuse, Purpose: "p", Basis: "consent", RetentionDays: 2}},
		Deliveries: []v1alpha1.TaskDelivery{{SystemRef: v1alpha1.LocalReference{Name: "s"}, Purpose: "p", Elements: []v1alpha1.DataElementCode{"b", "a"}}},
		Service: &v1alpha1.TaskService{
			Steps: []v1alpha1.LocalizedText{text}, Materials: []v1alpha1.LocalizedText{text}, AcceptWithinMinutes: 1, ResolveWithinMinutes: 2,
			OnlineApplication: v1alpha1.OnlineOffered,
		},
		Suspend: ptr.To(true),
	}
}

// The digest of these terms never changes: approvals are for it.
func TestDigestIsGolden(t *testing.T) {
	for name, row := range map[string]struct {
		spec *v1alpha1.AdmittedTaskSpec
		want string
	}{
		"small": {&newTask("any").Spec, "sha256:69e375b680559dee55abf7d39e826634db566202da75d9457a41f43a08d499e7"},
		"full":  {fullSpec(), "sha256:9aa804500911d20ada9aec7bf54b086174de8abecb634da7e4c239c4e5c358d0"},
	} {
		if got := string(admission.Digest(row.spec)); got != row.want {
			t.Errorf("%s: %s, want %s, of %s", name, got, row.want, admission.Terms(row.spec))
		}
	}
}

// leaves visits every string, number and flag below a value, with its path and a
// function that changes it.
func leaves(path string, v reflect.Value, visit func(path string, change func())) {
	switch v.Kind() {
	case reflect.Pointer:
		leaves(path, v.Elem(), visit)
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(path+"."+v.Type().Field(i).Name, v.Field(i), visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			leaves(fmt.Sprintf("%s[%d]", path, i), v.Index(i), visit)
		}
	case reflect.Map:
		visit(path, func() { v.SetMapIndex(reflect.ValueOf("more"), reflect.ValueOf("more")) })
	case reflect.String:
		visit(path, func() { v.SetString(v.String() + "x") })
	case reflect.Int64:
		visit(path, func() { v.SetInt(v.Int() + 1) })
	case reflect.Bool:
		visit(path, func() { v.SetBool(!v.Bool()) })
	default:
		panic("a spec has a field of kind " + v.Kind().String() + " at " + path)
	}
}

// Every field of a spec but suspend is part of its terms: changing any changes
// the digest, and so does leaving any out or adding to a list.
func TestDigestCoversEveryField(t *testing.T) {
	want := admission.Digest(fullSpec())
	seen := map[v1alpha1.TaskDigest]string{want: "nothing"}
	count := 0
	var paths []string
	leaves("spec", reflect.ValueOf(fullSpec()), func(path string, _ func()) { paths = append(paths, path) })
	for _, path := range paths {
		spec := fullSpec()
		leaves("spec", reflect.ValueOf(spec), func(p string, change func()) {
			if p == path {
				change()
			}
		})
		got := admission.Digest(spec)
		if path == "spec.Suspend" {
			if got != want {
				t.Error("suspending a task changes its terms")
			}
			continue
		}
		if other, ok := seen[got]; ok {
			t.Errorf("changing %s has the digest of changing %s", path, other)
		}
		seen[got] = path
		count++
	}
	if count < 60 {
		t.Errorf("only %d fields were changed", count)
	}
	top := reflect.ValueOf(fullSpec()).Elem()
	for i := range top.NumField() {
		name := top.Type().Field(i).Name
		if top.Field(i).IsZero() {
			t.Errorf("the test leaves %s out", name)
		}
		spec := fullSpec()
		field := reflect.ValueOf(spec).Elem().Field(i)
		field.SetZero()
		if (admission.Digest(spec) == want) != (name == "Suspend") {
			t.Errorf("leaving %s out", name)
		}
		if field.Kind() == reflect.Slice {
			spec = fullSpec()
			field = reflect.ValueOf(spec).Elem().Field(i)
			field.Set(reflect.Append(field, reflect.New(field.Type().Elem()).Elem()))
			if admission.Digest(spec) == want {
				t.Errorf("adding to %s changes nothing", name)
			}
		}
	}
}

// What the API server fills in, and the order of lists whose order means nothing,
// is no other terms; the order of steps and deliveries is.
func TestDigestIgnoresWhatMeansNothing(t *testing.T) {
	spec := &newTask("any").Spec
	spec.Workload.Visits = &v1alpha1.VisitLoad{HouseholdPercent: 1, TimesPerYear: 1, MinutesPerVisit: 1}
	spec.Workload.Reports = &v1alpha1.ReportLoad{PerYear: 1, MinutesEach: 1}
	spec.Service, spec.Funding.Periods = &v1alpha1.TaskService{}, ""
	filled := spec.DeepCopy()
	filled.Workload.Ledgers, filled.Workload.Visits.Combinable, filled.Workload.Reports.Indicators = ptr.To(int64(0)), ptr.To(false), ptr.To(int64(0))
	filled.Service.OnlineApplication, filled.Funding.Periods, filled.Suspend = v1alpha1.OnlineCounterOnly, v1alpha1.PeriodsYearly, ptr.To(false)
	if string(admission.Terms(spec)) != string(admission.Terms(filled)) {
		t.Errorf("defaults change the terms:\n%s\n%s", admission.Terms(spec), admission.Terms(filled))
	}
	if spec.Workload.Ledgers != nil || spec.Funding.Periods != "" {
		t.Error("reading a spec changed it")
	}
	other := fullSpec()
	slices.Reverse(other.LegalBasis)
	slices.Reverse(other.Data)
	slices.Reverse(other.Target.Communities)
	slices.Reverse(other.Scope.Verbs)
	slices.Reverse(other.Scope.Authority.Verbs)
	slices.Reverse(other.Deliveries[0].Elements)
	if admission.Digest(other) != admission.Digest(fullSpec()) {
		t.Error("the order of sets changes the digest")
	}
	other.Service.Steps = []v1alpha1.LocalizedText{{ZH: "一"}, {ZH: "二"}}
	turned := other.DeepCopy()
	slices.Reverse(turned.Service.Steps)
	if admission.Digest(other) == admission.Digest(turned) {
		t.Error("the order of steps is nobody's terms")
	}
}

// Over random districts no two terms share a digest.
func TestDigestsDiffer(t *testing.T) {
	seen := map[v1alpha1.TaskDigest]string{}
	for seed := range uint64(10) {
		for _, task := range admissiontest.New(seed, admissiontest.Options{Tasks: 100}).Tasks {
			digest, terms := admission.Digest(&task.Spec), string(admission.Terms(&task.Spec))
			if other, ok := seen[digest]; ok && other != terms {
				t.Errorf("two terms have the digest %s", digest)
			}
			seen[digest] = terms
			if !strings.HasPrefix(string(digest), "sha256:") || len(digest) != 71 {
				t.Errorf("%q is no digest", digest)
			}
		}
	}
	if len(seen) < 900 {
		t.Errorf("only %d terms were compared", len(seen))
	}
}

// A decision by someone who has no say in it counts for nothing, and so does one
// that says nothing, two things, or is being taken back.
func TestRecordsOfThoseWhoHaveNoSay(t *testing.T) {
	approval := func(verdict v1alpha1.ApprovalVerdict) *v1alpha1.Approval {
		return &v1alpha1.Approval{TaskDigest: admission.Digest(&newTask("subject").Spec), Verdict: verdict, DecidedAt: metav1.NewTime(now)}
	}
	money := &v1alpha1.FundingRelease{Period: "2026", Amount: "500"}
	contest := objection("no").Spec.Contest
	deleted := decision("committee", "no", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: approval(v1alpha1.VerdictReject)})
	deleted.DeletionTimestamp = ptr.To(metav1.NewTime(now))
	for name, row := range map[string]struct {
		decision *v1alpha1.TaskDecision
		silent   bool // approval
		unfunded bool
		want     v1alpha1.LedgerReason
	}{
		"a department approves its own task": {decision("dept", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: approval("Approve")}), true, false, "AwaitingApproval"},
		"the finance bureau approves":        {decision("finance", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: approval("Approve")}), true, false, "AwaitingApproval"},
		"nobody approves":                    {decision("elsewhere", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: approval("Approve")}), true, false, "AwaitingApproval"},
		"a sub-district rejects":             {decision("street", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: approval("Reject")}), false, false, "Admitted"},
		"a department funds its own task":    {decision("dept", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Funding: money}), false, true, "FundingNotReleased"},
		"the committee funds":                {decision("committee", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Funding: money}), false, true, "FundingNotReleased"},
		"a department contests":              {decision("dept", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Contest: contest}), false, false, "Admitted"},
		"another sub-district contests":      {decision("street-2", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Contest: contest}), false, false, "Admitted"},
		"a sub-district contests another task": {decision("street", "a", v1alpha1.TaskDecisionSpec{
			TaskRef: ref("other"), Contest: contest}), false, false, "Admitted"},
		"two things at once": {decision("committee", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: approval("Approve"),
			Ruling: &v1alpha1.Ruling{}}), true, false, "AwaitingApproval"},
		"nothing":                      {decision("committee", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject}), true, false, "AwaitingApproval"},
		"a rejection taken back":       {deleted, false, false, "Admitted"},
		"the finance bureau funds":     {decision("finance", "a", v1alpha1.TaskDecisionSpec{TaskRef: subject, Funding: money}), false, true, "Admitted"},
		"its own sub-district objects": {objection("no"), false, false, "Contested"},
	} {
		s := newScene()
		s.silent, s.unfunded, s.decisions = row.silent, row.unfunded, []*v1alpha1.TaskDecision{row.decision}
		if a := find(t, settled(t, s.doorstep().Snapshot), subject); a.Entry.Reason != row.want {
			t.Errorf("%s: %s %s, want %s", name, a.Entry.Reason, a.Entry.Message, row.want)
		}
	}
}

// The latest ruling on a contest counts, by those who may rule, on this task; and
// the latest verdict on these terms. A tie is broken by name, not by order.
func TestLatestWordCounts(t *testing.T) {
	foreign := ruling("z", "no", v1alpha1.VerdictUphold, now)
	foreign.Namespace = "street"
	elsewhere := ruling("z", "no", v1alpha1.VerdictUphold, now)
	elsewhere.Spec.TaskRef.Name = "other"
	for name, row := range map[string]struct {
		rulings []*v1alpha1.TaskDecision
		want    v1alpha1.LedgerDecision
	}{
		"dismissed last": {[]*v1alpha1.TaskDecision{ruling("b", "no", v1alpha1.VerdictDismiss, now), ruling("a", "no", v1alpha1.VerdictUphold, now.Add(-time.Hour))}, v1alpha1.DecisionAdmitted},
		"upheld last":    {[]*v1alpha1.TaskDecision{ruling("a", "no", v1alpha1.VerdictDismiss, now.Add(-time.Hour)), ruling("b", "no", v1alpha1.VerdictUphold, now)}, v1alpha1.DecisionRefused},
		"at once":        {[]*v1alpha1.TaskDecision{ruling("a", "no", v1alpha1.VerdictDismiss, now), ruling("b", "no", v1alpha1.VerdictUphold, now)}, v1alpha1.DecisionRefused},
		"by the street":  {[]*v1alpha1.TaskDecision{foreign}, v1alpha1.DecisionContested},
		"of other tasks": {[]*v1alpha1.TaskDecision{elsewhere}, v1alpha1.DecisionContested},
		"of others":      {[]*v1alpha1.TaskDecision{ruling("a", "yes", v1alpha1.VerdictDismiss, now)}, v1alpha1.DecisionContested},
	} {
		for range 4 {
			s := newScene()
			s.decisions = append(slices.Clone(row.rulings), objection("no"))
			rand.Shuffle(len(s.decisions), func(i, j int) { s.decisions[i], s.decisions[j] = s.decisions[j], s.decisions[i] })
			if a := find(t, settled(t, s.doorstep().Snapshot), subject); a.Entry.Decision != row.want {
				t.Errorf("%s: %s %s", name, a.Entry.Decision, a.Entry.Message)
			}
		}
	}
	for _, last := range []v1alpha1.ApprovalVerdict{v1alpha1.VerdictApprove, v1alpha1.VerdictReject} {
		s := newScene()
		s.silent = true
		for i, verdict := range []v1alpha1.ApprovalVerdict{v1alpha1.VerdictApprove, v1alpha1.VerdictReject, last} {
			s.decisions = append(s.decisions, decision("committee", fmt.Sprint(i), v1alpha1.TaskDecisionSpec{TaskRef: subject, Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(s.spec), Verdict: verdict, DecidedAt: metav1.NewTime(now.Add(time.Duration(i) * time.Minute)),
			}}))
		}
		a := find(t, settled(t, s.doorstep().Snapshot), subject)
		if (a.Entry.Decision == v1alpha1.DecisionAdmitted) != (last == v1alpha1.VerdictApprove) {
			t.Errorf("after %s it is %s", last, a.Entry.Decision)
		}
	}
}
