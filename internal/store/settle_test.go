package store_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

// A message that failed is tried again at its time, with its failures counted; one that
// only waits for an acknowledgement counts none.
func TestLater(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	id := uuid()
	h.enqueue(t, message(id, "a-system", 1), message(id, "a-system", 2))
	p := claim(t, c, "a-system", 1)[0]
	later := func(failed bool, why string) {
		t.Helper()
		settle(t, c, store.Settlement{Key: p.Key, Parcel: &p, At: h.clock.Now(), Later: h.clock.Now().Add(10 * time.Minute), Failed: failed, Why: why})
		if systems, next, err := c.Due(t.Context()); err != nil || len(systems) != 0 || !next.Equal(h.clock.Now().Add(10*time.Minute)) {
			t.Errorf("due %v, next %v, %v", systems, next, err)
		}
		claim(t, c, "a-system", 0)
		h.clock.pass(10 * time.Minute)
		p = claim(t, c, "a-system", 1)[0]
	}
	later(true, "status-503")
	later(true, strings.Repeat("拒", 200)+"\x00")
	later(false, "")
	if p.Failures != 2 || p.Version != 1 {
		t.Errorf("version %d after %d failures", p.Version, p.Failures)
	}
	settle(t, c, h.taken(&p, courier.Outcome{}))
	claim(t, c, "a-system", 1)
}

// A lease that ends gives the message to whoever asks next. What the first courier says
// of it later counts only if the system has it.
func TestLeases(t *testing.T) {
	h := newHome(t)
	first, second := courierOf(t, h), courierOf(t, h)
	h.enqueue(t, message(uuid(), "a-system", 1), message(uuid(), "a-system", 1))
	old := claim(t, first, "a-system", 2)
	if _, next, err := first.Due(t.Context()); err != nil || !next.Equal(h.clock.Now().Add(time.Minute)) {
		t.Errorf("next %v, %v", next, err)
	}
	claim(t, second, "a-system", 0)
	h.clock.pass(time.Minute)
	claim(t, second, "a-system", 2)
	settle(t, first, h.dead(&old[0]), h.taken(&old[1], courier.Outcome{}))
	entries := h.checkDeliveries(t)
	if len(entries) != 1 || entries[0].Record.Key != old[1].Key {
		t.Errorf("%+v", entries)
	}
	if dead, _, err := h.desk.Dead(t.Context(), staff, "", 0); err != nil || len(dead) != 0 {
		t.Errorf("a courier whose lease had ended made it dead: %+v, %v", dead, err)
	}
	// Sent again, what is settled is passed over.
	settle(t, first, h.taken(&old[1], courier.Outcome{}), h.taken(&old[0], courier.Outcome{Verdict: courier.Accepted}))
	settle(t, second, h.taken(&old[1], courier.Outcome{}), h.taken(&old[0], courier.Outcome{}))
	if n := len(h.checkDeliveries(t)); n != 2 || h.left(t) != 0 {
		t.Errorf("%d on record, %d wait", n, h.left(t))
	}
}

// Of several settlements of one message at once one is kept; hundreds are one
// transaction.
func TestSettlingTogether(t *testing.T) {
	h := newHome(t)
	const n = 300
	var all []courier.Consignment
	for range n {
		all = append(all, message(uuid(), "a-system", 1))
	}
	h.enqueue(t, all...)
	c := courierOf(t, h)
	var parcels []store.Parcel
	for len(parcels) < n {
		parcels = append(parcels, claim(t, c, "a-system", 100)...)
	}
	var batch []store.Settlement
	for i := range parcels {
		batch = append(batch, h.taken(&parcels[i], courier.Outcome{Verdict: courier.Accepted, Reference: "SS-1"}))
	}
	batch = append(batch, batch[0], h.dead(&parcels[0]))
	couriers := []*store.Courier{c, courierOf(t, h), courierOf(t, h)}
	together(len(couriers), func(i int) {
		if err := couriers[i].Settle(context.Background(), batch); err != nil {
			t.Error(err)
		}
	})
	var replies int
	if err := h.admin().QueryRow(t.Context(), "SELECT count(*) FROM replies").Scan(&replies); err != nil {
		t.Fatal(err)
	}
	if got := len(h.checkDeliveries(t)); got != n || replies != n || h.left(t) != 0 {
		t.Errorf("%d on record, %d replies, %d wait", got, replies, h.left(t))
	}
}

