package admission

import (
	"cmp"
	"context"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
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
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/pace"
	"github.com/shequ-io/shequ/internal/policies"
)

const (
	// floorPeriod is the least time between two looks at one community: however
	// many tasks change, its ledger is written once a second at most. While a whole
	// catalogue is being applied it grows up to floorMost.
	floorPeriod = time.Second
	floorMost   = 8 * time.Second
	// conflictRetry is how soon to decide anew after somebody else wrote.
	conflictRetry = 100 * time.Millisecond
	workers       = 8
	// quiet is how long nothing in the district may have changed before a
	// community's first ledger is drawn up, and quietLimit how long that may take.
	quiet      = 3 * time.Second
	quietLimit = 5 * time.Minute
)

// Options of the controller.
type Options struct {
	// Operator is the user the operator acts as.
	Operator string
	Metrics  *Metrics
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Quiet is how long nothing may have changed before a first ledger is drawn up;
	// three seconds when 0.
	Quiet time.Duration
}

// Setup adds the controller to a manager.
func Setup(mgr ctrl.Manager, deps *base.Deps, o Options) error {
	want, err := policies.Want(o.Operator)
	if err != nil {
		return err
	}
	r := &Reconciler{
		Deps: deps, floor: pace.NewGrowingFloor(floorPeriod, floorMost), want: want,
		waiting: newWaiting(), metrics: o.Metrics, now: o.Now,
		quiet: cmp.Or(o.Quiet, quiet), places: newPlaces(),
	}
	if r.now == nil {
		r.now = time.Now
	}
	if err := mgr.Add(r.waiting); err != nil {
		return err
	}
	spec := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	return ctrl.NewControllerManagedBy(mgr).Named("admission").
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: base.RateLimiter()}).
		Watches(&v1alpha1.TaskLedger{}, r.floor.After(conflictRetry, pace.Self)).
		Watches(&v1alpha1.Community{}, r.on(pace.Self), builder.WithPredicates(firstLook())).
		Watches(&v1alpha1.ServiceStation{}, r.on(ofStation), spec).
		Watches(&v1alpha1.Grid{}, r.on(ofGrid), spec).
		Watches(&v1alpha1.CommunityStandard{}, r.on(base.ThroughStandard(r.Cache, pace.Self)), spec).
		Watches(&v1alpha1.AdmittedTask{}, r.common(r.ofTask), spec).
		Watches(&v1alpha1.TaskDecision{}, r.common(r.ofDecision), spec).
		Watches(&v1alpha1.InformationSystem{}, r.common(r.everyone), spec).
		Watches(&admissionv1.ValidatingAdmissionPolicy{}, r.common(r.everyone), builder.WithPredicates(ourPolicy(), predicate.GenerationChangedPredicate{})).
		Watches(&admissionv1.ValidatingAdmissionPolicyBinding{}, r.common(r.everyone), builder.WithPredicates(ourPolicy())).
		Watches(base.NamespaceMetadata(""), r.common(r.everyone), builder.OnlyMetadata, builder.WithPredicates(labelled())).
		Complete(r)
}

// on notes when a change arrived before the communities it concerns are
// enqueued.
func (r *Reconciler) on(concerns pace.MapFunc) handler.EventHandler {
	return r.floor.Handler(func(ctx context.Context, obj client.Object) []reconcile.Request {
		reqs := concerns(ctx, obj)
		r.waiting.put(reqs)
		return reqs
	})
}

// common is on for what all communities' decisions share. What is there at the
// start concerns nobody who is not looked at then anyway.
func (r *Reconciler) common(concerns pace.MapFunc) handler.EventHandler {
	h := r.on(func(ctx context.Context, obj client.Object) []reconcile.Request {
		r.Docket.Changed()
		return concerns(ctx, obj)
	})
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			if e.IsInInitialList {
				r.Docket.Changed()
				return
			}
			h.Create(ctx, e, q)
		},
		UpdateFunc: h.Update, DeleteFunc: h.Delete, GenericFunc: h.Generic,
	}
}

