package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// Deliveries are those of a case, what is on record first: what went, was withheld or
// given up, and what waits, with each system's answer. The errors are ErrUnknownCase
// and ErrNotYours.
func (d *Desk) Deliveries(ctx context.Context, who Who, caseID string) ([]Delivery, error) {
	if !uuidForm.MatchString(caseID) {
		return nil, ErrUnknownCase
	}
	var out []Delivery
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		row, err := w.CaseByID(ctx, caseID)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrUnknownCase
		}
		if err != nil {
			return err
		}
		if err := who.permitted(row.Grid); err != nil {
			return err
		}
		out, err = w.deliveries(ctx, caseID)
		for i := range out {
			out[i].Number = row.Number
		}
		return err
	})
	return out, err
}

// deliveries of a case, or of something else with an identifier.
func (w *work) deliveries(ctx context.Context, id string) ([]Delivery, error) {
	// The outbox first: what is sent meanwhile is then there twice and not never.
	waiting, err := w.MessagesOfCase(ctx, id)
	if err != nil {
		return nil, err
	}
	recorded, err := w.DeliveriesOfCase(ctx, id)
	if err != nil {
		return nil, err
	}
	replies, err := w.RepliesOfCase(ctx, id)
	if err != nil {
		return nil, err
	}
	out := make([]Delivery, 0, len(recorded)+len(waiting))
	for i := range recorded {
		out = append(out, onRecord(&recorded[i]))
	}
	for i := range waiting {
		m := &waiting[i]
		if slices.ContainsFunc(recorded, func(r db.Delivery) bool { return r.Key == m.Key }) {
			continue
		}
		out = append(out, Delivery{
			Key: courier.Key(m.Key), Case: m.CaseID, Task: m.Task, System: m.System, Purpose: purposeCode(m.Purpose), Version: m.Version,
			State: DeliveryState(m.State), At: m.Entered, NotBefore: m.NotBefore, Failures: m.Failures, Why: m.Why,
			Codes: m.Codes, Refused: m.Refused, Message: hashOf(m.Message),
		})
		if m.State != string(courier.Waiting) {
			out[len(out)-1].NotBefore = time.Time{}
		}
	}
	for i := range replies {
		r := &replies[i]
		for j := range out {
			if o := &out[j]; o.Key == courier.Key(r.Key) {
				o.Verdict, o.Reason, o.Reference = courier.Verdict(r.Verdict), casework.Reason(r.Reason), r.Reference
				o.Reply, o.Cause = ReplyState(r.State), casework.Cause(r.Cause)
			}
		}
	}
	return out, nil
}

// onRecord is a delivery as its record tells it.
func onRecord(row *db.Delivery) Delivery {
	e := deliveryEntry(row)
	r := &e.Record
	return Delivery{
		Key: r.Key, Case: r.Case, Task: r.Task, System: r.System, Purpose: r.Purpose, Version: r.Version, State: DeliveryState(r.Act), At: r.At,
		Codes: r.Codes, Refused: r.Refused, Verdict: r.Verdict, Reason: r.Reason, Message: r.Message, Sequence: e.Sequence,
	}
}

// ofStation refuses whoever is neither staff nor lead.
func (who Who) ofStation() error {
	if who.Role != casework.Staff && who.Role != casework.Lead {
		return fmt.Errorf("%w: the station's staff sees to what could not be delivered", ErrNotYours)
	}
	return nil
}

// deadKey tells pages of dead messages from those of other lists.
const deadKey = "dead"

