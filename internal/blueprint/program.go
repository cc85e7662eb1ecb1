package blueprint

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/intstr"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	policyv1ac "k8s.io/client-go/applyconfigurations/policy/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	gatewayv1ac "sigs.k8s.io/gateway-api/applyconfiguration/apis/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

const (
	contentDir  = "/etc/shequ/content"
	nonroot     = int64(65532)
	memoryLimit = "96Mi"
	// What a program asks of a node.
	requestCPU    = "10m"
	requestMemory = "32Mi"
	// goMemoryLimit leaves the runtime room below the container's limit.
	goMemoryLimit = "80MiB"
	// ItemShards is how many ConfigMaps a station's items may be spread over. The
	// pods mount all of them as optional, so that a change in number restarts
	// nothing.
	ItemShards = 4
)

// Program is one program of a community: the station binary with a role.
type Program struct {
	// Component is portal, desk or courier.
	Component string
	// Namespace is the home namespace.
	Namespace string
	// Labels of the intent object's children.
	Labels map[string]string
	// Image of the station binary.
	Image string
	// Replicas wanted; 0 while suspended.
	Replicas int32
	// Hostname and Gateway of its route. No route without both.
	Hostname string
	Gateway  *v1alpha1.GatewayReference
	// Secrets mounts the program's Secret, without which it keeps no cases.
	Secrets bool
	// Proxies are the networks of the gateway, whose word on whom it speaks for the
	// program takes: it bounds how often one address sends something.
	Proxies []string
	// DeskConfig mounts who may work as what.
	DeskConfig bool
	// Hooks is the Service that takes what information systems send to the program's
	// hostname; none when empty.
	Hooks string
	// Held leaves the Deployment out: what runs, or does not, stays as it is for now.
	Held bool
}

// Workload is the program's ServiceAccount, Service, PodDisruptionBudget and, unless
// it is held, Deployment.
func Workload(p Program) []any {
	labels, selector := with(p.Labels, p.Component), selecting(p.Component)
	out := append(reached(p, labels, selector),
		policyv1ac.PodDisruptionBudget(p.Component, p.Namespace).WithLabels(labels).WithSpec(policyv1ac.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithSelector(metav1ac.LabelSelector().WithMatchLabels(selector))))
	if !p.Held {
		out = append(out, deployment(p, labels, selector, podSpec(p)))
	}
	return out
}

func selecting(component string) map[string]string {
	return map[string]string{v1alpha1.ComponentLabel: component}
}

// reached are a program's ServiceAccount and Service.
func reached(p Program, labels, selector map[string]string) []any {
	return []any{
		corev1ac.ServiceAccount(p.Component, p.Namespace).WithLabels(labels).WithAutomountServiceAccountToken(false),
		corev1ac.Service(p.Component, p.Namespace).WithLabels(labels).WithSpec(corev1ac.ServiceSpec().
			WithType(corev1.ServiceTypeClusterIP).WithSelector(selector).
			WithPorts(
				servicePort("http", 80, "http"),
				servicePort("metrics", PortMetrics, "metrics"),
			)),
	}
}

func servicePort(name string, number int32, target string) *corev1ac.ServicePortApplyConfiguration {
	return corev1ac.ServicePort().WithName(name).WithProtocol(corev1.ProtocolTCP).WithPort(number).WithTargetPort(intstr.FromString(target))
}

func deployment(p Program, labels, selector map[string]string, pod *corev1ac.PodSpecApplyConfiguration) *appsv1ac.DeploymentApplyConfiguration {
	return appsv1ac.Deployment(p.Component, p.Namespace).WithLabels(labels).WithSpec(appsv1ac.DeploymentSpec().
		WithReplicas(p.Replicas).
		WithRevisionHistoryLimit(3).
		WithSelector(metav1ac.LabelSelector().WithMatchLabels(selector)).
		WithTemplate(corev1ac.PodTemplateSpec().WithLabels(labels).WithSpec(pod)))
}

// podSpec is that of a program that serves pages.
func podSpec(p Program) *corev1ac.PodSpecApplyConfiguration {
	container := servingContainer(p, "--content="+contentDir).WithVolumeMounts(mount("content", contentDir))
	if p.Secrets {
		container.WithArgs("--secrets=" + secretsDir).WithVolumeMounts(mount("secrets", secretsDir))
	}
	if p.Secrets && len(p.Proxies) > 0 {
		container.WithArgs("--trusted-proxies=" + strings.Join(p.Proxies, ","))
	}
	if p.DeskConfig {
		container.WithArgs("--desk=" + deskDir).WithVolumeMounts(mount("desk", deskDir))
	}
	pod := restrictedPod(p, container).
		WithVolumes(corev1ac.Volume().WithName("content").WithProjected(contentVolume()))
	if p.DeskConfig {
		pod.WithVolumes(corev1ac.Volume().WithName("desk").WithProjected(corev1ac.ProjectedVolumeSource().WithDefaultMode(0o444).
			WithSources(corev1ac.VolumeProjection().WithConfigMap(corev1ac.ConfigMapProjection().WithName(DeskConfigName)))))
	}
	return pod
}

