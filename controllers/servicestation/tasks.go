package servicestation

import (
	"cmp"
	"context"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/content"
)

// observeTasks gathers the tasks that have a place in the community's ledger, each on
// the very terms it was admitted on. Changed terms are as good as none until the ledger
// has decided on them, and a pause, which is no part of the terms, need not wait
// for it.
func (r *Reconciler) observeTasks(ctx context.Context, s *scope) error {
	ledger := &v1alpha1.TaskLedger{}
	err := r.Cache.Get(ctx, client.ObjectKeyFromObject(s.community), ledger, base.InPlace())
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	departments := map[string]content.Text{}
	for i := range ledger.Status.Entries {
		entry := &ledger.Status.Entries[i]
		if !inForce(entry) {
			continue
		}
		task := &v1alpha1.AdmittedTask{}
		err := r.Cache.Get(ctx, types.NamespacedName{Namespace: entry.TaskRef.Namespace, Name: entry.TaskRef.Name}, task, base.InPlace())
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		if err != nil || !task.DeletionTimestamp.IsZero() || ptr.Deref(task.Spec.Suspend, false) || r.digests.of(task) != entry.Digest {
			continue
		}
		if entry.Decision != v1alpha1.DecisionAdmitted {
			s.paused = append(s.paused, task)
			continue
		}
		if _, known := departments[task.Namespace]; !known {
			if departments[task.Namespace], err = r.department(ctx, task.Namespace); err != nil {
				return err
			}
		}
		s.tasks = append(s.tasks, blueprint.AdmittedFact{Task: task, Entry: entry, Department: departments[task.Namespace]})
	}
	slices.SortFunc(s.tasks, func(a, b blueprint.AdmittedFact) int {
		return cmp.Or(cmp.Compare(a.Task.Namespace, b.Task.Namespace), cmp.Compare(a.Task.Name, b.Task.Name))
	})
	// A ledger names a task once; one that did not must not stop the station.
	s.tasks = slices.CompactFunc(s.tasks, func(a, b blueprint.AdmittedFact) bool { return a.Task.UID == b.Task.UID })
	return nil
}

// department is the public name of a department's namespace.
func (r *Reconciler) department(ctx context.Context, namespace string) (content.Text, error) {
	ns, err := r.Namespace(ctx, namespace)
	if ns == nil || err != nil {
		return content.Text{ZH: namespace}, err
	}
	return base.SubdistrictTitle(ns), nil
}

// digests remembers the digest of each task's present generation, since every
// station of a district asks for it at each look.
type digests struct {
	mu   sync.Mutex
	held map[types.UID]digested
}

type digested struct {
	generation int64
	digest     v1alpha1.TaskDigest
}

func newDigests() *digests { return &digests{held: map[types.UID]digested{}} }

func (d *digests) of(task *v1alpha1.AdmittedTask) v1alpha1.TaskDigest {
	d.mu.Lock()
	known, ok := d.held[task.UID]
	d.mu.Unlock()
	if ok && known.generation == task.Generation {
		return known.digest
	}
	known = digested{task.Generation, admission.Digest(&task.Spec)}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.held[task.UID] = known
	return known.digest
}

// forget drops a task that is gone.
func (d *digests) forget(uid types.UID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.held, uid)
}