// Dead is a page of the messages that wait for somebody at the desk, those that were
// entered first before the others: after is the next of the page before, empty for
// the first; size is 1 to 100, 0 means 50. Next is empty on the last.
func (d *Desk) Dead(ctx context.Context, who Who, after string, size int) (page []Delivery, next string, err error) {
	if err := who.ofStation(); err != nil {
		return nil, "", err
	}
	from := db.DeadMessagesParams{AfterKey: "00000000-0000-0000-0000-000000000000"}
	if after != "" {
		if from.AfterEntered, from.AfterKey, err = readCursor(deadKey, after); err != nil {
			return nil, "", err
		}
	}
	if size <= 0 {
		size = 50
	}
	size = min(size, 100)
	from.Most = int32(size) + 1
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.DeadMessagesRow, error) {
		return q.DeadMessages(ctx, from)
	})
	if err != nil {
		return nil, "", err
	}
	if len(rows) > size {
		rows = rows[:size]
		next = cursor(deadKey, rows[size-1].Entered, rows[size-1].Key)
	}
	for i := range rows {
		m := &rows[i]
		page = append(page, Delivery{
			Key: courier.Key(m.Key), Case: m.CaseID, Number: m.Number, Task: m.Task, System: m.System, Purpose: purposeCode(m.Purpose),
			Version: m.Version, State: DeliveryDead, At: m.Entered, Failures: m.Failures, Why: m.Why, Codes: m.Codes, Refused: m.Refused,
			Message: hashOf(m.Message),
		})
	}
	return page, next, nil
}

// Waiting is what waits for each system, by name; systems for which nothing does are
// not in it.
func (d *Desk) Waiting(ctx context.Context, who Who) ([]SystemBacklog, error) {
	if err := who.ofStation(); err != nil {
		return nil, err
	}
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.BacklogRow, error) { return q.Backlog(ctx) })
	return backlog(rows), err
}

func backlog(rows []db.BacklogRow) []SystemBacklog {
	out := make([]SystemBacklog, len(rows))
	for i, r := range rows {
		out[i] = SystemBacklog(r)
	}
	return out
}

// Replay has a dead message tried again, as if it had never failed. That is in the
// audit trail. The error is ErrUnknownMessage where no dead message has the key.
func (d *Desk) Replay(ctx context.Context, who Who, key courier.Key) error {
	return d.decide(ctx, who, key, func(ctx context.Context, w *work, at time.Time) (casework.Use, error) {
		m, err := w.ReplayMessage(ctx, db.ReplayMessageParams{Now: at, Key: string(key)})
		return casework.Use{Act: casework.ReplayMessage, Case: m.CaseID, Purpose: purposeCode(m.Purpose), Task: m.Task, Codes: m.Codes}, err
	})
}

// GiveUp takes a dead message away for good. That is on record, and in the audit
// trail. The error is ErrUnknownMessage where no dead message has the key.
func (d *Desk) GiveUp(ctx context.Context, who Who, key courier.Key) error {
	return d.decide(ctx, who, key, func(ctx context.Context, w *work, at time.Time) (casework.Use, error) {
		m, err := w.GiveUpMessage(ctx, string(key))
		if err != nil {
			return casework.Use{}, err
		}
		f := courier.Facts{Case: m.CaseID, Task: m.Task, System: m.System, Purpose: purposeCode(m.Purpose), Version: m.Version}
		record, err := courier.NewRecord(courier.GivenUp, f, courier.Message{}, m.Refused, at)
		// What it would have carried is known without opening it.
		record.Codes, record.Message = m.Codes, hashOf(m.Message)
		w.records = append(w.records, record)
		return casework.Use{Act: casework.GiveUpMessage, Case: m.CaseID, Purpose: f.Purpose, Task: m.Task, Codes: m.Codes}, err
	})
}

// decide does something with a dead message and notes who did.
func (d *Desk) decide(ctx context.Context, who Who, key courier.Key, do func(context.Context, *work, time.Time) (casework.Use, error)) error {
	if err := who.ofStation(); err != nil {
		return err
	}
	if !uuidForm.MatchString(string(key)) {
		return ErrUnknownMessage
	}
	return d.in(ctx, func(ctx context.Context, w *work) error {
		at := d.now()
		use, err := do(ctx, w, at)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrUnknownMessage
		}
		if err != nil {
			return err
		}
		use.At, use.Actor, use.File = at, who.Actor, string(key)
		w.record(casework.Entry{Use: use})
		return nil
	})
}