// firstLook lets through what changes a Community's spec, and the first status
// it gets: only then is it decided on.
func firstLook() predicate.Predicate {
	return predicate.Or(predicate.GenerationChangedPredicate{}, predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := e.ObjectOld.(*v1alpha1.Community), e.ObjectNew.(*v1alpha1.Community)
			return was.Status.ObservedGeneration == 0 && is.Status.ObservedGeneration > 0
		},
	})
}

func ourPolicy() predicate.Predicate {
	names := map[string]bool{}
	for _, name := range v1alpha1.PolicyNames() {
		names[name] = true
	}
	return predicate.NewPredicateFuncs(func(obj client.Object) bool { return names[obj.GetName()] })
}

// labelled lets through namespaces that have or had a role. A community's home
// has none.
func labelled() predicate.Predicate {
	role := func(obj client.Object) bool { return obj.GetLabels()[v1alpha1.RoleLabel] != "" }
	return predicate.And(predicate.LabelChangedPredicate{}, predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return role(e.Object) },
		UpdateFunc: func(e event.UpdateEvent) bool { return role(e.ObjectOld) || role(e.ObjectNew) },
		DeleteFunc: func(e event.DeleteEvent) bool { return role(e.Object) },
	})
}

func request(namespace, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}

func ofStation(_ context.Context, obj client.Object) []reconcile.Request {
	return []reconcile.Request{request(obj.GetNamespace(), obj.(*v1alpha1.ServiceStation).Spec.CommunityRef.Name)}
}

func ofGrid(_ context.Context, obj client.Object) []reconcile.Request {
	ref := obj.(*v1alpha1.Grid).Spec.CommunityRef
	if ref == nil {
		return nil
	}
	return []reconcile.Request{request(obj.GetNamespace(), ref.Name)}
}

// ofTask concerns the communities a task targets.
func (r *Reconciler) ofTask(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.targets(ctx, admission.NewTask(obj.(*v1alpha1.AdmittedTask)))
}

// ofDecision concerns the communities of the task it is about.
func (r *Reconciler) ofDecision(ctx context.Context, obj client.Object) []reconcile.Request {
	ref := obj.(*v1alpha1.TaskDecision).Spec.TaskRef
	task := &v1alpha1.AdmittedTask{}
	if err := r.Cache.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, task); err != nil {
		if client.IgnoreNotFound(err) != nil {
			ctrl.LoggerFrom(ctx).Error(err, "get the task a decision is about")
		}
		return nil // a decision ahead of its task: the task's own event follows
	}
	return r.targets(ctx, admission.NewTask(task))
}

func (r *Reconciler) targets(ctx context.Context, task *admission.Task) []reconcile.Request {
	labels := map[string]map[string]string{}
	return r.communities(ctx, func(c *v1alpha1.Community) bool {
		if _, known := labels[c.Namespace]; !known {
			ns, err := r.Namespace(ctx, c.Namespace)
			if err != nil {
				ctrl.LoggerFrom(ctx).Error(err, "get the namespace of a sub-district")
			}
			labels[c.Namespace] = map[string]string{}
			if ns != nil {
				labels[c.Namespace] = ns.Labels
			}
		}
		return task.Targets(admission.Ref{Namespace: c.Namespace, Name: c.Name}, labels[c.Namespace])
	})
}

func (r *Reconciler) everyone(ctx context.Context, _ client.Object) []reconcile.Request {
	return r.communities(ctx, func(*v1alpha1.Community) bool { return true })
}

func (r *Reconciler) communities(ctx context.Context, concerned func(*v1alpha1.Community) bool) []reconcile.Request {
	var list v1alpha1.CommunityList
	if err := r.Cache.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the Communities an event concerns")
		return nil
	}
	var out []reconcile.Request
	for i := range list.Items {
		if concerned(&list.Items[i]) {
			out = append(out, request(list.Items[i].Namespace, list.Items[i].Name))
		}
	}
	return out
}
