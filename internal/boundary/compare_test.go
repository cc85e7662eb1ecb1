package boundary

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/golang/geo/s2"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geo"
	"pgregory.net/rapid"
)

func TestOverlap(t *testing.T) {
	tests := []struct {
		name, a, b string
		share      float64 // of a, in common
	}{
		{"apart", polygonOf(square), polygonOf("20 0, 30 0, 30 10, 20 0"), 0},
		{"a shared edge", polygonOf(square), polygonOf("10 0, 20 0, 20 10, 10 10, 10 0"), 0},
		{"a shared edge with one more vertex", polygonOf(square), polygonOf("10 0, 20 0, 20 10, 10 10, 10 3.3333333, 10 0"), 0},
		{"a part of an edge", polygonOf(square), polygonOf("10 5, 20 5, 20 15, 10 15, 10 5"), 0},
		{"a slanted shared edge", polygonOf("0 0, 10 0, 7 10, 0 10, 0 0"), polygonOf("10 0, 20 0, 20 10, 7 10, 10 0"), 0},
		{"a shared corner", polygonOf(square), polygonOf("10 10, 20 10, 20 20, 10 10"), 0},
		{"side by side above", polygonOf(square), polygonOf("0 10, 10 10, 10 20, 0 20, 0 10"), 0},
		{"a sliver within tolerance", polygonOf(square), polygonOf("9.9999 0, 20 0, 20 10, 9.9999 10, 9.9999 0"), 0.00001},
		{"a tenth", polygonOf(square), polygonOf("9 0, 19 0, 19 10, 9 10, 9 0"), 0.1},
		{"a cross", polygonOf("0 4, 10 4, 10 6, 0 6, 0 4"), polygonOf("4 0, 6 0, 6 10, 4 10, 4 0"), 0.2},
		{"one in the other", polygonOf(square), polygonOf(innerSquare), 0.04},
		{"the same", polygonOf(square), polygonOf(square), 1},
		{"one in the other's hole", polygonOf(square, innerSquare), polygonOf(innerSquare), 0},
		{"only beside", polygonOf("0 0, 10 0, 10 1, 1 1, 1 10, 0 10, 0 0"), polygonOf("2 2, 9 2, 9 9, 2 2"), 0},
		{"across two polygons", multiPolygonOf("0 0, 2 0, 2 10, 0 10, 0 0", "8 0, 10 0, 10 10, 8 10, 8 0"), polygonOf("0 4, 10 4, 10 6, 0 6, 0 4"), 0.2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := mustParse(t, tt.a), mustParse(t, tt.b)
			wantArea := tt.share * a.area
			for _, pair := range [][2]*Boundary{{a, b}, {b, a}} {
				got, overlaps := Overlap(pair[0], pair[1])
				if math.Abs(float64(got)-wantArea) > 1+wantArea*1e-3 || overlaps != (tt.share > 0.0001) {
					t.Errorf("%d m², %t; want %.0f m², %t", got, overlaps, wantArea, tt.share > 0.0001)
				}
			}
		})
	}
}

func TestInside(t *testing.T) {
	parent := mustParse(t, polygonOf(square, innerSquare))
	for _, tt := range []struct {
		name, child string
		outside     float64 // share of the child
	}{
		{"itself", polygonOf(square, innerSquare), 0},
		{"a corner of it", polygonOf("0 0, 3 0, 3 3, 0 3, 0 0"), 0},
		{"along its edges", polygonOf("0 0, 10 0, 10 4, 0 4, 0 0"), 0},
		{"over its hole", polygonOf(square), 0.04},
		{"its hole", polygonOf(innerSquare), 1},
		{"half out", polygonOf("8 0, 12 0, 12 2, 8 2, 8 0"), 0.5},
		{"elsewhere", polygonOf("50 0, 60 0, 60 10, 50 0"), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			child := mustParse(t, tt.child)
			got, ok := Inside(child, parent)
			want := tt.outside * child.area
			if math.Abs(float64(got)-want) > 1+want*1e-3 || ok != (tt.outside == 0) {
				t.Errorf("%d m² outside, %t; want %.0f m²", got, ok, want)
			}
		})
	}
}

// Our area on the ellipsoid must agree with two libraries on the sphere within
// what ellipsoid and sphere differ by (half a percent).
func TestAreaAgreesWithLibraries(t *testing.T) {
	for _, geojson := range []string{
		polygonOf(square), polygonOf(square, innerSquare), polygonOf("0 0, 10 3, 8 12, 3 7, -5 9, 0 0"),
		multiPolygonOf(square, "20 0, 30 0, 30 10, 20 0"),
	} {
		b := mustParse(t, geojson)
		var onSphere orb.MultiPolygon
		var loops []*s2.Loop
		for _, p := range b.polygons {
			var shape orb.Polygon
			for _, r := range p.rings {
				var line orb.Ring
				var points []s2.Point
				for _, q := range append(r.points, r.points[0]) {
					line = append(line, orb.Point{float64(q.x) / unitsPerDegree, float64(q.y) / unitsPerDegree})
					points = append(points, s2.PointFromLatLng(s2.LatLngFromDegrees(line[len(line)-1].Lat(), line[len(line)-1].Lon())))
				}
				shape = append(shape, line)
				loop := s2.LoopFromPoints(points[:len(points)-1])
				loop.Normalize()
				loops = append(loops, loop)
			}
			onSphere = append(onSphere, shape)
		}
		const meanRadius = 6371008.8
		byS2 := s2.PolygonFromLoops(loops).Area() * meanRadius * meanRadius
		byOrb := geo.Area(onSphere) * (meanRadius / orb.EarthRadius) * (meanRadius / orb.EarthRadius)
		for library, area := range map[string]float64{"s2": byS2, "orb": byOrb} {
			if math.Abs(area-b.area)/b.area > 0.005 {
				t.Errorf("%.1f m², %s says %.1f m²\n%s", b.area, library, area, geojson)
			}
		}
	}
}

