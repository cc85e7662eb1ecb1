package community_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
)

func TestStrippedMarksComeBack(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, event string
		strip       func(*v1alpha1.Community)
	}{
		{"finalizer", "FinalizerRestored", func(c *v1alpha1.Community) { c.Finalizers = nil }},
		{"annotation", "InventoryRestored", func(c *v1alpha1.Community) { c.Annotations = nil }},
		{"label", "", func(c *v1alpha1.Community) { c.Labels = nil }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world(t)
			c := w.Community("anding")
			w.Create(c)
			w.Ready(c)
			annotations, labels := c.Annotations, c.Labels
			controllertest.Change(w, c, tc.strip)
			w.There(c, func() error {
				return same(map[string]any{"annotations": annotations, "labels": labels, "finalizers": []string{v1alpha1.Finalizer}},
					map[string]any{"annotations": c.Annotations, "labels": c.Labels, "finalizers": c.Finalizers})
			})
			if tc.event != "" {
				w.Event(tc.event, "")
			}
		})
	}
}

func TestStrippedInventoryComesBack(t *testing.T) {
	w := world(t)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	want := c.Status.Inventory
	stripInventory(w, c)
	w.There(c, func() error { return same(want, c.Status.Inventory) })
	w.Event("InventoryRestored", "")
	w.Ready(c)
}

func stripInventory(w *controllertest.World, c *v1alpha1.Community) {
	w.Helper()
	before := c.DeepCopy()
	c.Status.Inventory = nil
	if err := suite.Env.Client.Status().Patch(w.Context(), c, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

// TestOrphansAreFound is not parallel: the inventory goes and a child is no
// longer wanted while no operator runs.
func TestOrphansAreFound(t *testing.T) {
	for _, tc := range []struct {
		name  string
		strip func(*controllertest.World, *v1alpha1.Community)
	}{
		{"without the annotation", func(w *controllertest.World, c *v1alpha1.Community) {
			controllertest.Change(w, c, func(c *v1alpha1.Community) { delete(c.Annotations, v1alpha1.InventoryAnnotation) })
		}},
		{"without the status", stripInventory},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := suite.World(t)
			c := w.Community("anding")
			c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
			w.Create(c)
			w.Ready(c)
			suite.Stop(t)
			restarted := false
			restart := func() {
				if !restarted {
					restarted = true
					suite.Swap(t, suite.Env.Operator(), nil)
				}
			}
			defer restart()
			w.Get(c)
			tc.strip(w, c)
			controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Access = nil })
			restart()
			w.Ready(c)
			mustGrant(w, map[string]string{})
			w.Event("InventoryRestored", "")
		})
	}
}

// TestCrashBetweenNamesAndChildren is not parallel: the operator dies after it
// has applied some children, before it writes what it did.
func TestCrashBetweenNamesAndChildren(t *testing.T) {
	w := suite.World(t)
	home := w.Home("anding")
	dead := func(req *http.Request) *metav1.Status {
		isStatus := req.Method != http.MethodGet && strings.HasSuffix(req.URL.Path, "/communities/anding/status")
		lateChild := req.Method != http.MethodGet && strings.Contains(req.URL.Path, "/namespaces/"+home+"/configmaps")
		if isStatus || lateChild {
			return &metav1.Status{Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "dead"}
		}
		return nil
	}
	suite.With(t, suite.Env.Operator(), dead)
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
	w.Create(c)
	mustGrant(w, map[string]string{"leads": "shequ-community-lead"})
	suite.Stop(t)
	if w.Get(c); len(c.Status.Inventory) > 0 {
		t.Fatal("a status was written")
	}
	if !strings.Contains(c.Annotations[v1alpha1.InventoryAnnotation], "RoleBinding.rbac.authorization.k8s.io/"+home+"/") {
		t.Fatalf("the names were not written before the children: %s", c.Annotations[v1alpha1.InventoryAnnotation])
	}
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Access = nil })
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Ready(c)
	mustGrant(w, map[string]string{})
	mustHave(w, home, whole())
	if n := w.Events("InventoryRestored", ""); len(n) > 0 {
		t.Errorf("a first look is called a loss: %v", n)
	}
}

