package desk

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

// allows reports whether the system of a biller takes data for a purpose, and these
// elements.
func allows(station *content.Desk, b *content.Biller, purpose string, elements ...courier.Code) bool {
	at := slices.IndexFunc(station.Connections, func(c content.Connection) bool { return c.Name == b.System })
	if at < 0 || !slices.Contains(station.Connections[at].Purposes, purpose) {
		return false
	}
	return !slices.ContainsFunc(elements, func(e courier.Code) bool {
		return !slices.Contains(station.Connections[at].Accepts, string(e))
	})
}

// takes reports whether a biller's system takes payments now.
func (s *state) takes(b *content.Biller) bool {
	return allows(s.desk, b, b.Purpose, payments.CustomerNumber, payments.PaymentPeriod, payments.PaymentAmount)
}

// answers reports whether a biller's system says what is due, and what it got.
func answers(station *content.Desk, b *content.Biller) bool {
	return allows(station, b, string(payments.InquiryPurpose), payments.CustomerNumber, payments.PaymentPeriod)
}

// StatementSources are the billers that are asked for their statements every night.
func StatementSources(doc *content.Document, station *content.Desk) []store.StatementSource {
	var out []store.StatementSource
	for i := range station.Billers {
		if b := &station.Billers[i]; answers(station, b) {
			out = append(out, store.StatementSource{
				Community: doc.Site.Community.Namespace + "/" + doc.Site.Community.Name, Biller: b.Name, System: b.System,
			})
		}
	}
	return out
}

// Answers reports whether any biller says what is due.
func (v payView) Answers() bool {
	return slices.ContainsFunc(v.Billers, func(b content.Biller) bool { return answers(v.q.desk, &b) })
}

const (
	// billWait is how long a page waits for what a biller answers, and billLook how
	// often it looks: the courier looks every five seconds.
	billWait = 4 * time.Second
	billLook = 400 * time.Millisecond
)

// lookUp asks the biller what is due, and fills it in.
func (q *request) lookUp(v *payView, ticket forms.Ticket) error {
	v.Problems = slices.DeleteFunc(v.Problems, func(p payProblem) bool { return p.Input == "amount" || p.Input == "means" })
	b := q.biller(v.Typed["biller"])
	if b != nil && !answers(q.desk, b) {
		v.Problems = append(v.Problems, payProblem{"biller", q.l.Must("desk.pay.bill.never")})
	}
	if len(v.Problems) > 0 || b == nil {
		return q.showPay(http.StatusUnprocessableEntity, *v)
	}
	t := &v.Taking
	got, err := q.askBill(store.BillQuestion{
		ID: ticket.ID("bill " + t.Biller + " " + t.Customer + " " + t.Period), System: t.System, Customer: t.Customer, Period: t.Period,
	})
	switch {
	case errors.Is(err, payments.ErrAnswer):
		v.Told = q.l.Must("desk.pay.bill.unreadable")
	case err != nil:
		q.d.Log.Error("the store did not answer", "error", err.Error())
		q.w.Header().Set("Retry-After", "10")
		v.Problems = append(v.Problems, payProblem{"", q.l.Must("desk.enter.down")})
		return q.showPay(http.StatusServiceUnavailable, *v)
	case got.Waits:
		v.Told = q.l.Must("desk.pay.bill.waits")
	case got.Bill != nil && got.Bill.Paid:
		v.Told = q.l.Must("desk.pay.bill.paid", got.Bill.Receipt)
	case got.Bill != nil:
		v.Typed["amount"], v.Told = got.Bill.Amount.String(), q.l.Must("desk.pay.bill.due", q.view("/payments/take", "desk.pay.take").Yuan(got.Bill.Amount))
	case got.Reason == casework.NothingFound:
		v.Told = q.l.Must("desk.pay.bill.none")
	default:
		v.Told = q.l.Must("desk.pay.bill.else")
	}
	return q.showPay(http.StatusOK, *v)
}

// askBill asks, and waits a little for the answer.
func (q *request) askBill(question store.BillQuestion) (store.BillAnswer, error) {
	ctx, cancel := context.WithTimeout(q.r.Context(), billWait)
	defer cancel()
	for {
		got, err := q.till().AskBill(q.r.Context(), q.who.Who, question)
		if err != nil || !got.Waits {
			return got, err
		}
		select {
		case <-ctx.Done():
			return got, nil
		case <-time.After(billLook):
		}
	}
}

// Asks reports whether a biller can be asked for its statement.
func (v booksView) Asks(d billerDay) bool {
	b := v.q.biller(d.Biller)
	return b != nil && answers(v.q.desk, b)
}

// fetchStatement asks a biller for its statement of a day.
func fetchStatement(q *request) error {
	id, err := q.booksID("fetch")
	if id == "" || err != nil {
		return err
	}
	b := q.biller(q.values().Get("biller"))
	if b == nil || !answers(q.desk, b) {
		return q.wrongBooks(http.StatusUnprocessableEntity, "desk.pay.error.biller")
	}
	question := store.StatementQuestion{ID: id, Biller: b.Name, System: b.System, Day: q.day(q.values().Get("day"))}
	if err := q.till().AskStatement(q.r.Context(), q.who.Who, question); err != nil {
		return err
	}
	q.afterBooks("fetch")
	return nil
}
