package store_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// Whoever rings about a work order says the number the hotline gave it: it finds the
// case as a whole, and stands in every row. What may be a person's number finds nothing.
func TestFindByReference(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	for system, number := range map[string]string{"hotline-12345": "2026000005", "hotline-2": "GD-2026/000007", "hotline-3": "gd-2026/000007", "hotline-4": "13800000000"} {
		if _, err := c.Order(t.Context(), order(func(o *store.WorkOrder) { o.System, o.Key, o.Reference = system, number, number })); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.takeIn(); got.Taken != 4 {
		t.Fatalf("%+v", got)
	}
	h.submit(casework.Application, aLetter)
	for text, n := range map[string]int{
		"GD-2026/000007": 2, "ｇｄ－２０２６／０００００７": 2, "GD-2026/00000": 0, "GD-2026/000007x": 0, "GD-2026%": 0, "_": 0, "": 0,
		"2026000005":  2, // the number of the case that was entered, too
		"2026-000005": 1, "13800000000": 0,
	} {
		rows, err := h.desk.Find(t.Context(), staff, " "+text+" ")
		if err != nil || len(rows) != n {
			t.Errorf("%q: %d rows, %v", text, len(rows), err)
		}
		if few, err := h.desk.Find(t.Context(), worker, text); err != nil || len(few) != 0 {
			t.Errorf("%q: a grid worker finds %d, %v", text, len(few), err)
		}
	}
	references := map[string]int{}
	for _, r := range h.pages(t, lead, store.Query{View: store.Open}) {
		references[strings.ToLower(r.Reference)]++
		if (r.Reference == "") != (r.Kind != casework.WorkOrder) {
			t.Errorf("%s has the number %q", r.Kind, r.Reference)
		}
		if d, err := h.desk.Case(t.Context(), staff, r.ID); err != nil || d.Reference != r.Reference {
			t.Errorf("%q in the row, %q in the case, %v", r.Reference, d.Reference, err)
		}
	}
	if references["gd-2026/000007"] != 2 || references["2026000005"] != 1 || references[""] != 1 {
		t.Errorf("%v", references)
	}
}

// It is found by an index, however many cases there are.
func TestReferencesHaveAnIndex(t *testing.T) {
	h := newHome(t)
	tx, err := h.admin().Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback(context.Background())
	if _, err := tx.Exec(t.Context(), "SET LOCAL enable_seqscan = off"); err != nil {
		t.Fatal(err)
	}
	rows, err := tx.Query(t.Context(), "EXPLAIN SELECT s.id FROM submissions s WHERE upper(s.terms->>'reference') = upper($1)", "GD-1")
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil || !strings.Contains(plan.String(), "submissions_reference") {
		t.Errorf("%v\n%s", err, plan.String())
	}
}
