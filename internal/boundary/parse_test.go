package boundary

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// at shifts a drawing in units of 0.001 degrees to the middle of Xi'an, so that
// the tables stay readable: "0 0, 10 0, 10 10, 0 10, 0 0".
func at(drawing string) string {
	var out []string
	for pair := range strings.SplitSeq(drawing, ",") {
		var x, y float64
		if _, err := fmt.Sscanf(strings.TrimSpace(pair), "%f %f", &x, &y); err != nil {
			panic(err)
		}
		out = append(out, fmt.Sprintf("[%.7f,%.7f]", 108.93+x/1000, 34.26+y/1000))
	}
	return "[" + strings.Join(out, ",") + "]"
}

func polygonOf(rings ...string) string {
	out := make([]string, len(rings))
	for i, r := range rings {
		out[i] = at(r)
	}
	return `{"type":"Polygon","coordinates":[` + strings.Join(out, ",") + `]}`
}

func multiPolygonOf(outers ...string) string {
	out := make([]string, len(outers))
	for i, r := range outers {
		out[i] = "[" + at(r) + "]"
	}
	return `{"type":"MultiPolygon","coordinates":[` + strings.Join(out, ",") + `]}`
}

const (
	square      = "0 0, 10 0, 10 10, 0 10, 0 0"
	innerSquare = "4 4, 6 4, 6 6, 4 6, 4 4"
)

func mustParse(t testing.TB, geojson string) *Boundary {
	t.Helper()
	b, err := Parse(geojson, v1alpha1.DatumCGCS2000)
	if err != nil {
		t.Fatalf("%v\n%.300s", err, geojson)
	}
	return b
}

func TestParseTakes(t *testing.T) {
	for name, geojson := range map[string]string{
		"a square":                      polygonOf(square),
		"clockwise":                     polygonOf("0 0, 0 10, 10 10, 10 0, 0 0"),
		"a hole":                        polygonOf(square, innerSquare),
		"two holes":                     polygonOf(square, innerSquare, "1 1, 2 1, 2 2, 1 1"),
		"holes that touch in a corner":  polygonOf(square, innerSquare, "6 6, 8 6, 8 8, 6 6"),
		"a hole that touches the rim":   polygonOf(square, "0 5, 5 4, 5 6, 0 5"),
		"a hole held at its corners":    polygonOf(square, "5 0, 10 5, 5 10, 0 5, 5 0"),
		"a vertex in a straight edge":   polygonOf("0 0, 5 0, 10 0, 10 10, 0 10, 0 0"),
		"positions repeated in a row":   polygonOf("0 0, 10 0, 10 0, 10 10, 10 10, 0 10, 0 0, 0 0"),
		"several polygons":              multiPolygonOf(square, "20 0, 30 0, 30 10, 20 0"),
		"polygons that share an edge":   multiPolygonOf(square, "10 0, 20 0, 20 10, 10 10, 10 0"),
		"polygons that share a corner":  multiPolygonOf(square, "10 10, 20 10, 20 20, 10 10"),
		"an island in another's hole":   `{"type":"MultiPolygon","coordinates":[[` + at(square) + "," + at(innerSquare) + "],[" + at("4.5 4.5, 5.5 4.5, 5 5.5, 4.5 4.5") + "]]}",
		"heights":                       `{"type":"Polygon","coordinates":[[[108.93,34.26,400],[108.94,34.26,401],[108.94,34.27,402],[108.93,34.26,400]]]}`,
		"a reference system we know":    `{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4490"}},"type":"Polygon","coordinates":[` + at(square) + `]}`,
		"a bbox and other members":      `{"bbox":[1,2,3,4],"name":"x","type":"Polygon","coordinates":[` + at(square) + `]}`,
		"a place outside of China":      `{"type":"Polygon","coordinates":[[[4.3,50.8],[4.4,50.8],[4.4,50.9],[4.3,50.8]]]}`,
		"a place south of the equator":  `{"type":"Polygon","coordinates":[[[-70.1,-33.4],[-70,-33.4],[-70,-33.3],[-70.1,-33.4]]]}`,
		"the drawing RFC 7946 opens on": `{"type":"Polygon","coordinates":[[[100.0,0.0],[101.0,0.0],[101.0,1.0],[100.0,1.0],[100.0,0.0]]]}`,
	} {
		t.Run(name, func(t *testing.T) { mustParse(t, geojson) })
	}
}

