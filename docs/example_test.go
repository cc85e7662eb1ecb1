package docs

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/testenv"
)

// sample is the sample as its files have it.
func sample(t *testing.T) *plan.Objects {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	out := &plan.Objects{}
	for _, file := range find(t, func(name string) bool { return strings.HasSuffix(name, ".yaml") && name != "kustomization.yaml" }) {
		if !strings.HasPrefix(file, "config/samples/qingnianlu/") {
			continue
		}
		objects, err := testenv.Decode([]byte(read(t, file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			typed, err := scheme.New(object.GroupVersionKind())
			if err != nil {
				t.Fatal(err)
			}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, typed); err != nil {
				t.Fatal(err)
			}
			out.Add(typed)
		}
	}
	return out
}

// TestWorkedExample holds the example of the document on admission against what
// the engine says of the sample.
func TestWorkedExample(t *testing.T) {
	text := read(t, "docs/concepts/admission.md")
	task := plan.Ref{Namespace: "dept-housing", Name: "compound-patrols"}
	p, err := plan.Explain(sample(t), task, plan.Options{At: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	admitted := 0
	for _, c := range p.Communities {
		if c.Answer == nil {
			t.Fatalf("%s has no answer", c.Ref.Name)
		}
		if c.Answer.Decision == v1alpha1.DecisionAdmitted {
			admitted++
		}
		if c.Ref.Name == "qingnianlu-2" && !strings.Contains(text, c.Answer.Message) {
			t.Errorf("the engine says %q, and the document does not", c.Answer.Message)
		}
	}
	if admitted != 5 || len(p.Communities) != 12 {
		t.Errorf("%d of %d communities take the task; the document says five of twelve", admitted, len(p.Communities))
	}
}

// TestEveryReasonIsExplained holds the table of reasons against the API.
func TestEveryReasonIsExplained(t *testing.T) {
	text := read(t, "docs/concepts/admission.md")
	crd := read(t, "config/crd/bases/shequ.io_taskledgers.yaml")
	_, after, found := strings.Cut(crd, "reason for the decision, of a closed set.")
	_, list, ok := strings.Cut(after, "enum:\n")
	if !found || !ok {
		t.Fatal("the CRD has no reasons")
	}
	reasons := 0
	for line := range strings.SplitSeq(list, "\n") {
		reason, is := strings.CutPrefix(strings.TrimSpace(line), "- ")
		if !is {
			break
		}
		reasons++
		if !regexp.MustCompile(`[|,] ` + reason + `[ ,]`).MatchString(text) {
			t.Errorf("reason %s is not explained", reason)
		}
	}
	if reasons < 20 {
		t.Errorf("only %d reasons were found", reasons)
	}
}
