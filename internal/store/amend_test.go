package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// sends delivers the name to two systems, and the size of the household to a third,
// which takes numbers only, when a case is registered; and to the one it is transferred
// to.
func sends(o courier.Occasion) []courier.Consignment {
	turn := o.Case.History[len(o.Case.History)-1].Event
	var out []courier.Consignment
	for _, system := range []string{"a-system", "b-system", "c-system"} {
		if turn.Type != casework.Register && (turn.Type != casework.Transfer || turn.To.System != system) {
			continue
		}
		f := courier.Facts{Case: o.Case.ID, Task: o.Task, System: system, Purpose: o.Purpose, Version: o.Case.Version}
		code := courier.Code("applicant-name")
		if system == "c-system" {
			code = "household-size"
		}
		c := courier.Consignment{Facts: f, Refused: "NotMapped:1"}
		if value := o.Fields[code]; value != "" && (system != "c-system" || strings.Trim(value, "0123456789") == "") {
			c.Refused = ""
			c.Message = &courier.Message{Facts: f, Fields: []courier.Field{{Name: "value", Value: value}}, Codes: []courier.Code{code}, Salt: o.Salt()}
		}
		out = append(out, c)
	}
	return out
}

// correct changes fields of a case.
func (h *home) correct(id string, fields casework.Fields) {
	h.t.Helper()
	if err := h.desk.Supplement(context.Background(), staff, id, supplement(fields)); err != nil {
		h.t.Fatal(err)
	}
}

// sentTo are a case's deliveries to a system, those on record first.
func (h *home) sentTo(t *testing.T, id, system string) string {
	t.Helper()
	all := slices.DeleteFunc(h.deliveriesOf(t, id), func(d store.Delivery) bool { return d.System != system })
	out := ""
	for _, d := range all {
		out += fmt.Sprintf("%d %s [%s] (%s); ", d.Version, d.State, d.Codes, d.Refused)
	}
	return strings.TrimSuffix(out, "; ")
}

// What waits to be sent when it is corrected goes as it is then. What the system may
// have had by then goes under a key of its own, and is on record.
func TestWhatWaitsIsCorrected(t *testing.T) {
	const fresh = "3 waiting [applicant-name] ()"
	for name, x := range map[string]struct {
		before, after func(h *home, c *store.Courier, p *store.Parcel)
		want          string
	}{
		"nobody has tried it": {nil, nil, "2 withheld [] (Corrected:1); " + fresh},
		"it failed": {func(h *home, c *store.Courier, p *store.Parcel) {
			settle(h.t, c, store.Settlement{Key: p.Key, Parcel: p, At: h.clock.Now(), Later: h.clock.Now().Add(time.Hour), Failed: true})
		}, nil, "2 withheld [applicant-name] (Corrected:1); " + fresh},
		"it is dead": {func(h *home, c *store.Courier, p *store.Parcel) { settle(h.t, c, h.dead(p)) }, nil,
			"2 withheld [applicant-name] (Corrected:1); " + fresh},
		"it is under way, and arrives": {func(*home, *store.Courier, *store.Parcel) {},
			func(h *home, c *store.Courier, p *store.Parcel) { settle(h.t, c, h.taken(p, courier.Outcome{})) },
			"2 delivered [applicant-name] (); " + fresh},
		"it is under way, and fails": {func(*home, *store.Courier, *store.Parcel) {},
			func(h *home, c *store.Courier, p *store.Parcel) {
				settle(h.t, c, store.Settlement{Key: p.Key, Parcel: p, At: h.clock.Now(), Later: h.clock.Now(), Failed: true})
			}, "2 withheld [applicant-name] (Corrected:1); " + fresh},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			c := courierOf(t, h)
			h.deliver(sends)
			f := h.submit(casework.Application, aLetter)
			h.do(staff, f.ID, casework.Register)
			var p store.Parcel
			if x.before != nil {
				p = claim(t, c, "a-system", 1)[0]
				x.before(h, c, &p)
			}
			h.correct(f.ID, casework.Fields{"applicant-name": "corrected"})
			if x.after != nil {
				claim(t, c, "a-system", 0) // it waits for the one that is under way
				x.after(h, c, &p)
			}
			if got := h.sentTo(t, f.ID, "a-system"); got != x.want {
				t.Errorf("%s\nwant %s", got, x.want)
			}
			next := claim(t, c, "a-system", 1)[0]
			if next.Key == p.Key || next.Fields[0].Value != "corrected" {
				t.Errorf("version %d goes", next.Version)
			}
			settle(t, c, h.taken(&next, courier.Outcome{Verdict: courier.Accepted}))
			h.checkDeliveries(t)
			h.checkTrail()
		})
	}
}

