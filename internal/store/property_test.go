package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// randomly draws an event that is likely to be allowed, and the one who sends it.
func randomly(r *rand.Rand, c casework.Case, at time.Time) (store.Who, casework.Event) {
	e := casework.Event{ID: uuid(), Type: casework.Take, Version: c.Version, Purpose: "service"}
	// Withdrawn and rejected too often, no case would get far.
	for range 4 {
		if allowed := casework.Allowed(c, at); len(allowed) > 0 && r.IntN(8) > 0 {
			e.Type = allowed[r.IntN(len(allowed))].Event
		} else {
			e.Type = casework.EventTypes()[r.IntN(len(casework.EventTypes()))]
		}
		if e.Type != casework.Withdraw && e.Type != casework.Reject {
			break
		}
	}
	if r.IntN(10) == 0 {
		e.Version -= int64(r.IntN(3))
	}
	if reasons := casework.Reasons(e.Type); len(reasons) > 0 {
		e.Reason = reasons[r.IntN(len(reasons))]
	}
	switch e.Type {
	case casework.Dispatch:
		e.To.Grid = []string{"g1", "g2"}[r.IntN(2)]
	case casework.Transfer:
		e.To = []casework.Place{{Grid: "g1"}, {Grid: "g2"}, {System: "water-works"}, {Station: "north"}}[r.IntN(4)]
	case casework.Rate:
		e.Ratings = casework.Ratings{Response: 1 + r.Int64N(5), Resolution: 3, Satisfaction: 1 + r.Int64N(5)}
	case casework.Register:
		e.Urgency = []casework.Urgency{"", casework.Complex, casework.Utility}[r.IntN(3)]
	default:
	}
	if slices.Contains([]casework.EventType{casework.Rate, casework.Reopen, casework.Withdraw}, e.Type) {
		e.Actor.Role = casework.Resident
	}
	return []store.Who{staff, second, lead, lead, worker, other}[r.IntN(6)], e
}

// Whatever is done at the desk, by whomever and however often, what is kept is what
// casework makes of the turns in the trail; and the trail is whole.
func TestWhatIsKeptFollowsFromTheTrail(t *testing.T) {
	h := newHome(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	cases := map[string]casework.Case{}
	for i := range 12 {
		f := h.submit(casework.Kinds()[i%4], aLetter, func(s *store.Submission) { s.Terms.AcceptWithinMinutes = int64(r.IntN(3) * 600) })
		entries := h.checkTrail()
		c, err := casework.Replay([]casework.Turn{entries[len(entries)-1].Turn})
		if err != nil {
			t.Fatal(err)
		}
		cases[f.ID] = c
	}
	ids := slices.Sorted(func(yield func(string) bool) {
		for id := range cases {
			if !yield(id) {
				return
			}
		}
	})
	steps := map[casework.Step]bool{}
	for range 500 {
		h.clock.pass(time.Duration(r.IntN(300)) * time.Minute)
		id := ids[r.IntN(len(ids))]
		who, e := randomly(r, cases[id], h.clock.Now())
		if r.IntN(20) == 0 {
			if _, err := h.desk.Escalate(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		after, err := h.desk.Do(t.Context(), who, id, e)
		var no *casework.RefusedError
		switch {
		case err == nil:
			if again, err := h.desk.Do(t.Context(), who, id, e); err != nil || again.Version != after.Version {
				t.Fatalf("%+v sent again: version %d after %d, %v", e, again.Version, after.Version, err)
			}
		case !errors.As(err, &no) && !errors.Is(err, store.ErrNotYours):
			t.Fatal(err)
		}
		if after.ID != "" {
			cases[id], steps[after.Step] = after, true
		}
	}
	if len(steps) < 6 {
		t.Errorf("the cases came to %d steps only: too few to show anything", len(steps))
	}
	histories := map[string][]casework.Turn{}
	for _, e := range h.checkTrail() {
		if e.Turn.Number > 0 {
			histories[e.Turn.Case] = append(histories[e.Turn.Case], e.Turn)
		}
	}
	for _, id := range ids {
		want, err := casework.Replay(histories[id])
		if err != nil {
			t.Fatal(err)
		}
		got, err := h.desk.Case(t.Context(), lead, id)
		if err != nil || !reflect.DeepEqual(got.Case, want) {
			t.Fatalf("%+v is kept, %+v follows from the trail: %v", got.Case, want, err)
		}
		h.row(t, want, got)
	}
}

// row holds a case's row, which queues and progress are read from, against the case.
func (h *home) row(t *testing.T, c casework.Case, d store.Detail) {
	t.Helper()
	rows, err := h.desk.Find(t.Context(), lead, d.Number)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	got := rows[0]
	var due time.Time
	for _, r := range casework.Read(c, casework.Limits{
		Accept:  casework.Limit{Minutes: d.Terms.AcceptWithinMinutes},
		Resolve: casework.Limit{Minutes: d.Terms.ResolveWithinMinutes},
	}.OrDefault(c.Urgency), nil, h.clock.Now()) {
		if r.Running && (due.IsZero() || r.Due.Before(due)) {
			due = r.Due
		}
	}
	want := fmt.Sprint(c.ID, c.Kind, c.Item, c.Urgency, c.Step, c.Place, c.Holder, c.Paused, due, c.Version)
	have := fmt.Sprint(got.ID, got.Kind, got.Item, got.Urgency, got.Step, got.Place, got.Holder, got.Paused, got.DueAt, got.Version)
	if have != want {
		t.Errorf("the row is\n%s, the case\n%s", have, want)
	}
}

// Whoever can write to the tables, the trail tells what was done.
func TestTamperingShows(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter)
	h.do(staff, f.ID, casework.Register)
	if _, err := h.desk.Case(t.Context(), staff, f.ID); err != nil {
		t.Fatal(err)
	}
	h.do(staff, f.ID, casework.Handle)
	h.checkTrail()
	head, err := h.desk.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.admin().Exec(t.Context(), "ALTER TABLE audit DISABLE TRIGGER append_only; CREATE TABLE kept AS TABLE audit"); err != nil {
		t.Fatal(err)
	}
	for name, statement := range map[string]string{
		"another position":    `UPDATE audit SET body = jsonb_set(body, '{work}', '"window-9"') WHERE sequence = 2`,
		"another reader":      `UPDATE audit SET body = jsonb_set(body, '{work}', '"window-9"') WHERE sequence = 3`,
		"another time":        `UPDATE audit SET at = at - interval '1 hour' WHERE sequence = 2`,
		"another case":        `UPDATE audit SET case_id = gen_random_uuid() WHERE sequence = 3`,
		"another event":       `UPDATE audit SET event = 'event-0000' WHERE sequence = 2`,
		"a reading removed":   `DELETE FROM audit WHERE sequence = 3`,
		"the end removed":     `DELETE FROM audit WHERE sequence = 4`,
		"a reading made good": `UPDATE audit SET hash = sha256(hash) WHERE sequence = 3`,
	} {
		if _, err := h.admin().Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		entries, err := readTrail(h.desk)
		if err != nil {
			t.Fatal(err)
		}
		var tampered *casework.TamperedError
		if err := casework.CheckTrail(entries, head); !errors.As(err, &tampered) {
			t.Errorf("%s does not show: %v", name, err)
		}
		if _, err := h.admin().Exec(t.Context(), "DELETE FROM audit; INSERT INTO audit TABLE kept"); err != nil {
			t.Fatal(err)
		}
		h.checkTrail()
	}
}
