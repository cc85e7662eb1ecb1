package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

func (h *home) books(day string) store.PaymentBooks {
	h.t.Helper()
	got, err := h.desk.Books(context.Background(), staff, day, []string{biller})
	if err != nil {
		h.t.Fatal(err)
	}
	if got.Imbalance() != 0 || len(got.Billers) != 1 {
		h.t.Fatalf("%+v", got)
	}
	return got
}

func line(receipt string, amount payments.Amount, customer string) payments.Row {
	return payments.Row{Line: payments.Line{Receipt: receipt, Amount: amount}, Customer: customer}
}

func (h *home) statement(day string, rows ...payments.Row) {
	h.t.Helper()
	if err := h.desk.EnterStatement(context.Background(), lead, store.StatementInput{ID: uuid(), Biller: biller, Day: day, Rows: rows}); err != nil {
		h.t.Fatal(err)
	}
	h.clock.pass(time.Second)
}

// A day compared with the biller's statement: what was answered that day, by the time
// of the answer, and about midnight also what stands on the neighbours' statements.
func TestReconciliation(t *testing.T) {
	h := newHome(t) // the 2nd of March, nine in the morning
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	h.pay()
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "A"})
	h.clock.pass(15*time.Hour - time.Minute) // a minute to midnight
	h.pay(func(x *store.Taking) { x.Customer, x.Amount = "100024", 3400 })
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "B"})
	h.clock.pass(2 * time.Minute)
	h.pay(func(x *store.Taking) { x.Customer, x.Amount = "100025", 3500 })
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "C"})

	first := h.books("2026-03-02")
	if r := first.Billers[0].Result; r.Ours != 6700 || r.CountOurs != 2 || first.Billers[0].Statement != nil || first.Closing("owed/utilities") != -6700 {
		t.Errorf("%+v", first)
	}
	second := h.books("2026-03-03")
	if second.Closing("till/cash") != 10200 || second.Balances[0].Opening != 6700 || second.Counts[biller][payments.Take] != 1 {
		t.Errorf("%+v", second)
	}
	// By the biller's clock the second was on the 3rd.
	h.statement("2026-03-03", line("B1", 3400, "100024"), line("C1", 3600, "100025"), line("Z", 1, ""))
	h.statement("2026-03-02", line("A1", 3300, "999999"))
	r := h.books("2026-03-02").Billers[0].Result
	if len(r.Differ) != 1 || r.Differ[0].Why != payments.CustomerDiffers || len(r.Elsewhere) != 1 || r.Elsewhere[0].Receipt != "B1" || len(r.MissingThere)+len(r.MissingHere) != 0 {
		t.Errorf("the 2nd: %+v", r)
	}
	r = h.books("2026-03-03").Billers[0].Result
	if len(r.Matched) != 1 || len(r.Differ) != 1 || r.Differ[0].Why != payments.AmountDiffers || len(r.MissingHere) != 1 || r.Theirs != 7001 || r.CountTheirs != 3 {
		t.Errorf("the 3rd: %+v", r)
	}
	// Entered again, the later one counts; that numbers were compared is in the trail.
	h.statement("2026-03-02", line("A1", 3300, "100023"))
	if r := h.books("2026-03-02").Billers[0].Result; !r.Agrees() {
		t.Errorf("%+v", r)
	}
	if err := h.desk.EnterStatement(t.Context(), lead, store.StatementInput{ID: uuid(), Biller: biller, Day: "2026-03-02", Total: 6700, Count: 2}); err != nil {
		t.Fatal(err)
	}
	if b := h.books("2026-03-02").Billers[0]; b.Statement.Lines != nil || b.Result.Difference() != 0 || b.Result.CountTheirs != 2 {
		t.Errorf("%+v", b)
	}
	codes := ""
	for _, e := range h.checkTrail() {
		if e.Use.Act == payments.ActStatement {
			codes += "[" + e.Use.Codes + "]"
		}
	}
	if codes != "[customer-number][customer-number][customer-number][]" {
		t.Errorf("the trail has %s", codes)
	}
}

