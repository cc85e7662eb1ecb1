package boundary

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Parse reads and checks a GeoJSON Polygon or MultiPolygon. An error is always
// an *Error. Heights are ignored; positions that repeat the one before, at the
// resolution of a centimetre, are dropped; either winding is taken.
func Parse(geojson string, datum v1alpha1.GridDatum) (*Boundary, error) {
	switch datum {
	case "", v1alpha1.DatumCGCS2000, v1alpha1.DatumWGS84:
	default:
		return nil, unreadable("datum %q is not known; convert the boundary to CGCS2000 or WGS84", datum)
	}
	written, err := decode(geojson)
	if err != nil {
		return nil, err
	}
	if err := checkPositions(written); err != nil {
		return nil, err
	}
	polygons, err := build(written)
	if err != nil {
		return nil, err
	}
	return assemble(polygons)
}

// assemble measures polygons that are good each by itself, and checks them
// against one another.
func assemble(polygons []polygon) (*Boundary, error) {
	b := &Boundary{polygons: polygons}
	for i := range polygons {
		edges := polygons[i].edges()
		polygons[i].area = areaOf(edges)
		b.area += polygons[i].area
		b.edges = append(b.edges, edges...)
	}
	b.box = boxOf(b.edges)
	if b.area < 0.5 {
		return nil, unreadable("the boundary encloses less than 1 m²; check that its coordinates are in degrees, with enough decimals")
	}
	if err := checkApart(polygons); err != nil {
		return nil, err
	}
	return b, nil
}

// position is one position as written: longitude, latitude, perhaps a height.
type position []*float64

func (p position) lon() float64 { return *p[0] }
func (p position) lat() float64 { return *p[1] }

type geometry struct {
	Type        string          `json:"type"`
	Coordinates json.RawMessage `json:"coordinates"`
	CRS         json.RawMessage `json:"crs"`
}

// decode reads the text as far as positions of two or three numbers.
func decode(geojson string) ([][][]position, error) {
	if strings.TrimSpace(geojson) == "" {
		return nil, &Error{v1alpha1.ReasonBoundaryMissing,
			"no boundary is declared; put a GeoJSON Polygon or MultiPolygon into spec.boundary"}
	}
	if len(geojson) > MaxBytes {
		return nil, unreadable("the boundary has %d bytes, at most %d; simplify it or write fewer decimals (7 are a centimetre)",
			len(geojson), MaxBytes)
	}
	var g geometry
	if err := json.Unmarshal([]byte(geojson), &g); err != nil {
		return nil, unreadable("the boundary is not a JSON object: %s; give a GeoJSON geometry such as %s", jsonError(err), example)
	}
	if err := checkCRS(g.CRS); err != nil {
		return nil, err
	}
	var out [][][]position
	var err error
	switch g.Type {
	case "Polygon":
		var one [][]position
		err = json.Unmarshal(orNull(g.Coordinates), &one)
		out = [][][]position{one}
	case "MultiPolygon":
		err = json.Unmarshal(orNull(g.Coordinates), &out)
	default:
		return nil, wrongType(g.Type)
	}
	if err != nil {
		return nil, unreadable("the coordinates of the %s can't be read: %s; %s", g.Type, jsonError(err), nesting(g.Type))
	}
	return out, checkShape(g.Type, out)
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

const example = `{"type":"Polygon","coordinates":[[[108.93,34.26],[108.94,34.26],[108.94,34.27],[108.93,34.26]]]}`

func wrongType(kind string) *Error {
	switch kind {
	case "Feature":
		return unreadable(`the boundary is a GeoJSON Feature; give only the value of its "geometry" member`)
	case "FeatureCollection":
		return unreadable(`the boundary is a GeoJSON FeatureCollection; give only the "geometry" member of the one feature that is this grid`)
	case "GeometryCollection":
		return unreadable("the boundary is a GeometryCollection; join its polygons into one MultiPolygon")
	case "":
		return unreadable(`the boundary has no "type"; give a GeoJSON geometry such as %s`, example)
	case "Point", "MultiPoint", "LineString", "MultiLineString":
		return unreadable("the boundary is a %s, which encloses nothing; give a Polygon or MultiPolygon", kind)
	}
	return unreadable("the boundary is of type %s; give a Polygon or MultiPolygon", short(fmt.Sprintf("%q", kind)))
}

func nesting(kind string) string {
	if kind == "MultiPolygon" {
		return "a MultiPolygon is a list of polygons, [[[[lon,lat],…]],…]; for a single one use type Polygon"
	}
	return "a Polygon is a list of rings, [[[lon,lat],…],…]; for several polygons use type MultiPolygon"
}

// checkCRS refuses a reference system other than longitude and latitude on
// WGS84 or CGCS2000. RFC 7946 has dropped the member; old tools still write it.
func checkCRS(crs json.RawMessage) error {
	if len(crs) == 0 || bytes.Equal(crs, []byte("null")) {
		return nil
	}
	for _, known := range []string{"CRS84", "4326", "4490"} {
		if bytes.Contains(crs, []byte(known)) {
			return nil
		}
	}
	return unreadable(`the boundary names a reference system of its own, %s; convert it to longitude and latitude on CGCS2000 and leave "crs" out`,
		short(string(crs)))
}

func checkShape(kind string, polygons [][][]position) error {
	vertices, rings := 0, 0
	if len(polygons) == 0 {
		return unreadable("the %s has no coordinates; %s", kind, nesting(kind))
	}
	for i, p := range polygons {
		if len(p) == 0 {
			return unreadable("%s has no rings; %s", polygonName(i, len(polygons)), nesting(kind))
		}
		for j, r := range p {
			rings, vertices = rings+1, vertices+len(r)
			for k, pos := range r {
				if len(pos) < 2 || len(pos) > 3 || pos[0] == nil || pos[1] == nil {
					return unreadable("%s, position %d is not two numbers; write it as [longitude, latitude]",
						ringName(i, len(polygons), j), k+1)
				}
			}
		}
	}
	if vertices > MaxVertices {
		return unreadable("the boundary has %d positions, at most %d; simplify it (a metre is precise enough)", vertices, MaxVertices)
	}
	if rings > MaxRings {
		return unreadable("the boundary has %d rings, at most %d; leave out the smallest", rings, MaxRings)
	}
	return nil
}

// polygonName and ringName say where something is, counting from 1.
func polygonName(i, of int) string {
	if of == 1 {
		return "the polygon"
	}
	return fmt.Sprintf("polygon %d", i+1)
}

func ringName(polygon, polygons, ring int) string {
	name := fmt.Sprintf("ring %d (hole)", ring+1)
	if ring == 0 {
		name = "ring 1 (outer)"
	}
	if polygons > 1 {
		return fmt.Sprintf("polygon %d, %s", polygon+1, name)
	}
	return name
}

// jsonError says what encoding/json found without the names of our types.
func jsonError(err error) string {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("unexpected %s at byte %d", short(wrong.Value), wrong.Offset)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("%s at byte %d", short(syntax.Error()), syntax.Offset)
	}
	return short(err.Error())
}

// short keeps what comes from the boundary's text from filling the message.
func short(s string) string {
	const most = 80
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
