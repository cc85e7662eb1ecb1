package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// provider pays by way of the billers' systems. All there are take the same message.
var provider payments.Provider = payments.Bills{}

// slip is what is sealed of a payment.
type slip struct {
	Customer string `json:"customer"`
	Period   string `json:"period"`
}

// mark tells whether a customer's number is a payment's, without opening it. It fits
// that payment only: payments of one customer can't be found by it.
func (d *Desk) mark(payment, customer string) []byte {
	h := hmac.New(sha256.New, d.keys.Receipts)
	h.Write(PaymentContext(payment))
	h.Write([]byte("\n" + customer))
	return h.Sum(nil)
}

// errKept: somebody else has just taken it.
var errKept = errors.New("the payment is being kept already")

// TakePayment keeps a payment, with its journal, its message to the biller's system
// and an entry of the audit trail, all or nothing. Taken again under its id, it is one
// payment. The errors are ErrNotYours, ErrInvalid (what was given is none), ErrReused
// and those of the database.
func (d *Desk) TakePayment(ctx context.Context, who Who, t Taking) (Payment, error) {
	if err := who.ofStation(); err != nil {
		return Payment{}, err
	}
	if err := t.fit(); err != nil {
		return Payment{}, err
	}
	for {
		var out Payment
		err := d.in(ctx, func(ctx context.Context, w *work) error {
			row, err := w.PaymentByID(ctx, t.ID)
			if errors.Is(err, pgx.ErrNoRows) {
				out, err = d.take(ctx, w, who, &t)
				return err
			}
			if err != nil {
				return err
			}
			out = paymentOf(&row)
			return d.sameTaking(&row, &t)
		})
		if !errors.Is(err, errKept) {
			return out, err
		}
	}
}

func (t *Taking) fit() error {
	if t.RetentionDays == 0 {
		t.RetentionDays = DefaultRetentionDays
	}
	customer, err := payments.ParseCustomer(t.Customer)
	if err == nil && customer != t.Customer {
		err = payments.ErrCustomer
	}
	period, other := payments.ParsePeriod(t.Period)
	if other == nil && period != t.Period {
		other = payments.ErrPeriod
	}
	switch {
	case err != nil || other != nil:
		return fmt.Errorf("%w: %w", ErrInvalid, errors.Join(err, other))
	case !uuidForm.MatchString(t.ID):
		return invalid("the payment's id is no UUID in lower case")
	case !nameForm.MatchString(string(t.Purpose)) || !nameForm.MatchString(t.System):
		return invalid("purpose and system are lower-case letters, digits and dashes")
	case t.RetentionDays < 1 || t.RetentionDays > 36500:
		return invalid("retention is 1 to 36500 days")
	}
	return nil
}

// sameTaking refuses what was taken under an id of something else: somebody who got no
// answer may have gone back and changed the form.
func (d *Desk) sameTaking(row *db.PaymentByIDRow, t *Taking) error {
	if row.Biller != t.Biller || row.Amount != int64(t.Amount) || row.Means != string(t.Means) {
		return ErrReused
	}
	if row.Sealed == nil {
		return nil // its time is over: nobody knows any more
	}
	s, err := d.openSlip(row)
	if err == nil && (s != slip{Customer: t.Customer, Period: t.Period}) {
		err = ErrReused
	}
	return err
}

