package base

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/credentials"
)

// Field indexes, so that no reconcile lists and filters.
const (
	// StandardIndex indexes Communities by the standard they name.
	StandardIndex = "standard"
	// CommunityIndex indexes ServiceStations and Grids by namespace and the
	// community they name.
	CommunityIndex = "community"
	// HomeIndex indexes Communities by the name of their home namespace, so that
	// whatever becomes of it reaches them, whosever it is.
	HomeIndex = "home"
	// ParentIndex indexes Grids by the grid above them, or by Top.
	ParentIndex = "parent"
	// SystemIndex indexes Communities by the InformationSystems they are connected to.
	SystemIndex = "system"
	// SecretIndex indexes InformationSystems by namespace/name of the Secret with their
	// credentials.
	SecretIndex = "secret"
)

// Top is the ParentIndex of grids that have no grid above them; no object can be
// called so.
const Top = "-"

// Index registers every field index.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	for _, ix := range []struct {
		obj   client.Object
		field string
		value func(client.Object) string
	}{
		{&v1alpha1.Community{}, HostnameIndex, func(o client.Object) string {
			return string(o.(*v1alpha1.Community).Spec.Portal.Hostname)
		}},
		{&v1alpha1.ServiceStation{}, HostnameIndex, func(o client.Object) string {
			return string(o.(*v1alpha1.ServiceStation).Spec.Desk.Hostname)
		}},
		{&v1alpha1.Community{}, HomeIndex, func(o client.Object) string {
			return blueprint.HomeNamespace(o.GetNamespace(), o.GetName())
		}},
		{&v1alpha1.Community{}, StandardIndex, func(o client.Object) string {
			return o.(*v1alpha1.Community).Spec.StandardRef.Name
		}},
		{&v1alpha1.ServiceStation{}, CommunityIndex, func(o client.Object) string {
			return o.(*v1alpha1.ServiceStation).Spec.CommunityRef.Name
		}},
		{&v1alpha1.Grid{}, CommunityIndex, func(o client.Object) string {
			if ref := o.(*v1alpha1.Grid).Spec.CommunityRef; ref != nil {
				return ref.Name
			}
			return ""
		}},
		{&v1alpha1.Grid{}, ParentIndex, func(o client.Object) string {
			if ref := o.(*v1alpha1.Grid).Spec.ParentRef; ref != nil {
				return ref.Name
			}
			return Top
		}},
		{&v1alpha1.InformationSystem{}, SecretIndex, func(o client.Object) string {
			if ref := credentials.Of(&o.(*v1alpha1.InformationSystem).Spec).Secret; ref != nil {
				return ref.Namespace + "/" + ref.Name
			}
			return ""
		}},
	} {
		err := indexer.IndexField(ctx, ix.obj, ix.field, func(o client.Object) []string {
			if v := ix.value(o); v != "" {
				return []string{v}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return indexer.IndexField(ctx, &v1alpha1.Community{}, SystemIndex, func(o client.Object) []string {
		integrations := o.(*v1alpha1.Community).Spec.Integrations
		out := make([]string, len(integrations))
		for i := range integrations {
			out[i] = integrations[i].System
		}
		return out
	})
}
