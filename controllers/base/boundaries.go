package base

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/boundary"
)

// Boundaries keeps parsed grid boundaries by object and generation, since one
// boundary is compared with many siblings and drawn on its community's map.
type Boundaries struct {
	mu   sync.Mutex
	held map[types.UID]parsed
}

type parsed struct {
	generation int64
	boundary   *boundary.Boundary
	outline    [][2]int64
	err        error
}

// NewBoundaries makes an empty Boundaries.
func NewBoundaries() *Boundaries {
	return &Boundaries{held: map[types.UID]parsed{}}
}

// Of is a grid's boundary, or why it can't be read.
func (b *Boundaries) Of(g *v1alpha1.Grid) (*boundary.Boundary, error) {
	p := b.get(g)
	return p.boundary, p.err
}

// Outline is a grid's outline in degrees times ten million; nil when its
// boundary is missing or wrong.
func (b *Boundaries) Outline(g *v1alpha1.Grid) [][2]int64 {
	return b.get(g).outline
}

func (b *Boundaries) get(g *v1alpha1.Grid) parsed {
	b.mu.Lock()
	p, ok := b.held[g.UID]
	b.mu.Unlock()
	if ok && p.generation == g.Generation {
		return p
	}
	p = parsed{generation: g.Generation}
	p.boundary, p.err = boundary.Parse(g.Spec.Boundary, g.Spec.Datum)
	if p.err == nil {
		p.outline = p.boundary.Outline()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[g.UID] = p
	return p
}

// Forget drops a grid that is gone.
func (b *Boundaries) Forget(uid types.UID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.held, uid)
}
