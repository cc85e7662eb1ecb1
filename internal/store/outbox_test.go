package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// pending is the outbox as package courier sees it: what is under way with a lease that
// has ended waits since then.
func (h *home) pending(t *testing.T) []courier.Pending {
	t.Helper()
	rows, err := h.admin().Query(t.Context(), "SELECT key, case_id, system, version, state, not_before, claimed_until FROM outbox")
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (courier.Pending, error) {
		var p courier.Pending
		var until *time.Time
		err := row.Scan(&p.Key, &p.Case, &p.System, &p.Version, &p.State, &p.NotBefore, &until)
		if until != nil && !until.After(h.clock.Now()) {
			p.State, p.NotBefore = courier.Waiting, *until
		}
		return p, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Whatever the outbox holds, what is claimed is what courier.Next names: the first of
// each line, due, the oldest before the others; and what Due says agrees.
func TestClaimsAreTheHeadsOfLines(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 3))
	systems := []string{"a-system", "b-system", "c-system"}
	cases := []string{uuid(), uuid(), uuid(), uuid()}
	claimed := map[courier.Key]store.Parcel{}
	n := 0
	for round := range 120 {
		h.clock.pass(time.Duration(r.IntN(90)) * time.Second)
		if round < 60 {
			for range r.IntN(4) {
				h.enqueue(t, message(cases[r.IntN(4)], systems[r.IntN(3)], 1+r.Int64N(40)))
			}
		}
		system, most := systems[r.IntN(3)], 1+r.IntN(4)
		all := slices.DeleteFunc(h.pending(t), func(p courier.Pending) bool { return p.System != system })
		var want []courier.Key
		for _, p := range courier.Next(all, h.clock.Now(), most) {
			want = append(want, p.Key)
		}
		h.due(t, c)
		got, err := c.Claim(t.Context(), system, most, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		var keys []courier.Key
		for _, p := range got {
			keys = append(keys, p.Key)
			claimed[p.Key] = p
		}
		// Next orders by time, and so does a claim; of what has the same time either may.
		slices.Sort(keys)
		slices.Sort(want)
		if len(all) > 0 && !slices.Equal(keys, want) && !h.sameTime(want, keys, all) {
			t.Fatalf("round %d: claimed %v, want %v of %+v", round, keys, want, all)
		}
		n += len(keys)
		for key, p := range claimed {
			if r.IntN(3) > 0 {
				continue // its lease will end
			}
			settle(t, c, randomSettlement(r, p, h.clock.Now()))
			delete(claimed, key)
		}
	}
	if n < 40 {
		t.Errorf("%d claims: too few to show anything", n)
	}
	h.checkDeliveries(t)
}

// sameTime reports whether two choices differ in messages of the same time only.
func (h *home) sameTime(a, b []courier.Key, all []courier.Pending) bool {
	times := func(keys []courier.Key) (out []time.Time) {
		for _, p := range all {
			if slices.Contains(keys, p.Key) {
				out = append(out, p.NotBefore)
			}
		}
		slices.SortFunc(out, time.Time.Compare)
		return out
	}
	return len(a) == len(b) && slices.EqualFunc(times(a), times(b), time.Time.Equal)
}

func randomSettlement(r *rand.Rand, p store.Parcel, now time.Time) store.Settlement {
	s := store.Settlement{Key: p.Key, Parcel: &p, At: now, Why: "status-503"}
	switch r.IntN(4) {
	case 0:
		s.Dead = true
	case 1:
		s.Later, s.Failed = now.Add(time.Duration(r.IntN(300))*time.Second), r.IntN(2) == 0
	default:
		s.Delivered = &courier.Outcome{}
	}
	return s
}

// due holds what Due says against the outbox.
func (h *home) due(t *testing.T, c *store.Courier) {
	t.Helper()
	systems, next, err := c.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	now := h.clock.Now()
	var want []string
	var later time.Time
	all := h.pending(t)
	for _, p := range courier.Next(all, now, len(all)) {
		want = append(want, p.System)
	}
	rows, err := h.admin().Query(t.Context(), "SELECT coalesce(claimed_until, not_before) FROM outbox WHERE state <> 'dead' AND coalesce(claimed_until, not_before) > $1", now)
	if err != nil {
		t.Fatal(err)
	}
	times, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		t.Fatal(err)
	}
	if len(times) > 0 {
		later = slices.MinFunc(times, time.Time.Compare)
	}
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(systems, want) || !next.Equal(later) {
		t.Fatalf("due are %v and next %v, want %v and %v", systems, next, want, later)
	}
}

