package communitystandard

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
)

// scope is what one reconcile knows.
type scope struct {
	standard    *v1alpha1.CommunityStandard
	mistakes    []string
	communities int64 // that name the standard
	conforming  int64 // of those, that meet every rule whose figures they declare
}

// observe gathers all that the status depends on.
func (r *Reconciler) observe(ctx context.Context, st *v1alpha1.CommunityStandard) (*scope, error) {
	s := &scope{standard: st, mistakes: mistakes(&st.Spec)}
	var list v1alpha1.CommunityList
	if err := r.Cache.List(ctx, &list, client.MatchingFields{base.StandardIndex: st.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	for i := range list.Items {
		c := &list.Items[i]
		if !c.DeletionTimestamp.IsZero() {
			continue
		}
		s.communities++
		if conforms(c) {
			s.conforming++
		}
	}
	return s, nil
}

// conforms reports whether a community meets every rule that could be judged.
// One that declares nothing, or was not looked at yet, has not shown that it
// does.
func conforms(c *v1alpha1.Community) bool {
	met := false
	for _, n := range c.Status.Norms {
		switch n.Result {
		case v1alpha1.NormNotMet:
			return false
		case v1alpha1.NormMet:
			met = true
		case v1alpha1.NormUnknown:
		}
	}
	return met
}
