package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
)

// Without the Namespaces their roles follow from what is in them, and the plan
// says so; only labels that were selected by are missing.
func TestRolesAreInferred(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	want := said(compute(t, o))
	o.Namespaces = nil
	for _, x := range o.Tasks {
		if x.Spec.Target.SubdistrictSelector != nil {
			x.Spec.Target = v1alpha1.TaskTarget{SubdistrictSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: "street"}}}
		}
	}
	for _, d := range o.Decisions {
		if d.Spec.Approval != nil {
			d.Spec.Approval.TaskDigest = admission.Digest(&task(t, o, d.Spec.TaskRef.Name).Spec)
		}
	}
	p := compute(t, o)
	if got := said(p); len(got) != len(want) || got["lianhu income-survey"] != want["lianhu income-survey"] {
		t.Errorf("%v, want %v", got, want)
	}
	notes := strings.Join(p.Notes, "\n")
	for _, note := range []string{
		"namespace street is declared nowhere; its role is taken to be subdistrict, since it holds Communities",
		"its role is taken to be department, since it holds AdmittedTasks",
		"its role is taken to be committee", "its role is taken to be finance",
	} {
		if !strings.Contains(notes, note) {
			t.Errorf("%q is not noted: %s", note, notes)
		}
	}
}

func TestRolesThatCannotBeTold(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	o.Namespaces = slices.DeleteFunc(o.Namespaces, func(n *corev1.Namespace) bool { return n.Name == "health" })
	say(o, "health", v1alpha1.TaskDecisionSpec{TaskRef: plan.Ref{Namespace: "a", Name: "b"}, Funding: &v1alpha1.FundingRelease{Period: "2026", Amount: "1", Voucher: "1"}})
	p := compute(t, o)
	if notes := strings.Join(p.Notes, "\n"); !strings.Contains(notes, "AdmittedTasks as well as releases of money, so its role can't be told") || p.Passed {
		t.Errorf("%q", notes)
	}
	// A namespace that is declared speaks for itself.
	o = load(t, "district.yaml", "proposals.yaml")
	for _, n := range o.Namespaces {
		n.Labels = nil
	}
	p = compute(t, o)
	if notes := strings.Join(p.Notes, "\n"); len(p.Communities) != 0 || !strings.Contains(notes, "namespace street is not labelled shequ.io/role=subdistrict: 2 Community there counts for nothing") {
		t.Errorf("%d communities, %q", len(p.Communities), notes)
	}
}

func TestOverlay(t *testing.T) {
	base, files := load(t, "district.yaml"), load(t, "proposals.yaml")
	created := metav1.NewTime(now.Add(-time.Hour))
	base.Communities[0].CreationTimestamp = created
	base.Ledgers = []*v1alpha1.TaskLedger{{ObjectMeta: metav1.ObjectMeta{Namespace: "street", Name: "anding"}, Status: v1alpha1.TaskLedgerStatus{ObservedGeneration: 7}}}
	next := base.Communities[0].DeepCopy()
	next.CreationTimestamp = metav1.Time{}
	next.Spec.Workforce[0].Count = ptr.To(int64(20))
	files.Communities = []*v1alpha1.Community{next}
	files.Ledgers = []*v1alpha1.TaskLedger{
		{ObjectMeta: metav1.ObjectMeta{Namespace: "street", Name: "anding"}},
		{ObjectMeta: metav1.ObjectMeta{Namespace: "street", Name: "lianhu"}},
	}
	o := plan.Overlay(base, files)
	if len(o.Communities) != 2 || *o.Communities[0].Spec.Workforce[0].Count != 20 || !o.Communities[0].CreationTimestamp.Equal(&created) {
		t.Errorf("%+v", o.Communities)
	}
	if len(o.Ledgers) != 2 || o.Ledgers[1].Status.ObservedGeneration+o.Ledgers[0].Status.ObservedGeneration != 7 || len(o.Tasks) != 4 {
		t.Errorf("%d ledgers, %d tasks", len(o.Ledgers), len(o.Tasks))
	}
	if *base.Communities[0].Spec.Workforce[0].Count != 2 || !next.CreationTimestamp.IsZero() {
		t.Error("an input was changed")
	}
	if got := said(compute(t, o)); got["anding health-files"] != v1alpha1.LedgerAdmitted {
		t.Errorf("%v", got)
	}
}

