package servicestation

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/pace"
)

const (
	// floorPeriod is the least time between two looks at one ServiceStation.
	floorPeriod = time.Second
	workers     = 8
)

// Setup adds the controller to a manager.
func Setup(mgr ctrl.Manager, deps *base.Deps) (controller.Controller, *Reconciler, error) {
	r := &Reconciler{Deps: deps, floor: pace.NewFloor(floorPeriod), grace: base.NewGrace(), digests: newDigests()}
	if err := mgr.GetFieldIndexer().IndexField(context.Background(), &v1alpha1.TaskLedger{}, admittedIndex, admittedTasks); err != nil {
		return nil, nil, fmt.Errorf("index ledgers by what they admit: %w", err)
	}
	b := ctrl.NewControllerManagedBy(mgr).Named("servicestation").
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.ServiceStation{}, r.floor.Handler(pace.Self)).
		Watches(&v1alpha1.ServiceStation{}, r.floor.Handler(r.rivals), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.Community{}, r.floor.Handler(r.ofCommunity)).
		Watches(&v1alpha1.CommunityStandard{}, r.floor.Handler(base.ThroughStandard(r.Cache, r.ofCommunity)), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.TaskLedger{}, r.floor.Handler(r.ofLedger), builder.WithPredicates(admissionsChanged())).
		Watches(&v1alpha1.AdmittedTask{}, r.floor.Handler(r.ofTask), builder.WithPredicates(base.SpecChanged())).
		Watches(&v1alpha1.AdmittedTask{}, r.forget()).
		Watches(base.NamespaceMetadata(""), r.floor.Handler(r.ofDepartment), builder.OnlyMetadata, builder.WithPredicates(retitled())).
		Watches(base.NamespaceMetadata(""), r.floor.Handler(r.ofNamespace), builder.OnlyMetadata)
	if deps.Custody != nil {
		b = b.Watches(&v1alpha1.Grid{}, r.floor.Handler(r.ofGrid), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
			Watches(&v1alpha1.InformationSystem{}, r.floor.Handler(r.ofSystem), builder.WithPredicates(base.SpecChanged()))
	}
	b = base.WatchChildren(b, r.floor.Handler(r.ofChild))
	c, err := b.Build(r)
	return c, r, err
}

// Handler enqueues the ServiceStation a child belongs to; for kinds that can be
// watched only later.
func (r *Reconciler) Handler() base.ChildHandler {
	return base.ChildHandler{Events: r.floor.Handler(r.ofChild), All: r.floor.Handler(pace.Self)}
}

// rivals are the other stations of the same community, and those that wait for
// the same hostname.
func (r *Reconciler) rivals(ctx context.Context, obj client.Object) []reconcile.Request {
	st := obj.(*v1alpha1.ServiceStation)
	out := r.list(ctx, client.InNamespace(st.Namespace), client.MatchingFields{base.CommunityIndex: st.Spec.CommunityRef.Name})
	if host := st.Spec.Desk.Hostname; host != "" {
		out = append(out, r.list(ctx, client.MatchingFields{base.HostnameIndex: string(host)})...)
	}
	return out
}

// ofCommunity concerns a community's stations, and those that wait for its
// hostname.
func (r *Reconciler) ofCommunity(ctx context.Context, obj client.Object) []reconcile.Request {
	out := r.list(ctx, client.InNamespace(obj.GetNamespace()), client.MatchingFields{base.CommunityIndex: obj.GetName()})
	if host := obj.(*v1alpha1.Community).Spec.Portal.Hostname; host != "" {
		out = append(out, r.list(ctx, client.MatchingFields{base.HostnameIndex: string(host)})...)
	}
	return out
}

// ofGrid concerns the stations whose desk is told of a grid.
func (r *Reconciler) ofGrid(ctx context.Context, obj client.Object) []reconcile.Request {
	ref := obj.(*v1alpha1.Grid).Spec.CommunityRef
	if ref == nil {
		return nil
	}
	return r.list(ctx, client.InNamespace(obj.GetNamespace()), client.MatchingFields{base.CommunityIndex: ref.Name})
}

// ofSystem concerns the stations of the communities that are connected to a system.
func (r *Reconciler) ofSystem(ctx context.Context, obj client.Object) []reconcile.Request {
	var out []reconcile.Request
	for _, of := range base.CommunitiesOfSystem(r.Cache)(ctx, obj) {
		out = append(out, r.list(ctx, client.InNamespace(of.Namespace), client.MatchingFields{base.CommunityIndex: of.Name})...)
	}
	return out
}

// ofChild concerns the station a child belongs to; the policy that closes a home
// namespace opens it to the stations of its community, and the migration of its
// database opens their desks.
func (r *Reconciler) ofChild(ctx context.Context, obj client.Object) []reconcile.Request {
	if _, migration := obj.(*batchv1.Job); migration || obj.GetName() == blueprint.DenyPolicyName {
		return r.ofHome(ctx, obj)
	}
	return base.StationOfChild(ctx, obj)
}

// ofHome concerns the stations of the community a home namespace, or an object
// in it, is of.
func (r *Reconciler) ofHome(ctx context.Context, obj client.Object) []reconcile.Request {
	var out []reconcile.Request
	for _, of := range base.CommunityOfChild(ctx, obj) {
		out = append(out, r.list(ctx, client.InNamespace(of.Namespace), client.MatchingFields{base.CommunityIndex: of.Name})...)
	}
	return out
}

// ofNamespace concerns the stations of a home namespace, or every station of a
// sub-district's namespace.
func (r *Reconciler) ofNamespace(ctx context.Context, obj client.Object) []reconcile.Request {
	if len(base.CommunityOfChild(ctx, obj)) > 0 {
		return r.ofHome(ctx, obj)
	}
	return r.list(ctx, client.InNamespace(obj.GetName()))
}

func (r *Reconciler) list(ctx context.Context, opts ...client.ListOption) []reconcile.Request {
	return base.Requests(ctx, r.Cache, &v1alpha1.ServiceStationList{}, opts...)
}
