package informationsystem

import (
	"context"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

const (
	// maxProbes under way at once.
	maxProbes = 8
	// spread is how long the first probes of a district are drawn out.
	spread = time.Second
)

// outcome is what a probe found.
type outcome struct {
	answered bool
	message  string
}

// prober asks systems at intervals whether they answer, so that no reconcile waits
// for one. Each is asked by one probe at a time, and a few at once altogether; as the
// manager starts it after it was elected, only the leader asks.
type prober struct {
	ask     func(context.Context, *target) outcome
	metrics *Metrics
	// changed tells of systems of which another thing was found than before.
	changed chan event.GenericEvent
	wake    chan struct{}

	mu      sync.Mutex
	jobs    map[string]*job // by the system's name
	running int
}

// job is one system to ask.
type job struct {
	target  *target
	next    time.Time
	busy    bool
	outcome *outcome
}

func newProber(ask func(context.Context, *target) outcome, metrics *Metrics) *prober {
	return &prober{
		ask: ask, metrics: metrics, changed: make(chan event.GenericEvent), wake: make(chan struct{}, 1), jobs: map[string]*job{},
	}
}

// Follow has a system asked from now on, in the way the target says; nil: no more.
// It returns whether the system is asked, and what the last probe of that target
// found; nil before the first.
func (p *prober) Follow(name string, t *target) (probed bool, last *outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.jobs[name]
	if t == nil {
		delete(p.jobs, name)
		p.metrics.unprobed(name)
		return false, nil
	}
	if was != nil && reflect.DeepEqual(was.target, t) {
		return true, was.outcome
	}
	// A probe of the old target that is under way finds that it is not wanted.
	p.jobs[name] = &job{target: t, next: time.Now().Add(rand.N(spread))} //nolint:gosec // it draws a delay
	p.rouse()
	return true, nil
}

func (p *prober) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Start asks until the context ends, and then waits for the probes under way.
func (p *prober) Start(ctx context.Context) error {
	var probes sync.WaitGroup
	defer probes.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		case <-timer.C:
		}
		due, next := p.due(time.Now())
		for name, j := range due {
			probes.Go(func() { p.probe(ctx, name, j) })
		}
		timer.Reset(next)
	}
}

// due takes the systems whose time has come, as many as may be asked at once, and
// says how long it is to the next.
func (p *prober) due(now time.Time) (due map[string]*job, next time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	due, next = map[string]*job{}, time.Hour
	for name, j := range p.jobs {
		switch left := j.next.Sub(now); {
		case j.busy:
		case left > 0:
			next = min(next, left)
		case p.running < maxProbes: // the others are looked at when one is over
			j.busy = true
			p.running++
			due[name] = j
		}
	}
	return due, next
}

// probe asks once, notes what it found, and tells where that is another thing.
func (p *prober) probe(ctx context.Context, name string, j *job) {
	defer p.rouse()
	found := p.ask(ctx, j.target)
	if ctx.Err() != nil || !p.note(name, j, found) {
		return
	}
	select {
	case p.changed <- event.GenericEvent{Object: &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: name}}}:
	case <-ctx.Done():
	}
}

// note keeps what a probe found, and reports whether that is another thing than
// before.
func (p *prober) note(name string, j *job, found outcome) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	if p.jobs[name] != j {
		return false
	}
	p.metrics.probed(name, found.answered)
	j.busy = false
	// A tenth to either side, so that systems that began together are not always
	// asked together.
	tenth := j.target.interval / 10
	j.next = time.Now().Add(j.target.interval - tenth + rand.N(2*tenth+1)) //nolint:gosec // it draws a delay
	changed := j.outcome == nil || *j.outcome != found
	j.outcome = &found
	return changed
}
