package optional_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/settings"
)

// suite is the API server and the operator of every test of this package. The
// tests run in order: first without Gateway API, then with it.
var suite = &controllertest.Suite{}

func TestMain(m *testing.M) { os.Exit(controllertest.Main(m, suite)) }

// install adds Gateway API's CRDs, from the module the operator is built with.
func install(t *testing.T) {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, kind := range []string{"gatewayclasses", "gateways", "httproutes"} {
		paths = append(paths, filepath.Join(strings.TrimSpace(string(dir)), "config", "crd", "standard", "gateway.networking.k8s.io_"+kind+".yaml"))
	}
	if _, err := envtest.InstallCRDs(suite.Env.Config, envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true}); err != nil {
		t.Fatal(err)
	}
}

func route(namespace, name string) *gatewayv1.HTTPRoute {
	return &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

// answer says what a Gateway's controller says of a route.
func answer(w *controllertest.World, r *gatewayv1.HTTPRoute, status metav1.ConditionStatus, reason, message string) {
	w.Helper()
	w.There(r)
	before := r.DeepCopy()
	r.Status.Parents = []gatewayv1.RouteParentStatus{{
		ParentRef: r.Spec.ParentRefs[0], ControllerName: "example.org/gateway",
		Conditions: []metav1.Condition{{
			Type: string(gatewayv1.RouteConditionAccepted), Status: status, Reason: reason, Message: message,
			ObservedGeneration: r.Generation, LastTransitionTime: metav1.Now(),
		}},
	}}
	if err := suite.Env.Client.Status().Patch(w.Context(), r, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func ref() *v1alpha1.GatewayReference {
	return &v1alpha1.GatewayReference{Namespace: "gateway", Name: "public"}
}

// TestGatewayAPI follows a community and its station from a cluster without
// Gateway API to one with it, through refusal, acceptance, a restart and
// suspension.
func TestGatewayAPI(t *testing.T) {
	w := suite.World(t)
	home := w.Home("anding")
	c, st := w.Community("anding"), w.Station("anding")
	c.Spec.Portal.Hostname = v1alpha1.Hostname("anding-" + w.Namespace + ".shequ.example")
	c.Spec.Portal.GatewayRef = ref()
	st.Spec.Desk.Hostname = v1alpha1.Hostname("desk-" + w.Namespace + ".shequ.example")
	w.Create(c, st)
	w.Ready(c, st)
	w.Absent(c, v1alpha1.ConditionRouteReady)
	w.Absent(st, v1alpha1.ConditionDeskRouteReady)
	if c.Status.PortalURL != "http://portal."+home+".svc/" {
		t.Errorf("without a route the portal is at %s", c.Status.PortalURL)
	}

	install(t)
	w.Condition(c, v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRouteNotAccepted, "HTTPRoute "+home+"/portal", "see that the Gateway exists")
	w.Condition(st, v1alpha1.ConditionDeskRouteReady, metav1.ConditionFalse, v1alpha1.ReasonGatewayMissing, "spec.desk.gatewayRef", "ask district IT")
	w.Condition(st, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonGatewayMissing)
	controllertest.Change(w, st, func(st *v1alpha1.ServiceStation) { st.Spec.Desk.GatewayRef = ref() })
	portal, desk := route(home, "portal"), route(home, "desk")

	answer(w, portal, metav1.ConditionFalse, "NotAllowedByListeners", "no listener takes this hostname")
	w.Condition(c, v1alpha1.ConditionRouteReady, metav1.ConditionFalse, v1alpha1.ReasonRouteNotAccepted, "Gateway public refuses", "no listener takes this hostname")
	answer(w, portal, metav1.ConditionTrue, "Accepted", "")
	answer(w, desk, metav1.ConditionTrue, "Accepted", "")
	w.Ready(c, st)
	w.Condition(c, v1alpha1.ConditionRouteReady, metav1.ConditionTrue, "Accepted", "public")
	w.Condition(st, v1alpha1.ConditionDeskRouteReady, metav1.ConditionTrue, "Accepted")
	if want := "https://" + string(c.Spec.Portal.Hostname) + "/"; c.Status.PortalURL != want {
		t.Errorf("with a route the portal is at %s, want %s", c.Status.PortalURL, want)
	}
	if spec := portal.Spec; len(spec.Hostnames) != 1 || string(spec.Hostnames[0]) != string(c.Spec.Portal.Hostname) || *spec.ParentRefs[0].Namespace != "gateway" {
		t.Errorf("the route is %+v", spec)
	}

	restartKeepsRoutes(t, w, c, st)
	meddling(t, w, portal)

	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(true) })
	w.Gone(portal, desk)
	w.Absent(c, v1alpha1.ConditionRouteReady)
	controllertest.Change(w, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(false) })
	answer(w, route(home, "portal"), metav1.ConditionTrue, "Accepted", "")
	answer(w, route(home, "desk"), metav1.ConditionTrue, "Accepted", "")
	w.Ready(c, st)
	w.Delete(c)
	w.Gone(c, route(home, "portal"))
}

