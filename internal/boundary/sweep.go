package boundary

import (
	"cmp"
	"math"
	"slices"
)

// The sweep cuts the plane into upright strips in which no two edges cross, and
// adds up what lies inside both figures strip by strip. It has no special case
// for shared edges, touching corners or collinear stretches: where two edges
// lie on one another the piece between them has no height.

const (
	// maxCrossings is how many crossings the sweep follows exactly. Two real
	// grids have a handful; two combs laid across one another have millions.
	maxCrossings = 20_000
	// maxSteps bounds strips times edges, for figures that cross little but are
	// folded a lot.
	maxSteps = 100_000_000
	// sampledStrips is how many strips the area is sampled in beyond either.
	sampledStrips = 4096
)

// The ellipsoid of CGCS2000: semi-major axis in metres, and the square of the
// eccentricity.
const (
	semiMajorAxis = 6378137.0
	flattening    = 1 / 298.257222101
	eccentricity2 = flattening * (2 - flattening)
)

// squareMetersPerUnit2 is the area of one unit of longitude by one of latitude
// at a latitude: the product of the ellipsoid's two radii of curvature and the
// narrowing of the meridians.
func squareMetersPerUnit2(latitudeUnits float64) float64 {
	const radiansPerUnit = math.Pi / 180 / unitsPerDegree
	sin, cos := math.Sincos(latitudeUnits * radiansPerUnit)
	w := 1 - eccentricity2*sin*sin
	return semiMajorAxis * semiMajorAxis * (1 - eccentricity2) / (w * w) * cos * radiansPerUnit * radiansPerUnit
}

// scale is squareMetersPerUnit2 between two latitudes as a parabola through
// three of its values: right to a part in a billion over a tenth of a degree,
// to a part in ten thousand over ten.
type scale struct {
	middle, constant, linear, square float64
}

func scaleOf(within box) scale {
	middle := (float64(within.minY) + float64(within.maxY)) / 2
	half := max((float64(within.maxY)-float64(within.minY))/2, 1)
	low, mid, high := squareMetersPerUnit2(middle-half), squareMetersPerUnit2(middle), squareMetersPerUnit2(middle+half)
	return scale{middle, mid, (high - low) / (2 * half), (high - 2*mid + low) / (2 * half * half)}
}

// upTo is the scale's integral over the latitude: the area, per unit of
// longitude, between the middle and y. Being a cubic, Simpson's rule is exact
// for it along a straight edge.
func (s scale) upTo(y float64) float64 {
	d := y - s.middle
	return d * (s.constant + d*(s.linear/2+d*s.square/3))
}

// slant is an edge seen from left to right, in floating point. Every coordinate
// of an edge is exact in it.
type slant struct {
	x0, y0, x1, y1 float64
	second         bool    // belongs to the second figure
	y              float64 // in the middle of the strip
	below          float64 // area below it in the strip, per unit of longitude
}

func (s *slant) at(x float64) float64 { return s.y0 + (x-s.x0)*(s.y1-s.y0)/(s.x1-s.x0) }

// commonArea returns the area inside both figures, in m², within a box that
// holds all they have in common. A figure is where an odd number of its edges
// lies below.
func commonArea(first, second []edge, within box) float64 {
	if !within.hasArea() {
		return 0
	}
	cuts, exact := crossingCuts(first, second, within)
	slants := slantsOf(nil, first, false, within)
	slants = slantsOf(slants, second, true, within)
	cuts = vertexCuts(vertexCuts(cuts, first, within), second, within)
	exact = exact && len(cuts)*len(slants) <= maxSteps
	if !exact {
		cuts = evenCuts(within)
	}
	return sweep{scaleOf(within), exact, func(inFirst, inSecond bool) bool { return inFirst && inSecond }}.area(cuts, slants)
}

// areaOf returns the area of one figure, in m². No two of its edges may cross.
func areaOf(edges []edge) float64 {
	within := boxOf(edges)
	if !within.hasArea() {
		return 0
	}
	cuts := vertexCuts(nil, edges, within)
	return sweep{scaleOf(within), true, func(inside, _ bool) bool { return inside }}.area(cuts, slantsOf(nil, edges, false, within))
}

