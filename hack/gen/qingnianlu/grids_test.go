package main

import (
	"math"
	"regexp"
	"slices"
	"testing"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/boundary"
	"github.com/shequ-io/shequ/internal/norms"
)

// byParent groups the grids under the one above them.
func byParent(s sample) map[string][]*v1alpha1.Grid {
	out := map[string][]*v1alpha1.Grid{}
	for _, g := range s.grids {
		if g.Spec.ParentRef != nil {
			out[g.Spec.ParentRef.Name] = append(out[g.Spec.ParentRef.Name], g)
		}
	}
	return out
}

func TestGridsRollUp(t *testing.T) {
	s := load(t)
	children := byParent(s)
	levels := map[int32]int{}
	for name, g := range s.grids {
		levels[g.Spec.Level]++
		below := children[name]
		if g.Spec.Level == 3 {
			if len(below) > 0 {
				t.Errorf("%s is a unit and has grids below it", name)
			}
			continue
		}
		var households, residents int64
		for _, c := range below {
			households, residents = households+c.Spec.Households, residents+c.Spec.Residents
			if c.Spec.Level != g.Spec.Level+1 {
				t.Errorf("%s is of level %d below %s", c.Name, c.Spec.Level, name)
			}
		}
		if households != g.Spec.Households || residents != g.Spec.Residents {
			t.Errorf("%s has %d households and %d residents, those below it %d and %d",
				name, g.Spec.Households, g.Spec.Residents, households, residents)
		}
		if c := s.communities[name]; g.Spec.Level == 2 && (c == nil ||
			c.Spec.Profile.Households != g.Spec.Households || c.Spec.Profile.Residents != g.Spec.Residents) {
			t.Errorf("%s differs from its community", name)
		}
	}
	top := s.grids[namespace].Spec
	if levels[1] != 1 || levels[2] != 12 || levels[3] < 45 || levels[3] > 57 || top.Households != 30458 || top.Residents != 81758 {
		t.Errorf("levels %v, %d households, %d residents; want 1, 12 and 45 to 57 grids, 30458 and 81758",
			levels, top.Households, top.Residents)
	}
	t.Logf("%d unit grids", levels[3])
}

func TestUnitGrids(t *testing.T) {
	s := load(t)
	shape := regexp.MustCompile(`^999999[0-9]{9}$`)
	codes, positions := map[string]bool{}, map[string]bool{}
	working := map[string]int64{}
	compounds := 0
	for name, g := range s.grids {
		if g.Spec.Level != 3 {
			continue
		}
		verdict := norms.SizeVerdict(g.Spec.Households, g.Spec.Area, s.standard.Spec.Grid)
		if verdict.Result != v1alpha1.NormMet {
			t.Errorf("%s: %s", name, verdict.Message)
		}
		if verdict.Reason == v1alpha1.ReasonOneCompound {
			compounds++
			if name != "anding-g01" {
				t.Errorf("%s is a compound, want only Anding's", name)
			}
		}
		if !shape.MatchString(g.Spec.Code) || codes[g.Spec.Code] {
			t.Errorf("%s: code %q is malformed or used twice", name, g.Spec.Code)
		}
		codes[g.Spec.Code] = true
		if n := len(g.Spec.Workers); n < 1 || n > 2 {
			t.Errorf("%s has %d workers, want one or two", name, n)
		}
		for _, w := range g.Spec.Workers {
			if positions[w.ID] {
				t.Errorf("%s stands in two grids", w.ID)
			}
			positions[w.ID] = true
		}
		working[g.Spec.CommunityRef.Name] += int64(len(g.Spec.Workers))
	}
	for name, n := range working {
		if employed := *s.communities[name].Spec.Workforce[0].Count; n > employed {
			t.Errorf("%s has %d workers in its grids and employs %d", name, n, employed)
		}
	}
	if compounds != 1 {
		t.Errorf("%d compounds, want 1", compounds)
	}
}

// The boundaries are valid, lie in Lianhu district's surroundings, don't overlap
// their siblings, lie inside their parents and fill them.
func TestBoundaries(t *testing.T) {
	s := load(t)
	parsed := map[string]*boundary.Boundary{}
	for name, g := range s.grids {
		b, err := boundary.Parse(g.Spec.Boundary, g.Spec.Datum)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		parsed[name] = b
		for _, p := range b.Outline() {
			if math.Abs(float64(p[0])/1e7-108.93) > 0.02 || math.Abs(float64(p[1])/1e7-34.27) > 0.02 {
				t.Fatalf("%s reaches as far as %v", name, p)
			}
		}
		if area := b.AreaSquareMeters(); g.Spec.Level == 3 && (area < 20_000 || area > 150_000) {
			t.Errorf("%s has %d m², which no grid of %d households has", name, area, g.Spec.Households)
		}
	}
	for parent, children := range byParent(s) {
		var sum int64
		for i, child := range children {
			sum += parsed[child.Name].AreaSquareMeters()
			if outside, ok := boundary.Inside(parsed[child.Name], parsed[parent]); !ok || outside != 0 {
				t.Errorf("%s lies %d m² outside %s", child.Name, outside, parent)
			}
			for _, sibling := range children[:i] {
				if common, overlaps := boundary.Overlap(parsed[child.Name], parsed[sibling.Name]); overlaps || common != 0 {
					t.Errorf("%s and %s overlap by %d m²", child.Name, sibling.Name, common)
				}
			}
		}
		// Each rounded to whole m², so they may differ by half of one each.
		if whole := parsed[parent].AreaSquareMeters(); sum < whole-int64(len(children)) || sum > whole+int64(len(children)) {
			t.Errorf("the grids below %s have %d m² together, it has %d", parent, sum, whole)
		}
	}
	t.Logf("the sub-district has %d m²", parsed[namespace].AreaSquareMeters())
}

func TestDivisions(t *testing.T) {
	for _, tt := range []struct {
		whole int64
		n     int
	}{{4537, 7}, {1679, 3}, {75, 1}, {800, 1}, {2436, 4}, {1000, 2}} {
		parts := spread(tt.whole, tt.n)
		var sum int64
		for _, p := range parts {
			sum += p
			if tt.n > 1 && (p < leastHouseholds || p > mostHouseholds) {
				t.Errorf("%d in %d parts has one of %d", tt.whole, tt.n, p)
			}
		}
		residents := share(10*tt.whole+7, parts)
		var shared int64
		for _, r := range residents {
			shared += r
		}
		if sum != tt.whole || shared != 10*tt.whole+7 {
			t.Errorf("%d in %d parts: %v and %v don't add up", tt.whole, tt.n, parts, residents)
		}
	}
	var counts []int
	for _, h := range []int64{75, 499, 500, 1679, 3775, 4537} {
		counts = append(counts, unitCount(h))
	}
	if want := []int{1, 1, 1, 3, 6, 7}; !slices.Equal(counts, want) {
		t.Errorf("grids %v, want %v", counts, want)
	}
}
