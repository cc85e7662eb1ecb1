package community

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
)

// delete takes back what was provisioned, as the deletion policy says. It
// resolves nothing the Community refers to, so nothing that is missing can hold
// it up. A finalizer that was stripped leaves nothing to wait for.
func (r *Reconciler) delete(ctx context.Context, c *v1alpha1.Community) (reconcile.Result, error) {
	if !controllerutil.ContainsFinalizer(c, v1alpha1.Finalizer) {
		return reconcile.Result{}, nil
	}
	home := blueprint.Home{
		Community: c, Namespace: blueprint.HomeNamespace(c.Namespace, c.Name), Retained: true, Network: r.Settings.Network,
	}
	home.Quota, _ = r.Settings.Bounded(c.Spec.Quota)
	ns, err := r.liveNamespace(ctx, home.Namespace)
	if err != nil {
		return reconcile.Result{}, err
	}
	foreign, _ := judgeHome(c, ns)
	var stays []any
	if c.Spec.DeletionPolicy != v1alpha1.DeletionDelete && ns != nil && ns.DeletionTimestamp == nil && foreign == nil {
		// The house stays, locked; what ran in it goes.
		stays = append(stays, blueprint.NamespaceObject(home))
		stays = append(stays, blueprint.HomePolicies(home)...)
		stays = append(stays, blueprint.Limits(home)...)
	}
	res, err := r.Provision(ctx, base.Provision{
		Parent: c.DeepCopy(), SetID: setID(c.Namespace, c.Name), Owner: Owner, Children: stays,
		Inventory: c.Status.Inventory, Observed: c.Status.ObservedGeneration, Drift: v1alpha1.DriftCorrect,
	})
	if err != nil {
		return reconcile.Result{}, err
	}
	if len(res.Failed)+len(res.Remaining) > 0 {
		if err := r.writeDeleting(ctx, c, res.Err(), len(res.Remaining), home.Namespace); err != nil {
			return reconcile.Result{}, err
		}
		return reconcile.Result{RequeueAfter: base.DeleteRetry}, res.Err()
	}
	if r.Custody != nil && foreign == nil {
		if err := r.Custody.Retire(ctx, home.Namespace, c.Spec.DeletionPolicy == v1alpha1.DeletionDelete); err != nil {
			return reconcile.Result{}, err
		}
	}
	// Provision may have written to the parent: let go of the newest version.
	if err := r.Release(ctx, c); err != nil {
		return reconcile.Result{}, err
	}
	r.Applier.Forget(setID(c.Namespace, c.Name))
	return reconcile.Result{}, nil
}

// writeDeleting says what remains.
func (r *Reconciler) writeDeleting(ctx context.Context, c *v1alpha1.Community, failed error, remaining int, namespace string) error {
	message := fmt.Sprintf("namespace %s is being deleted with all in it (%d objects remain)", namespace, remaining)
	if failed != nil {
		message = fmt.Sprintf("some objects could not be taken back and are tried again: %v", failed)
	}
	after := c.DeepCopy()
	after.Status.ObservedGeneration = c.Generation
	after.Status.Conditions = conditions.Deleting(c.Status.Conditions, c.Generation, message)
	if equality.Semantic.DeepEqual(c.Status, after.Status) {
		return nil
	}
	return client.IgnoreNotFound(r.Client.Status().Patch(ctx, after, client.MergeFrom(c), client.FieldOwner(Owner)))
}

// liveNamespace asks the API server, not the cache; nil when there is none.
func (r *Reconciler) liveNamespace(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	ns := base.NamespaceMetadata(name)
	if err := r.Direct.Get(ctx, client.ObjectKeyFromObject(ns), ns); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return ns, nil
}