func TestSettlementsThatSayNothing(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	h.enqueue(t, message(uuid(), "a-system", 1))
	p := claim(t, c, "a-system", 1)[0]
	now := h.clock.Now()
	for name, s := range map[string]store.Settlement{
		"nothing":      {Key: p.Key, Parcel: &p, At: now},
		"two things":   {Key: p.Key, Parcel: &p, At: now, Dead: true, Later: now},
		"no parcel":    {Key: p.Key, At: now, Dead: true},
		"another's":    {Key: "x", Parcel: &p, At: now, Dead: true},
		"both of them": {Key: p.Key, Parcel: &p, At: now, Dead: true, Delivered: &courier.Outcome{}},
	} {
		if err := c.Settle(t.Context(), []store.Settlement{s}); !errors.Is(err, store.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := c.Settle(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// Whoever can write to the tables, the chain of deliveries tells what was done.
func TestTamperingWithDeliveriesShows(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	for range 4 {
		h.enqueue(t, message(uuid(), "a-system", 1))
	}
	for _, p := range claim(t, c, "a-system", 4) {
		s := h.taken(&p, courier.Outcome{Verdict: courier.Rejected, Reason: casework.NotEligible})
		s.Evidence = "sha-512:abc"
		settle(t, c, s)
	}
	h.checkDeliveries(t)
	head, err := h.desk.DeliveryHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owner := h.Connect(t, storetest.Owner)
	for _, statement := range []string{"GRANT ALL ON deliveries TO CURRENT_USER", "ALTER TABLE deliveries DISABLE TRIGGER append_only", "CREATE TABLE kept AS TABLE deliveries"} {
		if _, err := owner.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for name, statement := range map[string]string{
		"another element":  "UPDATE deliveries SET codes = 'telephone' WHERE sequence = 2",
		"another system":   "UPDATE deliveries SET system = 'b-system' WHERE sequence = 2",
		"another purpose":  "UPDATE deliveries SET purpose = 'x' WHERE sequence = 2",
		"another verdict":  "UPDATE deliveries SET verdict = 'accepted', reason = '' WHERE sequence = 3",
		"another time":     "UPDATE deliveries SET at = at - interval '1 day' WHERE sequence = 1",
		"another message":  "UPDATE deliveries SET message = sha256('') WHERE sequence = 2",
		"no message":       "UPDATE deliveries SET message = NULL WHERE sequence = 2",
		"another evidence": "UPDATE deliveries SET evidence = '' WHERE sequence = 2",
		"one removed":      "DELETE FROM deliveries WHERE sequence = 2",
		"the end removed":  "DELETE FROM deliveries WHERE sequence = 4",
		"one made good":    "UPDATE deliveries SET hash = sha256(hash) WHERE sequence = 2",
	} {
		if _, err := owner.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		entries, err := readDeliveries(h.desk)
		if err != nil {
			t.Fatal(err)
		}
		var tampered *casework.TamperedError
		if err := courier.Check(entries, head); !errors.As(err, &tampered) {
			t.Errorf("%s does not show: %v", name, err)
		}
		if at, err := courier.CheckPage(casework.Head{}, entries); err == nil && at == head {
			t.Errorf("%s does not show page by page", name)
		}
		if _, err := owner.Exec(t.Context(), "DELETE FROM deliveries; INSERT INTO deliveries TABLE kept"); err != nil {
			t.Fatal(err)
		}
		h.checkDeliveries(t)
	}
}

// The server is killed again and again while turns deliver and couriers send: what a
// turn handed over reaches the system at least once, in order, and is on record once.
func TestKilledAmidDeliveries(t *testing.T) {
	server := storetest.NewServer(t, storetest.Options{Durable: true})
	h := homeIn(t, server.NewDatabase(t))
	h.deliver(onRegister)
	const cases, couriers = 24, 3
	ids := make([]string, cases)
	for i := range ids {
		ids[i] = h.submit(casework.Application, aLetter).ID
	}
	var finished atomic.Bool
	killed := make(chan error, 1)
	go func() {
		for !finished.Load() {
			time.Sleep(200 * time.Millisecond)
			server.Kill()
			if err := server.Start(context.Background()); err != nil {
				killed <- err
				return
			}
		}
		killed <- nil
	}()
	var mu sync.Mutex
	received := map[courier.Key]int{} // by the systems
	var wait sync.WaitGroup
	for range couriers {
		c := courierOf(t, h)
		wait.Go(func() {
			for !finished.Load() {
				for _, system := range []string{"a-system", "b-system"} {
					parcels, err := c.Claim(context.Background(), system, 5, 30*time.Second)
					if err != nil {
						again(t, err)
						continue
					}
					h.clock.pass(time.Second) // leases end in the end
					var batch []store.Settlement
					for i := range parcels {
						mu.Lock()
						received[parcels[i].Key]++
						mu.Unlock()
						batch = append(batch, h.taken(&parcels[i], courier.Outcome{Verdict: courier.Accepted}))
					}
					if err := c.Settle(context.Background(), batch); err != nil {
						again(t, err) // and its lease ends
					}
				}
			}
		})
	}
	together(6, func(n int) {
		for i := n; i < cases; i += 6 {
			e := casework.Event{ID: uuid(), Type: casework.Register, Version: 1, Purpose: "service"}
			for {
				_, err := h.desk.Do(context.Background(), staff, ids[i], e)
				if err == nil {
					break
				}
				if !again(t, err) {
					return
				}
			}
		}
	})
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		h.clock.pass(time.Second)
		if head, err := h.desk.DeliveryHead(context.Background()); err == nil && head.Length >= 3*cases {
			break
		}
		if time.Now().After(end) {
			t.Error("not delivered within two minutes")
			break
		}
	}
	finished.Store(true)
	wait.Wait()
	if err := <-killed; err != nil {
		t.Fatal(err)
	}
	entries := h.checkDeliveries(t)
	for _, e := range entries {
		if e.Record.Act == courier.Delivered && received[e.Record.Key] == 0 {
			t.Errorf("%s is on record and the system never got it", e.Record.Key)
		}
	}
	if len(entries) != 3*cases || len(received) != 2*cases {
		t.Errorf("%d on record and %d received of %d cases", len(entries), len(received), cases)
	}
	h.checkTrail()
}

// Turns that deliver, withdrawals, couriers that claim and settle, and what is entered
// outside of turns never wait for each other in a ring.
func TestNoDeadlocks(t *testing.T) {
	h := newHome(t)
	h.deliver(onRegister)
	const cases = 60
	ids := make([]string, cases)
	for i := range ids {
		ids[i] = h.submit(casework.Application, aLetter).ID
	}
	var done atomic.Bool
	var wait sync.WaitGroup
	for range 3 {
		c := courierOf(t, h)
		wait.Go(func() {
			for !done.Load() {
				h.clock.pass(time.Second)
				for _, system := range []string{"a-system", "b-system"} {
					parcels, err := c.Claim(context.Background(), system, 4, 3*time.Second)
					if err != nil {
						t.Error(err)
					}
					var batch []store.Settlement
					for i := range parcels {
						s := h.taken(&parcels[i], courier.Outcome{Verdict: courier.Accepted})
						if i%2 == 1 {
							s = store.Settlement{Key: s.Key, Parcel: s.Parcel, At: s.At, Later: s.At, Failed: true}
						}
						batch = append(batch, s)
					}
					if err := c.Settle(context.Background(), batch); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	together(4, func(n int) {
		for i := n; i < cases; i += 4 {
			h.do(staff, ids[i], casework.Register)
			h.enqueue(t, message(ids[i], "b-system", 7))
			if _, err := h.desk.Case(context.Background(), staff, ids[i]); err != nil {
				t.Error(err)
			}
			if i%3 == 0 {
				h.withdraw(ids[i])
			}
		}
	})
	for end := time.Now().Add(time.Minute); h.left(t) > 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	done.Store(true)
	wait.Wait()
	var deadlocks int
	if err := h.admin().QueryRow(t.Context(), "SELECT deadlocks FROM pg_stat_database WHERE datname = $1", h.Name).Scan(&deadlocks); err != nil || deadlocks != 0 {
		t.Errorf("%d deadlocks, %v", deadlocks, err)
	}
	if n := len(h.checkDeliveries(t)); n != 4*cases {
		t.Errorf("%d on record of %d", n, 4*cases)
	}
	h.checkTrail()
}

// again reports whether an error is of a server that is away; else it is the test's.
func again(t *testing.T, err error) bool {
	t.Helper()
	if errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrBusy) {
		time.Sleep(10 * time.Millisecond)
		return true
	}
	t.Errorf("not to be tried again: %v", err)
	return false
}