// fill puts so many messages of so many cases for a system into the outbox, sealed as
// nothing: what is in them is of no matter to where they are found.
func (h *home) fill(t *testing.T, system string, messages, cases int) {
	t.Helper()
	_, err := h.admin().Exec(t.Context(), `INSERT INTO outbox (key, case_id, task, system, purpose, version, sealed, codes, refused, tell_only, entered, not_before)
		SELECT gen_random_uuid(), md5((i % $3)::text)::uuid, 'dept/task', $1, 'service', i / $3 + 1, '', '', '', false, $4::timestamptz, $4::timestamptz + make_interval(secs => i % 1000)
		FROM generate_series(0, $2 - 1) i`, system, messages, cases, t0.Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
}

// A claim over a backlog of a hundred thousand messages walks an index, whatever the
// server has found out about the table: it sorts nothing, reads nothing from end to
// end, and looks at few more rows than it takes.
func TestClaimsWalkAnIndex(t *testing.T) {
	h := newHome(t)
	h.fill(t, "a-system", 100_000, 20_000)
	h.fill(t, "b-system", 10, 10)
	for _, known := range []bool{false, true} {
		if known {
			if _, err := h.admin().Exec(t.Context(), "ANALYZE outbox"); err != nil {
				t.Fatal(err)
			}
		}
		claim := strings.NewReplacer("@until", "now()", "@system", "'a-system'", "@now", "now()", "@most", "50").Replace(query(t, "ClaimMessages"))
		plan := h.explain(t, claim)
		if contains(plan, "Seq Scan") || contains(plan, "Sort") || !contains(plan, "outbox_ready") || !contains(plan, "outbox_line") {
			t.Errorf("a claim, analyzed %v:\n%s", known, plan)
		}
		if n := rowsLookedAt(t, plan); n > 2000 {
			t.Errorf("a claim of 50 looks at %d rows, analyzed %v:\n%s", n, known, plan)
		}
		due := h.explain(t, strings.NewReplacer("@now", "now()", "@never", "'infinity'").Replace(query(t, "Due")))
		if contains(due, "Seq Scan") || rowsLookedAt(t, due) > 2000 {
			t.Errorf("a look, analyzed %v:\n%s", known, due)
		}
	}
}

// query is one of the courier's, as it is written.
func query(t *testing.T, name string) string {
	t.Helper()
	all, err := os.ReadFile("queries/courier.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(all), "-- name: "+name+" :many")
	sql, _, ended := strings.Cut(after, ";")
	if !found || !ended {
		t.Fatalf("there is no query %s", name)
	}
	return sql
}

// explain runs a statement as the courier and takes it back.
func (h *home) explain(t *testing.T, sql string) string {
	t.Helper()
	conn := h.Connect(t, storetest.Courier)
	defer conn.Close(context.Background())
	// As the courier's connections have it (TestTheCourierWalks).
	if _, err := conn.Exec(t.Context(), "SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off"); err != nil {
		t.Fatal(err)
	}
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	rows, err := tx.Query(t.Context(), "EXPLAIN (ANALYZE, TIMING OFF) "+sql)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// rowsLookedAt adds up what index scans found, and what was thrown away.
func rowsLookedAt(t *testing.T, plan string) int {
	t.Helper()
	sum, scans := 0, 0
	for line := range strings.Lines(plan) {
		var rows, loops int
		if _, after, is := strings.Cut(line, "(actual rows="); is && contains(line, "Index") {
			if _, err := fmt.Sscanf(after, "%d loops=%d", &rows, &loops); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			sum, scans = sum+rows*loops, scans+1
		}
		if _, after, is := strings.Cut(line, "Rows Removed by Filter:"); is {
			if _, err := fmt.Sscanf(after, "%d", &rows); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			sum += rows
		}
	}
	if scans == 0 {
		t.Fatalf("no index is used:\n%s", plan)
	}
	return sum
}

// Several couriers that claim and settle at once deliver each message once on record,
// and those of a case one after the other.
func TestOrderUnderConcurrentClaims(t *testing.T) {
	h := newHome(t)
	const cases, versions, couriers = 20, 6, 4
	var all []courier.Consignment
	for i := range cases {
		id := uuid()
		for v := range versions {
			all = append(all, message(id, []string{"a-system", "b-system"}[i%2], int64(v+1)))
		}
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	h.enqueue(t, all...)
	end := time.Now().Add(2 * time.Minute)
	together(couriers, func(i int) {
		c := h.Courier(t, func(c *store.Config) { c.Now = h.clock.Now })
		r := rand.New(rand.NewPCG(uint64(i), 4))
		for time.Now().Before(end) {
			systems, _, err := c.Due(context.Background())
			if err != nil {
				t.Error(err)
				return
			}
			if len(systems) == 0 && h.left(t) == 0 {
				return
			}
			for _, s := range systems {
				h.deliverSome(t, c, s, r)
			}
		}
		t.Error("not done within two minutes")
	})
	entries := h.checkDeliveries(t)
	last := map[string]int64{}
	for _, e := range entries {
		line := e.Record.Case + e.Record.System
		if e.Record.Version != last[line]+1 || e.Record.Act != courier.Delivered {
			t.Errorf("%s of version %d after %d", e.Record.Act, e.Record.Version, last[line])
		}
		last[line] = e.Record.Version
	}
	if len(entries) != len(all) {
		t.Errorf("%d of %d on record", len(entries), len(all))
	}
}

func (h *home) deliverSome(t *testing.T, c *store.Courier, system string, r *rand.Rand) {
	t.Helper()
	parcels, err := c.Claim(context.Background(), system, 1+r.IntN(5), time.Hour)
	if err != nil {
		t.Error(err)
		return
	}
	var out []store.Settlement
	for i := range parcels {
		s := store.Settlement{Key: parcels[i].Key, Parcel: &parcels[i], At: h.clock.Now(), Delivered: &courier.Outcome{}}
		if r.IntN(4) == 0 {
			s.Delivered, s.Later, s.Failed = nil, h.clock.Now(), true
		}
		out = append(out, s)
	}
	if err := c.Settle(context.Background(), out); err != nil {
		t.Error(err)
	}
}

func (h *home) left(t testing.TB) int {
	t.Helper()
	var n int
	if err := h.admin().QueryRow(context.Background(), "SELECT count(*) FROM outbox").Scan(&n); err != nil {
		t.Error(err)
	}
	return n
}
