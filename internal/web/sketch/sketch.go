package sketch

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
)

// The sketch map's size in its own units, and what it may weigh.
const (
	mapWidth     = 640.0
	mapMargin    = 14.0
	mapMinHeight = 240.0
	mapMaxHeight = 720.0
	mapPoints    = 2000
)

// Map is the sketch of a community's grids, ready for an inline SVG.
type Map struct {
	Width, Height int
	Shapes        []Shape
	ScaleX1       string // the scale bar, from ScaleX1 to ScaleX2 at ScaleY
	ScaleX2       string
	ScaleY        string
	ScaleTextY    string
	ScaleMetres   int64

	projection
}

// Shape is one grid: its outline and where its number stands.
type Shape struct {
	Number int // as in the table, from 1
	Tone   int // one of six, so that neighbours can be told apart
	Path   string
	X, Y   string

	middle point
	ring   []point
}

// Count is how many grids are drawn.
func (s *Map) Count() int64 { return int64(len(s.Shapes)) }

type point struct{ x, y float64 }

// Draw makes the map, or nil when no grid has an outline. Degrees become
// metres at the community's latitude, so that shapes keep their proportions.
func Draw(grids []content.Grid) *Map {
	plane, rings, numbers := projected(grids)
	if len(rings) == 0 {
		return nil
	}
	low, high := bounds(rings)
	wide, tall := math.Max(high.x-low.x, 1), math.Max(high.y-low.y, 1)
	scale := math.Min((mapWidth-2*mapMargin)/wide, (mapMaxHeight-2*mapMargin-30)/tall)
	// The strip below the drawing holds the scale bar.
	height := math.Max(tall*scale+2*mapMargin+30, mapMinHeight)
	plane.left, plane.west, plane.north, plane.scale = (mapWidth-wide*scale)/2, low.x, high.y, scale
	for _, ring := range rings {
		for i, p := range ring {
			ring[i] = plane.draw(p)
		}
	}
	rings = simplify(rings)
	s := &Map{Width: int(mapWidth), Height: int(math.Ceil(height)), projection: plane}
	for i, ring := range rings {
		label := inside(ring)
		s.Shapes = append(s.Shapes, Shape{Number: numbers[i], Tone: i % 6, Path: path(ring), X: number(label.x), Y: number(label.y), middle: label, ring: ring})
	}
	s.bar(scale, height)
	return s
}

// bar chooses a round length for the scale bar.
func (s *Map) bar(scale, height float64) {
	s.ScaleMetres = 10
	for _, metres := range []int64{20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if float64(metres)*scale < mapWidth/3 {
			s.ScaleMetres = metres
		}
	}
	s.ScaleX1 = number(mapMargin)
	s.ScaleX2 = number(mapMargin + math.Min(float64(s.ScaleMetres)*scale, mapWidth-2*mapMargin))
	s.ScaleY = number(height - 10)
	s.ScaleTextY = number(height - 17)
}

// projection is how degrees become units of the map: metres east and north at the
// community's latitude, shifted and scaled.
type projection struct {
	narrow, left, west, north, scale float64
}

const metresPerUnit = 111_320.0 / 1e7

// metres east and north of a point in degrees times ten million.
func (p projection) metres(at [2]int64) point {
	return point{float64(at[0]) * metresPerUnit * p.narrow, float64(at[1]) * metresPerUnit}
}

func (p projection) draw(metres point) point {
	return point{p.left + (metres.x-p.west)*p.scale, mapMargin + (p.north-metres.y)*p.scale}
}

// projected gives the rings in metres east and north, with the number each
// grid has in the table.
func projected(grids []content.Grid) (plane projection, rings [][]point, numbers []int) {
	var middle, n float64
	for _, g := range grids {
		for _, p := range g.Outline {
			middle += float64(p[1])
			n++
		}
	}
	if n == 0 {
		return plane, nil, nil
	}
	plane.narrow = math.Cos(middle / n / 1e7 * math.Pi / 180)
	for i, g := range grids {
		ring := make([]point, 0, len(g.Outline))
		for _, p := range g.Outline {
			ring = append(ring, plane.metres(p))
		}
		// A closed ring repeats its first point; a drawn path closes by itself.
		if len(ring) > 1 && ring[0] == ring[len(ring)-1] {
			ring = ring[:len(ring)-1]
		}
		if len(ring) >= 3 {
			rings, numbers = append(rings, ring), append(numbers, i+1)
		}
	}
	return plane, rings, numbers
}

