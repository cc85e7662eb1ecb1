package blueprint

import (
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	networkingv1ac "k8s.io/client-go/applyconfigurations/networking/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/settings"
)

// Ports of the station binary.
const (
	PortHTTP    = 8080
	PortMetrics = 9090
)

// HomePolicies closes a home namespace and opens what every program needs: DNS
// outward, Prometheus inward, the gateway to the portal, the way to the
// database's server where there is one, and the courier's to information systems. A peer the district did not name stays out.
func HomePolicies(h Home) []any {
	labels := CommunityLabels(h.Community.Namespace, h.Community.Name)
	out := []any{
		policy(DenyPolicyName, h.Namespace, labels, networkingv1ac.NetworkPolicySpec().
			WithPodSelector(metav1ac.LabelSelector()).
			WithPolicyTypes(networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress)),
	}
	if rules := egress(h.Network.DNS, corev1.ProtocolUDP, corev1.ProtocolTCP); len(rules) > 0 {
		out = append(out, policy(dnsPolicyName, h.Namespace, labels, networkingv1ac.NetworkPolicySpec().
			WithPodSelector(metav1ac.LabelSelector()).
			WithPolicyTypes(networkingv1.PolicyTypeEgress).WithEgress(rules...)))
	}
	out = append(out, databasePolicy(h, labels)...)
	if peers := peers(h.Network.Prometheus); len(peers) > 0 {
		out = append(out, policy(metricsPolicyName, h.Namespace, labels, networkingv1ac.NetworkPolicySpec().
			WithPodSelector(metav1ac.LabelSelector()).
			WithPolicyTypes(networkingv1.PolicyTypeIngress).
			WithIngress(networkingv1ac.NetworkPolicyIngressRule().WithFrom(peers...).WithPorts(port(corev1.ProtocolTCP, PortMetrics)))))
	}
	out = append(out, courierPolicy(h, labels)...)
	return append(out, gatewayPolicy(ComponentPortal, h.Namespace, labels, h.Network.Gateway, nil)...)
}

// gatewayPolicy opens a program to the gateway, and outward to the given peers.
func gatewayPolicy(component, namespace string, labels map[string]string, gateway, out []settings.Peer) []any {
	spec := networkingv1ac.NetworkPolicySpec().
		WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(map[string]string{v1alpha1.ComponentLabel: component}))
	opens := false
	if from := peers(gateway); len(from) > 0 {
		spec.WithPolicyTypes(networkingv1.PolicyTypeIngress).
			WithIngress(networkingv1ac.NetworkPolicyIngressRule().WithFrom(from...).WithPorts(port(corev1.ProtocolTCP, PortHTTP)))
		opens = true
	}
	if rules := egress(out, corev1.ProtocolTCP); len(rules) > 0 {
		spec.WithPolicyTypes(networkingv1.PolicyTypeEgress).WithEgress(rules...)
		opens = true
	}
	if !opens {
		return nil
	}
	return []any{policy(component, namespace, labels, spec)}
}

func policy(name, namespace string, labels map[string]string, spec *networkingv1ac.NetworkPolicySpecApplyConfiguration) *networkingv1ac.NetworkPolicyApplyConfiguration {
	return networkingv1ac.NetworkPolicy(name, namespace).WithLabels(labels).WithSpec(spec)
}

func peers(in []settings.Peer) []*networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	var out []*networkingv1ac.NetworkPolicyPeerApplyConfiguration
	for _, p := range in {
		out = append(out, peer(p))
	}
	return out
}

func peer(p settings.Peer) *networkingv1ac.NetworkPolicyPeerApplyConfiguration {
	ac := networkingv1ac.NetworkPolicyPeer()
	if p.CIDR != "" {
		return ac.WithIPBlock(networkingv1ac.IPBlock().WithCIDR(p.CIDR))
	}
	if len(p.NamespaceLabels) > 0 {
		ac.WithNamespaceSelector(metav1ac.LabelSelector().WithMatchLabels(p.NamespaceLabels))
	}
	if len(p.PodLabels) > 0 {
		ac.WithPodSelector(metav1ac.LabelSelector().WithMatchLabels(p.PodLabels))
	}
	return ac
}

func egress(in []settings.Peer, protocols ...corev1.Protocol) []*networkingv1ac.NetworkPolicyEgressRuleApplyConfiguration {
	var out []*networkingv1ac.NetworkPolicyEgressRuleApplyConfiguration
	for _, p := range in {
		rule := networkingv1ac.NetworkPolicyEgressRule().WithTo(peer(p))
		for _, protocol := range protocols {
			for _, number := range p.Ports {
				rule.WithPorts(port(protocol, number))
			}
		}
		out = append(out, rule)
	}
	return out
}

func port(protocol corev1.Protocol, number int32) *networkingv1ac.NetworkPolicyPortApplyConfiguration {
	return networkingv1ac.NetworkPolicyPort().WithProtocol(protocol).WithPort(intstr.FromInt32(number))
}
