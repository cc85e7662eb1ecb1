package conditions

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// reasonForm is what the API accepts as a reason, without the separators that
// are no CamelCase.
var reasonForm = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)

// advisory are the detail conditions that never affect Ready.
var advisory = []string{
	v1alpha1.ConditionNormsMet,
	v1alpha1.ConditionSizeMet,
	v1alpha1.ConditionRollUpMatches,
	v1alpha1.ConditionOvercommitted, // whose False is the good news
	v1alpha1.ConditionReachable,
}

// Check holds the conditions of an object against the invariants every status
// of ours keeps, and returns every breach. generation is metadata.generation,
// observed is status.observedGeneration.
func Check(conds []metav1.Condition, generation, observed int64, deleting bool) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }

	seen := map[string]bool{}
	for _, c := range conds {
		if seen[c.Type] {
			fail("condition %s is there twice", c.Type)
		}
		seen[c.Type] = true
		if !reasonForm.MatchString(c.Reason) {
			fail("condition %s: reason %q is not CamelCase", c.Type, c.Reason)
		}
		if c.Message == "" {
			fail("condition %s=%s has no message", c.Type, c.Status)
		}
		if c.ObservedGeneration < 1 || c.ObservedGeneration > generation {
			fail("condition %s: observedGeneration %d is not in 1..%d", c.Type, c.ObservedGeneration, generation)
		}
		if c.LastTransitionTime.IsZero() {
			fail("condition %s has no lastTransitionTime", c.Type)
		}
	}
	if observed < 1 || observed > generation {
		fail("status.observedGeneration %d is not in 1..%d", observed, generation)
	}
	errs = append(errs, checkSummary(conds, deleting)...)
	return errors.Join(errs...)
}

// checkSummary holds Ready, Reconciling and Stalled against each other and
// against the details.
func checkSummary(conds []metav1.Condition, deleting bool) []error {
	var errs []error
	ready := meta.FindStatusCondition(conds, v1alpha1.ConditionReady)
	if ready == nil {
		return []error{errors.New("there is no Ready condition")}
	}
	reconciling := meta.IsStatusConditionTrue(conds, v1alpha1.ConditionReconciling)
	stalled := meta.IsStatusConditionTrue(conds, v1alpha1.ConditionStalled)
	for _, t := range []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} {
		if c := meta.FindStatusCondition(conds, t); c != nil && c.Status != metav1.ConditionTrue {
			errs = append(errs, fmt.Errorf("condition %s=%s should be absent", t, c.Status))
		}
	}
	switch ready.Status {
	case metav1.ConditionTrue:
		if reconciling || stalled {
			errs = append(errs, errors.New("condition Ready is True beside Reconciling or Stalled"))
		}
		for _, c := range conds {
			if c.Status != metav1.ConditionTrue && !slices.Contains(advisory, c.Type) {
				errs = append(errs, fmt.Errorf("condition Ready is True while %s is %s", c.Type, c.Status))
			}
		}
	case metav1.ConditionFalse:
		if reconciling == stalled {
			errs = append(errs, errors.New("condition Ready is False, so exactly one of Reconciling and Stalled must be True"))
		}
	default:
		errs = append(errs, fmt.Errorf("condition Ready is %s: it is always True or False", ready.Status))
	}
	if deleting && ready.Reason != v1alpha1.ReasonDeleting {
		errs = append(errs, fmt.Errorf("the object is being deleted and Ready says %s", ready.Reason))
	}
	return errs
}
