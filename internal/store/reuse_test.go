package store_test

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// reusing is a home whose items reuse the household's size for their own purpose, and
// its income for another.
func reusing(t *testing.T) *home {
	t.Helper()
	h := newHome(t)
	h.desk = h.Desk(t, func(c *store.Config) {
		c.Now, c.Compose = h.clock.Now, h.compose
		c.Reuses = func(terms store.Terms) []store.PrefillField {
			return []store.PrefillField{
				{Code: "address", Class: "Base", Reused: true, Purpose: "old-age-allowance"},
				{Code: "household-size", Class: "Household", Reused: true, Purpose: terms.Purpose},
				{Code: "household-income", Class: "Household", Reused: true, Purpose: "old-age-allowance"},
				{Code: "religion", Class: "Base", Reused: true, Purpose: terms.Purpose},
				{Code: "email", Class: "Contact"},
			}
		}
	})
	return h
}

var known = store.Letter{Fields: casework.Fields{
	"applicant-name": "a resident’s name", "address": "road 1", "household-size": "3", "household-income": "1000", "religion": "x", "email": "a@example.com",
}}

// What an application reuses is there when the case is, taken from the earlier one
// whose code the resident wrote down, without being typed again; and it is delivered.
func TestAnApplicationReuses(t *testing.T) {
	h := reusing(t)
	earlier := h.submit(casework.Application, known)
	var composed courier.Occasion
	h.deliver(func(o courier.Occasion) []courier.Consignment { composed = o; return nil })
	f := h.submit(casework.Application, store.Letter{Fields: casework.Fields{"applicant-name": "typed now"}, Earlier: earlier.receipt.Code()})
	want := casework.Fields{"applicant-name": "typed now", "address": "road 1", "household-size": "3"}
	d, err := h.desk.Case(t.Context(), staff, f.ID)
	if err != nil || !reflect.DeepEqual(d.Letter.Fields, want) || d.Letter.Earlier != "" {
		t.Fatalf("%v, still to be looked for: %v, %v", d.Letter.Fields.Codes(), d.Letter.Earlier != "", err)
	}
	h.do(staff, f.ID, casework.Register)
	if !reflect.DeepEqual(composed.Fields, want) {
		t.Errorf("delivered %v", composed.Fields.Codes())
	}
	var uses []casework.Use
	for _, e := range h.checkTrail() {
		if e.Use.Act == casework.Prefill {
			uses = append(uses, e.Use)
		}
		if strings.Contains(fmt.Sprintf("%+v", e), earlier.receipt.Code()) {
			t.Error("the trail has the code")
		}
	}
	if len(uses) != 1 || uses[0] != (casework.Use{
		Case: earlier.ID, At: h.clock.Now(), Act: casework.Prefill, Actor: casework.Actor{Role: casework.System, Work: "clerk"},
		Purpose: "service", Task: "civil-affairs/allowance", Codes: "address,household-size",
	}) {
		t.Errorf("%+v", uses)
	}
	// What is typed stays.
	typed := store.Letter{Fields: casework.Fields{"address": "road 2", "household-size": "5"}, Earlier: earlier.receipt.Code()}
	g := h.submit(casework.Application, typed)
	if got := h.written(g.ID); !reflect.DeepEqual(got, typed.Fields) {
		t.Errorf("%v", got.Codes())
	}
}

// A code that leads to nothing changes nothing, holds up nothing, and stays in the
// letter for the desk to see.
func TestACodeThatLeadsToNothing(t *testing.T) {
	h := reusing(t)
	earlier, withdrawn, expired, closed := h.submit(casework.Application, known), h.submit(casework.Application, known), h.submit(casework.Application, known), h.submit(casework.Application, known)
	h.withdraw(withdrawn.ID)
	for _, statement := range []string{"DELETE FROM letters WHERE id = '" + expired.ID + "'", "UPDATE letters SET sealed = 'x' WHERE id = '" + closed.ID + "'"} {
		if _, err := h.admin().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	unknown := h.form(casework.Application, known)
	for name, x := range map[string]struct {
		kind    casework.Kind
		earlier string
	}{
		"nobody's":     {casework.Application, unknown.receipt.Code()},
		"no code":      {casework.Application, "13800000000"},
		"a number":     {casework.Application, "2026-000001"},
		"an id":        {casework.Application, earlier.ID},
		"withdrawn":    {casework.Application, withdrawn.receipt.Code()},
		"deleted":      {casework.Application, expired.receipt.Code()},
		"unreadable":   {casework.Application, closed.receipt.Code()},
		"not asked of": {casework.HelpRequest, earlier.receipt.Code()},
	} {
		letter := store.Letter{Fields: casework.Fields{"applicant-name": "typed now"}, Earlier: x.earlier}
		f := h.form(x.kind, letter)
		if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
			t.Fatal(err)
		}
		if got := h.takeIn(); got != (store.Intake{Taken: 1}) {
			t.Errorf("%s: %+v", name, got)
		}
		if !bytes.Equal(f.Sealed, h.sealedOf(f.ID)) {
			t.Errorf("%s: the letter was changed", name)
		}
		if d, err := h.desk.Case(t.Context(), staff, f.ID); err != nil || !reflect.DeepEqual(d.Letter, letter) {
			t.Errorf("%s: %v, %v", name, d.Letter.Fields.Codes(), err)
		}
	}
	for _, e := range h.checkTrail() {
		if e.Use.Act == casework.Prefill {
			t.Errorf("on record as given: %+v", e.Use)
		}
	}
}
