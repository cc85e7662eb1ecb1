// Package communitystandard reconciles a CommunityStandard: it looks for what
// the API server can't see is wrong with it, and counts the communities that
// name it and those that meet it. It writes the CommunityStandard's status and
// nothing else of anybody's.
//
// It holds no community against the standard; the community controller does
// that. A standard has no finalizer: it may go while communities name it, and
// they then say so.
package communitystandard

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/pace"
)

// Owner is the controller's field owner.
const Owner = "shequ-standard"

// Reconciler says of one CommunityStandard how it stands.
type Reconciler struct {
	*base.Deps
	floor *pace.Floor
}

// Reconcile handles deletion first, then observes, judges, and writes the status
// once.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.floor.Begin(req)
	st := &v1alpha1.CommunityStandard{}
	if err := r.Client.Get(ctx, req.NamespacedName, st); err != nil {
		if apierrors.IsNotFound(err) {
			r.floor.Forget(req)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !st.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, r.writeStatus(ctx, st, deleting(st))
	}
	s, err := r.observe(ctx, st)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	return reconcile.Result{}, r.writeStatus(ctx, st, s.status(s.phases()))
}

// phases: a standard is either as it should be, which Ready says, or a person
// must correct it.
func (s *scope) phases() []conditions.Phase {
	if len(s.mistakes) == 0 {
		return nil
	}
	return []conditions.Phase{{
		Type: v1alpha1.ConditionReady, State: conditions.Stuck,
		Reason: v1alpha1.ReasonInvalidSpec, Message: said(s.mistakes),
	}}
}

// writeStatus is the one status write of a reconcile; none when nothing changed.
func (r *Reconciler) writeStatus(ctx context.Context, before *v1alpha1.CommunityStandard, status v1alpha1.CommunityStandardStatus) error {
	if equality.Semantic.DeepEqual(before.Status, status) {
		return nil
	}
	after := before.DeepCopy()
	after.Status = status
	if err := r.Client.Status().Patch(ctx, after, client.MergeFrom(before), client.FieldOwner(Owner)); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.Announce(after, before.Status.Conditions, after.Status.Conditions)
	return nil
}
