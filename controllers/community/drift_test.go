package community_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
)

func quantity(text string) *resource.Quantity {
	q := resource.MustParse(text)
	return &q
}

// change is one foreign change and how to see it.
type change struct {
	name string
	obj  func(home string) client.Object
	edit func(client.Object)
	// changed reports whether the change is there.
	changed func(client.Object) bool
	title   string
}

func ingress() []networkingv1.NetworkPolicyIngressRule {
	return []networkingv1.NetworkPolicyIngressRule{{}} // from everywhere
}

func changes() []change {
	policyOf := func(name string) func(string) client.Object {
		return func(home string) client.Object { return &networkingv1.NetworkPolicy{ObjectMeta: in(home, name)} }
	}
	open := func(o client.Object) { o.(*networkingv1.NetworkPolicy).Spec.Ingress = ingress() }
	return []change{
		{"a rule added to default-deny", policyOf("default-deny"), open,
			func(o client.Object) bool { return len(o.(*networkingv1.NetworkPolicy).Spec.Ingress) > 0 }, "NetworkPolicy %s/default-deny"},
		{"a policy opened", policyOf("portal"), open,
			func(o client.Object) bool { return len(o.(*networkingv1.NetworkPolicy).Spec.Ingress[0].From) == 0 }, "NetworkPolicy %s/portal"},
		{"a selector key added", func(home string) client.Object { return &corev1.Service{ObjectMeta: in(home, "portal")} },
			func(o client.Object) { o.(*corev1.Service).Spec.Selector["more"] = "x" },
			func(o client.Object) bool { return len(o.(*corev1.Service).Spec.Selector) > 1 }, "Service %s/portal"},
		{"content edited", func(home string) client.Object { return &corev1.ConfigMap{ObjectMeta: in(home, "portal-content")} },
			func(o client.Object) { o.(*corev1.ConfigMap).Data["site.json"] = "{}" },
			func(o client.Object) bool { return o.(*corev1.ConfigMap).Data["site.json"] == "{}" }, "ConfigMap %s/portal-content"},
		{"replicas raised", func(home string) client.Object { return &appsv1.Deployment{ObjectMeta: in(home, "portal")} },
			func(o client.Object) { o.(*appsv1.Deployment).Spec.Replicas = ptr.To(int32(7)) },
			func(o client.Object) bool { return *o.(*appsv1.Deployment).Spec.Replicas == 7 }, "Deployment %s/portal"},
		{"quota raised", func(home string) client.Object { return &corev1.ResourceQuota{ObjectMeta: in(home, "community")} },
			func(o client.Object) { o.(*corev1.ResourceQuota).Spec.Hard["pods"] = *quantity("900") },
			func(o client.Object) bool {
				return ptr.To(o.(*corev1.ResourceQuota).Spec.Hard["pods"]).Value() == 900
			}, "ResourceQuota %s/community"},
		{"limits taken away", func(home string) client.Object { return &corev1.LimitRange{ObjectMeta: in(home, "community")} },
			func(o client.Object) { o.(*corev1.LimitRange).Spec.Limits = nil },
			func(o client.Object) bool { return len(o.(*corev1.LimitRange).Spec.Limits) == 0 }, "LimitRange %s/community"},
		{"a subject added", binding,
			func(o client.Object) {
				b := o.(*rbacv1.RoleBinding)
				b.Subjects = append(b.Subjects, rbacv1.Subject{Kind: "Group", APIGroup: rbacv1.GroupName, Name: "intruders"})
			},
			func(o client.Object) bool { return len(o.(*rbacv1.RoleBinding).Subjects) > 1 }, "RoleBinding %s/"},
		{"a token mounted", func(home string) client.Object { return &corev1.ServiceAccount{ObjectMeta: in(home, "portal")} },
			func(o client.Object) { o.(*corev1.ServiceAccount).AutomountServiceAccountToken = ptr.To(true) },
			func(o client.Object) bool { return *o.(*corev1.ServiceAccount).AutomountServiceAccountToken }, "ServiceAccount %s/portal"},
		{"a budget tightened", func(home string) client.Object { return &policyv1.PodDisruptionBudget{ObjectMeta: in(home, "portal")} },
			func(o client.Object) {
				o.(*policyv1.PodDisruptionBudget).Spec.MaxUnavailable = ptr.To(intstr.FromInt32(0))
			},
			func(o client.Object) bool {
				return o.(*policyv1.PodDisruptionBudget).Spec.MaxUnavailable.IntValue() == 0
			}, "PodDisruptionBudget %s/portal"},
		{"pod security loosened", func(home string) client.Object { return namespace(home) },
			func(o client.Object) { o.GetLabels()["pod-security.kubernetes.io/enforce"] = "privileged" },
			func(o client.Object) bool {
				return o.GetLabels()["pod-security.kubernetes.io/enforce"] != "restricted"
			}, "Namespace %s"},
	}
}

