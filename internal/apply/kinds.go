package apply

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// check is how a child's freshness is told without asking the API server.
type check int

const (
	// byGeneration: the kind counts changes of its spec.
	byGeneration check = iota
	// byVersion: the kind is watched without its content; any change counts.
	byVersion
	// byContent: the kind has no generation; its content is compared.
	byContent
	// byMetadata: labels and annotations are all the intent says.
	byMetadata
)

// Kind is how one kind of child is watched and compared.
type Kind struct {
	Version string
	// Optional: the kind's CRD need not be installed.
	Optional bool

	check check
	typed func() client.Object // nil: watched as metadata only
}

// New is an empty object to watch or get the kind with.
func (k Kind) New(gk schema.GroupKind) client.Object {
	if k.typed != nil {
		return k.typed()
	}
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(gk.WithVersion(k.Version))
	return m
}

// JobKind is that of migrations.
var JobKind = schema.GroupKind{Group: "batch", Kind: "Job"}

// Kinds of children whose CRDs are not Kubernetes' own.
var (
	// HTTPRouteKind is Gateway API's.
	HTTPRouteKind = schema.GroupKind{Group: "gateway.networking.k8s.io", Kind: "HTTPRoute"}
	// PodMonitorKind is Prometheus operator's.
	PodMonitorKind = schema.GroupKind{Group: "monitoring.coreos.com", Kind: "PodMonitor"}
)

// Kinds are the kinds of children there are. A blueprint that makes another
// kind fails its apply and is told so.
func Kinds() map[schema.GroupKind]Kind {
	return map[schema.GroupKind]Kind{
		{Kind: "Namespace"}:      {Version: "v1", check: byMetadata},
		{Kind: "ConfigMap"}:      {Version: "v1", check: byVersion},
		{Kind: "Secret"}:         {Version: "v1", check: byVersion}, // never typed: contents stay out of the cache
		{Kind: "ResourceQuota"}:  {Version: "v1", check: byContent, typed: func() client.Object { return &corev1.ResourceQuota{} }},
		{Kind: "LimitRange"}:     {Version: "v1", check: byContent, typed: func() client.Object { return &corev1.LimitRange{} }},
		{Kind: "ServiceAccount"}: {Version: "v1", check: byContent, typed: func() client.Object { return &corev1.ServiceAccount{} }},
		{Kind: "Service"}:        {Version: "v1", check: byContent, typed: func() client.Object { return &corev1.Service{} }},
		{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}: {
			Version: "v1", check: byContent, typed: func() client.Object { return &rbacv1.RoleBinding{} },
		},
		{Group: "apps", Kind: "Deployment"}: {
			Version: "v1", check: byGeneration, typed: func() client.Object { return &appsv1.Deployment{} },
		},
		JobKind: {Version: "v1", check: byGeneration, typed: func() client.Object { return &batchv1.Job{} }},
		{Group: "networking.k8s.io", Kind: "NetworkPolicy"}: {Version: "v1", check: byGeneration},
		{Group: "policy", Kind: "PodDisruptionBudget"}:      {Version: "v1", check: byGeneration},
		PodMonitorKind: {Version: "v1", Optional: true, check: byGeneration},
		HTTPRouteKind: {
			Version: "v1", Optional: true, check: byGeneration, typed: func() client.Object { return &gatewayv1.HTTPRoute{} },
		},
	}
}
