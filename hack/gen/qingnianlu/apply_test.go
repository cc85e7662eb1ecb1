package main

import (
	"maps"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/testenv"
)

// TestAPIServerTakesTheSample applies every file to a real API server with the
// policies in place: the namespaces first, as kubectl apply -k does.
func TestAPIServerTakesTheSample(t *testing.T) {
	env := testenv.Start(t, testenv.Options{})
	var objects []*unstructured.Unstructured
	files := rendered(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name == kustomizationFile {
			continue
		}
		found, err := testenv.Decode(files[name])
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		objects = append(objects, found...)
	}
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int {
		return last(a) - last(b)
	})
	for _, o := range objects {
		err := env.Client.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("kubectl"))
		if err != nil {
			t.Errorf("%s %s/%s: %v", o.GetKind(), o.GetNamespace(), o.GetName(), err)
		}
	}
	digestsHold(t, env)
}

func last(o *unstructured.Unstructured) int {
	if o.GetKind() == "Namespace" {
		return 0
	}
	return 1
}

// digestsHold compares the digests of the committee's files with those of the
// tasks as the API server keeps them, with its defaults.
func digestsHold(t *testing.T, env *testenv.Env) {
	t.Helper()
	tasks, decisions := &v1alpha1.AdmittedTaskList{}, &v1alpha1.TaskDecisionList{}
	for _, list := range []client.ObjectList{tasks, decisions} {
		if err := env.Client.List(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	digests := map[v1alpha1.NamespacedReference]v1alpha1.TaskDigest{}
	for i := range tasks.Items {
		digests[refOf(&tasks.Items[i])] = admission.Digest(&tasks.Items[i].Spec)
	}
	var stale []string
	for i := range decisions.Items {
		d := &decisions.Items[i].Spec
		if d.Approval != nil && d.Approval.TaskDigest != digests[d.TaskRef] {
			stale = append(stale, d.TaskRef.Name)
		}
	}
	if !slices.Equal(stale, []string{"holiday-school"}) {
		t.Errorf("approvals of other terms than the task's: %q, want holiday-school's alone", stale)
	}
}
