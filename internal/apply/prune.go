package apply

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// prune takes back, in reverse order, every recorded child that is neither desired
// nor kept.
func (a *Applier) prune(ctx context.Context, req Request, entries map[Ref]v1alpha1.InventoryEntry, res *Result) {
	wanted := map[Ref]bool{}
	for _, obj := range req.Desired {
		wanted[obj.Ref] = true
	}
	for _, ref := range req.Kept {
		wanted[ref] = true
	}
	var gone []Ref
	for _, e := range req.Inventory {
		gone = append(gone, entryRef(e))
	}
	for _, ref := range req.Recorded {
		if _, ok := entries[ref]; !ok {
			gone = append(gone, ref)
		}
	}
	slices.Reverse(gone)
	for _, ref := range gone {
		if wanted[ref] {
			continue
		}
		remains, err := a.takeBack(ctx, req.SetID, ref, entries[ref].UID, res)
		switch {
		case err != nil:
			res.Failed[ref] = err
			a.metrics.count(ref.Kind, resultFailed)
			res.Inventory = append(res.Inventory, inventoryOf(ref, entries))
		case remains:
			res.Remaining = append(res.Remaining, ref)
			res.Inventory = append(res.Inventory, inventoryOf(ref, entries))
		default:
			res.Pruned = append(res.Pruned, ref)
			a.memory.drop(req.SetID, ref)
		}
	}
}

func inventoryOf(ref Ref, entries map[Ref]v1alpha1.InventoryEntry) v1alpha1.InventoryEntry {
	if e, ok := entries[ref]; ok {
		return e
	}
	return entryFor(ref)
}

// takeBack deletes one child if it is ours and reports whether it is still
// there. A child with another UID, or without the set's label, is somebody
// else's and is left.
func (a *Applier) takeBack(ctx context.Context, setID string, ref Ref, uid string, res *Result) (bool, error) {
	kind, ok := a.kinds[ref.GroupKind()]
	if !ok || (kind.Optional && !a.available(ref.GroupKind())) {
		return false, nil // its CRD is gone, and the objects with it
	}
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(ref.GroupKind().WithVersion(kind.Version))
	err := a.direct.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, m)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	if ours := m.Labels[PartOfLabel] == setID || (uid != "" && uid == string(m.UID)); !ours {
		return false, nil
	}
	if m.DeletionTimestamp != nil {
		return true, nil
	}
	live := m.UID
	res.Writes++
	err = a.writer.Delete(ctx, m, client.Preconditions{UID: &live}, client.PropagationPolicy(metav1.DeletePropagationBackground),
		client.DisableReadYourWritesConsistency)
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return false, nil
	}
	if err != nil {
		return true, err
	}
	a.metrics.count(ref.Kind, resultPruned)
	return ref.Kind == "Namespace", nil // a namespace takes its time
}
