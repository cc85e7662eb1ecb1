package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

const biller = "utilities"

func taking(change ...func(*store.Taking)) store.Taking {
	t := store.Taking{
		ID: uuid(), Biller: biller, System: "utility-bills", Purpose: "agency-services", Customer: "100023", Period: "2026-02", Amount: 3300,
		Means: payments.Cash, RetentionDays: 30,
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func (h *home) pay(change ...func(*store.Taking)) store.Payment {
	h.t.Helper()
	p, err := h.desk.TakePayment(context.Background(), staff, taking(change...))
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// claim is what a courier has to send.
func (h *home) claim(c *store.Courier) []store.Parcel {
	h.t.Helper()
	got, err := c.Claim(context.Background(), "utility-bills", 100, time.Minute)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// answer says to all that waits what the biller's system said.
func (h *home) answer(c *store.Courier, o courier.Outcome) {
	h.t.Helper()
	parcels := h.claim(c)
	for i := range parcels {
		out := o
		if out.Verdict == courier.Accepted {
			out.Reference = fmt.Sprintf("%s%d", o.Reference, i+1)
		}
		if err := c.Settle(context.Background(), []store.Settlement{{
			Key: parcels[i].Key, Parcel: &parcels[i], At: h.clock.Now(), Delivered: &out, Reference: out.Reference,
		}}); err != nil {
			h.t.Fatal(err)
		}
	}
	h.hear()
}

func (h *home) hear() store.Heard {
	h.t.Helper()
	got, err := h.desk.HearPayments(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// payment as it is listed; its look is not recorded.
func (h *home) payment(id string) store.Payment {
	h.t.Helper()
	got, err := h.desk.Payments(context.Background(), staff, h.clock.Now().In(time.FixedZone("CST", 8*3600)).Format(time.DateOnly))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range append(got.Taken, got.Open...) {
		if p.ID == id {
			return p
		}
	}
	h.t.Fatalf("%s is in no list", id)
	return store.Payment{}
}

// balances checks the books from their beginning to their end, and returns what is on
// each account, without those of nothing.
func (h *home) balances() map[payments.Account]payments.Amount {
	h.t.Helper()
	entries, err := h.desk.Ledger(context.Background(), 1, 10000)
	if err != nil {
		h.t.Fatal(err)
	}
	head, err := h.desk.LedgerHead(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	if got, err := payments.CheckPage(casework.Head{}, entries); err != nil || got != head {
		h.t.Fatalf("the books: %v", err)
	}
	journals := make([]payments.Journal, len(entries))
	for i := range entries {
		journals[i] = entries[i].Journal
	}
	books := payments.Keep(nil, journals)
	out := map[payments.Account]payments.Amount{}
	for _, b := range books.Balances {
		if b.Closing != 0 {
			out[b.Account] = b.Closing
		}
	}
	return out
}

func (h *home) expectBalances(want map[payments.Account]payments.Amount) {
	h.t.Helper()
	if got := h.balances(); fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Errorf("the books say %v, want %v", got, want)
	}
}

type accounts = map[payments.Account]payments.Amount

// From the counter to the biller and back: one message with three fields, sealed to
// the courier; a receipt number; and whatever is refused is owed to the resident.
func TestPayments(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	p := h.pay()
	if p.State != payments.Taken || p.Number != "P2026-000001" || h.payment(p.ID).Delivery != store.DeliveryWaiting {
		t.Fatalf("%+v", p)
	}
	h.expectBalances(accounts{"till/cash": 3300, "held/utilities": -3300})
	parcels := h.claim(to)
	if len(parcels) != 1 || parcels[0].Case != p.ID || parcels[0].Purpose != "agency-services" || parcels[0].Task != store.PaymentTask {
		t.Fatalf("%+v", parcels)
	}
	if body, err := parcels[0].JSON(); err != nil || string(body) != `{"customer-number":"100023","payment-amount":"33.00","payment-period":"2026-02"}` {
		t.Errorf("%s, %v", body, err)
	}
	h.hear()
	if got := h.payment(p.ID); got.State != payments.Sent {
		t.Errorf("claimed, it is %s", got.State)
	}
	said := h.clock.Now()
	if err := to.Settle(t.Context(), []store.Settlement{{
		Key: parcels[0].Key, Parcel: &parcels[0], At: said, Delivered: &courier.Outcome{Verdict: courier.Accepted}, Reference: "R-00000001",
	}}); err != nil {
		t.Fatal(err)
	}
	h.clock.pass(time.Hour)
	if got := h.hear(); got != (store.Heard{Applied: 1}) || h.hear() != (store.Heard{}) {
		t.Errorf("%+v", got)
	}
	got := h.payment(p.ID)
	if got.State != payments.Confirmed || got.Receipt != "R-00000001" || !got.Answered.Equal(said) || got.Version != 3 {
		t.Errorf("%+v", got)
	}
	h.expectBalances(accounts{"till/cash": 3300, "owed/utilities": -3300})

	refused := h.pay(func(x *store.Taking) { x.Amount, x.Means = 100, payments.Other })
	h.answer(to, courier.Outcome{Verdict: courier.Rejected, Reason: casework.Duplicate})
	if got := h.payment(refused.ID); got.State != payments.Refused || got.Reason != casework.Duplicate {
		t.Errorf("%+v", got)
	}
	h.expectBalances(accounts{"till/cash": 3300, "till/other": 100, "owed/utilities": -3300, "return/utilities": -100})
	for range 2 {
		if got, err := h.desk.DoPayment(t.Context(), second, refused.ID, payments.Event{Type: payments.Return}); err != nil || got.State != payments.Returned {
			t.Errorf("%+v, %v", got, err)
		}
	}
	h.expectBalances(accounts{"till/cash": 3300, "owed/utilities": -3300})
}

// Whoever takes, looks or returns is in the trail, with what was used.
func TestPaymentsAreInTheTrail(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	p := h.pay()
	h.answer(to, courier.Outcome{Verdict: courier.Rejected, Reason: casework.Duplicate})
	if _, err := h.desk.DoPayment(t.Context(), second, p.ID, payments.Event{Type: payments.Return}); err != nil {
		t.Fatal(err)
	}
	detail, err := h.desk.Payment(t.Context(), second, p.ID)
	if err != nil || detail.Customer != "100023" || detail.Period != "2026-02" || len(detail.History) != 4 || len(detail.Allowed) != 0 {
		t.Errorf("%+v, %v", detail, err)
	}
	acts := ""
	for _, e := range h.checkTrail() {
		if e.Use.Task == store.PaymentTask && e.Use.Act != payments.ActBook {
			acts += fmt.Sprintf("%s %s %s;", e.Use.Act, e.Use.Actor.Work, e.Use.Codes)
		}
	}
	want := "take-payment window-1 customer-number,payment-amount,payment-period;" +
		"return-payment window-2 ;show-payment window-2 customer-number,payment-period;"
	if acts != want {
		t.Errorf("the trail has %s", acts)
	}
}

// Sent twice, by one or by several at once, a payment is taken once, and its number
// leaves no gap.
func TestPaymentsAreTakenOnce(t *testing.T) {
	h := newHome(t)
	same := taking()
	var wait sync.WaitGroup
	got := make([]store.Payment, 6)
	errs := make([]error, 6)
	for i := range got {
		wait.Go(func() { got[i], errs[i] = h.desk.TakePayment(context.Background(), staff, same) })
	}
	wait.Wait()
	for i := range got {
		if errs[i] != nil || got[i].Number != "P2026-000001" {
			t.Errorf("%+v, %v", got[i], errs[i])
		}
	}
	h.expectBalances(accounts{"till/cash": 3300, "held/utilities": -3300})
	if next := h.pay(); next.Number != "P2026-000002" {
		t.Errorf("the next is %s", next.Number)
	}
	for name, change := range map[string]func(*store.Taking){
		"customer": func(x *store.Taking) { x.Customer = "100024" }, "amount": func(x *store.Taking) { x.Amount++ },
		"month":  func(x *store.Taking) { x.Period = "2026-01" },
		"biller": func(x *store.Taking) { x.Biller = "gas" }, "means": func(x *store.Taking) { x.Means = payments.Other },
	} {
		again := same
		change(&again)
		if _, err := h.desk.TakePayment(t.Context(), staff, again); !errors.Is(err, store.ErrReused) {
			t.Errorf("another %s under the same id: %v", name, err)
		}
	}
	var messages int
	if err := h.admin().QueryRow(t.Context(), "SELECT count(*) FROM outbox").Scan(&messages); err != nil || messages != 2 {
		t.Errorf("%d messages, %v", messages, err)
	}
}

func TestPaymentsThatAreNone(t *testing.T) {
	h := newHome(t)
	for name, change := range map[string]func(*store.Taking){
		"a card": func(x *store.Taking) { x.Customer = "4111111111111111" }, "a name": func(x *store.Taking) { x.Customer = "某居民" },
		"as typed": func(x *store.Taking) { x.Customer = "1000 23" }, "no period": func(x *store.Taking) { x.Period = "2026" },
		"nothing": func(x *store.Taking) { x.Amount = 0 }, "a means": func(x *store.Taking) { x.Means = "card" }, "no id": func(x *store.Taking) { x.ID = "1" },
		"no system": func(x *store.Taking) { x.System = "" }, "no biller": func(x *store.Taking) { x.Biller = "" },
		"no end": func(x *store.Taking) { x.RetentionDays = 99999 },
	} {
		_, err := h.desk.TakePayment(t.Context(), staff, taking(change))
		if !errors.Is(err, store.ErrInvalid) || strings.Contains(fmt.Sprint(err), "4111") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.desk.TakePayment(t.Context(), staff, taking(func(x *store.Taking) { x.Customer = "4111111111111111" })); !errors.Is(err, payments.ErrCard) {
		t.Errorf("it is not said that this is a card: %v", err)
	}
	if _, err := h.desk.TakePayment(t.Context(), worker, taking()); !errors.Is(err, store.ErrNotYours) {
		t.Errorf("a grid worker: %v", err)
	}
	for _, id := range []string{"x", uuid()} {
		if _, err := h.desk.Payment(t.Context(), staff, id); !errors.Is(err, store.ErrUnknownPayment) {
			t.Error(err)
		}
		if _, err := h.desk.DoPayment(t.Context(), staff, id, payments.Event{Type: payments.Return}); !errors.Is(err, store.ErrUnknownPayment) {
			t.Error(err)
		}
	}
	h.expectBalances(accounts{})
	if p := h.pay(); p.Number != "P2026-000001" {
		t.Errorf("what was refused took a number: %s", p.Number)
	}
}

// What nobody has tried to send can be cancelled; what may be with the biller can't.
func TestCancelPayments(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	cancel := func(p store.Payment) error {
		_, err := h.desk.DoPayment(context.Background(), staff, p.ID, payments.Event{Type: payments.Cancel})
		return err
	}
	p := h.pay()
	for range 2 {
		if err := cancel(p); err != nil {
			t.Error(err)
		}
	}
	if got := h.claim(to); len(got) != 0 {
		t.Errorf("what was cancelled is sent: %v", got)
	}
	h.expectBalances(accounts{})
	deliveries, err := h.desk.DeliveryTrail(t.Context(), 1, 10)
	if err != nil || len(deliveries) != 1 || deliveries[0].Record.Act != courier.Withheld || deliveries[0].Record.Refused != "PaymentCancelled:3" {
		t.Errorf("on record is %+v, %v", deliveries, err)
	}
	var refused *payments.RefusedError
	for name, settle := range map[string]func(store.Settlement) store.Settlement{
		"under way": nil,
		"failed": func(s store.Settlement) store.Settlement {
			s.Later, s.Failed, s.Why = h.clock.Now(), true, "out-of-order"
			return s
		},
		"pending": func(s store.Settlement) store.Settlement { s.Later = h.clock.Now().Add(time.Second); return s },
		"dead":    func(s store.Settlement) store.Settlement { s.Dead, s.Why = true, "refused"; return s },
		"delivered": func(s store.Settlement) store.Settlement {
			s.Delivered = &courier.Outcome{Verdict: courier.Accepted}
			return s
		},
	} {
		p := h.pay()
		parcels := h.claim(to)
		if settle != nil {
			if err := to.Settle(t.Context(), []store.Settlement{settle(store.Settlement{Key: parcels[0].Key, Parcel: &parcels[0], At: h.clock.Now()})}); err != nil {
				t.Fatal(name, err)
			}
		}
		if err := cancel(p); !errors.As(err, &refused) || refused.Cause != casework.NotNow {
			t.Errorf("%s: %v", name, err)
		}
		if h.hear(); h.payment(p.ID).State == payments.Taken {
			t.Errorf("%s: it is still with us", name)
		}
	}
}

// What somebody gave up at the desk is returned; if the biller has it all the same,
// the lead says so by its statement.
func TestPaymentsGivenUp(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	p := h.pay()
	parcels := h.claim(to)
	if err := to.Settle(t.Context(), []store.Settlement{{Key: parcels[0].Key, Parcel: &parcels[0], At: h.clock.Now(), Dead: true, Why: "refused"}}); err != nil {
		t.Fatal(err)
	}
	if h.hear(); h.payment(p.ID).Delivery != store.DeliveryDead {
		t.Errorf("%+v", h.payment(p.ID))
	}
	if err := h.desk.GiveUp(t.Context(), staff, parcels[0].Key); err != nil {
		t.Fatal(err)
	}
	pending, err := h.desk.Pending(t.Context())
	if err != nil || !pending.Payments {
		t.Errorf("nobody looks: %+v, %v", pending, err)
	}
	h.hear()
	if got := h.payment(p.ID); got.State != payments.Refused || got.Reason != payments.GivenUp {
		t.Fatalf("%+v", got)
	}
	h.expectBalances(accounts{"till/cash": 3300, "return/utilities": -3300})
	confirm := payments.Event{Type: payments.Confirm, Receipt: "R-7"}
	var refused *payments.RefusedError
	if _, err := h.desk.DoPayment(t.Context(), staff, p.ID, confirm); !errors.As(err, &refused) || refused.Cause != casework.NotYou {
		t.Errorf("staff confirms: %v", err)
	}
	if got, err := h.desk.DoPayment(t.Context(), lead, p.ID, confirm); err != nil || got.State != payments.Confirmed || got.Receipt != "R-7" {
		t.Errorf("%+v, %v", got, err)
	}
	h.expectBalances(accounts{"till/cash": 3300, "owed/utilities": -3300})
	if pending, err := h.desk.Pending(t.Context()); err != nil || pending.Payments {
		t.Errorf("there is still something to do: %+v, %v", pending, err)
	}
}

// The books can be added to and not altered, and take nothing that does not balance,
// by the desk or by the owner.
func TestTheBooksAreAppendOnly(t *testing.T) {
	h := newHome(t)
	h.pay()
	if err := h.desk.EnterStatement(t.Context(), lead, store.StatementInput{ID: uuid(), Biller: biller, Day: "2026-03-02", Total: 1, Count: 1}); err != nil {
		t.Fatal(err)
	}
	if err := h.desk.CountTill(t.Context(), lead, uuid(), 3300); err != nil {
		t.Fatal(err)
	}
	for _, role := range []storetest.Role{storetest.Desk, storetest.Owner} {
		conn := h.Connect(t, role)
		for _, table := range []string{"ledger", "ledger_entries", "statements", "till_counts"} {
			for _, statement := range []string{"DELETE FROM TABLE", "TRUNCATE TABLE CASCADE", "UPDATE TABLE SET COLUMN = COLUMN"} {
				column := map[string]string{"ledger": "biller", "ledger_entries": "amount", "statements": "total", "till_counts": "counted"}[table]
				if _, err := conn.Exec(t.Context(), strings.NewReplacer("TABLE", table, "COLUMN", column).Replace(statement)); !refused(err) {
					t.Errorf("%s, %s: %s: %v", role, table, statement, err)
				}
			}
		}
	}
	desk := h.Connect(t, storetest.Desk)
	tx, err := desk.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "INSERT INTO ledger_entries VALUES (1, 3, 'till/cash', 1)"); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(t.Context()); err == nil || !strings.Contains(err.Error(), "23514") {
		t.Errorf("an unbalanced journal is kept: %v", err)
	}
	h.expectBalances(accounts{"till/cash": 3300, "held/utilities": -3300})
}

// What is sealed of a payment goes when its time is over, which begins with its end,
// and the trail says so. The books stay, and what is in the tables tells of nobody.
func TestRetentionOfPayments(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	p := h.pay()
	waits := h.pay(func(x *store.Taking) { x.System = "another" })
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "R-"})
	expire := func(want int) {
		t.Helper()
		if got, err := h.desk.ExpirePayments(t.Context()); got != want || err != nil {
			t.Errorf("%d deleted, want %d: %v", got, want, err)
		}
	}
	h.clock.pass(30*aDay - time.Second)
	expire(0)
	h.clock.pass(time.Second)
	expire(1)
	expire(0)
	detail, err := h.desk.Payment(t.Context(), staff, p.ID)
	if err != nil || !detail.Expired || detail.Customer != "" || detail.Period != "" || detail.Receipt != "R-1" {
		t.Errorf("%+v, %v", detail, err)
	}
	entries := h.checkTrail()
	if last := entries[len(entries)-1].Use; last.Act != casework.Erase || last.Case != p.ID || last.Actor.Role != casework.System {
		t.Errorf("the trail says %+v", last)
	}
	if detail, err := h.desk.Payment(t.Context(), staff, waits.ID); err != nil || detail.Customer != "100023" {
		t.Errorf("what waits is gone: %v", err)
	}
	h.expectBalances(accounts{"till/cash": 6600, "held/utilities": -3300, "owed/utilities": -3300})
}

// A customer's number is in no table but sealed, and payments of one customer can't
// be told to be so.
func TestPaymentsTellOfNobody(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	const customer = "770077007"
	for range 2 {
		h.pay(func(x *store.Taking) { x.Customer = customer })
	}
	rows := []payments.Row{{Line: payments.Line{Receipt: "R-1", Amount: 3300}, Customer: customer}}
	if err := h.desk.EnterStatement(t.Context(), lead, store.StatementInput{ID: uuid(), Biller: biller, Day: "2026-03-02", Rows: rows}); err != nil {
		t.Fatal(err)
	}
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "R-"})
	for _, table := range relations(t, h.Connect(t, storetest.Owner)) {
		var text string
		if err := h.admin().QueryRow(t.Context(), "SELECT coalesce(string_agg(x::text, ' '), '') FROM "+table+" x").Scan(&text); err != nil {
			continue // a sequence
		}
		if strings.Contains(text, customer) || strings.Contains(text, fmt.Sprintf("%x", customer)) {
			t.Errorf("%s holds a customer's number", table)
		}
	}
	var marks int
	if err := h.admin().QueryRow(t.Context(), "SELECT count(DISTINCT mark) FROM payments").Scan(&marks); err != nil || marks != 2 {
		t.Errorf("%d marks of two payments, %v", marks, err)
	}
	if strings.Contains(fmt.Sprintf("%+v", h.checkTrail()), customer) {
		t.Error("the trail holds it")
	}
}
