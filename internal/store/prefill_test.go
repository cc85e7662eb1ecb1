package store_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// the form of an item that reuses the household's size for relief, and nothing else.
var relief = store.Prefill{
	Item: "civil-affairs.relief", Task: "civil-affairs/relief", Purpose: "temporary-relief",
	Fields: []store.PrefillField{
		{Code: "applicant-name", Class: "Identity"},
		{Code: "phone-number", Class: "Contact"},
		{Code: "address", Class: "Base"},
		{Code: "household-size", Class: "Household", Reused: true, Purpose: "temporary-relief"},
		{Code: "household-income", Class: "Household", Reused: true, Purpose: "old-age-allowance"},
		{Code: "bank-account", Class: "Benefit", Purpose: "temporary-relief"},
		{Code: "religion", Class: "Base"},
		{Code: "email", Class: "Contact"},
	},
}

// What a resident has told the community is put into the next form: basics, and what
// is reused for this very purpose. What was collected for another stays where it is.
func TestPrefill(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, store.Letter{Fields: casework.Fields{
		"applicant-name": "a resident’s name", "phone-number": "13800000000", "address": "road 1", "household-size": "3",
		"household-income": "1000", "bank-account": "6200", "religion": "x", "email": "", "not-asked": "y",
	}})
	want := casework.Fields{"applicant-name": "a resident’s name", "phone-number": "13800000000", "address": "road 1", "household-size": "3"}
	for _, source := range []string{f.receipt.Code(), "2026-000001"} {
		got, err := h.desk.Prefill(t.Context(), staff, source, relief)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%v, %v", got.Codes(), err)
		}
		entries := h.checkTrail()
		if use := entries[len(entries)-1].Use; use != (casework.Use{
			Case: f.ID, At: h.clock.Now(), Act: casework.Prefill, Actor: staff.Actor, Purpose: "temporary-relief", Task: "civil-affairs/relief",
			Codes: "address,applicant-name,household-size,phone-number",
		}) {
			t.Errorf("%+v", use)
		}
	}
	// Nothing of an item without a purpose matches a field without one.
	aimless := store.Prefill{Fields: []store.PrefillField{{Code: "household-size", Class: "Household", Reused: true}}}
	if got, err := h.desk.Prefill(t.Context(), staff, f.receipt.Code(), aimless); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got.Codes(), err)
	}
	// Nothing finds a person.
	for _, source := range []string{"", "a resident’s name", "13800000000", f.ID, "2026-000002"} {
		if _, err := h.desk.Prefill(t.Context(), staff, source, relief); !errors.Is(err, store.ErrUnknownCase) {
			t.Errorf("%q: %v", source, err)
		}
	}
	if _, err := h.desk.Prefill(t.Context(), worker, f.receipt.Code(), relief); !errors.Is(err, store.ErrNotYours) {
		t.Errorf("a grid worker the case is not with: %v", err)
	}
	if _, err := h.admin().Exec(t.Context(), "REVOKE INSERT ON audit FROM shequ_desk"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.desk.Prefill(t.Context(), staff, f.receipt.Code(), relief); err == nil || got != nil {
		t.Errorf("given unrecorded: %v, %v", got.Codes(), err)
	}
}

// Of what was withdrawn, or whose time is over, nothing is known.
func TestPrefillKnowsWhenToForget(t *testing.T) {
	h := newHome(t)
	withdrawn, expired := h.submit(casework.Application, aLetter), h.submit(casework.Application, aLetter)
	h.withdraw(withdrawn.ID)
	if _, err := h.admin().Exec(t.Context(), "DELETE FROM letters WHERE id = $1", expired.ID); err != nil {
		t.Fatal(err)
	}
	before := len(h.checkTrail())
	for _, f := range []form{withdrawn, expired} {
		if got, err := h.desk.Prefill(t.Context(), staff, f.receipt.Code(), relief); err != nil || got == nil || len(got) != 0 {
			t.Errorf("%v, %v", got.Codes(), err)
		}
	}
	if after := len(h.checkTrail()); after != before {
		t.Errorf("%d entries where nothing was read", after-before)
	}
}
