package base

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/content"
)

// Namespace takes a namespace's metadata from the cache; nil when there is none.
func (d *Deps) Namespace(ctx context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	ns := &metav1.PartialObjectMetadata{}
	ns.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	err := d.Cache.Get(ctx, types.NamespacedName{Name: name}, ns)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return ns, err
}

// WrongRole judges whether a kind of the sub-district may stand in a namespace.
// The policies refuse it at the door; an object from before they were installed,
// or a label taken away since, is caught here. It reports false when all is well.
func WrongRole(condition, kind string, ns *metav1.PartialObjectMetadata) (conditions.Phase, bool) {
	if ns != nil && ns.Labels[v1alpha1.RoleLabel] == v1alpha1.RoleSubdistrict {
		return conditions.Phase{}, false
	}
	name := ""
	if ns != nil {
		name = ns.Name
	}
	return conditions.Phase{
		Type: condition, State: conditions.Stuck, Reason: v1alpha1.ReasonWrongNamespaceRole,
		Message: fmt.Sprintf("namespace %s is not labelled %s=%s, so a %s in it counts for nothing: ask district IT to label it, or declare the %s in its sub-district's namespace", name, v1alpha1.RoleLabel, v1alpha1.RoleSubdistrict, kind, kind),
	}, true
}

// SubdistrictTitle is the public name of a sub-district.
func SubdistrictTitle(ns *metav1.PartialObjectMetadata) content.Text {
	t := content.Text{ZH: ns.Annotations[v1alpha1.TitleZHAnnotation], EN: ns.Annotations[v1alpha1.TitleENAnnotation]}
	if t.ZH == "" {
		t.ZH = ns.Name
	}
	return t
}
