package desk

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// Deliveries is what the desk asks of the store about what goes to information
// systems; *store.Desk is one.
type Deliveries interface {
	Deliveries(ctx context.Context, who store.Who, caseID string) ([]store.Delivery, error)
	Dead(ctx context.Context, who store.Who, after string, size int) ([]store.Delivery, string, error)
	Waiting(ctx context.Context, who store.Who) ([]store.SystemBacklog, error)
	Replay(ctx context.Context, who store.Who, key courier.Key) error
	GiveUp(ctx context.Context, who store.Who, key courier.Key) error
	Prefill(ctx context.Context, who store.Who, source string, p store.Prefill) (casework.Fields, error)
	Reported(ctx context.Context, who store.Who, wanted []store.Report) ([]store.Reported, error)
}

// deliveriesView is what waits to go to systems, and what somebody has to see to.
type deliveriesView struct {
	view

	Backlog []store.SystemBacklog
	Dead    []store.Delivery
	After   string // this page's place in the list; empty for the first
	// Next is the address of the next page, First of the first; empty where this is
	// the last, or the first.
	Next, First string
	Did         string // what was just done; empty where nothing was
}

func deliveriesPage(q *request) error {
	ask := q.r.URL.Query()
	after := ask.Get("after")
	dead, next, err := q.d.Store.Dead(q.r.Context(), q.who.Who, after, pageSize)
	if after != "" && errors.Is(err, store.ErrInvalid) {
		after = ""
		dead, next, err = q.d.Store.Dead(q.r.Context(), q.who.Who, after, pageSize)
	}
	if err != nil {
		return err
	}
	waiting, err := q.d.Store.Waiting(q.r.Context(), q.who.Who)
	if err != nil {
		return err
	}
	v := deliveriesView{
		view: q.view("/deliveries"+query("after", after), "desk.deliveries.title"), Dead: dead, After: after, Backlog: q.backlog(waiting),
	}
	if did := ask.Get("did"); slices.Contains(didOnes, did) {
		v.Did = did
	}
	if next != "" {
		v.Next = "/deliveries" + query("after", next)
	}
	if after != "" {
		v.First = "/deliveries"
	}
	return q.show(http.StatusOK, "deliveries", v)
}

// backlog has a row for every system the community is connected to, and for those it
// no longer is that still have something to get.
func (s *state) backlog(waiting []store.SystemBacklog) []store.SystemBacklog {
	var out []store.SystemBacklog
	for _, c := range s.desk.Connections {
		row := store.SystemBacklog{System: c.Name}
		for _, w := range waiting {
			if w.System == c.Name {
				row = w
			}
		}
		out = append(out, row)
	}
	for _, w := range waiting {
		if s.connection(w.System) == nil {
			out = append(out, w)
		}
	}
	return out
}

// Done says what was just done to a message, by the word in an address.
func (v view) Done(did string) (string, error) {
	switch did {
	case didReplay:
		return v.L.M("desk.deliveries.did", v.L.Must("desk.dead.replayed"))
	case didGiveUp:
		return v.L.M("desk.deliveries.did", v.L.Must("desk.dead.given-up"))
	}
	return v.L.M("desk.deliveries.gone")
}

// Ago says in one unit how long something waits.
func (v deliveriesView) Ago(since time.Time) (string, error) {
	span, err := v.Rough(v.q.d.Now().Sub(since))
	if err != nil {
		return "", err
	}
	return v.L.M("desk.backlog.since", span)
}

// What was done to a message, as the address of the page after it says.
const (
	didReplay  = "replay"
	didGiveUp  = "give-up"
	didNothing = "nothing" // it was not there any more
)

var didOnes = []string{didReplay, didGiveUp, didNothing}

var keyPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// replay lets messages be sent again: one, or all that a page showed.
func replay(q *request) error {
	did := didNothing
	for _, key := range q.values()["key"] {
		if !keyPattern.MatchString(key) {
			continue
		}
		switch err := q.d.Store.Replay(q.r.Context(), q.who.Who, courier.Key(key)); {
		case err == nil:
			did = didReplay
		case !errors.Is(err, store.ErrUnknownMessage):
			return err
		}
	}
	q.afterwards(did)
	return nil
}

// giveUp gives a message up.
func giveUp(q *request) error {
	key := q.values().Get("key")
	if !keyPattern.MatchString(key) {
		q.afterwards(didNothing)
		return nil
	}
	switch err := q.d.Store.GiveUp(q.r.Context(), q.who.Who, courier.Key(key)); {
	case err == nil:
		q.afterwards(didGiveUp)
	case errors.Is(err, store.ErrUnknownMessage):
		q.afterwards(didNothing)
	default:
		return err
	}
	return nil
}

// afterwards leads back to where a button was: the case's page, or the list.
func (q *request) afterwards(did string) {
	if id := q.values().Get("case"); idPattern.MatchString(id) {
		q.to("/cases/" + id + query("sent", did))
		return
	}
	q.to("/deliveries" + query("did", did))
}

// giveUpView asks whether a message shall be given up.
type giveUpView struct {
	view

	Part messagePart
	Case string // whose page it was asked on; empty for the list
	Back string
}

// giveUpPage asks once more: what is given up is gone.
func giveUpPage(q *request) error {
	ask := q.r.URL.Query()
	v := giveUpView{view: q.view("/deliveries/give-up", "desk.giveup.title"), Case: ask.Get("case")}
	v.Switch = false
	var rows []store.Delivery
	var err error
	if idPattern.MatchString(v.Case) {
		v.Back = "/cases/" + v.Case
		rows, err = q.d.Store.Deliveries(q.r.Context(), q.who.Who, v.Case)
	} else {
		v.Case, v.Back = "", "/deliveries"+query("after", ask.Get("after"))
		rows, _, err = q.d.Store.Dead(q.r.Context(), q.who.Who, ask.Get("after"), pageSize)
	}
	if err != nil && !errors.Is(err, store.ErrInvalid) {
		return err
	}
	at := slices.IndexFunc(rows, func(d store.Delivery) bool {
		return string(d.Key) == ask.Get("key") && d.State == store.DeliveryDead
	})
	if at < 0 {
		q.to(map[bool]string{true: "/cases/" + v.Case + query("sent", didNothing), false: "/deliveries" + query("did", didNothing)}[v.Case != ""])
		return nil
	}
	v.Part = messagePart{V: v.view, D: rows[at]}
	return q.show(http.StatusOK, "giveup", v)
}
