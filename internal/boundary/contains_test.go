package boundary

import (
	"fmt"
	"testing"

	"github.com/golang/geo/s2"
	"pgregory.net/rapid"
)

func TestContains(t *testing.T) {
	hollow := mustParse(t, `{"type":"Polygon","coordinates":[[[108.9,34.2],[109,34.2],[109,34.3],[108.9,34.3],[108.9,34.2]],[[108.94,34.24],[108.94,34.26],[108.96,34.26],[108.96,34.24],[108.94,34.24]]]}`)
	twins := mustParse(t, `{"type":"MultiPolygon","coordinates":[[[[108.9,34.2],[108.91,34.2],[108.91,34.21],[108.9,34.2]]],[[[108.95,34.2],[108.96,34.2],[108.96,34.21],[108.95,34.2]]]]}`)
	for _, c := range []struct {
		name     string
		of       *Boundary
		lon, lat float64
		want     bool
	}{
		{"inside", hollow, 108.91, 34.21, true},
		{"in the hole", hollow, 108.95, 34.25, false},
		{"on the hole's border", hollow, 108.94, 34.25, true},
		{"on the border", hollow, 108.9, 34.25, true},
		{"on a corner", hollow, 109, 34.3, true},
		{"level with a corner, outside", hollow, 109.1, 34.3, false},
		{"west, level with the hole's corners", hollow, 108.89, 34.24, false},
		{"inside, level with the hole's corners", hollow, 108.92, 34.26, true},
		{"the tip of a triangle", twins, 108.91, 34.21, true},
		{"between the triangles", twins, 108.93, 34.2, false},
		{"far away", twins, -108.9, -34.2, false},
	} {
		if got := c.of.Contains(toUnits(c.lon), toUnits(c.lat)); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// TestContainsAgreesWithAnotherGeometry holds it against s2 on small triangles,
// where the curvature of the earth is nothing.
func TestContainsAgreesWithAnotherGeometry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) point {
			return point{1_089_000_000 + rapid.Int64Range(0, 5000).Draw(t, label+"x"), 342_000_000 + rapid.Int64Range(0, 5000).Draw(t, label+"y")}
		}
		a, b, c, p := draw("a"), draw("b"), draw("c"), draw("p")
		if side(a, b, c) <= 0 {
			t.Skip("not a triangle that runs to the left")
		}
		for _, e := range []edge{{a: a, b: b}, {a: b, b: c}, {a: c, b: a}} {
			if area := (e.b.x-e.a.x)*(p.y-e.a.y) - (e.b.y-e.a.y)*(p.x-e.a.x); area > -60_000 && area < 60_000 {
				t.Skip("too near the border for a geometry of floats")
			}
		}
		boundary, err := Parse(fmt.Sprintf(`{"type":"Polygon","coordinates":[[%s,%s,%s,%s]]}`, a, b, c, a), "WGS84")
		if err != nil {
			t.Skip(err.Error())
		}
		at := func(p point) s2.Point {
			return s2.PointFromLatLng(s2.LatLngFromDegrees(float64(p.y)/unitsPerDegree, float64(p.x)/unitsPerDegree))
		}
		want := s2.LoopFromPoints([]s2.Point{at(a), at(b), at(c)}).ContainsPoint(at(p))
		if got := boundary.Contains(p.x, p.y); got != want {
			t.Fatalf("%s %s %s contains %s: %v, s2 says %v", a, b, c, p, got, want)
		}
	})
}
