package base

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
)

// Reasons of events about what the operator put right.
const (
	EventDriftCorrected    = "DriftCorrected"
	EventDriftDetected     = "DriftDetected"
	EventInventoryRestored = "InventoryRestored"
	EventFinalizerRestored = "FinalizerRestored"
	EventPruned            = "Pruned"
)

// Provision is the children of one intent object.
type Provision struct {
	// Parent is a copy of the intent object that may be changed.
	Parent client.Object
	// SetID of the parent's ApplySet.
	SetID string
	// Owner is the controller's field owner.
	Owner string
	// Children that should exist, as apply configurations, in order.
	Children []any
	// Kept are children that stay as they are, if they are there.
	Kept []apply.Ref
	// Inventory of the parent's last status; Observed is that status's
	// generation, 0 on the first look.
	Inventory []v1alpha1.InventoryEntry
	Observed  int64
	// Drift policy in force.
	Drift v1alpha1.DriftPolicy
}

// Provision brings an intent object's children to what is wanted: names on the
// parent first, then the children, then what is no longer wanted, then the
// names again if some are gone.
func (d *Deps) Provision(ctx context.Context, p Provision) (apply.Result, error) {
	desired, refs, err := objects(p)
	if err != nil {
		return apply.Result{Inventory: p.Inventory}, err
	}
	recorded, err := d.recorded(ctx, p, len(refs))
	if err != nil {
		return apply.Result{Inventory: p.Inventory}, err
	}
	for _, ref := range p.Kept {
		if slices.Contains(recorded, ref) {
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 && len(recorded) == 0 {
		return apply.Result{Failed: map[apply.Ref]error{}}, nil
	}
	if !apply.RecordedAll(p.Parent, refs) {
		all := union(recorded, refs)
		if _, err := apply.Record(ctx, d.Client, p.Owner, p.Parent, p.SetID, all); err != nil {
			return apply.Result{Inventory: p.Inventory}, fmt.Errorf("record names before applying: %w", err)
		}
		recorded = all
	}
	res := d.Applier.Apply(ctx, apply.Request{
		SetID: p.SetID, Owner: p.Owner, Desired: desired, Kept: p.Kept,
		Recorded: recorded, Inventory: p.Inventory, Drift: p.Drift,
	})
	d.announce(p, res)
	if len(res.Failed) == 0 && len(res.Remaining) == 0 && p.Parent.GetDeletionTimestamp().IsZero() {
		if _, err := apply.Record(ctx, d.Client, p.Owner, p.Parent, p.SetID, refs); err != nil {
			return res, fmt.Errorf("record names after pruning: %w", err)
		}
	}
	return res, nil
}

func objects(p Provision) ([]apply.Object, []apply.Ref, error) {
	var desired []apply.Object
	var refs []apply.Ref
	for _, child := range p.Children {
		obj, err := apply.NewObject(child, p.SetID)
		if err != nil {
			return nil, nil, err
		}
		desired, refs = append(desired, obj), append(refs, obj.Ref)
	}
	return desired, refs, nil
}

// FinalizerRestored says in an event that the finalizer of an object that was
// provisioned is back.
func (d *Deps) FinalizerRestored(parent client.Object) {
	d.warn(parent, nil, EventFinalizerRestored, "the finalizer %s was taken off; it is back, so that what was provisioned can be taken back", v1alpha1.Finalizer)
}

// recorded is the names the parent lists. On an object that was provisioned
// before, a list that is gone was stripped: the children's labels stand in for
// it, and an event says so.
func (d *Deps) recorded(ctx context.Context, p Provision, wanted int) ([]apply.Ref, error) {
	refs := apply.Recorded(p.Parent)
	if p.Observed == 0 {
		return refs, nil
	}
	if len(p.Inventory) > 0 && !slices.Contains(p.Parent.GetFinalizers(), v1alpha1.Finalizer) {
		d.FinalizerRestored(p.Parent)
	}
	stripped := len(refs) == 0 && len(p.Inventory) > 0
	lost := len(refs) > 0 && len(p.Inventory) == 0
	if !stripped && !lost {
		return refs, nil
	}
	members, err := d.Applier.Members(ctx, p.SetID)
	if err != nil {
		return nil, fmt.Errorf("find the children whose inventory was stripped: %w", err)
	}
	if wanted > 0 {
		d.warn(p.Parent, nil, EventInventoryRestored, "the inventory was stripped; it is restored from the labels of %d objects", len(members))
	}
	return union(refs, members), nil
}

func (d *Deps) announce(p Provision, res apply.Result) {
	parent := p.Parent
	for _, ref := range res.Corrected {
		if p.Drift == v1alpha1.DriftWarn || p.Drift == v1alpha1.DriftOff {
			d.warn(parent, &ref, EventDriftCorrected, "%s was deleted, or taken out of the operator's sight by its labels; it was put back, since spec.drift %s is about changes", ref.Title(), p.Drift)
			continue
		}
		d.warn(parent, &ref, EventDriftCorrected, "%s was changed or deleted by somebody else; it was put back. To keep such changes set spec.drift to Warn or Off", ref.Title())
	}
	for _, ref := range res.Drifted {
		d.warn(parent, &ref, EventDriftDetected, "%s was changed by somebody else and is left as it is, since spec.drift is Warn", ref.Title())
	}
	if n := len(res.Pruned); n > 0 {
		d.Recorder.Eventf(parent, nil, corev1.EventTypeNormal, EventPruned, "Prune", "%d objects no longer wanted were removed, the first of them %s", n, res.Pruned[0].Title())
	}
}

// warn writes an event; about names the child it is about, so that events about
// several children are not folded into one.
func (d *Deps) warn(obj client.Object, about *apply.Ref, reason, format string, args ...any) {
	var related runtime.Object
	if about != nil {
		m := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: about.Namespace, Name: about.Name}}
		m.SetGroupVersionKind(about.GroupKind().WithVersion("v1"))
		related = m
	}
	d.Recorder.Eventf(obj, related, corev1.EventTypeWarning, reason, "Reconcile", format, args...)
}

func union(a, b []apply.Ref) []apply.Ref {
	out := slices.Clone(a)
	for _, ref := range b {
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
	}
	return out
}
