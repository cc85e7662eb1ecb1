package community_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
)

// empty removes what is in a namespace, as the namespace controller would.
func empty(w *controllertest.World, namespace string) {
	w.Helper()
	for _, obj := range []client.Object{
		&networkingv1.NetworkPolicy{}, &corev1.ResourceQuota{}, &corev1.LimitRange{}, &rbacv1.RoleBinding{}, &corev1.ConfigMap{},
		&corev1.ServiceAccount{}, &corev1.Service{}, &policyv1.PodDisruptionBudget{}, &appsv1.Deployment{},
	} {
		if err := suite.Env.Client.DeleteAllOf(w.Context(), obj, client.InNamespace(namespace)); err != nil {
			w.Fatal(err)
		}
	}
}

func namespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// What is not ours is left alone, whatever it holds.
func TestForeignNamespace(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	theirs := namespace(home)
	theirs.Labels = map[string]string{"owner": "somebody"}
	w.Create(theirs, &corev1.ConfigMap{ObjectMeta: in(home, "theirs")})
	w.Get(theirs)
	before := versions(w, home)
	c := w.Community("anding")
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNamespaceNotOurs, home, "give the Community another name")
	w.Condition(c, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonNamespaceNotOurs)
	w.Event(v1alpha1.ReasonNamespaceNotOurs, home)
	time.Sleep(2 * time.Second)
	if after := versions(w, home); !maps.Equal(before, after) {
		t.Errorf("it was touched: %v, then %v", before, after)
	}
	if writes := suite.Traffic.Writes(home); len(writes) > 0 {
		t.Errorf("writes: %v", writes)
	}
	w.Delete(c)
	w.Gone(c)
	time.Sleep(time.Second)
	if after := versions(w, home); !maps.Equal(before, after) {
		t.Errorf("it was touched when the Community went: %v, then %v", before, after)
	}
}

// The other cure: the namespace that stands in the way goes.
func TestForeignNamespaceGoes(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	w.Create(namespace(home))
	c := w.Community("anding")
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNamespaceNotOurs)
	w.Settle(w.Namespace, home)
	w.Delete(namespace(home))
	w.Finalise(home)
	w.Ready(c)
	mustHave(w, home, whole())
}

// An earlier Community's home is adopted only when it is marked.
func TestHomeOfAnEarlierCommunity(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	theirs := namespace(home)
	theirs.Annotations = map[string]string{v1alpha1.HomeOfAnnotation: w.Namespace + "/anding", v1alpha1.HomeOfUIDAnnotation: "an-earlier-one"}
	w.Create(theirs)
	c := w.Community("anding")
	w.Create(c)
	cure := fmt.Sprintf("kubectl annotate namespace %s %s=true", home, v1alpha1.RetainedAnnotation)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonNamespaceNotOurs, cure)
	if n := kinds(w, home); len(n) != 1 {
		t.Errorf("the home holds %v", n)
	}
	w.Settle(w.Namespace, home)
	// The cure needs no label that leads from the namespace to its Community.
	controllertest.Change(w, theirs, func(ns *corev1.Namespace) { ns.Annotations[v1alpha1.RetainedAnnotation] = "true" })
	w.Ready(c)
	mustHave(w, home, whole())
	w.Event("Adopted", home)
	w.Get(theirs)
	if got := theirs.Annotations[v1alpha1.HomeOfUIDAnnotation]; got != string(c.UID) {
		t.Errorf("the home is of %s, want %s", got, c.UID)
	}
	if theirs.Annotations[v1alpha1.RetainedAnnotation] == "true" {
		t.Error("the mark outlives the adoption: the next Community would adopt the home unasked")
	}
}

func TestRetainAndAdopt(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
	w.Create(c)
	w.Ready(c)
	kept := &corev1.PersistentVolumeClaim{ObjectMeta: in(home, "data")}
	kept.Spec.AccessModes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
	kept.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: *quantity("1Gi")}
	w.Create(kept)
	w.Delete(c)
	w.Gone(c)
	mustHave(w, home, map[string]int{"Namespace": 1, "NetworkPolicy": 4, "ResourceQuota": 1, "LimitRange": 1})
	ns := namespace(home)
	w.Get(ns)
	w.Get(kept)
	if ns.DeletionTimestamp != nil || ns.Annotations[v1alpha1.RetainedAnnotation] != "true" {
		t.Errorf("the home is not kept and marked: %v", ns.Annotations)
	}
	again := w.Community("anding")
	w.Create(again)
	w.Ready(again)
	mustHave(w, home, whole())
	w.Event("Adopted", home)
	w.Get(ns)
	if ns.Annotations[v1alpha1.RetainedAnnotation] == "true" || ns.Annotations[v1alpha1.HomeOfUIDAnnotation] != string(again.UID) {
		t.Errorf("the home is not adopted: %v", ns.Annotations)
	}
	w.Get(kept)
	if n := w.Events("Adopted", ""); len(n) != 1 || n[0].Series != nil {
		t.Errorf("%d events, want one: %v", len(n), n)
	}
}

func TestDeletePolicy(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c := w.Community("anding")
	c.Spec.DeletionPolicy = v1alpha1.DeletionDelete
	w.Create(c)
	w.Ready(c)
	w.Delete(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeleting, home)
	mustHave(w, home, map[string]int{"Namespace": 1})
	w.Finalise(home)
	w.Gone(namespace(home), c)
}

// Nothing a Community refers to has to be there for it to go.
func TestDeletionDependsOnNothing(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	w.Delete(&v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: w.Standard}})
	ns := namespace(w.Namespace)
	controllertest.Change(w, ns, func(ns *corev1.Namespace) { ns.Labels = nil })
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonWrongNamespaceRole)
	w.Delete(c)
	w.Gone(c)
}

// A finalizer taken off a Community that is being deleted leaves nothing to wait
// for; the home stays, and is not taken over by the next one.
func TestFinalizerStrippedWhileDeleting(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	c.Spec.DeletionPolicy = v1alpha1.DeletionDelete
	w.Create(c)
	w.Ready(c)
	w.Delete(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonDeleting)
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Finalizers = nil })
	w.Gone(c)
	w.Finalise(w.Home("anding"))
	w.Gone(namespace(w.Home("anding")))
	again := w.Community("anding")
	w.Create(again)
	w.Ready(again)
}
