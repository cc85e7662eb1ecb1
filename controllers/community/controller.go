// Package community reconciles a Community into its home namespace: limits,
// network policies, access, the portal and its content, and the courier with what the
// information systems gave it. It writes the
// Community's status and nothing else of anybody's.
//
// The desk and the items belong to the servicestation controller, boundaries to
// the grid controller; what the objects look like is in internal/blueprint.
package community

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/pace"
)

// Owner is the controller's field owner.
const Owner = "shequ-community"

// Reconciler brings one Community to what its spec says.
type Reconciler struct {
	*base.Deps
	floor   *pace.Floor
	grace   *base.Grace
	metrics *Metrics
}

// Reconcile reads from top to bottom as a community comes to be: deletion
// first, since it depends on nothing; then what is so; then what should be; then
// the one status write.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.floor.Begin(req)
	c := &v1alpha1.Community{}
	if err := r.Client.Get(ctx, req.NamespacedName, c); err != nil {
		if apierrors.IsNotFound(err) {
			r.floor.Forget(req)
			r.metrics.forget(req.Namespace, req.Name)
			r.Applier.Forget(setID(req.Namespace, req.Name))
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !c.DeletionTimestamp.IsZero() {
		return r.delete(ctx, c)
	}
	s, err := r.observe(ctx, c)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	if phase, stop := s.refused(); stop {
		return reconcile.Result{}, r.writeStatus(ctx, s, []conditions.Phase{phase})
	}
	if err := r.observeDatabase(ctx, s); err != nil {
		return reconcile.Result{}, err
	}
	children, err := r.children(s)
	if err != nil {
		// Only another spec helps, which is told of.
		return reconcile.Result{}, r.writeStatus(ctx, s, []conditions.Phase{{
			Type: v1alpha1.ConditionPortalReady, State: conditions.Stuck, Reason: v1alpha1.ReasonInvalidSpec, Message: err.Error(),
		}})
	}
	s.result, err = r.Provision(ctx, base.Provision{
		Parent: c.DeepCopy(), SetID: setID(c.Namespace, c.Name), Owner: Owner, Children: children, Kept: s.kept(),
		Inventory: c.Status.Inventory, Observed: c.Status.ObservedGeneration, Drift: c.Spec.Drift,
	})
	if err != nil {
		if phase, ok := base.Unrecorded(v1alpha1.ConditionNamespaceReady, "Community", err); ok {
			err = errors.Join(err, r.writeStatus(ctx, s, []conditions.Phase{phase}))
		}
		return reconcile.Result{}, err
	}
	r.announceAdoption(s)
	r.observeHeads(ctx, s)
	phases, err := r.phases(ctx, s)
	if err != nil {
		return reconcile.Result{}, err
	}
	if left := r.grace.Left(c.UID, c.Status.ObservedGeneration, phases); left > 0 {
		return reconcile.Result{RequeueAfter: left}, nil
	}
	if err := r.writeStatus(ctx, s, phases); err != nil {
		return reconcile.Result{}, err
	}
	if s.result.Lagging {
		return reconcile.Result{RequeueAfter: base.LagRetry}, nil
	}
	return reconcile.Result{RequeueAfter: s.databaseRequeue()}, s.result.Err()
}

func setID(namespace, name string) string {
	return apply.SetID(base.Kind("Community"), namespace, name)
}

// children are what the Community wants in its home, in the order in which it
// is applied: the closed house first, then what goes into it.
func (r *Reconciler) children(s *scope) ([]any, error) {
	if err := blueprint.CheckSurveys(s.community); err != nil {
		return nil, err
	}
	content, err := blueprint.Content(s.home.Namespace, s.site())
	if err != nil {
		return nil, err
	}
	out := []any{blueprint.NamespaceObject(s.home)}
	out = append(out, blueprint.HomePolicies(s.home)...)
	out = append(out, blueprint.Limits(s.home)...)
	out = append(out, blueprint.Access(s.home)...)
	if r.Monitoring() {
		out = append(out, blueprint.Monitor(s.home))
	}
	out = append(out, content)
	out = append(out, s.databaseChildren()...)
	out = append(out, s.courierChildren()...)
	out = append(out, blueprint.Workload(s.portal)...)
	return append(out, blueprint.Route(s.portal)...), nil
}

// writeStatus is the one status write of a reconcile; none when nothing
// changed. Events follow the transition of Ready.
func (r *Reconciler) writeStatus(ctx context.Context, s *scope, phases []conditions.Phase) error {
	before := s.community
	after := before.DeepCopy()
	after.Status = s.status(phases)
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return nil
	}
	if err := r.Client.Status().Patch(ctx, after, client.MergeFrom(before), client.FieldOwner(Owner)); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.Announce(after, before.Status.Conditions, after.Status.Conditions)
	return nil
}

// announceAdoption tells, on the pass that did it, that an earlier Community's
// home is this one's now.
func (r *Reconciler) announceAdoption(s *scope) {
	_, failed := s.result.Failed[apply.Ref{Kind: "Namespace", Name: s.home.Namespace}]
	if s.adopted && !failed && s.result.Writes > 0 {
		r.Recorder.Eventf(s.community, nil, corev1.EventTypeNormal, "Adopted", "Reconcile",
			"home namespace %s, retained from an earlier Community of this name, is adopted with all its data", s.home.Namespace)
	}
}
