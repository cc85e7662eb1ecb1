package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

func contains(text, part string) bool { return strings.Contains(text, part) }

func trim(text string) string { return strings.TrimSpace(text) }

// sealed is a submission whose letter is something else.
func (h *home) sealed(plain string) form {
	f := h.form(casework.Application, aLetter)
	var err error
	if f.Sealed, err = h.Keys.Public.Seal([]byte(plain), store.SubmissionContext(f.ID)); err != nil {
		h.t.Fatal(err)
	}
	return f
}

// What can't be read is set aside, is counted, is kept, and holds up nothing.
func TestWhatCannotBeReadHoldsUpNothing(t *testing.T) {
	h := newHome(t)
	swapped := h.form(casework.Application, aLetter)
	swapped.Sealed = h.form(casework.Application, aLetter).Sealed
	torn := h.form(casework.Application, aLetter)
	torn.Sealed = torn.Sealed[:20]
	bad := map[string]form{
		"sealed":  swapped,
		"sealed ": torn,
		"letter":  h.sealed("no letter"),
		"letter ": h.sealed(`{"place":{"Longitude":9999999999}}`),
		"refused": h.form(casework.WorkOrder, aLetter), // residents open none
	}
	var good []form
	for _, f := range bad {
		if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
			t.Fatal(err)
		}
		g := h.form(casework.Opinion, aLetter)
		if _, err := h.portal.Submit(t.Context(), g.Submission); err != nil {
			t.Fatal(err)
		}
		good = append(good, g)
	}
	if got := h.takeIn(); got != (store.Intake{Taken: len(good), SetAside: len(bad)}) {
		t.Errorf("%+v", got)
	}
	for why, f := range bad {
		if p := h.progress(f); !p.Unreadable || p.Step != "" {
			t.Errorf("%s: %+v", why, p)
		}
	}
	for _, f := range good {
		if p := h.progress(f); p.Unreadable || p.Step != casework.Collected {
			t.Errorf("%+v", p)
		}
	}
	aside, err := h.desk.SetAside(t.Context(), 10)
	if err != nil || len(aside) != len(bad) {
		t.Fatalf("%+v, %v", aside, err)
	}
	for _, a := range aside {
		if f, ok := bad[a.Why]; ok && f.ID != a.ID && bad[a.Why+" "].ID != a.ID {
			t.Errorf("%+v", a)
		}
	}
	census, err := h.desk.Census(t.Context())
	if err != nil || census.SetAside != int64(len(bad)) || census.Waiting != 0 {
		t.Errorf("%+v, %v", census, err)
	}
	// Nothing of it is lost: another release may read it.
	if n, err := h.desk.TryAgain(t.Context()); n != int64(len(bad)) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if got := h.takeIn(); got != (store.Intake{SetAside: len(bad)}) {
		t.Errorf("tried again: %+v", got)
	}
}

// One that the database itself refuses is found among a batch, and is set aside.
func TestPoisonIsSetAside(t *testing.T) {
	h := newHome(t)
	var forms []form
	for range 5 {
		f := h.form(casework.Opinion, aLetter)
		if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
			t.Fatal(err)
		}
		forms = append(forms, f)
	}
	// The id its first event would have is another's.
	first := h.form(casework.Opinion, aLetter)
	first.Channel = store.CounterChannel
	if _, err := h.desk.Enter(t.Context(), staff, first.Submission, aLetter); err != nil {
		t.Fatal(err)
	}
	e := casework.Event{ID: "collect-" + forms[2].ID, Type: casework.Register, Version: 1, Purpose: "service"}
	if _, err := h.desk.Do(t.Context(), staff, first.ID, e); err != nil {
		t.Fatal(err)
	}
	if got := h.takeIn(); got != (store.Intake{Taken: 4, SetAside: 1}) {
		t.Errorf("%+v", got)
	}
	if !h.progress(forms[2]).Unreadable {
		t.Error("the one at fault is not set aside")
	}
	h.checkTrail()
}

// Where a case goes is decided by its place, and by a person where that leaves a doubt.
func TestRouting(t *testing.T) {
	h := newHome(t)
	for name, c := range map[string]struct {
		kind  casework.Kind
		place *store.Place
		doubt casework.Doubt
		among int
		grid  string
	}{
		"in one grid":          {casework.HelpRequest, &store.Place{Longitude: 121_0000000}, casework.NoDoubt, 0, "g1"},
		"on a border":          {casework.HelpRequest, &store.Place{Longitude: 120_0000000}, casework.SeveralGrids, 2, ""},
		"outside":              {casework.HelpRequest, &store.Place{Longitude: 119_0000000}, casework.NoGrid, 0, ""},
		"without a place":      {casework.HelpRequest, nil, casework.NoDoubt, 0, ""},
		"an opinion somewhere": {casework.Opinion, &store.Place{Longitude: 121_0000000}, casework.NoDoubt, 0, ""},
	} {
		letter := aLetter
		letter.Place = c.place
		id := h.submit(c.kind, letter).ID
		d, err := h.desk.Case(t.Context(), lead, id)
		if err != nil || d.Doubt != c.doubt || len(d.Among) != c.among {
			t.Errorf("%s: %q among %v, %v", name, d.Doubt, d.Among, err)
		}
		h.do(staff, id, casework.Register)
		if _, err := h.desk.Dispatch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if d, err = h.desk.Case(t.Context(), lead, id); err != nil || d.Place.Grid != c.grid {
			t.Errorf("%s: it is with %q, %v", name, d.Place.Grid, err)
		}
	}
}

