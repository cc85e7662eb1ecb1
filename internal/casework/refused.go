package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Cause sorts refusals, for those who must tell them apart.
type Cause string

// The causes.
const (
	Malformed Cause = "malformed" // the event itself is wrong
	NotNow    Cause = "not-now"   // not at this step, or not any more
	NotYou    Cause = "not-you"   // others may
	Stale     Cause = "stale"     // the case has changed since: look again
	Reused    Cause = "reused"    // the id is another event's
)

// RefusedError says why an event was refused and what is allowed instead. It
// holds no value of a field and repeats nothing a sender wrote.
type RefusedError struct {
	Cause   Cause
	Event   EventType // empty where there is no such type
	Why     string
	Allowed []Permit
}

// Permit is an event that is allowed now, and for whom.
type Permit struct {
	Event EventType
	Roles []Role
}

// Error says it in a sentence or two.
func (e *RefusedError) Error() string {
	var allowed []string
	for _, p := range e.Allowed {
		allowed = append(allowed, fmt.Sprintf("%s (%s)", p.Event, join(p.Roles)))
	}
	text := "refused: " + e.Why
	if e.Event != "" {
		text = fmt.Sprintf("can't %s the case: %s", e.Event, e.Why)
	}
	if len(allowed) == 0 {
		return text + "; nothing is allowed any more"
	}
	return text + "; now allowed: " + strings.Join(allowed, ", ")
}

func refuse(c *Case, e *Event, at time.Time, cause Cause, why string) *RefusedError {
	out := &RefusedError{Cause: cause, Why: why, Allowed: Allowed(*c, at)}
	if slices.Contains(EventTypes(), e.Type) {
		out.Event = e.Type
	}
	return out
}

// Allowed returns the events that are allowed in a case at a time, in the order
// of EventTypes, each with the roles that may send it. Which grid's workers and
// which system may is for Apply to say, and likewise that whoever handled a case
// does not verify it.
func Allowed(c Case, at time.Time) []Permit {
	at = instant(at)
	if at.Before(c.last()) {
		at = c.last()
	}
	found := map[EventType][]Role{}
	rules := tables[c.Kind]
	if c.Step == "" {
		rules = nil
		for _, k := range Kinds() {
			rules = append(rules, tables[k][0]) // Collect comes first
		}
	}
	for i := range rules {
		r := &rules[i]
		if r.from != c.Step || (r.event == Return && r.place != anywhere && r.place != c.Place.class()) {
			continue
		}
		for _, role := range r.roles {
			if !slices.Contains(found[r.event], role) && hindrance(&c, r, role, at) == "" {
				found[r.event] = append(found[r.event], role)
			}
		}
	}
	var out []Permit
	for _, t := range EventTypes() {
		if roles := found[t]; len(roles) > 0 {
			slices.SortFunc(roles, func(a, b Role) int { return slices.Index(Roles(), a) - slices.Index(Roles(), b) })
			out = append(out, Permit{Event: t, Roles: roles})
		}
	}
	return out
}

func join[T ~string](words []T) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}
