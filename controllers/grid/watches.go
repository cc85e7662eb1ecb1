package grid

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/pace"
)

const (
	// floorPeriod is the least time between two looks at one Grid.
	floorPeriod = time.Second
	// gather lets the files of a whole sub-district arrive before the grids around
	// each of them are looked at again.
	gather  = 500 * time.Millisecond
	workers = 4
)

// Setup adds the controller to a manager.
func Setup(mgr ctrl.Manager, deps *base.Deps) error {
	r := &Reconciler{Deps: deps, floor: pace.NewFloor(floorPeriod)}
	return ctrl.NewControllerManagedBy(mgr).Named("grid").
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.Grid{}, r.floor.Handler(pace.Self)).
		Watches(&v1alpha1.Grid{}, r.floor.After(gather, r.around), builder.WithPredicates(base.SpecChanged())).
		Watches(&v1alpha1.Grid{}, r.forget()).
		Watches(&v1alpha1.Community{}, r.floor.After(gather, r.ofCommunity), builder.WithPredicates(base.SpecChanged())).
		Watches(&v1alpha1.CommunityStandard{}, r.floor.After(gather, base.ThroughStandard(r.Cache, r.ofCommunity)), builder.WithPredicates(base.SpecChanged())).
		Watches(base.NamespaceMetadata(""), r.floor.Handler(r.ofNamespace), builder.OnlyMetadata,
			builder.WithPredicates(predicate.LabelChangedPredicate{})).
		Complete(r)
}

// around are the grids whose status depends on a grid's spec: its siblings, the
// two levels above, which count its workers, and those directly below.
func (r *Reconciler) around(ctx context.Context, obj client.Object) []reconcile.Request {
	g := obj.(*v1alpha1.Grid)
	out := r.list(ctx, client.InNamespace(g.Namespace), client.MatchingFields{base.ParentIndex: parentName(g)})
	out = append(out, r.list(ctx, client.InNamespace(g.Namespace), client.MatchingFields{base.ParentIndex: g.Name})...)
	if g.Spec.ParentRef == nil {
		return out
	}
	parent := types.NamespacedName{Namespace: g.Namespace, Name: g.Spec.ParentRef.Name}
	out = append(out, reconcile.Request{NamespacedName: parent})
	above := &v1alpha1.Grid{}
	// Without its parent a grid counts nowhere; when the parent comes, it tells
	// its own.
	if err := r.Cache.Get(ctx, parent, above); err == nil && above.Spec.ParentRef != nil {
		out = append(out, reconcile.Request{NamespacedName: types.NamespacedName{Namespace: g.Namespace, Name: above.Spec.ParentRef.Name}})
	}
	return out
}

// forget drops the parsed boundary of a grid that is gone; it enqueues nothing.
func (r *Reconciler) forget() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	return handler.Funcs{
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ queue) { r.Boundaries.Forget(e.Object.GetUID()) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, _ queue) {
			if was := e.ObjectOld.GetUID(); was != e.ObjectNew.GetUID() { // deleted and made anew unseen
				r.Boundaries.Forget(was)
			}
		},
	}
}

func (r *Reconciler) ofCommunity(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.list(ctx, client.InNamespace(obj.GetNamespace()), client.MatchingFields{base.CommunityIndex: obj.GetName()})
}

// ofNamespace concerns every grid of a sub-district's namespace. A home
// namespace has none.
func (r *Reconciler) ofNamespace(ctx context.Context, obj client.Object) []reconcile.Request {
	if len(base.CommunityOfChild(ctx, obj)) > 0 {
		return nil
	}
	return r.list(ctx, client.InNamespace(obj.GetName()))
}

func (r *Reconciler) list(ctx context.Context, opts ...client.ListOption) []reconcile.Request {
	return base.Requests(ctx, r.Cache, &v1alpha1.GridList{}, opts...)
}
