package sketch

import (
	"bytes"
	"fmt"
	"math"

	"github.com/shequ-io/shequ/internal/content"
)

// At is the point of the world, in degrees times ten million, that is at x and y
// of the map's own units, from its upper left. What is off the map is at its edge.
func (s *Map) At(x, y float64) (longitude, latitude int64) {
	x, y = math.Min(math.Max(x, 0), float64(s.Width)), math.Min(math.Max(y, 0), float64(s.Height))
	east, north := s.west+(x-s.left)/s.scale, s.north-(y-mapMargin)/s.scale
	// Near a pole a metre is many degrees, or any number of them.
	bound := func(degrees, most float64) int64 {
		if math.IsNaN(degrees) {
			return 0
		}
		return int64(math.Round(math.Min(math.Max(degrees, -most), most)))
	}
	return bound(east/(metresPerUnit*s.narrow), 180e7), bound(north/metresPerUnit, 90e7)
}

// Spot is where a point of the world is on the map, and false when it is not on it.
func (s *Map) Spot(longitude, latitude int64) (x, y string, ok bool) {
	p := s.draw(s.metres([2]int64{longitude, latitude}))
	const slack = 1 // degrees are whole numbers, and the edge is on the map
	if !(p.x >= -slack && p.x <= float64(s.Width)+slack && p.y >= -slack && p.y <= float64(s.Height)+slack) {
		return "", "", false
	}
	return number(p.x), number(p.y), true
}

// Middle is a point of the world inside a grid, by its number in the table from 1;
// false when the grid is not drawn.
func (s *Map) Middle(grid int) (longitude, latitude int64, ok bool) {
	for _, shape := range s.Shapes {
		if shape.Number == grid {
			longitude, latitude = s.At(shape.middle.x, shape.middle.y)
			return longitude, latitude, true
		}
	}
	return 0, 0, false
}

// Grid is the number of the grid that a point of the world is drawn in; 0 when it
// is in none. On a border it is the first.
func (s *Map) Grid(longitude, latitude int64) int {
	p := s.draw(s.metres([2]int64{longitude, latitude}))
	for _, shape := range s.Shapes {
		if within(shape.ring, p) {
			return shape.Number
		}
	}
	return 0
}

// within tells by how often a line to the right crosses the ring.
func within(ring []point, p point) bool {
	in := false
	for i, a := range ring {
		b := ring[(i+1)%len(ring)]
		if (a.y > p.y) != (b.y > p.y) && p.x < a.x+(p.y-a.y)/(b.y-a.y)*(b.x-a.x) {
			in = !in
		}
	}
	return in
}

// FileName is the name of the map as a file of the site.
const FileName = "grids.svg"

// tones of the grids, as a page's style sheet has them in light colours: an image
// has no access to it.
var tones = [...]string{"#dfe7e3", "#efe0cf", "#dce4ec", "#efdcd6", "#e6e6d2", "#e5dfea"}

// File is the map as an image of its own, with numbers in the grids; nil when
// none is drawn. Equal grids give equal bytes.
func File(grids []content.Grid) []byte {
	s := Draw(grids)
	if s == nil {
		return nil
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d"><rect width="100%%" height="100%%" fill="#fffdf8"/>`, s.Width, s.Height)
	for _, shape := range s.Shapes {
		fmt.Fprintf(&out, `<path d="%s" fill="%s" stroke="#231e19" stroke-opacity=".55" stroke-width="2" stroke-linejoin="round"/>`, shape.Path, tones[shape.Tone])
	}
	for _, shape := range s.Shapes {
		fmt.Fprintf(&out, `<circle cx="%s" cy="%s" r="21" fill="#fffdf8" stroke="#231e19" stroke-opacity=".55"/><text x="%s" y="%s" dy=".36em" text-anchor="middle" font-family="Georgia,serif" font-weight="700" font-size="25" fill="#231e19">%d</text>`,
			shape.X, shape.Y, shape.X, shape.Y, shape.Number)
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}
