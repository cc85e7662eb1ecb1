package store_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// Everybody who is shown what a resident wrote is in the trail, with what was shown
// and what for; and nothing of what was written is.
func TestReadingIsRecorded(t *testing.T) {
	h := newHome(t)
	letter := aLetter
	letter.Place = &store.Place{Longitude: 121_0000000, Latitude: 31_0000000}
	f := h.submit(casework.HelpRequest, letter, h.withFile("text/plain", "my papers"))
	h.do(staff, f.ID, casework.Register)
	d, err := h.desk.Case(t.Context(), second, f.ID)
	if err != nil || len(d.Files) != 1 {
		t.Fatalf("%+v, %v", d.Files, err)
	}
	info, content, err := h.desk.File(t.Context(), staff, f.ID, d.Files[0].ID)
	if err != nil || string(content) != "my papers" || info != (store.FileInfo{ID: d.Files[0].ID, MediaType: "text/plain", Size: 9}) {
		t.Fatalf("%+v, %q, %v", info, content, err)
	}
	entries := h.checkTrail()
	want := []casework.Use{
		{
			Case: f.ID, At: t0, Act: casework.ShowLetter, Actor: second.Actor, Purpose: "service", Task: "civil-affairs/allowance",
			Codes: "applicant-name,phone-number,place",
		},
		{
			Case: f.ID, At: t0, Act: casework.ShowFile, Actor: staff.Actor, Purpose: "service", Task: "civil-affairs/allowance",
			File: d.Files[0].ID,
		},
	}
	if got := []casework.Use{entries[len(entries)-2].Use, entries[len(entries)-1].Use}; !reflect.DeepEqual(got, want) {
		t.Errorf("recorded is\n%+v, want\n%+v", got, want)
	}
	h.nowhere(t, "a resident’s name", "13800000000", "my papers")
}

// nowhere looks through every table for words a resident wrote.
func (h *home) nowhere(t *testing.T, words ...string) {
	t.Helper()
	for _, name := range relations(t, h.Connect(t, "owner")) {
		if strings.HasSuffix(name, "_seq") {
			continue
		}
		for _, w := range words {
			var n int
			err := h.admin().QueryRow(t.Context(), "SELECT count(*) FROM "+name+" r WHERE r::text LIKE '%' || $1 || '%' OR r::text LIKE '%' || encode($1::text::bytea, 'hex') || '%'", w).Scan(&n)
			if err != nil || n != 0 {
				t.Errorf("%s holds what a resident wrote: %d, %v", name, n, err)
			}
		}
	}
}

