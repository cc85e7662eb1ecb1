package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// together does something n times at once.
func together(n int, do func(i int)) {
	var wait sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wait.Go(func() {
			<-begin
			do(i)
		})
	}
	close(begin)
	wait.Wait()
}

// A form that is sent again, and at once with itself, is kept once and becomes one case.
func TestASubmissionIsKeptOnce(t *testing.T) {
	h := newHome(t)
	f := h.form(casework.Application, aLetter, h.withFile("text/plain", "hello"))
	fresh := make([]bool, 20)
	together(len(fresh), func(i int) {
		out, err := h.portal.Submit(context.Background(), f.Submission)
		if err != nil {
			t.Error(err)
		}
		fresh[i] = !out.Again
	})
	if n := len(slices.DeleteFunc(fresh, func(b bool) bool { return !b })); n != 1 {
		t.Errorf("%d of 20 were told that theirs was the first", n)
	}
	// Desks that take in at once make one case of it.
	desks := []*store.Desk{h.desk, h.Desk(t), h.Desk(t)}
	together(len(desks), func(i int) {
		if _, err := desks[i].TakeIn(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if out, err := h.portal.Submit(t.Context(), f.Submission); err != nil || !out.Again {
		t.Errorf("sent again after it was taken in: %+v, %v", out, err)
	}
	if entries := h.checkTrail(); len(entries) != 1 {
		t.Errorf("%d turns", len(entries))
	}
	if p := h.progress(f); p.Number != "2026-000001" || p.Version != 1 {
		t.Errorf("%+v", p)
	}
	// Its id is no other's.
	stranger := f.Submission
	stranger.Receipt[0] ^= 1
	if _, err := h.portal.Submit(t.Context(), stranger); !errors.Is(err, store.ErrReused) {
		t.Errorf("the same id with another receipt: %v", err)
	}
	// And its receipt is no other's: nothing is acknowledged and not kept.
	twin := h.form(casework.Application, aLetter).Submission
	twin.Receipt = f.Receipt
	if _, err := h.portal.Submit(t.Context(), twin); !errors.Is(err, store.ErrReused) {
		t.Errorf("another id with the same receipt: %v", err)
	}
}

func (h *home) withFile(mediaType, content string) func(*store.Submission) {
	return func(s *store.Submission) {
		id := uuid()
		sealed, err := h.Keys.Public.Seal([]byte(content), store.FileContext(id))
		if err != nil {
			h.t.Fatal(err)
		}
		s.Files = append(s.Files, store.File{ID: id, MediaType: mediaType, Size: int64(len(content)), Sealed: sealed})
	}
}

// Many submissions, taken in by several desks at once: each becomes one case, and the
// numbers are those from 1 on.
func TestNumbersHaveNoGaps(t *testing.T) {
	h := newHome(t)
	const n = 250
	together(10, func(int) {
		for range n / 10 {
			if _, err := h.portal.Submit(context.Background(), h.form(casework.Opinion, aLetter).Submission); err != nil {
				t.Error(err)
			}
		}
	})
	desks := []*store.Desk{h.desk, h.Desk(t), h.Desk(t)}
	var mu sync.Mutex
	taken := 0
	together(len(desks), func(i int) {
		for {
			got, err := desks[i].TakeIn(context.Background())
			if err != nil {
				t.Error(err)
			}
			if got.Taken == 0 {
				return
			}
			mu.Lock()
			taken += got.Taken
			mu.Unlock()
		}
	})
	var numbers int
	err := h.admin().QueryRow(t.Context(), "SELECT count(DISTINCT number) FROM cases WHERE number BETWEEN '2026-000001' AND $1", fmt.Sprintf("2026-%06d", n)).Scan(&numbers)
	if err != nil || taken != n || numbers != n || len(h.checkTrail()) != n {
		t.Errorf("%d taken in, %d numbers, %v", taken, numbers, err)
	}
}

// Of two desks that saw the same version one wins, and the other is told to look.
func TestOneOfTwoWins(t *testing.T) {
	h := newHome(t)
	for range 10 {
		f := h.submit(casework.Application, aLetter)
		events := []casework.Event{
			{ID: uuid(), Type: casework.Register, Version: 1, Purpose: "service"},
			{ID: uuid(), Type: casework.Reject, Version: 1, Purpose: "service", Reason: casework.NotEligible},
		}
		desks, errs := []*store.Desk{h.desk, h.Desk(t)}, make([]error, 2)
		together(2, func(i int) {
			_, errs[i] = desks[i].Do(context.Background(), []store.Who{staff, second}[i], f.ID, events[i])
		})
		won := slices.Index(errs, nil)
		var refused *casework.RefusedError
		if won < 0 || !errors.As(errs[1-won], &refused) || refused.Cause != casework.Stale {
			t.Fatalf("%v", errs)
		}
		// Sent again, what won is no other turn, and what lost is refused again.
		if c, err := desks[won].Do(t.Context(), []store.Who{staff, second}[won], f.ID, events[won]); err != nil || c.Version != 2 {
			t.Errorf("sent again: version %d, %v", c.Version, err)
		}
	}
	h.checkTrail()
}

// The same event at once, many times, is one turn; the same id for another is refused.
func TestAnEventCountsOnce(t *testing.T) {
	h := newHome(t)
	f, g := h.submit(casework.Application, aLetter), h.submit(casework.Application, aLetter)
	e := casework.Event{ID: uuid(), Type: casework.Register, Version: 1, Purpose: "service"}
	together(8, func(int) {
		if c, err := h.desk.Do(context.Background(), staff, f.ID, e); err != nil || c.Version != 2 {
			t.Errorf("version %d, %v", c.Version, err)
		}
	})
	var refused *casework.RefusedError
	if _, err := h.desk.Do(t.Context(), staff, g.ID, e); !errors.As(err, &refused) || refused.Cause != casework.Reused {
		t.Errorf("the id for another case: %v", err)
	}
	if entries := h.checkTrail(); len(entries) != 3 {
		t.Errorf("%d turns", len(entries))
	}
}

// Whoever acts while a limit passes is not told to look again, nor counted twice.
func TestEscalationsAreNoObstacle(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter, func(s *store.Submission) { s.Terms.AcceptWithinMinutes = 60 })
	h.clock.pass(100 * 60e9)
	if n, err := h.desk.Escalate(t.Context()); n != 2 || err != nil {
		t.Fatalf("%d alarms, %v", n, err)
	}
	if n, err := h.desk.Escalate(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d alarms once more, %v", n, err)
	}
	e := casework.Event{ID: uuid(), Type: casework.Register, Version: 1, Purpose: "service"}
	for range 2 {
		if c, err := h.desk.Do(t.Context(), staff, f.ID, e); err != nil || c.Version != 4 || c.Step != casework.Registered {
			t.Fatalf("version %d at %s, %v", c.Version, c.Step, err)
		}
	}
	e.ID, e.Type, e.Reason = uuid(), casework.Reject, casework.Duplicate
	var refused *casework.RefusedError
	if _, err := h.desk.Do(t.Context(), staff, f.ID, e); !errors.As(err, &refused) || refused.Cause != casework.Stale {
		t.Errorf("over a register: %v", err)
	}
	h.checkTrail()
}

// The trail says what a case's data are used for by the case's own terms, whatever
// whoever acts says.
func TestThePurposeIsTheCases(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Opinion, aLetter)
	h.takeIn()
	for i, e := range []casework.Event{
		{Type: casework.Register, Purpose: "something-else"}, {Type: casework.Handle}, {Type: casework.Report, Purpose: "No purpose!"},
	} {
		e.ID, e.Version = uuid(), int64(i+1)
		for range 2 { // sent again, too
			c, err := h.desk.Do(t.Context(), staff, f.ID, e)
			if err != nil || c.Version != e.Version+1 || c.History[i+1].Event.Purpose != f.Terms.Purpose {
				t.Fatalf("%s: %+v, %v", e.Type, c.History, err)
			}
		}
	}
	h.checkTrail()
}

func TestEnterIsOnceToo(t *testing.T) {
	h := newHome(t)
	f := h.form(casework.Mediation, aLetter, h.withFile("image/png", "pixels"))
	f.Channel, f.Sealed = store.CounterChannel, nil
	const times = 6
	together(times, func(int) {
		c, err := h.desk.Enter(context.Background(), staff, f.Submission, aLetter)
		if err != nil || c.Step != casework.Collected || c.History[0].Event.Actor != (casework.Actor{Role: casework.Resident, Work: "window-1"}) {
			t.Errorf("%+v, %v", c.History, err)
		}
	})
	rows, err := h.desk.Find(t.Context(), staff, f.receipt.Code())
	if err != nil || len(rows) != 1 || rows[0].Number != "2026-000001" {
		t.Fatalf("%+v, %v", rows, err)
	}
	d, err := h.desk.Case(t.Context(), staff, f.ID)
	if err != nil || d.Letter.Fields["phone-number"] != "13800000000" || d.Channel != store.CounterChannel || len(d.Files) != 1 {
		t.Errorf("%+v, %v", d.Row, err)
	}
	order := h.form(casework.WorkOrder, aLetter, func(s *store.Submission) { s.Channel = store.HotlineChannel })
	if c, err := h.desk.Enter(t.Context(), staff, order.Submission, aLetter); err != nil || c.History[0].Event.Actor != staff.Actor {
		t.Errorf("a hotline order: %+v, %v", c.History, err)
	}
	if _, err := h.desk.Enter(t.Context(), staff, store.Submission{}, aLetter); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("nothing was entered: %v", err)
	}
}
