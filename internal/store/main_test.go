package store_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

// t0 is a Monday in China.
var t0 = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

var (
	staff  = store.Who{Actor: casework.Actor{Role: casework.Staff, Work: "window-1"}, Station: "station"}
	second = store.Who{Actor: casework.Actor{Role: casework.Staff, Work: "window-2"}, Station: "station"}
	lead   = store.Who{Actor: casework.Actor{Role: casework.Lead, Work: "lead-1"}, Station: "station"}
	worker = store.Who{Actor: casework.Actor{Role: casework.GridWorker, Work: "g1-a", Grid: "g1"}, Station: "station"}
	other  = store.Who{Actor: casework.Actor{Role: casework.GridWorker, Work: "g2-a", Grid: "g2"}, Station: "station"}
)

// clock is what time it is in a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// home is a community's database, its portal and its desk.
type home struct {
	*storetest.Database

	t      testing.TB
	clock  *clock
	portal *store.Portal
	desk   *store.Desk
	// rules are what turns deliver; nil delivers nothing.
	rules atomic.Pointer[rules]
	once  sync.Once
	super *pgxpool.Pool
}

// grids says where places are: those east of 120° are in g1, those of 120° on a
// border, and the others nowhere.
type grids struct{}

func (grids) Locate(p store.Place) []casework.Candidate {
	switch {
	case p.Longitude > 120_0000000:
		return []casework.Candidate{{Grid: "g1", Level: 3}, {Grid: "community", Level: 2}}
	case p.Longitude == 120_0000000:
		return []casework.Candidate{{Grid: "g2", Level: 3}, {Grid: "g1", Level: 3}}
	}
	return nil
}

func newHome(t testing.TB) *home {
	t.Helper()
	return homeIn(t, storetest.NewDatabase(t))
}

func homeIn(t testing.TB, d *storetest.Database) *home {
	t.Helper()
	h := &home{Database: d, t: t, clock: &clock{now: t0}}
	config := func(c *store.Config) { c.Now, c.Locator, c.MaxConns, c.Compose = h.clock.Now, grids{}, 8, h.compose }
	h.portal, h.desk = d.Portal(t, config), d.Desk(t, config)
	return h
}

var drawn atomic.Int64

// uuid is another each time.
func uuid() string {
	var b [8]byte
	rand.Read(b[:])
	return fmt.Sprintf("%08x-0000-4000-8000-%08x%04x", drawn.Add(1), b[:4], b[4:6])
}

// form is a submission as it comes from a form, with its receipt.
type form struct {
	store.Submission
	receipt casework.Receipt
}

func (h *home) form(kind casework.Kind, letter store.Letter, change ...func(*store.Submission)) form {
	h.t.Helper()
	receipt, err := casework.NewReceipt(rand.Reader)
	if err != nil {
		h.t.Fatal(err)
	}
	hash, err := receipt.Hash(h.Keys.Receipts)
	if err != nil {
		h.t.Fatal(err)
	}
	id := uuid()
	plain, err := json.Marshal(letter)
	if err != nil {
		h.t.Fatal(err)
	}
	sealed, err := h.Keys.Public.Seal(plain, store.SubmissionContext(id))
	if err != nil {
		h.t.Fatal(err)
	}
	s := store.Submission{
		ID: id, Kind: kind, Channel: store.PortalChannel, Language: "zh-CN", Receipt: hash, Sealed: sealed,
		Terms: store.Terms{Item: "old-age-allowance", Task: "civil-affairs/allowance", Purpose: "service", RetentionDays: 30},
	}
	for _, c := range change {
		c(&s)
	}
	return form{s, receipt}
}

var aLetter = store.Letter{Fields: casework.Fields{"applicant-name": "a resident’s name", "phone-number": "13800000000"}}

// submit sends a submission and takes it in.
func (h *home) submit(kind casework.Kind, letter store.Letter, change ...func(*store.Submission)) form {
	h.t.Helper()
	f := h.form(kind, letter, change...)
	if _, err := h.portal.Submit(context.Background(), f.Submission); err != nil {
		h.t.Fatal(err)
	}
	h.takeIn()
	return f
}

func (h *home) takeIn() store.Intake {
	h.t.Helper()
	var sum store.Intake
	for {
		got, err := h.desk.TakeIn(context.Background())
		if err != nil {
			h.t.Fatal(err)
		}
		if got == (store.Intake{}) {
			return sum
		}
		sum.Taken, sum.SetAside = sum.Taken+got.Taken, sum.SetAside+got.SetAside
	}
}

func (h *home) progress(f form) store.Progress {
	h.t.Helper()
	p, err := h.portal.Progress(context.Background(), f.Receipt)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

// do applies an event to a case as it is.
func (h *home) do(who store.Who, id string, typ casework.EventType, with ...func(*casework.Event)) casework.Case {
	h.t.Helper()
	c, err := h.try(who, id, typ, with...)
	if err != nil {
		h.t.Fatalf("%s: %v", typ, err)
	}
	return c
}

func (h *home) try(who store.Who, id string, typ casework.EventType, with ...func(*casework.Event)) (casework.Case, error) {
	h.t.Helper()
	var version int64
	if err := h.admin().QueryRow(context.Background(), "SELECT version FROM cases WHERE id = $1", id).Scan(&version); err != nil {
		h.t.Fatal(err)
	}
	e := casework.Event{ID: uuid(), Type: typ, Version: version, Purpose: "service"}
	for _, w := range with {
		w(&e)
	}
	return h.desk.Do(context.Background(), who, id, e)
}

func because(r casework.Reason) func(*casework.Event) {
	return func(e *casework.Event) { e.Reason = r }
}

func to(p casework.Place) func(*casework.Event) { return func(e *casework.Event) { e.To = p } }

// checkTrail reads the whole trail and holds it against its head.
func (h *home) checkTrail() []casework.Entry {
	h.t.Helper()
	entries, err := readTrail(h.desk)
	if err != nil {
		h.t.Fatal(err)
	}
	head, err := h.desk.Head(context.Background())
	if err != nil {
		h.t.Fatal(err)
	}
	if err := casework.CheckTrail(entries, head); err != nil {
		h.t.Fatal(err)
	}
	return entries
}

func readTrail(d *store.Desk) ([]casework.Entry, error) {
	var out []casework.Entry
	for {
		page, err := d.Trail(context.Background(), int64(len(out))+1, 500)
		if err != nil || len(page) == 0 {
			return out, err
		}
		out = append(out, page...)
	}
}

// admin is the server's superuser in the database.
func (h *home) admin() *pgxpool.Pool {
	h.t.Helper()
	h.once.Do(func() {
		pool, err := h.Server.AdminPool(context.Background(), h.Name)
		if err != nil {
			h.t.Fatal(err)
		}
		h.t.Cleanup(pool.Close)
		h.super = pool
	})
	return h.super
}
