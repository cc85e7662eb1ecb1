package netpol

import (
	"os"
	"slices"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/settings"
)

// suite is the API server and the operator of every test of this package.
var suite = &controllertest.Suite{}

func TestMain(m *testing.M) { os.Exit(controllertest.Main(m, suite)) }

// program is a pod of a Deployment that the operator made.
func program(w *controllertest.World, home, name string) Peer {
	w.Helper()
	d, ns := &appsv1.Deployment{}, &corev1.Namespace{}
	d.Namespace, d.Name, ns.Name = home, name, home
	w.There(d)
	w.Get(ns)
	out := Peer{Namespace: home, NamespaceLabels: ns.Labels, Labels: d.Spec.Template.Labels, IP: "10.100.0.1", NamedPorts: map[string]int32{}}
	for _, p := range d.Spec.Template.Spec.Containers[0].Ports {
		out.NamedPorts[p.Name] = p.ContainerPort
	}
	return out
}

func podIn(namespace string, labels map[string]string) Peer {
	return Peer{Namespace: namespace, NamespaceLabels: map[string]string{corev1.LabelMetadataName: namespace}, Labels: labels, IP: "10.200.0.1"}
}

// district is a sub-district with two communities and their stations.
type district struct {
	policies                       []networkingv1.NetworkPolicy
	portal, desk, elsewhere, stray Peer
}

func makeDistrict(t *testing.T) district {
	t.Helper()
	w := suite.World(t)
	var all []client.Object
	for _, name := range []string{"one", "two"} {
		all = append(all, w.Community(name), w.Station(name))
	}
	w.Create(all...)
	w.Ready(all...)
	d := district{
		portal: program(w, w.Home("one"), "portal"), desk: program(w, w.Home("one"), "desk"), elsewhere: program(w, w.Home("two"), "portal"),
	}
	d.stray = d.portal
	d.stray.Labels = map[string]string{"app": "stray"}
	for _, home := range []string{w.Home("one"), w.Home("two")} {
		var list networkingv1.NetworkPolicyList
		if err := suite.Env.Client.List(w.Context(), &list, client.InNamespace(home)); err != nil {
			t.Fatal(err)
		}
		if len(list.Items) == 0 {
			t.Fatalf("home %s has no policies", home)
		}
		d.policies = append(d.policies, list.Items...)
	}
	return d
}

var (
	gateway    = podIn("gateway", map[string]string{"app": "envoy"})
	prometheus = podIn("monitoring", map[string]string{"app": "prometheus"})
	grafana    = podIn("monitoring", map[string]string{"app": "grafana"})
	dns        = podIn("kube-system", map[string]string{"k8s-app": "kube-dns"})
	apiserver  = Peer{IP: "10.96.0.1"}
	oidc       = Peer{IP: "10.20.0.9"}
	database   = Peer{IP: "10.30.0.5"}
	internet   = Peer{IP: "203.0.113.7"}
	anybody    = podIn("default", nil)
)

// pair is one connection and whether it may be made.
type pair struct {
	name     string
	from, to Peer
	protocol corev1.Protocol
	port     int32
	allowed  bool
}

func (d district) check(t *testing.T, pairs []pair) {
	t.Helper()
	for _, p := range pairs {
		if got := Allowed(d.policies, Flow{From: p.from, To: p.to, Protocol: p.protocol, Port: p.port}); got != p.allowed {
			t.Errorf("%s (%s %d): allowed %t, want %t", p.name, p.protocol, p.port, got, p.allowed)
		}
	}
}

