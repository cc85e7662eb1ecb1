package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// DeliveryChain returns at most limit entries of the chain of deliveries (10000 at
// most), from a sequence on, as DeliveryTrail does, to whoever has the database itself
// and no desk. The error is the database's.
func DeliveryChain(ctx context.Context, tx pgx.Tx, from int64, limit int) ([]courier.Entry, error) {
	rows, err := db.New(tx).DeliveryEntries(ctx, db.DeliveryEntriesParams{FromSequence: from, Most: int32(min(max(limit, 0), maxTrail))})
	if err != nil {
		return nil, err
	}
	return deliveryEntries(rows), nil
}

// DeliveryChainHead is the head the database says the chain of deliveries has. The
// error is the database's.
func DeliveryChainHead(ctx context.Context, tx pgx.Tx) (casework.Head, error) {
	row, err := db.New(tx).DeliveriesHead(ctx)
	if err != nil {
		return casework.Head{}, err
	}
	return casework.Head{Length: row.Length, Hash: hashOf(row.Hash)}, nil
}

func deliveryEntries(rows []db.Delivery) []courier.Entry {
	out := make([]courier.Entry, len(rows))
	for i := range rows {
		out[i] = deliveryEntry(&rows[i])
	}
	return out
}
