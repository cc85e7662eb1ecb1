package desk

import (
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
)

// action is something a person may do to a case now: a button.
type action struct {
	Event casework.EventType
	// Resident tells that it is done for the resident, at the counter or on the
	// telephone.
	Resident bool
	// Forward tells that it takes the case on round the loop.
	Forward bool
	// Reasons to choose from; none where it needs none.
	Reasons []casework.Reason
	// Places to choose from; none where it goes to none.
	Places []place
	// Urgency and Ratings tell that it asks for them.
	Urgency, Ratings bool
	// ID of the event, drawn with the page.
	ID string
}

// Simple reports whether there is nothing to choose.
func (a action) Simple() bool {
	return len(a.Reasons) == 0 && len(a.Places) == 0 && !a.Urgency && !a.Ratings
}

// place a case can be sent to.
type place struct {
	casework.Place

	Title content.Text
	// Near tells that the case's location may lie in it.
	Near bool
	// Bare tells that it is a system to which nothing of the case is declared to go.
	Bare bool
}

// Value writes a place for a form.
func (p place) Value() string {
	switch {
	case p.Grid != "":
		return "grid:" + p.Grid
	case p.Station != "":
		return "station:" + p.Station
	}
	return "system:" + p.System
}

// forward are the events round the loop, in order: what can be handled at once need
// not be dispatched.
var forward = []casework.EventType{
	casework.Register, casework.Take, casework.Handle, casework.Dispatch, casework.Report, casework.Verify, casework.Close,
}

// aside are those that go another way.
var aside = []casework.EventType{
	casework.Resume, casework.Pause, casework.Transfer, casework.Return, casework.Reject,
}

// ofResident are what the counter does for a resident.
var ofResident = []casework.EventType{casework.Rate, casework.Reopen, casework.Withdraw}

// actions are exactly what casework allows a person to do to a case now: each is
// tried, and nothing is kept of it.
func actions(c casework.Case, who person, places []place, at time.Time) []action {
	var out []action
	for _, t := range forward {
		out = try(out, c, action{Event: t, Forward: true}, who.Actor, places, at)
	}
	for _, t := range aside {
		out = try(out, c, action{Event: t}, who.Actor, places, at)
	}
	if who.counters() {
		for _, t := range ofResident {
			out = try(out, c, action{Event: t, Resident: true}, resident(who), places, at)
		}
	}
	return out
}

// resident is the actor of what a person enters for a resident.
func resident(who person) casework.Actor {
	return casework.Actor{Role: casework.Resident, Work: who.Work}
}

// try adds an action if casework takes it.
func try(out []action, c casework.Case, a action, actor casework.Actor, places []place, at time.Time) []action {
	e := casework.Event{ID: "never-applied", Type: a.Event, Version: c.Version, Actor: actor, Purpose: "trial"}
	a.Reasons = casework.Reasons(a.Event)
	if len(a.Reasons) > 0 {
		e.Reason = a.Reasons[0]
	}
	if a.Event == casework.Rate {
		a.Ratings, e.Ratings = true, casework.Ratings{Response: 5, Resolution: 5, Satisfaction: 5}
	}
	a.Urgency = a.Event == casework.Register
	allowed := func() bool {
		_, _, err := casework.Apply(c, e, at)
		return err == nil
	}
	if a.Event != casework.Dispatch && a.Event != casework.Transfer {
		if allowed() {
			out = append(out, a)
		}
		return out
	}
	for _, p := range places {
		if a.Event == casework.Dispatch && p.Grid == "" {
			continue
		}
		if e.To = p.Place; allowed() {
			a.Places = append(a.Places, p)
		}
	}
	if len(a.Places) > 0 {
		out = append(out, a)
	}
	return out
}

// unitLevel is that of the grids cases are dispatched to.
const unitLevel = 3

// places are where a case of a task could go, by the community's content: its unit
// grids, those near first, other stations, and systems of departments.
func (s *state) places(near []string, task string) []place {
	var grids, out []place
	for _, g := range s.doc.Site.Grids {
		if g.Level == unitLevel {
			grids = append(grids, place{Place: casework.Place{Grid: g.Name}, Title: g.Title, Near: slices.Contains(near, g.Name)})
		}
	}
	slices.SortStableFunc(grids, func(a, b place) int {
		switch {
		case a.Near == b.Near:
			return 0
		case a.Near:
			return -1
		}
		return 1
	})
	out = append(out, grids...)
	for _, n := range s.doc.Site.Neighbours {
		out = append(out, place{Place: casework.Place{Station: n.Name}, Title: n.DisplayName})
	}
	for _, name := range s.desk.Systems {
		bare := !slices.ContainsFunc(s.recipients(task), func(r recipient) bool { return r.System == name })
		out = append(out, place{Place: casework.Place{System: name}, Title: s.systemTitle(name), Bare: bare})
	}
	return out
}