// One degree by one degree against the closed formula for the ellipsoid.
func TestAreaOfOneDegree(t *testing.T) {
	b := mustParse(t, `{"type":"Polygon","coordinates":[[[108,34],[109,34],[109,35],[108,35],[108,34]]]}`)
	want := authalicZone(34, 35) / 360
	if math.Abs(b.area-want)/want > 1e-8 {
		t.Errorf("%.0f m², the closed formula gives %.0f m²", b.area, want)
	}
}

// authalicZone is the closed formula for the ellipsoid's area between two
// parallels.
func authalicZone(south, north float64) float64 {
	e := math.Sqrt(eccentricity2)
	q := func(latitude float64) float64 {
		s := math.Sin(latitude * math.Pi / 180)
		return s/(1-eccentricity2*s*s) + math.Atanh(e*s)/e
	}
	return math.Pi * semiMajorAxis * semiMajorAxis * (1 - eccentricity2) * (q(north) - q(south))
}

// cells is a rectangle cut into columns × rows cells whose inner corners are
// shaken; neighbours share their edges exactly. shift moves one cell's corners.
func cells(columns, rows int, shake func() int64, shifted int, shift point) []string {
	const step = 30_000
	corners := make([][]point, rows+1)
	for j := range corners {
		corners[j] = make([]point, columns+1)
		for i := range corners[j] {
			p := point{1_089_300_000 + int64(i)*step, 342_600_000 + int64(j)*step}
			if i > 0 && i < columns && j > 0 && j < rows {
				p.x, p.y = p.x+shake(), p.y+shake()
			}
			corners[j][i] = p
		}
	}
	var out []string
	for j := range rows {
		for i := range columns {
			ring := []point{corners[j][i], corners[j][i+1], corners[j+1][i+1], corners[j+1][i], corners[j][i]}
			if len(out) == shifted {
				for k := range ring {
					ring[k].x, ring[k].y = ring[k].x+shift.x, ring[k].y+shift.y
				}
			}
			out = append(out, ringJSON(ring))
		}
	}
	return out
}

func ringJSON(ring []point) string {
	var text []string
	for _, p := range ring {
		text = append(text, p.String())
	}
	return `{"type":"Polygon","coordinates":[[` + strings.Join(text, ",") + `]]}`
}

// The cells of a partition don't overlap, lie inside the whole and add up to
// it; a cell pushed east overlaps its eastern neighbour and nothing to the west.
func TestPartitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		columns, rows := rapid.IntRange(2, 5).Draw(t, "columns"), rapid.IntRange(1, 4).Draw(t, "rows")
		var shakes []int64
		shake := func() int64 {
			shakes = append(shakes, rapid.Int64Range(-9000, 9000).Draw(t, "shake"))
			return shakes[len(shakes)-1]
		}
		parse := func(texts []string) []*Boundary {
			var out []*Boundary
			for _, s := range texts {
				b, err := Parse(s, "")
				if err != nil {
					t.Fatalf("%v\n%s", err, s)
				}
				out = append(out, b)
			}
			return out
		}
		parts := parse(cells(columns, rows, shake, -1, point{}))
		whole := parse(cells(1, 1, nil, -1, point{}))[0]
		whole = parse([]string{ringJSON([]point{
			{whole.box.minX, whole.box.minY},
			{whole.box.minX + int64(columns)*30_000, whole.box.minY},
			{whole.box.minX + int64(columns)*30_000, whole.box.minY + int64(rows)*30_000},
			{whole.box.minX, whole.box.minY + int64(rows)*30_000},
			{whole.box.minX, whole.box.minY},
		})})[0]

		var sum float64
		for i, p := range parts {
			sum += p.area
			if outside, ok := Inside(p, whole); !ok {
				t.Fatalf("cell %d is %d m² outside the whole", i, outside)
			}
			for j := range i {
				if common, overlaps := Overlap(p, parts[j]); overlaps || common != 0 {
					t.Fatalf("cells %d and %d overlap by %d m²", i, j, common)
				}
			}
		}
		if math.Abs(sum-whole.area) > 0.01 {
			t.Fatalf("the parts add up to %f m², the whole has %f m²", sum, whole.area)
		}

		// Push a cell that has a neighbour to its east, by 10 to 50 m.
		row, column := rapid.IntRange(0, rows-1).Draw(t, "row"), rapid.IntRange(0, columns-2).Draw(t, "column")
		pushed := row*columns + column
		next := 0
		replay := func() int64 { next++; return shakes[next-1] }
		moved := parse(cells(columns, rows, replay, pushed, point{rapid.Int64Range(1000, 5000).Draw(t, "push"), 0}))
		if _, overlaps := Overlap(moved[pushed], moved[pushed+1]); !overlaps {
			t.Fatal("the pushed cell does not overlap its eastern neighbour")
		}
		if column > 0 {
			if common, overlaps := Overlap(moved[pushed], moved[pushed-1]); overlaps {
				t.Fatalf("the pushed cell overlaps its western neighbour by %d m²", common)
			}
		}
	})
}

