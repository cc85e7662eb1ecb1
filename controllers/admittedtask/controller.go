// Package admittedtask adds up what the communities' ledgers say of an
// AdmittedTask into its status, bounded however many communities there are. It
// writes the AdmittedTask's status and nothing else of anybody's.
//
// It decides nothing: that is done per community by the admission controller.
// A task has no finalizer; what it provisioned goes when the ledgers say so.
package admittedtask

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/pace"
)

// Owner is the controller's field owner.
const Owner = "shequ-task"

// Reconciler sums up one AdmittedTask.
type Reconciler struct {
	*base.Deps
	floor *pace.Floor
	now   func() time.Time
}

// Reconcile gathers what the ledgers say and writes the status once.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	r.floor.Begin(req)
	task := &v1alpha1.AdmittedTask{}
	if err := r.Client.Get(ctx, req.NamespacedName, task); err != nil {
		if apierrors.IsNotFound(err) {
			r.floor.Forget(req)
		}
		return reconcile.Result{}, client.IgnoreNotFound(err)
	}
	if !task.DeletionTimestamp.IsZero() {
		return reconcile.Result{}, r.writeStatus(ctx, task, deleting(task))
	}
	s, err := r.observe(ctx, task)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	now := r.now().In(admission.Zone(nil))
	tomorrow := time.Date(now.Year(), now.Month(), now.Day()+1, 0, 0, 1, 0, now.Location())
	return reconcile.Result{RequeueAfter: tomorrow.Sub(now)}, r.writeStatus(ctx, task, s.status())
}

func deleting(task *v1alpha1.AdmittedTask) v1alpha1.AdmittedTaskStatus {
	out := *task.Status.DeepCopy()
	out.ObservedGeneration = task.Generation
	out.Conditions = conditions.Deleting(task.Status.Conditions, task.Generation,
		"the task goes as soon as its finalizers are removed: "+base.Join(task.Finalizers))
	return out
}

// writeStatus is the one status write of a reconcile; none when nothing changed.
func (r *Reconciler) writeStatus(ctx context.Context, before *v1alpha1.AdmittedTask, status v1alpha1.AdmittedTaskStatus) error {
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