// crossingCuts returns the longitudes at which edges of the two figures cross.
// It reports false when there are too many to follow.
func crossingCuts(first, second []edge, within box) ([]float64, bool) {
	cuts := []float64{float64(within.minX), float64(within.maxX)}
	ordered := touchingBox(second, within)
	slices.SortFunc(ordered, func(e, f edge) int { return cmp.Compare(e.minX(), f.minX()) })
	for _, e := range touchingBox(first, within) {
		for _, f := range ordered {
			if f.minX() > e.maxX() {
				break
			}
			if meet(e, f) == crossing {
				cuts = append(cuts, crossingX(e, f))
			}
		}
		if len(cuts) > maxCrossings {
			return nil, false
		}
	}
	return cuts, true
}

func touchingBox(edges []edge, b box) []edge {
	var out []edge
	for _, e := range edges {
		if e.maxX() >= b.minX && e.minX() <= b.maxX &&
			max(e.a.y, e.b.y) >= b.minY && min(e.a.y, e.b.y) <= b.maxY {
			out = append(out, e)
		}
	}
	return out
}

func vertexCuts(cuts []float64, edges []edge, within box) []float64 {
	for _, e := range edges {
		if e.a.x >= within.minX && e.a.x <= within.maxX {
			cuts = append(cuts, float64(e.a.x))
		}
	}
	return cuts
}

func evenCuts(within box) []float64 {
	cuts := make([]float64, sampledStrips+1)
	width := float64(within.maxX - within.minX)
	for i := range cuts {
		cuts[i] = float64(within.minX) + width*float64(i)/sampledStrips
	}
	return cuts
}

// slantsOf adds the edges that run through the box's longitudes and not wholly
// above it. Those wholly below count: they decide what is inside.
func slantsOf(to []slant, edges []edge, second bool, within box) []slant {
	for _, e := range edges {
		if e.a.x == e.b.x || e.maxX() <= within.minX || e.minX() >= within.maxX || min(e.a.y, e.b.y) > within.maxY {
			continue
		}
		a, b := e.a, e.b
		if a.x > b.x {
			a, b = b, a
		}
		to = append(to, slant{float64(a.x), float64(a.y), float64(b.x), float64(b.y), second, 0, 0})
	}
	slices.SortFunc(to, func(s, t slant) int { return cmp.Compare(s.x0, t.x0) })
	return to
}

type sweep struct {
	scale  scale
	exact  bool // every edge runs through every strip it is in
	wanted func(inFirst, inSecond bool) bool
}

// area adds up the wanted pieces between the cuts.
func (w sweep) area(cuts []float64, slants []slant) float64 {
	slices.Sort(cuts)
	cuts = slices.Compact(cuts)
	var area float64
	var active []slant
	next := 0
	for i := 1; i < len(cuts); i++ {
		left, right := cuts[i-1], cuts[i]
		middle := left + (right-left)/2
		for next < len(slants) && slants[next].x0 <= middle {
			active = append(active, slants[next])
			next++
		}
		active = slices.DeleteFunc(active, func(s slant) bool { return s.x1 <= middle })
		for j := range active {
			s := &active[j]
			s.y = s.at(middle)
			s.below = w.scale.upTo(s.y)
			if w.exact {
				s.below = (w.scale.upTo(s.at(left)) + 4*s.below + w.scale.upTo(s.at(right))) / 6
			}
		}
		slices.SortFunc(active, func(s, t slant) int { return cmp.Compare(s.y, t.y) })
		area += (right - left) * w.strip(active)
	}
	return area
}

// strip adds up the wanted pieces of one strip, per unit of longitude.
func (w sweep) strip(active []slant) float64 {
	var area float64
	inFirst, inSecond := false, false
	for j := range active {
		if j > 0 && w.wanted(inFirst, inSecond) {
			area += active[j].below - active[j-1].below
		}
		if active[j].second {
			inSecond = !inSecond
		} else {
			inFirst = !inFirst
		}
	}
	return area
}
