package optional_test

import (
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/shequ-io/shequ/controllers/base"
)

func monitor(namespace string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion("monitoring.coreos.com/v1")
	u.SetKind("PodMonitor")
	u.SetNamespace(namespace)
	u.SetName("community")
	return u
}

// TestPodMonitor: a community has a PodMonitor as soon as that kind is there; a
// change of it is put back, and it goes with what it watches.
func TestPodMonitor(t *testing.T) {
	w := suite.World(t)
	home := w.Home("anding")
	c := w.Community("anding")
	w.Create(c)
	w.Ready(c)

	_, err := envtest.InstallCRDs(suite.Env.Config, envtest.CRDInstallOptions{
		Paths: []string{filepath.Join("testdata", "podmonitors.yaml")}, ErrorIfPathMissing: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	made := monitor(home)
	w.There(made)
	port := func() string {
		list, _, err := unstructured.NestedSlice(made.Object, "spec", "podMetricsEndpoints")
		if err != nil || len(list) != 1 {
			t.Fatalf("podMetricsEndpoints: %v, %v", list, err)
		}
		endpoint, _ := list[0].(map[string]any)
		name, _ := endpoint["port"].(string)
		return name
	}
	if got := port(); got != "metrics" {
		t.Errorf("it scrapes port %q, want metrics", got)
	}

	before := made.DeepCopy()
	changed := []any{map[string]any{"port": "http"}}
	if err := unstructured.SetNestedSlice(made.Object, changed, "spec", "podMetricsEndpoints"); err != nil {
		t.Fatal(err)
	}
	if err := suite.Env.Client.Patch(t.Context(), made, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.Event(base.EventDriftCorrected, "PodMonitor")
	w.There(made)
	if got := port(); got != "metrics" {
		t.Errorf("after a change by hand it scrapes port %q, want metrics", got)
	}

	w.Delete(c)
	w.Gone(c, made)
}
