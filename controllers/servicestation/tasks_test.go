package servicestation_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/admission"
)

// door is a community with its station, a department, and the ledger between
// them, which the test writes as the operator would.
type door struct {
	*controllertest.World

	station    *v1alpha1.ServiceStation
	department string
	ledger     *v1alpha1.TaskLedger
	entries    map[string]v1alpha1.LedgerEntry
}

func newDoor(w *controllertest.World) *door {
	d := &door{
		World: w, station: w.Station("anding"), department: w.Suite.Env.Namespace(w.T, v1alpha1.RoleDepartment),
		ledger: &v1alpha1.TaskLedger{ObjectMeta: in(w.Namespace, "anding")}, entries: map[string]v1alpha1.LedgerEntry{},
	}
	c := w.Community("anding")
	w.Create(c, d.station)
	w.Ready(c, d.station)
	return d
}

// task is a department's, with an item at the station.
func (d *door) task(name string) *v1alpha1.AdmittedTask {
	return &v1alpha1.AdmittedTask{
		ObjectMeta: in(d.department, name),
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: v1alpha1.LocalizedText{ZH: "高龄津贴"}, Category: v1alpha1.CategoryAssist,
			LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "老年人权益保障条例"}, Level: v1alpha1.LevelMunicipal}},
			Effective:  v1alpha1.TaskWindow{From: "2026-01-01"},
			Funding:    &v1alpha1.TaskFunding{PerCase: "2.00", Source: "区级财政专项"},
			Data:       []v1alpha1.TaskData{{Element: "applicant-name", Use: v1alpha1.UseReuse, Purpose: "allowance", Basis: "law", RetentionDays: 30}},
			Service:    &v1alpha1.TaskService{Steps: []v1alpha1.LocalizedText{{ZH: "到窗口申请"}}},
		},
	}
}

// decide writes the ledger as the operator would.
func (d *door) decide(task string, decision v1alpha1.LedgerDecision, reason v1alpha1.LedgerReason, digest v1alpha1.TaskDigest) {
	d.Helper()
	d.entries[task] = v1alpha1.LedgerEntry{
		TaskRef: v1alpha1.NamespacedReference{Namespace: d.department, Name: task}, Decision: decision, Reason: reason, Digest: digest,
	}
	operator, err := client.New(d.Suite.Env.Operator(), client.Options{Scheme: d.Suite.Env.Scheme})
	if err != nil {
		d.Fatal(err)
	}
	if d.ledger.UID == "" {
		if err := operator.Create(d.Context(), d.ledger); err != nil {
			d.Fatal(err)
		}
	}
	before := d.ledger.DeepCopy()
	d.ledger.Status.Entries = nil
	for _, entry := range d.entries {
		d.ledger.Status.Entries = append(d.ledger.Status.Entries, entry)
	}
	if err := operator.Status().Patch(d.Context(), d.ledger, client.MergeFrom(before)); err != nil {
		d.Fatal(err)
	}
}

func (d *door) admit(task *v1alpha1.AdmittedTask) {
	d.Helper()
	d.decide(task.Name, v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted, admission.Digest(&task.Spec))
}

// serves waits until the station serves the items of these tasks and no others,
// says so, and its ConfigMap holds every text.
func (d *door) serves(tasks []string, texts ...string) {
	d.Helper()
	items := &corev1.ConfigMap{ObjectMeta: in(d.Home("anding"), "station-items-0")}
	d.There(items, func() error {
		data := items.Data["items-0000.json"]
		if n := strings.Count(data, `"task":`); n != len(tasks) {
			return fmt.Errorf("%d items of tasks are served, want %d", n, len(tasks))
		}
		for _, text := range texts {
			if !strings.Contains(data, text) {
				return fmt.Errorf("nothing says %q: %s", text, data)
			}
		}
		return nil
	})
	d.There(d.station, func() error {
		var served []string
		for _, ref := range d.station.Status.ServedTasks {
			if ref.Namespace == d.department {
				served = append(served, ref.Name)
			}
		}
		if !slices.Equal(served, tasks) || *d.station.Status.Items != int64(1+len(tasks)) {
			return fmt.Errorf("the status names %v as served, and %d items", served, *d.station.Status.Items)
		}
		return nil
	})
	message := "1 items are published"
	if len(tasks) > 0 {
		message = fmt.Sprintf("%d items are published: 1 of the station's own and %d of admitted tasks", 1+len(tasks), len(tasks))
	}
	d.Condition(d.station, v1alpha1.ConditionItemsReady, metav1.ConditionTrue, v1alpha1.ReasonItemsPublished, message)
}

