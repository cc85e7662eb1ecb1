package desk

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// paymentView is one payment, with the receipt to print.
type paymentView struct {
	view
	store.PaymentDetail

	Masked, Capital string
	Did             payments.EventType // what was just done; empty where nothing was
	Refusal         string             // why something was not
}

// May reports whether an event may be caused by whoever looks.
func (v paymentView) May(event string) bool {
	return slices.Contains(v.Allowed, payments.EventType(event))
}

// Why says in words for which reason the biller did not take it.
func (v paymentView) Why() string {
	for _, known := range []casework.Reason{
		payments.GivenUp, casework.NothingFound, casework.MaterialsMissing, casework.Duplicate, casework.NotAdmitted, casework.NotOurs,
	} {
		if v.Reason == known {
			return v.L.Must("desk.pay.reason." + string(known))
		}
	}
	return v.L.Must("desk.pay.reason.other")
}

// FullTime writes a moment with its year.
func (v view) FullTime(at time.Time) string { return v.L.Moment(at) }

func paymentPage(q *request) error {
	did := payments.EventType(q.r.URL.Query().Get("did"))
	if !slices.Contains([]payments.EventType{payments.Take, payments.Return, payments.Cancel, payments.Confirm}, did) {
		did = ""
	}
	return q.showPayment(http.StatusOK, did, "")
}

func (q *request) showPayment(status int, did payments.EventType, refusal string) error {
	id := q.r.PathValue("payment")
	if !idPattern.MatchString(id) {
		return store.ErrUnknownPayment
	}
	got, err := q.till().Payment(q.r.Context(), q.who.Who, id)
	if err != nil {
		return err
	}
	v := paymentView{
		view: q.view("/payments/of/"+id, "desk.pay.receipt"), PaymentDetail: got, Masked: payments.Masked(got.Customer),
		Capital: payments.Capital(got.Amount), Did: did, Refusal: refusal,
	}
	v.Switch = q.post == nil
	return q.show(status, "payment", v)
}

// doPayment does one thing to a payment.
func doPayment(q *request) error {
	id := q.r.PathValue("payment")
	if !idPattern.MatchString(id) {
		return store.ErrUnknownPayment
	}
	e := payments.Event{Type: payments.EventType(q.values().Get("type"))}
	if e.Type == payments.Confirm {
		e.Receipt = q.values().Get("receipt")
	}
	_, err := q.till().DoPayment(q.r.Context(), q.who.Who, id, e)
	var refused *payments.RefusedError
	switch {
	case err == nil:
		q.to("/payments/of/" + id + query("did", string(e.Type)))
		return nil
	case !errors.As(err, &refused):
		return err
	}
	key, status := "desk.pay.refused.now", http.StatusConflict
	switch {
	case refused.Cause == casework.NotYou:
		key, status = "desk.pay.refused.you", http.StatusForbidden
	case refused.Cause == casework.Malformed && e.Type == payments.Confirm:
		key, status = "desk.pay.refused.receipt", http.StatusUnprocessableEntity
	case refused.Cause == casework.Malformed:
		key, status = "desk.pay.refused.form", http.StatusBadRequest
	case e.Type == payments.Cancel:
		key = "desk.pay.refused.cancel"
	}
	return q.showPayment(status, "", q.l.Must(key))
}