func TestParseRefuses(t *testing.T) {
	many := make([]string, MaxVertices+1)
	for i := range many {
		many[i] = "[1,2]"
	}
	rings := make([]string, MaxRings+1)
	for i := range rings {
		rings[i] = "[[1,2],[1,3],[2,3],[1,2]]"
	}
	tests := []struct {
		name, geojson, reason, message string
	}{
		{"nothing", "  ", "BoundaryMissing", "put a GeoJSON Polygon or MultiPolygon into spec.boundary"},
		{"too long", `"` + strings.Repeat("x", MaxBytes), "BoundaryUnreadable", "at most 65536; simplify it"},
		{"no JSON", "POLYGON((0 0))", "BoundaryUnreadable", "not a JSON object: invalid character 'P'"},
		{"a list", "[]", "BoundaryUnreadable", "unexpected array"},
		{"null", "null", "BoundaryUnreadable", `has no "type"`},
		{"a feature", `{"type":"Feature","geometry":{}}`, "BoundaryUnreadable", `give only the value of its "geometry" member`},
		{"a collection of features", `{"type":"FeatureCollection","features":[]}`, "BoundaryUnreadable", "the one feature that is this grid"},
		{"a collection of geometries", `{"type":"GeometryCollection"}`, "BoundaryUnreadable", "into one MultiPolygon"},
		{"a line", `{"type":"LineString","coordinates":[]}`, "BoundaryUnreadable", "encloses nothing"},
		{"another type", `{"type":"Circle"}`, "BoundaryUnreadable", `of type "Circle"`},
		{"no coordinates", `{"type":"Polygon"}`, "BoundaryUnreadable", "has no rings"},
		{"no polygons", `{"type":"MultiPolygon","coordinates":[]}`, "BoundaryUnreadable", "has no coordinates"},
		{"a polygon nested like many", multiPolygonAs("Polygon"), "BoundaryUnreadable", "for several polygons use type MultiPolygon"},
		{"many nested like one", strings.Replace(polygonOf(square), "Polygon", "MultiPolygon", 1), "BoundaryUnreadable", "for a single one use type Polygon"},
		{"an empty ring", `{"type":"Polygon","coordinates":[[]]}`, "BoundaryUnreadable", "no positions"},
		{"a lone number", `{"type":"Polygon","coordinates":[[[108.9],[108.9],[108.9],[108.9]]]}`, "BoundaryUnreadable", "ring 1 (outer), position 1 is not two numbers"},
		{"a null", `{"type":"Polygon","coordinates":[[[108.9,null],[1,2],[2,2],[1,1]]]}`, "BoundaryUnreadable", "position 1 is not two numbers"},
		{"four numbers", `{"type":"Polygon","coordinates":[[[1,2],[1,2,3,4],[1,2],[1,2]]]}`, "BoundaryUnreadable", "position 2 is not two numbers"},
		{"text for a number", `{"type":"Polygon","coordinates":[[["108.9","34"]]]}`, "BoundaryUnreadable", "unexpected string"},
		{"a number beyond all numbers", `{"type":"Polygon","coordinates":[[[1e999,34]]]}`, "BoundaryUnreadable", "unexpected number 1e999"},
		{"another reference system", `{"crs":{"name":"EPSG:3857"},"type":"Polygon"}`, "BoundaryUnreadable", `leave "crs" out`},
		{"too many positions", `{"type":"Polygon","coordinates":[[` + strings.Join(many, ",") + `]]}`, "BoundaryUnreadable", "4001 positions, at most 4000"},
		{"too many rings", `{"type":"Polygon","coordinates":[` + strings.Join(rings, ",") + `]}`, "BoundaryUnreadable", "257 rings, at most 256"},
		{"latitude first", `{"type":"Polygon","coordinates":[[[34.27,108.94],[34.27,108.95],[34.28,108.95],[34.27,108.94]]]}`, "AxesSwapped",
			"coordinates look like latitude first; GeoJSON wants longitude first: write [108.94, 34.27], not [34.27, 108.94]"},
		{"latitude first in the far west", `{"type":"Polygon","coordinates":[[[43.8,87.6],[43.8,87.7],[43.9,87.7],[43.8,87.6]]]}`, "AxesSwapped", "write [87.6, 43.8]"},
		{"metres", `{"type":"Polygon","coordinates":[[[12126000,4064000],[12127000,4064000],[12127000,4065000],[12126000,4064000]]]}`, "BoundaryUnreadable", "looks like metres of a projection"},
		{"nowhere", `{"type":"Polygon","coordinates":[[[108.9,34],[108.9,340],[109,34],[108.9,34]]]}`, "BoundaryUnreadable", "position 2, [108.9, 340], is nowhere on Earth"},
		{"not closed", polygonOf("0 0, 10 0, 10 10, 0 10"), "BoundaryUnreadable", "starts at [108.93, 34.26] and ends at [108.93, 34.27]; repeat the first position at the end"},
		{"three positions", polygonOf("0 0, 10 0, 0 0"), "BoundaryUnreadable", "has 3 positions; a ring has at least 4"},
		{"one place", polygonOf("0 0, 0 0, 0 0, 0 0"), "BoundaryUnreadable", "encloses no area"},
		{"a line there and back", polygonOf("0 0, 10 10, 20 20, 10 10, 0 0"), "BoundaryUnreadable", "encloses no area"},
		{"next to nothing", polygonOf("0 0, 0.001 0, 0 0.001, 0 0"), "BoundaryUnreadable", "less than 1 m²"},
		{"across the date line", `{"type":"Polygon","coordinates":[[[-179,1],[179,1],[179,2],[-179,1]]]}`, "BoundaryUnreadable", "cut it at the 180th meridian"},
		{"a bow tie", polygonOf("0 0, 10 10, 10 0, 0 10, 0 0"), "SelfIntersection",
			"ring 1 (outer) crosses itself at [108.935, 34.265]: edge 1 ([108.93, 34.26] to [108.94, 34.27]) and edge 3 ([108.94, 34.26] to [108.93, 34.27])"},
		{"a spur", polygonOf("0 0, 10 0, 10 10, 10 20, 10 10, 0 10, 0 0"), "SelfIntersection", "edge 3 ([108.94, 34.27] to [108.94, 34.28]) and edge 4"},
		{"a touch of its own corner", polygonOf("0 0, 5 5, 10 0, 10 10, 5 5, 0 10, 0 0"), "SelfIntersection", "touches itself"},
		{"a corner on its own edge", polygonOf("0 0, 10 0, 10 10, 5 0, 0 10, 0 0"), "SelfIntersection", "touches itself"},
		{"a hole across the rim", polygonOf(square, "5 5, 15 5, 15 6, 5 5"), "SelfIntersection", "ring 2 (hole) crosses"},
		{"a hole along the rim", polygonOf(square, "2 0, 8 0, 5 5, 2 0"), "SelfIntersection", "ring 2 (hole) runs along"},
		{"holes that cross", polygonOf(square, innerSquare, "5 5, 8 5, 8 5.5, 5 5.5, 5 5"), "SelfIntersection", "ring 3 (hole) crosses"},
		{"the same ring twice", polygonOf(square, "10 10, 10 0, 0 0, 0 10, 10 10"), "BoundaryUnreadable", "ring 2 (hole) repeats ring 1 (outer)"},
		{"a hole outside", polygonOf(square, "20 0, 21 0, 21 1, 20 0"), "BoundaryUnreadable", "ring 2 (hole) at [108.95, 34.26] lies outside the outer ring"},
		{"a hole around", polygonOf(innerSquare, square), "BoundaryUnreadable", "lies outside the outer ring"},
		{"a hole in a hole", polygonOf(square, "1 1, 9 1, 9 9, 1 9, 1 1", innerSquare), "BoundaryUnreadable", "lie in one another"},
		{"a hole in a notch, held at its corners", polygonOf("0 0, 10 0, 10 10, 5 1, 0 10, 0 0", "7.5 5.5, 5 9, 2.5 5.5, 7.5 5.5"), "BoundaryUnreadable", "lies outside"},
		{"polygons that overlap", multiPolygonOf(square, "9 0, 19 0, 19 10, 9 10, 9 0"), "SelfIntersection", "polygon 1 at [108.93, 34.26] and polygon 2 at [108.939, 34.26] overlap by"},
		{"a bow tie in the second polygon", multiPolygonOf(square, "20 0, 30 10, 30 0, 20 10, 20 0"), "SelfIntersection", "polygon 2, ring 1 (outer) crosses itself"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Parse(tt.geojson, "")
			var refused *Error
			if !errors.As(err, &refused) || b != nil {
				t.Fatalf("got %v, %v; want an *Error", b, err)
			}
			if refused.Reason != tt.reason || !strings.Contains(refused.Message, tt.message) {
				t.Errorf("%s: %s\nwant %s: … %s …", refused.Reason, refused.Message, tt.reason, tt.message)
			}
			if len(refused.Message) > 1000 {
				t.Errorf("a message of %d bytes", len(refused.Message))
			}
		})
	}
}

