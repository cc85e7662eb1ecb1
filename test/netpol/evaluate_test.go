package netpol

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

func policies(t *testing.T, texts ...string) []networkingv1.NetworkPolicy {
	t.Helper()
	var out []networkingv1.NetworkPolicy
	for _, text := range texts {
		p := networkingv1.NetworkPolicy{}
		p.Namespace = "home"
		if err := yaml.UnmarshalStrict([]byte(text), &p.Spec); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		out = append(out, p)
	}
	return out
}

var (
	server  = Peer{Namespace: "home", NamespaceLabels: map[string]string{"name": "home"}, Labels: map[string]string{"app": "server"}, IP: "10.1.0.1", NamedPorts: map[string]int32{"http": 8080}}
	friend  = Peer{Namespace: "home", NamespaceLabels: map[string]string{"name": "home"}, Labels: map[string]string{"app": "friend"}, IP: "10.1.0.2"}
	visitor = Peer{Namespace: "away", NamespaceLabels: map[string]string{"name": "away"}, Labels: map[string]string{"app": "friend"}, IP: "10.2.0.1"}
	outside = Peer{IP: "203.0.113.7"}
)

const denyAll = "{podSelector: {}, policyTypes: [Ingress, Egress]}"

// TestSemantics holds the evaluator against the rules of the NetworkPolicy
// documentation, one by one.
func TestSemantics(t *testing.T) {
	for _, tc := range []struct {
		name     string
		policies []string
		from, to Peer
		protocol corev1.Protocol
		port     int32
		want     bool
	}{
		{"no policy isolates nobody", nil, visitor, server, "TCP", 1, true},
		{"deny all keeps out", []string{denyAll}, visitor, server, "TCP", 1, false},
		{"deny all keeps in", []string{denyAll}, server, outside, "TCP", 1, false},
		{"deny all is of its own namespace", []string{denyAll}, visitor, outside, "TCP", 1, true},
		{"a policy isolates only whom it selects", []string{"{podSelector: {matchLabels: {app: friend}}, policyTypes: [Ingress]}"}, visitor, server, "TCP", 1, true},
		{"inward isolation leaves outward open", []string{"{podSelector: {}, policyTypes: [Ingress]}"}, server, outside, "TCP", 1, true},
		{"without types: inward", []string{"{podSelector: {}}"}, visitor, server, "TCP", 1, false},
		{"without types: outward open", []string{"{podSelector: {}}"}, server, outside, "TCP", 1, true},
		{"without types but with rules outward: outward", []string{"{podSelector: {}, egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8}}]}]}"}, server, outside, "TCP", 1, false},
		{"an empty rule allows all", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}"}, outside, server, "UDP", 1, true},
		{"policies add up", []string{denyAll, "{podSelector: {}, policyTypes: [Ingress], ingress: [{}]}"}, visitor, server, "TCP", 1, true},
		{"a pod selector alone means the same namespace", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}]}]}"}, friend, server, "TCP", 1, true},
		{"a pod selector alone means no other namespace", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}]}]}"}, visitor, server, "TCP", 1, false},
		{"a namespace selector alone means all its pods", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {name: away}}}]}]}"}, visitor, server, "TCP", 1, true},
		{"both selectors in one peer mean both", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {name: away}}, podSelector: {matchLabels: {app: other}}}]}]}"}, visitor, server, "TCP", 1, false},
		{"two peers mean either", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {matchLabels: {name: away}}}, {podSelector: {matchLabels: {app: other}}}]}]}"}, visitor, server, "TCP", 1, true},
		{"a namespace selector is nobody outside", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{namespaceSelector: {}}]}]}"}, outside, server, "TCP", 1, false},
		{"a block", []string{"{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24}}]}]}"}, server, outside, "TCP", 1, true},
		{"a block's exception", []string{"{podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 203.0.113.0/24, except: [203.0.113.0/28]}}]}]}"}, server, outside, "TCP", 1, false},
		{"a port", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}"}, visitor, server, "TCP", 8080, true},
		{"another port", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}"}, visitor, server, "TCP", 8081, false},
		{"a port is TCP unless said", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080}]}]}"}, visitor, server, "UDP", 8080, false},
		{"a protocol alone means all its ports", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{protocol: UDP}]}]}"}, visitor, server, "UDP", 99, true},
		{"a range's end", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080, endPort: 8090}]}]}"}, visitor, server, "TCP", 8090, true},
		{"beyond a range", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: 8080, endPort: 8090}]}]}"}, visitor, server, "TCP", 8091, false},
		{"a named port is the receiver's", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: http}]}]}"}, visitor, server, "TCP", 8080, true},
		{"a named port nobody has", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{ports: [{port: https}]}]}"}, visitor, server, "TCP", 8080, false},
		{"peer and port must both match", []string{"{podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}], ports: [{port: 8080}]}]}"}, visitor, server, "TCP", 8080, false},
		{"both sides must agree", []string{"{podSelector: {matchLabels: {app: server}}, policyTypes: [Ingress], ingress: [{}]}", "{podSelector: {matchLabels: {app: friend}}, policyTypes: [Egress]}"}, friend, server, "TCP", 1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := Flow{From: tc.from, To: tc.to, Protocol: tc.protocol, Port: tc.port}
			if got := Allowed(policies(t, tc.policies...), f); got != tc.want {
				t.Errorf("allowed: %t, want %t", got, tc.want)
			}
		})
	}
}
