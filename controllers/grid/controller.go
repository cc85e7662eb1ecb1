// Package grid reconciles a Grid: it holds its boundary against its siblings'
// and its parent's, its size against the standard, and its households against
// the grids below, and says what a visit to every household takes. It writes the
// Grid's status and nothing else of anybody's.
//
// A Grid has no children on the cluster and needs no finalizer. How boundaries
// are read and compared is in internal/boundary, the arithmetic in
// internal/norms; the map on the portal belongs to the community controller.
package grid

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
const Owner = "shequ-grid"

// Reconciler says of one Grid how it stands.
type Reconciler struct {
	*base.Deps
	floor *pace.Floor
}

// Reconcile handles deletion first, then observes, judges, and writes the status
// once.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.floor.Begin(req)
	g := &v1alpha1.Grid{}
	if err := r.Client.Get(ctx, req.NamespacedName, g); err != nil {
		if apierrors.IsNotFound(err) {
			r.floor.Forget(req)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !g.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, r.writeStatus(ctx, g, deleting(g))
	}
	s, err := r.observe(ctx, g)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	s.compare()
	return reconcile.Result{}, r.writeStatus(ctx, g, s.status(s.phases()))
}

// phases are held in the order in which a person would put things right. Unless
// the grid counts for nothing where it stands, each is judged by itself, so that
// every mistake shows at once.
func (s *scope) phases() []conditions.Phase {
	if phase, wrong := base.WrongRole(v1alpha1.ConditionParentReady, "Grid", s.namespace); wrong {
		return []conditions.Phase{phase}
	}
	out := []conditions.Phase{s.parentPhase(), s.boundaryPhase()}
	if phase, applies := s.sizePhase(); applies {
		out = append(out, phase)
	}
	if phase, applies := s.rollUpPhase(); applies {
		out = append(out, phase)
	}
	return out
}

// writeStatus is the one status write of a reconcile; none when nothing changed.
func (r *Reconciler) writeStatus(ctx context.Context, before *v1alpha1.Grid, status v1alpha1.GridStatus) error {
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
