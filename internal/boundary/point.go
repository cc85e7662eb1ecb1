package boundary

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unitsPerDegree is the resolution positions are kept in.
const unitsPerDegree = 10_000_000

// point is a position in units of 1e-7 degrees. x is the longitude, y the
// latitude; |x| ≤ 1.8e9 and |y| ≤ 0.9e9, so that a product of two differences
// fits into an int64.
type point struct {
	x, y int64
}

func toUnits(degrees float64) int64 {
	return int64(math.Round(degrees * unitsPerDegree))
}

// String writes the position as GeoJSON does.
func (p point) String() string {
	return fmt.Sprintf("[%s, %s]", degrees(p.x), degrees(p.y))
}

func degrees(units int64) string {
	s := strconv.FormatFloat(float64(units)/unitsPerDegree, 'f', 7, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// side returns 1 when c lies left of the line from a to b, -1 when right of it,
// and 0 when on it. It is exact.
func side(a, b, c point) int {
	return cmp.Compare((b.x-a.x)*(c.y-a.y), (b.y-a.y)*(c.x-a.x))
}

// edge is a straight line between two positions of a ring.
type edge struct {
	a, b point
	ring int // index of its ring in the polygon
	at   int // number of its first position in the ring as written, from 1
}

func (e edge) minX() int64 { return min(e.a.x, e.b.x) }
func (e edge) maxX() int64 { return max(e.a.x, e.b.x) }

func (e edge) String() string { return fmt.Sprintf("edge %d (%s to %s)", e.at, e.a, e.b) }

// meeting is how two edges meet.
type meeting int

const (
	apart    meeting = iota
	touching         // in one point that is an end of at least one of them
	crossing         // in one point inside both
	covering         // along a stretch
)

// meet says how two edges meet, exactly.
func meet(e, f edge) meeting {
	if e.maxX() < f.minX() || f.maxX() < e.minX() ||
		max(e.a.y, e.b.y) < min(f.a.y, f.b.y) || max(f.a.y, f.b.y) < min(e.a.y, e.b.y) {
		return apart
	}
	fa, fb := side(e.a, e.b, f.a), side(e.a, e.b, f.b)
	ea, eb := side(f.a, f.b, e.a), side(f.a, f.b, e.b)
	switch {
	case fa == 0 && fb == 0:
		return meetOnLine(e, f)
	case fa*fb < 0 && ea*eb < 0:
		return crossing
	case fa*fb <= 0 && ea*eb <= 0:
		return touching
	}
	return apart
}

// meetOnLine says how two edges on one line meet, given that their boxes do:
// in a point where the boxes share only a point, else along a stretch.
func meetOnLine(e, f edge) meeting {
	low := max(e.minX(), f.minX())
	high := min(e.maxX(), f.maxX())
	if low < high {
		return covering
	}
	bottom := max(min(e.a.y, e.b.y), min(f.a.y, f.b.y))
	top := min(max(e.a.y, e.b.y), max(f.a.y, f.b.y))
	if bottom < top {
		return covering
	}
	return touching
}

// crossingPoint returns where two crossing edges cross, rounded.
func crossingPoint(e, f edge) point {
	x := crossingX(e, f)
	if e.a.x == e.b.x {
		e = f
	}
	y := float64(e.a.y) + (x-float64(e.a.x))*float64(e.b.y-e.a.y)/float64(e.b.x-e.a.x)
	return point{int64(math.Round(x)), int64(math.Round(y))}
}

// crossingX returns the longitude at which two crossing edges cross, in units,
// held within both edges whatever the rounding.
func crossingX(e, f edge) float64 {
	ex, ey := float64(e.b.x-e.a.x), float64(e.b.y-e.a.y)
	fx, fy := float64(f.b.x-f.a.x), float64(f.b.y-f.a.y)
	t := (float64(f.a.x-e.a.x)*fy - float64(f.a.y-e.a.y)*fx) / (ex*fy - ey*fx)
	x := float64(e.a.x) + t*ex
	low, high := max(e.minX(), f.minX()), min(e.maxX(), f.maxX())
	if !(x >= float64(low)) { // also when t is not a number
		return float64(low)
	}
	return min(x, float64(high))
}
