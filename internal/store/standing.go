package store

import (
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store/db"
)

// limits are what the terms promise.
func (t *Terms) limits(u casework.Urgency) casework.Limits {
	return casework.Limits{
		Accept: casework.Limit{Minutes: t.AcceptWithinMinutes}, Resolve: casework.Limit{Minutes: t.ResolveWithinMinutes},
	}.OrDefault(u)
}

// held is a case as a transaction holds it, with what is kept beside it.
type held struct {
	c       casework.Case
	number  string
	terms   Terms
	channel Channel
	// language the resident is answered in.
	language string
	routing  casework.Routing
	// deliverable: nobody has withdrawn it.
	deliverable bool
	// letter where it was opened already.
	letter *Letter
}

// row is a case's row: all of it follows from the case, its terms and its routing.
func (h *held) row(cal *casework.Calendar) db.InsertCaseParams {
	c := &h.c
	last := c.History[len(c.History)-1]
	limits := h.terms.limits(c.Urgency)
	outcome := c.Outcome("", false)
	row := db.InsertCaseParams{
		ID: c.ID, Number: h.number, Kind: string(c.Kind), Item: c.Item, Urgency: string(c.Urgency), Step: string(c.Step),
		Version: c.Version, Grid: c.Place.Grid, Station: c.Place.Station, System: c.Place.System, Holder: c.Holder,
		Paused: string(c.Paused), Round: c.Round, Response: c.Ratings.Response, Resolution: c.Ratings.Resolution,
		Satisfaction: c.Ratings.Satisfaction, RatedRound: c.RatedRound, Received: c.History[0].At, Updated: last.At,
		Due: never, Alarm: never, Ended: never, ReopenUntil: never, Open: !c.Step.Ended(),
		WasLate: len(casework.Late(*c, limits, cal, last.At)) > 0, Responded: outcome.Responded, Satisfied: outcome.Satisfied,
		Allowed: []string{}, Routed: h.routing.Grid, Doubt: string(h.routing.Why), Among: h.routing.Among, Deliverable: h.deliverable,
	}
	if row.Among == nil {
		row.Among = []string{}
	}
	for _, r := range casework.Read(*c, limits, cal, last.At) {
		if r.Running && !r.Due.IsZero() && r.Due.Before(row.Due) {
			row.Due = r.Due
		}
	}
	if task, ok := casework.Due(*c, limits, cal, last.At); ok && task.At.Before(never) {
		row.Alarm = task.At
	}
	if c.Step.Ended() {
		row.Ended = endedAt(c)
		row.ReopenUntil = row.Ended.Add(time.Duration(c.ReopenDays) * 24 * time.Hour)
	}
	for _, p := range casework.Allowed(*c, last.At) {
		if slices.Contains(words, p.Event) && slices.Contains(p.Roles, casework.Resident) {
			row.Allowed = append(row.Allowed, string(p.Event))
		}
	}
	return row
}

// endedAt is when a case that ended came to its end.
func endedAt(c *casework.Case) time.Time {
	for _, t := range slices.Backward(c.History) {
		if t.From != t.To {
			return t.At
		}
	}
	return never
}

// changed is the row as an update of the one that was seen.
func changed(r *db.InsertCaseParams, seen int64) db.UpdateCaseParams {
	return db.UpdateCaseParams{
		Urgency: r.Urgency, Step: r.Step, Version: r.Version, Grid: r.Grid, Station: r.Station, System: r.System,
		Holder: r.Holder, Paused: r.Paused, Round: r.Round, Response: r.Response, Resolution: r.Resolution,
		Satisfaction: r.Satisfaction, RatedRound: r.RatedRound, Updated: r.Updated, Due: r.Due, Alarm: r.Alarm,
		Ended: r.Ended, Open: r.Open, WasLate: r.WasLate, Responded: r.Responded, Satisfied: r.Satisfied,
		Allowed: r.Allowed, ReopenUntil: r.ReopenUntil, Routed: r.Routed, Doubt: r.Doubt, Among: r.Among,
		Deliverable: r.Deliverable, ID: r.ID, Seen: seen,
	}
}
