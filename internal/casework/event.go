package casework

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Event asks for one thing to happen to a case. It carries no field of the case
// and nobody's name.
type Event struct {
	// ID tells the event from every other: 8 to 64 letters, digits and dashes, such
	// as a UUID. One that is sent again changes nothing.
	ID string
	// Type is what is to happen.
	Type EventType
	// Version of the case the sender has seen; 0 for Collect.
	Version int64
	// Actor is who asks.
	Actor Actor
	// Purpose the case's data is used for.
	Purpose v1alpha1.PurposeCode
	// Reason of the types that need one (Reasons); else empty.
	Reason Reason
	// To is the grid of a Dispatch, and the grid, station or system of a Transfer.
	To Place
	// Opening is what a Collect begins.
	Opening Opening
	// Urgency that Collect or Register gives the case. Empty leaves it as it is.
	Urgency Urgency
	// Ratings of a Rate.
	Ratings Ratings
	// Alarm of an Escalate.
	Alarm Alarm
}

// Actor is who acts: a role and a work identifier, never a person.
type Actor struct {
	Role Role
	// Work is the identifier of the actor's position, or the name of a system. A
	// resident has none; there it is the position that entered the event at the
	// counter or on the telephone, and empty at the portal.
	Work string
	// Grid the actor works in: a grid worker's, else empty.
	Grid string
}

// Place is where a case is worked on: at most one of its names is set. None is
// the station itself.
type Place struct {
	Grid    string
	Station string
	System  string
}

func (p Place) away() bool { return p.Station != "" || p.System != "" }

// class of a place, for the table of transitions.
func (p Place) class() class {
	switch {
	case p.away():
		return elsewhere
	case p.Grid != "":
		return aGrid
	}
	return here
}

// Opening is how a case begins.
type Opening struct {
	// Case is the new case's identifier: 1 to 64 letters, digits and dashes that
	// say nothing about anybody.
	Case string
	Kind Kind
	// Item of the station, or of an admitted task, that it is for.
	Item string
	// ReopenDays after closing in which the resident may reopen, in days of 24
	// hours, at most 365. 0 means DefaultReopenDays.
	ReopenDays int64
}

// DefaultReopenDays are the days of 24 hours in which a closed case can be
// reopened where the opening says nothing else.
const DefaultReopenDays = 15

const maxReopenDays = 365

// Ratings are what the resident thinks, each 1 (bad) to 5 (good).
type Ratings struct {
	Response     int64
	Resolution   int64
	Satisfaction int64
}

// Alarm is a time limit that was passed, and who is told.
type Alarm struct {
	Clock Clock
	Level Level
}

var (
	name    = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	eventID = regexp.MustCompile(`^[A-Za-z0-9-]{8,64}$`)
	caseID  = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	// itemName is also that of an admitted task's item: namespace, point, name.
	itemName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$`)
	// personal numbers: a telephone's and the two forms of the identity card's.
	personal = regexp.MustCompile(`^([0-9]{11}|[0-9]{15}|[0-9]{17}[0-9xX])$`)
	numbered = regexp.MustCompile(`(^|[^0-9])([0-9]{11}|[0-9]{15}|[0-9]{17}[0-9xX])($|[^0-9])`)
)

// PersonalNumber reports whether a text holds digits as many as a telephone's number
// has, or an identity card's.
func PersonalNumber(text string) bool { return numbered.MatchString(text) }

// malformed says what is wrong with an event, whatever the case; empty when
// nothing is. It never repeats what it was given.
func malformed(e *Event) string {
	switch {
	case !slices.Contains(EventTypes(), e.Type):
		return "there is no event of that type"
	case !eventID.MatchString(e.ID) || personal.MatchString(e.ID):
		return "an event's id is 8 to 64 letters, digits and dashes, and no personal number"
	case !name.MatchString(string(e.Purpose)):
		return "a purpose is lower-case letters, digits and dashes"
	}
	for _, wrong := range []string{wrongActor(e.Actor), wrongReason(e), wrongPlace(e), wrongOpening(e), wrongContent(e)} {
		if wrong != "" {
			return wrong
		}
	}
	return ""
}

func workName(s string) bool { return name.MatchString(s) && !personal.MatchString(s) }

func wrongActor(a Actor) string {
	switch {
	case !slices.Contains(Roles(), a.Role):
		return "there is no such role"
	case a.Work == "" && a.Role != Resident:
		return "whoever acts for the station gives a work identifier"
	case a.Work != "" && !workName(a.Work):
		return "a work identifier is lower-case letters, digits and dashes, and no personal number"
	case (a.Role == GridWorker) != (a.Grid != ""):
		return "a grid worker, and nobody else, acts for a grid"
	case a.Grid != "" && !workName(a.Grid):
		return "a grid's name is lower-case letters, digits and dashes"
	}
	return ""
}

func wrongReason(e *Event) string {
	allowed := reasons[e.Type]
	switch {
	case len(allowed) == 0 && e.Reason != "":
		return "this event has no reason"
	case len(allowed) > 0 && !slices.Contains(allowed, e.Reason):
		return fmt.Sprintf("this event needs one of the reasons %s", join(allowed))
	}
	return ""
}

func wrongPlace(e *Event) string {
	set := 0
	for _, n := range []string{e.To.Grid, e.To.Station, e.To.System} {
		if n == "" {
			continue
		}
		if set++; !workName(n) {
			return "a place's name is lower-case letters, digits and dashes"
		}
	}
	switch {
	case e.Type == Dispatch && (set != 1 || e.To.Grid == ""):
		return "a dispatch names the grid it is to"
	case e.Type == Transfer && set != 1:
		return "a transfer names the grid, the station or the system it is to, and one only"
	case e.Type != Dispatch && e.Type != Transfer && set != 0:
		return "this event goes to no place"
	}
	return ""
}

func wrongOpening(e *Event) string {
	o := e.Opening
	switch {
	case e.Type != Collect && o != Opening{}:
		return "only a collect opens a case"
	case e.Type != Collect:
		return ""
	case !caseID.MatchString(o.Case) || personal.MatchString(o.Case):
		return "a case's identifier is 1 to 64 letters, digits and dashes, and no personal number"
	case !slices.Contains(Kinds(), o.Kind):
		return "there is no such kind of case"
	case !itemName.MatchString(o.Item) || personal.MatchString(o.Item):
		return "an item's name is lower-case letters, digits and dashes; that of an admitted task's has its namespace and a point before it"
	case o.ReopenDays < 0 || o.ReopenDays > maxReopenDays:
		return fmt.Sprintf("the days for reopening are 0 (which means %d) to %d", DefaultReopenDays, maxReopenDays)
	}
	return ""
}

// wrongContent looks at what only one or two types carry.
func wrongContent(e *Event) string {
	r := e.Ratings
	switch {
	case e.Urgency != "" && e.Type != Collect && e.Type != Register:
		return "only a collect or a register gives an urgency"
	case e.Urgency != "" && !slices.Contains(Urgencies(), e.Urgency):
		return "there is no such urgency"
	case e.Type != Rate && r != Ratings{}:
		return "only a rate carries ratings"
	case e.Type == Rate && (min(r.Response, r.Resolution, r.Satisfaction) < 1 || max(r.Response, r.Resolution, r.Satisfaction) > 5):
		return "each rating is 1 to 5"
	case e.Type != Escalate && e.Alarm != Alarm{}:
		return "only an escalate carries an alarm"
	case e.Type == Escalate && (!slices.Contains(Clocks(), e.Alarm.Clock) || !slices.Contains(Levels(), e.Alarm.Level)):
		return "an escalate names a clock and a level"
	}
	return ""
}
