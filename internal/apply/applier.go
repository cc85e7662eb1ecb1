package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Applier applies and prunes children. It is safe for concurrent use; one
// Applier serves every controller, so that the writes in flight are bounded for
// the whole operator.
type Applier struct {
	cached    client.Reader
	direct    client.Reader
	writer    client.Client
	kinds     map[schema.GroupKind]Kind
	available func(schema.GroupKind) bool
	inFlight  chan struct{}
	memory    memory
	metrics   *Metrics
}

// Options of an Applier.
type Options struct {
	// Client writes.
	Client client.Client
	// Cache reads children; Client does when it is nil.
	Cache client.Reader
	// Direct reads from the API server; used only when an inventory was lost.
	Direct client.Reader
	// Available tells whether an optional kind's CRD is installed.
	Available func(schema.GroupKind) bool
	// InFlight bounds the writes under way at once; 16 when 0.
	InFlight int
	// Metrics counts; nil counts nothing.
	Metrics *Metrics
}

// New makes an Applier.
func New(o Options) *Applier {
	if o.InFlight == 0 {
		o.InFlight = 16
	}
	if o.Available == nil {
		o.Available = func(schema.GroupKind) bool { return false }
	}
	if o.Cache == nil {
		o.Cache = o.Client
	}
	return &Applier{
		cached: o.Cache, direct: o.Direct, writer: o.Client,
		kinds: Kinds(), available: o.Available,
		inFlight: make(chan struct{}, o.InFlight),
		memory:   memory{sets: map[string]map[Ref]applied{}},
		metrics:  o.Metrics,
	}
}

// Request is one set of children as it should be.
type Request struct {
	// SetID of the parent.
	SetID string
	// Owner is the field owner, one per controller.
	Owner string
	// Desired children in the order in which they are applied.
	Desired []Object
	// Kept children stay as they are, if they are there: they are neither applied
	// nor taken back.
	Kept []Ref
	// Recorded names and the Inventory of the parent's last status.
	Recorded  []Ref
	Inventory []v1alpha1.InventoryEntry
	// Drift says what to do about foreign changes.
	Drift v1alpha1.DriftPolicy
}

// Result is what came of a Request.
type Result struct {
	// Inventory for the parent's status.
	Inventory []v1alpha1.InventoryEntry
	// Failed children and why.
	Failed map[Ref]error
	// Corrected children had been changed or deleted by somebody else and were
	// put back; Drifted ones were left, as the policy says.
	Corrected, Drifted []Ref
	// Pruned children are gone; Remaining ones are on their way.
	Pruned, Remaining []Ref
	// Writes sent.
	Writes int
	// Lagging: the cache has not caught up with an earlier apply; look again.
	Lagging bool
}

// Err is every failure in one error, nil when there was none.
func (r Result) Err() error {
	var errs []error
	for ref, err := range r.Failed {
		errs = append(errs, fmt.Errorf("%s: %w", ref.Title(), err))
	}
	return errors.Join(errs...)
}

// Apply brings the children of a set to what is desired, then takes back what
// is recorded and no longer desired. A child that fails does not stop the
// others, except a Namespace, without which nothing else can be.
func (a *Applier) Apply(ctx context.Context, req Request) Result {
	res := Result{Failed: map[Ref]error{}}
	entries := map[Ref]v1alpha1.InventoryEntry{}
	for _, e := range req.Inventory {
		entries[entryRef(e)] = e
	}
	for _, obj := range req.Desired {
		entry, known := entries[obj.Ref]
		next, err := a.one(ctx, req, obj, entry, known, &res)
		if err != nil {
			res.Failed[obj.Ref] = err
			a.metrics.count(obj.Ref.Kind, resultFailed)
			if !known {
				// That it was tried is kept: an empty inventory means a lost one.
				entry = entryFor(obj.Ref)
			}
			res.Inventory = append(res.Inventory, entry)
			if obj.Ref.Kind == "Namespace" || ctx.Err() != nil {
				return a.keepRest(req, res, obj.Ref)
			}
			continue
		}
		res.Inventory = append(res.Inventory, next)
	}
	for _, ref := range req.Kept {
		if entry, known := entries[ref]; known {
			res.Inventory = append(res.Inventory, entry)
		}
	}
	a.prune(ctx, req, entries, &res)
	return res
}

