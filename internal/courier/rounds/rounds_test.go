package rounds

import (
	"bytes"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
)

func down(why string) error { return &transport.RetryableError{Why: why} }

// An hour without the system, in simulated time, with a backlog in each of many
// communities, and the very program that delivers: while it is down it is hardly
// asked; when it is back all is delivered at the rate allowed, in the order of each
// case, nobody comes in a herd, and nothing has died.
func TestAnHourOfOutage(t *testing.T) {
	const communities, cases, versions, perMinute = 20, 30, 3, 60
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		from, until := began.Add(time.Second), began.Add(time.Second+time.Hour)
		var outboxes []*outbox
		var all []*system
		for i := range uint64(communities) {
			o, s := newOutbox(), newSystem()
			s.takes = 50 * time.Millisecond
			s.answer = func(int, courier.Message) (courier.Answer, error) {
				if now := time.Now(); now.After(from) && now.Before(until) {
					return courier.Answer{}, down("there is no connection")
				}
				return accepted, nil
			}
			for c := range cases {
				o.enter(caseName(c), 1, 2, 3)
			}
			r := New(o, Config{Systems: single(s, courier.PaceRules{PerMinute: perMinute}), Seed: i + 1})
			ctx, end := contextOf(t)
			defer end()
			go r.Run(ctx)
			outboxes, all = append(outboxes, o), append(all, s)
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		seconds, first, worst := map[int64]int{}, map[int64]int{}, map[int64]int{}
		for i, s := range all {
			if left := outboxes[i].left(); left != 0 || len(outboxes[i].delivered) != cases*versions {
				t.Errorf("community %d: %d are left, %d were delivered", i, left, len(outboxes[i].delivered))
			}
			begun := s.asked()
			checkMinutes(t, begun, perMinute)
			during, back := 0, 0
			for _, at := range begun {
				second := int64(at.Sub(until) / time.Second)
				switch {
				case at.After(from) && at.Before(until):
					during++
					if at.Sub(from) > 10*time.Second { // five failures, and it is left alone
						worst[second]++
					}
				case !at.Before(until):
					if seconds[second]++; back == 0 {
						first[second]++
					}
					back++
				}
			}
			if during > 40 {
				t.Errorf("community %d asked a system that was down %d times in an hour", i, during)
			}
			s.inOrder(t)
			if last := begun[len(begun)-1].Sub(until); last > 35*time.Minute {
				t.Errorf("community %d is done %v after the system was back", i, last)
			}
		}
		// All together they come no faster than each of them may, and do not come back
		// together: neither at first, nor while it was down.
		for second, n := range seconds {
			if n > communities*perMinute/60+communities/2 {
				t.Errorf("%d messages in second %d after the system was back: a herd", n, second)
			}
		}
		herd := func(when string, seconds map[int64]int) {
			for second, n := range seconds {
				if n > communities/4 {
					t.Errorf("%d communities at once in second %d %s: a herd", n, second, when)
				}
			}
		}
		herd("as they come back", first)
		herd("of the outage", worst)
	})
}

// Where nothing is to be done, nothing is: a look every half a minute, and not a write.
func TestAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		_, end := start(o, Config{Systems: single(s, courier.PaceRules{})})
		defer end()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		before, _, _ := o.asked()
		time.Sleep(time.Hour)
		synctest.Wait()
		looks, claims, writes := o.asked()
		if looks -= before; looks < 119 || looks > 121 || claims != 0 || writes != 0 {
			t.Errorf("%d looks, %d claims and %d writes in an hour of nothing", looks, claims, writes)
		}
		// And what is entered then goes.
		o.enter("c", 1)
		time.Sleep(31 * time.Second)
		synctest.Wait()
		if o.left() != 0 {
			t.Error("what was entered at rest has not gone in half a minute")
		}
		// Now there is something to do, and the next goes sooner.
		o.enter("c", 2)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if o.left() != 0 {
			t.Error("what was entered has not gone in some seconds")
		}
	})
}

// A message that failed is tried when its time has come, not at the next look.
func TestTriedAgainInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		s.answer = func(n int, _ courier.Message) (courier.Answer, error) {
			if n <= 2 {
				return courier.Answer{}, down("busy")
			}
			return accepted, nil
		}
		o.enter("c", 1)
		_, end := start(o, Config{Systems: single(s, courier.PaceRules{PerMinute: 6000}), Poll: time.Minute})
		defer end()
		time.Sleep(8 * time.Second)
		synctest.Wait()
		if len(s.asked()) != 3 || o.left() != 0 {
			t.Errorf("it was tried %d times in 8 s", len(s.asked()))
		}
	})
}

