package courier

import (
	"sync"
	"time"
)

// PaceRules bound what a community sends to a system. What is 0 or less is the
// default.
type PaceRules struct {
	// PerMinute is the most messages begun in any minute. Default 60.
	PerMinute int64
	// Concurrent is the most messages under way at once. Default 1.
	Concurrent int64
}

// slack is how much of the time that went by unused may be caught up.
const slack = time.Second

// Pace holds the rate limit of a system. Messages are spread evenly over the
// minute, so that a backlog does not come as a herd; a second's worth may be
// caught up where one came late, and is reckoned in, so that no minute, wherever
// it begins, has more than the limit. It may be used by several goroutines. The
// time is the caller's, real or simulated; where it goes backwards, nothing
// becomes allowed by it.
type Pace struct {
	every      time.Duration
	concurrent int64

	mu       sync.Mutex
	due      time.Time // when the next message would be, were they spread exactly
	held     time.Time // nothing before
	underWay int64
}

// busy is how long to wait where only the end of another message helps.
const busy = 100 * time.Millisecond

// NewPace makes a pace that has sent nothing yet.
func NewPace(rules PaceRules) *Pace {
	perMinute := either(rules.PerMinute, 60)
	// Rounded up, so that the limit is not passed by a fraction.
	every := (time.Minute + slack + time.Duration(perMinute) - 1) / time.Duration(perMinute)
	return &Pace{every: every, concurrent: either(rules.Concurrent, 1)}
}

// Begin gives leave to send a message now, or says how long to wait before asking
// again: more than nothing, and then there is no leave. End follows each leave.
func (p *Pace) Begin(now time.Time) (wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wait := p.wait(now); wait > 0 {
		return wait
	}
	if p.due.Before(now) {
		p.due = now
	}
	p.due = p.due.Add(p.every)
	p.underWay++
	return 0
}

// Wait is what Begin would say, and gives no leave: for whoever has yet to find a
// message that may go.
func (p *Pace) Wait(now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wait(now)
}

func (p *Pace) wait(now time.Time) time.Duration {
	earliest := p.due.Add(-slack)
	if p.every > slack {
		// Less than one a second: nothing but lateness itself is caught up.
		earliest = p.due.Add(-min(slack, p.every/2))
	}
	switch {
	case now.Before(p.held):
		return p.held.Sub(now)
	case now.Before(earliest):
		return earliest.Sub(now)
	case p.underWay >= p.concurrent:
		return busy
	}
	return 0
}

// End says that a message is no longer under way.
func (p *Pace) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.underWay = max(p.underWay-1, 0)
}

// Hold sends nothing more until a time, as the system asked (429 Too Many
// Requests). A time before one that was given earlier changes nothing.
func (p *Pace) Hold(until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.held) {
		p.held = until
	}
}
