package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store/db"
)

// deskIdle is how long the desk keeps a connection it does not use.
const deskIdle = 4 * time.Second

// Desk is a community's database as its station has it.
type Desk struct {
	pool   *pgxpool.Pool
	config Config
	keys   Keys
}

// OpenDesk makes a Desk. It connects when it is used: a server that is down is no
// error here, a key for receipts that is too short is. Close it.
func OpenDesk(ctx context.Context, config Config, keys Keys) (*Desk, error) {
	if _, err := (casework.Receipt{}).Hash(keys.Receipts); err != nil {
		return nil, err
	}
	pool, err := open(ctx, &config, "desk", deskIdle)
	if err != nil {
		return nil, err
	}
	return &Desk{pool, config, keys}, nil
}

// Close waits until nothing uses the database and lets go of it.
func (d *Desk) Close() { d.pool.Close() }

// Ready reports whether the database answers and is migrated.
func (d *Desk) Ready(ctx context.Context) error { return ready(ctx, d.pool) }

// Pool is the desk's, for the jobs that share it.
func (d *Desk) Pool() *pgxpool.Pool { return d.pool }

func (d *Desk) calendar() *casework.Calendar {
	if d.config.Calendar == nil {
		return nil
	}
	return d.config.Calendar()
}

func (d *Desk) now() time.Time { return instant(d.config.Now()) }

// work is one transaction, and what is to be told once it is kept.
type work struct {
	*db.Queries

	applied []casework.Case
	booked  []payments.Journal
	// entries of the trail, records of deliveries and consignments that may have been
	// entered before, which are all written last.
	entries []casework.Entry
	records []courier.Record
	entered []courier.Consignment
}

// in does something in one transaction: all of it is kept, or nothing is. It is tried
// again where another transaction made it fail.
func (d *Desk) in(ctx context.Context, do func(context.Context, *work) error) error {
	var w *work
	err := steadily(ctx, d.pool, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
			w = &work{Queries: db.New(tx)}
			if err := do(ctx, w); err != nil {
				return err
			}
			return d.finish(ctx, w)
		})
	})
	if err == nil {
		d.tell(w)
	}
	return err
}

// finish writes what takes the locks that put all entries and records in order, and so
// comes last in a transaction, and always in this order.
func (d *Desk) finish(ctx context.Context, w *work) error {
	if err := w.appendEntries(ctx); err != nil {
		return err
	}
	return d.appendRecords(ctx, w)
}

func (d *Desk) tell(w *work) {
	if d.config.Applied != nil {
		for _, c := range w.applied {
			d.config.Applied(c)
		}
	}
	if d.config.Booked != nil {
		for _, j := range w.booked {
			d.config.Booked(j)
		}
	}
}

// read reads what needs no transaction.
func read[T any](ctx context.Context, d *Desk, do func(context.Context, *db.Queries) (T, error)) (T, error) {
	var out T
	err := steadily(ctx, d.pool, func(ctx context.Context) error {
		var err error
		out, err = do(ctx, db.New(d.pool))
		return err
	})
	return out, err
}

// Find returns the case of a number, of a receipt code or of a work order's number
// where it came from, as rows: several where systems use the same number; none when
// there is no such case, or it is not the actor's to see. Nothing else finds a case: not
// a name, a number of a telephone or an address.
func (d *Desk) Find(ctx context.Context, who Who, text string) ([]Row, error) {
	orders, err := d.byReference(ctx, who, text)
	if err != nil {
		return nil, err
	}
	id, err := d.lookUp(ctx, text)
	if errors.Is(err, pgx.ErrNoRows) {
		return orders, nil
	}
	if err != nil {
		return nil, err
	}
	found, err := d.rows(ctx, who, "c.id = $1", []any{id}, "c.id", 1)
	if err != nil {
		return nil, err
	}
	return append(found, slices.DeleteFunc(orders, func(r Row) bool { return r.ID == id })...), nil
}

// lookUp returns the id of the case of a number or of a receipt code; pgx.ErrNoRows
// where there is none.
func (d *Desk) lookUp(ctx context.Context, text string) (string, error) {
	if number, ok := parseNumber(text); ok {
		return read(ctx, d, func(ctx context.Context, q *db.Queries) (string, error) { return q.CaseByNumber(ctx, number) })
	}
	receipt, err := casework.ParseReceipt(text)
	if err != nil {
		return "", pgx.ErrNoRows // nothing has that
	}
	hash, err := receipt.Hash(d.keys.Receipts)
	if err != nil {
		return "", err
	}
	return read(ctx, d, func(ctx context.Context, q *db.Queries) (string, error) { return q.CaseByReceipt(ctx, hash[:]) })
}

// permitted reports whether the actor may see a case at all.
func (who Who) permitted(grid string) error {
	switch who.Role {
	case casework.Staff, casework.Lead:
		return nil
	case casework.GridWorker:
		if who.Grid != "" && who.Grid == grid {
			return nil
		}
		return ErrNotYours
	case casework.Resident, casework.System:
	}
	return fmt.Errorf("%w: the role %s does not work at the desk", ErrNotYours, who.Role)
}
