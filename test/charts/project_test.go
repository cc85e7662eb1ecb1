package charts

import (
	"os"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// TestProject: kubebuilder's PROJECT file lists the kinds that are installed.
func TestProject(t *testing.T) {
	var project struct {
		Domain    string `json:"domain"`
		Repo      string `json:"repo"`
		Resources []struct {
			API struct {
				Namespaced bool `json:"namespaced"`
			} `json:"api"`
			Domain  string `json:"domain"`
			Group   string `json:"group"`
			Kind    string `json:"kind"`
			Path    string `json:"path"`
			Version string `json:"version"`
		} `json:"resources"`
	}
	data, err := os.ReadFile(path("PROJECT"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(data, &project); err != nil {
		t.Fatal(err)
	}
	// The scope by kind.
	have, want := map[string]string{}, map[string]string{}
	for _, r := range project.Resources {
		scope := "Cluster"
		if r.API.Namespaced {
			scope = "Namespaced"
		}
		// A resource without a group has the domain as its group.
		if r.Group != "" || r.Domain != project.Domain || r.Path != project.Repo+"/api/"+r.Version {
			t.Errorf("%s is in group %q, domain %q and package %s", r.Kind, r.Group, r.Domain, r.Path)
		}
		have[r.Domain+"/"+r.Version+" "+r.Kind] = scope
	}
	for _, crd := range kustomize(t, "config", "crd") {
		group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
		kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
		scope, _, _ := unstructured.NestedString(crd.Object, "spec", "scope")
		versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
		for _, version := range versions {
			name, _, _ := unstructured.NestedString(version.(map[string]any), "name")
			want[group+"/"+name+" "+kind] = scope
		}
	}
	if diff := difference(t, want, have); diff != "" {
		t.Errorf("the kinds and their scopes (-want +have):\n%s", diff)
	}
}
