package blueprint

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
)

func system(name string, egress ...v1alpha1.EgressPeer) *v1alpha1.InformationSystem {
	return &v1alpha1.InformationSystem{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.InformationSystemSpec{
			DisplayName: both("医院预约", "Health appointments"), Accepts: []v1alpha1.DataElementCode{"telephone", "applicant-name"},
			AllowedPurposes: []v1alpha1.PurposeCode{"reminders", "appointments"}, Egress: egress,
			Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
				BaseURL: "https://" + v1alpha1.ServiceURL(name) + ".example", Auth: v1alpha1.HTTPAuth{Type: v1alpha1.AuthHMAC},
			}},
			RateLimit: &v1alpha1.SystemRateLimit{PerMinute: 30, Concurrent: 2},
			Reading:   &v1alpha1.SystemReading{Reference: "body.reference"},
		},
	}
}

func hotline() *v1alpha1.InformationSystem {
	s := system("hotline-12345", v1alpha1.EgressPeer{CIDR: "192.0.2.9/32", Port: 443})
	s.Spec.Sends = []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders}
	return s
}

// delivering is a community that delivers to two systems.
func delivering() asked {
	a := withDatabase()
	a.home.Courier = &Courier{
		Systems: []*v1alpha1.InformationSystem{
			system("family-health", v1alpha1.EgressPeer{CIDR: "192.0.2.20/32", Port: 8443}, v1alpha1.EgressPeer{CIDR: "192.0.2.20/32", Port: 443}, v1alpha1.EgressPeer{CIDR: "192.0.2.10/32", Port: 443}),
			system("social-security", v1alpha1.EgressPeer{CIDR: "192.0.2.10/32", Port: 443}),
		},
		Credentials: map[string][]byte{"family-health_key": []byte("key"), "family-health_key-id": []byte("id")},
	}
	return a
}

func (a asked) courier() Program {
	p := a.portal
	p.Component, p.Secrets = ComponentCourier, true
	return p
}

func courierObjects(t *testing.T) []any {
	t.Helper()
	a := delivering()
	facts := secretFacts()
	facts.CourierURI, facts.CourierPrivate = "uri-of-courier", []byte("courier-private")
	secrets := Secrets(a.home, facts)
	routed := a.portal
	routed.Hostname, routed.Gateway, routed.Hooks = "anding.shequ.example", &v1alpha1.GatewayReference{Namespace: "gateway", Name: "public"}, ComponentCourier
	return slices.Concat(secrets[len(secrets)-1:], []any{CourierCredentials(a.home), must(CourierConfig(a.home))}, HomePolicies(a.home), Limits(a.home)[:1],
		CourierWorkload(a.courier()), Route(routed))
}

