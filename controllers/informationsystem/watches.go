package informationsystem

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/pace"
)

const (
	// floorPeriod is the least time between two looks at one InformationSystem.
	floorPeriod = time.Second
	// gather lets a change reach all communities of a district before they are
	// counted.
	gather = 5 * time.Second
)

// Setup adds the controller, and the prober beside it, to a manager.
func Setup(mgr ctrl.Manager, deps *base.Deps, metrics *Metrics) error {
	r := &Reconciler{Deps: deps, floor: pace.NewFloor(floorPeriod), prober: newProber(ask, metrics), metrics: metrics}
	if err := mgr.Add(r.prober); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).Named("informationsystem").
		WithOptions(controller.Options{RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.InformationSystem{}, r.floor.Handler(pace.Self), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		// A status that somebody else has written can wait.
		Watches(&v1alpha1.InformationSystem{}, r.floor.After(gather, pace.Self), builder.WithPredicates(updated())).
		Watches(&v1alpha1.CommunityStandard{}, r.floor.Handler(r.all), builder.WithPredicates(base.SpecChanged())).
		Watches(&v1alpha1.Community{}, r.floor.After(gather, ofCommunity), builder.WithPredicates(base.SpecChanged())).
		WatchesRawSource(deps.Systems.Source(r.floor.Handler(base.SystemsOfSecret(deps.Cache)))).
		WatchesRawSource(source.Channel(r.prober.changed, r.floor.Handler(pace.Self))).
		Complete(r)
}

// all concerns every InformationSystem.
func (r *Reconciler) all(ctx context.Context, _ client.Object) []reconcile.Request {
	return base.Requests(ctx, r.Cache, &v1alpha1.InformationSystemList{})
}

// ofCommunity concerns the systems a community is connected to.
func ofCommunity(_ context.Context, obj client.Object) []reconcile.Request {
	var out []reconcile.Request
	integrations := obj.(*v1alpha1.Community).Spec.Integrations
	for i := range integrations {
		out = append(out, reconcile.Request{NamespacedName: types.NamespacedName{Name: integrations[i].System}})
	}
	return out
}

// updated lets updates through, and nothing else.
func updated() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(event.CreateEvent) bool { return false },
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	}
}
