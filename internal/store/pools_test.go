package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/clerk"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// couriersLook is the longest time between two looks of a courier here; package rounds
// looks every 5 seconds, and less often at rest.
const couriersLook = 10 * time.Second

// A district's server carries two hundred communities, each with a portal, a desk and
// a courier that have something to do now and then, on 500 connections.
func TestTwoHundredCommunities(t *testing.T) {
	const communities, most, watched, patience = 200, 500, 30 * time.Second, 5 * time.Minute
	if testing.Short() {
		t.Skip("it takes two hundred databases")
	}
	began := time.Now()
	server := storetest.NewServer(t, storetest.Options{MaxConnections: 600})
	first := server.NewDatabase(t)
	databases := []*storetest.Database{first}
	for range communities - 1 {
		d, err := first.Clone(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		databases = append(databases, d)
	}
	t.Logf("%v for the databases", time.Since(began).Round(time.Second))
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	var submitted, taken, carried atomic.Int64
	for _, d := range databases {
		// As programs have them: a portal's pool, a desk's, and one of its clerk.
		one := func(c *store.Config) { c.MaxConns = 1 }
		h := &home{Database: d, t: t, portal: d.Portal(t), desk: d.Desk(t, one)}
		jobs, err := clerk.New(d.Desk(t, one), clerk.Config{})
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() { _ = jobs.Run(ctx) })
		wait.Go(func() { h.nowAndThen(ctx, &submitted, &taken) })
		carrier := d.Courier(t)
		wait.Go(func() { h.carry(ctx, carrier, &carried) })
	}
	began = time.Now()
	highest, rest := watch(t, server, func() bool {
		passed := time.Since(began)
		all := submitted.Load() >= communities && taken.Load() >= communities/2 && carried.Load() > 0
		return passed < watched || !all && passed < patience
	})
	cancel()
	wait.Wait()
	t.Logf("%d submissions, %d cases and %d messages seen in %v; at most %d connections, %d in the middle",
		submitted.Load(), taken.Load(), carried.Load(), time.Since(began).Round(time.Second), highest, rest)
	if highest > most || submitted.Load() < communities || taken.Load() < communities/2 || carried.Load() == 0 {
		t.Errorf("at most %d connections, %d submissions, %d cases, %d messages", highest, submitted.Load(), taken.Load(), carried.Load())
	}
	t.Logf("%v until done", time.Since(began).Round(time.Second))
	// Where nothing is to do, portals and couriers let go of the server.
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		n := letGo(t, server)
		if n == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections of portals and couriers that do nothing", n)
		}
	}
}

// later reports whether something has to be done again later, because this machine has
// too much to do: what is counted here is connections. Another error is the test's.
func (h *home) later(ctx context.Context, err error) bool {
	if err != nil && ctx.Err() == nil && !errors.Is(err, store.ErrBusy) && !errors.Is(err, store.ErrUnavailable) {
		h.t.Error(err)
	}
	return err != nil
}

// nowAndThen submits at a portal every so often, looks into the queue, and later
// whether the clerk has come to it.
func (h *home) nowAndThen(ctx context.Context, submitted, taken *atomic.Int64) {
	for pause(ctx) {
		f := h.form(casework.Opinion, aLetter)
		if _, err := h.portal.Submit(ctx, f.Submission); h.later(ctx, err) {
			continue
		}
		submitted.Add(1)
		if _, err := h.desk.Queue(ctx, staff, store.Query{}); h.later(ctx, err) || !pause(ctx) {
			continue
		}
		if p, err := h.portal.Progress(ctx, f.Receipt); !h.later(ctx, err) && p.Step != "" {
			taken.Add(1)
		}
	}
}

// carry looks what is to be sent and sends it, and now and then enters something.
func (h *home) carry(ctx context.Context, c *store.Courier, carried *atomic.Int64) {
	for pauseUpTo(ctx, couriersLook) {
		if rand.N(20) == 0 {
			h.later(ctx, h.desk.Enqueue(ctx, []courier.Consignment{message(uuid(), "a-system", 1)}))
		}
		systems, _, err := c.Due(ctx)
		if h.later(ctx, err) {
			continue
		}
		for _, system := range systems {
			parcels, err := c.Claim(ctx, system, 10, time.Minute)
			h.later(ctx, err)
			batch := make([]store.Settlement, len(parcels))
			for i := range parcels {
				batch[i] = store.Settlement{Key: parcels[i].Key, Parcel: &parcels[i], At: time.Now(), Delivered: &courier.Outcome{}}
			}
			if !h.later(ctx, c.Settle(ctx, batch)) {
				carried.Add(int64(len(batch)))
			}
		}
	}
}

// pause waits up to a quarter of a minute, and reports false when the context ends.
func pause(ctx context.Context) bool { return pauseUpTo(ctx, 15*time.Second) }

func pauseUpTo(ctx context.Context, most time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(rand.N(most)):
		return true
	}
}

// watch counts connections as long as it is to: the most there were, and those half of
// the time.
func watch(t *testing.T, server *storetest.Server, on func() bool) (most, median int) {
	t.Helper()
	admin, err := server.Admin(t.Context(), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	var seen []int
	for ; on(); time.Sleep(50 * time.Millisecond) {
		var n int
		err := admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&n)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, n)
	}
	slices.Sort(seen)
	return seen[len(seen)-1], seen[len(seen)/2]
}

func letGo(t *testing.T, server *storetest.Server) int {
	t.Helper()
	admin, err := server.Admin(t.Context(), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	var n int
	if err := admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name IN ('shequ-portal', 'shequ-courier')").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