// What a system asks for with Retry-After it gets, from all messages.
func TestLeftAloneAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		s.answer = func(n int, _ courier.Message) (courier.Answer, error) {
			if n == 1 {
				return courier.Answer{}, &transport.RetryableError{Why: "the system is busy", After: 5 * time.Minute}
			}
			return accepted, nil
		}
		for c := range 10 {
			o.enter(caseName(c), 1)
		}
		_, end := start(o, Config{Systems: single(s, courier.PaceRules{PerMinute: 600, Concurrent: 1})})
		defer end()
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		begun := s.asked()
		if len(begun) != 11 || begun[1].Sub(begun[0]) < 5*time.Minute || begun[1].Sub(begun[0]) > 5*time.Minute+10*time.Second || o.left() != 0 {
			t.Errorf("asked %d times, again after %v; %d are left", len(begun), begun[1].Sub(begun[0]), o.left())
		}
	})
}

// Where nothing can be sent to a system its messages wait, the log and a metric say
// why once, and they go when it can.
func TestHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		known := single(s, courier.PaceRules{PerMinute: 600})
		known.hold(&HeldError{HeldCredentials, "Secret district/system-s has no client-id; put it in"})
		registry := prometheus.NewRegistry()
		var log bytes.Buffer
		r, end := start(o, Config{Systems: known, Metrics: NewMetrics(registry), Log: slog.New(slog.NewTextHandler(&log, nil))})
		defer end()
		o.enter("c", 1)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if len(s.asked()) != 0 || o.writes != 0 || o.left() != 1 {
			t.Errorf("%d were sent, %d writes", len(s.asked()), o.writes)
		}
		if text := log.String(); strings.Count(text, "put it in") != 1 {
			t.Errorf("logged %s", text)
		}
		if got := gauge(t, registry, "shequ_deliveries_held", "credentials"); got != 1 {
			t.Errorf("held is %v", got)
		}
		known.hold(nil)
		r.Nudge()
		time.Sleep(time.Second)
		synctest.Wait()
		if o.left() != 0 || gauge(t, registry, "shequ_deliveries_held", "credentials") != 0 {
			t.Error("it waits although there are credentials")
		}
	})
}

// A system that is taken away while it is sent to gets no more, and what was claimed
// is given back.
func TestTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		s.takes = time.Second
		known := single(s, courier.PaceRules{PerMinute: 60000, Concurrent: 1})
		for c := range 50 {
			o.enter(caseName(c), 1)
		}
		_, end := start(o, Config{Systems: known})
		defer end()
		time.Sleep(5500 * time.Millisecond)
		known.hold(&HeldError{HeldUnknown, "the community is not connected to it any more"})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		had := len(s.asked())
		if had > 8 || o.count(courier.Waiting) != 50-had || o.count(courier.UnderWay) != 0 {
			t.Errorf("%d were sent, %d wait, %d are under way", had, o.count(courier.Waiting), o.count(courier.UnderWay))
		}
		time.Sleep(time.Minute)
		if len(s.asked()) != had {
			t.Error("it is sent to all the same")
		}
	})
}

// At the end what is under way ends, the rest is given back and counts for nothing;
// what would take longer than the grace is broken off and given back.
func TestTheEnd(t *testing.T) {
	for _, c := range []struct {
		name      string
		takes     time.Duration
		delivered int
	}{
		{"what ends in time", 3 * time.Second, 4},
		{"what does not", time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, s := newOutbox(), newSystem()
				s.takes = c.takes
				for c := range 40 {
					o.enter(caseName(c), 1)
				}
				_, end := start(o, Config{Systems: single(s, courier.PaceRules{PerMinute: 6000, Concurrent: 4})})
				time.Sleep(time.Second)
				synctest.Wait()
				if n := len(s.asked()); n != 4 || o.count(courier.UnderWay) <= 4 {
					t.Fatalf("%d are under way, %d claimed", n, o.count(courier.UnderWay))
				}
				began := time.Now()
				end()
				if took := time.Since(began); took > 6*time.Second {
					t.Errorf("it took %v", took)
				}
				if len(o.delivered) != c.delivered || o.count(courier.Waiting) != 40-c.delivered || len(s.asked()) != 4 {
					t.Errorf("%d were delivered, %d wait, %d were begun", len(o.delivered), o.count(courier.Waiting), len(s.asked()))
				}
				for _, r := range o.rows {
					if r.parcel.Failures != 0 || r.NotBefore.After(time.Now()) {
						t.Errorf("what was given back has %d failures and waits until %v", r.parcel.Failures, r.NotBefore)
					}
				}
			})
		})
	}
}

