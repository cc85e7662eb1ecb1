package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store/db"
)

// courierIdle is how long the courier keeps a connection it does not use while there
// is something to send. Where nothing is, it keeps none (Due).
const courierIdle = 2 * time.Second

// walks has the server read what is due in the order of an index, and stop where there
// is enough. As long as it has no statistics of the outbox (it is empty most of the
// time, and full when a system was down) it would rather read and sort all of it.
// A way that is switched off and has no other beside it, as to the one row of a head,
// counts as so dear that jit would compile a program for every such look.
var walks = map[string]string{"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off", "jit": "off"}

// Courier is a community's database as whoever delivers to information systems has
// it: what waits to be sent, and where to put what became of it. It reads no case.
type Courier struct {
	pool   *pgxpool.Pool
	config Config
	keys   CourierKeys
}

// OpenCourier makes a Courier. It connects when it is used: a server that is down is
// no error here, a key for receipts that is too short is. Close it.
func OpenCourier(ctx context.Context, config Config, keys CourierKeys) (*Courier, error) {
	if _, err := (casework.Receipt{}).Hash(keys.Receipts); err != nil {
		return nil, err
	}
	if config.MaxConns <= 0 {
		config.MaxConns = 1
	}
	config.settings = walks
	pool, err := open(ctx, &config, "courier", courierIdle)
	if err != nil {
		return nil, err
	}
	return &Courier{pool, config, keys}, nil
}

// Close waits until nothing uses the database and lets go of it.
func (c *Courier) Close() { c.pool.Close() }

// Ready reports whether the database answers and is migrated.
func (c *Courier) Ready(ctx context.Context) error { return ready(ctx, c.pool) }

func (c *Courier) now() time.Time { return instant(c.config.Now()) }

// in does something in one transaction: all of it is kept, or nothing is.
func (c *Courier) in(ctx context.Context, do func(context.Context, *db.Queries) error) error {
	return steadily(ctx, c.pool, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { return do(ctx, db.New(tx)) })
	})
}

// Due are the systems to which something can be sent now, by name, and when the
// earliest later message may be, or a lease ends; zero where none does. It is one
// look, and writes nothing. Where nothing can be sent no connection is kept: the
// couriers of a district at rest hold none of its server's.
func (c *Courier) Due(ctx context.Context) (systems []string, next time.Time, err error) {
	var rows []db.DueRow
	err = steadily(ctx, c.pool, func(ctx context.Context) error {
		var err error
		rows, err = db.New(c.pool).Due(ctx, db.DueParams{Now: c.now(), Never: never})
		return err
	})
	defer func() {
		if len(systems) == 0 {
			c.pool.Reset()
		}
	}()
	next = never
	slices.SortFunc(rows, func(a, b db.DueRow) int { return cmp.Compare(a.System, b.System) })
	for _, r := range rows {
		if r.Due {
			systems = append(systems, r.System)
		}
		if r.Later.Before(next) {
			next = r.Later
		}
	}
	return systems, orZero(next), err
}

// Why a parcel is dead that nobody could have sent.
const (
	otherKey   = "other-key"  // it was sealed to another key than the courier's
	unreadable = "unreadable" // it was changed, or is no message
)

// Claim claims at most so many messages for a system that may be sent now, those that
// have waited longest first, of each case the first only: nobody else gets them until
// the lease ends, or they are settled. One whose lease has ended is claimed again. What
// can't be opened is dead, and not among them.
func (c *Courier) Claim(ctx context.Context, system string, most int, lease time.Duration) ([]Parcel, error) {
	now := c.now()
	until := instant(now.Add(lease))
	var out []Parcel
	err := c.in(ctx, func(ctx context.Context, q *db.Queries) error {
		out = nil
		rows, err := q.ClaimMessages(ctx, db.ClaimMessagesParams{Until: until, System: system, Now: now, Most: int32(min(max(most, 0), 1000))})
		if err != nil {
			return err
		}
		slices.SortFunc(rows, func(a, b db.ClaimMessagesRow) int {
			return cmp.Or(a.NotBefore.Compare(b.NotBefore), cmp.Compare(a.CaseID, b.CaseID))
		})
		var s settling
		for i := range rows {
			r := &rows[i]
			p, why := c.open(r)
			switch {
			case why != "":
				s.putOff(r.Key, string(courier.Dead), r.NotBefore, 0, why)
			case r.Stopped != "":
				if err := s.withhold(&p, r.Stopped, now); err != nil {
					return err
				}
			default:
				p.until = until
				out = append(out, p)
			}
		}
		return s.write(ctx, q)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// open opens a message, or says why nobody can.
func (c *Courier) open(r *db.ClaimMessagesRow) (Parcel, string) {
	facts := courier.Facts{Case: r.CaseID, Task: r.Task, System: r.System, Purpose: purposeCode(r.Purpose), Version: r.Version}
	m, err := unpack(c.keys.Open, r.Sealed, facts)
	switch {
	case errors.Is(err, seal.ErrOtherKey):
		return Parcel{}, otherKey
	case err != nil, string(facts.Key()) != r.Key:
		return Parcel{}, unreadable
	}
	return Parcel{
		Message: m, Key: courier.Key(r.Key), Refused: r.Refused, TellOnly: r.TellOnly, Failures: r.Failures, Entered: r.Entered,
	}, ""
}

// Backlog is what waits for each system, by name; systems for which nothing does are
// not in it.
func (c *Courier) Backlog(ctx context.Context) ([]SystemBacklog, error) {
	var rows []db.BacklogRow
	err := steadily(ctx, c.pool, func(ctx context.Context) error {
		var err error
		rows, err = db.New(c.pool).Backlog(ctx)
		return err
	})
	return backlog(rows), err
}

// maxNonce is the longest nonce, in characters.
const maxNonce = 128

// Nonce reports whether a system uses a nonce for the first time, and remembers it
// until a time.
func (c *Courier) Nonce(ctx context.Context, system, nonce string, until time.Time) (fresh bool, err error) {
	if nonce == "" || len(nonce) > maxNonce {
		return false, invalid("a nonce is 1 to 128 characters")
	}
	err = c.in(ctx, func(ctx context.Context, q *db.Queries) error {
		if err := q.ForgetNonces(ctx, c.now()); err != nil {
			return err
		}
		n, err := q.KeepNonce(ctx, db.KeepNonceParams{System: system, Nonce: nonce, Until: instant(until)})
		fresh = n == 1
		return err
	})
	return fresh && err == nil, err
}
