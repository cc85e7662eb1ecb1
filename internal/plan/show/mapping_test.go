package show_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/plan/show"
)

// Whoever proposes a task reads before anybody decides on it where its mapping is
// wrong, and how to mend it.
func TestMappingsAreExplained(t *testing.T) {
	o := district(t)
	task := o.Tasks[1]
	task.Spec.Deliveries = []v1alpha1.TaskDelivery{{
		SystemRef: v1alpha1.LocalReference{Name: "register"}, Purpose: "health", Elements: []v1alpha1.DataElementCode{"income"},
		Mapping: []v1alpha1.FieldMapping{{Field: "person.收入", Expression: "income +\n  identity_number"}},
	}}
	want := "delivery to register for health: field person.收入, line 2, column 3: undeclared reference to 'identity_number'; use only income, delivery.case"
	p, err := plan.Compute(o, plan.Options{At: now, Proposed: proposed(o)})
	if err != nil {
		t.Fatal(err)
	}
	e, err := plan.Explain(o, proposed(o)[0], plan.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	if p.Passed {
		t.Error("the plan passed")
	}
	for name, write := range map[string]func(*bytes.Buffer) error{
		"plan":     func(b *bytes.Buffer) error { return show.Text(b, p) },
		"markdown": func(b *bytes.Buffer) error { return show.Markdown(b, p) },
		"explain":  func(b *bytes.Buffer) error { return show.Explanation(b, e) },
	} {
		var out bytes.Buffer
		if err := write(&out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.ReplaceAll(out.String(), `\_`, "_"), want) || !strings.Contains(out.String(), string(v1alpha1.LedgerProhibited)) {
			t.Errorf("%s does not say it:\n%s", name, &out)
		}
	}
}
