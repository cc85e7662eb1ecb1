package store

import (
	"errors"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/payments"
)

// ErrUnknownPayment says that there is no such payment.
var ErrUnknownPayment = errors.New("there is no such payment; look it up in the list of its day")

// Taking is a payment as it is taken at the counter. It says nothing of who pays.
type Taking struct {
	// ID is a UUID in lower case, drawn with the form: sent twice, it is kept once.
	ID string
	// Biller by its name, the System that takes its payments, and the Purpose of what
	// is sent there.
	Biller, System string
	Purpose        v1alpha1.PurposeCode
	// Customer number and Period, as payments.ParseCustomer and ParsePeriod give them.
	Customer, Period string
	Amount           payments.Amount
	Means            payments.Means
	// RetentionDays after its end in which customer number and period are kept; 0
	// means DefaultRetentionDays.
	RetentionDays int64
}

// PaymentContext binds what is sealed of a payment to it.
func PaymentContext(id string) []byte { return []byte("shequ.io/store/v1 payment " + id) }

// Payment is one as lists have it: nothing in it tells whose it is.
type Payment struct {
	payments.Payment

	// Number such as P2026-000123.
	Number  string
	System  string
	Purpose v1alpha1.PurposeCode
	// Work is the position that took it.
	Work string
	// Taken and Changed last; Answered by the biller, zero until it is.
	Taken, Changed, Answered time.Time
	// Delivery is how its message stands: waiting, under way or dead, and empty once
	// it is not in the outbox any more.
	Delivery DeliveryState
	// Expired tells that customer number and period were deleted, their time being over.
	Expired bool
}

// PaymentDetail is a payment with what is sealed of it.
type PaymentDetail struct {
	Payment

	// Customer number and Period; empty once they expired.
	Customer, Period string
	// History is what happened to it.
	History []payments.Journal
	// Allowed is what whoever looks may do with it now.
	Allowed []payments.EventType
}

// PaymentDay is a day of the counter's, in China's time.
type PaymentDay struct {
	// Taken are the day's payments, the earliest first.
	Taken []Payment
	// Open are those of earlier days that somebody waits for, at most 200.
	Open []Payment
}

// PaymentsWaiting is how many payments to a biller are in a state in which somebody
// waits, and what they come to.
type PaymentsWaiting struct {
	Biller string
	State  payments.State // taken, sent or refused
	Count  int64
	Amount payments.Amount
}

// StatementInput is what a biller says it got of a day, as the lead enters it.
type StatementInput struct {
	ID     string // a UUID in lower case: sent twice, it is kept once
	Biller string
	Day    string // 2026-01-31
	// Rows are its receipts. Nil for a Total of so many in Count.
	Rows  []payments.Row
	Total payments.Amount
	Count int64
}

// KeptStatement is one as it is kept, without customers' numbers.
type KeptStatement struct {
	Entered time.Time
	Work    string
	Total   payments.Amount
	Count   int64
	// Lines are nil where only a total was entered.
	Lines []payments.Line
}

// TillCount is what was found in the till, and what had to be in it. The difference is
// booked.
type TillCount struct {
	ID              string
	At              time.Time
	Work            string
	Counted, Booked payments.Amount
}

// Apart is how far a count was from the books: above nothing where there was too much.
func (c TillCount) Apart() payments.Amount { return c.Counted - c.Booked }

// BillerDay is a biller's day: what was confirmed here, and what the biller says.
type BillerDay struct {
	Biller string
	// Result compares the two; where there is no Statement it has totals of ours only.
	Result payments.Reconciliation
	// Statement is nil until one was entered. The latest counts.
	Statement *KeptStatement
}

// PaymentBooks are the books of a day.
type PaymentBooks struct {
	payments.Books

	Billers []BillerDay // of those asked for
	Till    []TillCount // counts of the till with cash, the earliest first
}
