package store

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// CountTill closes the till with cash: what was found in it is kept beside what the books
// said at that moment, and the difference is booked to an account of its own, so that
// the books say what is there. Counted again, it comes right. id is a UUID drawn with the
// form: sent twice, it is one count. The errors are ErrNotYours, ErrInvalid, ErrReused.
func (d *Desk) CountTill(ctx context.Context, who Who, id string, counted payments.Amount) error {
	if err := who.ofLead(); err != nil {
		return err
	}
	return d.in(ctx, func(ctx context.Context, w *work) error {
		if _, err := w.LockLedgerHead(ctx); err != nil {
			return err // nothing is booked between the look and the difference
		}
		booked, err := w.Balance(ctx, string(payments.Till(payments.Cash)))
		if err != nil {
			return err
		}
		now := d.now()
		j, err := payments.Count(id, payments.Cash, counted, payments.Amount(booked), who.Actor, now)
		if err != nil {
			return invalid(err.Error())
		}
		n, err := w.InsertTillCount(ctx, db.InsertTillCountParams{
			ID: id, Day: dateOf(now), At: now, Work: who.Work, Counted: int64(counted), Booked: booked,
		})
		if err != nil {
			return err
		}
		if n == 0 {
			before, err := w.TillCountByID(ctx, id)
			if err == nil && before.Counted != int64(counted) {
				err = ErrReused
			}
			return err
		}
		w.note(who, payments.ActCount, id, now, "")
		return w.post(ctx, &j)
	})
}

// ErrUnknownCount says that there is no such count of the till.
var ErrUnknownCount = errors.New("there is no such count of the till; look it up in the books of its day")

// TillCount is one count of the till. The errors are ErrNotYours and ErrUnknownCount.
func (d *Desk) TillCount(ctx context.Context, who Who, id string) (TillCount, error) {
	if err := who.ofStation(); err != nil {
		return TillCount{}, err
	}
	if !uuidForm.MatchString(id) {
		return TillCount{}, ErrUnknownCount
	}
	row, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (db.TillCountByIDRow, error) { return q.TillCountByID(ctx, id) })
	if errors.Is(err, pgx.ErrNoRows) {
		err = ErrUnknownCount
	}
	return tillCount(db.TillCountsRow(row)), err
}

func tillCount(r db.TillCountsRow) TillCount {
	return TillCount{ID: r.ID, At: r.At, Work: r.Work, Counted: payments.Amount(r.Counted), Booked: payments.Amount(r.Booked)}
}

// ErrNotOwed says that more was to be paid over than is owed, or than there is.
var ErrNotOwed = errors.New("so much is not owed to the biller, or not in that till; look at the books of today")

// PayOver books that the lead paid a biller what is owed out of a till; id is a UUID
// drawn with the form: sent twice, it is booked once. The errors are ErrNotYours,
// ErrNotOwed, ErrReused and *payments.RefusedError.
func (d *Desk) PayOver(ctx context.Context, who Who, id, biller string, amount payments.Amount, from payments.Means) error {
	if err := who.ofLead(); err != nil {
		return err
	}
	if !uuidForm.MatchString(id) {
		return invalid("what is paid over has a UUID in lower case")
	}
	j, err := payments.PayOver(id, biller, amount, from, who.Actor, d.now())
	if err != nil {
		return err
	}
	return d.in(ctx, func(ctx context.Context, w *work) error {
		if _, err := w.LockLedgerHead(ctx); err != nil {
			return err // nobody else pays over the same meanwhile
		}
		before, err := w.postingsOf(ctx, id, payments.PaidOver)
		if err != nil {
			return err
		}
		if before != nil {
			if !slices.Equal(before, j.Postings) {
				return ErrReused
			}
			return nil
		}
		for account, least := range map[payments.Account]payments.Amount{payments.Owed(biller): amount, payments.Till(from): amount} {
			have, err := w.Balance(ctx, string(account))
			if err != nil {
				return err
			}
			if account.Kind() == payments.OwedKind {
				have = -have
			}
			if payments.Amount(have) < least {
				return ErrNotOwed
			}
		}
		w.note(who, payments.ActPayOver, id, j.At, "")
		return w.post(ctx, &j)
	})
}

// postingsOf is where the money of an event went; nil where it has not happened.
func (w *work) postingsOf(ctx context.Context, id string, e payments.EventType) ([]payments.Posting, error) {
	rows, err := w.PostingsOf(ctx, db.PostingsOfParams{Payment: id, Event: string(e)})
	var out []payments.Posting
	for _, r := range rows {
		out = append(out, payments.Posting{Account: payments.Account(r.Account), Amount: payments.Amount(r.Amount)})
	}
	return out, err
}
