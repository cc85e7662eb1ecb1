package servicestation_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
)

func world(t *testing.T) *controllertest.World {
	t.Helper()
	t.Parallel()
	return suite.World(t)
}

func in(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

// desk is all a station has in its community's home.
func desk(home string) []client.Object {
	return []client.Object{
		&corev1.ConfigMap{ObjectMeta: in(home, "station-items-0")},
		&networkingv1.NetworkPolicy{ObjectMeta: in(home, "desk")},
		&corev1.ServiceAccount{ObjectMeta: in(home, "desk")},
		&corev1.Service{ObjectMeta: in(home, "desk")},
		&policyv1.PodDisruptionBudget{ObjectMeta: in(home, "desk")},
		&appsv1.Deployment{ObjectMeta: in(home, "desk")},
	}
}

func there(w *controllertest.World, objects []client.Object) {
	w.Helper()
	for _, obj := range objects {
		w.There(obj)
	}
}

func TestStationComesToBe(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	w.Hold(home, true)
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonRolloutInProgress, home+"/desk")
	w.Hold(home, false)
	w.Ready(c, st)
	w.Condition(st, v1alpha1.ConditionCommunityReady, metav1.ConditionTrue, v1alpha1.ReasonCommunityFound, home)
	w.Condition(st, v1alpha1.ConditionItemsReady, metav1.ConditionTrue, v1alpha1.ReasonItemsPublished, "1 items")
	w.Condition(st, v1alpha1.ConditionDeskReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	w.Absent(st, v1alpha1.ConditionDeskRouteReady)
	there(w, desk(home))
	if st.Status.DeskURL != "http://desk."+home+".svc/" || *st.Status.Items != 1 || *st.Status.Windows != 1 || len(st.Status.Inventory) != 6 {
		t.Errorf("status %+v", st.Status)
	}
	items := &corev1.ConfigMap{ObjectMeta: in(home, "station-items-0")}
	if w.Get(items); !strings.Contains(items.Data["items-0000.json"], "申请人姓名") {
		t.Errorf("items %v do not name what their form asks for", items.Data)
	}
	content := &corev1.ConfigMap{ObjectMeta: in(home, "portal-content")}
	w.There(content, func() error {
		if !strings.Contains(content.Data["site.json"], `"station":{`) {
			return errors.New("the portal does not know of the station")
		}
		return nil
	})
}

func TestWriteBudget(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)
	w.Settle(w.Namespace, home)
	before := len(suite.Traffic.Writes(w.Namespace, home))
	st := w.Station("anding")
	w.Create(st)
	w.Ready(st)
	w.Settle(w.Namespace, home)
	byWhat := map[string]int{}
	for _, r := range suite.Traffic.Writes(w.Namespace, home)[before:] {
		switch {
		case strings.HasSuffix(r.Path, "/servicestations/anding/status"):
			byWhat["status"]++
		case strings.Contains(r.Path, "/servicestations/"):
			byWhat["names"]++
		case strings.Contains(r.Path, "/communities/"), strings.HasSuffix(r.Path, "/configmaps/portal-content"):
			byWhat["community"]++
		default:
			byWhat["children"]++
		}
	}
	t.Logf("writes from nothing to Ready: %v", byWhat)
	if byWhat["children"] != 6 || byWhat["names"] != 1 || byWhat["status"] > 2 || byWhat["community"] > 2 {
		t.Errorf("writes %v, want 6 children, 1 of names, at most 2 of the status, and at most 2 of its community's", byWhat)
	}
}

func TestCommunityAppears(t *testing.T) {
	w := world(t)
	st := w.Station("anding")
	w.Create(st)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCommunityNotFound, "Community anding", w.Namespace, "apply it")
	w.Condition(st, v1alpha1.ConditionCommunityReady, metav1.ConditionFalse, v1alpha1.ReasonCommunityNotFound)
	w.Absent(st, v1alpha1.ConditionItemsReady)
	c := w.Community("anding")
	w.Create(c)
	w.Ready(st)
	w.Delete(c)
	w.Gone(c)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCommunityNotFound)
	w.Gone(desk(w.Home("anding"))...)
	w.Create(w.Community("anding"))
	w.Ready(st)
	there(w, desk(w.Home("anding")))
}

