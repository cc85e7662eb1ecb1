package apply

import (
	"sync"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// lagLimit is how long an apply that the cache has not shown is believed.
const lagLimit = 10 * time.Second

// applied is what is remembered of one apply.
type applied struct {
	entry           v1alpha1.InventoryEntry
	resourceVersion string
	at              time.Time
	seen            bool   // the cache has shown this apply or a later state
	driftSeen       string // fingerprint of the foreign change last reported
}

func (a applied) expired() bool { return time.Since(a.at) > lagLimit }

// memory is what this process has applied, by set and child. It bridges the
// time until the cache and the parent's status show it.
type memory struct {
	mu   sync.Mutex
	sets map[string]map[Ref]applied
}

func (m *memory) get(set string, ref Ref) (applied, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.sets[set][ref]
	return a, ok && a.entry.UID != ""
}

func (m *memory) put(set string, ref Ref, a applied) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a.at = time.Now()
	m.set(set, ref, a)
}

func (m *memory) set(set string, ref Ref, a applied) {
	if m.sets[set] == nil {
		m.sets[set] = map[Ref]applied{}
	}
	m.sets[set][ref] = a
}

func (m *memory) markSeen(set string, ref Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a, ok := m.sets[set][ref]; ok {
		a.seen = true
		m.sets[set][ref] = a
	}
}

// firstSight reports whether a foreign change is met for the first time.
func (m *memory) firstSight(set string, ref Ref, l live) bool {
	now := l.fingerprint()
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.sets[set][ref]
	if a.driftSeen == now {
		return false
	}
	a.driftSeen = now
	m.set(set, ref, a)
	return true
}

func (m *memory) drop(set string, ref Ref) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sets[set], ref)
}

func (m *memory) forget(set string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.sets, set)
}
