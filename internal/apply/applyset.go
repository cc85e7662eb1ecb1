package apply

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Labels and annotations of the ApplySet specification (KEP-3659).
const (
	// PartOfLabel on a child names the set it belongs to.
	PartOfLabel = "applyset.kubernetes.io/part-of"
	// IDLabel on a parent is the set's own id.
	IDLabel = "applyset.kubernetes.io/id"

	toolingAnnotation    = "applyset.kubernetes.io/tooling"
	groupKindsAnnotation = "applyset.kubernetes.io/contains-group-kinds"
	namespacesAnnotation = "applyset.kubernetes.io/additional-namespaces"
	tooling              = "shequ/v1alpha1"
)

// SetID is the ApplySet id of a parent, as KEP-3659 computes it.
func SetID(gk schema.GroupKind, namespace, name string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{name, namespace, gk.Kind, gk.Group}, ".")))
	return "applyset-" + base64.RawURLEncoding.EncodeToString(sum[:]) + "-v1"
}

// Recorded is the names the parent's annotation lists. What can't be read is
// skipped: a spoiled annotation is as good as none, and the status inventory
// and the children's labels stand in for it.
func Recorded(parent client.Object) []Ref {
	var refs []Ref
	for line := range strings.FieldsSeq(parent.GetAnnotations()[v1alpha1.InventoryAnnotation]) {
		if ref, err := ParseRef(line); err == nil {
			refs = append(refs, ref)
		}
	}
	return refs
}

// Record writes the names a parent may have, its ApplySet marks and its
// finalizer in one patch, and only if something differs. It reports whether it
// wrote. The caller passes a copy it may change; a conflict comes back as it is,
// to be tried again with a fresh read.
func Record(ctx context.Context, c client.Client, owner string, parent client.Object, setID string, refs []Ref) (bool, error) {
	before, ok := parent.DeepCopyObject().(client.Object)
	if !ok {
		panic("a DeepCopy of a client.Object is one")
	}
	changed := controllerutil.AddFinalizer(parent, v1alpha1.Finalizer)

	labels := maps.Clone(parent.GetLabels())
	if labels == nil {
		labels = map[string]string{}
	}
	if labels[IDLabel] != setID {
		labels[IDLabel] = setID
		parent.SetLabels(labels)
		changed = true
	}
	annotations := maps.Clone(parent.GetAnnotations())
	if annotations == nil {
		annotations = map[string]string{}
	}
	for k, v := range marks(parent, refs) {
		if annotations[k] != v {
			annotations[k] = v
			changed = true
		}
	}
	parent.SetAnnotations(annotations)
	if !changed {
		return false, nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return true, c.Patch(ctx, parent, patch, client.FieldOwner(owner))
}

func marks(parent client.Object, refs []Ref) map[string]string {
	names, kinds, namespaces := sets.New[string](), sets.New[string](), sets.New[string]()
	for _, r := range refs {
		names.Insert(r.String())
		kinds.Insert(r.GroupKind().String())
		if r.Namespace != "" && r.Namespace != parent.GetNamespace() {
			namespaces.Insert(r.Namespace)
		}
	}
	return map[string]string{
		v1alpha1.InventoryAnnotation: strings.Join(sets.List(names), "\n"),
		toolingAnnotation:            tooling,
		groupKindsAnnotation:         strings.Join(sets.List(kinds), ","),
		namespacesAnnotation:         strings.Join(sets.List(namespaces), ","),
	}
}

// RecordedAll reports whether every ref is among the names a parent lists.
func RecordedAll(parent client.Object, refs []Ref) bool {
	have := sets.New(Recorded(parent)...)
	return have.HasAll(refs...) && slices.Contains(parent.GetFinalizers(), v1alpha1.Finalizer)
}

// Members finds the children of a set by their label, for a parent whose
// inventory was lost.
func (a *Applier) Members(ctx context.Context, setID string) ([]Ref, error) {
	var refs []Ref
	for gk, kind := range a.kinds {
		if kind.Optional && !a.available(gk) {
			continue
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(gk.WithVersion(kind.Version).GroupVersion().WithKind(gk.Kind + "List"))
		if err := a.direct.List(ctx, list, client.MatchingLabels{PartOfLabel: setID}); err != nil {
			return nil, err
		}
		for i := range list.Items {
			refs = append(refs, Ref{Group: gk.Group, Kind: gk.Kind, Namespace: list.Items[i].Namespace, Name: list.Items[i].Name})
		}
	}
	slices.SortFunc(refs, func(a, b Ref) int { return strings.Compare(a.String(), b.String()) })
	return refs, nil
}
