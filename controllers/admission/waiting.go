package admission

import (
	"context"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// waiting remembers since when which communities wait to be decided on, and when
// the last change to the district arrived.
type waiting struct {
	mu    sync.Mutex
	since map[reconcile.Request]time.Time // the first change not decided on yet
	first map[reconcile.Request]time.Time // the first look at a community without a ledger
	last  time.Time                       // the last change, whomever it concerns
	beat  time.Time                       // when the operator was last seen to be awake
}

const (
	beatPeriod = 250 * time.Millisecond
	// nap is how long the operator may have been without a processor and still be
	// believed that nothing has happened meanwhile.
	nap = time.Second
)

func newWaiting() *waiting {
	return &waiting{since: map[reconcile.Request]time.Time{}, first: map[reconcile.Request]time.Time{}}
}

// put notes that a change has arrived that concerns some communities.
func (w *waiting) put(reqs []reconcile.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = time.Now()
	for _, req := range reqs {
		w.again(req, w.last)
	}
}

func (w *waiting) again(req reconcile.Request, at time.Time) {
	if was, ok := w.since[req]; !at.IsZero() && (!ok || at.Before(was)) {
		w.since[req] = at
	}
}

// Start notes that the operator is awake until the context ends. One that slept has not
// seen yet what has happened meanwhile.
func (w *waiting) Start(ctx context.Context) error {
	tick := time.NewTicker(beatPeriod)
	defer tick.Stop()
	for {
		w.awake(true)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// awake counts a nap as a change.
func (w *waiting) awake(beat bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if now.Sub(w.beat) > nap {
		w.last = now
	}
	if beat {
		w.beat = now
	}
}

// take is since when a community waits; zero when it does not.
func (w *waiting) take(req reconcile.Request) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.since[req]
	delete(w.since, req)
	return at
}

// back undoes a take.
func (w *waiting) back(req reconcile.Request, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again(req, at)
}

// calm is how long a community without a ledger has yet to wait: until nothing
// in the district has changed for the quiet time, of which the operator slept through
// nothing, but no longer than the limit.
// Changes to others count, too: files of other communities may stand between two
// of its own.
func (w *waiting) calm(req reconcile.Request, quiet, limit time.Duration) time.Duration {
	w.awake(false)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if _, ok := w.first[req]; !ok {
		w.first[req] = now
	}
	return max(0, min(quiet-now.Sub(w.last), limit-now.Sub(w.first[req])))
}

// forget drops a community that has a ledger, or is gone.
func (w *waiting) forget(req reconcile.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.first, req)
}
