package store

import (
	"context"
	"fmt"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

func purposeCode(text string) v1alpha1.PurposeCode { return v1alpha1.PurposeCode(text) }

// hashBytes is a hash as it is kept: null where there is none.
func hashBytes(h casework.Hash) []byte {
	if h == (casework.Hash{}) {
		return nil
	}
	return h[:]
}

// hashOf reads what hashBytes wrote.
func hashOf(raw []byte) casework.Hash {
	var h casework.Hash
	copy(h[:], raw)
	return h
}

// deliveryRow is an entry of the chain of deliveries as it is kept.
func deliveryRow(e *courier.Entry) db.AppendDeliveriesParams {
	r := &e.Record
	return db.AppendDeliveriesParams{
		Sequence: e.Sequence, CaseID: r.Case, Task: r.Task, System: r.System, Version: r.Version, Purpose: string(r.Purpose), At: r.At,
		Act: string(r.Act), Verdict: string(r.Verdict), Reason: string(r.Reason), Key: string(r.Key), Codes: r.Codes, Refused: r.Refused,
		Message: hashBytes(r.Message), Evidence: r.Evidence, Previous: e.Previous[:], Hash: e.Hash[:],
	}
}

// deliveryEntry reads an entry as it is kept.
func deliveryEntry(row *db.Delivery) courier.Entry {
	return courier.Entry{
		Sequence: row.Sequence, Previous: hashOf(row.Previous), Hash: hashOf(row.Hash),
		Record: courier.Record{
			Case: row.CaseID, Task: row.Task, System: row.System, Version: row.Version, Purpose: purposeCode(row.Purpose), At: row.At.UTC(),
			Act: courier.Act(row.Act), Verdict: courier.Verdict(row.Verdict), Reason: casework.Reason(row.Reason), Key: courier.Key(row.Key),
			Codes: row.Codes, Refused: row.Refused, Message: hashOf(row.Message), Evidence: row.Evidence,
		},
	}
}

// chain appends records to the chain of deliveries. The caller has locked the head,
// and does nothing else with the database afterwards.
func chain(ctx context.Context, q *db.Queries, head db.LockDeliveriesHeadRow, records []courier.Record) error {
	at := casework.Head{Length: head.Length, Hash: casework.Hash(head.Hash)}
	rows := make([]db.AppendDeliveriesParams, len(records))
	for i, r := range records {
		var e courier.Entry
		e, at = courier.Append(at, r)
		rows[i] = deliveryRow(&e)
	}
	if _, err := q.AppendDeliveries(ctx, rows); err != nil {
		return fmt.Errorf("write to the record of deliveries: %w", err)
	}
	return q.MoveDeliveriesHead(ctx, db.MoveDeliveriesHeadParams{Length: at.Length, Hash: at.Hash[:]})
}

// appendRecords writes what is to be on record, and enters what was to be entered.
func (d *Desk) appendRecords(ctx context.Context, w *work) error {
	if len(w.records) == 0 && len(w.entered) == 0 {
		return nil
	}
	head, err := w.LockDeliveriesHead(ctx)
	if err != nil {
		return err
	}
	if err := d.enterOnce(ctx, w); err != nil {
		return err
	}
	if len(w.records) == 0 {
		return nil
	}
	return chain(ctx, w.Queries, head, w.records)
}

// DeliveryTrail returns at most limit entries of the chain of deliveries (10000 at
// most), from a sequence on, for courier.CheckPage.
func (d *Desk) DeliveryTrail(ctx context.Context, from int64, limit int) ([]courier.Entry, error) {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.Delivery, error) {
		return q.DeliveryEntries(ctx, db.DeliveryEntriesParams{FromSequence: from, Most: int32(min(max(limit, 0), maxTrail))})
	})
	if err != nil {
		return nil, err
	}
	return deliveryEntries(rows), nil
}

// DeliveryHead is the length and last hash of the chain of deliveries: what is
// published.
func (d *Desk) DeliveryHead(ctx context.Context) (casework.Head, error) {
	row, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (db.DeliveriesHeadRow, error) { return q.DeliveriesHead(ctx) })
	if err != nil {
		return casework.Head{}, err
	}
	return casework.Head{Length: row.Length, Hash: casework.Hash(row.Hash)}, nil
}
