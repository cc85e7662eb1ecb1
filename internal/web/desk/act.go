package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// act does one thing to a case.
func act(q *request) error {
	id := q.r.PathValue("case")
	if !idPattern.MatchString(id) {
		return store.ErrUnknownCase
	}
	e, forResident := event(q.values(), q.who)
	if forResident && !q.who.counters() {
		q.problem(http.StatusForbidden, "role")
		return nil
	}
	after, err := q.d.Store.Do(q.r.Context(), q.who.Who, id, e)
	var refused *casework.RefusedError
	switch {
	case err == nil && q.who.Role == casework.GridWorker && after.Place.Grid != q.who.Grid:
		// It has left the grid, and its page is not this position's any more.
		q.to("/queue/" + string(q.who.views()[0]) + query("did", string(e.Type)))
		return nil
	case err == nil:
		q.to("/cases/" + id + query("did", string(e.Type)))
		return nil
	case !errors.As(err, &refused):
		return err
	}
	status := http.StatusConflict
	switch refused.Cause {
	case casework.NotYou:
		status = http.StatusForbidden
	case casework.Malformed:
		status = http.StatusBadRequest
	default:
	}
	return q.showCase(status, id, "", &attempt{Event: e, Resident: forResident, Cause: refused.Cause})
}

// event reads an event from a form. Whether it makes sense is for casework to say, and
// for the case what its data are used for.
func event(form url.Values, who person) (e casework.Event, forResident bool) {
	e = casework.Event{
		ID: form.Get("id"), Type: casework.EventType(form.Get("type")), Actor: who.Actor,
		Reason: casework.Reason(form.Get("reason")), To: parsePlace(form.Get("to")), Urgency: casework.Urgency(form.Get("urgency")),
		Ratings: casework.Ratings{
			Response: number(form.Get("response")), Resolution: number(form.Get("resolution")), Satisfaction: number(form.Get("satisfaction")),
		},
		Version: number(form.Get("version")),
	}
	if slices.Contains(ofResident, e.Type) {
		e.Actor = resident(who)
		return e, true
	}
	return e, false
}

// number reads a whole number; what is none is 0.
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func parsePlace(s string) casework.Place {
	kind, name, _ := strings.Cut(s, ":")
	switch kind {
	case "grid":
		return casework.Place{Grid: name}
	case "station":
		return casework.Place{Station: name}
	case "system":
		return casework.Place{System: name}
	}
	return casework.Place{}
}

// why says in words why something was refused. casework's own sentences are for
// the log: these are for people.
func (q *request) why(c *casework.Case, tried *attempt) string {
	key := string(tried.Cause)
	switch tried.Cause {
	case casework.NotNow:
		key = q.whyNotNow(c, tried)
	case casework.NotYou:
		switch {
		case tried.Type == casework.Verify && c.HandledBy == q.who.Work:
			key = "own-work"
		case q.who.Role == casework.GridWorker && c.Place.Grid != q.who.Grid:
			key = "other-grid"
		case tried.Type == casework.Return && c.Holder != "" && c.Holder != q.who.Work:
			key = "other-holder"
		}
	case casework.Malformed, casework.Stale, casework.Reused:
	}
	return q.l.Must("desk.refused." + key)
}

func (q *request) whyNotNow(c *casework.Case, tried *attempt) string {
	switch {
	case c.Paused != "" && tried.Type != casework.Resume:
		return "paused"
	case tried.Type == casework.Resume && c.Paused == "":
		return "running"
	case tried.Type == casework.Take && c.Holder == q.who.Work:
		return "have-it"
	case tried.Type == casework.Take && c.Holder != "":
		return "taken"
	case tried.Type == casework.Transfer && tried.To == c.Place:
		return "there"
	case tried.Type == casework.Rate && c.RatedRound == c.Round:
		return "rated"
	case tried.Type == casework.Reopen && c.Round > 1:
		return "reopened"
	case tried.Type == casework.Reopen && c.Step == casework.Closed:
		return "too-late"
	}
	return "not-now"
}
