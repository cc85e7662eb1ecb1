// Package informationsystem reconciles an InformationSystem: it holds the spec
// against its standard and itself, looks whether the Secret it names has what
// couriers need, counts the communities connected to it, and asks at intervals
// whether it answers. It writes the InformationSystem's status and nothing else of
// anybody's.
//
// It delivers nothing and copies no credentials: that is done for each community. A
// system has no finalizer; it may go while communities are connected to it, and
// they then say so.
package informationsystem

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/pace"
)

// Owner is the controller's field owner.
const Owner = "shequ-system"

// Reconciler says of one InformationSystem how it stands.
type Reconciler struct {
	*base.Deps
	floor   *pace.Floor
	prober  *prober
	metrics *Metrics
}

// Reconcile handles deletion first, then observes, judges, has the system probed,
// and writes the status once.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.floor.Begin(req)
	system := &v1alpha1.InformationSystem{}
	if err := r.Client.Get(ctx, req.NamespacedName, system); err != nil {
		if apierrors.IsNotFound(err) {
			r.floor.Forget(req)
			r.forget(req.Name)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !system.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, r.delete(ctx, system)
	}
	s, err := r.observe(ctx, system)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	s.probed, s.outcome = r.prober.Follow(system.Name, s.target())
	r.metrics.expires(system.Name, s.expires())
	return reconcile.Result{RequeueAfter: s.again()}, r.writeStatus(ctx, system, s.status())
}

// delete says what still uses a system that somebody else's finalizer holds.
func (r *Reconciler) delete(ctx context.Context, system *v1alpha1.InformationSystem) error {
	r.forget(system.Name)
	consumers, err := r.consumers(ctx, system.Name)
	if err != nil {
		return err
	}
	return r.writeStatus(ctx, system, deleting(system, consumers))
}

// forget lets go of all that is kept of a system.
func (r *Reconciler) forget(name string) {
	r.prober.Follow(name, nil)
	r.Systems.Forget(name)
	r.metrics.expires(name, time.Time{})
}

// writeStatus is the one status write of a reconcile; none when nothing changed.
func (r *Reconciler) writeStatus(ctx context.Context, before *v1alpha1.InformationSystem, status v1alpha1.InformationSystemStatus) error {
	if equality.Semantic.DeepEqual(before.Status, status) {
		return nil
	}
	after := before.DeepCopy()
	after.Status = status
	if err := r.Client.Status().Patch(ctx, after, client.MergeFrom(before), client.FieldOwner(Owner)); err != nil {
		return client.IgnoreNotFound(err)
	}
	r.Announce(after, before.Status.Conditions, after.Status.Conditions)
	r.announceReachable(after, before.Status.Conditions)
	return nil
}

// announceReachable writes an event when it turned out that a system answers, or that
// it does not. Ready's events say nothing of that.
func (r *Reconciler) announceReachable(system *v1alpha1.InformationSystem, before []metav1.Condition) {
	was, is := meta.FindStatusCondition(before, v1alpha1.ConditionReachable), meta.FindStatusCondition(system.Status.Conditions, v1alpha1.ConditionReachable)
	if is == nil || is.Status == metav1.ConditionUnknown || (was != nil && was.Status == is.Status) {
		return
	}
	kind := corev1.EventTypeNormal
	if is.Status == metav1.ConditionFalse {
		kind = corev1.EventTypeWarning
	}
	r.Recorder.Eventf(system, nil, kind, is.Reason, "Probe", "%s", is.Message)
}
