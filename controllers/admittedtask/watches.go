package admittedtask

import (
	"context"
	"slices"
	"time"

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
	// floorPeriod is the least time between two looks at one task: a thousand
	// ledgers that change one after the other are a few writes, not a thousand.
	floorPeriod = 5 * time.Second
	// gather waits for the ledgers that change together.
	gather  = 500 * time.Millisecond
	workers = 2
)

// Setup adds the controller to a manager. now is the clock; time.Now when nil.
func Setup(mgr ctrl.Manager, deps *base.Deps, now func() time.Time) error {
	r := &Reconciler{Deps: deps, floor: pace.NewFloor(floorPeriod), now: now}
	if now == nil {
		r.now = time.Now
	}
	return ctrl.NewControllerManagedBy(mgr).Named("admittedtask").
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.AdmittedTask{}, r.floor.Handler(r.changed(pace.Self)), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.TaskDecision{}, r.floor.After(gather, r.changed(ofDecision))).
		Watches(&v1alpha1.Community{}, r.floor.After(gather, r.all), builder.WithPredicates(comesOrGoes())).
		Watches(base.NamespaceMetadata(""), r.floor.After(gather, r.changed(r.all)), builder.OnlyMetadata, builder.WithPredicates(roleChanged())).
		Watches(&v1alpha1.TaskLedger{}, r.floor.After(gather, ofLedger), builder.WithPredicates(comesOrGoes())).
		Watches(&v1alpha1.TaskLedger{}, r.floor.Differing(gather, entriesChanged)).
		Watches(&v1alpha1.ServiceStation{}, r.floor.Differing(gather, servedChanged)).
		Complete(r)
}

// changed marks the docket before the tasks concerned are enqueued.
func (r *Reconciler) changed(concerns pace.MapFunc) pace.MapFunc {
	return func(ctx context.Context, obj client.Object) []reconcile.Request {
		r.Docket.Changed()
		return concerns(ctx, obj)
	}
}

func comesOrGoes() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return e.ObjectOld.GetDeletionTimestamp().IsZero() != e.ObjectNew.GetDeletionTimestamp().IsZero()
		},
	}
}

func roleChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool {
			return !e.IsInInitialList && e.Object.GetLabels()[v1alpha1.RoleLabel] != ""
		},
		UpdateFunc: func(e event.UpdateEvent) bool {
			roles := e.ObjectOld.GetLabels()[v1alpha1.RoleLabel] + e.ObjectNew.GetLabels()[v1alpha1.RoleLabel]
			return roles != "" && (predicate.LabelChangedPredicate{}).Update(e)
		},
	}
}

func request(ref v1alpha1.NamespacedReference) reconcile.Request {
	return reconcile.Request{NamespacedName: key(ref)}
}

func ofDecision(_ context.Context, obj client.Object) []reconcile.Request {
	return []reconcile.Request{request(obj.(*v1alpha1.TaskDecision).Spec.TaskRef)}
}

func ofLedger(_ context.Context, obj client.Object) []reconcile.Request {
	var out []reconcile.Request
	for i := range obj.(*v1alpha1.TaskLedger).Status.Entries {
		out = append(out, request(obj.(*v1alpha1.TaskLedger).Status.Entries[i].TaskRef))
	}
	return out
}

func (r *Reconciler) all(ctx context.Context, _ client.Object) []reconcile.Request {
	return base.Requests(ctx, r.Cache, &v1alpha1.AdmittedTaskList{})
}

// entriesChanged are the tasks two versions of a ledger say different things of.
// A ledger holds hundreds of tasks and most changes are of a few.
func entriesChanged(was, is client.Object) []reconcile.Request {
	type said struct {
		digest   v1alpha1.TaskDigest
		decision v1alpha1.LedgerDecision
		reason   v1alpha1.LedgerReason
		minutes  int64
		funding  v1alpha1.Decimal
	}
	read := func(e *v1alpha1.LedgerEntry) said {
		s := said{e.Digest, e.Decision, e.Reason, 0, e.FundingPerYear}
		if e.MinutesPerYear != nil {
			s.minutes = *e.MinutesPerYear
		}
		return s
	}
	before := map[v1alpha1.NamespacedReference]said{}
	for i := range was.(*v1alpha1.TaskLedger).Status.Entries {
		e := &was.(*v1alpha1.TaskLedger).Status.Entries[i]
		before[e.TaskRef] = read(e)
	}
	var out []reconcile.Request
	for i := range is.(*v1alpha1.TaskLedger).Status.Entries {
		e := &is.(*v1alpha1.TaskLedger).Status.Entries[i]
		if was, ok := before[e.TaskRef]; !ok || was != read(e) {
			out = append(out, request(e.TaskRef))
		}
		delete(before, e.TaskRef)
	}
	for ref := range before {
		out = append(out, request(ref))
	}
	return out
}

// servedChanged are the tasks a station has begun or ceased to serve.
func servedChanged(was, is client.Object) []reconcile.Request {
	before, after := was.(*v1alpha1.ServiceStation).Status.ServedTasks, is.(*v1alpha1.ServiceStation).Status.ServedTasks
	var out []reconcile.Request
	for _, ref := range before {
		if !slices.Contains(after, ref) {
			out = append(out, request(ref))
		}
	}
	for _, ref := range after {
		if !slices.Contains(before, ref) {
			out = append(out, request(ref))
		}
	}
	return out
}
