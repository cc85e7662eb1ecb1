package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// transferOrder is the order in which a district is written and restored.
//
// An operator decides for a community as soon as it sees one, and takes a place
// away from a task that it can't see or whose approval it can't see. So the
// communities come last, when their ledgers and everything that bears on a
// decision are there: until then nobody decides anything.
var transferOrder = []schema.GroupVersionKind{
	corev1.SchemeGroupVersion.WithKind("Namespace"),
	v1alpha1.GroupVersion.WithKind("CommunityStandard"),
	v1alpha1.GroupVersion.WithKind("InformationSystem"),
	v1alpha1.GroupVersion.WithKind(kindLedger),
	v1alpha1.GroupVersion.WithKind("Grid"),
	v1alpha1.GroupVersion.WithKind("ServiceStation"),
	v1alpha1.GroupVersion.WithKind("AdmittedTask"),
	v1alpha1.GroupVersion.WithKind("TaskDecision"),
	v1alpha1.GroupVersion.WithKind(kindCommunity),
}

const (
	kindLedger    = "TaskLedger"
	kindCommunity = "Community"
)

func newExport(a *app) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use:   "export",
		Short: "Write the district's intent, decisions and ledgers as one YAML file",
		Long: `Write the district's intent (namespaces with a role, standards, systems,
communities, stations, grids, tasks), its decisions and its ledgers as one file of
YAML documents, without what the API server set. kubectl shequ import restores it.

Data of residents is no part of it: that is in the communities' databases.`,
		Example: `  kubectl shequ export -f district.yaml`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			out, err := a.export(c.Context())
			if err != nil {
				return err
			}
			if file == "" || file == "-" {
				_, err = a.out.Write(out)
				return err
			}
			return os.WriteFile(file, out, 0o600)
		},
	}
	c.Flags().StringVarP(&file, "filename", "f", "", "file to write (default standard output)")
	return c
}

func (a *app) export(ctx context.Context) ([]byte, error) {
	c, err := a.client()
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	for _, kind := range transferOrder {
		// Untyped, so that a field this program does not know is not lost.
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind.GroupVersion().WithKind(kind.Kind + "List"))
		if err := c.List(ctx, list); err != nil {
			return nil, unlisted(list, err)
		}
		slices.SortFunc(list.Items, func(x, y unstructured.Unstructured) int {
			return strings.Compare(client.ObjectKeyFromObject(&x).String(), client.ObjectKeyFromObject(&y).String())
		})
		for i := range list.Items {
			object := &list.Items[i]
			switch {
			case object.GetDeletionTimestamp() != nil:
				fmt.Fprintf(a.err, "%s %s is being deleted and left out\n", kind.Kind, id(object))
				continue
			case kind.Kind == "Namespace" && object.GetLabels()[v1alpha1.RoleLabel] == "":
				continue
			}
			data, err := yaml.Marshal(bare(object).Object)
			if err != nil {
				return nil, err
			}
			out.WriteString("---\n")
			out.Write(data)
		}
	}
	return out.Bytes(), nil
}

// bare is an object without what the API server and the operator set.
func bare(o *unstructured.Unstructured) *unstructured.Unstructured {
	out := &unstructured.Unstructured{Object: map[string]any{}}
	out.SetGroupVersionKind(o.GroupVersionKind())
	out.SetName(o.GetName())
	out.SetNamespace(o.GetNamespace())
	if kept := without(o.GetLabels(), corev1.LabelMetadataName); len(kept) > 0 {
		out.SetLabels(kept)
	}
	if kept := without(o.GetAnnotations(), corev1.LastAppliedConfigAnnotation, v1alpha1.InventoryAnnotation); len(kept) > 0 {
		out.SetAnnotations(kept)
	}
	if o.GetKind() == "Namespace" {
		return out
	}
	for _, field := range []string{"spec", "status"} {
		if value, ok := o.Object[field]; ok && (field == "spec" || o.GetKind() == kindLedger) {
			out.Object[field] = value
		}
	}
	return out
}

func without(all map[string]string, keys ...string) map[string]string {
	out := map[string]string{}
	for k, v := range all {
		if !slices.Contains(keys, k) {
			out[k] = v
		}
	}
	return out
}
