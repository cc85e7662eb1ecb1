package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// fill makes cases of all sorts: a fifth open, in fifty grids, of forty items, some of
// them held by one of thirty positions.
const fill = `
INSERT INTO submissions (id, receipt, kind, item, terms, urgency, channel, work, language, state, received)
SELECT gen_random_uuid(), sha256(n::text::bytea), (ARRAY['application','help-request','opinion','mediation','work-order'])[1 + n %% 5],
	'item-' || n %% 40, '{}', 'ordinary', 'portal', '', 'zh-CN', 'taken', now() - n * interval '7 seconds'
FROM generate_series(1, %d) n;
INSERT INTO cases (id, number, kind, item, urgency, step, version, grid, station, system, holder, paused, round, response, resolution,
	satisfaction, rated_round, received, updated, due, alarm, ended, open, was_late, responded, satisfied, allowed, reopen_until,
	routed, doubt, among, deliverable)
SELECT id, '2026-' || lpad(n::text, 7, '0'), kind, item, urgency, CASE WHEN n %% 5 = 0 THEN 'registered' ELSE 'closed' END, 3,
	CASE WHEN n %% 3 = 0 THEN 'grid-' || n %% 50 ELSE '' END, '', '', CASE WHEN n %% 2 = 0 THEN 'window-' || n %% 30 ELSE '' END, '',
	1, 0, 0, 0, 0, received, received + interval '1 day', CASE WHEN n %% 5 = 0 THEN received + interval '30 days' ELSE '9999-12-31' END, '9999-12-31',
	CASE WHEN n %% 5 = 0 THEN '9999-12-31' ELSE received + interval '3 days' END, n %% 5 = 0, false, true, false, '{}', '9999-12-31',
	'', '', '{}', true
FROM (SELECT id, kind, item, urgency, received, row_number() OVER () AS n FROM submissions) s;
`

var lead = store.Who{Actor: casework.Actor{Role: casework.Lead, Work: "window-10"}, Station: "station"}

// queue measures pages of every view, over many cases.
func (b *bench) queue(ctx context.Context, d *storetest.Database) error {
	admin, err := d.Server.Admin(ctx, d.Name)
	if err != nil {
		return err
	}
	defer admin.Close(ctx) //nolint:errcheck // it has done what it is for
	began := time.Now()
	if _, err := admin.Exec(ctx, fmt.Sprintf(fill, b.cases)); err != nil {
		return err
	}
	if _, err := admin.Exec(ctx, "VACUUM ANALYZE cases"); err != nil {
		return err
	}
	fmt.Printf("queue: %d cases, a fifth of them open (%v to make them)\n", b.cases, time.Since(began).Round(time.Second))
	desk, err := store.OpenDesk(ctx, d.Config(storetest.Desk), d.Keys)
	if err != nil {
		return err
	}
	defer desk.Close()
	floor, err := b.roundTrips(ctx, desk)
	if err != nil {
		return err
	}
	fmt.Printf("  a round trip to the server and back: p50 %v, p99 %v\n", at(floor, 50), at(floor, 99))
	views := []struct {
		name string
		q    store.Query
	}{
		{"open", store.Query{View: store.Open}}, {"mine", store.Query{View: store.Mine}}, {"station", store.Query{View: store.OfStation}},
		{"grid", store.Query{View: store.OfGrid}}, {"one grid", store.Query{View: store.OfGrid, Grid: "grid-0"}},
		{"late", store.Query{View: store.LateOnes}}, {"one item", store.Query{Item: "item-10"}},
		{"one kind", store.Query{Kind: casework.Application}}, {"ended", store.Query{View: store.Ended}},
	}
	for _, v := range views {
		first, next, rows, err := b.read(ctx, desk, v.q)
		if err != nil {
			return err
		}
		memory := b.memory(rows)
		fmt.Printf("  %-8s with its counts p50 %v, p99 %v; a page p50 %v, p99 %v; from memory p99 %v; a page is %.1f round trips\n", v.name,
			at(first, 50), at(first, 99), at(next, 50), at(next, 99), at(memory, 99), float64(at(next, 50))/float64(at(floor, 50)))
	}
	return nil
}

func (b *bench) roundTrips(ctx context.Context, desk *store.Desk) ([]time.Duration, error) {
	out := make([]time.Duration, b.pages)
	for i := range out {
		began := time.Now()
		var one int
		if err := desk.Pool().QueryRow(ctx, "SELECT 1").Scan(&one); err != nil {
			return nil, err
		}
		out[i] = time.Since(began)
	}
	slices.Sort(out)
	return out, nil
}

// read reads a view's first page some times, and then goes on through its pages. It
// returns the rows it saw too.
func (b *bench) read(ctx context.Context, desk *store.Desk, q store.Query) (first, next []time.Duration, rows []store.Row, err error) {
	q.Size = 50
	for range min(b.pages, 100) {
		began := time.Now()
		if _, err := desk.Queue(ctx, lead, q); err != nil {
			return nil, nil, nil, err
		}
		first = append(first, time.Since(began))
	}
	page, err := desk.Queue(ctx, lead, q)
	start := page.Next
	for len(next) < b.pages && err == nil && start != "" {
		if q.After = page.Next; q.After == "" {
			q.After = start
		}
		began := time.Now()
		page, err = desk.Queue(ctx, lead, q)
		next = append(next, time.Since(began))
		rows = append(rows, page.Rows...)
	}
	slices.Sort(first)
	slices.Sort(next)
	return first, next, rows, err
}

// memory is how long the same pages take from a sorted slice: found by bisection, and
// copied.
func (b *bench) memory(rows []store.Row) []time.Duration {
	slices.SortFunc(rows, func(x, y store.Row) int { return x.Received.Compare(y.Received) })
	out := make([]time.Duration, 0, b.pages)
	for range b.pages {
		if len(rows) == 0 {
			break
		}
		from := rows[rand.IntN(len(rows))].Received
		began := time.Now()
		i := sort.Search(len(rows), func(i int) bool { return rows[i].Received.After(from) })
		page := slices.Clone(rows[i:min(i+50, len(rows))])
		out = append(out, time.Since(began))
		_ = page
	}
	slices.Sort(out)
	return out
}