// Overlap is symmetric, never more than the smaller, and what is not outside is
// common.
func TestOverlapLaws(t *testing.T) {
	star := func(t *rapid.T, name string) *Boundary {
		n := rapid.IntRange(3, 24).Draw(t, name+" corners")
		x := rapid.Float64Range(-0.01, 0.01).Draw(t, name+" x")
		y := rapid.Float64Range(-0.01, 0.01).Draw(t, name+" y")
		var text []string
		for i := range n {
			radius := rapid.Float64Range(0.002, 0.02).Draw(t, name+" radius")
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			text = append(text, fmt.Sprintf("[%.7f,%.7f]", 108.93+x+radius*cos, 34.26+y+radius*sin))
		}
		b, err := Parse(`{"type":"Polygon","coordinates":[[`+strings.Join(append(text, text[0]), ",")+`]]}`, "")
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := star(t, "a"), star(t, "b")
		ab, _ := Overlap(a, b)
		ba, _ := Overlap(b, a)
		outside, _ := Inside(a, b)
		if ab != ba || float64(ab) > min(a.area, b.area)+1 || math.Abs(float64(ab+outside)-a.area) > 1.01 {
			t.Fatalf("a∩b %d, b∩a %d, a−b %d, a %.0f, b %.0f", ab, ba, outside, a.area, b.area)
		}
	})
}

// Sampling takes over where two figures cross too often; it must be near the
// truth, and quick.
func TestCombsAcrossOneAnother(t *testing.T) {
	const teeth = 700
	comb := func(upright bool) *Boundary {
		var ring []point
		put := func(x, y int64) {
			if upright {
				x, y = y, x
			}
			ring = append(ring, point{1_089_300_000 + x, 342_600_000 + y})
		}
		const length, pitch = teeth * 200, 200
		put(0, 0)
		for i := range int64(teeth) {
			put(length, i*pitch)
			put(length, i*pitch+pitch/2)
			put(pitch/2, i*pitch+pitch/2)
			put(pitch/2, (i+1)*pitch)
		}
		put(0, teeth*pitch)
		put(0, 0)
		return mustParse(t, ringJSON(ring))
	}
	start := time.Now()
	a, b := comb(false), comb(true)
	common, overlaps := Overlap(a, b)
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	if share := float64(common) / a.area; !overlaps || share < 0.4 || share > 0.6 {
		t.Errorf("two combs that cover half have %.2f of one in common, want about half", share)
	}
}

func TestOutline(t *testing.T) {
	b := mustParse(t, multiPolygonOf("20 0, 21 0, 21 1, 20 0", square))
	want := fmt.Sprint([][2]int64{{1089300000, 342600000}, {1089400000, 342600000}, {1089400000, 342700000}, {1089300000, 342700000}, {1089300000, 342600000}})
	if got := fmt.Sprint(b.Outline()); got != want {
		t.Errorf("outline %s, want the larger polygon's %s", got, want)
	}
	round := mustParse(t, circle(108.93, 34.26, 0.01, 1000)).Outline()
	if len(round) != MaxOutline || round[0] != round[len(round)-1] {
		t.Errorf("%d positions from %v to %v, want %d, closed", len(round), round[0], round[len(round)-1], MaxOutline)
	}
}

func circle(lon, lat, radius float64, corners int) string {
	var ring []point
	for i := range corners {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(corners))
		ring = append(ring, point{toUnits(lon + radius*cos), toUnits(lat + radius*sin)})
	}
	return ringJSON(append(ring, ring[0]))
}

// siblings are 64 neighbours of 200 vertices each, overlapping a little.
func siblings(b *testing.B) []*Boundary {
	b.Helper()
	var out []*Boundary
	for i := range 64 {
		out = append(out, mustParse(b, circle(108.93+0.003*float64(i%8), 34.26+0.003*float64(i/8), 0.0016, 200)))
	}
	return out
}

func BenchmarkOverlapOf64Siblings(b *testing.B) {
	all := siblings(b)
	for b.Loop() {
		for i := range all {
			for j := range i {
				Overlap(all[i], all[j])
			}
		}
	}
}

func BenchmarkParseOf4000Vertices(b *testing.B) {
	text := circle(108.93, 34.26, 0.05, MaxVertices-1)
	if len(text) > MaxBytes {
		text = circle(108.93, 34.26, 0.05, 2000)
	}
	for b.Loop() {
		mustParse(b, text)
	}
}