func TestCourierConfig(t *testing.T) {
	read := func(h Home) *content.Courier {
		t.Helper()
		c, err := content.ParseCourier([]byte(as[corev1.ConfigMap](t, must(CourierConfig(h))).Data[content.CourierFile]))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	h := delivering().home
	c := read(h)
	if len(c.Systems) != 2 || c.Systems[0].Name != "family-health" || c.Systems[0].Protocol.HTTP.BaseURL != "https://family-health.example" ||
		c.Systems[0].RateLimit.PerMinute != 30 || c.Systems[0].Reading.Reference != "body.reference" || c.Orders != nil {
		t.Errorf("courier.json says %+v", c)
	}
	h.Courier.Systems = append(h.Courier.Systems, hotline())
	if c := read(h); c.Orders == nil || *c.Orders != (content.OrderTerms{Item: "hotline-12345", Purpose: "hotline-12345", RetentionDays: 365}) || len(c.Systems[2].Sends) != 1 {
		t.Errorf("work orders become %+v", c.Orders)
	}
	for i := range 400 {
		s := system(fmt.Sprintf("system-%d", i))
		s.Spec.Reading.Accepted = strings.Repeat("a", 3000)
		h.Courier.Systems = append(h.Courier.Systems, s)
	}
	if _, err := CourierConfig(h); err == nil || !strings.Contains(err.Error(), "connect fewer") {
		t.Errorf("what fits no ConfigMap: %v", err)
	}
}

// The courier reaches what its systems declare, and nobody reaches it unless one of
// them sends something.
func TestCourierPolicy(t *testing.T) {
	of := func(h Home) *networkingv1.NetworkPolicy {
		t.Helper()
		for _, obj := range HomePolicies(h) {
			if p := as[networkingv1.NetworkPolicy](t, obj); p.Name == ComponentCourier {
				return &p
			}
		}
		return nil
	}
	h := delivering().home
	p := of(h)
	if p == nil || p.Spec.PodSelector.MatchLabels[v1alpha1.ComponentLabel] != ComponentCourier || len(p.Spec.PodSelector.MatchLabels) != 1 || len(p.Spec.Ingress) != 0 || fmt.Sprint(p.Spec.PolicyTypes) != "[Egress]" {
		t.Fatalf("the courier's policy is %+v", p)
	}
	var got []string
	for _, rule := range p.Spec.Egress {
		for _, to := range rule.Ports {
			got = append(got, fmt.Sprintf("%s %s:%d", *to.Protocol, rule.To[0].IPBlock.CIDR, to.Port.IntVal))
		}
		if len(rule.To) != 1 || len(rule.To[0].IPBlock.Except) > 0 {
			t.Errorf("a rule to %+v", rule.To)
		}
	}
	if want := "[TCP 192.0.2.10/32:443 TCP 192.0.2.20/32:443 TCP 192.0.2.20/32:8443]"; fmt.Sprint(got) != want {
		t.Errorf("the courier may reach %v, want %s", got, want)
	}
	h.Courier.Systems = append(h.Courier.Systems, hotline())
	if p := of(h); len(p.Spec.Ingress) != 1 || len(p.Spec.Ingress[0].From) != 1 || p.Spec.Ingress[0].Ports[0].Port.IntVal != PortHTTP || len(p.Spec.Egress) != 3 {
		t.Errorf("with work orders the courier's policy is %+v", p.Spec)
	}
	h.Courier.Systems = []*v1alpha1.InformationSystem{system("silent")}
	if p := of(h); p != nil {
		t.Errorf("the courier is opened to nobody: %+v", p.Spec)
	}
	h.Courier = nil
	if p := of(h); p != nil {
		t.Errorf("without a courier there is a policy: %+v", p.Spec)
	}
}

// Two couriers at once, or one that a budget keeps on its node, are of no use.
func TestThereIsOneCourier(t *testing.T) {
	a := delivering()
	objects := CourierWorkload(a.courier())
	d := as[appsv1.Deployment](t, objects[len(objects)-1])
	if d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType || d.Spec.Strategy.RollingUpdate != nil || *d.Spec.Replicas != 1 {
		t.Errorf("the courier is replaced by %+v", d.Spec.Strategy)
	}
	if got := strings.Join(d.Spec.Template.Spec.Containers[0].Args, " "); !strings.HasPrefix(got, "courier --secrets=/etc/shequ/secrets --credentials=/etc/shequ/credentials --courier=/etc/shequ/courier") {
		t.Errorf("the courier's arguments: %s", got)
	}
	for _, obj := range objects {
		if as[metav1.TypeMeta](t, obj).Kind == "PodDisruptionBudget" {
			t.Error("the courier has a budget")
		}
	}
	held := a.courier()
	held.Held = true
	if got := len(CourierWorkload(held)); got != len(objects)-1 {
		t.Errorf("%d objects while it is held, want all but the Deployment", got)
	}
	with := as[corev1.ResourceQuota](t, Limits(a.home)[0]).Spec.Hard
	a.home.Courier = nil
	without := as[corev1.ResourceQuota](t, Limits(a.home)[0]).Spec.Hard
	for resource, more := range map[corev1.ResourceName]string{"pods": "1", "requests.cpu": "10m", "requests.memory": "32Mi", "requests.storage": "0"} {
		room := with[resource]
		room.Sub(without[resource])
		if room.String() != more {
			t.Errorf("the quota has room for %s %s, want %s", room.String(), resource, more)
		}
	}
}

func TestHooksGoToTheCourier(t *testing.T) {
	p := delivering().portal
	p.Hostname, p.Gateway, p.Hooks = "anding.shequ.example", &v1alpha1.GatewayReference{Namespace: "gateway", Name: "public"}, ComponentCourier
	rules := as[gatewayv1.HTTPRoute](t, Route(p)[0]).Spec.Rules
	if len(rules) != 2 || rules[0].BackendRefs[0].Name != "courier" || *rules[0].Matches[0].Path.Value != "/hooks/" || rules[1].BackendRefs[0].Name != "portal" || len(rules[1].Matches) != 0 {
		t.Errorf("the route's rules are %+v", rules)
	}
}

func TestNoCredentialIsPrinted(t *testing.T) {
	c := delivering().home.Courier
	c.Credentials["x"] = []byte("hush")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, *c); strings.Contains(got, "hush") || strings.Contains(got, "104") {
			t.Errorf("%s shows %s", verb, got)
		}
	}
}