// What the lead confirms by a statement, and what was answered days late, agrees with
// that statement, on whatever day we heard of it; what stands on two does not.
func TestReconciliationOfLateAnswers(t *testing.T) {
	h := newHome(t) // the 2nd of March
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	p := h.pay()
	h.claim(to)
	h.hear() // it was sent, and no answer ever comes
	h.statement("2026-03-02", line("R-7", 3300, "100023"))
	if r := h.books("2026-03-02").Billers[0].Result; len(r.MissingHere) != 1 {
		t.Errorf("%+v", r)
	}
	h.clock.pass(5 * 24 * time.Hour)
	if _, err := h.desk.DoPayment(t.Context(), lead, p.ID, payments.Event{Type: payments.Confirm, Receipt: "R-7"}); err != nil {
		t.Fatal(err)
	}
	if r := h.books("2026-03-02").Billers[0].Result; len(r.Matched) != 1 || !r.Agrees() {
		t.Errorf("the statement's day: %+v", r)
	}
	if r := h.books("2026-03-07").Billers[0].Result; len(r.Elsewhere) != 1 || !r.Agrees() {
		t.Errorf("the day it was confirmed: %+v", r)
	}
	// The number of a customer is compared, too, however late.
	h.statement("2026-03-02", line("R-7", 3300, "100024"))
	if r := h.books("2026-03-02").Billers[0].Result; len(r.Differ) != 1 || r.Differ[0].Why != payments.CustomerDiffers {
		t.Errorf("another customer: %+v", r)
	}
	h.statement("2026-03-02", line("R-7", 3300, ""))
	h.statement("2026-03-04", line("R-7", 3300, ""))
	for _, day := range []string{"2026-03-02", "2026-03-04"} {
		if r := h.books(day).Billers[0].Result; len(r.Differ) != 1 || r.Differ[0].Why != payments.Twice {
			t.Errorf("on two statements, %s: %+v", day, r)
		}
	}
}