// What a correction does not change stays as it waits; what the system has stays there.
func TestWhatACorrectionLeaves(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	h.deliver(sends)
	f := h.submit(casework.Application, aLetter)
	h.do(staff, f.ID, casework.Register)
	first := claim(t, c, "a-system", 1)[0]
	settle(t, c, h.taken(&first, courier.Outcome{}))
	h.correct(f.ID, casework.Fields{"phone-number": "000"})
	if got := h.sentTo(t, f.ID, "b-system"); got != "2 waiting [applicant-name] ()" {
		t.Errorf("another field was corrected: %s", got)
	}
	h.correct(f.ID, casework.Fields{"applicant-name": "corrected"})
	if got := h.sentTo(t, f.ID, "a-system"); got != "2 delivered [applicant-name] ()" {
		t.Errorf("what the system has: %s", got)
	}
	// Its next turn has another key than what ran ahead of it.
	h.do(staff, f.ID, casework.Transfer, because(casework.NotOurs), to(casework.Place{System: "b-system"}))
	want := "2 withheld [] (Corrected:1); 3 waiting [applicant-name] (); 4 waiting [applicant-name] ()"
	if got := h.sentTo(t, f.ID, "b-system"); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	// Of two that wait one goes in their place.
	h.correct(f.ID, casework.Fields{"applicant-name": "corrected again"})
	if got := h.sentTo(t, f.ID, "b-system"); !strings.HasSuffix(got, "(Corrected:1); 5 waiting [applicant-name] ()") || strings.Count(got, "waiting") != 1 {
		t.Error(got)
	}
	if p := claim(t, c, "b-system", 1)[0]; p.Fields[0].Value != "corrected again" {
		t.Error("what was written before goes")
	}
	h.checkDeliveries(t)
}

