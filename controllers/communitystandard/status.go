package communitystandard

import (
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/norms"
)

// status is the whole status that follows from a reconcile.
func (s *scope) status(phases []conditions.Phase) v1alpha1.CommunityStandardStatus {
	st := s.standard
	rules := len(norms.Rules(&st.Spec))
	return v1alpha1.CommunityStandardStatus{
		ObservedGeneration: st.Generation,
		Conditions: conditions.Set(st.Status.Conditions, st.Generation, phases, conditions.Summary{
			Message: fmt.Sprintf("the standard sets %s for the communities that name it", numbered(rules)),
		}),
		Communities: ptr.To(s.communities), Rules: ptr.To(int64(rules)), Conforming: ptr.To(s.conforming),
	}
}

func numbered(rules int) string {
	if rules == 1 {
		return "1 rule"
	}
	return fmt.Sprintf("%d rules", rules)
}

// deleting is the status of a standard that somebody else's finalizer still
// holds.
func deleting(st *v1alpha1.CommunityStandard) v1alpha1.CommunityStandardStatus {
	out := *st.Status.DeepCopy()
	out.ObservedGeneration = st.Generation
	out.Conditions = conditions.Deleting(st.Status.Conditions, st.Generation,
		"the standard goes as soon as its finalizers are removed: "+base.Join(st.Finalizers))
	return out
}
