package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// pages reads a view page by page.
func (h *home) pages(t *testing.T, who store.Who, q store.Query) []store.Row {
	t.Helper()
	var out []store.Row
	for n := 0; ; n++ {
		page, err := h.desk.Queue(t.Context(), who, q)
		if err != nil {
			t.Fatal(err)
		}
		if (page.Counts != nil) != (q.After == "") {
			t.Errorf("counts on page %d: %v", n, page.Counts)
		}
		out = append(out, page.Rows...)
		if q.After = page.Next; q.After == "" || n > 100 {
			return out
		}
	}
}

// filled is a home with cases at all sorts of steps.
func filled(t *testing.T) *home {
	t.Helper()
	h := newHome(t)
	for i := range 60 {
		h.clock.pass(time.Minute)
		id := h.submit([]casework.Kind{casework.Application, casework.Mediation}[i%2], aLetter, func(s *store.Submission) {
			s.Terms.Item = []string{"allowance", "permit", "repair"}[i%3]
			s.Terms.AcceptWithinMinutes = int64(30 * (i % 4))
		}).ID
		switch i % 6 {
		case 1:
			h.do(staff, id, casework.Register)
		case 2:
			h.do(lead, id, casework.Register)
			h.do(lead, id, casework.Dispatch, to(casework.Place{Grid: []string{"g1", "g2"}[i%4/2]}))
		case 3:
			h.do(staff, id, casework.Reject, because(casework.NotEligible))
		case 4:
			h.do(staff, id, casework.Register)
			h.do(staff, id, casework.Transfer, to(casework.Place{System: "water-works"}), because(casework.NotOurs))
		case 5:
			h.do(staff, id, casework.Pause, because(casework.MaterialsMissing))
		}
	}
	return h
}

// Each view shows what it says, each case on one page, in order.
func TestViews(t *testing.T) {
	h := filled(t)
	all := append(h.pages(t, lead, store.Query{View: store.Open}), h.pages(t, lead, store.Query{View: store.Ended})...)
	if len(all) != 60 {
		t.Fatalf("%d cases", len(all))
	}
	now := h.clock.Now()
	views := map[store.View]func(store.Who, store.Row) bool{
		store.Mine: func(w store.Who, r store.Row) bool { return r.Holder == w.Work && !r.Step.Ended() },
		store.OfStation: func(_ store.Who, r store.Row) bool {
			return r.Place == casework.Place{} && r.Holder == "" && !r.Step.Ended()
		},
		store.OfGrid: func(_ store.Who, r store.Row) bool { return r.Place.Grid != "" && !r.Step.Ended() },
		store.LateOnes: func(_ store.Who, r store.Row) bool {
			return !r.DueAt.IsZero() && r.DueAt.Before(now) && !r.Step.Ended()
		},
		store.Open:  func(_ store.Who, r store.Row) bool { return !r.Step.Ended() },
		store.Ended: func(_ store.Who, r store.Row) bool { return r.Step.Ended() },
	}
	for _, who := range []store.Who{staff, lead, worker} {
		for _, v := range store.Views() {
			for _, only := range []store.Query{{}, {Kind: casework.Mediation}, {Item: "permit"}, {Grid: "g1"}, {Item: "repair", Kind: casework.Application}} {
				q := only
				q.View, q.Size = v, 4
				var want []string
				for _, r := range all {
					if views[v](who, r) && (q.Kind == "" || r.Kind == q.Kind) && (q.Item == "" || r.Item == q.Item) &&
						(q.Grid == "" || r.Place.Grid == q.Grid) && (who.Role != casework.GridWorker || r.Place.Grid == who.Grid) {
						want = append(want, r.ID)
					}
				}
				rows := h.pages(t, who, q)
				h.inOrder(t, v, rows)
				var got []string
				for _, r := range rows {
					got = append(got, r.ID)
				}
				slices.Sort(want)
				slices.Sort(got)
				if !slices.Equal(got, want) {
					t.Errorf("%s of %s, %+v: %d cases, want %d", v, who.Role, only, len(got), len(want))
				}
				if page, err := h.desk.Queue(t.Context(), who, store.Query{View: v}); only == (store.Query{}) && (err != nil || page.Counts[v] != int64(len(want))) {
					t.Errorf("%s of %s counts %d of %d, %v", v, who.Role, page.Counts[v], len(want), err)
				}
			}
		}
	}
}

// inOrder: what is due first comes first, what is never due last; of ended the latest.
func (h *home) inOrder(t *testing.T, v store.View, rows []store.Row) {
	t.Helper()
	for i := range len(rows) - 1 {
		a, b := rows[i], rows[i+1]
		if v != store.Ended && (a.DueAt.IsZero() && !b.DueAt.IsZero() || a.DueAt.After(b.DueAt) && !b.DueAt.IsZero()) {
			t.Errorf("%s: %v is before %v", v, a.DueAt, b.DueAt)
		}
		if v == store.Ended && a.Received.Before(b.Received) { // they ended as soon as they came
			t.Errorf("%s: %v is before %v", v, a.Received, b.Received)
		}
	}
}

func TestBadQueries(t *testing.T) {
	h := newHome(t)
	for _, q := range []store.Query{{View: "x"}, {After: "x"}, {After: "ZHVlIDEgMg"}} {
		if _, err := h.desk.Queue(t.Context(), staff, q); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	h.submit(casework.Opinion, aLetter)
	h.submit(casework.Opinion, aLetter)
	page, err := h.desk.Queue(t.Context(), staff, store.Query{Size: 1})
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	// Where one view goes on, another does not.
	if _, err := h.desk.Queue(t.Context(), staff, store.Query{View: store.Ended, After: page.Next}); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("the next page of another view: %v", err)
	}
}

// A page is read from an index, whatever it is asked for: never by looking at all.
func TestPagesAreIndexScans(t *testing.T) {
	h := filled(t)
	conn := h.Connect(t, "owner")
	for _, statement := range []string{
		"ANALYZE cases", "SET enable_seqscan = off", "SET enable_sort = off",
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct{ where, order string }{
		"open":    {"open", "due, id"},
		"mine":    {"open AND holder <> '' AND holder = 'window-1'", "due, id"},
		"station": {"open AND grid = '' AND station = '' AND system = '' AND holder = ''", "due, id"},
		"grids":   {"open AND grid <> ''", "due, id"},
		"grid":    {"open AND grid <> '' AND grid = 'g1'", "due, id"},
		"late":    {"open AND due < now()", "due, id"},
		"item":    {"open AND item = 'permit'", "due, id"},
		"kind":    {"open AND kind = 'mediation'", "due, id"},
		"ended":   {"NOT open", "ended DESC, id DESC"},
		"next":    {"open AND (due, id) > (now(), gen_random_uuid())", "due, id"},
	} {
		rows, err := conn.Query(t.Context(), "EXPLAIN SELECT id, step, allowed FROM cases WHERE "+c.where+" ORDER BY "+c.order+" LIMIT 51")
		if err != nil {
			t.Fatal(err)
		}
		var plan string
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan += line + "\n"
		}
		if !contains(plan, "Index Scan") || contains(plan, "Sort") || contains(plan, "Seq Scan") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
