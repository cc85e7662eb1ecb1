package base

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

// Workload is the phase of a program's Deployment: done when the wanted
// revision, and only it, is available in the wanted number.
func (d *Deps) Workload(ctx context.Context, condition, namespace, name string, inventory []v1alpha1.InventoryEntry) (conditions.Phase, error) {
	phase := conditions.Phase{Type: condition, State: conditions.Waiting, Reason: v1alpha1.ReasonRolloutInProgress}
	dep := &appsv1.Deployment{}
	err := d.Cache.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, dep)
	if apierrors.IsNotFound(err) {
		phase.Message = fmt.Sprintf("Deployment %s/%s is being created", namespace, name)
		return phase, nil
	}
	if err != nil {
		return phase, err
	}
	want := int32(1)
	if dep.Spec.Replicas != nil {
		want = *dep.Spec.Replicas
	}
	s := dep.Status
	switch {
	case s.ObservedGeneration < dep.Generation || behind(dep, inventory):
		phase.Message = fmt.Sprintf("Deployment %s/%s has a new revision that is not rolled out yet", namespace, name)
	case s.UpdatedReplicas < want || s.AvailableReplicas < want || s.Replicas > want:
		phase.Message = fmt.Sprintf("%d of %d replicas of Deployment %s/%s are available%s", s.AvailableReplicas, want, namespace, name, trouble(dep))
	default:
		phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonAvailable
		phase.Message = fmt.Sprintf("%d of %d replicas are available", s.AvailableReplicas, want)
		if want == 0 {
			phase.Reason, phase.Message = v1alpha1.ReasonSuspended, "suspended: no replica runs; set spec.suspend to false to start again"
		}
	}
	return phase, nil
}

// behind reports whether the cache shows an older revision than was applied.
func behind(dep *appsv1.Deployment, inventory []v1alpha1.InventoryEntry) bool {
	for _, e := range inventory {
		if e.Kind == "Deployment" && e.Namespace == dep.Namespace && e.Name == dep.Name {
			return e.UID != string(dep.UID) || len(e.Version) > len(fmt.Sprint(dep.Generation)) ||
				(len(e.Version) == len(fmt.Sprint(dep.Generation)) && e.Version > fmt.Sprint(dep.Generation))
		}
	}
	return false
}

// trouble is what the Deployment itself says is wrong.
func trouble(dep *appsv1.Deployment) string {
	for _, c := range dep.Status.Conditions {
		switch {
		case c.Type == appsv1.DeploymentReplicaFailure && c.Status == corev1.ConditionTrue:
			return ": " + c.Message
		case c.Type == appsv1.DeploymentProgressing && c.Status == corev1.ConditionFalse:
			return ": " + c.Message + "; look at the pods with: kubectl get pods -n " + dep.Namespace
		}
	}
	return ""
}
