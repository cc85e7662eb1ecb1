// Package servicestation reconciles a ServiceStation into the desk and the
// items of its community's home namespace. It writes the ServiceStation's
// status and nothing else of anybody's.
//
// The home namespace itself belongs to the community controller; a station
// waits until it is there.
package servicestation

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/pace"
)

// Owner is the controller's field owner.
const Owner = "shequ-station"

// Reconciler brings one ServiceStation to what its spec says.
type Reconciler struct {
	*base.Deps
	floor   *pace.Floor
	grace   *base.Grace
	digests *digests
}

// Reconcile handles deletion first, then observes, provisions, and writes the
// status once.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.floor.Begin(req)
	st := &v1alpha1.ServiceStation{}
	if err := r.Client.Get(ctx, req.NamespacedName, st); err != nil {
		if apierrors.IsNotFound(err) {
			r.floor.Forget(req)
			r.Applier.Forget(setID(req.Namespace, req.Name))
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !st.DeletionTimestamp.IsZero() {
		return r.delete(ctx, st)
	}
	s, err := r.observe(ctx, st)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	if phase, stop := s.refused(); stop {
		return reconcile.Result{}, r.writeStatus(ctx, s, []conditions.Phase{phase})
	}
	var children []any
	if s.served() {
		if children, err = r.children(s); err != nil {
			// Only another spec helps, which is told of.
			return reconcile.Result{}, r.writeStatus(ctx, s, []conditions.Phase{{
				Type: v1alpha1.ConditionItemsReady, State: conditions.Stuck, Reason: v1alpha1.ReasonInvalidSpec, Message: err.Error(),
			}})
		}
	}
	s.result, err = r.Provision(ctx, base.Provision{
		Parent: st.DeepCopy(), SetID: setID(st.Namespace, st.Name), Owner: Owner, Children: children, Kept: s.kept(),
		Inventory: st.Status.Inventory, Observed: st.Status.ObservedGeneration, Drift: s.drift(),
	})
	if err != nil {
		if phase, ok := base.Unrecorded(v1alpha1.ConditionItemsReady, "ServiceStation", err); ok {
			err = errors.Join(err, r.writeStatus(ctx, s, []conditions.Phase{phase}))
		}
		return reconcile.Result{}, err
	}
	phases, err := r.phases(ctx, s)
	if err != nil {
		return reconcile.Result{}, err
	}
	if left := r.grace.Left(st.UID, st.Status.ObservedGeneration, phases); left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	if err := r.writeStatus(ctx, s, phases); err != nil {
		return reconcile.Result{}, err
	}
	if s.result.Lagging {
		return reconcile.Result{RequeueAfter: base.LagRetry}, nil
	}
	return reconcile.Result{RequeueAfter: s.contractEnds()}, s.result.Err()
}

func setID(namespace, name string) string {
	return apply.SetID(base.Kind("ServiceStation"), namespace, name)
}

// children are the items, then the desk that serves them.
func (r *Reconciler) children(s *scope) ([]any, error) {
	var err error
	if s.offer, err = blueprint.MakeOffer(s.facts()); err != nil {
		return nil, err
	}
	out := append(s.offer.ConfigMaps(s.home), blueprint.DeskPolicies(s.home, s.desk.Labels, r.Settings.Network)...)
	out = append(out, r.deskConfig(s)...)
	out = append(out, blueprint.Workload(s.desk)...)
	return append(out, blueprint.Route(s.desk)...), nil
}

// delete takes the desk and the items back. What is already gone with its
// namespace needs no taking back.
func (r *Reconciler) delete(ctx context.Context, st *v1alpha1.ServiceStation) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(st, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	res, err := r.Provision(ctx, base.Provision{
		Parent: st.DeepCopy(), SetID: setID(st.Namespace, st.Name), Owner: Owner,
		Inventory: st.Status.Inventory, Observed: st.Status.ObservedGeneration, Drift: v1alpha1.DriftCorrect,
	})
	if err != nil {
		return reconcile.Result{}, err
	}
	if len(res.Failed)+len(res.Remaining) > 0 {
		after := st.DeepCopy()
		after.Status.ObservedGeneration = st.Generation
		after.Status.Conditions = conditions.Deleting(st.Status.Conditions, st.Generation,
			fmt.Sprintf("the desk is being taken back; %d objects remain, and are tried again", len(res.Failed)+len(res.Remaining)))
		if err := r.patchStatus(ctx, st, after); err != nil {
			return reconcile.Result{}, err
		}
		return reconcile.Result{RequeueAfter: base.DeleteRetry}, res.Err()
	}
	if err := r.Release(ctx, st); err != nil {
		return reconcile.Result{}, err
	}
	r.Applier.Forget(setID(st.Namespace, st.Name))
	return reconcile.Result{}, nil
}

// writeStatus is the one status write of a reconcile; none when nothing changed.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope, phases []conditions.Phase) error {
	after := s.station.DeepCopy()
	after.Status = s.status(phases)
	if equality.Semantic.DeepEqual(s.station.Status, after.Status) {
		return nil
	}
	if err := r.patchStatus(ctx, s.station, after); err != nil {
		return err
	}
	r.Announce(after, s.station.Status.Conditions, after.Status.Conditions)
	return nil
}

func (r *Reconciler) patchStatus(ctx context.Context, before, after *v1alpha1.ServiceStation) error {
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	return client.IgnoreNotFound(r.Client.Status().Patch(ctx, after, client.MergeFrom(before), client.FieldOwner(Owner)))
}
