package payments_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/payments"
)

func TestReadBill(t *testing.T) {
	for body, want := range map[string]payments.Bill{
		`{"outcome":"accepted","bill":{"customer-number":"100023","payment-amount":"33.00","paid":false}}`: {Amount: 3300},
		`{"bill":{"payment-amount":"33","paid":true,"receipt":"R-1"}}`:                                     {Amount: 3300, Paid: true, Receipt: "R-1"},
		`{"bill":{"payment-amount":"33","paid":true,"receipt":"4111111111111111"}}`:                        {Amount: 3300, Paid: true},
		`{"bill":{"payment-amount":"33","paid":false,"receipt":"R-1"}}`:                                    {Amount: 3300},
	} {
		if got, err := (payments.Bills{}).ReadBill([]byte(body)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	for _, body := range []string{"", "null", "{}", `{"bill":null}`, `{"bill":{"payment-amount":"-1"}}`, `{"bill":{"payment-amount":33}}`, `{"bill":{"payment-amount":"0"}}`} {
		if got, err := (payments.Bills{}).ReadBill([]byte(body)); !errors.Is(err, payments.ErrAnswer) || got != (payments.Bill{}) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
}

func TestReadStatement(t *testing.T) {
	day := func(receipts string) []byte {
		return []byte(`{"statement":{"day":"2026-03-02","receipts":[` + receipts + `]}}`)
	}
	got, err := payments.Bills{}.ReadStatement(day(`{"number":"R-1","customer-number":" a1 ","payment-amount":"33.00"},{"number":"R-2","payment-amount":"0.01"}`), "2026-03-02")
	if err != nil || fmt.Sprint(got) != "[{{R-1 33.00 false} A1} {{R-2 0.01 false} }]" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := (payments.Bills{}).ReadStatement(day(""), "2026-03-02"); err != nil || len(got) != 0 {
		t.Errorf("a day without any: %v, %v", got, err)
	}
	for name, body := range map[string][]byte{
		"nothing": nil, "no statement": []byte("{}"), "no receipt": day(`{"number":"","payment-amount":"1"}`), "no amount": day(`{"number":"R"}`),
		"a card for a receipt": day(`{"number":"4111111111111111","payment-amount":"1"}`), "a card for a customer": day(`{"number":"R","customer-number":"4111111111111111","payment-amount":"1"}`),
		"too many": day(strings.Repeat(`{"number":"R","payment-amount":"1"},`, payments.MaxLines) + `{"number":"R","payment-amount":"1"}`),
	} {
		if _, err := (payments.Bills{}).ReadStatement(body, "2026-03-02"); !errors.Is(err, payments.ErrAnswer) || strings.Contains(err.Error(), "4111") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := (payments.Bills{}).ReadStatement(day(""), "2026-03-01"); !errors.Is(err, payments.ErrAnswer) {
		t.Errorf("of another day: %v", err)
	}
}

// Questions have no more in them than they need, and each is one for its id and day.
func TestQuestions(t *testing.T) {
	b := payments.Bills{}.AskBill(payments.BillQuestion{ID: "q", Task: "t", System: "s", Customer: "100023", Period: "2026-02", Salt: "0123456789abcdef"})
	if body, err := b.Message.JSON(); err != nil || string(body) != `{"customer-number":"100023","payment-period":"2026-02"}` || b.Purpose != payments.InquiryPurpose {
		t.Errorf("%s, %v", body, err)
	}
	at := time.Date(2026, 3, 2, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))
	s := payments.Bills{}.AskStatement(payments.StatementQuestion{ID: "q", Task: "t", System: "s", Day: at, Salt: "0123456789abcdef"})
	if body, err := s.Message.JSON(); err != nil || string(body) != `{"period":"2026-03-02"}` || s.Version != 20260302 || len(s.Message.Codes) != 0 {
		t.Errorf("%s, %v", body, err)
	}
	if next := (payments.Bills{}).AskStatement(payments.StatementQuestion{ID: "q", Task: "t", System: "s", Day: at.AddDate(0, 0, 1)}); next.Key() == s.Key() {
		t.Error("two days have one key")
	}
}