// Where it can't be recorded, nothing is shown.
func TestNothingIsShownUnrecorded(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter, h.withFile("text/plain", "my papers"))
	d, err := h.desk.Case(t.Context(), staff, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	before := len(h.checkTrail())
	if _, err := h.admin().Exec(t.Context(), "REVOKE INSERT ON audit FROM shequ_desk"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.desk.Case(t.Context(), staff, f.ID); err == nil || !reflect.DeepEqual(got, store.Detail{}) {
		t.Errorf("shown: %+v, %v", got, err)
	}
	if info, content, err := h.desk.File(t.Context(), staff, f.ID, d.Files[0].ID); err == nil || content != nil || info != (store.FileInfo{}) {
		t.Errorf("shown: %+v, %q, %v", info, content, err)
	}
	if after := len(h.checkTrail()); after != before {
		t.Errorf("%d entries, then %d", before, after)
	}
}

// A grid worker sees and works what is with that worker's grid.
func TestGridWorkersSeeTheirGrid(t *testing.T) {
	h := newHome(t)
	letter := aLetter
	letter.Place = &store.Place{Longitude: 121_0000000, Latitude: 31_0000000}
	f := h.submit(casework.HelpRequest, letter, h.withFile("text/plain", "my papers"))
	h.do(staff, f.ID, casework.Register)
	if _, err := h.desk.Case(t.Context(), worker, f.ID); !errors.Is(err, store.ErrNotYours) {
		t.Errorf("a case that is not dispatched: %v", err)
	}
	if n, err := h.desk.Dispatch(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	d, err := h.desk.Case(t.Context(), worker, f.ID)
	if err != nil {
		t.Fatal(err)
	}
	for name, who := range map[string]store.Who{
		"of another grid": other, "a resident": {Actor: casework.Actor{Role: casework.Resident}},
		"a program": {Actor: casework.Actor{Role: casework.System, Work: "courier"}}, "nobody": {},
		"of no grid": {Actor: casework.Actor{Role: casework.GridWorker, Work: "x"}},
	} {
		if _, err := h.desk.Case(t.Context(), who, f.ID); !errors.Is(err, store.ErrNotYours) {
			t.Errorf("%s: case: %v", name, err)
		}
		if _, _, err := h.desk.File(t.Context(), who, f.ID, d.Files[0].ID); !errors.Is(err, store.ErrNotYours) {
			t.Errorf("%s: file: %v", name, err)
		}
		if _, err := h.try(who, f.ID, casework.Take); !errors.Is(err, store.ErrNotYours) {
			t.Errorf("%s: take: %v", name, err)
		}
		if rows, err := h.desk.Find(t.Context(), who, d.Number); err != nil || len(rows) != 0 {
			t.Errorf("%s: find: %d rows, %v", name, len(rows), err)
		}
		for _, v := range store.Views() {
			if page, err := h.desk.Queue(t.Context(), who, store.Query{View: v}); len(page.Rows) != 0 || page.Counts[store.Open] != 0 {
				t.Errorf("%s: queue %s: %+v, %v", name, v, page, err)
			}
		}
	}
	// Once it is handed on it is the other's; what was sent before is answered as before.
	returned := casework.Event{ID: uuid(), Type: casework.Return, Version: 3, Purpose: "service", Reason: casework.OutsideBoundary}
	for range 2 {
		if c, err := h.desk.Do(t.Context(), worker, f.ID, returned); err != nil || c.Step != casework.Registered {
			t.Fatalf("%s, %v", c.Step, err)
		}
	}
	// The clerk does not send it there again: somebody has looked.
	if n, err := h.desk.Dispatch(t.Context()); n != 0 || err != nil {
		t.Errorf("dispatched again: %d, %v", n, err)
	}
}

func TestFind(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	code := f.receipt.Code()
	for text, n := range map[string]int{
		"2026-000001": 1, "2026000001": 1, " ２０２６－０００００１ ": 1, code: 1, strings.ToLower(strings.ReplaceAll(code, "-", "")): 1,
		"2026-000002": 0, "": 0, "a resident’s name": 0, "13800000000": 0, "%": 0, f.ID: 0,
	} {
		if rows, err := h.desk.Find(t.Context(), staff, text); err != nil || len(rows) != n {
			t.Errorf("%q: %d rows, %v", text, len(rows), err)
		}
	}
}

func TestUnknown(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	for _, id := range []string{"", "x", "00000000-0000-4000-8000-000000000000"} {
		if _, err := h.desk.Case(t.Context(), staff, id); !errors.Is(err, store.ErrUnknownCase) {
			t.Errorf("case %q: %v", id, err)
		}
		if _, err := h.desk.Do(t.Context(), staff, id, casework.Event{}); !errors.Is(err, store.ErrUnknownCase) {
			t.Errorf("event for %q: %v", id, err)
		}
		if _, _, err := h.desk.File(t.Context(), staff, f.ID, id); !errors.Is(err, store.ErrUnknownFile) {
			t.Errorf("file %q: %v", id, err)
		}
		if _, there, err := h.portal.ByID(t.Context(), id); there || err != nil {
			t.Errorf("request %q: %v, %v", id, there, err)
		}
	}
	if _, err := h.portal.Progress(t.Context(), casework.Hash{1}); !errors.Is(err, store.ErrUnknownReceipt) {
		t.Errorf("progress: %v", err)
	}
	word := store.Word{ID: uuid(), Type: casework.Withdraw, Reason: casework.NoLongerNeeded}
	if err := h.portal.Say(t.Context(), casework.Hash{1}, word); !errors.Is(err, store.ErrUnknownReceipt) {
		t.Errorf("say: %v", err)
	}
}
