package sketch_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

// TestPointingFindsTheWayBack holds a place on the map to the point of the world
// it stands for, to a tenth of a unit.
func TestPointingFindsTheWayBack(t *testing.T) {
	m := sketch.Draw(contenttest.QingnianNo2().Site.Grids)
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.Float64Range(0, float64(m.Width)).Draw(t, "x"), rapid.Float64Range(0, float64(m.Height)).Draw(t, "y")
		longitude, latitude := m.At(x, y)
		if longitude < 1_089_000_000 || longitude > 1_090_000_000 || latitude < 342_000_000 || latitude > 343_500_000 {
			t.Fatalf("%.1f %.1f is at %d %d", x, y, longitude, latitude)
		}
		sx, sy, ok := m.Spot(longitude, latitude)
		again, at := m.At(parse(t, sx), parse(t, sy))
		if !ok || abs(again-longitude) > 60 || abs(at-latitude) > 60 {
			t.Fatalf("%d %d is shown at %s %s (%v), which is %d %d", longitude, latitude, sx, sy, ok, again, at)
		}
	})
}

func parse(t *rapid.T, s string) float64 {
	var v float64
	if err := xml.Unmarshal([]byte("<v>"+s+"</v>"), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func abs(n int64) int64 { return max(n, -n) }

func TestEveryGridHasAMiddleOfItsOwn(t *testing.T) {
	for name, doc := range map[string]content.Document{"survey": contenttest.QingnianNo2(), "full": contenttest.Full()} {
		m := sketch.Draw(doc.Site.Grids)
		for i := range doc.Site.Grids {
			longitude, latitude, ok := m.Middle(i + 1)
			if drawn := len(doc.Site.Grids[i].Outline) > 0; ok != drawn || (drawn && m.Grid(longitude, latitude) != i+1) {
				t.Errorf("%s: the middle of grid %d is in grid %d (%v)", name, i+1, m.Grid(longitude, latitude), ok)
			}
		}
	}
	m := sketch.Draw(contenttest.QingnianNo2().Site.Grids)
	if m.Grid(0, 0) != 0 {
		t.Error("the gulf of Guinea is in a grid")
	}
	if _, _, ok := m.Spot(0, 0); ok {
		t.Error("the gulf of Guinea is on the map")
	}
}

func TestDegenerateGrids(t *testing.T) {
	for name, outline := range map[string][][2]int64{
		"a point":   {{1, 1}, {1, 1}, {1, 1}, {1, 1}},
		"a line":    {{0, 0}, {10, 10}, {20, 20}, {10, 10}},
		"the world": {{-1_800_000_000, -900_000_000}, {1_800_000_000, -900_000_000}, {1_800_000_000, 900_000_000}},
		"the pole":  {{0, 900_000_000}, {10, 900_000_000}, {20, 899_999_999}},
	} {
		m := sketch.Draw([]content.Grid{{Name: "g", Title: content.Text{ZH: "格"}, Outline: outline}})
		if m == nil {
			continue // its points are one
		}
		for _, at := range [][2]float64{{0, 0}, {320, 100}, {1e9, -1e9}} {
			if longitude, latitude := m.At(at[0], at[1]); abs(longitude) > 1_800_000_000 || abs(latitude) > 900_000_000 {
				t.Errorf("%s: %v is at %d %d, off the world", name, at, longitude, latitude)
			}
		}
	}
}

func TestFile(t *testing.T) {
	grids := contenttest.Full().Site.Grids
	file := sketch.File(grids)
	decoder := xml.NewDecoder(bytes.NewReader(file))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if len(file) > 20<<10 || !bytes.Equal(file, sketch.File(grids)) {
		t.Errorf("%d bytes", len(file))
	}
	if bytes.Contains(file, []byte("style")) {
		t.Error("a style, which the policy forbids")
	}
	if sketch.File(nil) != nil {
		t.Error("a map of nothing")
	}
}
