package v1alpha1_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// table is what the API server says to objects of one kind.
type table struct {
	// valid is an accepted object in YAML, with the least it needs.
	valid string
	// role of the namespace objects are created in; empty for a cluster-scoped
	// kind.
	role string
	// rows are merged into the valid object and created.
	rows []row
	// changes are merged into the valid object once it exists.
	changes []row
}

// row is one object and what a user reads when it is applied.
type row struct {
	name string
	// edit is YAML merged into the valid object: maps key by key, lists as a
	// whole, null removes.
	edit string
	// want is part of the message; empty when the object is accepted.
	want string
}

// run asks the API server about every row, as kubectl apply would, without
// leaving anything there.
func (tb table) run(t *testing.T) {
	t.Helper()
	namespace := ""
	if tb.role != "" {
		namespace = env.Namespace(t, tb.role)
	}
	t.Run("valid", func(t *testing.T) {
		check(t, create(t, env.Client, object(t, tb.valid, "", namespace)), "")
	})
	for _, r := range tb.rows {
		t.Run(r.name, func(t *testing.T) {
			check(t, create(t, env.Client, object(t, tb.valid, r.edit, namespace)), r.want)
		})
	}
	if len(tb.changes) == 0 {
		return
	}
	if err := env.Client.Create(t.Context(), object(t, tb.valid, "", namespace)); err != nil {
		t.Fatal(err)
	}
	for _, r := range tb.changes {
		t.Run("change to "+r.name, func(t *testing.T) {
			changed := object(t, tb.valid, "", namespace)
			if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(changed), changed); err != nil {
				t.Fatal(err)
			}
			changed.Object = merged(changed.Object, fields(t, r.edit))
			check(t, env.Client.Update(t.Context(), changed, client.DryRunAll), r.want)
		})
	}
}

// create asks whether an object would be accepted; unknown fields are refused,
// as kubectl asks for.
func create(t *testing.T, c client.Client, object client.Object) error {
	t.Helper()
	return client.WithFieldValidation(c, metav1.FieldValidationStrict).Create(t.Context(), object, client.DryRunAll)
}

func check(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && err == nil:
		t.Errorf("accepted; want a refusal that says %q", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("refused with %q\nwant it to say %q", err, want)
	}
}

// object is the object of base with edit merged in.
func object(t *testing.T, base, edit, namespace string) *unstructured.Unstructured {
	t.Helper()
	content := merged(fields(t, base), fields(t, edit))
	result := &unstructured.Unstructured{Object: content}
	if namespace != "" && result.GetNamespace() == "" {
		result.SetNamespace(namespace)
	}
	return result
}

func fields(t *testing.T, text string) map[string]any {
	t.Helper()
	result := map[string]any{}
	if err := yaml.UnmarshalStrict([]byte(text), &result); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return result
}

func merged(base, edit map[string]any) map[string]any {
	for key, value := range edit {
		switch value := value.(type) {
		case nil:
			delete(base, key)
		case map[string]any:
			inner, ok := base[key].(map[string]any)
			if !ok {
				inner = map[string]any{}
			}
			base[key] = merged(inner, value)
		default:
			base[key] = value
		}
	}
	return base
}

// repeated is n items, in YAML flow style, with # replaced by the number.
func repeated(n int, item string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = strings.ReplaceAll(item, "#", itoa(i))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// eventually asks until the answer says want: the API server learns of a label
// a moment late.
func eventually(t *testing.T, ask func() error, want string) {
	t.Helper()
	var err error
	for range 100 {
		if err = ask(); err != nil && strings.Contains(err.Error(), want) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("answered %v, want it to say %q", err, want)
}
