package courier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// courierSim is one community's courier in simulated time: an outbox, and what
// decides when its messages go.
type courierSim struct {
	outbox   []Pending
	failures map[Key]int64
	pace     *Pace
	breaker  *Breaker
	backoff  Backoff
	random   *rand.Rand
	wake     time.Time

	begun     []time.Time
	delivered []Pending
}

func newCourierSim(seed uint64, cases, versions int, rules PaceRules) *courierSim {
	s := &courierSim{
		failures: map[Key]int64{}, pace: NewPace(rules), random: seeded(seed), backoff: DefaultBackoff(), wake: t0,
		breaker: NewBreaker(BreakerRules{}, seeded(seed+1000)),
	}
	for v := range versions {
		for c := range cases {
			id := fmt.Sprintf("case-%d-%d", seed, c)
			s.outbox = append(s.outbox, Pending{Key: NewKey(id, "d/t", "s", "p", int64(v)), Case: id, System: "s", Version: int64(v), State: Waiting})
		}
	}
	return s
}

// step does what there is to do at a time, and says when to look again. Sending
// takes no time here.
func (s *courierSim) step(now time.Time, up bool) time.Time {
	for {
		next := Next(s.outbox, now, 1)
		if len(next) == 0 {
			return s.earliest(now)
		}
		// The breaker is asked last: its leave is used.
		if wait := s.pace.Begin(now); wait > 0 {
			return now.Add(wait)
		}
		pass, wait := s.breaker.Allow(now)
		if wait > 0 {
			s.pace.End()
			return now.Add(wait)
		}
		s.begun = append(s.begun, now)
		s.pace.End()
		s.breaker.Report(now, pass, up)
		i := slices.IndexFunc(s.outbox, func(p Pending) bool { return p.Key == next[0].Key })
		if up {
			s.delivered = append(s.delivered, s.outbox[i])
			s.outbox = slices.Delete(s.outbox, i, i+1)
			continue
		}
		s.failures[next[0].Key]++
		s.outbox[i].NotBefore = now.Add(s.backoff.Wait(s.failures[next[0].Key], 0, s.random))
	}
}

func (s *courierSim) earliest(now time.Time) time.Time {
	out := now.Add(time.Hour)
	for _, p := range s.outbox {
		if p.NotBefore.After(now) && p.NotBefore.Before(out) {
			out = p.NotBefore
		}
	}
	return out
}

// An hour without the system, in simulated time, and a backlog in each of many
// communities: while it is down it is hardly asked; when it is back all is
// delivered at the rate allowed, in the order of each case, and nobody comes in a
// herd.
func TestAnHourOfOutage(t *testing.T) {
	const couriers, cases, versions, perMinute = 20, 30, 3, 60
	var all []*courierSim
	for i := range uint64(couriers) {
		all = append(all, newCourierSim(i, cases, versions, PaceRules{PerMinute: perMinute}))
	}
	from, until := t0.Add(time.Second), t0.Add(time.Second+time.Hour)
	end := t0.Add(3 * time.Hour)
	for {
		s := slices.MinFunc(all, func(a, b *courierSim) int { return a.wake.Compare(b.wake) })
		if s.wake.After(end) {
			break
		}
		now := s.wake
		if s.wake = s.step(now, now.Before(from) || !now.Before(until)); !s.wake.After(now) {
			t.Fatalf("it looks again at once, for ever, at %v", now)
		}
	}
	seconds := map[int64]int{}
	for i, s := range all {
		if len(s.outbox) != 0 || len(s.delivered) != cases*versions {
			t.Errorf("courier %d: %d are left, %d were delivered", i, len(s.outbox), len(s.delivered))
		}
		checkMinutes(t, s.begun, perMinute)
		during := 0
		for _, at := range s.begun {
			if !at.Before(from) && at.Before(until) {
				during++
			}
			if !at.Before(until) {
				seconds[int64(at.Sub(until)/time.Second)]++
			}
		}
		if during > 40 {
			t.Errorf("courier %d asked a system that was down %d times in an hour", i, during)
		}
		inOrder(t, s.delivered)
		if last := s.begun[len(s.begun)-1].Sub(until); last > 35*time.Minute {
			t.Errorf("courier %d is done %v after the system was back", i, last)
		}
	}
	for second, n := range seconds {
		if n > 2*couriers {
			t.Errorf("%d messages in second %d after the system was back: a herd", n, second)
		}
	}
	if seconds[0] > 3 {
		t.Errorf("%d messages in the very first second", seconds[0])
	}
}

func inOrder(t *testing.T, delivered []Pending) {
	t.Helper()
	last := map[string]int64{}
	for _, p := range delivered {
		if before, ok := last[p.Case]; ok && p.Version != before+1 || !ok && p.Version != 0 {
			t.Errorf("version %d of a case after %d", p.Version, before)
		}
		last[p.Case] = p.Version
	}
}