// The end comes although the database is away.
func TestTheEndWithoutDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		s.takes = 2 * time.Second
		o.enter("c", 1)
		_, end := start(o, Config{Systems: single(s, courier.PaceRules{})})
		time.Sleep(time.Second)
		o.fail(store.ErrUnavailable)
		began := time.Now()
		end()
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// While the database is away, what systems have taken is kept in mind: nothing is
// claimed, and nothing sent twice.
func TestTheDatabaseIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		s.takes = 300 * time.Millisecond
		for c := range 30 {
			o.enter(caseName(c), 1, 2)
		}
		var log bytes.Buffer
		_, end := start(o, Config{Systems: single(s, courier.PaceRules{PerMinute: 60000, Concurrent: 4}), Log: slog.New(slog.NewTextHandler(&log, nil))})
		defer end()
		const outages = 5
		for range outages {
			time.Sleep(700 * time.Millisecond)
			o.fail(store.ErrUnavailable)
			time.Sleep(20 * time.Second)
			o.fail(nil)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if o.left() != 0 || s.twice() != 0 || len(o.delivered) != 60 {
			t.Errorf("%d are left, %d were delivered, %d sent twice", o.left(), len(o.delivered), s.twice())
		}
		// An outage is in the log when it begins and when it is over.
		if n := strings.Count(log.String(), "\n"); n < 2 || n > 4*outages {
			t.Errorf("%d lines of the log say of %d outages:\n%s", n, outages, &log)
		}
		s.inOrder(t)
	})
}

// One settlement that can't be kept holds up no other.
func TestWhatCannotBeKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		for c := range 20 {
			o.enter(caseName(c), 1)
		}
		o.invalid = courier.NewKey(caseName(7), "d/t", "s", "p", 1)
		_, end := start(o, Config{Systems: single(s, courier.PaceRules{PerMinute: 60000, Concurrent: 10})})
		defer end()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if len(o.delivered) != 19 || o.count(courier.Dead) != 1 {
			t.Errorf("%d were delivered, %d are dead", len(o.delivered), o.count(courier.Dead))
		}
	})
}

// No more is claimed than goes soon.
func TestClaimsNoMoreThanGoes(t *testing.T) {
	for _, c := range []struct {
		rules courier.PaceRules
		takes time.Duration
		most  int
	}{
		{courier.PaceRules{PerMinute: 1}, time.Millisecond, 1},
		{courier.PaceRules{PerMinute: 60}, time.Millisecond, 1},
		{courier.PaceRules{PerMinute: 600, Concurrent: 2}, 5 * time.Second, 5},
		{courier.PaceRules{PerMinute: 600, Concurrent: 20}, time.Millisecond, 10},
		{courier.PaceRules{PerMinute: 60000, Concurrent: 100}, time.Millisecond, 250},
	} {
		synctest.Test(t, func(t *testing.T) {
			o, s := newOutbox(), newSystem()
			s.takes = c.takes
			for n := range 300 {
				o.enter(caseName(n), 1)
			}
			_, end := start(o, Config{Systems: single(s, c.rules)})
			defer end()
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			if len(s.asked()) == 0 || o.most > c.most {
				t.Errorf("%+v: %d were sent, up to %d claimed at once", c.rules, len(s.asked()), o.most)
			}
			if int64(s.atOnce) > max(c.rules.Concurrent, 1) {
				t.Errorf("%+v: %d at once", c.rules, s.atOnce)
			}
			checkMinutes(t, s.asked(), int(c.rules.PerMinute))
		})
	}
}

// Whatever systems do, all is delivered in the end, in order, within the limits, and
// sent again only when nobody knew.
func TestRoundsDeliver(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		rules := courier.PaceRules{PerMinute: rapid.Int64Range(30, 6000).Draw(rt, "per minute"), Concurrent: rapid.Int64Range(1, 8).Draw(rt, "concurrent")}
		cases, versions := rapid.IntRange(1, 15).Draw(rt, "cases"), rapid.Int64Range(1, 4).Draw(rt, "versions")
		trouble := rapid.IntRange(0, 60).Draw(rt, "trouble %")
		synctest.Test(t, func(*testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			o, s := newOutbox(), newSystem()
			s.takes = time.Duration(random.IntN(2000)) * time.Millisecond
			s.answer = func(int, courier.Message) (courier.Answer, error) {
				mu.Lock()
				defer mu.Unlock()
				if random.IntN(100) >= trouble {
					return accepted, nil
				}
				return courier.Answer{}, []error{
					down("no connection"), &transport.RetryableError{Why: "busy", After: time.Second}, &transport.RefusedError{Status: 404},
				}[random.IntN(3)]
			}
			for c := range cases {
				for v := range versions {
					o.enter(caseName(c), v+1)
				}
			}
			r := New(o, Config{Systems: single(s, rules), Seed: seed | 1})
			ctx, end := contextOf(t)
			done := make(chan struct{})
			go func() {
				defer close(done)
				r.Run(ctx)
			}()
			time.Sleep(20 * time.Hour)
			synctest.Wait()
			end()
			<-done
			// Dead ones are those of which the system said that nothing is there, and hold up
			// those after them.
			for key, r := range o.rows {
				if r.State != courier.Dead && o.headOf(key).State != courier.Dead {
					rt.Errorf("%s is %s", key, r.State)
				}
			}
			if int64(s.atOnce) > rules.Concurrent {
				rt.Errorf("%d at once, may be %d", s.atOnce, rules.Concurrent)
			}
			if s.twice() != 0 {
				rt.Errorf("%d were sent again though they were taken", s.twice())
			}
			s.inOrder(t)
			checkMinutes(t, s.asked(), int(rules.PerMinute))
		})
	})
}
