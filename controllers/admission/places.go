package admission

import (
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// places remembers each ledger as it was last left: which tasks have a place in
// it, for the day it is lost, and which version it was, so that nothing is
// decided anew on one's own write.
type places struct {
	mu   sync.Mutex
	held map[reconcile.Request]left
}

// left is a ledger as it was left.
type left struct {
	placed  []admission.Ref
	version string
	next    time.Time // when the clock alone may change it
}

func newPlaces() *places { return &places{held: map[reconcile.Request]left{}} }

func (p *places) keep(req reconcile.Request, ledger *v1alpha1.TaskLedger, next time.Time) {
	l := left{version: ledger.ResourceVersion, next: next}
	for i := range ledger.Status.Entries {
		if e := &ledger.Status.Entries[i]; e.AdmittedAt != nil {
			l.placed = append(l.placed, e.TaskRef)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[req] = l
}

// asLeft is how long a ledger may yet stay as it is, if no change is waiting; 0
// when it is not as it was left, or its time has come.
func (p *places) asLeft(req reconcile.Request, ledger *v1alpha1.TaskLedger, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.held[req]
	if ledger == nil || ledger.ResourceVersion != l.version {
		return 0
	}
	return max(0, l.next.Sub(now))
}

func (p *places) of(req reconcile.Request) []admission.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[req].placed
}

func (p *places) forget(req reconcile.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.held, req)
}

// lost is what had a place in a ledger that is gone: what this operator saw
// there, else, after a restart, what the station still serves.
func (r *Reconciler) lost(req reconcile.Request, s *scope) []admission.Ref {
	if s.ledger != nil {
		return nil
	}
	if refs := r.places.of(req); len(refs) > 0 {
		return refs
	}
	if s.station != nil {
		return s.station.Status.ServedTasks
	}
	return nil
}