func bounds(rings [][]point) (low, high point) {
	low, high = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, ring := range rings {
		for _, p := range ring {
			low = point{math.Min(low.x, p.x), math.Min(low.y, p.y)}
			high = point{math.Max(high.x, p.x), math.Max(high.y, p.y)}
		}
	}
	return low, high
}

// simplify drops points nobody would see, and more of them until the map is
// light enough.
func simplify(rings [][]point) [][]point {
	for tolerance := 0.25; ; tolerance *= 2 {
		out, total := make([][]point, len(rings)), 0
		for i, ring := range rings {
			out[i] = thin(ring, tolerance)
			total += len(out[i])
		}
		if total <= mapPoints || tolerance > mapWidth {
			return out
		}
	}
}

// thin is Douglas and Peucker's method on a ring, which it first cuts in two
// at the point farthest from the start.
func thin(ring []point, tolerance float64) []point {
	far, distance := 0, 0.0
	for i, p := range ring {
		if d := math.Hypot(p.x-ring[0].x, p.y-ring[0].y); d > distance {
			far, distance = i, d
		}
	}
	keep := make([]bool, len(ring)+1)
	keep[0], keep[far], keep[len(ring)] = true, true, true
	closed := append(slices.Clone(ring), ring[0])
	todo := [][2]int{{0, far}, {far, len(ring)}}
	for len(todo) > 0 {
		from, to := todo[len(todo)-1][0], todo[len(todo)-1][1]
		todo = todo[:len(todo)-1]
		worst, at := tolerance, -1
		for i := from + 1; i < to; i++ {
			if d := offLine(closed[i], closed[from], closed[to]); d > worst {
				worst, at = d, i
			}
		}
		if at >= 0 {
			keep[at] = true
			todo = append(todo, [2]int{from, at}, [2]int{at, to})
		}
	}
	var out []point
	for i := range ring {
		if keep[i] {
			out = append(out, ring[i])
		}
	}
	return out
}

func offLine(p, a, b point) float64 {
	length := math.Hypot(b.x-a.x, b.y-a.y)
	if length == 0 {
		return math.Hypot(p.x-a.x, p.y-a.y)
	}
	return math.Abs((b.x-a.x)*(a.y-p.y)-(a.x-p.x)*(b.y-a.y)) / length
}

// inside finds a place for the number within the shape, even a hollow one: of
// several level lines across it, the middle of the longest stretch inside.
func inside(ring []point) point {
	low, high := bounds([][]point{ring})
	best, width := point{(low.x + high.x) / 2, (low.y + high.y) / 2}, 0.0
	for _, part := range []float64{.5, .42, .58, .34, .66, .26, .74} {
		y := low.y + (high.y-low.y)*part
		var cuts []float64
		for i, a := range ring {
			b := ring[(i+1)%len(ring)]
			if (a.y > y) != (b.y > y) {
				cuts = append(cuts, a.x+(y-a.y)/(b.y-a.y)*(b.x-a.x))
			}
		}
		slices.Sort(cuts)
		for i := 0; i+1 < len(cuts); i += 2 {
			// The middle line wins unless another is clearly better.
			if w := cuts[i+1] - cuts[i]; w > width*1.25 {
				best, width = point{(cuts[i] + cuts[i+1]) / 2, y}, w
			}
		}
	}
	return best
}

func path(ring []point) string {
	var out strings.Builder
	for i, p := range ring {
		out.WriteByte("ML"[min(i, 1)])
		out.WriteString(number(p.x))
		out.WriteByte(' ')
		out.WriteString(number(p.y))
	}
	out.WriteByte('Z')
	return out.String()
}

// number writes a coordinate to a tenth of a unit.
func number(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
