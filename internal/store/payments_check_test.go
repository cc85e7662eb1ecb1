package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// rehash writes the books' chain anew from a journal on, as whoever owns the database
// can, so that it follows from what is in it now.
func (h *home) rehash(from int64) {
	h.t.Helper()
	entries, err := h.desk.Ledger(h.t.Context(), 1, 10000)
	if err != nil {
		h.t.Fatal(err)
	}
	var head casework.Head
	for _, e := range entries {
		next, after, err := payments.Append(head, e.Journal)
		if err != nil {
			h.t.Fatal(err)
		}
		head = after
		if e.Sequence < from {
			continue
		}
		if _, err := h.admin().Exec(h.t.Context(), "UPDATE ledger SET previous = $2, hash = $3 WHERE sequence = $1", e.Sequence, next.Previous[:], next.Hash[:]); err != nil {
			h.t.Fatal(err)
		}
	}
	if _, err := h.admin().Exec(h.t.Context(), "UPDATE ledger_head SET length = $1, hash = $2", head.Length, head.Hash[:]); err != nil {
		h.t.Fatal(err)
	}
}

// What the database's owner changes in the books shows, though the whole chain is
// written anew: the audit trail, whose head is published, has each journal's hash.
func TestCheckBooks(t *testing.T) {
	for name, c := range map[string]struct {
		statements []string
		rehash     int64 // from this journal on; 0: nothing is written anew
		wrong      int64
	}{
		"nothing":  {},
		"rehashed": {rehash: 1}, // to what it was
		"an amount": {
			statements: []string{"UPDATE ledger_entries SET amount = amount * 2 WHERE sequence = 4"}, wrong: 4,
		},
		"an amount, and all after it": {
			statements: []string{"UPDATE ledger_entries SET amount = amount * 2 WHERE sequence = 4"}, rehash: 4, wrong: 4,
		},
		"all of them": {statements: []string{"UPDATE ledger SET work = 'window-9'"}, rehash: 1, wrong: 1},
		"one side": {
			statements: []string{"UPDATE ledger_entries SET amount = amount + 1 WHERE sequence = 4 AND line = 1"}, wrong: 4,
		},
		"the last taken away": {
			statements: []string{"DELETE FROM ledger_entries WHERE sequence = 6", "DELETE FROM ledger WHERE sequence = 6"}, rehash: 1, wrong: 6,
		},
		"one taken away": {statements: []string{"DELETE FROM ledger_entries WHERE sequence = 2", "DELETE FROM ledger WHERE sequence = 2"}, wrong: 2},
		"the head":       {statements: []string{"UPDATE ledger_head SET hash = decode(repeat('11', 32), 'hex')"}, wrong: 6},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
			h.pay()
			h.pay()
			h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "R"})
			for _, s := range append([]string{"ALTER TABLE ledger DISABLE TRIGGER USER", "ALTER TABLE ledger_entries DISABLE TRIGGER USER"}, c.statements...) {
				if _, err := h.admin().Exec(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			if c.rehash > 0 {
				h.rehash(c.rehash)
			}
			got, err := h.desk.CheckBooks(t.Context(), lead)
			if err != nil || got.Wrong != c.wrong {
				t.Errorf("%+v, %v; want %d", got, err, c.wrong)
			}
			if c.wrong == 0 && (got != store.BooksCheck{Journals: 6, Anchored: 6}) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Books from before the trail had their hashes are held by the first journal it has,
// and who leads the station checks them.
func TestCheckOldBooks(t *testing.T) {
	h := newHome(t)
	if got, err := h.desk.CheckBooks(t.Context(), lead); err != nil || got != (store.BooksCheck{}) {
		t.Errorf("empty: %+v, %v", got, err)
	}
	h.pay()
	if _, err := h.admin().Exec(t.Context(), "ALTER TABLE audit DISABLE TRIGGER append_only; DELETE FROM audit WHERE body ->> 'act' = 'book-payment'"); err != nil {
		t.Fatal(err)
	}
	if got, err := h.desk.CheckBooks(t.Context(), lead); err != nil || got != (store.BooksCheck{Journals: 1}) {
		t.Errorf("before: %+v, %v", got, err)
	}
	h.pay()
	if got, err := h.desk.CheckBooks(t.Context(), lead); err != nil || got != (store.BooksCheck{Journals: 2, Anchored: 1}) {
		t.Errorf("after: %+v, %v", got, err)
	}
	if _, err := h.desk.CheckBooks(t.Context(), staff); !errors.Is(err, store.ErrNotYours) {
		t.Error(err)
	}
}

// Every journal is told once, when it is kept.
func TestBooked(t *testing.T) {
	h := newHome(t)
	var told []string
	desk := h.Desk(t, func(c *store.Config) {
		c.Now = h.clock.Now
		c.Booked = func(j payments.Journal) { told = append(told, fmt.Sprint(j.Biller, " ", j.Event)) }
	})
	same := taking()
	for range 2 {
		if _, err := desk.TakePayment(t.Context(), staff, same); err != nil {
			t.Fatal(err)
		}
		if _, err := desk.DoPayment(t.Context(), staff, same.ID, payments.Event{Type: payments.Cancel}); err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(told) != "[utilities take utilities cancel]" {
		t.Error(told)
	}
}
