package payments

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/width"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
)

// Order is what a biller has to know of a payment, and nothing more.
type Order struct {
	Payment string // its id
	Task    string // what stands for a task in messages of payments
	System  string // the biller's
	Purpose v1alpha1.PurposeCode
	// Customer number, as IsCustomer wants it; Period is a month, 2026-01.
	Customer, Period string
	Amount           Amount
	// Salt of the message's hash.
	Salt string
}

// Provider pays by way of a biller's information system. Messages go through the
// courier's outbox, in the transaction that keeps the payment: a provider waits for
// nothing and calls nobody.
type Provider interface {
	// Consign is the message of an order.
	Consign(o Order) courier.Consignment
	// Hear is what a reply means to the payment; false where it decides nothing.
	Hear(r courier.Reply) (Event, bool)
}

// The data elements of a payment, as standards declare them.
const (
	CustomerNumber courier.Code = "customer-number"
	PaymentPeriod  courier.Code = "payment-period"
	PaymentAmount  courier.Code = "payment-amount"
)

// The acts of payments in the audit trail, beside casework's: that somebody took or
// returned money, saw a customer's number, entered a biller's statement and the like.
const (
	ActTake    casework.Act = "take-payment"
	ActShow    casework.Act = "show-payment"
	ActConfirm casework.Act = "confirm-payment"
	ActReturn  casework.Act = "return-payment"
	ActCancel  casework.Act = "cancel-payment"
	// ActStatement: customers' numbers were compared with a biller's statement.
	ActStatement casework.Act = "enter-statement"
	ActPayOver   casework.Act = "pay-over"
	ActCount     casework.Act = "count-till"
	// ActAsk: a biller was asked what a customer owes.
	ActAsk casework.Act = "ask-bill"
	// ActBook: a journal was written into the books. Its hash is the entry's File, so
	// that the trail's published head holds the books as well.
	ActBook casework.Act = "book-payment"
)

// Codes of a payment's elements, sorted, with a comma between, as a record has them.
func Codes() string {
	return strings.Join([]string{string(CustomerNumber), string(PaymentAmount), string(PaymentPeriod)}, ",")
}

// Bills is the Provider of billers that take a customer's number, a month and an
// amount, and decide at once.
type Bills struct{}

var _ Provider = Bills{}

// Consign implements Provider.
func (Bills) Consign(o Order) courier.Consignment {
	facts := courier.Facts{Case: o.Payment, Task: o.Task, System: o.System, Purpose: o.Purpose, Version: 1}
	return courier.Consignment{Facts: facts, Message: &courier.Message{
		Facts: facts, Salt: o.Salt,
		Fields: []courier.Field{
			{Name: string(CustomerNumber), Value: o.Customer},
			{Name: string(PaymentPeriod), Value: o.Period},
			{Name: string(PaymentAmount), Value: o.Amount.String()},
		},
		Codes: []courier.Code{CustomerNumber, PaymentAmount, PaymentPeriod},
	}}
}

// Hear implements Provider. A biller that wants to know more has not taken the
// payment: everything there is was sent, and the resident gets the money back.
func (Bills) Hear(r courier.Reply) (Event, bool) {
	by := casework.Actor{Role: casework.System, Work: "courier"}
	switch r.Verdict {
	case courier.Accepted:
		receipt := r.Reference
		if !IsReceipt(receipt) {
			receipt = ""
		}
		return Event{Type: Confirm, Actor: by, Receipt: receipt}, true
	case courier.Rejected, courier.MoreNeeded:
		reason := r.Reason
		if reason == "" {
			reason = casework.NotEligible
		}
		return Event{Type: Refuse, Actor: by, Reason: reason}, true
	}
	return Event{}, false
}

var (
	customerForm = regexp.MustCompile(`^[A-Z0-9]([A-Z0-9-]{0,30}[A-Z0-9])?$`)
	periodForm   = regexp.MustCompile(`^20[0-9]{2}-(0[1-9]|1[0-2])$`)
)

// Errors of what is typed at the counter. They repeat nothing of it.
var (
	// ErrCustomer: it can't be a customer's number.
	ErrCustomer = errors.New("a customer number is 1 to 32 digits, capital letters and dashes, as it stands on the bill; no name goes here")
	// ErrPeriod: it is no month.
	ErrPeriod = errors.New("the period is a month such as 2026-01")
)

// ParseCustomer reads a customer's number as it is typed: in full width, with spaces,
// in small letters. The error is ErrCustomer, or ErrCard where it looks like a card's.
func ParseCustomer(text string) (string, error) {
	text = strings.ToUpper(strings.Join(strings.Fields(width.Narrow.String(text)), ""))
	switch {
	case LooksLikeCard(text):
		return "", ErrCard
	case !customerForm.MatchString(text) || !strings.ContainsAny(text, "0123456789"):
		return "", ErrCustomer
	}
	return text, nil
}

// ParsePeriod reads a month: 2026-01, 202601 or 2026/1. The error is ErrPeriod.
func ParsePeriod(text string) (string, error) {
	text = strings.TrimSpace(width.Narrow.String(text))
	parts := strings.FieldsFunc(text, func(r rune) bool { return slices.Contains([]rune("-/.年月"), r) })
	switch {
	case len(parts) == 1 && len(parts[0]) == 6:
		parts = []string{parts[0][:4], parts[0][4:]}
	case len(parts) == 2 && len(parts[1]) == 1:
		parts[1] = "0" + parts[1]
	}
	if month := strings.Join(parts, "-"); periodForm.MatchString(month) {
		return month, nil
	}
	return "", ErrPeriod
}

// Masked is a customer's number as a receipt has it: its last three characters, and
// of short ones fewer, so that more is hidden than shown.
func Masked(customer string) string {
	shown := min(3, len(customer)/2)
	return strings.Repeat("*", len(customer)-shown) + customer[len(customer)-shown:]
}
