package courier

import (
	"sync"
	"time"
)

// BreakerState is whether a system is sent anything.
type BreakerState string

// The states.
const (
	BreakerClosed   BreakerState = "closed"    // it is
	BreakerOpen     BreakerState = "open"      // it is left alone
	BreakerHalfOpen BreakerState = "half-open" // it is tried, with one message at a time
)

// BreakerRules are when a breaker opens and closes. What is 0 or less is the
// default.
type BreakerRules struct {
	// Failures in a row that open it. Default 5.
	Failures int64
	// First is the longest time it stays open the first time; it doubles with each
	// trial that fails. Default 10 s.
	First time.Duration
	// Most is where it stops doubling. Default 5 min.
	Most time.Duration
	// Trials in a row that must succeed before it closes. Default 3.
	Trials int64
	// Lease of a trial: one whose end is not reported by then has failed. Default
	// 2 min.
	Lease time.Duration
}

func (r BreakerRules) orDefault() BreakerRules {
	r.Failures = either(r.Failures, 5)
	r.First = either(r.First, 10*time.Second)
	r.Most = max(either(r.Most, 5*time.Minute), r.First)
	r.Trials = either(r.Trials, 3)
	r.Lease = either(r.Lease, 2*time.Minute)
	return r
}

func either[T ~int64](given, otherwise T) T {
	if given <= 0 {
		return otherwise
	}
	return given
}

// Breaker keeps messages from a system that is down. It opens after failures in a
// row, and after a while lets one message through, then another when that one has
// come back: never a herd. How long it stays open is drawn, so that the couriers
// of many communities do not come back to a system together. It may be used by
// several goroutines. The time is the caller's, and should not go backwards.
type Breaker struct {
	rules  BreakerRules
	random Random

	mu         sync.Mutex
	state      BreakerState
	generation int64 // changes with every change of state and every trial
	failed     int64 // in a row, while closed
	opened     int64 // times it opened since it last closed
	passed     int64 // trials in a row
	until      time.Time
}

// Pass is leave to send one message. What became of it is reported with it.
type Pass struct{ generation int64 }

// NewBreaker makes a breaker that is closed. Random is not used by anybody else
// at the same time.
func NewBreaker(rules BreakerRules, random Random) *Breaker {
	return &Breaker{rules: rules.orDefault(), random: random, state: BreakerClosed}
}

// State of the breaker at a time.
func (b *Breaker) State(now time.Time) BreakerState {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == BreakerOpen && !now.Before(b.until) {
		return BreakerHalfOpen
	}
	return b.state
}

// Allow gives leave to send a message now, or says how long to wait before asking
// again: more than nothing, and then there is no leave.
func (b *Breaker) Allow(now time.Time) (Pass, time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == BreakerClosed {
		return Pass{b.generation}, 0
	}
	if wait := b.until.Sub(now); wait > 0 {
		return Pass{}, wait
	}
	if b.state == BreakerHalfOpen && b.until.After(time.Time{}) {
		// The lease of a trial is over, and nobody said what became of it.
		b.open(now)
		return Pass{}, b.until.Sub(now)
	}
	b.state = BreakerHalfOpen
	b.generation++
	b.until = now.Add(b.rules.Lease)
	return Pass{b.generation}, 0
}

// Report says what became of a message: whether the system is well. One that
// refuses a message with an answer is. What is reported of a message that was
// sent before the breaker last changed its mind counts for nothing.
func (b *Breaker) Report(now time.Time, p Pass, well bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.generation != b.generation || b.state == BreakerOpen {
		return
	}
	switch {
	case b.state == BreakerClosed && well:
		b.failed = 0
	case b.state == BreakerClosed:
		if b.failed++; b.failed >= b.rules.Failures {
			b.open(now)
		}
	case !well:
		b.open(now)
	default:
		b.until = time.Time{} // the next trial may go
		b.generation++
		if b.passed++; b.passed >= b.rules.Trials {
			b.state, b.failed, b.opened, b.passed = BreakerClosed, 0, 0, 0
		}
	}
}

// open opens for half to all of the time the backoff gives.
func (b *Breaker) open(now time.Time) {
	b.generation++
	b.opened++
	b.state, b.failed, b.passed = BreakerOpen, 0, 0
	ceiling := Backoff{First: b.rules.First, Most: b.rules.Most}.Ceiling(b.opened)
	b.until = now.Add(ceiling - time.Duration(b.random.Int64N(int64(ceiling)/2+1)))
}
