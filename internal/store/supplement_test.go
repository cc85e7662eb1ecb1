package store_test

import (
	"bytes"
	"errors"
	"reflect"
	"sync"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// sealedOf is a case's letter as it lies in the database.
func (h *home) sealedOf(id string) []byte {
	h.t.Helper()
	var sealed []byte
	if err := h.admin().QueryRow(h.t.Context(), "SELECT sealed FROM letters WHERE id = $1", id).Scan(&sealed); err != nil {
		h.t.Fatal(err)
	}
	return sealed
}

// written is what a case's letter says now.
func (h *home) written(id string) casework.Fields {
	h.t.Helper()
	d, err := h.desk.Case(h.t.Context(), staff, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return d.Letter.Fields
}

func supplement(fields casework.Fields) store.Supplement {
	return store.Supplement{ID: uuid(), Fields: fields}
}

// A system asks for more; the case waits; what is missing is added; the case goes on,
// and the system gets the letter as it is now under another key, while what it got
// first stays on record.
func TestWhatASystemAskedForIsAdded(t *testing.T) {
	h := newHome(t)
	h.deliver(func(o courier.Occasion) []courier.Consignment {
		switch o.Case.History[len(o.Case.History)-1].Event.Type {
		case casework.Register, casework.Resume:
			out := message(o.Case.ID, "a-system", o.Case.Version)
			out.Message.Fields = []courier.Field{{Name: "name", Value: o.Fields["applicant-name"]}, {Name: "size", Value: o.Fields["household-size"]}}
			return []courier.Consignment{out}
		default:
			return nil
		}
	})
	c := courierOf(t, h)
	f := h.submit(casework.Application, aLetter)
	h.do(staff, f.ID, casework.Register)
	first := claim(t, c, "a-system", 1)[0]
	settle(t, c, h.taken(&first, courier.Outcome{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing}))
	if _, err := h.desk.HearSystems(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := h.progress(f); p.Paused != casework.MaterialsMissing {
		t.Fatalf("paused %q", p.Paused)
	}
	change := supplement(casework.Fields{"household-size": "3", "applicant-name": "another name", "phone-number": "13800000000"})
	if err := h.desk.Supplement(t.Context(), staff, f.ID, change); err != nil {
		t.Fatal(err)
	}
	h.do(staff, f.ID, casework.Resume)
	second := claim(t, c, "a-system", 1)[0]
	want := []courier.Field{{Name: "name", Value: "another name"}, {Name: "size", Value: "3"}}
	if !reflect.DeepEqual(second.Fields, want) || second.Key == first.Key || second.Version <= first.Version {
		t.Errorf("version %d after %d, another key: %v", second.Version, first.Version, second.Key != first.Key)
	}
	settle(t, c, h.taken(&second, courier.Outcome{Verdict: courier.Accepted}))
	records := h.checkDeliveries(t)
	if len(records) != 2 || records[0].Record.Key != first.Key || records[1].Record.Key != second.Key || records[0].Record.Message == records[1].Record.Message {
		t.Errorf("on record: %+v", records)
	}
	var uses []casework.Use
	for _, e := range h.checkTrail() {
		if e.Use.Act == casework.Supplement {
			uses = append(uses, e.Use)
		}
	}
	if len(uses) != 1 || uses[0] != (casework.Use{
		Case: f.ID, At: h.clock.Now(), Act: casework.Supplement, Actor: staff.Actor, Purpose: "service", Task: "civil-affairs/allowance",
		Codes: "applicant-name,household-size", File: change.ID,
	}) {
		t.Errorf("%+v", uses)
	}
}

// Fields are added, corrected and taken out; the rest stays, and a letter is never the
// same bytes twice. What changes nothing is not recorded, nor what is sent again.
func TestSupplement(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, store.Letter{Fields: aLetter.Fields, Place: &store.Place{Longitude: 121_0000000, Latitude: 30_0000000}})
	before := h.sealedOf(f.ID)
	change := supplement(casework.Fields{"applicant-name": "corrected", "household-size": "4", "phone-number": ""})
	for range 2 {
		if err := h.desk.Supplement(t.Context(), second, f.ID, change); err != nil {
			t.Fatal(err)
		}
	}
	after := h.sealedOf(f.ID)
	if bytes.Equal(before, after) {
		t.Error("the letter is as it was")
	}
	d, err := h.desk.Case(t.Context(), staff, f.ID)
	want := casework.Fields{"applicant-name": "corrected", "household-size": "4"}
	if err != nil || !reflect.DeepEqual(d.Letter.Fields, want) || d.Letter.Place == nil || d.Version != 1 {
		t.Errorf("%v, %v, version %d: %v", d.Letter.Fields.Codes(), d.Letter.Place, d.Version, err)
	}
	length := len(h.checkTrail())
	// Later changes are not undone by an earlier one that is sent again.
	if err := h.desk.Supplement(t.Context(), staff, f.ID, supplement(casework.Fields{"household-size": "5"})); err != nil {
		t.Fatal(err)
	}
	for _, again := range []store.Supplement{change, supplement(casework.Fields{"household-size": "5"}), supplement(nil)} {
		if err := h.desk.Supplement(t.Context(), staff, f.ID, again); err != nil {
			t.Error(err)
		}
	}
	if got := h.written(f.ID)["household-size"]; got != "5" {
		t.Error("an earlier change came back")
	}
	if n := len(h.checkTrail()); n != length+2 { // the change, and the look at it
		t.Errorf("%d entries more, want 2", n-length)
	}
	// A case in which nothing was written takes it too.
	empty := h.submit(casework.Application, store.Letter{})
	if err := h.desk.Supplement(t.Context(), staff, empty.ID, supplement(casework.Fields{"applicant-name": "x"})); err != nil || h.written(empty.ID)["applicant-name"] != "x" {
		t.Error(err)
	}
	if err := h.desk.Supplement(t.Context(), staff, empty.ID, change); !errors.Is(err, store.ErrReused) {
		t.Errorf("another case's change: %v", err)
	}
}

func TestSupplementIsRefused(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.HelpRequest, store.Letter{Fields: aLetter.Fields, Place: &store.Place{Longitude: 121_0000000}})
	ended, withdrawn, expired := h.submit(casework.Application, aLetter), h.submit(casework.Application, aLetter), h.submit(casework.Application, aLetter)
	h.do(staff, ended.ID, casework.Reject, because(casework.NotEligible))
	h.withdraw(withdrawn.ID)
	if _, err := h.admin().Exec(t.Context(), "DELETE FROM letters WHERE id = $1", expired.ID); err != nil {
		t.Fatal(err)
	}
	size := casework.Fields{"household-size": "3"}
	resident := store.Who{Actor: casework.Actor{Role: casework.Resident}}
	sealed, length := h.sealedOf(f.ID), len(h.checkTrail())
	for name, x := range map[string]struct {
		who    store.Who
		id     string
		change store.Supplement
		want   error
	}{
		"a grid worker it is not with": {worker, f.ID, supplement(size), store.ErrNotYours},
		"a resident":                   {resident, f.ID, supplement(size), store.ErrNotYours},
		"no case":                      {staff, uuid(), supplement(size), store.ErrUnknownCase},
		"not even an id":               {staff, "x", supplement(size), store.ErrUnknownCase},
		"rejected":                     {staff, ended.ID, supplement(size), store.ErrEnded},
		"withdrawn":                    {lead, withdrawn.ID, supplement(size), store.ErrEnded},
		"deleted":                      {staff, expired.ID, supplement(size), store.ErrExpired},
		"no id":                        {staff, f.ID, store.Supplement{Fields: size}, store.ErrInvalid},
	} {
		if err := h.desk.Supplement(t.Context(), x.who, x.id, x.change); !errors.Is(err, x.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, fields := range []casework.Fields{
		{"religion": "x"}, {"household-size": "\x00"}, {"household-size": "3", "faith-religion": "x"}, {"民族": "x"}, {"household-size": "3", "重点人员": "x"}, {"轨迹": "x"},
	} {
		if _, refused := errors.AsType[*casework.FieldsError](h.desk.Supplement(t.Context(), staff, f.ID, supplement(fields))); !refused {
			t.Errorf("%v is taken", fields.Codes())
		}
	}
	if !bytes.Equal(sealed, h.sealedOf(f.ID)) || len(h.checkTrail()) != length {
		t.Error("what was refused changed something")
	}
	// In its grid a worker may, once the case is there.
	h.do(staff, f.ID, casework.Register)
	h.do(staff, f.ID, casework.Dispatch, to(casework.Place{Grid: "g1"}))
	if err := h.desk.Supplement(t.Context(), worker, f.ID, supplement(size)); err != nil {
		t.Error(err)
	}
	if err := h.desk.Supplement(t.Context(), other, f.ID, supplement(size)); !errors.Is(err, store.ErrNotYours) {
		t.Errorf("another grid's worker: %v", err)
	}
}

// Where it can't be recorded nothing is changed.
func TestSupplementIsRecordedOrNotMade(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	sealed := h.sealedOf(f.ID)
	if _, err := h.admin().Exec(t.Context(), "REVOKE INSERT ON audit FROM shequ_desk"); err != nil {
		t.Fatal(err)
	}
	if err := h.desk.Supplement(t.Context(), staff, f.ID, supplement(casework.Fields{"household-size": "3"})); err == nil || !bytes.Equal(sealed, h.sealedOf(f.ID)) {
		t.Errorf("changed unrecorded: %v", err)
	}
}

// Of two who saw the same and change it to something else, the second is told; who
// changes it to the same, or changes another field, is not held up.
func TestSupplementsOfTheSame(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	saw := h.written(f.ID)
	change := func(code v1alpha1.DataElementCode, value string) error {
		c := supplement(casework.Fields{code: value})
		c.Was = saw
		return h.desk.Supplement(t.Context(), staff, f.ID, c)
	}
	if err := change("applicant-name", "the first"); err != nil {
		t.Fatal(err)
	}
	length := len(h.checkTrail())
	if err := change("applicant-name", "the second"); !errors.Is(err, store.ErrMeanwhile) {
		t.Errorf("%v", err)
	}
	if n := len(h.checkTrail()); n != length || h.written(f.ID)["applicant-name"] != "the first" {
		t.Error("it was changed all the same")
	}
	for code, value := range (casework.Fields{"applicant-name": "the first", "household-size": "3"}) {
		if err := change(code, value); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	if err := change("household-size", "4"); !errors.Is(err, store.ErrMeanwhile) {
		t.Errorf("what was added since: %v", err)
	}
}

// Of changes that are made at once none is lost, and one that is sent by several at
// once is made once.
func TestSupplementsAtOnce(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	codes := []v1alpha1.DataElementCode{"household-size", "household-income", "birth-date", "employment-status"}
	all := make([]store.Supplement, len(codes))
	for i, code := range codes {
		all[i] = supplement(casework.Fields{code: "x"})
	}
	var wait sync.WaitGroup
	for range 2 {
		for _, change := range all {
			wait.Go(func() {
				if err := h.desk.Supplement(t.Context(), staff, f.ID, change); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if n := len(h.written(f.ID)); n != len(aLetter.Fields)+len(codes) {
		t.Errorf("%d fields", n)
	}
	n := 0
	for _, e := range h.checkTrail() {
		if e.Use.Act == casework.Supplement {
			n++
		}
	}
	if n != len(codes) {
		t.Errorf("%d changes on record, want %d", n, len(codes))
	}
}
