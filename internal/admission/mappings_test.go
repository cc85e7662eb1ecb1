package admission_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// mapped delivers by a mapping.
func mapped(rules ...v1alpha1.FieldMapping) func(s *scene) {
	return func(s *scene) {
		deliver(s.spec)
		s.spec.Deliveries[0].Mapping = rules
		s.system("income", "benefit")
	}
}

func field(name, expression string) v1alpha1.FieldMapping {
	return v1alpha1.FieldMapping{Field: name, Expression: expression}
}

const toRegister = "delivery to register for benefit: "

// A mapping from which no message can be made keeps its task out. The message says
// where the mistake is and how to mend it.
func TestMappingsAreChecked(t *testing.T) {
	for name, row := range map[string]struct {
		edit    func(s *scene)
		reason  v1alpha1.LedgerReason
		message string
	}{
		"sound":     {mapped(field("person.收入", "double(income)"), field("key", "delivery.key")), v1alpha1.LedgerAdmitted, ""},
		"none":      {mapped(), v1alpha1.LedgerAdmitted, ""},
		"no number": {mapped(field("a", "income * 2")), "Prohibited", toRegister + "field a, line 1, column 8: found no matching overload for '_*_' applied to '(wrapper(string), int)'; turn the values into one type first, as string(…) or int(…) do"},
		"an element the task does not declare": {mapped(field("a", "income +\nidentity_number")), "Prohibited",
			toRegister + "field a, line 2, column 1: undeclared reference to 'identity_number'; use only income, delivery.case, delivery.key, delivery.purpose,"},
		"an element of the task that is not delivered": {func(s *scene) {
			mapped(field("a", "name"))(s)
			s.spec.Data = append(s.spec.Data, v1alpha1.TaskData{Element: "name", Use: v1alpha1.UseReuse, Purpose: "benefit", Basis: "law", RetentionDays: 30})
		}, "Prohibited", toRegister + "field a, line 1, column 1: undeclared reference to 'name'; use only income,"},
		"a forbidden field":             {mapped(field("person.religion", "income")), "Prohibited", toRegister + "field person.religion: its name is about religion; nobody may deliver such data; take the field out"},
		"a forbidden field, in Chinese": {mapped(field("民族", "income")), "Prohibited", toRegister + "field 民族: its name is about ethnicity; nobody may deliver such data; take the field out"},
		"a forbidden element":           {mapped(field("a", "ethnic_group")), "Prohibited", toRegister + "field a, line 1, column 1: undeclared reference to 'ethnic_group'; use only income,"},
		"a forbidden text": {mapped(field("a", `"faith: " + income`)), "Prohibited",
			toRegister + "field a, line 1, column 1: a text in the expression is about religion; nobody may deliver such data; take it out"},
		"a forbidden text, in Chinese": {mapped(field("a", `income + "政治面貌"`)), "Prohibited",
			toRegister + "field a, line 1, column 10: a text in the expression is about political opinion; nobody may deliver such data; take it out"},
		"no scalar": {mapped(field("a", "[income]")), "Prohibited", toRegister + "field a: it makes a list(wrapper(string)); make a text, a number or a boolean; string(…) writes anything as text"},
		"too dear": {mapped(field("a", "income.matches(income)")), "Prohibited",
			toRegister + "field a: the expression may cost more than 50000 units; compare and join fewer long texts, and match shorter patterns"},
		"several": {mapped(field("a", "[income]"), field("b", "[income]"), field("c", "null")), "Prohibited",
			toRegister + "field a: it makes a list(wrapper(string)); make a text, a number or a boolean; string(…) writes anything as text (and 2 more)"},
		"a file": {func(s *scene) {
			mapped()(s)
			s.Standard.Spec.DataElements[1].Type = "File"
		}, "Prohibited", toRegister + "element income: files are not delivered; take it out of the delivery"},
		"a type that changed": {func(s *scene) {
			mapped(field("a", "income.trim()"))(s)
			s.Standard.Spec.DataElements[1].Type = "Integer"
		}, "Prohibited", toRegister + "field a, line 1, column 12: found no matching overload for 'trim' applied to 'wrapper(int).()'; turn the values into one type first,"},
		"an element the standard lacks": {func(s *scene) {
			mapped(field("a", "pension * 2"))(s)
			s.spec.Data[0].Element, s.spec.Deliveries[0].Elements[0] = "pension", "pension"
			s.system("pension", "benefit")
		}, "StandardMissing", "CommunityStandard city does not declare the data element pension; declare it, or take it out of spec.data"},
		"the same system twice": {func(s *scene) {
			mapped(field("a", "income"))(s)
			s.spec.Deliveries = append(s.spec.Deliveries, s.spec.Deliveries[0])
		}, "Prohibited", "register is delivered to for benefit twice; put all of it into one delivery"},
		"of a prohibited item": {func(s *scene) {
			mapped(field("a", "null"))(s)
			s.spec.CatalogueCode = "fines"
		}, "Prohibited", toRegister + "field a: it makes nothing; put null last,"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			row.edit(s)
			d := s.doorstep()
			r := settled(t, d.Snapshot)
			a := find(t, r, subject)
			if a.Entry.Reason != row.reason || !strings.HasPrefix(a.Entry.Message, row.message) || row.message == "" && a.Entry.Message != "" {
				t.Fatalf("is %s %q\n want %s %q", a.Entry.Reason, a.Entry.Message, row.reason, row.message)
			}
			if row.reason != "Prohibited" {
				return
			}
			if a.Entry.AdmittedAt != nil || a.Entry.Decision != v1alpha1.DecisionRefused || len(a.Findings[0].Changes) > 0 {
				t.Errorf("it is %s, with the changes %+v", a.Entry.Decision, a.Findings[0].Changes)
			}
			if full := a.Findings[0].Message; !strings.Contains(full, "; ") {
				t.Errorf("it names no cure: %s", full)
			}
		})
	}
}