// A community whose home is somebody else's has nowhere to put a desk.
func TestCommunityWithoutAHome(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	w.Create(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: home}})
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonCommunityNotReady, "NamespaceReady")
	if writes := suite.Traffic.Writes(home); len(writes) > 0 {
		t.Errorf("writes to somebody else's namespace: %v", writes)
	}
}

// What troubles the community later does not close a desk that is open.
func TestDeskStaysOpen(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Ready(c, st)
	deployment := &appsv1.Deployment{ObjectMeta: in(home, "desk")}
	w.Get(deployment)
	uid := deployment.UID
	stays := func(why string) {
		t.Helper()
		time.Sleep(2500 * time.Millisecond)
		if w.Get(deployment); deployment.UID != uid {
			t.Errorf("%s: the desk was taken away and made anew", why)
		}
	}
	controllertest.Change(w, c, func(c *v1alpha1.Community) {
		c.Spec.Quota = &v1alpha1.CommunityQuota{CPU: ptr.To(resource.MustParse("99"))}
	})
	w.Condition(c, v1alpha1.ConditionNamespaceReady, metav1.ConditionFalse, v1alpha1.ReasonQuotaAboveMaximum)
	stays("a wrong quota")
	w.Ready(st)

	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace}}
	controllertest.Change(w, ns, func(ns *corev1.Namespace) { ns.Labels = nil })
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonWrongNamespaceRole, "shequ.io/role=subdistrict")
	w.Condition(st, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonWrongNamespaceRole)
	stays("a role label gone")
	controllertest.Change(w, ns, func(ns *corev1.Namespace) {
		ns.Labels = map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict}
	})
	w.Ready(st)

	w.Delete(&networkingv1.NetworkPolicy{ObjectMeta: in(home, "default-deny")})
	w.There(&networkingv1.NetworkPolicy{ObjectMeta: in(home, "default-deny")})
	stays("the policy that closes the home gone for a moment")
	w.Ready(st)
}

func TestSecondStation(t *testing.T) {
	w := world(t)
	c, first, second := w.Community("anding"), w.Station("anding"), w.Station("anding")
	second.Name = "b-second"
	w.Create(c, first)
	w.Ready(first)
	time.Sleep(1100 * time.Millisecond) // creation is told by the second
	w.Create(second)
	w.Condition(second, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonStationDuplicate, "ServiceStation anding", "delete one")
	w.Condition(second, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonStationDuplicate)
	w.Ready(first)
	w.Delete(first)
	w.Gone(first)
	w.Ready(second)
	deployment := &appsv1.Deployment{ObjectMeta: in(w.Home("anding"), "desk")}
	w.There(deployment, func() error {
		if got := deployment.Labels[v1alpha1.StationNameLabel]; got != "b-second" {
			return fmt.Errorf("the desk is of station %q", got)
		}
		return nil
	})
	mustBeOf(w, second)
}

// mustBeOf holds that the desk's objects are recorded by the station alone.
func mustBeOf(w *controllertest.World, st *v1alpha1.ServiceStation) {
	w.Helper()
	w.Eventually("inventory", func() error {
		w.Get(st)
		if len(st.Status.Inventory) != 6 {
			return fmt.Errorf("%d objects, want 6", len(st.Status.Inventory))
		}
		return nil
	})
	there(w, desk(w.Home("anding")))
}

