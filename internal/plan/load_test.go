package plan_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
)

// now is a Sunday in Xi'an.
var now = time.Date(2026, 11, 22, 2, 0, 0, 0, time.UTC)

// load reads objects of files in testdata. DIGEST as the digest of an approval
// is that of its task as it is in the same file.
func load(t *testing.T, names ...string) *plan.Objects {
	t.Helper()
	out := &plan.Objects{}
	for _, name := range names {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(data), "\n---\n") {
			add(t, out, document)
		}
	}
	for _, d := range out.Decisions {
		if d.Spec.Approval != nil && d.Spec.Approval.TaskDigest == "DIGEST" {
			d.Spec.Approval.TaskDigest = admission.Digest(&task(t, out, d.Spec.TaskRef.Name).Spec)
		}
	}
	return out
}

func add(t *testing.T, to *plan.Objects, document string) {
	t.Helper()
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
		t.Fatal(err)
	}
	empty := map[string]runtime.Object{
		"Namespace": &corev1.Namespace{}, "CommunityStandard": &v1alpha1.CommunityStandard{}, "Community": &v1alpha1.Community{},
		"Grid": &v1alpha1.Grid{}, "AdmittedTask": &v1alpha1.AdmittedTask{}, "TaskDecision": &v1alpha1.TaskDecision{},
		"ServiceStation": &v1alpha1.ServiceStation{}, "TaskLedger": &v1alpha1.TaskLedger{},
	}[kind.Kind]
	if err := yaml.UnmarshalStrict([]byte(document), empty); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	if !to.Add(empty) {
		t.Fatalf("%T was not added", empty)
	}
}

func task(t *testing.T, o *plan.Objects, name string) *v1alpha1.AdmittedTask {
	t.Helper()
	i := slices.IndexFunc(o.Tasks, func(t *v1alpha1.AdmittedTask) bool { return t.Name == name })
	if i < 0 {
		t.Fatalf("no task %s", name)
	}
	return o.Tasks[i]
}

// compute plans the proposals in the district.
func compute(t *testing.T, o *plan.Objects, edit ...func(*plan.Options)) *plan.Plan {
	t.Helper()
	options := plan.Options{At: now}
	for _, x := range o.Tasks {
		if x.Name != "old-age-allowance" {
			options.Proposed = append(options.Proposed, plan.Ref{Namespace: x.Namespace, Name: x.Name})
		}
	}
	for _, e := range edit {
		e(&options)
	}
	p, err := plan.Compute(o, options)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func strict(o *plan.Options) { o.Strict = true }

// said is the reasons of all answers, by community and task.
func said(p *plan.Plan) map[string]v1alpha1.LedgerReason {
	out := map[string]v1alpha1.LedgerReason{}
	for _, c := range p.Communities {
		for _, a := range c.Answers {
			out[c.Ref.Name+" "+a.Task.Name] = a.Reason
		}
	}
	return out
}
