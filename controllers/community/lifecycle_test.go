package community_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/apply"
)

// world is a sub-district for a test that may run beside others.
func world(t *testing.T) *controllertest.World {
	t.Helper()
	t.Parallel()
	return suite.World(t)
}

func in(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// kinds counts a home's objects of the operator by kind.
func kinds(w *controllertest.World, home string) map[string]int {
	w.Helper()
	out := map[string]int{}
	for _, list := range []client.ObjectList{
		&corev1.NamespaceList{}, &networkingv1.NetworkPolicyList{}, &corev1.ResourceQuotaList{}, &corev1.LimitRangeList{},
		&rbacv1.RoleBindingList{}, &corev1.ConfigMapList{}, &corev1.ServiceAccountList{}, &corev1.ServiceList{},
		&policyv1.PodDisruptionBudgetList{}, &appsv1.DeploymentList{},
	} {
		options := []client.ListOption{client.HasLabels{apply.PartOfLabel}, client.InNamespace(home)}
		if _, is := list.(*corev1.NamespaceList); is {
			options = []client.ListOption{client.MatchingFields{"metadata.name": home}}
		}
		if err := suite.Env.Client.List(w.Context(), list, options...); err != nil {
			w.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", list), "*v1."), "List")
		if n := count(list); n > 0 {
			out[name] = n
		}
	}
	return out
}

func count(list client.ObjectList) int {
	switch l := list.(type) {
	case *corev1.NamespaceList:
		return len(l.Items)
	case *networkingv1.NetworkPolicyList:
		return len(l.Items)
	case *corev1.ResourceQuotaList:
		return len(l.Items)
	case *corev1.LimitRangeList:
		return len(l.Items)
	case *rbacv1.RoleBindingList:
		return len(l.Items)
	case *corev1.ConfigMapList:
		return len(l.Items)
	case *corev1.ServiceAccountList:
		return len(l.Items)
	case *corev1.ServiceList:
		return len(l.Items)
	case *policyv1.PodDisruptionBudgetList:
		return len(l.Items)
	case *appsv1.DeploymentList:
		return len(l.Items)
	}
	return -1
}

func mustHave(w *controllertest.World, home string, want map[string]int) {
	w.Helper()
	w.Eventually("children", func() error {
		if got := kinds(w, home); !maps.Equal(got, want) {
			return fmt.Errorf("the home holds %v, want %v", got, want)
		}
		return nil
	})
}

// whole is what a community without access grants has.
func whole() map[string]int {
	return map[string]int{
		"Namespace": 1, "NetworkPolicy": 4, "ResourceQuota": 1, "LimitRange": 1,
		"ConfigMap": 1, "ServiceAccount": 1, "Service": 1, "PodDisruptionBudget": 1, "Deployment": 1,
	}
}

func TestCommunityComesToBe(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	w.Hold(home, true)
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRolloutInProgress, home+"/portal")
	w.Condition(c, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonRolloutInProgress)
	w.Condition(c, v1alpha1.ConditionNamespaceReady, metav1.ConditionTrue, v1alpha1.ReasonProvisioned, home)
	w.Hold(home, false)
	w.Ready(c)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable, "1 of 1")
	w.Condition(c, v1alpha1.ConditionAccessReady, metav1.ConditionTrue, v1alpha1.ReasonProvisioned, "1 groups")
	w.Condition(c, v1alpha1.ConditionStandardReady, metav1.ConditionTrue, v1alpha1.ReasonStandardFound, w.Standard)
	w.Condition(c, v1alpha1.ConditionNormsMet, metav1.ConditionTrue, v1alpha1.ReasonNormsMet)
	for _, absent := range []string{v1alpha1.ConditionRouteReady, v1alpha1.ConditionDatabaseReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		w.Absent(c, absent)
	}
	want := whole()
	want["RoleBinding"] = 1
	mustHave(w, home, want)
	w.Get(c)
	if c.Status.Namespace != home || c.Status.PortalURL != "http://portal."+home+".svc/" || len(c.Status.Inventory) != 13 || *c.Status.Counts.Objects != 13 {
		t.Errorf("status: namespace %s, portal %s, %d objects", c.Status.Namespace, c.Status.PortalURL, len(c.Status.Inventory))
	}
	if names := strings.Fields(c.Annotations[v1alpha1.InventoryAnnotation]); len(names) != 13 || !slices.Contains(c.Finalizers, v1alpha1.Finalizer) {
		t.Errorf("%d names are recorded, finalizers %v", len(names), c.Finalizers)
	}
	w.Event(v1alpha1.ReasonReady, home)
}