func binding(home string) client.Object {
	var list rbacv1.RoleBindingList
	if err := suite.Env.Client.List(context.Background(), &list, client.InNamespace(home)); err != nil || len(list.Items) != 1 {
		panic(fmt.Sprintf("%d role bindings in %s: %v", len(list.Items), home, err))
	}
	return &rbacv1.RoleBinding{ObjectMeta: in(home, list.Items[0].Name)}
}

func drifting(t *testing.T, policy v1alpha1.DriftPolicy) (*controllertest.World, *v1alpha1.Community) {
	t.Helper()
	w := world(t)
	c := w.Community("anding")
	c.Spec.Drift = policy
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
	w.Create(c)
	w.Ready(c)
	return w, c
}

func (ch change) titled(home string) string { return fmt.Sprintf(ch.title, home) }

func TestDriftIsCorrected(t *testing.T) {
	w, c := drifting(t, v1alpha1.DriftCorrect)
	home := w.Home("anding")
	for _, ch := range changes() {
		obj := ch.obj(home)
		controllertest.Change(w, obj, ch.edit)
		w.There(obj, func() error {
			if ch.changed(obj) {
				return errors.New(ch.name + " stays")
			}
			return nil
		})
		w.Event("DriftCorrected", ch.titled(home))
	}
	w.Ready(c)
}

func TestDriftIsReported(t *testing.T) {
	w, c := drifting(t, v1alpha1.DriftWarn)
	home := w.Home("anding")
	for _, ch := range changes() {
		obj := ch.obj(home)
		controllertest.Change(w, obj, ch.edit)
		w.Event("DriftDetected", ch.titled(home))
		if w.Get(obj); !ch.changed(obj) {
			t.Errorf("%s was put back", ch.name)
		}
	}
	w.Settle(w.Namespace, home)
	for _, e := range w.Events("DriftDetected", "") {
		if e.Series != nil {
			t.Errorf("reported more than once: %s", e.Note)
		}
	}
	if n := w.Events("DriftCorrected", ""); len(n) > 0 {
		t.Errorf("put back: %v", n)
	}
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Drift = v1alpha1.DriftCorrect })
	for _, ch := range changes() {
		obj := ch.obj(home)
		w.There(obj, func() error {
			if ch.changed(obj) {
				return errors.New(ch.name + " stays after all")
			}
			return nil
		})
	}
}

func TestDriftIsIgnored(t *testing.T) {
	w, _ := drifting(t, v1alpha1.DriftOff)
	home := w.Home("anding")
	for _, ch := range changes() {
		controllertest.Change(w, ch.obj(home), ch.edit)
	}
	w.Settle(w.Namespace, home)
	for _, ch := range changes() {
		obj := ch.obj(home)
		if w.Get(obj); !ch.changed(obj) {
			t.Errorf("%s was put back", ch.name)
		}
	}
	for _, reason := range []string{"DriftDetected", "DriftCorrected"} {
		if n := w.Events(reason, ""); len(n) > 0 {
			t.Errorf("said %v", n)
		}
	}
}