// An item is there exactly while the ledger admits its task on its present
// terms, and no pod is restarted for it.
func TestItemsOfAdmittedTasks(t *testing.T) {
	d := newDoor(world(t))
	deployment := &appsv1.Deployment{ObjectMeta: in(d.Home("anding"), "desk")}
	d.Get(deployment)
	generation := deployment.Generation
	task := d.task("allowance")
	d.Create(task)
	d.decide(task.Name, v1alpha1.DecisionWaiting, v1alpha1.LedgerAwaitingApproval, admission.Digest(&task.Spec))
	d.Settle(d.Namespace, d.Home("anding"))
	d.serves(nil)
	d.admit(task)
	d.serves([]string{"allowance"}, `"name":"`+d.department+`.allowance"`, "高龄津贴", "申请人姓名", "到窗口申请", "每件 2 元", "区级财政专项", "老年人权益保障条例", `"retentionDays":30`)
	d.decide(task.Name, v1alpha1.DecisionEnded, v1alpha1.LedgerExpired, admission.Digest(&task.Spec))
	d.serves(nil)
	d.decide(task.Name, v1alpha1.DecisionAdmitted, v1alpha1.LedgerAdmitted, v1alpha1.TaskDigest("sha256:"+strings.Repeat("0", 64)))
	d.Settle(d.Namespace, d.Home("anding"))
	d.serves(nil)
	d.admit(task)
	d.serves([]string{"allowance"})

	// The terms change: the item is gone before the ledger says anything.
	controllertest.Change(d.World, task, func(a *v1alpha1.AdmittedTask) { a.Spec.Service.Steps[0].ZH = "上门受理" })
	d.serves(nil)
	d.admit(task)
	d.serves([]string{"allowance"}, "上门受理")

	// A pause does not change the terms, and the item is gone all the same.
	controllertest.Change(d.World, task, func(a *v1alpha1.AdmittedTask) { a.Spec.Suspend = ptr.To(true) })
	d.serves(nil)
	controllertest.Change(d.World, task, func(a *v1alpha1.AdmittedTask) { a.Spec.Suspend = ptr.To(false) })
	d.serves([]string{"allowance"})

	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: d.department}}
	controllertest.Change(d.World, ns, func(ns *corev1.Namespace) {
		ns.Annotations = map[string]string{v1alpha1.TitleZHAnnotation: "区民政局"}
	})
	d.serves([]string{"allowance"}, `"department":{"zh":"区民政局"}`)

	d.Delete(task)
	d.Gone(task)
	d.serves(nil)
	if d.Get(deployment); deployment.Generation != generation {
		t.Error("the desk was rolled out anew")
	}
	d.Ready(d.station)
}

// A task without a service is disclosed; one that asks for what the standard
// does not declare is disclosed too, has no item, and the station says why.
func TestTasksWithoutAnItem(t *testing.T) {
	d := newDoor(world(t))
	plain, greedy, early := d.task("publicity"), d.task("census"), d.task("early")
	plain.Spec.Service, plain.Spec.Data = nil, nil
	greedy.Spec.Data[0].Element = "occupation"
	// The ledger may be seen before the task.
	d.admit(early)
	d.Create(plain, greedy)
	d.admit(plain)
	d.admit(greedy)
	disclosed := &corev1.ConfigMap{ObjectMeta: in(d.Home("anding"), "station-items-1")}
	d.There(disclosed, func() error {
		for _, name := range []string{"publicity", "census"} {
			if !strings.Contains(disclosed.Data["tasks-0000.json"], `"name":"`+d.department+"/"+name+`"`) {
				return errors.New(name + " is not disclosed")
			}
		}
		return nil
	})
	d.Condition(d.station, v1alpha1.ConditionItemsReady, metav1.ConditionFalse, v1alpha1.ReasonUnknownElement, d.department+"/census: occupation", "Declare them")
	d.Create(early)
	d.There(d.station, func() error {
		if len(d.station.Status.ServedTasks) != 1 {
			return errors.New("the task that came late is not served")
		}
		return nil
	})
	d.Delete(greedy)
	d.Condition(d.station, v1alpha1.ConditionItemsReady, metav1.ConditionTrue, v1alpha1.ReasonItemsPublished,
		"2 items are published: 1 of the station's own and 1 of admitted tasks; 1 admitted tasks without an item are disclosed")
	d.Delete(plain)
	d.Gone(disclosed)
	d.serves([]string{"early"})
}

// What changes in a ledger beside the admissions concerns no station.
func TestLedgerAtRest(t *testing.T) {
	d := newDoor(world(t))
	task := d.task("allowance")
	d.Create(task)
	d.admit(task)
	d.serves([]string{"allowance"})
	d.Settle(d.Namespace, d.Home("anding"))
	before := len(d.Suite.Traffic.Writes(d.Namespace, d.Home("anding")))
	d.decide("refused", v1alpha1.DecisionRefused, v1alpha1.LedgerCapacityExceeded, "")
	d.decide("waiting", v1alpha1.DecisionWaiting, v1alpha1.LedgerAwaitingApproval, "")
	d.Settle(d.Namespace, d.Home("anding"))
	if after := d.Suite.Traffic.Writes(d.Namespace, d.Home("anding")); len(after) != before {
		t.Errorf("writes %v", after[before:])
	}
}
