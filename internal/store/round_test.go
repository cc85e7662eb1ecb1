package store_test

import (
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// A help request goes round the loop: sent at the portal, taken in, registered, sent
// to the grid its place is in, handled, reported, verified, closed, rated.
func TestRound(t *testing.T) {
	h := newHome(t)
	letter := aLetter
	letter.Place = &store.Place{Longitude: 121_4737000, Latitude: 31_2304000}
	f := h.form(casework.HelpRequest, letter, func(s *store.Submission) {
		s.Terms.AcceptWithinMinutes = 60
	})
	id := f.ID
	if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
		t.Fatal(err)
	}
	if p := h.progress(f); p.ID != id || p.Step != "" || p.Number != "" || !p.Received.Equal(t0) {
		t.Errorf("before it is taken in: %+v", p)
	}
	if got := h.takeIn(); got.Taken != 1 {
		t.Fatalf("%+v", got)
	}
	p := h.progress(f)
	if p.Number != "2026-000001" || p.Step != casework.Collected || !p.DueAt.Equal(t0.Add(60*60e9)) || len(p.Steps) != 1 {
		t.Errorf("taken in: %+v", p)
	}
	h.do(staff, id, casework.Register)
	if n, err := h.desk.Dispatch(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	detail, err := h.desk.Case(t.Context(), worker, id)
	if err != nil || detail.Place.Grid != "g1" || detail.Letter.Fields["applicant-name"] != "a resident’s name" || *detail.Letter.Place != *letter.Place {
		t.Fatalf("%+v, %v", detail.Row, err)
	}
	h.do(worker, id, casework.Take)
	h.do(worker, id, casework.Handle)
	h.do(worker, id, casework.Report)
	h.do(lead, id, casework.Verify)
	h.do(lead, id, casework.Close)
	if p := h.progress(f); p.Step != casework.Closed || len(p.Steps) != 7 || len(p.Allowed) != 2 {
		t.Errorf("closed: %+v", p)
	}
	word := store.Word{ID: uuid(), Type: casework.Rate, Ratings: casework.Ratings{Response: 5, Resolution: 4, Satisfaction: 5}}
	for range 2 {
		if err := h.portal.Say(t.Context(), f.Receipt, word); err != nil {
			t.Fatal(err)
		}
	}
	if p := h.progress(f); p.Pending != 1 {
		t.Errorf("%d words wait", p.Pending)
	}
	if got, err := h.desk.Hear(t.Context()); got != (store.Heard{Applied: 1}) || err != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if p := h.progress(f); p.Ratings != word.Ratings || p.Pending != 0 || len(p.Allowed) != 1 {
		t.Errorf("rated: %+v", p)
	}
	h.checkTrail()
}
