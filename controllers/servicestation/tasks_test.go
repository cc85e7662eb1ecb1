package servicestation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/admission"
)

// door is a community with its station, and the parties that decide what enters.
type door struct {
	*controllertest.World

	station                        *v1alpha1.ServiceStation
	department, committee, finance string
	decided                        time.Time
}

func newDoor(w *controllertest.World) *door {
	d := &door{
		World: w, station: w.Station("anding"), department: w.Suite.Env.Namespace(w.T, v1alpha1.RoleDepartment),
		committee: w.Suite.Env.Namespace(w.T, v1alpha1.RoleCommittee), finance: w.Suite.Env.Namespace(w.T, v1alpha1.RoleFinance),
		decided: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC),
	}
	c := w.Community("anding")
	w.Create(c, d.station)
	w.Ready(c, d.station)
	return d
}

// task is a department's, with an item at the station, its money released.
func (d *door) task(name string) *v1alpha1.AdmittedTask {
	d.Helper()
	task := &v1alpha1.AdmittedTask{
		ObjectMeta: in(d.department, name),
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: v1alpha1.LocalizedText{ZH: "高龄津贴"}, Category: v1alpha1.CategoryAssist,
			LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "老年人权益保障条例"}, Level: v1alpha1.LevelMunicipal}},
			Target:     v1alpha1.TaskTarget{Communities: []v1alpha1.NamespacedReference{{Namespace: d.Namespace, Name: "anding"}}},
			Effective:  v1alpha1.TaskWindow{From: "2026-01-01"},
			Funding:    &v1alpha1.TaskFunding{PerCase: "2.00", Source: "区级财政专项", Periods: v1alpha1.PeriodsOnce},
			Data:       []v1alpha1.TaskData{{Element: "applicant-name", Use: v1alpha1.UseReuse, Purpose: "allowance", Basis: "law", RetentionDays: 30}},
			Service:    &v1alpha1.TaskService{Steps: []v1alpha1.LocalizedText{{ZH: "到窗口申请"}}},
		},
	}
	d.Create(&v1alpha1.TaskDecision{ObjectMeta: in(d.finance, name), Spec: v1alpha1.TaskDecisionSpec{
		TaskRef: v1alpha1.NamespacedReference{Namespace: d.department, Name: name},
		Funding: &v1alpha1.FundingRelease{Period: "once", Amount: "1000", Voucher: "V-1"},
	}})
	return task
}

// approve has the committee approve a task's present terms.
func (d *door) approve(task *v1alpha1.AdmittedTask) *v1alpha1.TaskDecision {
	d.Helper()
	d.decided = d.decided.Add(time.Hour)
	approval := &v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: d.committee, GenerateName: "approval-"},
		Spec: v1alpha1.TaskDecisionSpec{
			TaskRef: v1alpha1.NamespacedReference{Namespace: task.Namespace, Name: task.Name},
			Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(&task.Spec), Verdict: v1alpha1.VerdictApprove, Document: "会议纪要 7", DecidedAt: metav1.NewTime(d.decided),
			},
		},
	}
	d.Create(approval)
	return approval
}

// waits returns once the ledger has considered a task and not admitted it.
func (d *door) waits(task *v1alpha1.AdmittedTask) {
	d.Helper()
	ledger := &v1alpha1.TaskLedger{ObjectMeta: in(d.Namespace, "anding")}
	d.There(ledger, func() error {
		for _, e := range ledger.Status.Entries {
			if e.TaskRef.Name == task.Name && e.Digest == admission.Digest(&task.Spec) && e.Decision == v1alpha1.DecisionWaiting {
				return nil
			}
		}
		return fmt.Errorf("%s does not wait: %v", task.Name, ledger.Status.Entries)
	})
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
	d.waits(task)
	d.Settle(d.Namespace, d.Home("anding"))
	d.serves(nil)
	approval := d.approve(task)
	d.serves([]string{"allowance"}, `"name":"`+d.department+`.allowance"`, "高龄津贴", "申请人姓名", "到窗口申请", "每件 2 元", "区级财政专项", "老年人权益保障条例", `"retentionDays":30`)
	d.Delete(approval)
	d.serves(nil)
	d.approve(task)
	d.serves([]string{"allowance"})

	// Other terms are not served before they are approved.
	controllertest.Change(d.World, task, func(a *v1alpha1.AdmittedTask) { a.Spec.Service.Steps[0].ZH = "上门受理" })
	d.serves(nil)
	d.waits(task)
	d.Settle(d.Namespace, d.Home("anding"))
	d.serves(nil)
	d.approve(task)
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

// A task without a service is disclosed, and no more.
func TestTasksWithoutAnItem(t *testing.T) {
	d := newDoor(world(t))
	plain, served := d.task("publicity"), d.task("allowance")
	plain.Spec.Service, plain.Spec.Data = nil, nil
	d.Create(plain, served)
	d.approve(plain)
	d.approve(served)
	disclosed := &corev1.ConfigMap{ObjectMeta: in(d.Home("anding"), "station-items-1")}
	d.There(disclosed, func() error {
		if data := disclosed.Data["tasks-0000.json"]; !strings.Contains(data, `"name":"`+d.department+`/publicity"`) || strings.Contains(data, "allowance") {
			return fmt.Errorf("disclosed beside the items: %s", data)
		}
		return nil
	})
	d.serves([]string{"allowance"})
	d.Condition(d.station, v1alpha1.ConditionItemsReady, metav1.ConditionTrue, v1alpha1.ReasonItemsPublished,
		"2 items are published: 1 of the station's own and 1 of admitted tasks; 1 admitted tasks without an item are disclosed")
	d.Delete(plain)
	d.Gone(disclosed)
	d.serves([]string{"allowance"})
}

// What changes in a ledger beside the admissions concerns no station.
func TestLedgerAtRest(t *testing.T) {
	d := newDoor(world(t))
	task, other := d.task("allowance"), d.task("waiting")
	d.Create(task)
	d.approve(task)
	d.serves([]string{"allowance"})
	d.Settle(d.Namespace, d.Home("anding"))
	before := len(d.Suite.Traffic.Writes(d.Namespace, d.Home("anding")))
	d.Create(other)
	d.waits(other)
	d.Settle(d.Namespace, d.Home("anding"))
	for _, w := range d.Suite.Traffic.Writes(d.Namespace, d.Home("anding"))[before:] {
		if !strings.Contains(w.Path, "/taskledgers/") {
			t.Errorf("write %v", w)
		}
	}
}
