package casework

import "slices"

// Candidate is a grid that contains a case's location.
type Candidate struct {
	Grid string
	// Level is 1 for a sub-district's, 2 for a community's, 3 for a unit grid.
	Level int64
}

const unitLevel = 3

// Routing is where a case with a location goes.
type Routing struct {
	// Grid to dispatch it to; empty when it goes to the queue of the station's lead.
	Grid string
	// Why it goes to the lead.
	Why Doubt
	// Among are the grids the lead can choose from, sorted; empty when none is
	// known.
	Among []string
}

// Doubt is why nobody but a person can say which grid a case belongs to.
type Doubt string

// The doubts.
const (
	NoDoubt      Doubt = ""
	NoGrid       Doubt = "no-grid"       // no unit grid contains the place
	SeveralGrids Doubt = "several-grids" // it lies on a border, or boundaries overlap
)

// RouteTo decides, given the grids whose boundaries contain a place, where a case
// goes: to the one unit grid; and to the lead's queue when there is none, or more
// than one. It never picks one of several. The order of the candidates, and
// naming one twice, changes nothing.
func RouteTo(candidates []Candidate) Routing {
	var units []string
	for _, c := range candidates {
		if c.Level == unitLevel && c.Grid != "" {
			units = append(units, c.Grid)
		}
	}
	slices.Sort(units)
	units = slices.Compact(units)
	switch len(units) {
	case 0:
		return Routing{Why: NoGrid}
	case 1:
		return Routing{Grid: units[0]}
	}
	return Routing{Why: SeveralGrids, Among: units}
}
