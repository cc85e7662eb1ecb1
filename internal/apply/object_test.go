package apply

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"
)

const set = "applyset-of-a-test-v1"

func newObject(t *testing.T, config any) Object {
	t.Helper()
	obj, err := NewObject(config, set)
	if err != nil {
		t.Fatal(err)
	}
	return obj
}

func TestNewObjectJoinsTheSet(t *testing.T) {
	obj := newObject(t, corev1ac.ConfigMap("a", "home").WithLabels(map[string]string{"own": "label"}))
	if want := (Ref{Kind: "ConfigMap", Namespace: "home", Name: "a"}); obj.Ref != want {
		t.Errorf("Ref = %+v, want %+v", obj.Ref, want)
	}
	labels, _, err := unstructured.NestedStringMap(obj.Content(), "metadata", "labels")
	if err != nil || labels[PartOfLabel] != set || labels["own"] != "label" {
		t.Errorf("labels = %v, %v; want the set's and its own", labels, err)
	}
}

func TestNewObjectHash(t *testing.T) {
	base := func() *corev1ac.ConfigMapApplyConfiguration {
		return corev1ac.ConfigMap("a", "home").WithData(map[string]string{"x": "1", "y": "2"})
	}
	one := newObject(t, base())
	if again := newObject(t, base()); again.Hash != one.Hash {
		t.Error("the same intent has two hashes")
	}
	if other := newObject(t, base().WithData(map[string]string{"x": "3"})); other.Hash == one.Hash {
		t.Error("another content has the same hash")
	}
	otherSet, err := NewObject(base(), set+"x")
	if err != nil || otherSet.Hash == one.Hash {
		t.Errorf("another set has the same hash (%v)", err)
	}
	if len(one.Hash) != 32 {
		t.Errorf("hash %q has %d characters, want 32", one.Hash, len(one.Hash))
	}
}

func TestNewObjectRefuses(t *testing.T) {
	for name, config := range map[string]any{
		"no name":     corev1ac.ConfigMap("", "home"),
		"no kind":     map[string]any{"metadata": map[string]any{"name": "a"}},
		"no JSON":     make(chan int),
		"no object":   []string{"a"},
		"a bad list":  map[string]any{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "a"}, "spec": map[string]any{"ingress": "none"}},
		"an empty {}": map[string]any{},
	} {
		if obj, err := NewObject(config, set); err == nil {
			t.Errorf("%s: NewObject made %+v", name, obj)
		}
	}
}

// What a policy does not state, nobody owns: a rule that somebody adds to an
// empty list would stay.
func TestNewObjectStatesEmptyRules(t *testing.T) {
	obj := newObject(t, networkingv1ac.NetworkPolicy("deny", "home").WithSpec(networkingv1ac.NetworkPolicySpec()))
	for _, field := range []string{"ingress", "egress"} {
		list, there, err := unstructured.NestedSlice(obj.Content(), "spec", field)
		if err != nil || !there || len(list) != 0 {
			t.Errorf("spec.%s = %v (there: %t, %v), want an empty list", field, list, there, err)
		}
	}
	rule := networkingv1ac.NetworkPolicyIngressRule()
	obj = newObject(t, networkingv1ac.NetworkPolicy("allow", "home").WithSpec(networkingv1ac.NetworkPolicySpec().WithIngress(rule)))
	if list, _, _ := unstructured.NestedSlice(obj.Content(), "spec", "ingress"); len(list) != 1 {
		t.Errorf("a stated rule is gone: %v", list)
	}
	if _, there, _ := unstructured.NestedSlice(newObject(t, corev1ac.ConfigMap("a", "b")).Content(), "spec", "ingress"); there {
		t.Error("a ConfigMap has rules")
	}
}

func TestRefForms(t *testing.T) {
	for _, tc := range []struct {
		ref         Ref
		text, title string
	}{
		{Ref{Kind: "Namespace", Name: "home"}, "Namespace//home", "Namespace home"},
		{Ref{Kind: "Service", Namespace: "home", Name: "portal"}, "Service/home/portal", "Service home/portal"},
		{Ref{Group: "apps", Kind: "Deployment", Namespace: "home", Name: "desk"}, "Deployment.apps/home/desk", "Deployment home/desk"},
		{Ref{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute", Namespace: "h", Name: "a.b"}, "HTTPRoute.gateway.networking.k8s.io/h/a.b", "HTTPRoute h/a.b"},
	} {
		if got := tc.ref.String(); got != tc.text {
			t.Errorf("String() = %q, want %q", got, tc.text)
		}
		if got := tc.ref.Title(); got != tc.title {
			t.Errorf("Title() = %q, want %q", got, tc.title)
		}
		if got, err := ParseRef(tc.text); err != nil || got != tc.ref {
			t.Errorf("ParseRef(%q) = %+v, %v; want %+v", tc.text, got, err, tc.ref)
		}
	}
}

func TestParseRefRefuses(t *testing.T) {
	for _, text := range []string{"", "a", "a/b", "/ns/name", "Kind/ns/", "Kind/a/b/c", "//"} {
		if ref, err := ParseRef(text); err == nil {
			t.Errorf("ParseRef(%q) = %+v, want an error", text, ref)
		} else if !strings.Contains(err.Error(), "Kind.group/namespace/name") {
			t.Errorf("ParseRef(%q) does not say the form: %v", text, err)
		}
	}
}

func FuzzParseRef(f *testing.F) {
	for _, seed := range []string{"Namespace//home", "Deployment.apps/h/p", "a.b.c/d/e", "//", ".x/y/z", "K./n/m"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := ParseRef(text)
		if err != nil {
			return
		}
		back, err := ParseRef(ref.String())
		if err != nil || back != ref {
			t.Errorf("%q reads as %+v, which writes as %q, which reads as %+v, %v", text, ref, ref.String(), back, err)
		}
	})
}

// The id is what kubectl computes for a Secret my-set in namespace test; its
// own tests hold it to that.
func TestSetIDIsKubectls(t *testing.T) {
	const kubectls = "applyset-0eFHV8ySqp7XoShsGvyWFQD3s96yqwHmzc4e0HR1dsY-v1"
	if got := SetID(schema.GroupKind{Kind: "Secret"}, "test", "my-set"); got != kubectls {
		t.Errorf("SetID = %s, want %s", got, kubectls)
	}
	ids := map[string]string{}
	for _, parts := range [][4]string{
		{"shequ.io", "Community", "a", "b"}, {"shequ.io", "ServiceStation", "a", "b"},
		{"shequ.io", "Community", "b", "a"}, {"", "Community", "a", "b"}, {"shequ.io", "Community", "", "b"},
	} {
		id := SetID(schema.GroupKind{Group: parts[0], Kind: parts[1]}, parts[2], parts[3])
		if other, there := ids[id]; there {
			t.Errorf("%v and %s share the id %s", parts, other, id)
		}
		ids[id] = strings.Join(parts[:], " ")
		if len(id) > 63 {
			t.Errorf("id %s is no label: %d characters", id, len(id))
		}
	}
}