func TestStatementsThatAreNone(t *testing.T) {
	h := newHome(t)
	good := store.StatementInput{ID: uuid(), Biller: biller, Day: "2026-03-02", Total: 100, Count: 1}
	for name, change := range map[string]func(*store.StatementInput){
		"no id": func(s *store.StatementInput) { s.ID = "" }, "no biller": func(s *store.StatementInput) { s.Biller = "A B" },
		"no day": func(s *store.StatementInput) { s.Day = "yesterday" }, "a day to come": func(s *store.StatementInput) { s.Day = "2026-03-03" },
		"no count": func(s *store.StatementInput) { s.Count = 0 }, "less": func(s *store.StatementInput) { s.Total = -1 },
		"a wild line": func(s *store.StatementInput) { s.Rows = []payments.Row{line("=1", 1, "")} },
		"a free line": func(s *store.StatementInput) { s.Rows = []payments.Row{line("R", 0, "")} },
		"a card":      func(s *store.StatementInput) { s.Rows = []payments.Row{line("4111111111111111", 1, "")} },
	} {
		bad := good
		change(&bad)
		if err := h.desk.EnterStatement(t.Context(), lead, bad); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for range 2 {
		if err := h.desk.EnterStatement(t.Context(), lead, good); err != nil {
			t.Error(err)
		}
	}
	good.Total++
	if err := h.desk.EnterStatement(t.Context(), lead, good); !errors.Is(err, store.ErrReused) {
		t.Errorf("another under the same id: %v", err)
	}
	for name, do := range map[string]func(store.Who) error{
		"statement": func(w store.Who) error { return h.desk.EnterStatement(context.Background(), w, good) },
		"count":     func(w store.Who) error { return h.desk.CountTill(context.Background(), w, uuid(), 0) },
		"pay over": func(w store.Who) error {
			return h.desk.PayOver(context.Background(), w, uuid(), biller, 1, payments.Cash)
		},
	} {
		if err := do(staff); !errors.Is(err, store.ErrNotYours) {
			t.Errorf("staff, %s: %v", name, err)
		}
	}
	if _, err := h.desk.Books(t.Context(), worker, "2026-03-02", nil); !errors.Is(err, store.ErrNotYours) {
		t.Errorf("a grid worker sees the books: %v", err)
	}
	if _, err := h.desk.Payments(t.Context(), staff, "2026-3-2"); !errors.Is(err, store.ErrInvalid) {
		t.Error(err)
	}
}

// No more is paid over than is owed and than there is, by however many at once.
func TestPayOver(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	h.pay(func(x *store.Taking) { x.Amount = 1000 })
	h.pay(func(x *store.Taking) { x.Amount, x.Means = 500, payments.Other })
	if err := h.desk.PayOver(t.Context(), lead, uuid(), biller, 1, payments.Cash); !errors.Is(err, store.ErrNotOwed) {
		t.Errorf("before anything is confirmed: %v", err)
	}
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "R"})
	if err := h.desk.PayOver(t.Context(), lead, uuid(), biller, 1001, payments.Cash); !errors.Is(err, store.ErrNotOwed) {
		t.Errorf("more than is in the till: %v", err)
	}
	var wait sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wait.Go(func() { errs[i] = h.desk.PayOver(context.Background(), lead, uuid(), biller, 300, payments.Cash) })
	}
	wait.Wait()
	paid := 0
	for _, err := range errs {
		if err == nil {
			paid++
		} else if !errors.Is(err, store.ErrNotOwed) {
			t.Error(err)
		}
	}
	if paid != 3 {
		t.Errorf("300 of 1000 were paid over %d times", paid)
	}
	id := uuid()
	for range 2 {
		if err := h.desk.PayOver(t.Context(), lead, id, biller, 500, payments.Other); err != nil {
			t.Error(err)
		}
	}
	for name, again := range map[string]func() error{
		"biller": func() error { return h.desk.PayOver(context.Background(), lead, id, "gas", 500, payments.Other) },
		"amount": func() error { return h.desk.PayOver(context.Background(), lead, id, biller, 400, payments.Other) },
		"till":   func() error { return h.desk.PayOver(context.Background(), lead, id, biller, 500, payments.Cash) },
	} {
		if err := again(); !errors.Is(err, store.ErrReused) {
			t.Errorf("another %s under the same id: %v", name, err)
		}
	}
	h.expectBalances(accounts{"till/cash": 100, "owed/utilities": -100})
}

// The till is closed with what was found in it, once however often that is sent; what
// was miscounted comes right when it is counted again.
func TestCountTill(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	h.pay(func(x *store.Taking) { x.Amount = 10000 })
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "R"})
	id := uuid()
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if err := h.desk.CountTill(context.Background(), lead, id, 9800); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	h.expectBalances(accounts{"till/cash": 9800, "difference/cash": 200, "owed/utilities": -10000})
	if err := h.desk.CountTill(t.Context(), lead, id, 9900); !errors.Is(err, store.ErrReused) {
		t.Errorf("another count under the same id: %v", err)
	}
	got, err := h.desk.TillCount(t.Context(), staff, id)
	if err != nil || got.Counted != 9800 || got.Booked != 10000 || got.Apart() != -200 || got.Work != lead.Work {
		t.Errorf("%+v, %v", got, err)
	}
	h.clock.pass(time.Minute)
	for _, again := range []payments.Amount{10000, 10000} {
		if err := h.desk.CountTill(t.Context(), lead, uuid(), again); err != nil {
			t.Error(err)
		}
	}
	h.expectBalances(accounts{"till/cash": 10000, "owed/utilities": -10000})
	if c := h.books("2026-03-02").Till; len(c) != 3 || c[0] != got || c[2].Apart() != 0 {
		t.Errorf("%+v", c)
	}
	for name, count := range map[string]func() error{
		"no id": func() error { return h.desk.CountTill(context.Background(), lead, "1", 1) },
		"less":  func() error { return h.desk.CountTill(context.Background(), lead, uuid(), -1) },
	} {
		if err := count(); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, id := range []string{"1", uuid()} {
		if _, err := h.desk.TillCount(t.Context(), staff, id); !errors.Is(err, store.ErrUnknownCount) {
			t.Error(err)
		}
	}
	if _, err := h.desk.TillCount(t.Context(), worker, id); !errors.Is(err, store.ErrNotYours) {
		t.Error(err)
	}
}