func TestPairs(t *testing.T) {
	d := makeDistrict(t)
	d.check(t, []pair{
		{"gateway to portal", gateway, d.portal, "TCP", 8080, true},
		{"gateway to the portal's metrics", gateway, d.portal, "TCP", 9090, false},
		{"gateway to portal by UDP", gateway, d.portal, "UDP", 8080, false},
		{"gateway to desk", gateway, d.desk, "TCP", 8080, true},
		{"gateway to the desk's metrics", gateway, d.desk, "TCP", 9090, false},
		{"gateway to anything else in a home", gateway, d.stray, "TCP", 8080, false},
		{"Prometheus to the portal's metrics", prometheus, d.portal, "TCP", 9090, true},
		{"Prometheus to the desk's metrics", prometheus, d.desk, "TCP", 9090, true},
		{"Prometheus to portal", prometheus, d.portal, "TCP", 8080, false},
		{"Prometheus to desk", prometheus, d.desk, "TCP", 8080, false},
		{"Prometheus' neighbour to metrics", grafana, d.portal, "TCP", 9090, false},
		{"anybody to portal", anybody, d.portal, "TCP", 8080, false},
		{"the internet to portal", internet, d.portal, "TCP", 8080, false},
		{"portal to desk", d.portal, d.desk, "TCP", 8080, false},
		{"desk to portal", d.desk, d.portal, "TCP", 8080, false},
		{"another community's portal to portal", d.elsewhere, d.portal, "TCP", 8080, false},
		{"portal to another community's portal", d.portal, d.elsewhere, "TCP", 8080, false},
		{"portal to DNS", d.portal, dns, "UDP", 53, true},
		{"portal to DNS by TCP", d.portal, dns, "TCP", 53, true},
		{"portal to DNS at another port", d.portal, dns, "TCP", 8080, false},
		{"desk to DNS", d.desk, dns, "UDP", 53, true},
		{"portal to the rest of kube-system", d.portal, podIn("kube-system", nil), "UDP", 53, false},
		{"portal to the internet", d.portal, internet, "TCP", 443, false},
		{"desk to the internet", d.desk, internet, "TCP", 443, false},
		{"portal to the API server", d.portal, apiserver, "TCP", 443, false},
		{"desk to OIDC", d.desk, oidc, "TCP", 443, true},
		{"desk to OIDC at another port", d.desk, oidc, "TCP", 80, false},
		{"portal to OIDC", d.portal, oidc, "TCP", 443, false},
		{"portal to Prometheus", d.portal, prometheus, "TCP", 9090, false},
		{"a stray pod to the internet", d.stray, internet, "TCP", 443, false},
		{"portal to a database nobody named", d.portal, database, "TCP", 5432, false},
	})
}

// withDatabase has a district with a database until the test ends.
func withDatabase(t *testing.T) {
	t.Helper()
	s := controllertest.Settings()
	s.Network.Database = []settings.Peer{{CIDR: "10.30.0.5/32", Ports: []int32{5432}}}
	s.Database = &settings.Database{AdminSecret: "missing", KeySecret: "district-key", ConnectionsPerCommunity: 8, RotationDays: 90}
	suite.Settings, suite.Namespace = &s, "shequ-system"
	suite.With(t, suite.Env.Operator(), nil)
	t.Cleanup(func() { suite.Settings = nil }) // before the suite's own operator is back
}

// homes are those of some communities, once they are closed.
func homes(w *controllertest.World, communities ...*v1alpha1.Community) district {
	w.Helper()
	var d district
	for _, c := range communities {
		w.Create(c)
		w.Condition(c, v1alpha1.ConditionNamespaceReady, metav1.ConditionTrue, v1alpha1.ReasonProvisioned)
		var list networkingv1.NetworkPolicyList
		if err := suite.Env.Client.List(w.Context(), &list, client.InNamespace(w.Home(c.Name))); err != nil {
			w.Fatal(err)
		}
		d.policies = append(d.policies, list.Items...)
	}
	return d
}

// pod of a program in a community's home.
func pod(w *controllertest.World, community, component string) Peer {
	return Peer{Namespace: w.Home(community), Labels: map[string]string{v1alpha1.ComponentLabel: component}, IP: "10.100.0.1"}
}

