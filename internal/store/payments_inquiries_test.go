package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

func question() store.BillQuestion {
	return store.BillQuestion{ID: uuid(), System: "utility-bills", Customer: "770077007", Period: "2026-02"}
}

func (h *home) ask(q store.BillQuestion) store.BillAnswer {
	h.t.Helper()
	got, err := h.desk.AskBill(context.Background(), staff, q)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// reply settles all that waits with a body.
func (h *home) reply(c *store.Courier, o courier.Outcome, body string) []store.Parcel {
	h.t.Helper()
	parcels := h.claim(c)
	for i := range parcels {
		if err := c.Settle(context.Background(), []store.Settlement{{
			Key: parcels[i].Key, Parcel: &parcels[i], At: h.clock.Now(), Delivered: &o, Body: []byte(body),
		}}); err != nil {
			h.t.Fatal(err)
		}
	}
	return parcels
}

// holds reports whether any table has a text in it.
func (h *home) holds(t *testing.T, text string) string {
	t.Helper()
	for _, table := range relations(t, h.Connect(t, storetest.Owner)) {
		var all string
		err := h.admin().QueryRow(context.Background(), "SELECT coalesce(string_agg(x::text, ' '), '') FROM "+table+" x").Scan(&all)
		if err == nil && (strings.Contains(all, text) || strings.Contains(all, fmt.Sprintf("%x", text))) {
			return table
		}
	}
	return ""
}

func (h *home) rows(of string) (n int) {
	h.t.Helper()
	if err := h.admin().QueryRow(context.Background(), "SELECT count(*) FROM "+of).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// A question goes once, its answer is read by whoever asks again, and nothing of either
// is left when nobody waits any more.
func TestAskBill(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	q := question()
	for range 3 {
		if got := h.ask(q); !got.Waits {
			t.Errorf("%+v", got)
		}
	}
	sent := h.reply(to, courier.Outcome{Verdict: courier.Accepted}, `{"bill":{"customer-number":"770077007","payment-amount":"17.00"}}`)
	if len(sent) != 1 || sent[0].Purpose != payments.InquiryPurpose {
		t.Fatalf("%+v", sent)
	}
	if body, err := sent[0].JSON(); err != nil || string(body) != `{"customer-number":"770077007","payment-period":"2026-02"}` {
		t.Errorf("%s, %v", body, err)
	}
	for range 2 {
		if got := h.ask(q); got.Waits || got.Bill == nil || *got.Bill != (payments.Bill{Amount: 1700}) {
			t.Errorf("%+v", got)
		}
	}
	if _, err := h.desk.HearSystems(t.Context()); err != nil {
		t.Fatal(err)
	}
	if table := h.holds(t, "770077007"); table != "" {
		t.Errorf("%s has the customer's number", table)
	}
	asks := 0
	for _, e := range h.checkTrail() {
		if e.Use.Act == payments.ActAsk && e.Use.Codes == "customer-number,payment-period" {
			asks++
		}
	}
	if asks != 1 {
		t.Errorf("%d questions are in the trail", asks)
	}
	h.clock.pass(10 * time.Minute)
	h.hear()
	if got := h.ask(q); got.Waits || got.Bill != nil || h.rows("question_answers") != 0 {
		t.Errorf("%+v, and %d answers are kept", got, h.rows("question_answers"))
	}

	unanswered, refused, strange := question(), question(), question()
	h.ask(refused)
	h.reply(to, courier.Outcome{Verdict: courier.Rejected, Reason: casework.NothingFound}, "{}")
	if got := h.ask(refused); got.Reason != casework.NothingFound || got.Bill != nil {
		t.Errorf("%+v", got)
	}
	h.ask(strange)
	h.reply(to, courier.Outcome{Verdict: courier.Accepted}, `{"bill":{"payment-amount":"many"}}`)
	if _, err := h.desk.AskBill(t.Context(), staff, strange); !errors.Is(err, payments.ErrAnswer) {
		t.Errorf("what nobody can read is %v", err)
	}
	h.ask(unanswered)
	h.clock.pass(10 * time.Minute)
	h.hear()
	if n := h.rows("outbox"); n != 0 {
		t.Errorf("%d questions still wait", n)
	}
	if got := h.claim(to); len(got) != 0 {
		t.Errorf("%d are sent", len(got))
	}
}

func TestQuestionsThatAreNone(t *testing.T) {
	h := newHome(t)
	for name, change := range map[string]func(*store.BillQuestion){
		"a card": func(q *store.BillQuestion) { q.Customer = "4111111111111111" }, "no month": func(q *store.BillQuestion) { q.Period = "2026" },
		"no id": func(q *store.BillQuestion) { q.ID = "1" }, "no system": func(q *store.BillQuestion) { q.System = "" },
	} {
		q := question()
		change(&q)
		if _, err := h.desk.AskBill(t.Context(), staff, q); !errors.Is(err, store.ErrInvalid) || strings.Contains(err.Error(), "4111") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.desk.AskBill(t.Context(), worker, question()); !errors.Is(err, store.ErrNotYours) {
		t.Error(err)
	}
	good := store.StatementQuestion{ID: uuid(), Biller: biller, System: "utility-bills", Day: "2026-03-02"}
	for name, change := range map[string]func(*store.StatementQuestion){
		"a day to come": func(q *store.StatementQuestion) { q.Day = "2026-03-03" }, "no day": func(q *store.StatementQuestion) { q.Day = "x" },
		"no id": func(q *store.StatementQuestion) { q.ID = "1" }, "no biller": func(q *store.StatementQuestion) { q.Biller = "a/b" },
	} {
		q := good
		change(&q)
		if err := h.desk.AskStatement(t.Context(), lead, q); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.desk.AskStatement(t.Context(), staff, good); !errors.Is(err, store.ErrNotYours) {
		t.Error(err)
	}
	if n := h.rows("outbox"); n != 0 {
		t.Errorf("%d messages", n)
	}
}

// A statement that was asked for is compared like one that was entered by hand, and
// what was entered by hand later counts.
func TestAskStatement(t *testing.T) {
	h := newHome(t)
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	h.pay()
	h.answer(to, courier.Outcome{Verdict: courier.Accepted, Reference: "R"})
	q := store.StatementQuestion{ID: uuid(), Biller: biller, System: "utility-bills", Day: "2026-03-02"}
	for range 2 {
		if err := h.desk.AskStatement(t.Context(), lead, q); err != nil {
			t.Fatal(err)
		}
	}
	const receipts = `"receipts":[{"number":"R1","customer-number":"100023","payment-amount":"33.00"}]`
	sent := h.reply(to, courier.Outcome{Verdict: courier.Accepted}, `{"statement":{"day":"2026-03-02",`+receipts+`}}`)
	if len(sent) != 1 || len(sent[0].Codes) != 0 {
		t.Fatalf("%+v", sent)
	}
	if got := h.hear(); got != (store.Heard{Applied: 1}) || h.hear() != (store.Heard{}) || h.rows("question_answers") != 0 {
		t.Errorf("%+v", got)
	}
	b := h.books("2026-03-02").Billers[0]
	if len(b.Result.Matched) != 1 || !b.Result.Agrees() || b.Statement.Work != "clerk" {
		t.Errorf("%+v", b)
	}
	h.clock.pass(time.Second)
	h.statement("2026-03-02", line("R1", 3400, ""))
	if b := h.books("2026-03-02").Billers[0]; b.Statement.Work == "clerk" || b.Result.Agrees() {
		t.Errorf("%+v", b)
	}
	// Of another day, or unreadable: nothing is entered, and nothing else is held up.
	for _, body := range []string{`{"statement":{"day":"2026-03-01",` + receipts + `}}`, "", `{"bill":{}}`, `{"statement":{"day":"2026-03-02","receipts":[{"number":"R 1","payment-amount":"1"}]}}`} {
		q.ID = uuid()
		if err := h.desk.AskStatement(t.Context(), lead, q); err != nil {
			t.Fatal(err)
		}
		h.reply(to, courier.Outcome{Verdict: courier.Accepted}, body)
		if got := h.hear(); got != (store.Heard{Refused: 1}) || h.rows("question_answers") != 0 {
			t.Errorf("%s: %+v", body, got)
		}
	}
	if n := h.rows("statements"); n != 2 {
		t.Errorf("%d statements", n)
	}
}

// Every night each biller is asked once for the day before.
func TestAskYesterday(t *testing.T) {
	h := newHome(t) // the 2nd of March, nine in the morning
	to := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
	of := []store.StatementSource{{Community: "qingnianlu/anding", Biller: biller, System: "utility-bills"}}
	var days []string
	for range 40 { // hours
		if err := h.desk.AskYesterday(t.Context(), of); err != nil {
			t.Fatal(err)
		}
		for _, p := range h.reply(to, courier.Outcome{Verdict: courier.Accepted}, "{}") {
			days = append(days, fmt.Sprint(p.Fields[0].Value, h.clock.Now().In(time.FixedZone("CST", 8*3600)).Format(" 15h")))
		}
		h.clock.pass(time.Hour)
	}
	if got := strings.Join(days, ", "); got != "2026-03-01 09h, 2026-03-02 03h" {
		t.Error(got)
	}
}