// A courier dies after the biller has accepted, before that is kept: the message goes
// again under the same key, by which the biller knows it, and is booked once though the
// first courier comes back.
func TestPaymentsOfACourierThatDied(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	p := h.pay()
	first := h.claim(to)
	h.hear()
	h.clock.pass(2 * time.Minute)
	again := h.claim(to)
	if len(first) != 1 || len(again) != 1 || first[0].Key != again[0].Key {
		t.Fatalf("%v, then %v", first, again)
	}
	for _, parcel := range []*store.Parcel{&again[0], &first[0], &again[0]} {
		if err := to.Settle(t.Context(), []store.Settlement{{
			Key: parcel.Key, Parcel: parcel, At: h.clock.Now(), Delivered: &courier.Outcome{Verdict: courier.Accepted}, Reference: "R-1",
		}}); err != nil {
			t.Fatal(err)
		}
		h.hear()
	}
	if got := h.payment(p.ID); got.State != payments.Confirmed || got.Version != 3 {
		t.Errorf("%+v", got)
	}
	h.expectBalances(accounts{"till/cash": 3300, "owed/utilities": -3300})
	if records, err := h.desk.DeliveryTrail(t.Context(), 1, 10); err != nil || len(records) != 1 {
		t.Errorf("%d records, %v", len(records), err)
	}
}

// Whatever is done at the counter and by billers, by several at once, the books
// balance, are what the payments' states say, and nothing happens to a payment twice.
func TestPaymentsAtOnce(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	verdicts := []courier.Verdict{courier.Accepted, courier.Rejected, courier.MoreNeeded}
	for round := range 12 {
		var ids []string
		for i := range 1 + round%4 {
			ids = append(ids, h.pay(func(x *store.Taking) { x.Amount = payments.Amount(1 + 997*round + i) }).ID)
		}
		var wait sync.WaitGroup
		each := func(do func(i int, id string)) {
			for i, id := range ids {
				wait.Go(func() { do(i, id) })
			}
		}
		each(func(i int, id string) {
			if i%2 == 0 {
				_, _ = h.desk.DoPayment(context.Background(), staff, id, payments.Event{Type: payments.Cancel})
			}
		})
		wait.Go(func() {
			parcels, err := to.Claim(context.Background(), "utility-bills", 100, time.Minute)
			if err != nil {
				h.t.Error(err)
			}
			for i := range parcels {
				s := store.Settlement{Key: parcels[i].Key, Parcel: &parcels[i], At: h.clock.Now(), Delivered: &courier.Outcome{Verdict: verdicts[(round+i)%len(verdicts)]}}
				if s.Delivered.Verdict != courier.Accepted {
					s.Delivered.Reason = casework.MaterialsMissing
				}
				if err := to.Settle(context.Background(), []store.Settlement{s}); err != nil {
					h.t.Error(err)
				}
			}
		})
		for range 2 {
			wait.Go(func() {
				if _, err := h.desk.HearPayments(context.Background()); err != nil {
					h.t.Error(err)
				}
			})
		}
		wait.Wait()
		h.hear()
		each(func(_ int, id string) {
			_, _ = h.desk.DoPayment(context.Background(), second, id, payments.Event{Type: payments.Return})
		})
		each(func(_ int, id string) {
			_, _ = h.desk.DoPayment(context.Background(), staff, id, payments.Event{Type: payments.Return})
		})
		wait.Wait()
		day, err := h.desk.Payments(context.Background(), staff, "2026-03-02")
		if err != nil {
			t.Fatal(err)
		}
		want := accounts{}
		for _, p := range day.Taken {
			switch p.State {
			case payments.Confirmed:
				want["till/cash"] += p.Amount
				want["owed/utilities"] -= p.Amount
			case payments.Taken, payments.Sent, payments.Refused:
				t.Fatalf("%+v waits", p)
			default:
			}
		}
		if got := h.balances(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("the books say %v, the payments %v", got, want)
		}
	}
}