// Words are applied as of when they were said, once, and what is not allowed is kept
// as refused.
func TestWords(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter, func(s *store.Submission) { s.Terms.ReopenDays = 3 })
	for _, step := range []casework.EventType{casework.Register, casework.Handle, casework.Report} {
		h.do(staff, f.ID, step)
	}
	h.do(lead, f.ID, casework.Verify)
	h.do(lead, f.ID, casework.Close)
	say := func(w store.Word) {
		t.Helper()
		if err := h.portal.Say(t.Context(), f.Receipt, w); err != nil {
			t.Error(err)
		}
	}
	reopen := store.Word{ID: uuid(), Type: casework.Reopen, Reason: casework.NotDone}
	say(reopen)
	// The desk comes to it a week later; it was said in time.
	h.clock.pass(7 * 24 * time.Hour)
	if p := h.progress(f); p.Pending != 1 || len(p.Allowed) != 1 || p.Allowed[0] != casework.Rate {
		t.Errorf("%+v", p)
	}
	withdraw := store.Word{ID: uuid(), Type: casework.Withdraw, Reason: casework.ConsentWithdrawn}
	say(withdraw)
	say(store.Word{ID: uuid(), Type: casework.Resume})
	if got, err := h.desk.Hear(t.Context()); got != (store.Heard{Applied: 2, Refused: 1}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	p := h.progress(f)
	if p.Step != casework.Withdrawn || p.Round != 2 || p.Pending != 0 {
		t.Errorf("%+v", p)
	}
	var deliverable bool
	var cause string
	err := h.admin().QueryRow(t.Context(), "SELECT deliverable, (SELECT cause FROM words WHERE state = 'refused') FROM cases").Scan(&deliverable, &cause)
	if err != nil || deliverable || cause != string(casework.NotNow) {
		t.Errorf("delivered after consent was withdrawn: %v; refused for %q; %v", deliverable, cause, err)
	}
	say(reopen)
	say(withdraw)
	if got, err := h.desk.Hear(t.Context()); got != (store.Heard{}) || err != nil {
		t.Errorf("said again: %+v, %v", got, err)
	}
	reopen.Reason = casework.CameBack
	if err := h.portal.Say(t.Context(), f.Receipt, reopen); !errors.Is(err, store.ErrReused) {
		t.Errorf("another word by that id: %v", err)
	}
	h.checkTrail()
}

// Nobody fills the database with words.
func TestWordsAreBounded(t *testing.T) {
	h := newHome(t)
	f := h.form(casework.Application, aLetter)
	if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
		t.Fatal(err)
	}
	var err error
	n := 0
	for ; n < 100 && err == nil; n++ {
		err = h.portal.Say(t.Context(), f.Receipt, store.Word{ID: uuid(), Type: casework.Withdraw, Reason: casework.NoLongerNeeded})
	}
	if !errors.Is(err, store.ErrBusy) || n != 21 {
		t.Errorf("%d words, then %v", n, err)
	}
	// They wait for the case; then one is applied and the others refused.
	if got, err := h.desk.Hear(t.Context()); got != (store.Heard{}) || err != nil {
		t.Errorf("before it is taken in: %+v, %v", got, err)
	}
	h.takeIn()
	if got, err := h.desk.Hear(t.Context()); got != (store.Heard{Applied: 1, Refused: 19}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestUnfit(t *testing.T) {
	h := newHome(t)
	for name, spoil := range map[string]func(*store.Submission){
		"id":        func(s *store.Submission) { s.ID = strings.ToUpper(s.ID) },
		"kind":      func(s *store.Submission) { s.Kind = "x" },
		"urgency":   func(s *store.Submission) { s.Urgency = "x" },
		"channel":   func(s *store.Submission) { s.Channel = "pigeon" },
		"work":      func(s *store.Submission) { s.Work = "A B" },
		"item":      func(s *store.Submission) { s.Terms.Item = "" },
		"purpose":   func(s *store.Submission) { s.Terms.Purpose = "x y" },
		"language":  func(s *store.Submission) { s.Language = "fr" },
		"receipt":   func(s *store.Submission) { s.Receipt = casework.Hash{} },
		"letter":    func(s *store.Submission) { s.Sealed = nil },
		"size":      func(s *store.Submission) { s.Sealed = make([]byte, store.MaxSealedBytes+1) },
		"retention": func(s *store.Submission) { s.Terms.RetentionDays = -1 },
		"limit":     func(s *store.Submission) { s.Terms.AcceptWithinMinutes = -1 },
		"files":     func(s *store.Submission) { s.Files = make([]store.File, store.MaxFiles+1) },
		"file":      func(s *store.Submission) { s.Files = make([]store.File, 1) },
	} {
		if _, err := h.portal.Submit(t.Context(), h.form(casework.Application, aLetter, spoil).Submission); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, w := range map[string]store.Word{
		"id": {ID: "x", Type: casework.Resume}, "type": {ID: uuid(), Type: casework.Close},
		"reason": {ID: uuid(), Type: casework.Reopen}, "no reason": {ID: uuid(), Type: casework.Resume, Reason: casework.NotDone},
		"ratings": {ID: uuid(), Type: casework.Rate}, "no ratings": {ID: uuid(), Type: casework.Resume, Ratings: casework.Ratings{Response: 1}},
	} {
		if err := h.portal.Say(t.Context(), casework.Hash{1}, w); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("word, %s: %v", name, err)
		}
	}
}
