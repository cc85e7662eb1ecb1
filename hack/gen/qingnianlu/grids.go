package main

import (
	"fmt"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// The sample aims at grids in the middle of the standard's 500 to 800
// households, and puts one or two workers into each.
const (
	leastHouseholds  = 500
	mostHouseholds   = 800
	aimedHouseholds  = 650
	unevenHouseholds = 60 // at most so much above or below the average
	workersPerGrid   = 2
)

// gridSet is the three levels: one of the sub-district, one of each community,
// and the units.
type gridSet struct {
	top *v1alpha1.Grid
	of  map[string][]any // a community's own, then its units
}

func gridsOf(communities []surveyed) gridSet {
	counts := make([]int, len(communities))
	weights := make([]int64, len(communities))
	var households, residents int64
	for i, c := range communities {
		counts[i] = unitCount(c.households)
		weights[i] = c.households
		households, residents = households+c.households, residents+c.residents
	}
	drawn := draw(weights, counts)
	set := gridSet{of: map[string][]any{}}
	set.top = &v1alpha1.Grid{
		TypeMeta: typeMeta("Grid"), ObjectMeta: objectMeta(namespace),
		Spec: v1alpha1.GridSpec{
			Level: 1, DisplayName: text("青年路街道", "Qingnian Road Sub-district"),
			Boundary: drawn.whole, Households: households, Residents: residents,
		},
	}
	for i, c := range communities {
		set.of[c.name] = communityGrids(c, drawn.communities[i])
	}
	return set
}

// unitCount is how many grids a community is divided into: near the aim, and
// such that all of them can have 500 to 800 households. A community too small
// for one is a single compound.
func unitCount(households int64) int {
	if households < leastHouseholds {
		return 1
	}
	least := (households + mostHouseholds - 1) / mostHouseholds
	most := households / leastHouseholds
	aim := (households + aimedHouseholds/2) / aimedHouseholds
	return int(min(max(aim, least), most))
}

func communityGrids(c surveyed, drawn drawnCommunity) []any {
	ref := &v1alpha1.LocalReference{Name: c.name}
	out := []any{&v1alpha1.Grid{
		TypeMeta: typeMeta("Grid"), ObjectMeta: objectMeta(c.name),
		Spec: v1alpha1.GridSpec{
			Level: 2, DisplayName: text(c.zh, c.en+" Community"),
			ParentRef: &v1alpha1.LocalReference{Name: namespace}, CommunityRef: ref,
			Boundary: drawn.whole, Households: c.households, Residents: c.residents,
		},
	}}
	households := spread(c.households, len(drawn.units))
	residents := share(c.residents, households)
	staff := min(c.staff, int64(workersPerGrid*len(drawn.units)))
	for i, boundary := range drawn.units {
		name := fmt.Sprintf("%s-g%02d", c.name, i+1)
		grid := &v1alpha1.Grid{
			TypeMeta: typeMeta("Grid"), ObjectMeta: objectMeta(name),
			Spec: v1alpha1.GridSpec{
				Level: 3, ParentRef: ref, CommunityRef: ref,
				DisplayName: text(fmt.Sprintf("%s第%d网格", c.zh, i+1), fmt.Sprintf("%s Grid %d", c.en, i+1)),
				Code:        unitCode(c.index, i+1),
				Boundary:    boundary, Households: households[i], Residents: residents[i],
				Workers: positions(name, even(staff, len(drawn.units), i)),
			},
		}
		if households[i] < leastHouseholds {
			grid.Spec.Area = v1alpha1.GridCompound
		}
		out = append(out, grid)
	}
	return out
}

// unitCode has the form of GB/T 30428's: administrative division, sub-district,
// community, unit. The division 999999 does not exist.
func unitCode(community, unit int) string {
	return fmt.Sprintf("999999001%03d%03d", community, unit)
}

func positions(grid string, count int64) []v1alpha1.GridWorker {
	var out []v1alpha1.GridWorker
	for i := range count {
		role := v1alpha1.GridWorkerRole("Worker")
		if i == 0 {
			role = "Lead"
		}
		out = append(out, v1alpha1.GridWorker{ID: fmt.Sprintf("%s-%c", grid, 'a'+rune(i)), Role: role})
	}
	return out
}

// even is the i-th of n parts of a whole that differ by one at most.
func even(whole int64, n, i int) int64 {
	part := whole / int64(n)
	if int64(i) < whole%int64(n) {
		part++
	}
	return part
}

// spread divides households into n parts that add up, uneven as real grids are,
// yet within the bounds wherever the average is.
func spread(households int64, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = even(households, n, i)
	}
	for i := 0; i+1 < n; i += 2 {
		low, high := min(out[i], out[i+1]), max(out[i], out[i+1])
		room := max(min(low-leastHouseholds, mostHouseholds-high, unevenHouseholds), 0)
		shift := int64(mix(uint64(households), uint64(i)) % uint64(room+1))
		out[i], out[i+1] = out[i]+shift, out[i+1]-shift
	}
	return out
}

// share divides residents in proportion to households, so that they add up.
func share(residents int64, households []int64) []int64 {
	var all int64
	for _, h := range households {
		all += h
	}
	out := make([]int64, len(households))
	var seen, given int64
	for i, h := range households {
		seen += h
		out[i] = residents*seen/all - given
		given += out[i]
	}
	return out
}

// mix scrambles two numbers (the finaliser of SplitMix64), so that what looks
// like chance is the same everywhere and always.
func mix(a, b uint64) uint64 {
	z := a*0x9e3779b97f4a7c15 + b + 0x632be59bd9b4e019
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
