package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// DoPayment applies an event to a payment: the return of money, a cancellation before
// anything was sent, or the lead's confirmation by the biller's statement. The errors
// are *payments.RefusedError, which says why it was not applied, ErrUnknownPayment and
// ErrNotYours. Sent twice, an event is applied once.
func (d *Desk) DoPayment(ctx context.Context, who Who, id string, e payments.Event) (Payment, error) {
	if err := who.ofStation(); err != nil {
		return Payment{}, err
	}
	e.Actor = who.Actor
	acts := map[payments.EventType]casework.Act{payments.Return: payments.ActReturn, payments.Cancel: payments.ActCancel, payments.Confirm: payments.ActConfirm}
	act, known := acts[e.Type]
	if !known {
		return Payment{}, &payments.RefusedError{Cause: casework.NotYou, Event: e.Type, Why: "nobody at the counter does this"}
	}
	var out Payment
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		row, err := w.payment(ctx, id, true)
		if err != nil {
			return err
		}
		now := d.now()
		if e.Type == payments.Cancel && row.State == string(payments.Taken) {
			if err := w.keepBack(ctx, row, now); err != nil {
				return err
			}
		}
		var changed bool
		if out, changed, err = d.applyPayment(ctx, w, row, e, now); err != nil || !changed {
			return err
		}
		w.use(who, act, &out, now, "")
		return nil
	})
	return out, err
}

// keepBack takes a payment's message out of the outbox, where nobody has tried to send
// it, and says so on record.
func (w *work) keepBack(ctx context.Context, row *db.PaymentByIDRow, at time.Time) error {
	m, err := w.UntouchedMessage(ctx, row.Message)
	if errors.Is(err, pgx.ErrNoRows) {
		return &payments.RefusedError{Cause: casework.NotNow, Event: payments.Cancel, Why: "the message has been tried, and the biller's system may have it"}
	}
	if err != nil {
		return err
	}
	record, err := courier.NewRecord(courier.Withheld, courier.Facts{
		Case: row.ID, Task: PaymentTask, System: row.System, Purpose: purposeCode(row.Purpose), Version: 1,
	}, courier.Message{}, alsoRefused(m.Refused, courier.PaymentCancelled, m.Codes), at)
	w.records = append(w.records, record)
	return err
}

// applyPayment applies an event to a payment that is held, and keeps what follows;
// false where it had happened before.
func (d *Desk) applyPayment(ctx context.Context, w *work, row *db.PaymentByIDRow, e payments.Event, at time.Time) (Payment, bool, error) {
	out := paymentOf(row)
	after, journal, err := payments.Apply(out.Payment, e, at)
	if err != nil || journal == nil {
		return out, false, err
	}
	out.Payment, out.Changed = after, at
	update := db.UpdatePaymentParams{
		ID: row.ID, Seen: row.Version, State: string(after.State), Reason: string(after.Reason), Receipt: after.Receipt, Version: after.Version,
		Changed: at, Answered: row.Answered,
	}
	if e.Type == payments.Confirm || e.Type == payments.Refuse {
		update.Answered, out.Answered = &at, at
	}
	// What is refused has nothing to wait for but the resident, who may never come.
	if after.State.Ended() || after.State == payments.Refused {
		until := at.AddDate(0, 0, int(row.RetainDays))
		update.RetainUntil = &until
	}
	n, err := w.UpdatePayment(ctx, update)
	if err != nil {
		return out, false, err
	}
	if n != 1 {
		return out, false, fmt.Errorf("the payment's row is not at version %d", row.Version)
	}
	// The next event of the same transaction is applied to this.
	row.State, row.Reason, row.Receipt, row.Version, row.Answered = update.State, update.Reason, update.Receipt, update.Version, update.Answered
	return out, true, w.post(ctx, journal)
}

// courierActor is as whom what the courier brought is applied.
var courierActor = casework.Actor{Role: casework.System, Work: "courier"}

