package order

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/test/internal/live"
)

// snapshot is every object of the district by name, as indented JSON, without
// what differs from one API server to the next: UIDs, versions, times and
// addresses.
type snapshot map[string]string

// intent are the kinds people write.
var intent = []string{"Community", "ServiceStation", "Grid", "CommunityStandard", "InformationSystem", "AdmittedTask", "TaskDecision"}

// pause is the longest time between two objects of intent, to within a second.
func pause(t *testing.T, c *live.Cluster) time.Duration {
	t.Helper()
	var made []time.Time
	for _, kind := range intent {
		for _, o := range list(t, c, v1alpha1.GroupVersion.WithKind(kind)) {
			made = append(made, o.GetCreationTimestamp().Time)
		}
	}
	slices.SortFunc(made, time.Time.Compare)
	var longest time.Duration
	for i := 1; i < len(made); i++ {
		longest = max(longest, made[i].Sub(made[i-1]))
	}
	return longest
}

// take reads all intent and all children.
func take(t *testing.T, c *live.Cluster) snapshot {
	t.Helper()
	var objects []unstructured.Unstructured
	for _, kind := range append(slices.Clone(intent), "TaskLedger") {
		objects = append(objects, list(t, c, v1alpha1.GroupVersion.WithKind(kind))...)
	}
	for gk, kind := range apply.Kinds() {
		if !kind.Optional {
			objects = append(objects, list(t, c, gk.WithVersion(kind.Version), client.HasLabels{apply.PartOfLabel})...)
		}
	}
	var names []string
	for _, o := range objects {
		names = append(names, string(o.GetUID()), "uid-of-"+title(o))
	}
	uids := strings.NewReplacer(names...)
	out := snapshot{}
	for _, o := range objects {
		name := title(o)
		normalise(o.Object, o.GetAPIVersion() == v1alpha1.GroupVersion.String())
		data, err := json.MarshalIndent(o.Object, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		out[name] = uids.Replace(string(data))
	}
	return out
}

func title(o unstructured.Unstructured) string {
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}

func list(t *testing.T, c *live.Cluster, gvk schema.GroupVersionKind, options ...client.ListOption) []unstructured.Unstructured {
	t.Helper()
	var l unstructured.UnstructuredList
	l.SetGroupVersionKind(gvk)
	if err := c.Client.List(t.Context(), &l, options...); err != nil {
		t.Fatal(err)
	}
	return l.Items
}

// normalise drops what an API server makes up, and of children the status, which
// Kubernetes' own controllers write.
func normalise(o map[string]any, ours bool) {
	for _, path := range [][]string{
		{"metadata", "uid"}, {"metadata", "resourceVersion"}, {"metadata", "creationTimestamp"}, {"metadata", "managedFields"},
		{"spec", "clusterIP"}, {"spec", "clusterIPs"},
	} {
		unstructured.RemoveNestedField(o, path...)
	}
	status, ok := o["status"].(map[string]any)
	if !ok {
		return
	}
	if !ours {
		delete(o, "status")
		return
	}
	conditions, _ := status["conditions"].([]any)
	for _, c := range conditions {
		delete(c.(map[string]any), "lastTransitionTime")
	}
	// A list by type: in which order they came is history.
	slices.SortFunc(conditions, func(a, b any) int {
		return strings.Compare(a.(map[string]any)["type"].(string), b.(map[string]any)["type"].(string))
	})
	entries, _ := status["entries"].([]any)
	for _, e := range entries {
		delete(e.(map[string]any), "since")
		delete(e.(map[string]any), "admittedAt")
	}
	inventory, _ := status["inventory"].([]any)
	for _, e := range inventory {
		entry := e.(map[string]any)
		delete(entry, "version") // some kinds have a resourceVersion there
		if entry["kind"] == "Namespace" {
			delete(entry, "hash") // its intent names the Community's UID
		}
	}
}

// compare shows where two snapshots differ.
func compare(t *testing.T, want, got snapshot) {
	t.Helper()
	if len(want) < live.Communities*10 {
		t.Errorf("the reference has %d objects only", len(want))
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		switch other, ok := got[name]; {
		case !ok:
			t.Errorf("%s is missing", name)
		case other != want[name]:
			t.Errorf("%s differs:\n%s", name, difference(want[name], other))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is too much", name)
		}
	}
	t.Logf("%d objects are the same", len(want))
}

// difference lists the first lines that only one side has.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	var out strings.Builder
	for _, side := range []struct {
		sign        string
		have, other []string
	}{{"-", a, b}, {"+", b, a}} {
		n := 0
		for _, line := range side.have {
			if !slices.Contains(side.other, line) && n < 8 {
				n++
				fmt.Fprintf(&out, "%s %.300s\n", side.sign, line)
			}
		}
	}
	if out.Len() == 0 {
		return "the same lines in another order"
	}
	return out.String()
}