// The API server's own Pod Security admission judges what the operator runs.
func TestPodsAreRestricted(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	portal := &appsv1.Deployment{ObjectMeta: in(w.Home("anding"), "portal")}
	w.Get(portal)
	pod := &corev1.Pod{ObjectMeta: in(portal.Namespace, "trial"), Spec: portal.Spec.Template.Spec}
	if err := suite.Env.Client.Create(w.Context(), pod, client.DryRunAll); err != nil {
		t.Errorf("the portal's pod is refused: %v", err)
	}
	pod = &corev1.Pod{ObjectMeta: in(portal.Namespace, "trial"), Spec: *portal.Spec.Template.Spec.DeepCopy()}
	pod.Spec.HostNetwork = true
	if err := suite.Env.Client.Create(w.Context(), pod, client.DryRunAll); err == nil || !strings.Contains(err.Error(), "restricted") {
		t.Errorf("a pod on the host's network: %v, want a refusal by Pod Security", err)
	}
}

func TestSuspendAndResume(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(true) })
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended, "spec.suspend")
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	portal := &appsv1.Deployment{ObjectMeta: in(w.Home("anding"), "portal")}
	w.There(portal, func() error { return replicas(portal, 0) })
	mustHave(w, w.Home("anding"), whole())
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(false) })
	w.Ready(c)
	w.There(portal, func() error { return replicas(portal, 1) })
}

func replicas(d *appsv1.Deployment, want int32) error {
	if got := ptr.Deref(d.Spec.Replicas, -1); got != want {
		return fmt.Errorf("%d replicas, want %d", got, want)
	}
	return nil
}

func TestAccessFollowsTheGrants(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "district:leads", Role: v1alpha1.AccessLead}, {Group: "workers", Role: v1alpha1.AccessWorker}}
	w.Create(c)
	w.Ready(c)
	mustGrant(w, map[string]string{"district:leads": "shequ-community-lead", "workers": "shequ-community-worker"})
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Access[1].Role = v1alpha1.AccessViewer })
	mustGrant(w, map[string]string{"district:leads": "shequ-community-lead", "workers": "shequ-community-viewer"})
	w.Event("Pruned", "RoleBinding")
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Access = c.Spec.Access[:1] })
	mustGrant(w, map[string]string{"district:leads": "shequ-community-lead"})
	w.Condition(c, v1alpha1.ConditionAccessReady, metav1.ConditionTrue, v1alpha1.ReasonProvisioned, "1 groups")
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Access = nil })
	mustGrant(w, map[string]string{})
	w.Ready(c)
}

func mustGrant(w *controllertest.World, want map[string]string) {
	w.Helper()
	w.Eventually("role bindings", func() error {
		var list rbacv1.RoleBindingList
		if err := suite.Env.Client.List(w.Context(), &list, client.InNamespace(w.Home("anding"))); err != nil {
			return err
		}
		got := map[string]string{}
		for _, b := range list.Items {
			for _, s := range b.Subjects {
				got[s.Name] = b.RoleRef.Name
			}
		}
		if len(list.Items) != len(want) || !maps.Equal(got, want) {
			return fmt.Errorf("%d role bindings give %v, want %v", len(list.Items), got, want)
		}
		return nil
	})
}

func TestLongNames(t *testing.T) {
	w := world(t)
	name := strings.Repeat("a", 60) + ".bc"
	c := w.Community(name)
	w.Create(c)
	w.Ready(c)
	if home := w.Home(name); len(home) > 63 || c.Status.Namespace != home {
		t.Errorf("the home is %s, want %s of at most 63 characters", c.Status.Namespace, home)
	}
	mustHave(w, w.Home(name), whole())
}

func TestThreeHundredFacilitiesAreRefused(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	for i := range 300 {
		c.Spec.Facilities = append(c.Spec.Facilities, fmt.Sprintf("facility-%d", i))
	}
	err := suite.Env.Client.Create(w.Context(), c)
	if err == nil || !strings.Contains(err.Error(), "must have at most 64 items") {
		t.Errorf("Create = %v, want a refusal that says how many there may be", err)
	}
}

// TestWriteBudget counts what a community costs from nothing to Ready: its
// children, one write of their names, and two of the status.
func TestWriteBudget(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	w.Settle(w.Namespace, home)
	byWhat := map[string]int{}
	for _, r := range suite.Traffic.Writes(w.Namespace, home) {
		switch {
		case strings.Contains(r.Path, "/taskledgers"):
			byWhat["ledger"]++
		case strings.HasSuffix(r.Path, "/status"):
			byWhat["status"]++
		case strings.Contains(r.Path, "/communities/"):
			byWhat["names"]++
		default:
			byWhat["children"]++
		}
	}
	t.Logf("writes from nothing to Ready: %v", byWhat)
	if children := len(c.Status.Inventory); byWhat["children"] != children || byWhat["names"] != 1 || byWhat["status"] > 2 || byWhat["ledger"] != 2 {
		t.Errorf("writes %v, want %d children, 1 of names, at most 2 of the status, and 2 of the ledger", byWhat, children)
	}
	for _, r := range suite.Traffic.Requests(w.Namespace, home) {
		if r.Method == "GET" && strings.HasPrefix(r.Path, "/api/v1/namespaces/"+home+"/") {
			t.Errorf("a read from the API server: %s", r.Path)
		}
	}
}
