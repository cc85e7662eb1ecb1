package store_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/clerk"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// A district's server carries two hundred communities, each with a portal and a desk
// that have something to do now and then, on 500 connections.
func TestTwoHundredCommunities(t *testing.T) {
	const communities, most, watched = 200, 500, 30 * time.Second
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
	var submitted, taken atomic.Int64
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
	}
	highest, rest := watch(t, server, watched)
	cancel()
	wait.Wait()
	t.Logf("%d submissions and %d cases seen in %v; at most %d connections, %d in the middle", submitted.Load(), taken.Load(), watched, highest, rest)
	if highest > most || submitted.Load() < communities || taken.Load() < communities/2 {
		t.Errorf("at most %d connections, %d submissions, %d cases", highest, submitted.Load(), taken.Load())
	}
	t.Logf("%v until done", time.Since(began).Round(time.Second))
	// Where nothing is to do, portals let go of the server.
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		n := portals(t, server)
		if n == 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections of portals that do nothing", n)
		}
	}
}

// nowAndThen submits at a portal every so often, looks into the queue, and later
// whether the clerk has come to it.
func (h *home) nowAndThen(ctx context.Context, submitted, taken *atomic.Int64) {
	often := func(err error) {
		if err != nil && ctx.Err() == nil {
			h.t.Error(err)
		}
	}
	for pause(ctx) {
		f := h.form(casework.Opinion, aLetter)
		_, err := h.portal.Submit(ctx, f.Submission)
		often(err)
		submitted.Add(1)
		_, err = h.desk.Queue(ctx, staff, store.Query{})
		often(err)
		if !pause(ctx) {
			return
		}
		p, err := h.portal.Progress(ctx, f.Receipt)
		often(err)
		if p.Step != "" {
			taken.Add(1)
		}
	}
}

// pause waits up to a quarter of a minute, and reports false when the context ends.
func pause(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(rand.N(15 * time.Second)):
		return true
	}
}

// watch counts connections for a while: the most there were, and those half of the
// time.
func watch(t *testing.T, server *storetest.Server, d time.Duration) (most, median int) {
	t.Helper()
	admin, err := server.Admin(t.Context(), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	var seen []int
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
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

func portals(t *testing.T, server *storetest.Server) int {
	t.Helper()
	admin, err := server.Admin(t.Context(), "postgres")
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	var n int
	if err := admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'shequ-portal'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
