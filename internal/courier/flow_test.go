package courier

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func TestBackoff(t *testing.T) {
	b := Backoff{First: time.Second, Most: 10 * time.Second}
	for failures, want := range map[int64]int64{-1: 1, 0: 1, 1: 1, 2: 2, 3: 4, 4: 8, 5: 10, 6: 10, 1 << 62: 10} {
		if got := b.Ceiling(failures); got != time.Duration(want)*time.Second {
			t.Errorf("after %d failures at most %v, want %d s", failures, got, want)
		}
	}
	if (Backoff{}).Ceiling(100) <= 0 || (Backoff{First: time.Hour, Most: time.Minute}).Ceiling(1) != time.Minute {
		t.Error("what makes no sense makes no wait")
	}
	rapid.Check(t, func(t *rapid.T) {
		b := Backoff{First: time.Duration(rapid.Int64().Draw(t, "first")), Most: time.Duration(rapid.Int64().Draw(t, "most"))}
		failures, seed := rapid.Int64Range(0, 200).Draw(t, "failures"), rapid.Uint64().Draw(t, "seed")
		atLeast := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "at least"))
		ceiling := b.Ceiling(failures)
		if ceiling <= 0 || ceiling > max(b.Most, 1) || ceiling < b.Ceiling(failures-1) || ceiling > 1<<61 {
			if ceiling > 1<<61 {
				t.Skip("centuries")
			}
			t.Fatalf("ceiling %v", ceiling)
		}
		wait := b.Wait(failures, 0, seeded(seed))
		if wait < 0 || wait > ceiling || wait != b.Wait(failures, 0, seeded(seed)) {
			t.Fatalf("wait %v of at most %v", wait, ceiling)
		}
		if told := b.Wait(failures, atLeast, seeded(seed)); told < min(atLeast, max(b.Most, 1)) || told < wait {
			t.Fatalf("told to wait %v, and waits %v", atLeast, told)
		}
	})
}

// Full jitter: all of the range is used.
func TestJitterSpreads(t *testing.T) {
	b, r := Backoff{First: time.Minute, Most: time.Hour}, seeded(1)
	var quarters [4]int
	for range 4000 {
		quarters[min(3, b.Wait(1, 0, r)*4/time.Minute)]++
	}
	for _, n := range quarters {
		if n < 800 || n > 1200 {
			t.Errorf("waits by quarters of the range: %v", quarters)
		}
	}
}

func TestBreaker(t *testing.T) {
	now := t0
	b := NewBreaker(BreakerRules{Failures: 3, First: 10 * time.Second, Most: time.Minute, Trials: 2, Lease: 30 * time.Second}, seeded(1))
	send := func(well bool) {
		t.Helper()
		p, wait := b.Allow(now)
		if wait != 0 {
			t.Fatalf("%v: no leave for %v", b.State(now), wait)
		}
		b.Report(now, p, well)
	}
	is := func(want BreakerState) {
		t.Helper()
		if got := b.State(now); got != want {
			t.Fatalf("it is %s, want %s", got, want)
		}
	}
	send(false)
	send(false)
	send(true) // in a row means in a row
	send(false)
	send(false)
	is(BreakerClosed)
	early, _ := b.Allow(now)
	send(false)
	is(BreakerOpen)
	b.Report(now, early, true) // it left before: that it arrived says nothing now
	is(BreakerOpen)
	_, wait := b.Allow(now)
	if wait < 5*time.Second || wait > 10*time.Second {
		t.Fatalf("open for %v", wait)
	}
	now = now.Add(wait)
	is(BreakerHalfOpen)
	trial, _ := b.Allow(now)
	for range 5 {
		if _, wait := b.Allow(now); wait <= 0 {
			t.Fatal("two trials at once")
		}
	}
	b.Report(now, trial, true)
	b.Report(now, trial, true) // said twice, it counts once
	is(BreakerHalfOpen)
	send(false)
	is(BreakerOpen)
	if _, wait = b.Allow(now); wait < 10*time.Second || wait > 20*time.Second {
		t.Fatalf("open for %v the second time", wait)
	}
	now = now.Add(wait)
	if _, wait = b.Allow(now); wait != 0 {
		t.Fatal("no trial")
	}
	now = now.Add(31 * time.Second) // nobody said what became of it
	if _, wait = b.Allow(now); wait <= 0 {
		t.Fatal("the lease of a trial is over, and the next goes at once")
	}
	now = now.Add(wait)
	send(true)
	send(true)
	is(BreakerClosed)
}

// Whatever happens, a system that is not known to be well gets one message at a
// time.
func TestBreakerLetsNoHerdThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := t0
		b := NewBreaker(BreakerRules{Failures: rapid.Int64Range(1, 4).Draw(t, "failures"), Trials: rapid.Int64Range(1, 4).Draw(t, "trials")}, seeded(rapid.Uint64().Draw(t, "seed")))
		type sent struct {
			p     Pass
			at    time.Time
			trial bool
		}
		var out []sent
		t.Repeat(map[string]func(*rapid.T){
			"later": func(t *rapid.T) { now = now.Add(time.Duration(rapid.Int64Range(0, 200).Draw(t, "s")) * time.Second) },
			"send": func(t *rapid.T) {
				state := b.State(now)
				p, wait := b.Allow(now)
				if wait < 0 || state == BreakerOpen && wait == 0 || state == BreakerClosed && wait > 0 {
					t.Fatalf("%s, and to wait %v", state, wait)
				}
				if wait > 0 {
					return
				}
				live := slices.ContainsFunc(out, func(s sent) bool { return s.trial && now.Sub(s.at) < 2*time.Minute })
				if state == BreakerHalfOpen && live {
					t.Fatal("a second trial")
				}
				out = append(out, sent{p, now, state == BreakerHalfOpen})
			},
			"report": func(t *rapid.T) {
				if len(out) == 0 {
					return
				}
				i := rapid.IntRange(0, len(out)-1).Draw(t, "which")
				b.Report(now, out[i].p, rapid.Bool().Draw(t, "well"))
				out = slices.Delete(out, i, i+1)
			},
		})
	})
}