// system a community may be connected to, with the addresses couriers may reach.
func system(name string, egress []v1alpha1.EgressPeer, sends ...v1alpha1.SystemSends) *v1alpha1.InformationSystem {
	return &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.InformationSystemSpec{
		DisplayName: v1alpha1.LocalizedText{ZH: "系统"}, Owner: "部门", DataLocation: v1alpha1.LocalizedText{ZH: "数据中心"},
		Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
			BaseURL: "https://a.systems.shequ.example/api", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC, SecretRef: v1alpha1.NamespacedReference{Namespace: "default", Name: name}},
		}},
		Egress: egress, Sends: sends,
	}}
}

// TestCourier: a courier reaches what its own community's systems declare, and is
// reached where one of them sends something; nobody else in its home gains by it.
func TestCourier(t *testing.T) {
	withDatabase(t)
	w := suite.World(t)
	health := system(w.Namespace+"-health", []v1alpha1.EgressPeer{{CIDR: "10.50.0.10/32", Port: 443}, {CIDR: "10.50.0.10/32", Port: 8443}})
	hotline := system(w.Namespace+"-hotline", []v1alpha1.EgressPeer{{CIDR: "10.60.0.0/24", Port: 443}}, v1alpha1.SendsWorkOrders)
	w.Create(health, hotline)
	one, two, three := w.Community("one"), w.Community("two"), w.Community("three")
	one.Spec.Integrations = []v1alpha1.Integration{{System: health.Name}}
	two.Spec.Integrations = []v1alpha1.Integration{{System: hotline.Name}, {System: w.Namespace + "-missing"}}
	d := homes(w, one, two, three)
	courier, other, none := pod(w, "one", "courier"), pod(w, "two", "courier"), pod(w, "three", "courier")
	atHealth, atHotline := Peer{IP: "10.50.0.10"}, Peer{IP: "10.60.0.77"}
	d.check(t, []pair{
		{"courier to its system", courier, atHealth, "TCP", 443, true},
		{"courier to its system's other port", courier, atHealth, "TCP", 8443, true},
		{"courier to its system at a port nobody declared", courier, atHealth, "TCP", 22, false},
		{"courier to its system by UDP", courier, atHealth, "UDP", 443, false},
		{"courier to its system's neighbour", courier, Peer{IP: "10.50.0.11"}, "TCP", 443, false},
		{"courier to another community's system", courier, atHotline, "TCP", 443, false},
		{"another courier to its own", other, atHotline, "TCP", 443, true},
		{"another courier to this one's", other, atHealth, "TCP", 443, false},
		{"courier to database", courier, database, "TCP", 5432, true},
		{"courier to DNS", courier, dns, "UDP", 53, true},
		{"courier to OIDC", courier, oidc, "TCP", 443, false},
		{"courier to the internet", courier, internet, "TCP", 443, false},
		{"courier to the API server", courier, apiserver, "TCP", 443, false},
		{"courier to another courier", courier, other, "TCP", 8080, false},
		{"courier to desk", courier, pod(w, "one", "desk"), "TCP", 8080, false},
		{"portal to the courier's system", pod(w, "one", "portal"), atHealth, "TCP", 443, false},
		{"desk to the courier's system", pod(w, "one", "desk"), atHealth, "TCP", 443, false},
		{"migration to the courier's system", pod(w, "one", "migrate"), atHealth, "TCP", 443, false},
		{"a stray pod to the courier's system", pod(w, "one", "stray"), atHealth, "TCP", 443, false},
		{"gateway to a courier whose systems send", gateway, other, "TCP", 8080, true},
		{"gateway to its metrics", gateway, other, "TCP", 9090, false},
		{"gateway to a courier whose systems send nothing", gateway, courier, "TCP", 8080, false},
		{"the system itself to courier", atHotline, other, "TCP", 8080, false},
		{"anybody to courier", anybody, other, "TCP", 8080, false},
		{"portal to courier", pod(w, "two", "portal"), other, "TCP", 8080, false},
		{"Prometheus to the courier's metrics", prometheus, courier, "TCP", 9090, true},
		{"a courier of no community to database", none, database, "TCP", 5432, false},
		{"a courier of no community to a system", none, atHealth, "TCP", 443, false},
		{"gateway to a courier of no community", gateway, none, "TCP", 8080, false},
	})
	if f := (Flow{From: courier, To: atHealth, Protocol: "TCP", Port: 443}); Allowed(d.without(t, "courier"), f) {
		t.Error("the courier's policy does not decide")
	}
}