// The station that serves a community is the oldest one; one in a file is younger
// than any that is there.
func TestTheOldestStationServes(t *testing.T) {
	o := load(t, "district.yaml")
	o.Standards[0].Spec.Station = &v1alpha1.StationRule{SquareMeters: 150, RuleMeta: v1alpha1.RuleMeta{Effect: v1alpha1.EffectEnforce}}
	station := func(name string, area int64, at time.Time) *v1alpha1.ServiceStation {
		return &v1alpha1.ServiceStation{
			ObjectMeta: metav1.ObjectMeta{Namespace: "street", Name: name, CreationTimestamp: metav1.NewTime(at)},
			Spec:       v1alpha1.ServiceStationSpec{CommunityRef: v1alpha1.LocalReference{Name: "anding"}, PremisesSquareMeters: area},
		}
	}
	o.Stations = []*v1alpha1.ServiceStation{station("a", 10, time.Time{}), station("b", 10, now), station("c", 200, now.Add(-time.Hour))}
	p := compute(t, o)
	if got := p.Communities[0].Ledger.Entries[0].Reason; got != v1alpha1.LedgerAdmitted {
		t.Errorf("%s: another station than the oldest was taken", got)
	}
	o.Stations[1].CreationTimestamp = metav1.NewTime(now.Add(-2 * time.Hour))
	if got := compute(t, o).Communities[0].Ledger.Entries[0].Reason; got != v1alpha1.LedgerNormNotMet {
		t.Errorf("%s: another station than the oldest was taken", got)
	}
}

func TestExplain(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	files := ref(task(t, o, "health-files"))
	explain := func(communities ...plan.Ref) *plan.Explanation {
		e, err := plan.Explain(o, files, plan.Options{At: now, Communities: communities})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e := explain()
	if len(e.Communities) != 2 || e.Communities[0].Current || e.Communities[0].Recorded != nil || e.Communities[0].Answer.Reason != v1alpha1.LedgerAwaitingApproval {
		t.Fatalf("%+v", e)
	}
	// With the ledgers the engine wrote, both agree.
	for _, c := range compute(t, o, strict).Communities {
		o.Ledgers = append(o.Ledgers, &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: c.Ref.Namespace, Name: c.Ref.Name}, Status: c.Ledger})
	}
	if e := explain(); !e.Communities[0].Current || !e.Communities[1].Current {
		t.Errorf("%+v", e)
	}
	if e := explain(plan.Ref{Namespace: "street", Name: "lianhu"}); len(e.Communities) != 1 {
		t.Errorf("%d communities", len(e.Communities))
	}
	// A task that is gone is remembered by the ledgers.
	o.Tasks = slices.DeleteFunc(o.Tasks, func(x *v1alpha1.AdmittedTask) bool { return ref(x) == files })
	if e := explain(); len(e.Communities) != 2 || e.Digest != "" || e.Communities[0].Answer != nil || e.Communities[0].Current {
		t.Errorf("%+v", e)
	}
	files.Name = "never"
	if _, err := plan.Explain(o, files, plan.Options{At: now}); err == nil || !strings.Contains(err.Error(), "no ledger remembers one") {
		t.Error(err)
	}
}

func TestTop(t *testing.T) {
	o := load(t, "district.yaml", "proposals.yaml")
	for _, c := range compute(t, o).Communities {
		o.Ledgers = append(o.Ledgers, &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: c.Ref.Namespace, Name: c.Ref.Name}, Status: c.Ledger})
	}
	for by, want := range map[plan.Sort][2]string{
		plan.ByMinutes: {"lianhu", "health-files"}, plan.ByShare: {"lianhu", "health-files"},
		plan.ByTasks: {"anding", "old-age-allowance"}, plan.ByMoney: {"lianhu", "health-files"},
	} {
		if err := by.Valid(); err != nil {
			t.Error(err)
		}
		communities, tasks := plan.TopCommunities(o, by), plan.TopTasks(o, by)
		if communities[0].Ref.Name != want[0] || tasks[0].Ref.Name != want[1] {
			t.Errorf("by %s: %s and %s, want %v", by, communities[0].Ref.Name, tasks[0].Ref.Name, want)
		}
	}
	tasks := plan.TopTasks(o, plan.ByMinutes)
	if tasks[0].Placed != 1 || tasks[0].Refused != 1 || tasks[0].MinutesPerYear != 150720 || tasks[0].FundingPerYear != "82500" {
		t.Errorf("%+v", tasks[0])
	}
	o.Ledgers = o.Ledgers[:1]
	if loads := plan.TopCommunities(o, plan.ByShare); !loads[0].Recorded || loads[1].Recorded {
		t.Errorf("%+v", loads)
	}
	if plan.Sort("names").Valid() == nil {
		t.Error("an order there is none of")
	}
}
