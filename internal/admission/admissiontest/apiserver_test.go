package admissiontest_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
	"github.com/shequ-io/shequ/internal/testenv"
)

// A real API server takes every object of a district and none of the misplaced
// decisions, and a task it has defaulted still has the digest that was approved.
func TestAPIServerAcceptsDistricts(t *testing.T) {
	env := testenv.Start(t, testenv.Options{})
	for _, o := range []admissiontest.Options{
		{Prefix: "few", Communities: 12, Tasks: 60},
		{Prefix: "many", Communities: 30, Tasks: 60, Everywhere: true},
	} {
		d := admissiontest.New(1, o)
		for _, object := range d.Objects() {
			if err := env.Client.Create(t.Context(), object); err != nil {
				t.Fatalf("%T %s/%s: %v", object, object.GetNamespace(), object.GetName(), err)
			}
		}
		if len(d.Misplaced) == 0 {
			t.Error("no decision is misplaced")
		}
		for _, decision := range d.Misplaced {
			if err := env.Client.Create(t.Context(), decision); !apierrors.IsForbidden(err) {
				t.Errorf("%s/%s: %v, want it forbidden: %+v", decision.Namespace, decision.Name, err, decision.Spec)
			}
		}
		drawn := admissiontest.New(1, o).Tasks
		for i, task := range d.Tasks {
			var read v1alpha1.AdmittedTask
			if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(task), &read); err != nil {
				t.Fatal(err)
			}
			if got, want := admission.Digest(&read.Spec), admission.Digest(&drawn[i].Spec); got != want {
				t.Errorf("task %s has the digest %s at the API server, %s before", task.Name, got, want)
			}
		}
	}
}
