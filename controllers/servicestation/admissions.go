package servicestation

import (
	"context"
	"slices"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
)

// admittedIndex indexes TaskLedgers by the tasks that are in force by them, so that a
// change of one task in a district of thousands reaches the communities that have it
// and no others.
const admittedIndex = "admitted"

func admittedTasks(obj client.Object) []string {
	var out []string
	for _, e := range admitted(obj) {
		out = append(out, e.TaskRef.Namespace+"/"+e.TaskRef.Name)
	}
	return out
}

func admitted(obj client.Object) []v1alpha1.LedgerEntry {
	var out []v1alpha1.LedgerEntry
	for _, e := range obj.(*v1alpha1.TaskLedger).Status.Entries {
		if inForce(&e) {
			out = append(out, e)
		}
	}
	return out
}

// inForce reports whether a task is admitted, or has been and keeps its place while it
// waits for money, for a system or for the standard: then its item is not served, and
// the cases in hand go on.
func inForce(e *v1alpha1.LedgerEntry) bool {
	return e.Decision == v1alpha1.DecisionAdmitted ||
		e.Decision == v1alpha1.DecisionWaiting && e.AdmittedAt != nil && e.Reason != v1alpha1.LedgerNotYetEffective
}

// admissionsChanged lets a ledger through when a station would serve or disclose
// something else for it. What is merely there at start is kept back, since at
// start every station is looked at anyway.
func admissionsChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
		UpdateFunc: func(e event.UpdateEvent) bool {
			return !slices.EqualFunc(admitted(e.ObjectOld), admitted(e.ObjectNew), sameAdmission)
		},
	}
}

// sameAdmission compares what is published of an entry.
func sameAdmission(a, b v1alpha1.LedgerEntry) bool {
	same := func(a, b *int64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	return a.TaskRef == b.TaskRef && a.Digest == b.Digest && a.Decision == b.Decision && a.FundingPerYear == b.FundingPerYear && same(a.MinutesPerYear, b.MinutesPerYear)
}

// retitled lets a department's namespace through when its public name changed.
func retitled() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList && department(e.Object) },
		DeleteFunc: func(event.DeleteEvent) bool { return false }, // its tasks go with it
		UpdateFunc: func(e event.UpdateEvent) bool {
			was, is := e.ObjectOld.GetAnnotations(), e.ObjectNew.GetAnnotations()
			return department(e.ObjectNew) &&
				(was[v1alpha1.TitleZHAnnotation] != is[v1alpha1.TitleZHAnnotation] || was[v1alpha1.TitleENAnnotation] != is[v1alpha1.TitleENAnnotation])
		},
	}
}

func department(namespace client.Object) bool {
	return namespace.GetLabels()[v1alpha1.RoleLabel] == v1alpha1.RoleDepartment
}

// forget drops the digest of a task that is gone; it enqueues nothing.
func (r *Reconciler) forget() handler.EventHandler {
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	return handler.Funcs{
		DeleteFunc: func(_ context.Context, e event.DeleteEvent, _ queue) { r.digests.forget(e.Object.GetUID()) },
		UpdateFunc: func(_ context.Context, e event.UpdateEvent, _ queue) {
			if was := e.ObjectOld.GetUID(); was != e.ObjectNew.GetUID() { // deleted and made anew unseen
				r.digests.forget(was)
			}
		},
	}
}

// ofLedger concerns the stations of the community whose name a ledger has.
func (r *Reconciler) ofLedger(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.list(ctx, client.InNamespace(obj.GetNamespace()), client.MatchingFields{base.CommunityIndex: obj.GetName()})
}

// ofTask concerns the stations of the communities that admit a task.
func (r *Reconciler) ofTask(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.ofLedgers(ctx, func(*v1alpha1.TaskLedger) bool { return true },
		client.MatchingFields{admittedIndex: obj.GetNamespace() + "/" + obj.GetName()})
}

// ofDepartment concerns the stations of the communities that admit any task of a
// department. It looks through all ledgers: departments are seldom renamed.
func (r *Reconciler) ofDepartment(ctx context.Context, obj client.Object) []reconcile.Request {
	return r.ofLedgers(ctx, func(ledger *v1alpha1.TaskLedger) bool {
		return slices.ContainsFunc(ledger.Status.Entries, func(e v1alpha1.LedgerEntry) bool {
			return e.Decision == v1alpha1.DecisionAdmitted && e.TaskRef.Namespace == obj.GetName()
		})
	})
}

func (r *Reconciler) ofLedgers(ctx context.Context, which func(*v1alpha1.TaskLedger) bool, opts ...client.ListOption) []reconcile.Request {
	var list v1alpha1.TaskLedgerList
	if err := r.Cache.List(ctx, &list, append(opts, client.UnsafeDisableDeepCopy)...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the TaskLedgers an event concerns")
		return nil
	}
	var out []reconcile.Request
	for i := range list.Items {
		if which(&list.Items[i]) {
			out = append(out, r.ofLedger(ctx, &list.Items[i])...)
		}
	}
	return out
}