func multiPolygonAs(kind string) string {
	return strings.Replace(multiPolygonOf(square), "MultiPolygon", kind, 1)
}

func TestParseDatum(t *testing.T) {
	for _, datum := range []v1alpha1.GridDatum{"", v1alpha1.DatumWGS84, v1alpha1.DatumCGCS2000} {
		if _, err := Parse(polygonOf(square), datum); err != nil {
			t.Errorf("%q: %v", datum, err)
		}
	}
	if _, err := Parse(polygonOf(square), "GCJ02"); err == nil || !strings.Contains(err.Error(), "convert the boundary") {
		t.Errorf("GCJ02: %v", err)
	}
}

// FuzzParse looks for panics, for errors without a reason, and for boundaries
// that came through without an area or an outline.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		polygonOf(square), polygonOf(square, innerSquare), multiPolygonOf(square, "10 0, 20 0, 20 10, 10 0"),
		polygonOf("0 0, 10 10, 10 0, 0 10, 0 0"), `{"type":"Polygon","coordinates":[[[1,2,null]]]}`,
		`{"type":"Feature"}`, `{"type":"MultiPolygon","coordinates":[[[]],[]]}`, "", "[", `{"crs":1}`,
		`{"type":"Polygon","coordinates":[[[180,90],[-180,90],[-180,-90],[180,-90],[180,90]]]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, geojson string) {
		b, err := Parse(geojson, "")
		if err != nil {
			var refused *Error
			if !errors.As(err, &refused) || refused.Reason == "" || refused.Message == "" || b != nil {
				t.Fatalf("%#v", err)
			}
			return
		}
		if n := len(b.Outline()); b.AreaSquareMeters() < 1 || n < 4 || n > MaxOutline {
			t.Fatalf("%d m², %d positions", b.AreaSquareMeters(), n)
		}
		if _, ok := Inside(b, b); !ok {
			t.Fatal("it is not inside itself")
		}
	})
}
