package desk

import (
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/session"
)

// person is as whom somebody who is signed in may act, by the access list of this
// moment.
type person struct {
	store.Who

	// Viewer sees figures and nothing else.
	Viewer bool
	// Grids of a grid worker, of which Grid is the one chosen, or the first.
	Grids []string
}

// doubt is why somebody who is signed in may do nothing.
type doubt string

const (
	noDoubt doubt = ""
	noGroup doubt = "group" // in none of the groups, and no grid worker
	badWork doubt = "work"  // the provider's work identifier can't be one
)

// The roles that an access list grants.
const (
	grantLead   = "Lead"
	grantWorker = "Worker"
	grantViewer = "Viewer"
)

// assign says as whom an identity may act. A lead leads; who is listed for a grid
// works there, in one grid at a time; then the groups decide, the more capable role
// first.
func assign(who *session.Session, desk *content.Desk, station string) (person, doubt) {
	granted := map[string]bool{}
	for _, g := range desk.Access {
		if g.Group != "" && slices.Contains(who.Groups, g.Group) {
			granted[g.Role] = true
		}
	}
	work := lower(who.Work)
	p := person{Who: store.Who{Actor: casework.Actor{Work: work}, Station: station}}
	var grids []string
	for _, w := range desk.Workers {
		if lower(w.ID) == work && !slices.Contains(grids, w.Grid) {
			grids = append(grids, w.Grid)
		}
	}
	switch {
	case granted[grantLead]:
		p.Role = casework.Lead
	case len(grids) > 0:
		p.Role, p.Grids, p.Grid = casework.GridWorker, grids, grids[0]
		if slices.Contains(grids, who.Choice) {
			p.Grid = who.Choice
		}
	case granted[grantWorker]:
		p.Role = casework.Staff
	case granted[grantViewer]:
		p.Viewer = true
		return p, noDoubt
	default:
		return person{}, noGroup
	}
	if !usable(p.Actor) {
		return person{}, badWork
	}
	return p, noDoubt
}

// lower writes a work identifier in small letters, those of ASCII alone: by Unicode's
// rules other letters become ASCII too, such as the sign for kelvin a k, and somebody
// could sign in as a position by a name that only looks like its own.
func lower(work string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, work)
}

// usable reports whether an actor is one that casework knows, by asking it.
func usable(a casework.Actor) bool {
	_, _, err := casework.Apply(casework.Case{}, casework.Event{
		ID: "is-it-usable", Type: casework.Collect, Actor: a, Purpose: "station-service",
		Opening: casework.Opening{Case: "none", Kind: casework.Opinion, Item: "none"},
	}, time.Unix(0, 0))
	return err == nil
}

// views a person may look at, the one to begin with first.
func (p person) views() []store.View {
	switch {
	case p.Viewer:
		return nil
	case p.Role == casework.Lead:
		return []store.View{store.Mine, store.OfStation, store.OfGrid, store.LateOnes, store.Open, store.Ended}
	case p.Role == casework.GridWorker:
		return []store.View{store.OfGrid, store.Mine, store.Ended}
	default:
		return []store.View{store.Mine, store.OfStation, store.OfGrid, store.Open, store.Ended}
	}
}

// works reports whether a person works cases.
func (p person) works() bool { return !p.Viewer && p.Role != "" }

// counters reports whether a person serves residents at the counter or on the
// telephone, and acts there for them.
func (p person) counters() bool { return p.Role == casework.Staff || p.Role == casework.Lead }

// figures reports whether a person may see the station's figures.
func (p person) figures() bool { return p.Viewer || p.counters() }
