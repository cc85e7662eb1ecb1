package community_test

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/controllertest"
	"github.com/shequ-io/shequ/internal/apply"
)

// versions are the resourceVersions of every object of the operator in some
// namespaces, and of the intent.
func versions(w *controllertest.World, namespaces ...string) map[string]string {
	w.Helper()
	gvks := []schema.GroupVersionKind{v1alpha1.GroupVersion.WithKind("Community"), v1alpha1.GroupVersion.WithKind("ServiceStation")}
	for gk, kind := range apply.Kinds() {
		if !kind.Optional {
			gvks = append(gvks, gk.WithVersion(kind.Version))
		}
	}
	out := map[string]string{}
	for _, gvk := range gvks {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(gvk.GroupVersion().WithKind(gvk.Kind + "List"))
		for _, ns := range namespaces {
			options := client.ListOption(client.InNamespace(ns))
			if gvk.Kind == "Namespace" {
				options = client.MatchingFields{"metadata.name": ns}
			}
			if err := suite.Env.Client.List(w.Context(), list, options); err != nil {
				w.Fatal(err)
			}
			for _, o := range list.Items {
				out[fmt.Sprintf("%s %s/%s", gvk.Kind, o.GetNamespace(), o.GetName())] = o.GetResourceVersion()
			}
		}
	}
	return out
}

// TestRestWritesNothing is not parallel: it looks at the whole server.
func TestRestWritesNothing(t *testing.T) {
	w := suite.World(t)
	namespaces := []string{w.Namespace}
	var all []client.Object
	for _, name := range []string{"a", "b", "c"} {
		all = append(all, w.Community(name), w.Station(name))
		namespaces = append(namespaces, w.Home(name))
	}
	w.Create(all...)
	w.Ready(all...)
	time.Sleep(6 * time.Second) // neighbours are told of each other after five
	w.Settle()
	before := versions(w, namespaces...)
	if len(before) < 3*(12+6+2) {
		t.Fatalf("only %d objects: %v", len(before), before)
	}

	suite.Traffic.Reset()
	time.Sleep(5 * time.Second)
	if got := suite.Traffic.Writes(); len(got) > 0 {
		t.Errorf("writes at rest: %v", got)
	}

	suite.Swap(t, suite.Env.Operator(), nil)
	time.Sleep(8 * time.Second)
	if got := suite.Traffic.Writes(); len(got) > 0 {
		t.Errorf("writes after a restart: %v", got)
	}
	if after := versions(w, namespaces...); !maps.Equal(before, after) {
		t.Errorf("objects changed:\nbefore %v\nafter  %v", before, after)
	}
}
