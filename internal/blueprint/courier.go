package blueprint

import (
	"cmp"
	"fmt"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/settings"
)

const (
	courierDir     = "/etc/shequ/courier"
	credentialsDir = "/etc/shequ/credentials" //nolint:gosec // a directory

	// HooksPath is where information systems send to, on the portal's hostname.
	HooksPath = "/hooks/"

	// orderItem is what the hotline's work orders become a case of, and the purpose of
	// what is written in them.
	orderItem = "hotline-12345"
)

// Courier is what a home has for the information systems its community is connected
// to.
type Courier struct {
	// Systems that exist of those the community names, by name.
	Systems []*v1alpha1.InformationSystem
	// Credentials are the files the courier proves itself with (content.CredentialFile).
	Credentials map[string][]byte
}

// Format prints no credentials, whatever the verb.
func (c Courier) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "a courier to %d systems", len(c.Systems))
}

// Takes reports whether any of the systems sends something to the community.
func (c Courier) Takes() bool {
	return slices.ContainsFunc(c.Systems, func(s *v1alpha1.InformationSystem) bool { return len(s.Spec.Sends) > 0 })
}

// CourierConfig is the ConfigMap that says how the systems are talked to. The error
// says that it is larger than a ConfigMap can be.
func CourierConfig(h Home) (*corev1ac.ConfigMapApplyConfiguration, error) {
	var c content.Courier
	for _, s := range h.Courier.Systems {
		c.Systems = append(c.Systems, content.CourierSystem{
			Name: s.Name, Protocol: s.Spec.Protocol, RateLimit: s.Spec.RateLimit, Reading: s.Spec.Reading, Sends: s.Spec.Sends,
		})
		if slices.Contains(s.Spec.Sends, v1alpha1.SendsWorkOrders) {
			c.Orders = &content.OrderTerms{Item: orderItem, Purpose: orderItem, RetentionDays: requestRetentionDays}
		}
	}
	data, err := content.MarshalCourier(c)
	if err != nil {
		return nil, err
	}
	if len(data) > content.MaxFileBytes {
		return nil, fmt.Errorf("the settings of %d information systems fill %d bytes, of which a ConfigMap holds %d: connect fewer, or shorten their readings", len(c.Systems), len(data), content.MaxFileBytes)
	}
	return corev1ac.ConfigMap(CourierConfigName, h.Namespace).WithLabels(h.courierLabels()).
		WithData(map[string]string{content.CourierFile: string(data)}), nil
}

// CourierCredentials is the Secret with what the courier shows the systems.
func CourierCredentials(h Home) *corev1ac.SecretApplyConfiguration {
	return corev1ac.Secret(CourierCredentialsName, h.Namespace).WithLabels(h.courierLabels()).
		WithType(corev1.SecretTypeOpaque).WithData(h.Courier.Credentials)
}

func (h Home) courierLabels() map[string]string {
	return with(CommunityLabels(h.Community.Namespace, h.Community.Name), ComponentCourier)
}

// CourierWorkload is the courier's ServiceAccount, Service and, unless it is held,
// Deployment. There is never more than one: each works through the same lines, and
// the next one goes on where the last ended.
func CourierWorkload(p Program) []any {
	labels, selector := with(p.Labels, p.Component), selecting(p.Component)
	out := reached(p, labels, selector)
	if p.Held {
		return out
	}
	d := deployment(p, labels, selector, courierPod(p))
	d.Spec.WithStrategy(appsv1ac.DeploymentStrategy().WithType(appsv1.RecreateDeploymentStrategyType))
	return append(out, d)
}

func courierPod(p Program) *corev1ac.PodSpecApplyConfiguration {
	container := servingContainer(p, "--secrets="+secretsDir, "--credentials="+credentialsDir, "--courier="+courierDir).
		WithVolumeMounts(mount("secrets", secretsDir), mount("credentials", credentialsDir), mount("courier", courierDir))
	return restrictedPod(p, container).WithVolumes(
		corev1ac.Volume().WithName("credentials").WithProjected(corev1ac.ProjectedVolumeSource().WithDefaultMode(0o440).
			WithSources(corev1ac.VolumeProjection().WithSecret(corev1ac.SecretProjection().WithName(CourierCredentialsName)))),
		corev1ac.Volume().WithName("courier").WithProjected(corev1ac.ProjectedVolumeSource().WithDefaultMode(0o444).
			WithSources(corev1ac.VolumeProjection().WithConfigMap(corev1ac.ConfigMapProjection().WithName(CourierConfigName)))),
	)
}

// courierPolicy opens the courier to the addresses its systems declare, and to the
// gateway where one of them sends something.
func courierPolicy(h Home, labels map[string]string) []any {
	if h.Courier == nil {
		return nil
	}
	var gateway []settings.Peer
	if h.Courier.Takes() {
		gateway = h.Network.Gateway
	}
	return gatewayPolicy(ComponentCourier, h.Namespace, labels, gateway, h.Courier.addresses())
}

// addresses are those of all systems, each once, in order.
func (c Courier) addresses() []settings.Peer {
	var all []v1alpha1.EgressPeer
	for _, s := range c.Systems {
		all = append(all, s.Spec.Egress...)
	}
	slices.SortFunc(all, func(a, b v1alpha1.EgressPeer) int {
		return cmp.Or(cmp.Compare(a.CIDR, b.CIDR), cmp.Compare(a.Port, b.Port))
	})
	var out []settings.Peer
	for _, e := range slices.Compact(all) {
		if n := len(out); n > 0 && out[n-1].CIDR == e.CIDR {
			out[n-1].Ports = append(out[n-1].Ports, e.Port)
			continue
		}
		out = append(out, settings.Peer{CIDR: e.CIDR, Ports: []int32{e.Port}})
	}
	return out
}