// What the terms break besides is said first, and what would cure that alone is not
// held out as enough.
func TestMistakesInMappingsAndTerms(t *testing.T) {
	s := newScene()
	mapped(field("a", "nothing"))(s)
	s.spec.Data = append(s.spec.Data, v1alpha1.TaskData{Element: "religion", Use: v1alpha1.UseReuse, Purpose: "benefit", Basis: "law", RetentionDays: 30})
	a := find(t, settled(t, s.doorstep().Snapshot), subject)
	if want := "nobody may collect data about religion; take religion out of spec.data (and 1 more)"; a.Entry.Message != want || len(a.Findings[0].Changes) > 0 {
		t.Errorf("%q with %+v, want %q", a.Entry.Message, a.Findings[0].Changes, want)
	}
}

// A task with a place loses it when the standard comes to give an element a type its
// mapping does not fit.
func TestAStandardThatChangesTypes(t *testing.T) {
	s := newScene()
	mapped(field("a", "income.trim()"))(s)
	d := s.doorstep()
	before := settled(t, d.Snapshot)
	if find(t, before, subject).Entry.AdmittedAt == nil {
		t.Fatal("it has no place")
	}
	d.Ledger = &before.Status
	d.Standard = d.Standard.DeepCopy()
	d.Standard.Spec.DataElements[1].Type = "Integer"
	if a := find(t, settled(t, d.Snapshot), subject); a.Entry.Reason != v1alpha1.LedgerProhibited || a.Entry.AdmittedAt != nil {
		t.Errorf("it is %s %s", a.Entry.Reason, a.Entry.Message)
	}
	d.Standard.Spec.DataElements[1].Type = "Decimal"
	if a := find(t, settled(t, d.Snapshot), subject); a.Entry.Reason != v1alpha1.LedgerAdmitted {
		t.Errorf("with the type as it was it is %s %s", a.Entry.Reason, a.Entry.Message)
	}
}

// Communities are decided on at once, with the same tasks.
func TestMappingsAreSharedByCommunities(t *testing.T) {
	s := newScene()
	mapped(field("a", "nothing"))(s)
	d := s.doorstep()
	var group sync.WaitGroup
	for _, typ := range []v1alpha1.DataElementType{"Text", "Integer", "Decimal", "Boolean", "File", "Text"} {
		own := *d.Snapshot
		own.Standard = own.Standard.DeepCopy()
		own.Standard.Spec.DataElements[1].Type = typ
		group.Go(func() {
			r := admission.Decide(&own)
			if r.Answers[0].Entry.Reason != v1alpha1.LedgerProhibited {
				t.Errorf("with %s it is %s", typ, r.Answers[0].Entry.Reason)
			}
		})
	}
	group.Wait()
}

// BenchmarkDecideMapped decides on a task with a mapping, again and again.
func BenchmarkDecideMapped(b *testing.B) {
	s := newScene()
	mapped(field("a", "double(income) * 2.0"))(s)
	d := s.doorstep()
	b.ReportAllocs()
	for b.Loop() {
		admission.Decide(d.Snapshot)
	}
}