func TestUndeclaredElement(t *testing.T) {
	w := world(t)
	c, st := w.Community("anding"), w.Station("anding")
	st.Spec.Items = append(st.Spec.Items, v1alpha1.StationItem{
		Name: "allowance", Title: v1alpha1.LocalizedText{ZH: "高龄津贴"}, DataElements: []v1alpha1.DataElementCode{"birth-date"},
	})
	w.Create(c, st)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonUnknownElement, "allowance: birth-date", w.Standard)
	w.Condition(st, v1alpha1.ConditionDeskReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	if *st.Status.Items != 1 {
		t.Errorf("%d items are served, want the one whose elements are declared", *st.Status.Items)
	}
	standard := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: w.Standard}}
	controllertest.Change(w, standard, func(s *v1alpha1.CommunityStandard) {
		s.Spec.DataElements = append(s.Spec.DataElements, v1alpha1.DataElement{
			Code: "birth-date", Title: v1alpha1.LocalizedText{ZH: "出生日期"}, Type: "Date", Class: "Base",
		})
	})
	w.Ready(st)
	if *st.Status.Items != 2 {
		t.Errorf("%d items are served, want 2", *st.Status.Items)
	}
}

func TestStandardAppears(t *testing.T) {
	w := world(t)
	c, st := w.Community("anding"), w.Station("anding")
	c.Spec.StandardRef.Name = "late-" + w.Namespace
	w.Create(c, st)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonStandardNotFound, "apply it")
	w.Create(controllertest.NewStandard(c.Spec.StandardRef.Name))
	w.Ready(st)
}

func TestSuspendAndResume(t *testing.T) {
	w := world(t)
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Ready(st)
	deployment := &appsv1.Deployment{ObjectMeta: in(w.Home("anding"), "desk")}
	replicas := func(want int32) {
		t.Helper()
		w.There(deployment, func() error {
			if *deployment.Spec.Replicas != want {
				return fmt.Errorf("%d replicas, want %d", *deployment.Spec.Replicas, want)
			}
			return nil
		})
	}
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Spec.Suspend = ptr.To(true) })
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	replicas(0)
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Spec.Suspend = ptr.To(false) })
	w.Ready(st)
	replicas(1)
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(true) })
	replicas(0)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSuspended)
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(false) })
	w.Ready(c, st)
	replicas(1)
}

func TestHostname(t *testing.T) {
	w := world(t)
	host := v1alpha1.Hostname(w.Namespace + ".shequ.example")
	c, st := w.Community("anding"), w.Station("anding")
	c.Spec.Portal.Hostname, st.Spec.Desk.Hostname = host, "desk.example.org"
	w.Create(c)
	w.Ready(c)
	w.Create(st)
	w.Condition(st, v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameNotAllowed, "desk.example.org")
	w.Condition(st, v1alpha1.ConditionDeskReady, metav1.ConditionTrue, v1alpha1.ReasonAvailable)
	time.Sleep(1100 * time.Millisecond)
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Spec.Desk.Hostname = host })
	w.Condition(st, v1alpha1.ConditionDeskRouteReady, metav1.ConditionFalse, v1alpha1.ReasonHostnameTaken, "Community "+w.Namespace+"/anding")
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Portal.Hostname = "" })
	w.Ready(c, st)
}

func TestDriftFollowsTheCommunity(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Ready(c, st)
	service := &corev1.Service{ObjectMeta: in(home, "desk")}
	meddle := func() {
		t.Helper()
		controllertest.Change(w, service, func(s *corev1.Service) { s.Spec.Selector["more"] = "x" })
	}
	meddle()
	w.There(service, func() error {
		if len(service.Spec.Selector) != 1 {
			return errors.New("the selector is not put back")
		}
		return nil
	})
	w.Event("DriftCorrected", "Service "+home+"/desk")
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Drift = v1alpha1.DriftWarn })
	w.Ready(c)
	time.Sleep(1500 * time.Millisecond)
	meddle()
	w.Event("DriftDetected", "Service "+home+"/desk")
	if w.Get(service); len(service.Spec.Selector) != 2 {
		t.Error("the selector was put back although drift is Warn")
	}
	for _, obj := range desk(home) {
		w.Get(obj)
		uid := obj.GetUID()
		w.Delete(obj)
		w.There(obj, func() error {
			if obj.GetUID() == uid {
				return errors.New("not deleted yet")
			}
			return nil
		})
	}
	w.Ready(st)
}

