// Package netpol holds the network policies that the operator creates against
// a table of who may speak to whom. It evaluates them after the documented
// semantics of NetworkPolicy, over the real objects.
//
// It enforces nothing and sends no packet: that is a CNI plugin's work, and
// none that enforces policies is at hand for tests.
package netpol

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Peer is an end of a connection: a pod, or with no namespace an address
// outside the cluster.
type Peer struct {
	Namespace       string
	NamespaceLabels map[string]string
	Labels          map[string]string
	IP              string
	NamedPorts      map[string]int32
}

// Flow is a connection somebody tries to make.
type Flow struct {
	From, To Peer
	Protocol corev1.Protocol
	Port     int32
}

// Allowed reports whether a connection may be made: the sender's policies let
// it out and the receiver's let it in.
func Allowed(policies []networkingv1.NetworkPolicy, f Flow) bool {
	return egressAllowed(policies, f) && ingressAllowed(policies, f)
}

func ingressAllowed(policies []networkingv1.NetworkPolicy, f Flow) bool {
	isolated := false
	for i := range policies {
		p := &policies[i]
		if !selects(p, f.To, networkingv1.PolicyTypeIngress) {
			continue
		}
		isolated = true
		for _, rule := range p.Spec.Ingress {
			if matchesPeers(rule.From, p.Namespace, f.From) && matchesPorts(rule.Ports, f) {
				return true
			}
		}
	}
	return !isolated
}

func egressAllowed(policies []networkingv1.NetworkPolicy, f Flow) bool {
	isolated := false
	for i := range policies {
		p := &policies[i]
		if !selects(p, f.From, networkingv1.PolicyTypeEgress) {
			continue
		}
		isolated = true
		for _, rule := range p.Spec.Egress {
			if matchesPeers(rule.To, p.Namespace, f.To) && matchesPorts(rule.Ports, f) {
				return true
			}
		}
	}
	return !isolated
}

// selects reports whether a policy isolates a pod in a direction. A policy that
// names no types isolates inward, and outward if it has rules outward.
func selects(p *networkingv1.NetworkPolicy, pod Peer, direction networkingv1.PolicyType) bool {
	types := p.Spec.PolicyTypes
	if len(types) == 0 {
		types = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			types = append(types, networkingv1.PolicyTypeEgress)
		}
	}
	return pod.Namespace != "" && pod.Namespace == p.Namespace && slices.Contains(types, direction) && matches(&p.Spec.PodSelector, pod.Labels)
}

// matchesPeers reports whether a rule names a peer; one that names none means
// all.
func matchesPeers(peers []networkingv1.NetworkPolicyPeer, namespace string, other Peer) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(p networkingv1.NetworkPolicyPeer) bool {
		if p.IPBlock != nil {
			return inBlock(p.IPBlock, other.IP)
		}
		switch {
		case other.Namespace == "" || (p.PodSelector == nil && p.NamespaceSelector == nil):
			return false
		case p.NamespaceSelector == nil && other.Namespace != namespace:
			return false
		case p.NamespaceSelector != nil && !matches(p.NamespaceSelector, other.NamespaceLabels):
			return false
		}
		return p.PodSelector == nil || matches(p.PodSelector, other.Labels)
	})
}

func inBlock(block *networkingv1.IPBlock, ip string) bool {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	within := func(cidr string) bool {
		prefix, err := netip.ParsePrefix(cidr)
		return err == nil && prefix.Contains(addr)
	}
	return within(block.CIDR) && !slices.ContainsFunc(block.Except, within)
}

// matchesPorts reports whether a rule names the port; one that names none means
// all.
func matchesPorts(ports []networkingv1.NetworkPolicyPort, f Flow) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		protocol := corev1.ProtocolTCP
		if p.Protocol != nil {
			protocol = *p.Protocol
		}
		switch {
		case protocol != f.Protocol:
			return false
		case p.Port == nil:
			return true
		case p.Port.StrVal != "":
			number, there := f.To.NamedPorts[p.Port.StrVal]
			return there && number == f.Port
		case p.EndPort != nil:
			return p.Port.IntVal <= f.Port && f.Port <= *p.EndPort
		}
		return p.Port.IntVal == f.Port
	})
}

func matches(selector *metav1.LabelSelector, of map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(of))
}
