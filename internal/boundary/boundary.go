package boundary

import (
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/simplify"
)

// Limits of a boundary. They bound the time every function here takes.
const (
	// MaxBytes of the GeoJSON text.
	MaxBytes = 64 << 10
	// MaxVertices of all rings together.
	MaxVertices = 4000
	// MaxRings of all polygons together.
	MaxRings = 256
	// MaxOutline is the number of positions Outline returns at most.
	MaxOutline = 200
)

// What is neither an overlap nor outside: neighbours that were drawn apart from
// one another differ by slivers along their common edge. Below both a square
// metre and a ten-thousandth of the smaller area nobody means anything by it.
const (
	toleratedSquareMeters = 1
	toleratedShare        = 0.0001
)

// Boundary is a checked boundary: one or more polygons whose rings are simple,
// whose holes lie inside and which do not overlap one another. It does not
// change and may be used from several goroutines.
type Boundary struct {
	polygons []polygon
	edges    []edge // of all polygons; inside is where an odd number lies below
	box      box
	area     float64
}

type polygon struct {
	rings []ring // the outer one first
	area  float64
}

// ring is a closed ring without its last, repeated position and without
// positions that repeat the one before.
type ring struct {
	points []point
	at     []int // number of each position in the ring as written, from 1
}

func (r ring) edges(index int) []edge {
	out := make([]edge, len(r.points))
	for i, p := range r.points {
		out[i] = edge{a: p, b: r.points[(i+1)%len(r.points)], ring: index, at: r.at[i]}
	}
	return out
}

func (p polygon) edges() []edge {
	var out []edge
	for i, r := range p.rings {
		out = append(out, r.edges(i)...)
	}
	return out
}

// box is a bounding box; a point on its border is inside.
type box struct {
	minX, minY, maxX, maxY int64
}

func boxOf(edges []edge) box {
	b := box{math.MaxInt64, math.MaxInt64, math.MinInt64, math.MinInt64}
	for _, e := range edges {
		b.minX, b.maxX = min(b.minX, e.a.x), max(b.maxX, e.a.x)
		b.minY, b.maxY = min(b.minY, e.a.y), max(b.maxY, e.a.y)
	}
	return b
}

// shared is the box two boxes have in common; it has no area where they only
// touch or are apart.
func (b box) shared(o box) box {
	return box{max(b.minX, o.minX), max(b.minY, o.minY), min(b.maxX, o.maxX), min(b.maxY, o.maxY)}
}

func (b box) hasArea() bool { return b.minX < b.maxX && b.minY < b.maxY }

// AreaSquareMeters is the area on the ellipsoid, holes taken out, rounded to
// whole m².
func (b *Boundary) AreaSquareMeters() int64 { return int64(math.Round(b.area)) }

// Overlap returns the area two boundaries have in common, in whole m², and
// whether that counts as an overlap: it must be more than a square metre and
// more than a ten-thousandth of the smaller boundary. Shared edges and corners
// are no overlap.
func Overlap(a, b *Boundary) (squareMeters int64, overlaps bool) {
	common := commonArea(a.edges, b.edges, a.box.shared(b.box))
	return int64(math.Round(common)), common > tolerated(min(a.area, b.area))
}

// Inside returns how much of the child lies outside the parent, in whole m²,
// and whether the child counts as inside: no more than a square metre, or than
// a ten-thousandth of its area, may be out.
func Inside(child, parent *Boundary) (outsideSquareMeters int64, ok bool) {
	common := commonArea(child.edges, parent.edges, child.box.shared(parent.box))
	outside := max(child.area-common, 0)
	return int64(math.Round(outside)), outside <= tolerated(child.area)
}

func tolerated(area float64) float64 {
	return max(toleratedSquareMeters, toleratedShare*area)
}

// Outline returns the outer ring of the largest polygon, closed, in degrees
// times ten million, longitude first, simplified to at most MaxOutline
// positions. It is for drawing; nothing may be decided by it.
func (b *Boundary) Outline() [][2]int64 {
	largest := b.polygons[0]
	for _, p := range b.polygons[1:] {
		if p.area > largest.area {
			largest = p
		}
	}
	points := largest.rings[0].points
	drawn := make(orb.Ring, 0, len(points)+1)
	for _, p := range points {
		drawn = append(drawn, orb.Point{float64(p.x), float64(p.y)})
	}
	drawn = append(drawn, drawn[0])
	if len(drawn) > MaxOutline {
		drawn = simplify.VisvalingamKeep(MaxOutline).Ring(drawn)
	}
	out := make([][2]int64, len(drawn))
	for i, p := range drawn {
		out[i] = [2]int64{int64(p[0]), int64(p[1])}
	}
	return out
}