// keepRest carries the inventory of the children that were not looked at over
// into the result, so that an early end forgets nothing.
func (a *Applier) keepRest(req Request, res Result, last Ref) Result {
	have := map[Ref]bool{last: true}
	for _, e := range res.Inventory {
		have[entryRef(e)] = true
	}
	for _, e := range req.Inventory {
		if !have[entryRef(e)] {
			res.Inventory = append(res.Inventory, e)
		}
	}
	return res
}

// one brings a single child to what is desired.
func (a *Applier) one(ctx context.Context, req Request, obj Object, entry v1alpha1.InventoryEntry, known bool, res *Result) (v1alpha1.InventoryEntry, error) {
	seen, err := a.look(ctx, req.SetID, obj, entry, known)
	if err != nil {
		return entry, err
	}
	switch seen.verdict {
	case same:
		a.metrics.count(obj.Ref.Kind, resultNoop)
		return seen.entry, nil
	case unknown, outdated, vanished:
		// To be sent.
	case behind:
		res.Lagging = true
		a.metrics.count(obj.Ref.Kind, resultNoop)
		return seen.entry, nil
	case drifted:
		if req.Drift == v1alpha1.DriftWarn || req.Drift == v1alpha1.DriftOff {
			if req.Drift == v1alpha1.DriftWarn && a.memory.firstSight(req.SetID, obj.Ref, seen.live) {
				res.Drifted = append(res.Drifted, obj.Ref)
			}
			return entry, nil
		}
	}
	next, err := a.send(ctx, req, obj)
	if err != nil {
		return entry, err
	}
	res.Writes++
	result := resultApplied
	if seen.verdict == vanished || (seen.verdict == drifted && a.putBack(obj, seen.live, next)) {
		res.Corrected = append(res.Corrected, obj.Ref)
		result = resultCorrected
	}
	a.metrics.count(obj.Ref.Kind, result)
	return next, nil
}

// putBack reports whether an apply undid a foreign change, or changed nothing
// because that change was to a field that is not ours.
func (a *Applier) putBack(obj Object, before live, after v1alpha1.InventoryEntry) bool {
	switch check := a.kinds[obj.Ref.GroupKind()].check; check {
	case byContent, byMetadata:
		return true
	default:
		return before.version(check) != after.Version || !coversMetadata(before.obj, obj)
	}
}

// send applies one child and remembers what came of it.
func (a *Applier) send(ctx context.Context, req Request, obj Object) (v1alpha1.InventoryEntry, error) {
	kind, ok := a.kinds[obj.Ref.GroupKind()]
	if !ok {
		return v1alpha1.InventoryEntry{}, fmt.Errorf("kind %s is not among apply.Kinds", obj.Ref.GroupKind())
	}
	select {
	case a.inFlight <- struct{}{}:
		defer func() { <-a.inFlight }()
	case <-ctx.Done():
		return v1alpha1.InventoryEntry{}, ctx.Err()
	}
	u := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(obj.content)}
	err := a.writer.Apply(ctx, client.ApplyConfigurationFromUnstructured(u),
		client.FieldOwner(req.Owner), client.ForceOwnership, client.DisableReadYourWritesConsistency)
	if err != nil {
		return v1alpha1.InventoryEntry{}, err
	}
	entry := entryFor(obj.Ref)
	entry.UID, entry.Hash = string(u.GetUID()), obj.Hash
	switch kind.check {
	case byGeneration:
		entry.Version = strconv.FormatInt(u.GetGeneration(), 10)
	case byVersion:
		entry.Version = u.GetResourceVersion()
	case byContent, byMetadata:
		// Compared by content; there is no version to keep.
	}
	a.memory.put(req.SetID, obj.Ref, applied{entry: entry, resourceVersion: u.GetResourceVersion()})
	return entry, nil
}

// Forget drops what is remembered of a set whose parent is gone.
func (a *Applier) Forget(setID string) { a.memory.forget(setID) }