// HearPayments applies the billers' answers that wait, at most 100, as of when they
// came; notes of which payments the messages have left; and has money returned whose
// message somebody gave up. An answer that is not allowed any more is kept as refused,
// with the cause: the comparison with the biller's statement shows it. Statements billers
// were asked for are entered, and questions nobody waits for any more are forgotten.
func (d *Desk) HearPayments(ctx context.Context) (Heard, error) {
	out, err := d.hearBillers(ctx)
	if err != nil {
		return out, err
	}
	if err := errors.Join(d.hearStatements(ctx, &out), d.forgetQuestions(ctx)); err != nil {
		return out, err
	}
	left, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]string, error) { return q.PaymentsLeft(ctx, mostErrands) })
	if err == nil {
		err = d.eachPayment(ctx, &out, left, payments.Event{Type: payments.Send, Actor: courierActor})
	}
	if err != nil {
		return out, err
	}
	lost, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]string, error) { return q.PaymentsGivenUp(ctx, mostErrands) })
	if err == nil {
		err = d.eachPayment(ctx, &out, lost, payments.Event{Type: payments.Refuse, Actor: courierActor, Reason: payments.GivenUp})
	}
	return out, err
}

func (d *Desk) hearBillers(ctx context.Context) (Heard, error) {
	next := func(ctx context.Context, w *work) (string, casework.Cause, error) {
		waiting, err := w.PaymentReplies(ctx, 1)
		if err != nil || len(waiting) == 0 {
			return "", "", err
		}
		cause, err := d.hearBiller(ctx, w, &waiting[0])
		return waiting[0].Key, cause, err
	}
	return d.listen(ctx, next, settleReply)
}

// hearBiller applies an answer, and returns the cause where it is refused.
func (d *Desk) hearBiller(ctx context.Context, w *work, r *db.PaymentRepliesRow) (casework.Cause, error) {
	e, decides := provider.Hear(courier.Reply{
		Key: courier.Key(r.Key), Task: r.Task, System: r.System, Purpose: purposeCode(r.Purpose), Version: r.Version,
		Verdict: courier.Verdict(r.Verdict), Reason: casework.Reason(r.Reason), Reference: r.Reference, At: r.At,
	})
	if !decides {
		return casework.Malformed, nil
	}
	row, err := w.payment(ctx, r.CaseID, true)
	if err != nil {
		return "", err
	}
	// Who answers has got it.
	if row.State == string(payments.Taken) {
		if _, _, err := d.applyPayment(ctx, w, row, payments.Event{Type: payments.Send, Actor: courierActor}, d.now()); err != nil {
			return "", err
		}
	}
	_, changed, err := d.applyPayment(ctx, w, row, e, d.now())
	if refused, ok := errors.AsType[*payments.RefusedError](err); ok {
		return refused.Cause, nil
	}
	if err != nil || !changed {
		return "", err
	}
	// The biller's statement has it on the day it answered, whenever we come to it.
	return "", w.Answered(ctx, db.AnsweredParams{ID: row.ID, At: r.At})
}

// eachPayment applies an event to payments, each in a transaction of its own.
func (d *Desk) eachPayment(ctx context.Context, out *Heard, ids []string, e payments.Event) error {
	for _, id := range ids {
		done := false
		err := d.in(ctx, func(ctx context.Context, w *work) error {
			done = false
			row, err := w.payment(ctx, id, true)
			if err != nil {
				return err
			}
			if e.Type != payments.Send && row.State == string(payments.Taken) {
				if _, _, err := d.applyPayment(ctx, w, row, payments.Event{Type: payments.Send, Actor: e.Actor}, d.now()); err != nil {
					return err
				}
			}
			_, done, err = d.applyPayment(ctx, w, row, e, d.now())
			return err
		})
		if _, faster := errors.AsType[*payments.RefusedError](err); faster {
			continue // somebody was
		}
		if err != nil && !d.goesOn(ctx, err) {
			return err
		}
		if done && err == nil {
			out.Applied++
		}
	}
	return nil
}

// ExpirePayments deletes customers' numbers and periods whose time is over, of at most
// 100 payments, and says so in the trail of each. The books stay: they name nobody.
func (d *Desk) ExpirePayments(ctx context.Context) (int, error) {
	var n int
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		now := d.now()
		rows, err := w.ExpirePayments(ctx, db.ExpirePaymentsParams{Now: now, Most: mostErrands})
		if n = len(rows); err != nil || n == 0 {
			return err
		}
		for _, r := range rows {
			w.record(casework.Entry{Use: casework.Use{
				Case: r.ID, At: now, Act: casework.Erase, Actor: clerk, Purpose: purposeCode(r.Purpose), Task: PaymentTask,
			}})
		}
		return nil
	})
	return n, err
}