// TestDatabase: the programs and the migration reach the district's server, and
// nobody else does. Until it answers no program is there, and the door stands open
// to them all the same.
func TestDatabase(t *testing.T) {
	withDatabase(t)
	w := suite.World(t)
	d := homes(w, w.Community("one"))
	pod := func(component string) Peer { return pod(w, "one", component) }
	d.check(t, []pair{
		{"portal to database", pod("portal"), database, "TCP", 5432, true},
		{"desk to database", pod("desk"), database, "TCP", 5432, true},
		{"migration to database", pod("migrate"), database, "TCP", 5432, true},
		{"migration to DNS", pod("migrate"), dns, "UDP", 53, true},
		{"migration to OIDC", pod("migrate"), oidc, "TCP", 443, false},
		{"gateway to migration", gateway, pod("migrate"), "TCP", 8080, false},
		{"a stray pod to database", pod("stray"), database, "TCP", 5432, false},
		{"portal to database at another port", pod("portal"), database, "TCP", 22, false},
		{"portal to database by UDP", pod("portal"), database, "UDP", 5432, false},
		{"portal to database's neighbour", pod("portal"), Peer{IP: "10.30.0.6"}, "TCP", 5432, false},
	})
}

// TestUnnamedPeersStayOut: what the district did not name is closed.
func TestUnnamedPeersStayOut(t *testing.T) {
	bare := controllertest.Settings()
	bare.Network = settings.Network{}
	suite.Settings = &bare
	suite.With(t, suite.Env.Operator(), nil)
	t.Cleanup(func() { suite.Settings = nil }) // before the suite's own operator is back
	d := makeDistrict(t)
	d.check(t, []pair{
		{"gateway to portal", gateway, d.portal, "TCP", 8080, false},
		{"gateway to desk", gateway, d.desk, "TCP", 8080, false},
		{"Prometheus to metrics", prometheus, d.portal, "TCP", 9090, false},
		{"portal to DNS", d.portal, dns, "UDP", 53, false},
		{"desk to OIDC", d.desk, oidc, "TCP", 443, false},
		{"desk to DNS", d.desk, dns, "UDP", 53, false},
		{"gateway to DNS", gateway, dns, "UDP", 53, true}, // not ours to close
	})
	if f := (Flow{From: anybody, To: d.stray, Protocol: "TCP", Port: 1}); !Allowed(d.without(t, "default-deny"), f) {
		t.Error("default-deny does not decide")
	}
}

// without are the policies but those of a name.
func (d district) without(t *testing.T, name string) []networkingv1.NetworkPolicy {
	t.Helper()
	out := slices.DeleteFunc(slices.Clone(d.policies), func(p networkingv1.NetworkPolicy) bool { return p.Name == name })
	if len(out) == len(d.policies) {
		t.Fatalf("there is no policy %s", name)
	}
	return out
}

// The table would be of little use if it could not fail: each policy is taken
// away once and must be missed.
func TestTableSeesChanges(t *testing.T) {
	d := makeDistrict(t)
	for name, f := range map[string]Flow{
		"portal":        {From: gateway, To: d.portal, Protocol: "TCP", Port: 8080},
		"desk":          {From: d.desk, To: oidc, Protocol: "TCP", Port: 443},
		"allow-dns":     {From: d.portal, To: dns, Protocol: "UDP", Port: 53},
		"allow-metrics": {From: prometheus, To: d.portal, Protocol: "TCP", Port: 9090},
	} {
		if !Allowed(d.policies, f) || Allowed(d.without(t, name), f) {
			t.Errorf("policy %s does not decide", name)
		}
	}
}
