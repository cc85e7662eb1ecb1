package communitystandard

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/pace"
)

const (
	// floorPeriod is the least time between two looks at one CommunityStandard.
	floorPeriod = time.Second
	// gather lets a change reach all communities of a city before they are
	// counted.
	gather = 5 * time.Second
)

// Setup adds the controller to a manager.
func Setup(mgr ctrl.Manager, deps *base.Deps) error {
	r := &Reconciler{Deps: deps, floor: pace.NewFloor(floorPeriod)}
	return ctrl.NewControllerManagedBy(mgr).Named("communitystandard").
		WithOptions(controller.Options{RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.CommunityStandard{}, r.floor.Handler(pace.Self), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// A status that somebody else has written can wait, lest its own writes hurry
		// the next count on.
		Watches(&v1alpha1.CommunityStandard{}, r.floor.After(gather, pace.Self), builder.WithPredicates(updated())).
		Watches(&v1alpha1.Community{}, r.floor.After(gather, ofCommunity), builder.WithPredicates(counted())).
		Complete(r)
}

func ofCommunity(_ context.Context, obj client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: obj.(*v1alpha1.Community).Spec.StandardRef.Name}}}
}

// updated lets updates through, and nothing else.
func updated() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}

// counted lets through what changes a standard's counts.
func counted() predicate.Predicate {
	spec := base.SpecChanged()
	return predicate.Funcs{
		CreateFunc: spec.Create,
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := e.ObjectOld.(*v1alpha1.Community), e.ObjectNew.(*v1alpha1.Community)
			return spec.Update(e) || !equality.Semantic.DeepEqual(was.Status.Norms, is.Status.Norms)
		},
	}
}