// Real goroutines at a half-open breaker: one gets leave.
func TestOneGoroutineTries(t *testing.T) {
	b := NewBreaker(BreakerRules{Failures: 1}, seeded(1))
	p, _ := b.Allow(t0)
	b.Report(t0, p, false)
	later := t0.Add(time.Hour)
	var group sync.WaitGroup
	var mu sync.Mutex
	leave := 0
	for range 50 {
		group.Go(func() {
			if _, wait := b.Allow(later); wait == 0 {
				mu.Lock()
				leave++
				mu.Unlock()
			}
		})
	}
	if group.Wait(); leave != 1 {
		t.Errorf("%d have leave", leave)
	}
}

// No minute, wherever it begins, has more messages than the limit, and no more
// are under way than may be; a backlog still goes at nearly the limit.
func TestPaceHoldsTheLimit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := PaceRules{PerMinute: rapid.Int64Range(1, 3000).Draw(t, "per minute"), Concurrent: rapid.Int64Range(1, 5).Draw(t, "concurrent")}
		p, now := NewPace(rules), t0
		var begun, ends []time.Time
		for range rapid.IntRange(1, 3000).Draw(t, "rounds") {
			ends = slices.DeleteFunc(ends, func(e time.Time) bool {
				if over := !e.After(now); over {
					p.End()
					return true
				}
				return false
			})
			asked := p.Wait(now)
			switch wait := p.Begin(now); {
			case wait < 0, wait != asked:
				t.Fatalf("wait %v, after %v", wait, asked)
			case wait == 0:
				begun = append(begun, now)
				ends = append(ends, now.Add(time.Duration(rapid.Int64Range(0, 300).Draw(t, "takes ms"))*time.Millisecond))
				if int64(len(ends)) > rules.Concurrent {
					t.Fatalf("%d under way", len(ends))
				}
			default:
				now = now.Add(wait)
			}
			if rapid.IntRange(0, 50).Draw(t, "pause") == 0 {
				now = now.Add(time.Duration(rapid.Int64Range(0, 3000).Draw(t, "late ms")) * time.Millisecond)
			}
		}
		checkMinutes(t, begun, rules.PerMinute)
	})
}

func checkMinutes(t rapid.TB, begun []time.Time, limit int64) {
	first := 0
	for i, at := range begun {
		for at.Sub(begun[first]) >= time.Minute {
			first++
		}
		if int64(i-first+1) > limit {
			t.Fatalf("%d begun in the minute before %v, limit %d", i-first+1, at, limit)
		}
	}
}

func TestPace(t *testing.T) {
	p := NewPace(PaceRules{PerMinute: 6000, Concurrent: 6000})
	n := 0
	for now := t0; now.Before(t0.Add(time.Minute)); {
		if wait := p.Begin(now); wait > 0 {
			now = now.Add(max(wait, 7*time.Millisecond)) // clocks are coarse
			continue
		}
		n++
	}
	if n < 5800 || n > 6000 {
		t.Errorf("%d in a minute of at most 6000", n)
	}
	q := NewPace(PaceRules{})
	if q.Begin(t0) != 0 || q.Begin(t0.Add(time.Minute)) != busy {
		t.Error("the default is one at a time")
	}
	q.End()
	q.End() // said once too often
	q.Hold(t0.Add(time.Hour))
	q.Hold(t0)
	if wait := q.Begin(t0.Add(time.Minute)); wait != 59*time.Minute {
		t.Errorf("held for %v", wait)
	}
	if q.Begin(t0.Add(time.Hour)) != 0 || q.Begin(t0.Add(-time.Hour)) <= 0 {
		t.Error("a clock that goes back lets one through")
	}
}

func TestNext(t *testing.T) {
	m := func(c string, version int64, system string, state PendingState, after int) Pending {
		return Pending{
			Key: Key(fmt.Sprintf("%s/%s/%d", c, system, version)), Case: c, System: system, Version: version, State: state,
			NotBefore: t0.Add(time.Duration(after) * time.Minute),
		}
	}
	pending := []Pending{
		m("a", 2, "s", Waiting, -50), m("a", 1, "s", Waiting, -1), // the first goes first, however long the second waited
		m("b", 1, "s", UnderWay, 0), m("b", 2, "s", Waiting, 0), // while one is under way none goes
		m("c", 1, "s", Dead, 0), m("c", 2, "s", Waiting, 0), // a dead one holds up its case
		m("c", 2, "r", Waiting, -3),                             // but not another system
		m("d", 1, "s", Waiting, 1), m("d", 2, "s", Waiting, -1), // not yet
		m("e", 1, "s", Waiting, -2), m("e", 1, "t", UnderWay, -2),
		m("g", 1, "s", "what", -2),
	}
	want := "[c/r/2 e/s/1 a/s/1]"
	rapid.Check(t, func(t *rapid.T) {
		shuffled := rapid.Permutation(pending).Draw(t, "order")
		var keys []Key
		for _, p := range Next(shuffled, t0, 10) {
			keys = append(keys, p.Key)
		}
		if fmt.Sprint(keys) != want {
			t.Fatalf("%v, want %s", keys, want)
		}
	})
	if n := len(Next(pending, t0, 2)); n != 2 {
		t.Errorf("%d of at most 2", n)
	}
	if len(Next(pending, t0, -1)) != 0 || len(Next(nil, t0, 5)) != 0 {
		t.Error("something comes from nothing")
	}
}