// servingContainer is that of a program that listens.
func servingContainer(p Program, args ...string) *corev1ac.ContainerApplyConfiguration {
	return restrictedContainer(p).
		WithArgs(p.Component).WithArgs(args...).WithArgs("--listen=:"+strconv.Itoa(PortHTTP), "--metrics=:"+strconv.Itoa(PortMetrics)).
		WithPorts(
			corev1ac.ContainerPort().WithName("http").WithContainerPort(PortHTTP).WithProtocol(corev1.ProtocolTCP),
			corev1ac.ContainerPort().WithName("metrics").WithContainerPort(PortMetrics).WithProtocol(corev1.ProtocolTCP)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(5)).
		WithLivenessProbe(probe("/healthz").WithPeriodSeconds(20).WithFailureThreshold(3))
}

// restrictedContainer is the station binary with next to no rights.
func restrictedContainer(p Program) *corev1ac.ContainerApplyConfiguration {
	return corev1ac.Container().WithName(p.Component).WithImage(p.Image).
		WithImagePullPolicy(corev1.PullIfNotPresent).
		WithEnv(corev1ac.EnvVar().WithName("GOMEMLIMIT").WithValue(goMemoryLimit)).
		WithResources(corev1ac.ResourceRequirements().
			WithRequests(corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse(requestCPU), corev1.ResourceMemory: resource.MustParse(requestMemory),
			}).
			WithLimits(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memoryLimit)})).
		WithSecurityContext(corev1ac.SecurityContext().
			WithAllowPrivilegeEscalation(false).WithReadOnlyRootFilesystem(true).
			WithCapabilities(corev1ac.Capabilities().WithDrop("ALL")))
}

// restrictedPod meets Pod Security "restricted", with a read-only root and no
// token. A program's Secret is readable to its own group alone.
func restrictedPod(p Program, container *corev1ac.ContainerApplyConfiguration) *corev1ac.PodSpecApplyConfiguration {
	security := corev1ac.PodSecurityContext().
		WithRunAsNonRoot(true).WithRunAsUser(nonroot).WithRunAsGroup(nonroot).
		WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))
	pod := corev1ac.PodSpec().
		WithServiceAccountName(p.Component).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithSecurityContext(security).
		WithContainers(container)
	if p.Secrets {
		security.WithFSGroup(nonroot)
		pod.WithVolumes(corev1ac.Volume().WithName("secrets").WithProjected(corev1ac.ProjectedVolumeSource().WithDefaultMode(0o440).
			WithSources(corev1ac.VolumeProjection().WithSecret(corev1ac.SecretProjection().WithName(SecretsName(p.Component))))))
	}
	return pod
}

func mount(name, path string) *corev1ac.VolumeMountApplyConfiguration {
	return corev1ac.VolumeMount().WithName(name).WithMountPath(path).WithReadOnly(true)
}

// contentVolume joins the site and the items into one directory, which the
// kubelet swaps as a whole.
func contentVolume() *corev1ac.ProjectedVolumeSourceApplyConfiguration {
	v := corev1ac.ProjectedVolumeSource().WithDefaultMode(0o444).
		WithSources(corev1ac.VolumeProjection().WithConfigMap(corev1ac.ConfigMapProjection().WithName(contentName)))
	for i := range ItemShards {
		v.WithSources(corev1ac.VolumeProjection().WithConfigMap(
			corev1ac.ConfigMapProjection().WithName(itemsPrefix + strconv.Itoa(i)).WithOptional(true)))
	}
	return v
}

func probe(path string) *corev1ac.ProbeApplyConfiguration {
	return corev1ac.Probe().WithHTTPGet(corev1ac.HTTPGetAction().WithPath(path).WithPort(intstr.FromString("metrics")))
}

// Route is the program's HTTPRoute; nothing when it has no hostname or no
// gateway to attach to.
func Route(p Program) []any {
	if p.Hostname == "" || p.Gateway == nil {
		return nil
	}
	parent := gatewayv1ac.ParentReference().
		WithGroup("gateway.networking.k8s.io").WithKind("Gateway").
		WithNamespace(gatewayv1.Namespace(p.Gateway.Namespace)).WithName(gatewayv1.ObjectName(p.Gateway.Name))
	if p.Gateway.SectionName != "" {
		parent.WithSectionName(gatewayv1.SectionName(p.Gateway.SectionName))
	}
	return []any{
		gatewayv1ac.HTTPRoute(p.Component, p.Namespace).WithLabels(with(p.Labels, p.Component)).
			WithSpec(gatewayv1ac.HTTPRouteSpec().
				WithParentRefs(parent).
				WithHostnames(gatewayv1.Hostname(p.Hostname)).
				WithRules(rules(p)...)),
	}
}

// rules send what information systems send to the courier, and all else to the program.
func rules(p Program) []*gatewayv1ac.HTTPRouteRuleApplyConfiguration {
	to := func(service string) *gatewayv1ac.HTTPRouteRuleApplyConfiguration {
		return gatewayv1ac.HTTPRouteRule().WithBackendRefs(gatewayv1ac.HTTPBackendRef().
			WithGroup("").WithKind("Service").WithName(gatewayv1.ObjectName(service)).WithPort(80).WithWeight(1))
	}
	var out []*gatewayv1ac.HTTPRouteRuleApplyConfiguration
	if p.Hooks != "" {
		out = append(out, to(p.Hooks).WithMatches(gatewayv1ac.HTTPRouteMatch().WithPath(
			gatewayv1ac.HTTPPathMatch().WithType(gatewayv1.PathMatchPathPrefix).WithValue(HooksPath))))
	}
	return append(out, to(p.Component))
}
