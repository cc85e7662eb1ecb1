package blueprint

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	batchv1ac "k8s.io/client-go/applyconfigurations/batch/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/settings"
)

// as reads an apply configuration as the object it makes.
func as[T any](t *testing.T, config any) T {
	t.Helper()
	var out T
	data, err := json.Marshal(config)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Every pod there is meets Pod Security "restricted" and some more; the API
// server's own admission judges them too, in the controllers' tests.
func TestPodsAreRestricted(t *testing.T) {
	n := 0
	for name, objects := range cases(t) {
		for _, obj := range objects {
			var pod corev1.PodSpec
			switch obj.(type) {
			case *appsv1ac.DeploymentApplyConfiguration:
				pod = as[appsv1.Deployment](t, obj).Spec.Template.Spec
			case *batchv1ac.JobApplyConfiguration:
				pod = as[batchv1.Job](t, obj).Spec.Template.Spec
			default:
				continue
			}
			n++
			for problem, there := range podProblems(pod) {
				if there {
					t.Errorf("%s: %s", name, problem)
				}
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d pods were looked at", n)
	}
}

func podProblems(pod corev1.PodSpec) map[string]bool {
	problems := map[string]bool{
		"uses the host":         pod.HostNetwork || pod.HostPID || pod.HostIPC,
		"runs as root":          pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0,
		"has no seccomp":        pod.SecurityContext == nil || pod.SecurityContext.SeccompProfile == nil || pod.SecurityContext.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault,
		"has a token":           pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken,
		"has no account":        pod.ServiceAccountName == "",
		"is told of others":     pod.EnableServiceLinks == nil || *pod.EnableServiceLinks,
		"has not one container": len(pod.Containers) != 1,
	}
	for _, v := range pod.Volumes {
		problems["mounts "+v.Name] = v.Projected == nil
		if v.Projected != nil && slices.ContainsFunc(v.Projected.Sources, func(s corev1.VolumeProjection) bool { return s.Secret != nil }) {
			problems["shows its Secret to others"] = v.Projected.DefaultMode == nil || *v.Projected.DefaultMode != 0o440
			problems["can't read its Secret"] = pod.SecurityContext.FSGroup == nil || *pod.SecurityContext.FSGroup != *pod.SecurityContext.RunAsGroup
		}
	}
	for _, c := range pod.Containers {
		s := c.SecurityContext
		problems["may escalate"] = s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation
		problems["may write its root"] = s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem
		problems["has capabilities"] = s == nil || s.Capabilities == nil || fmt.Sprint(s.Capabilities.Drop) != "[ALL]" || len(s.Capabilities.Add) > 0
		if pod.RestartPolicy == "" { // what ends by itself is asked nothing
			problems["has no probes"] = c.ReadinessProbe == nil || c.LivenessProbe == nil
		}
		problems["has no limits"] = c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero()
	}
	return problems
}

func TestPodProblemsAreFound(t *testing.T) {
	yes := true
	found := podProblems(corev1.PodSpec{HostPID: true, AutomountServiceAccountToken: &yes, Containers: []corev1.Container{{}}, Volumes: []corev1.Volume{{Name: "v"}}})
	for problem, there := range found {
		if problem != "has not one container" && !there {
			t.Errorf("overlooked: %s", problem)
		}
	}
}

// A quota on objects answers 403 in a fresh namespace.
func TestQuotaCountsNoObjects(t *testing.T) {
	quota := as[corev1.ResourceQuota](t, Limits(Home{Community: bare(), Namespace: "home", Quota: amounts()})[0])
	if len(quota.Spec.Hard) != 4 {
		t.Errorf("quota %v", quota.Spec.Hard)
	}
	for name := range quota.Spec.Hard {
		if strings.HasPrefix(string(name), "count/") || name == corev1.ResourceServices || name == corev1.ResourceConfigMaps {
			t.Errorf("the quota counts %s", name)
		}
	}
}

func TestUnnamedPeersGetNoPolicy(t *testing.T) {
	home := Home{Community: bare(), Namespace: "home"}
	policies := HomePolicies(home)
	if len(policies) != 1 {
		t.Fatalf("%d policies although nobody is named, want default-deny alone", len(policies))
	}
	deny := as[networkingv1.NetworkPolicy](t, policies[0])
	if deny.Name != DenyPolicyName || len(deny.Spec.PolicyTypes) != 2 || len(deny.Spec.Ingress)+len(deny.Spec.Egress) != 0 {
		t.Errorf("the policy that is left is %+v", deny.Spec)
	}
	if got := DeskPolicies("home", nil, settings.Network{}); got != nil {
		t.Errorf("the desk is opened to nobody: %v", got)
	}
	// The portal is for residents, who sign in nowhere.
	for _, obj := range HomePolicies(Home{Community: bare(), Namespace: "home", Network: network()}) {
		p := as[networkingv1.NetworkPolicy](t, obj)
		if p.Name == ComponentPortal && len(p.Spec.Egress) > 0 {
			t.Error("the portal may speak outward")
		}
	}
}

func TestRouteNeedsHostnameAndGateway(t *testing.T) {
	gateway := &v1alpha1.GatewayReference{Namespace: "gateway", Name: "public"}
	for _, p := range []Program{{}, {Hostname: "a.example"}, {Gateway: gateway}} {
		if got := Route(p); got != nil {
			t.Errorf("%+v has a route", p)
		}
	}
	if got := Route(Program{Component: "portal", Hostname: "a.example", Gateway: gateway}); len(got) != 1 {
		t.Errorf("%d routes, want one", len(got))
	}
}

func TestClosed(t *testing.T) {
	ns := v1alpha1.InventoryEntry{Kind: "Namespace", Name: "home", UID: "u1"}
	deny := v1alpha1.InventoryEntry{Kind: "NetworkPolicy", Namespace: "home", Name: DenyPolicyName, UID: "u2"}
	unmade := deny
	unmade.UID = ""
	elsewhere := deny
	elsewhere.Namespace = "other"
	for name, tc := range map[string]struct {
		inventory []v1alpha1.InventoryEntry
		want      bool
	}{
		"nothing": {nil, false}, "namespace alone": {[]v1alpha1.InventoryEntry{ns}, false}, "policy alone": {[]v1alpha1.InventoryEntry{deny}, false},
		"both": {[]v1alpha1.InventoryEntry{ns, deny}, true}, "policy not made": {[]v1alpha1.InventoryEntry{ns, unmade}, false},
		"policy elsewhere": {[]v1alpha1.InventoryEntry{ns, elsewhere}, false},
	} {
		if got := Closed("home", tc.inventory); got != tc.want {
			t.Errorf("%s: closed %t, want %t", name, got, tc.want)
		}
	}
}

func manyItems(n int, sized int) *v1alpha1.ServiceStation {
	st := hall()
	st.Spec.Items, st.Spec.Windows = nil, nil
	text := v1alpha1.LocalizedText{ZH: strings.Repeat("长", sized)}
	for i := range n {
		item := v1alpha1.StationItem{Name: fmt.Sprintf("item-%03d", i), Title: text}
		for range 16 {
			item.Steps, item.Materials = append(item.Steps, text), append(item.Materials, text)
		}
		st.Spec.Items = append(st.Spec.Items, item)
	}
	return st
}

// Items that one ConfigMap can't hold are spread over several, in order, and
// read together are what was asked for.
func TestManyItemsAreSpread(t *testing.T) {
	st := manyItems(128, 200)
	objects := published(t, StationFacts{Station: st}).ConfigMaps("home")
	if len(objects) < 2 || len(objects) > ItemShards {
		t.Fatalf("%d ConfigMaps, want 2 to %d", len(objects), ItemShards)
	}
	site, err := content.Marshal(site(ask(bare()).facts), nil)
	if err != nil {
		t.Fatal(err)
	}
	files := site[:1]
	for i, obj := range objects {
		cm := as[corev1.ConfigMap](t, obj)
		if want := fmt.Sprintf("station-items-%d", i); cm.Name != want || len(cm.Data) != 1 {
			t.Errorf("ConfigMap %s with %d files, want %s with one", cm.Name, len(cm.Data), want)
		}
		for name, data := range cm.Data {
			if len(data) > 900<<10 {
				t.Errorf("%s holds %d bytes", name, len(data))
			}
			files = append(files, content.File{Name: name, Data: []byte(data)})
		}
	}
	doc, err := content.Parse(files)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Items) != 128 || doc.Items[127].Name != "item-127" {
		t.Errorf("%d items are read back", len(doc.Items))
	}
}

func TestTooManyItems(t *testing.T) {
	st := manyItems(128, 400) // twice what the API lets through
	_, err := MakeOffer(StationFacts{Station: st, Tasks: admitted()})
	if err == nil || !strings.Contains(err.Error(), "at most 4 can be served: shorten or split them") {
		t.Errorf("MakeOffer = %v, want an error with its cure", err)
	}
}

func TestUndeclaredElements(t *testing.T) {
	facts := StationFacts{Station: hall(), Standard: standard()}
	if got := published(t, facts); fmt.Sprint(got.Undeclared) != "[undeclared: unknown]" || got.Own() != 1 {
		t.Errorf("undeclared %s, %d items are served", got.Undeclared, got.Own())
	}
	facts.Standard = nil
	if got := published(t, facts); len(got.Undeclared) != 2 {
		t.Errorf("without a standard %d elements are undeclared, want 2", len(got.Undeclared))
	}
}

func TestNeighboursAreBounded(t *testing.T) {
	facts := ask(bare()).facts
	for i := range 100 {
		n := *bare()
		n.Name = fmt.Sprintf("n-%03d", 99-i)
		facts.Neighbours = append(facts.Neighbours, n)
	}
	facts.Neighbours = append(facts.Neighbours, *bare())
	got := neighbours(facts)
	if len(got) != maxNeighbours || got[0].Name != "n-000" {
		t.Errorf("%d neighbours, the first %s", len(got), got[0].Name)
	}
}