// What could not be composed goes once it can, and not a second time; what can't be
// any more is taken back.
func TestWhatACorrectionMakesPossible(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	h.deliver(sends)
	f := h.submit(casework.Application, store.Letter{Fields: casework.Fields{"applicant-name": "x", "household-size": "drei"}})
	h.do(staff, f.ID, casework.Register)
	expect := func(want string) {
		t.Helper()
		if got := h.sentTo(t, f.ID, "c-system"); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	expect("2 withheld [] (NotMapped:1)")
	h.correct(f.ID, casework.Fields{"household-size": "3"})
	expect("2 withheld [] (NotMapped:1); 3 waiting [household-size] ()")
	h.correct(f.ID, casework.Fields{"household-size": ""})
	expect("2 withheld [] (NotMapped:1); 3 withheld [] (Corrected:1); 4 withheld [] (NotMapped:1)")
	h.correct(f.ID, casework.Fields{"household-size": "4"})
	p := claim(t, c, "c-system", 1)[0]
	settle(t, c, h.taken(&p, courier.Outcome{}))
	h.correct(f.ID, casework.Fields{"household-size": "vier"})
	h.correct(f.ID, casework.Fields{"household-size": "5"})
	expect("2 withheld [] (NotMapped:1); 3 withheld [] (Corrected:1); 4 withheld [] (NotMapped:1); 5 delivered [household-size] ()")
}

// Of a task that has ended nothing is composed anew: what was corrected does not go as
// it was, and what was not goes on.
func TestACorrectionAfterTheTask(t *testing.T) {
	for task, want := range map[string]string{"ended": "TaskNotAdmitted:1", "delivers nothing": "WrongSystem:1"} {
		h := newHome(t)
		h.deliver(sends)
		f := h.submit(casework.Application, store.Letter{Fields: casework.Fields{"applicant-name": "x", "household-size": "3"}})
		h.do(staff, f.ID, casework.Register)
		h.deliver(func(o courier.Occasion) []courier.Consignment {
			if task != "ended" || o.Case.History[len(o.Case.History)-1].Event.Type != casework.Register {
				return nil
			}
			return []courier.Consignment{{
				Facts:   courier.Facts{Case: o.Case.ID, Task: o.Task, Purpose: o.Purpose, Version: o.Case.Version},
				Refused: fmt.Sprintf("TaskNotAdmitted:%d", len(o.Fields)),
			}}
		})
		h.correct(f.ID, casework.Fields{"applicant-name": "y"})
		if got := h.sentTo(t, f.ID, "a-system"); got != "2 withheld [] ("+want+")" {
			t.Errorf("%s: %s", task, got)
		}
		if got := h.sentTo(t, f.ID, "c-system"); got != "2 waiting [household-size] ()" {
			t.Errorf("%s: %s", task, got)
		}
	}
}

// Whatever couriers do while a case is corrected again and again: no key ever stands
// for two contents, and what a system gets last is the letter as it was when something
// last waited for it.
func TestTheLastASystemGetsIsCorrect(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	h.deliver(sends)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 5))
	systems := []string{"a-system", "b-system", "c-system"}
	want := map[string]any{} // by case and system: the letter as it was when something last waited for it
	var ids []string
	for range 3 {
		f := h.submit(casework.Application, store.Letter{Fields: casework.Fields{"applicant-name": "x", "household-size": "1"}})
		h.do(staff, f.ID, casework.Register)
		ids, want[f.ID+"a-system"], want[f.ID+"b-system"] = append(ids, f.ID), "x", "x"
	}
	bodies, last, held := map[courier.Key]any{}, map[string]any{}, map[courier.Key]store.Parcel{}
	receive := func(p *store.Parcel) {
		value := p.Fields[0].Value
		if was, known := bodies[p.Key]; known && was != value {
			t.Fatalf("a key of version %d stands for two contents", p.Version)
		} else if !known {
			last[p.Case+p.System] = value // once for its key
		}
		bodies[p.Key] = value
	}
	take := func(system string) {
		parcels, err := c.Claim(t.Context(), system, 2, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range parcels {
			held[p.Key] = p
		}
	}
	replay := func() {
		dead, _, err := h.desk.Dead(t.Context(), staff, "", 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dead {
			if err := h.desk.Replay(t.Context(), staff, d.Key); err != nil {
				t.Fatal(err)
			}
		}
	}
	for n := range 150 {
		switch id := ids[r.IntN(3)]; r.IntN(7) {
		case 0:
			name := fmt.Sprint("name ", n)
			for _, p := range h.pending(t) {
				if p.Case == id && p.System != "c-system" {
					want[id+p.System] = name
				}
			}
			h.correct(id, casework.Fields{"applicant-name": name})
		case 1:
			h.correct(id, casework.Fields{"household-size": []string{fmt.Sprint(n), "", "many"}[r.IntN(3)]})
		case 2, 3:
			take(systems[r.IntN(3)])
		case 4:
			h.clock.pass(time.Minute) // leases end
			clear(held)
		case 5:
			replay()
		default:
			for key, p := range held {
				if r.IntN(2) == 0 {
					receive(&p) // and perhaps nobody hears that it did
				}
				s := randomSettlement(r, p, h.clock.Now())
				if s.Delivered != nil {
					receive(&p)
				}
				settle(t, c, s)
				delete(held, key)
			}
		}
	}
	for range 100 {
		h.clock.pass(10 * time.Minute)
		replay()
		clear(held)
		for _, s := range systems {
			take(s)
		}
		for _, p := range held {
			receive(&p)
			settle(t, c, h.taken(&p, courier.Outcome{}))
		}
	}
	if n := h.left(t); n != 0 {
		t.Errorf("%d wait", n)
	}
	for line, name := range want {
		if last[line] != name {
			t.Errorf("a system has %q, and the letter said %q while something waited for it", last[line], name)
		}
	}
	h.checkDeliveries(t)
}

// Corrections of several at once, turns and couriers never wait for each other in a
// ring, and what goes in the end is what the letters say.
func TestCorrectionsAmidDeliveries(t *testing.T) {
	h := newHome(t)
	h.deliver(sends)
	const cases, couriers = 12, 2
	ids := make([]string, cases)
	for i := range ids {
		ids[i] = h.submit(casework.Application, aLetter).ID
		h.do(staff, ids[i], casework.Register)
	}
	var mu sync.Mutex
	last := map[string]any{}
	var done atomic.Bool
	var wait sync.WaitGroup
	for n := range couriers {
		c := courierOf(t, h)
		r := rand.New(rand.NewPCG(uint64(n), 6))
		wait.Go(func() {
			for !done.Load() {
				for _, system := range []string{"a-system", "b-system"} {
					parcels, err := c.Claim(context.Background(), system, 3, time.Hour)
					if err != nil {
						t.Error(err)
					}
					batch := make([]store.Settlement, len(parcels))
					for i := range parcels {
						p := &parcels[i]
						mu.Lock()
						last[p.Case+system] = p.Fields[0].Value
						mu.Unlock()
						if batch[i] = h.taken(p, courier.Outcome{}); r.IntN(3) == 0 {
							batch[i] = store.Settlement{Key: p.Key, Parcel: p, At: h.clock.Now(), Later: h.clock.Now(), Failed: true}
						}
					}
					if err := c.Settle(context.Background(), batch); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	together(4, func(n int) {
		for i := range 3 * cases {
			h.correct(ids[(i+n)%cases], casework.Fields{"applicant-name": fmt.Sprintf("%d of %d", i, n)})
		}
	})
	for end := time.Now().Add(time.Minute); h.left(t) > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	done.Store(true)
	wait.Wait()
	for _, id := range ids {
		// What was delivered before it was corrected stays as it was; each system has one of the letters'.
		if name := h.written(id)["applicant-name"]; last[id+"a-system"] == nil || last[id+"b-system"] == nil || name == "" {
			t.Errorf("%v, %v, %s", last[id+"a-system"], last[id+"b-system"], name)
		}
	}
	var deadlocks int
	if err := h.admin().QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = $1", h.Name).Scan(&deadlocks); err != nil || deadlocks != 0 || h.left(t) != 0 {
		t.Errorf("%d deadlocks, %d wait, %v", deadlocks, h.left(t), err)
	}
	h.checkDeliveries(t)
	h.checkTrail()
}