func TestDeletedChildrenComeBack(t *testing.T) {
	w, c := drifting(t, v1alpha1.DriftCorrect)
	home := w.Home("anding")
	for _, ch := range changes() {
		obj := ch.obj(home)
		if _, is := obj.(*corev1.Namespace); is {
			continue
		}
		w.Get(obj)
		uid := obj.GetUID()
		w.Delete(obj)
		w.There(obj, func() error {
			if obj.GetUID() == uid {
				return errors.New("not deleted yet")
			}
			return nil
		})
		w.Event("DriftCorrected", ch.titled(home))
	}
	w.Ready(c)
}

// A child without its labels is out of the operator's sight; it is found again
// all the same.
func TestStrippedLabelsComeBack(t *testing.T) {
	w, c := drifting(t, v1alpha1.DriftCorrect)
	home := w.Home("anding")
	for _, ch := range changes() {
		obj := ch.obj(home)
		w.Get(obj)
		labels := obj.GetLabels()
		controllertest.Change(w, obj, func(o client.Object) { o.SetLabels(nil) })
		w.There(obj, func() error {
			for k, v := range labels {
				if obj.GetLabels()[k] != v {
					return fmt.Errorf("%s: label %s is missing", ch.title, k)
				}
			}
			return nil
		})
		w.Event("DriftCorrected", ch.titled(home))
	}
	w.Ready(c)
}

// What others add and we do not own stays, without writes to and fro.
func TestForeignAdditionsStay(t *testing.T) {
	w, _ := drifting(t, v1alpha1.DriftCorrect)
	home := w.Home("anding")
	w.Settle(w.Namespace, home)
	before := len(suite.Traffic.Writes(w.Namespace, home))
	portal := &appsv1.Deployment{ObjectMeta: in(home, "portal")}
	controllertest.Change(w, portal, func(d *appsv1.Deployment) {
		d.Spec.Template.Annotations = map[string]string{"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}
	})
	service := &corev1.Service{ObjectMeta: in(home, "portal")}
	controllertest.Change(w, service, func(s *corev1.Service) { s.Annotations = map[string]string{"somebody/says": "so"} })
	w.Settle(w.Namespace, home)
	if w.Get(portal); len(portal.Spec.Template.Annotations) != 1 {
		t.Error("a restart was undone")
	}
	// One apply finds out that nothing of ours was changed; one status write each
	// for the roll-out that began and ended.
	if writes := suite.Traffic.Writes(w.Namespace, home)[before:]; len(writes) > 3 {
		t.Errorf("%d writes: %v", len(writes), writes)
	}
	if n := w.Events("DriftCorrected", ""); len(n) > 0 {
		t.Errorf("it is said that a restart was put back: %v", n)
	}
}

// A second applier that forces its way in is overruled, and does not start a
// war of writes.
func TestConflictingFieldManager(t *testing.T) {
	w, c := drifting(t, v1alpha1.DriftCorrect)
	home := w.Home("anding")
	theirs := appsv1ac.Deployment("portal", home).WithSpec(appsv1ac.DeploymentSpec().WithReplicas(5))
	if err := suite.Env.Client.Apply(t.Context(), theirs, client.FieldOwner("rival"), client.ForceOwnership); err != nil {
		t.Fatal(err)
	}
	portal := &appsv1.Deployment{ObjectMeta: in(home, "portal")}
	w.There(portal, func() error { return replicas(portal, 1) })
	w.Event("DriftCorrected", "Deployment "+home+"/portal")
	w.Ready(c)
	w.Settle(w.Namespace, home)
	start := time.Now()
	before := len(suite.Traffic.Writes(home))
	if err := suite.Env.Client.Apply(t.Context(), theirs, client.FieldOwner("rival")); err == nil {
		t.Error("the rival's second apply met no conflict")
	}
	time.Sleep(time.Second)
	if n := len(suite.Traffic.Writes(home)) - before; n > 0 {
		t.Errorf("%d writes in %v of peace", n, time.Since(start))
	}
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
}
