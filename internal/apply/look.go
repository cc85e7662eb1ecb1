package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// verdict is how a child stands against its intent.
type verdict int

const (
	// same: nothing to send.
	same verdict = iota
	// behind: as applied, but the cache has not seen it yet.
	behind
	// unknown: never applied, or nobody knows; apply once.
	unknown
	// outdated: the intent changed.
	outdated
	// drifted: somebody else changed the child.
	drifted
	// vanished: somebody else deleted the child.
	vanished
)

// live is a child as the cache has it.
type live struct {
	obj client.Object // nil: not there
}

func (l live) version(c check) string {
	switch {
	case l.obj == nil:
		return ""
	case c == byGeneration:
		return strconv.FormatInt(l.obj.GetGeneration(), 10)
	case c == byVersion:
		return l.obj.GetResourceVersion()
	default:
		return ""
	}
}

// fingerprint tells one state of a child from another, its status aside: a
// status changes without anybody having meddled.
func (l live) fingerprint() string {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(l.obj)
	if err != nil {
		return ""
	}
	delete(content, "status")
	if meta, ok := content["metadata"].(map[string]any); ok {
		delete(meta, "resourceVersion")
		delete(meta, "managedFields")
	}
	data, err := json.Marshal(content) // map keys are sorted
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// sight is a verdict with what it rests on.
type sight struct {
	verdict verdict
	live    live
	entry   v1alpha1.InventoryEntry
}

// look holds a child against its intent, from memory, inventory and cache only.
func (a *Applier) look(ctx context.Context, setID string, obj Object, entry v1alpha1.InventoryEntry, known bool) (sight, error) {
	kind, ok := a.kinds[obj.Ref.GroupKind()]
	if !ok {
		return sight{}, fmt.Errorf("kind %s is not among apply.Kinds", obj.Ref.GroupKind())
	}
	l, err := a.read(ctx, obj.Ref, kind)
	if err != nil {
		return sight{}, err
	}
	if mem, ok := a.memory.get(setID, obj.Ref); ok {
		entry, known = mem.entry, true
		if entry.Hash == obj.Hash && a.lags(setID, obj.Ref, mem, l) {
			return sight{behind, l, entry}, nil
		}
	}
	return sight{a.judge(obj, kind, l, entry, known), l, entry}, nil
}

// judge is the pure part of look.
func (a *Applier) judge(obj Object, kind Kind, l live, entry v1alpha1.InventoryEntry, known bool) verdict {
	switch {
	case l.obj == nil && entry.UID == "":
		return unknown
	case l.obj == nil:
		return vanished
	case l.obj.GetDeletionTimestamp() != nil:
		// It can't be put back before it is gone; its going wakes us again.
		return same
	case !known || entry.UID == "":
		return unknown
	case entry.Hash != obj.Hash:
		return outdated
	case entry.UID != string(l.obj.GetUID()):
		return drifted
	case !coversMetadata(l.obj, obj):
		return drifted
	}
	switch kind.check {
	case byGeneration, byVersion:
		if l.version(kind.check) != entry.Version {
			return drifted
		}
	case byContent:
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(l.obj)
		if err != nil || !coversBody(content, obj.content) {
			return drifted
		}
	case byMetadata:
		// Labels and annotations are all there is, and they are covered.
	}
	return same
}

// lags reports whether the cache is still behind our own last apply.
func (a *Applier) lags(setID string, ref Ref, mem applied, l live) bool {
	if mem.seen {
		return false
	}
	if l.obj == nil {
		return !mem.expired()
	}
	if order, err := resourceversion.CompareResourceVersion(l.obj.GetResourceVersion(), mem.resourceVersion); err == nil && order < 0 {
		return !mem.expired()
	}
	a.memory.markSeen(setID, ref)
	return false
}

// read takes a child from the cache.
func (a *Applier) read(ctx context.Context, ref Ref, kind Kind) (live, error) {
	obj := kind.New(ref.GroupKind())
	err := a.cached.Get(ctx, types.NamespacedName{Namespace: ref.Namespace, Name: ref.Name}, obj)
	if apierrors.IsNotFound(err) {
		return live{}, nil
	}
	if err != nil {
		return live{}, err
	}
	return live{obj}, nil
}

func coversMetadata(obj client.Object, want Object) bool {
	meta, _ := want.content["metadata"].(map[string]any)
	return coversStrings(obj.GetLabels(), meta["labels"]) && coversStrings(obj.GetAnnotations(), meta["annotations"])
}

// coversBody compares all but what identifies the object.
func coversBody(have, want map[string]any) bool {
	for k, v := range want {
		if k == "apiVersion" || k == "kind" || k == "metadata" {
			continue
		}
		if !covers(have[k], v) {
			return false
		}
	}
	return true
}
