package grid

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

func TestBoundaryReasons(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	for i, c := range []struct{ boundary, reason, text string }{
		{"", v1alpha1.ReasonBoundaryMissing, "spec.boundary"},
		{"somewhere", v1alpha1.ReasonBoundaryUnreadable, "JSON"},
		{`{"type":"Point","coordinates":[108.9,34.2]}`, v1alpha1.ReasonBoundaryUnreadable, "Polygon"},
		{`{"type":"Polygon","coordinates":[[[34.2,108.9],[34.2,108.901],[34.201,108.901],[34.2,108.9]]]}`, v1alpha1.ReasonAxesSwapped, ""},
		{`{"type":"Polygon","coordinates":[[[108.9,34.2],[108.901,34.201],[108.901,34.2],[108.9,34.201],[108.9,34.2]]]}`, v1alpha1.ReasonSelfIntersection, ""},
	} {
		name := fmt.Sprintf("u%d", i)
		w.create(w.grid(name, 3, "c", c.boundary, 640))
		w.expect(name, "BoundaryValid=False "+c.reason, c.text)
		w.expect(name, "Stalled=True "+c.reason, c.text)
		if g := w.expect(name, "Ready=False "+c.reason, c.text); g.Status.AreaSquareMeters != nil || g.Status.HouseholdsPerWorker != "" {
			t.Errorf("%s: %+v", name, g.Status)
		}
		w.change(name, func(g *v1alpha1.Grid) { g.Spec.Boundary = rect(i*20, 0, i*20+20, 20) })
		w.expect(name, "Ready=True Ready", "")
	}
}

func TestOverlap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.create(w.grid("a", 3, "c", rect(0, 0, 50, 100), 640), w.grid("b", 3, "c", rect(50, 0, 100, 100), 640))
	w.expect("a", "Ready=True Ready", "") // a shared edge is no overlap
	w.expect("b", "Ready=True Ready", "")
	w.change("b", func(g *v1alpha1.Grid) { g.Spec.Boundary = rect(40, 0, 100, 100) })
	b := w.expect("b", "Ready=False OverlapsSibling", "draw one of the two back")
	a := w.expect("a", "BoundaryValid=False OverlapsSibling", " m²)")
	for g, other := range map[*v1alpha1.Grid]string{a: "b", b: "a"} {
		if len(g.Status.Overlaps) != 1 || g.Status.Overlaps[0] != other {
			t.Errorf("%s overlaps %v, want %s", g.Name, g.Status.Overlaps, other)
		}
	}
	// 10 × 100 of a tenth of the district's side: a tenth of its area.
	ofA, ofB := square(message(a)), square(message(b))
	if ofA != ofB || ofA < 100_000 || ofA > 105_000 {
		t.Errorf("a says %d m², b %d m²", ofA, ofB)
	}
	w.quiet(2 * time.Second)
	// Grids of another level, or below another grid, are no siblings.
	w.create(w.grid("c2", 2, "d", rect(100, 0, 200, 100), 640))
	w.create(w.grid("x", 3, "c2", rect(40, 0, 100, 100), 640))
	w.expect("x", "Ready=False OutsideParent", "Grid c2")
	w.change("a", func(g *v1alpha1.Grid) { g.Spec.Boundary = rect(0, 0, 40, 100) })
	w.expect("a", "Ready=True Ready", "")
	if g := w.expect("b", "Ready=True Ready", ""); len(g.Status.Overlaps) != 0 {
		t.Errorf("b still overlaps %v", g.Status.Overlaps)
	}
	w.create(w.grid("d2", 1, "", rect(50, 50, 150, 150), 640))
	w.expect("d", "Ready=False OverlapsSibling", "d2")
	w.delete(w.grid("d2", 1, "", "", 0))
	w.expect("d", "Ready=True Ready", "")
}

func message(g *v1alpha1.Grid) string {
	return meta.FindStatusCondition(g.Status.Conditions, v1alpha1.ConditionBoundaryValid).Message
}

// square is the first area in brackets of a message.
func square(message string) (out int) {
	_, rest, _ := strings.Cut(message, "(")
	_, _ = fmt.Sscanf(rest, "%d m²", &out)
	return out
}

func TestManyOverlaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	for i := range 20 {
		w.create(w.grid(fmt.Sprintf("u%02d", i), 3, "c", rect(i, 0, i+40, 100), 640))
	}
	g := w.expect("u19", "BoundaryValid=False OverlapsSibling", "perhaps more")
	if len(g.Status.Overlaps) != 16 || g.Status.Overlaps[0] != "u00" {
		t.Errorf("overlaps %v", g.Status.Overlaps)
	}
}

func TestParentBoundary(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.grid("d", 1, "", rect(0, 0, 100, 100), 640), w.grid("c", 2, "d", "", 640), w.community("east"), w.standard())
	w.create(w.grid("u", 3, "c", rect(50, 0, 150, 100), 640))
	w.expect("c", "Ready=False BoundaryMissing", "")
	w.expect("u", "Ready=True Ready", "") // its own is clear; its parent's fault is its parent's
	w.expect("u", "BoundaryValid=True BoundaryValid", "can't be told until that one has a valid boundary")
	w.change("c", func(g *v1alpha1.Grid) { g.Spec.Boundary = rect(0, 0, 100, 100) })
	w.expect("u", "Ready=False OutsideParent", "draw it inside, or widen that grid's boundary")
	// Both faults at once, both said.
	w.create(w.grid("v", 3, "c", rect(90, 0, 160, 100), 640))
	w.expect("v", "Ready=False OverlapsSibling", "lie outside Grid c above")
	w.change("v", func(g *v1alpha1.Grid) { g.Spec.Boundary = rect(0, 0, 40, 100) })
	w.change("c", func(g *v1alpha1.Grid) { g.Spec.Boundary = rect(0, 0, 150, 100) })
	w.expect("u", "Ready=True Ready", "")
	w.expect("v", "Ready=True Ready", "")
	w.expect("c", "Ready=False OutsideParent", "Grid d")
}

// What is no boundary never crashes, never loops, and spoils nobody else's.
func TestHostileBoundaries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.create(w.grid("good", 3, "c", rect(0, 0, 50, 100), 640))
	for i, boundary := range hostile() {
		w.create(w.grid(fmt.Sprintf("bad%02d", i), 3, "c", boundary, 640))
	}
	for i := range hostile() {
		name := fmt.Sprintf("bad%02d", i)
		w.eventually("refusal of "+name, func() error {
			g := w.get(name)
			c := meta.FindStatusCondition(g.Status.Conditions, v1alpha1.ConditionStalled)
			if c == nil || c.Message == "" || len(c.Message) > 1000 {
				return fmt.Errorf("%.60s: %s", g.Spec.Boundary, all(g))
			}
			return nil
		})
	}
	w.expect("good", "Ready=True Ready", "")
	w.quiet(3 * time.Second)
}

func hostile() []string {
	ring := func(positions string) string { return `{"type":"Polygon","coordinates":[[` + positions + `]]}` }
	return []string{
		"null", "{}", "[]", `""`, "{\"type\":\"Polygon\"}",
		strings.Repeat("[", 65536), strings.Repeat(`{"a":`, 10000),
		`{"type":"Polygon","coordinates":` + strings.Repeat("[", 10000) + strings.Repeat("]", 10000) + "}",
		ring("[1e999,34],[108,34],[108,35],[1e999,34]"), ring("[NaN,34],[108,34]"), ring("[null,null]"),
		ring("[108.9,34.2]"), ring("[108.9,34.2],[108.9,34.2],[108.9,34.2],[108.9,34.2]"),
		ring("[108.9,34.2],[108.90000001,34.2],[108.9,34.20000001],[108.9,34.2]"),
		ring("[-180,-90],[180,-90],[180,90],[-180,90],[-180,-90]"),
		ring(strings.Repeat("[108.9,34.2],", 4500) + "[108.9,34.2]"),
		`{"type":"MultiPolygon","coordinates":[` + strings.Repeat("[],", 20000) + "[]]}",
		`{"type":"Polygon","coordinates":[` + strings.Repeat("[],", 20000) + "[]]}",
		`{"type":"Polygon","type":"Point","coordinates":[]}`,
		"\u202e{\"type\":\"Polygon\"}", strings.Repeat("网", 65536/3),
		zigzag(),
	}
}

// zigzag crosses itself thousands of times.
func zigzag() string {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "[108.%05d,34.%d],", 90000+(i*37)%2000, i%2)
	}
	return `{"type":"Polygon","coordinates":[[` + b.String() + `[108.90000,34.0]]]}`
}
