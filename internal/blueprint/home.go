package blueprint

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/settings"
)

// Home is what a home namespace is made of.
type Home struct {
	// Community the home is made for.
	Community *v1alpha1.Community
	// Namespace is its name.
	Namespace string
	// Retained marks a home whose Community is going and whose data stay.
	Retained bool
	// Quota that was granted.
	Quota settings.Amounts
	// Network peers of the district.
	Network settings.Network
	// Database: the community has one.
	Database bool
	// Courier is what the home has for the information systems the community is
	// connected to; nil where it has no courier.
	Courier *Courier
}

// NamespaceObject is the home namespace. It runs restricted pods only.
func NamespaceObject(h Home) *corev1ac.NamespaceApplyConfiguration {
	c := h.Community
	labels := CommunityLabels(c.Namespace, c.Name)
	for _, mode := range []string{"enforce", "audit", "warn"} {
		labels["pod-security.kubernetes.io/"+mode] = "restricted"
	}
	annotations := map[string]string{
		v1alpha1.HomeOfAnnotation:    c.Namespace + "/" + c.Name,
		v1alpha1.HomeOfUIDAnnotation: string(c.UID),
		// Said either way, so that a mark somebody set by hand ends with the
		// adoption it was set for.
		v1alpha1.RetainedAnnotation: strconv.FormatBool(h.Retained),
	}
	return corev1ac.Namespace(h.Namespace).WithLabels(labels).WithAnnotations(annotations)
}

// Closed reports whether, by its Community's inventory, a home namespace exists
// and its network is closed: then programs may be put into it.
func Closed(home string, inventory []v1alpha1.InventoryEntry) bool {
	there, closed := false, false
	for _, e := range inventory {
		switch {
		case e.UID == "":
		case e.Kind == "Namespace" && e.Name == home:
			there = true
		case e.Kind == "NetworkPolicy" && e.Namespace == home && e.Name == DenyPolicyName:
			closed = true
		}
	}
	return there && closed
}

// Limits are the quota and the defaults for containers. Only what the quota
// controller counts at once is limited: a quota on Services or ConfigMaps
// answers 403 in a fresh namespace.
func Limits(h Home) []any {
	labels := CommunityLabels(h.Community.Namespace, h.Community.Name)
	granted := h.granted()
	quota := corev1ac.ResourceQuota(quotaName, h.Namespace).WithLabels(labels).
		WithSpec(corev1ac.ResourceQuotaSpec().WithHard(corev1.ResourceList{
			corev1.ResourceRequestsCPU:     granted.CPU,
			corev1.ResourceRequestsMemory:  granted.Memory,
			corev1.ResourceRequestsStorage: granted.Storage,
			corev1.ResourcePods:            *resource.NewQuantity(int64(granted.Pods), resource.DecimalSI),
		}))
	limits := corev1ac.LimitRange(limitsName, h.Namespace).WithLabels(labels).
		WithSpec(corev1ac.LimitRangeSpec().WithLimits(corev1ac.LimitRangeItem().
			WithType(corev1.LimitTypeContainer).
			WithDefault(corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("128Mi")}).
			WithDefaultRequest(corev1.ResourceList{
				corev1.ResourceCPU:    resource.MustParse(requestCPU),
				corev1.ResourceMemory: resource.MustParse(requestMemory),
			})))
	return []any{quota, limits}
}

// granted is the quota with room for what is the operator's doing and not the
// community's: a migration, and the courier, of which there are never two at once.
func (h Home) granted() settings.Amounts {
	out, pods := h.Quota, int32(0)
	if h.Database {
		pods++
	}
	if h.Courier != nil {
		pods++
	}
	out.CPU, out.Memory = out.CPU.DeepCopy(), out.Memory.DeepCopy()
	for range pods {
		out.CPU.Add(resource.MustParse(requestCPU))
		out.Memory.Add(resource.MustParse(requestMemory))
	}
	out.Pods += pods
	return out
}

// ClusterRoleFor is the ClusterRole an access role binds, installed with the
// operator. The operator may bind these and no others.
func ClusterRoleFor(role v1alpha1.AccessRole) string {
	switch role {
	case v1alpha1.AccessLead:
		return "shequ-community-lead"
	case v1alpha1.AccessWorker:
		return "shequ-community-worker"
	default:
		return "shequ-community-viewer"
	}
}

// Access is a role binding for each group of spec.access. A RoleBinding's
// roleRef can't be changed, so the role is part of its name.
func Access(h Home) []any {
	labels := CommunityLabels(h.Community.Namespace, h.Community.Name)
	var out []any
	for _, grant := range h.Community.Spec.Access {
		role := ClusterRoleFor(grant.Role)
		out = append(out, rbacv1ac.RoleBinding(groupName(grant.Group+"/"+role), h.Namespace).WithLabels(labels).
			WithRoleRef(rbacv1ac.RoleRef().WithAPIGroup("rbac.authorization.k8s.io").WithKind("ClusterRole").WithName(role)).
			WithSubjects(rbacv1ac.Subject().WithKind("Group").WithAPIGroup("rbac.authorization.k8s.io").WithName(grant.Group)))
	}
	return out
}
