package admission

import (
	"sync"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// places remembers which tasks have a place in which community, for the day
// their ledger is lost. It decides nothing; it lets the loss be named.
type places struct {
	mu   sync.Mutex
	held map[reconcile.Request][]admission.Ref
}

func newPlaces() *places { return &places{held: map[reconcile.Request][]admission.Ref{}} }

func (p *places) keep(req reconcile.Request, ledger *v1alpha1.TaskLedgerStatus) {
	var refs []admission.Ref
	for i := range ledger.Entries {
		if ledger.Entries[i].AdmittedAt != nil {
			refs = append(refs, ledger.Entries[i].TaskRef)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[req] = refs
}

func (p *places) of(req reconcile.Request) []admission.Ref {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held[req]
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