// take keeps a payment that is not kept yet.
func (d *Desk) take(ctx context.Context, w *work, who Who, t *Taking) (Payment, error) {
	now := d.now()
	p, journal, err := payments.Apply(payments.Payment{ID: t.ID, Biller: t.Biller, Amount: t.Amount, Means: t.Means},
		payments.Event{Type: payments.Take, Actor: who.Actor}, now)
	if err != nil {
		return Payment{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	plain, err := json.Marshal(slip{Customer: t.Customer, Period: t.Period})
	if err != nil {
		return Payment{}, err
	}
	sealed, err := d.keys.Public.Seal(plain, PaymentContext(t.ID))
	if err != nil {
		return Payment{}, err
	}
	message := provider.Consign(payments.Order{
		Payment: t.ID, Task: PaymentTask, System: t.System, Purpose: t.Purpose, Customer: t.Customer, Period: t.Period, Amount: t.Amount, Salt: rand.Text(),
	})
	year := int32(now.In(china).Year()) //nolint:gosec // 1970 to 9999
	n, err := w.NextPaymentNumber(ctx, year)
	if err != nil {
		return Payment{}, err
	}
	out := Payment{
		Payment: p, Number: "P" + caseNumber(year, n), System: t.System, Purpose: t.Purpose, Work: who.Work, Taken: now, Changed: now,
		Delivery: DeliveryWaiting,
	}
	kept, err := w.InsertPayment(ctx, db.InsertPaymentParams{
		ID: p.ID, Number: out.Number, Biller: p.Biller, System: t.System, Purpose: string(t.Purpose), Amount: int64(p.Amount), Means: string(p.Means),
		State: string(p.State), Version: p.Version, Work: who.Work, Taken: now, Changed: now, Message: string(message.Key()),
		RetainDays: t.RetentionDays, Sealed: sealed, Mark: d.mark(p.ID, t.Customer),
	})
	if err != nil {
		return Payment{}, err
	}
	if kept == 0 {
		return Payment{}, errKept // the number goes back with the transaction
	}
	if err := w.post(ctx, journal); err != nil {
		return Payment{}, err
	}
	if err := d.send(ctx, w, &message, now); err != nil {
		return Payment{}, err
	}
	w.use(who, payments.ActTake, &out, now, payments.Codes())
	return out, nil
}

// use notes in the audit trail what somebody did with a payment.
func (w *work) use(who Who, act casework.Act, p *Payment, at time.Time, codes string) {
	w.record(casework.Entry{Use: casework.Use{
		Case: p.ID, At: at, Act: act, Actor: who.Actor, Purpose: p.Purpose, Task: PaymentTask, Codes: codes,
	}})
}

// post appends a journal to the books, and its hash to the audit trail, whose head is
// published. It locks the books' head until the transaction ends.
func (w *work) post(ctx context.Context, j *payments.Journal) error {
	row, err := w.LockLedgerHead(ctx)
	if err != nil {
		return err
	}
	e, head, err := payments.Append(casework.Head{Length: row.Length, Hash: casework.Hash(row.Hash)}, *j)
	if err != nil {
		return err
	}
	if err := w.InsertJournal(ctx, db.InsertJournalParams{
		Sequence: e.Sequence, Payment: j.Payment, Biller: j.Biller, Event: string(j.Event), At: e.Journal.At, Role: string(j.Actor.Role),
		Work: j.Actor.Work, Reason: string(j.Reason), Previous: e.Previous[:], Hash: e.Hash[:],
	}); err != nil {
		return err
	}
	if len(j.Postings) > 0 {
		lines := make([]db.InsertPostingsParams, len(j.Postings))
		for i, p := range j.Postings {
			lines[i] = db.InsertPostingsParams{Sequence: e.Sequence, Line: int64(i + 1), Account: string(p.Account), Amount: int64(p.Amount)}
		}
		if _, err := w.InsertPostings(ctx, lines); err != nil {
			return fmt.Errorf("write to the books: %w", err)
		}
	}
	w.record(casework.Entry{Use: casework.Use{
		Case: j.Payment, At: e.Journal.At, Act: payments.ActBook, Actor: j.Actor, Purpose: bookkeeping, Task: PaymentTask, File: e.Hash.String(),
	}})
	w.booked = append(w.booked, e.Journal)
	return w.MoveLedgerHead(ctx, db.MoveLedgerHeadParams{Length: head.Length, Hash: head.Hash[:]})
}

// Payments of a day in China's time, 2026-01-31, with those of earlier days somebody
// waits for. The error is ErrNotYours or ErrInvalid.
func (d *Desk) Payments(ctx context.Context, who Who, day string) (PaymentDay, error) {
	if err := who.ofStation(); err != nil {
		return PaymentDay{}, err
	}
	from, to, err := daySpan(day)
	if err != nil {
		return PaymentDay{}, err
	}
	return read(ctx, d, func(ctx context.Context, q *db.Queries) (PaymentDay, error) {
		var out PaymentDay
		taken, err := q.PaymentsTaken(ctx, db.PaymentsTakenParams{FromTime: from, ToTime: to})
		if err != nil {
			return out, err
		}
		for i := range taken {
			out.Taken = append(out.Taken, listed(&taken[i]))
		}
		open, err := q.PaymentsOpen(ctx, from)
		for i := range open {
			row := db.PaymentsTakenRow(open[i])
			out.Open = append(out.Open, listed(&row))
		}
		return out, err
	})
}

// PaymentsWaiting counts the payments somebody waits for, by biller and state; those
// there are none of are not in it.
func (d *Desk) PaymentsWaiting(ctx context.Context) ([]PaymentsWaiting, error) {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.PaymentsWaitingRow, error) {
		return q.PaymentsWaiting(ctx)
	})
	out := make([]PaymentsWaiting, len(rows))
	for i, r := range rows {
		out[i] = PaymentsWaiting{Biller: r.Biller, State: payments.State(r.State), Count: r.Payments, Amount: payments.Amount(r.Amount)}
	}
	return out, err
}

