package base

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/conditions"
)

// Failure turns the failed children that match into a phase's outcome. It
// reports false when none did.
func Failure(condition string, res apply.Result, matches func(apply.Ref) bool) (conditions.Phase, bool) {
	var refs []apply.Ref
	for ref := range res.Failed {
		if matches(ref) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return conditions.Phase{}, false
	}
	slices.SortFunc(refs, func(a, b apply.Ref) int { return strings.Compare(a.String(), b.String()) })
	reason, message := explain(refs[0], res.Failed[refs[0]])
	if more := len(refs) - 1; more > 0 {
		message += fmt.Sprintf(" (and %d more)", more)
	}
	// The API server may answer differently a moment later, and the operator
	// tries again by itself: never Stuck.
	return conditions.Phase{Type: condition, State: conditions.Waiting, Reason: reason, Message: message}, true
}

// Unrecorded is the phase of an object whose names could not be written on it,
// so that nothing was provisioned, where the operator may not. It reports false
// for failures that pass.
func Unrecorded(condition, kind string, err error) (conditions.Phase, bool) {
	if !apierrors.IsForbidden(err) {
		return conditions.Phase{}, false
	}
	return conditions.Phase{
		Type: condition, State: conditions.Waiting, Reason: v1alpha1.ReasonForbidden,
		Message: fmt.Sprintf("the operator may not patch a %s, so it can't record what it is about to provision: restore the ClusterRole and bindings it was installed with (%v)", kind, err),
	}, true
}

// explain words an API server's refusal with its cure.
func explain(ref apply.Ref, err error) (reason, message string) {
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return v1alpha1.ReasonNamespaceDeleting, fmt.Sprintf("namespace %s is being deleted; %s waits until it is gone", ref.Namespace, ref.Title())
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota"):
		return v1alpha1.ReasonQuotaExceeded, fmt.Sprintf("%s does not fit the quota: raise spec.quota of the Community (%v)", ref.Title(), err)
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "status unknown for quota"):
		return v1alpha1.ReasonProgressing, fmt.Sprintf("%s waits for the quota of a fresh namespace to be counted", ref.Title())
	case apierrors.IsForbidden(err):
		return v1alpha1.ReasonForbidden, fmt.Sprintf("the operator may not write %s: restore the ClusterRole and bindings it was installed with (%v)", ref.Title(), err)
	case apierrors.IsInvalid(err) || apierrors.IsBadRequest(err):
		return v1alpha1.ReasonApplyFailed, fmt.Sprintf("the API server refused %s: %v", ref.Title(), err)
	default:
		return v1alpha1.ReasonApplyFailed, fmt.Sprintf("%s could not be written and is tried again: %v", ref.Title(), err)
	}
}