// TestMissingPermission is not parallel: the operator may do all it is installed
// with, but for one kind.
func TestMissingPermission(t *testing.T) {
	w := suite.World(t)
	home := w.Home("anding")
	suite.With(t, limited(t, w, "limitranges"), nil)
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, v1alpha1.ReasonForbidden, "LimitRange "+home+"/community", "restore the ClusterRole")
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonForbidden)
	want := whole()
	delete(want, "LimitRange")
	want["RoleBinding"] = 1
	mustHave(w, home, want)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)

	suite.Traffic.Reset()
	time.Sleep(5 * time.Second)
	if n := len(suite.Traffic.Writes(w.Namespace, home)); n == 0 || n > 8 {
		t.Errorf("%d writes in 5 s, want a few tries", n)
	}
	lists := slices.DeleteFunc(suite.Traffic.Requests(), func(r controllertest.Request) bool {
		// Looks for optional kinds are discovery, not lists.
		discovery := strings.HasPrefix(r.Path, "/apis/") && strings.Count(r.Path, "/") == 3
		return r.Method != http.MethodGet || strings.Contains(r.Path, "/namespaces/") || discovery
	})
	if len(lists) > 30 { // renewed watches
		t.Errorf("%d lists in 5 s: %v", len(lists), lists)
	}
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Ready(c)
	mustHave(w, home, map[string]int{"RoleBinding": 1, "LimitRange": 1, "Namespace": 1, "NetworkPolicy": 4, "ResourceQuota": 1,
		"ConfigMap": 1, "ServiceAccount": 1, "Service": 1, "PodDisruptionBudget": 1, "Deployment": 1})
	for _, reason := range []string{"InventoryRestored", "DriftCorrected"} {
		if n := w.Events(reason, ""); len(n) > 0 {
			t.Errorf("said without cause: %v", n)
		}
	}
}

// TestNamespaceForbidden is not parallel: without its namespace a community has
// nothing, and says nothing else.
func TestNamespaceForbidden(t *testing.T) {
	w := suite.World(t)
	suite.With(t, limited(t, w, "namespaces"), nil)
	c := w.Community("anding")
	c.Spec.Access = []v1alpha1.AccessGrant{{Group: "leads", Role: v1alpha1.AccessLead}}
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, v1alpha1.ReasonForbidden, "Namespace "+w.Home("anding"))
	w.Condition(c, v1alpha1.ConditionAccessReady, metav1.ConditionFalse, v1alpha1.ReasonProgressing, "0 of 1")
	time.Sleep(2 * time.Second) // a few tries more
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Ready(c)
	if n := w.Events("InventoryRestored", ""); len(n) > 0 {
		t.Errorf("what was never made is called lost: %v", n)
	}
}

// TestServerErrorsPass is not parallel: an apply that fails for a while is tried again,
// and nothing is lost meanwhile.
func TestServerErrorsPass(t *testing.T) {
	w := suite.World(t)
	home := w.Home("anding")
	until := time.Now().Add(4 * time.Second)
	suite.With(t, suite.Env.Operator(), func(req *http.Request) *metav1.Status {
		if req.Method == http.MethodPatch && time.Now().Before(until) && strings.Contains(req.URL.Path, "/namespaces/"+home+"/services/") {
			return &metav1.Status{Code: http.StatusInternalServerError, Reason: metav1.StatusReasonInternalError, Message: "etcd is away"}
		}
		return nil
	})
	c := w.Community("anding")
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionFalse, v1alpha1.ReasonApplyFailed, "Service "+home+"/portal", "tried again", "etcd is away")
	w.Ready(c)
	mustHave(w, home, whole())
}

// limited is a user with the operator's permissions, but for writing one kind.
func limited(t *testing.T, w *controllertest.World, resource string) *rest.Config {
	t.Helper()
	role := operatorRole(t)
	role.Name = "limited-" + resource + "-" + w.Namespace
	for i := range role.Rules {
		rule := &role.Rules[i]
		if slices.Contains(rule.Resources, resource) {
			rule.Resources = slices.DeleteFunc(rule.Resources, func(r string) bool { return r == resource })
			role.Rules = append(role.Rules, rbacv1.PolicyRule{APIGroups: rule.APIGroups, Resources: []string{resource}, Verbs: []string{"get", "list", "watch"}})
			break
		}
	}
	w.Create(role, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: role.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: role.Name}},
	})
	communityRoles(t, w)
	return suite.Env.As(role.Name)
}

func operatorRole(t *testing.T) *rbacv1.ClusterRole {
	t.Helper()
	objects := decoded(t, "operator-role.yaml")
	if len(objects) == 0 {
		t.Fatal("there is no role")
	}
	role := &rbacv1.ClusterRole{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(objects[0].Object, role); err != nil {
		t.Fatal(err)
	}
	return role
}

// communityRoles installs the roles the operator binds: it may not bind what is
// not there.
func communityRoles(t *testing.T, w *controllertest.World) {
	t.Helper()
	for _, obj := range decoded(t, "community-roles.yaml") {
		if err := suite.Env.Client.Create(w.Context(), obj); client.IgnoreAlreadyExists(err) != nil {
			t.Fatal(err)
		}
	}
}

// TestNotAllowedToRecord is not parallel: an operator that may not write names on a Community
// provisions nothing, since it could not take it back, and says what it lacks.
func TestNotAllowedToRecord(t *testing.T) {
	w := suite.World(t)
	c := w.Community("anding")
	suite.With(t, suite.Env.Operator(), func(req *http.Request) *metav1.Status {
		if req.Method == http.MethodPatch && strings.HasSuffix(req.URL.Path, "/communities/anding") {
			return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "communities.shequ.io is forbidden"}
		}
		return nil
	})
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonForbidden, "restore the ClusterRole")
	if writes := suite.Traffic.Writes(w.Home("anding")); len(writes) > 0 {
		t.Errorf("it provisioned what it could not record: %v", writes)
	}
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Ready(c)
}
