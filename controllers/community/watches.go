package community

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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
	// floorPeriod is the least time between two looks at one Community.
	floorPeriod = time.Second
	// siblingDelay gathers the changes of a whole sub-district: each community
	// lists its neighbours, and a new one concerns them all.
	siblingDelay = 5 * time.Second
	workers      = 8
)

// Setup adds the controller to a manager.
func Setup(mgr ctrl.Manager, deps *base.Deps, metrics *Metrics) (controller.Controller, *Reconciler, error) {
	r := &Reconciler{Deps: deps, floor: pace.NewFloor(floorPeriod), grace: base.NewGrace(), metrics: metrics}
	b := ctrl.NewControllerManagedBy(mgr).Named("community").
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.Community{}, r.floor.Handler(pace.Self)).
		Watches(&v1alpha1.Community{}, r.floor.After(siblingDelay, r.siblings), builder.WithPredicates(visibleToNeighbours())).
		Watches(&v1alpha1.ServiceStation{}, r.floor.Handler(r.ofStation), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.Grid{}, r.floor.Handler(ofGrid), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.CommunityStandard{}, r.floor.Handler(r.ofStandard), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(base.NamespaceMetadata(""), r.floor.Handler(r.ofNamespace), builder.OnlyMetadata)
	if deps.Custody != nil {
		b = b.Watches(&v1alpha1.InformationSystem{}, r.floor.Handler(base.CommunitiesOfSystem(r.Cache)), builder.WithPredicates(connectsOtherwise())).
			WatchesRawSource(deps.Systems.Source(r.floor.Handler(r.ofSecret)))
	}
	if deps.DatabaseChanged != nil {
		b = b.WatchesRawSource(source.Channel(deps.DatabaseChanged, r.floor.Handler(r.all)))
	}
	b = base.WatchChildren(b, r.floor.Handler(base.CommunityOfChild))
	c, err := b.Build(r)
	return c, r, err
}

// Handler enqueues the Community a child belongs to; for kinds that can be
// watched only later.
func (r *Reconciler) Handler() base.ChildHandler {
	return base.ChildHandler{Events: r.floor.Handler(base.CommunityOfChild), All: r.floor.Handler(pace.Self)}
}

func request(namespace, name string) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}}
}

// ofStation concerns the station's community, and those that wait for its
// hostname.
func (r *Reconciler) ofStation(ctx context.Context, obj client.Object) []reconcile.Request {
	st := obj.(*v1alpha1.ServiceStation)
	out := request(st.Namespace, st.Spec.CommunityRef.Name)
	if host := st.Spec.Desk.Hostname; host != "" {
		out = append(out, r.list(ctx, client.MatchingFields{base.HostnameIndex: string(host)})...)
	}
	return out
}

func ofGrid(_ context.Context, obj client.Object) []reconcile.Request {
	ref := obj.(*v1alpha1.Grid).Spec.CommunityRef
	if ref == nil {
		return nil
	}
	return request(obj.GetNamespace(), ref.Name)
}

func (r *Reconciler) ofStandard(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.list(ctx, client.MatchingFields{base.StandardIndex: obj.GetName()})
}

// ofSecret concerns the communities of the systems that name a Secret, and all where it
// is what desks prove themselves to the identity provider with.
func (r *Reconciler) ofSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	if r.Custody.SecretChanged(client.ObjectKeyFromObject(secret)) {
		return r.all(ctx, secret)
	}
	var out []reconcile.Request
	for _, of := range base.SystemsOfSecret(r.Cache)(ctx, secret) {
		system := &v1alpha1.InformationSystem{}
		system.Name = of.Name
		out = append(out, base.CommunitiesOfSystem(r.Cache)(ctx, system)...)
	}
	return out
}

// ofNamespace concerns the community whose home a namespace is or stands in the
// place of, or every community of a sub-district's namespace.
func (r *Reconciler) ofNamespace(ctx context.Context, obj client.Object) []reconcile.Request {
	if reqs := r.list(ctx, client.MatchingFields{base.HomeIndex: obj.GetName()}); len(reqs) > 0 {
		return reqs
	}
	return r.list(ctx, client.InNamespace(obj.GetName()))
}

// siblings concerns every other community of the sub-district, and whoever
// waits for the same hostname.
func (r *Reconciler) siblings(ctx context.Context, obj client.Object) []reconcile.Request {
	out := r.list(ctx, client.InNamespace(obj.GetNamespace()))
	if host := obj.(*v1alpha1.Community).Spec.Portal.Hostname; host != "" {
		out = append(out, r.list(ctx, client.MatchingFields{base.HostnameIndex: string(host)})...)
	}
	return out
}

// all concerns every Community.
func (r *Reconciler) all(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.list(ctx)
}

func (r *Reconciler) list(ctx context.Context, opts ...client.ListOption) []reconcile.Request {
	return base.Requests(ctx, r.Cache, &v1alpha1.CommunityList{}, opts...)
}

// visibleToNeighbours lets through what other communities' portals show.
func visibleToNeighbours() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := e.ObjectOld.(*v1alpha1.Community).Spec, e.ObjectNew.(*v1alpha1.Community).Spec
			return was.DisplayName != is.DisplayName || was.Portal.Hostname != is.Portal.Hostname
		},
	}
}

// connectsOtherwise lets a system through when its terms changed, or whether it is
// ready. Whether it answers at the moment is nothing a home is made of.
func connectsOtherwise() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := readiness(e.ObjectOld), readiness(e.ObjectNew)
			was.LastTransitionTime, is.LastTransitionTime = metav1.Time{}, metav1.Time{}
			return e.ObjectOld.GetUID() != e.ObjectNew.GetUID() || e.ObjectOld.GetGeneration() != e.ObjectNew.GetGeneration() || was != is
		},
	}
}

// readiness is a system's condition Ready; empty where it has none.
func readiness(system client.Object) metav1.Condition {
	c := meta.FindStatusCondition(system.(*v1alpha1.InformationSystem).Status.Conditions, v1alpha1.ConditionReady)
	if c == nil {
		return metav1.Condition{}
	}
	return *c
}