// daySpan is a day's first moment and the first after it.
func daySpan(day string) (from, to time.Time, err error) {
	at, err := time.ParseInLocation(time.DateOnly, day, china)
	if err != nil || at.Year() < 2000 || at.Year() > 9000 {
		return from, to, invalid("a day is written 2026-01-31")
	}
	return at.UTC(), at.AddDate(0, 0, 1).UTC(), nil
}

func listed(r *db.PaymentsTakenRow) Payment {
	return Payment{
		Payment: payments.Payment{
			ID: r.ID, Biller: r.Biller, Amount: payments.Amount(r.Amount), Means: payments.Means(r.Means), State: payments.State(r.State),
			Reason: casework.Reason(r.Reason), Receipt: r.Receipt, Version: r.Version,
		},
		Number: r.Number, System: r.System, Purpose: purposeCode(r.Purpose), Work: r.Work, Taken: r.Taken, Changed: r.Changed,
		Answered: orNever(r.Answered), Delivery: DeliveryState(r.Outbox), Expired: r.Expired,
	}
}

func orNever(at *time.Time) time.Time {
	if at == nil {
		return time.Time{}
	}
	return *at
}

func paymentOf(r *db.PaymentByIDRow) Payment {
	return listed(&db.PaymentsTakenRow{
		ID: r.ID, Number: r.Number, Biller: r.Biller, System: r.System, Purpose: r.Purpose, Amount: r.Amount, Means: r.Means, State: r.State,
		Reason: r.Reason, Receipt: r.Receipt, Version: r.Version, Work: r.Work, Taken: r.Taken, Changed: r.Changed, Answered: r.Answered,
		Expired: r.Sealed == nil, Outbox: r.Outbox,
	})
}

// Payment returns a payment with what is sealed of it. That it was shown is in the
// audit trail when it is; where that can't be written, nothing is returned. The errors
// are ErrUnknownPayment and ErrNotYours.
func (d *Desk) Payment(ctx context.Context, who Who, id string) (PaymentDetail, error) {
	if err := who.ofStation(); err != nil {
		return PaymentDetail{}, err
	}
	var out PaymentDetail
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		row, err := w.payment(ctx, id, false)
		if err != nil {
			return err
		}
		out = PaymentDetail{Payment: paymentOf(row)}
		out.Allowed = payments.Allowed(&out.Payment.Payment, who.Role)
		if out.Delivery != DeliveryWaiting {
			out.Allowed = slices.DeleteFunc(out.Allowed, func(e payments.EventType) bool { return e == payments.Cancel })
		}
		if out.History, err = w.history(ctx, id); err != nil || row.Sealed == nil {
			return err
		}
		s, err := d.openSlip(row)
		if err != nil {
			return err
		}
		out.Customer, out.Period = s.Customer, s.Period
		w.use(who, payments.ActShow, &out.Payment, d.now(), shownCodes)
		return nil
	})
	if err != nil {
		return PaymentDetail{}, err
	}
	return out, nil
}

// shownCodes are of what is opened when a payment is looked at.
var shownCodes = joined([]courier.Code{payments.CustomerNumber, payments.PaymentPeriod})

func (d *Desk) openSlip(row *db.PaymentByIDRow) (slip, error) {
	var s slip
	plain, err := d.keys.Open.Open(row.Sealed, PaymentContext(row.ID))
	if err != nil || json.Unmarshal(plain, &s) != nil {
		return slip{}, errSealed
	}
	return s, nil
}

// payment is a payment's row, which nobody can change until the transaction ends if it
// is to be changed in it.
func (w *work) payment(ctx context.Context, id string, toChange bool) (*db.PaymentByIDRow, error) {
	if !uuidForm.MatchString(id) {
		return nil, ErrUnknownPayment
	}
	if toChange {
		if _, err := w.LockPayment(ctx, id); errors.Is(err, pgx.ErrNoRows) {
			return nil, ErrUnknownPayment
		} else if err != nil {
			return nil, err
		}
	}
	row, err := w.PaymentByID(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrUnknownPayment
	}
	return &row, err
}

// history is what happened to a payment, without where the money went.
func (w *work) history(ctx context.Context, id string) ([]payments.Journal, error) {
	rows, err := w.JournalsOfPayment(ctx, id)
	out := make([]payments.Journal, len(rows))
	for i := range rows {
		out[i] = journalOf(&rows[i])
	}
	return out, err
}

func journalOf(r *db.Ledger) payments.Journal {
	return payments.Journal{
		Payment: r.Payment, Biller: r.Biller, Event: payments.EventType(r.Event), At: r.At.UTC(),
		Actor: casework.Actor{Role: casework.Role(r.Role), Work: r.Work}, Reason: casework.Reason(r.Reason),
	}
}
