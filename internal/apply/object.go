package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Ref names one child.
type Ref struct {
	Group, Kind, Namespace, Name string
}

// GroupKind of the child.
func (r Ref) GroupKind() schema.GroupKind {
	return schema.GroupKind{Group: r.Group, Kind: r.Kind}
}

// String is the form in which a Ref stands in the inventory annotation:
// Kind.group/namespace/name.
func (r Ref) String() string {
	return r.GroupKind().String() + "/" + r.Namespace + "/" + r.Name
}

// Title names the child for a person: Kind namespace/name.
func (r Ref) Title() string {
	if r.Namespace == "" {
		return r.Kind + " " + r.Name
	}
	return r.Kind + " " + r.Namespace + "/" + r.Name
}

// ParseRef reads what String wrote.
func ParseRef(s string) (Ref, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || parts[0] == "" || parts[2] == "" {
		return Ref{}, fmt.Errorf("%q is not Kind.group/namespace/name", s)
	}
	gk := schema.ParseGroupKind(parts[0])
	return Ref{Group: gk.Group, Kind: gk.Kind, Namespace: parts[1], Name: parts[2]}, nil
}

func entryRef(e v1alpha1.InventoryEntry) Ref {
	return Ref{Group: e.Group, Kind: e.Kind, Namespace: e.Namespace, Name: e.Name}
}

// entryFor is the inventory entry of a child that was never applied.
func entryFor(r Ref) v1alpha1.InventoryEntry {
	return v1alpha1.InventoryEntry{Group: r.Group, Kind: r.Kind, Namespace: r.Namespace, Name: r.Name}
}

// Object is one child as it should be.
type Object struct {
	Ref Ref
	// Hash of the intent, the ApplySet's labels included.
	Hash    string
	content map[string]any
}

// explicit are lists that an intent states even when they are empty: with
// server-side apply only what is stated is owned, and a rule that somebody adds
// to a policy that states none would stay.
var explicit = map[schema.GroupKind][][]string{
	{Group: "networking.k8s.io", Kind: "NetworkPolicy"}: {{"spec", "ingress"}, {"spec", "egress"}},
}

func setEmptyList(obj map[string]any, field []string) error {
	_, there, err := unstructured.NestedSlice(obj, field...)
	if there || err != nil {
		return err
	}
	return unstructured.SetNestedSlice(obj, []any{}, field...)
}

// NewObject makes an Object of a typed apply configuration and adds it to the
// ApplySet with the given id.
func NewObject(config any, setID string) (Object, error) {
	data, err := json.Marshal(config)
	if err != nil {
		return Object{}, fmt.Errorf("marshal %T: %w", config, err)
	}
	u := unstructured.Unstructured{}
	if err := json.Unmarshal(data, &u.Object); err != nil {
		return Object{}, fmt.Errorf("read back %T: %w", config, err)
	}
	gvk := u.GroupVersionKind()
	if gvk.Kind == "" || u.GetName() == "" {
		return Object{}, fmt.Errorf("%T has no kind or no name", config)
	}
	for _, field := range explicit[gvk.GroupKind()] {
		if err := setEmptyList(u.Object, field); err != nil {
			return Object{}, fmt.Errorf("%s: %w", gvk.Kind, err)
		}
	}
	labels := u.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[PartOfLabel] = setID
	u.SetLabels(labels)

	canonical, err := json.Marshal(u.Object) // map keys are sorted
	if err != nil {
		return Object{}, fmt.Errorf("marshal %s: %w", gvk.Kind, err)
	}
	sum := sha256.Sum256(canonical)
	return Object{
		Ref:     Ref{Group: gvk.Group, Kind: gvk.Kind, Namespace: u.GetNamespace(), Name: u.GetName()},
		Hash:    hex.EncodeToString(sum[:16]),
		content: u.Object,
	}, nil
}

// Content is the intent as JSON values. Callers must not change it.
func (o Object) Content() map[string]any { return o.content }
