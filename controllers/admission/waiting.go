package admission

import (
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// waiting remembers which communities wait to be decided on: since when, and
// when the last change arrived.
type waiting struct {
	mu    sync.Mutex
	since map[reconcile.Request]time.Time
	last  map[reconcile.Request]time.Time
	first map[reconcile.Request]time.Time // the first change ever, until there is a ledger
}

func newWaiting() *waiting {
	return &waiting{since: map[reconcile.Request]time.Time{}, last: map[reconcile.Request]time.Time{}, first: map[reconcile.Request]time.Time{}}
}

// put notes that a change arrived at a time.
func (w *waiting) put(req reconcile.Request, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again(req, at)
	w.last[req] = at
	if _, ok := w.first[req]; !ok {
		w.first[req] = at
	}
}

// again notes that a change which arrived at a time still waits.
func (w *waiting) again(req reconcile.Request, at time.Time) {
	if was, ok := w.since[req]; !at.IsZero() && (!ok || at.Before(was)) {
		w.since[req] = at
	}
}

// back is again for a community that was taken.
func (w *waiting) back(req reconcile.Request, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.again(req, at)
}

// take is since when a community waits; zero when it does not.
func (w *waiting) take(req reconcile.Request) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	at := w.since[req]
	delete(w.since, req)
	return at
}

// calm is how long a community without a ledger has yet to wait: until nothing
// has changed for the quiet time, but no longer than the limit.
func (w *waiting) calm(req reconcile.Request, quiet, limit time.Duration) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	return max(0, min(quiet-now.Sub(w.last[req]), limit-now.Sub(w.first[req])))
}

// forget drops a community that is decided on for the first time, or gone.
func (w *waiting) forget(req reconcile.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.last, req)
	delete(w.first, req)
}