// restartKeepsRoutes: an operator that starts where Gateway API is installed
// knows it before it looks at anything.
func restartKeepsRoutes(t *testing.T, w *controllertest.World, objects ...client.Object) {
	t.Helper()
	w.Settle()
	for range 3 {
		suite.Swap(t, suite.Env.Operator(), nil)
		time.Sleep(2 * time.Second)
		if writes := suite.Traffic.Writes(); len(writes) > 0 {
			t.Errorf("writes after a restart: %v", writes)
		}
	}
	w.Ready(objects...)
	if n := w.Events("Pruned", "HTTPRoute"); len(n) > 0 {
		t.Errorf("a route was taken back: %v", n)
	}
}

func meddling(t *testing.T, w *controllertest.World, r *gatewayv1.HTTPRoute) {
	t.Helper()
	controllertest.Change(w, r, func(r *gatewayv1.HTTPRoute) { r.Spec.Hostnames = []gatewayv1.Hostname{"evil.example.org"} })
	w.There(r, func() error {
		if len(r.Spec.Hostnames) != 1 || r.Spec.Hostnames[0] == "evil.example.org" {
			return fmt.Errorf("hostnames %v", r.Spec.Hostnames)
		}
		return nil
	})
	w.Event("DriftCorrected", "HTTPRoute "+r.Namespace+"/"+r.Name)
	uid := r.UID
	w.Delete(r)
	w.There(r, func() error {
		if r.UID == uid {
			return errors.New("not deleted yet")
		}
		return nil
	})
	answer(w, r, metav1.ConditionTrue, "Accepted", "")
}

// TestRouteToTheCourier: what a system may send comes by the portal's hostname, as
// long as it may. TestGatewayAPI has installed Gateway API.
func TestRouteToTheCourier(t *testing.T) {
	s := controllertest.Settings()
	s.Database = &settings.Database{AdminSecret: "missing", KeySecret: "district-key", ConnectionsPerCommunity: 8, RotationDays: 90}
	suite.Settings, suite.Namespace = &s, "shequ-system"
	suite.With(t, suite.Env.Operator(), nil)
	t.Cleanup(func() { suite.Settings = nil }) // before the suite's own operator is back
	w := suite.World(t)
	system := &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace + "-hotline"}, Spec: v1alpha1.InformationSystemSpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "12345 热线"}, Owner: "部门", DataLocation: v1alpha1.LocalizedText{ZH: "数据中心"},
		Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
			BaseURL: "https://a.systems.shequ.example/api", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: v1alpha1.NamespacedReference{Namespace: "default", Name: "none"}},
		}},
		Egress: []v1alpha1.EgressPeer{{CIDR: "192.0.2.0/24", Port: 443}}, Sends: []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders},
	}}
	c := w.Community("anding")
	c.Spec.Portal.Hostname, c.Spec.Portal.GatewayRef = v1alpha1.Hostname("anding-"+w.Namespace+".shequ.example"), ref()
	c.Spec.Integrations = []v1alpha1.Integration{{System: system.Name}}
	w.Create(system, c)
	r := route(w.Home("anding"), "portal")
	leads := func(want ...string) {
		t.Helper()
		w.There(r, func() error {
			var got []string
			for _, rule := range r.Spec.Rules {
				got = append(got, fmt.Sprintf("%s%s to %s", *rule.Matches[0].Path.Type, *rule.Matches[0].Path.Value, rule.BackendRefs[0].Name))
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				return fmt.Errorf("the route leads %q, want %q", got, want)
			}
			return nil
		})
	}
	leads("PathPrefix/hooks/ to courier", "PathPrefix/ to portal")
	controllertest.Change(w, system, func(s *v1alpha1.InformationSystem) { s.Spec.Sends = nil })
	leads("PathPrefix/ to portal")
}