func TestStationGoes(t *testing.T) {
	w := world(t)
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Ready(c, st)
	w.Delete(st)
	w.Gone(st)
	w.Gone(desk(w.Home("anding"))...)
	w.Get(&appsv1.Deployment{ObjectMeta: in(w.Home("anding"), "portal")})
	w.Ready(c)
}

func TestStrippedMarksComeBack(t *testing.T) {
	w := world(t)
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Ready(c, st)
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Finalizers = nil })
	w.Event("FinalizerRestored", v1alpha1.Finalizer)
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Annotations = nil })
	w.Event("InventoryRestored", "6 objects")
	w.There(st, func() error {
		if !slices.Contains(st.Finalizers, v1alpha1.Finalizer) || len(strings.Fields(st.Annotations[v1alpha1.InventoryAnnotation])) != 6 {
			return fmt.Errorf("finalizers %v, annotations %v", st.Finalizers, st.Annotations)
		}
		return nil
	})
}

// Many long items are spread over several ConfigMaps, and fewer need fewer.
func TestManyItems(t *testing.T) {
	w := world(t)
	home := w.Home("anding")
	c, st := w.Community("anding"), w.Station("anding")
	long := v1alpha1.LocalizedText{ZH: strings.Repeat("长", 200), EN: strings.Repeat("long", 50)}
	st.Spec.Windows, st.Spec.Items = nil, nil
	for i := range 50 {
		item := v1alpha1.StationItem{Name: fmt.Sprintf("item-%d", i), Title: long}
		for range 16 {
			item.Steps, item.Materials = append(item.Steps, long), append(item.Materials, long)
		}
		st.Spec.Items = append(st.Spec.Items, item)
	}
	w.Create(c, st)
	w.Ready(st)
	w.There(&corev1.ConfigMap{ObjectMeta: in(home, "station-items-1")})
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Spec.Items = st.Spec.Items[:3] })
	w.Gone(&corev1.ConfigMap{ObjectMeta: in(home, "station-items-1")})
	w.Ready(st)
}

// TestForbiddenChild is not parallel: one kind of a station's children can't be
// written for a while, and nothing else suffers.
func TestForbiddenChild(t *testing.T) {
	w := suite.World(t)
	home := w.Home("anding")
	suite.With(t, suite.Env.Operator(), func(req *http.Request) *metav1.Status {
		if req.Method == http.MethodPatch && strings.HasSuffix(req.URL.Path, "/poddisruptionbudgets/desk") {
			return &metav1.Status{Code: http.StatusForbidden, Reason: metav1.StatusReasonForbidden, Message: "it may not"}
		}
		return nil
	})
	c, st := w.Community("anding"), w.Station("anding")
	w.Create(c, st)
	w.Ready(c)
	w.Condition(st, v1alpha1.ConditionDeskReady, metav1.ConditionFalse, v1alpha1.ReasonForbidden, "PodDisruptionBudget "+home+"/desk", "restore the ClusterRole")
	w.Condition(st, v1alpha1.ConditionItemsReady, metav1.ConditionTrue, v1alpha1.ReasonItemsPublished)
	suite.Traffic.Reset()
	time.Sleep(5 * time.Second)
	if n := len(suite.Traffic.Writes(w.Namespace, home)); n == 0 || n > 8 {
		t.Errorf("%d writes in 5 s, want a few tries", n)
	}
	suite.Swap(t, suite.Env.Operator(), nil)
	w.Ready(st)
	there(w, desk(home))
}
