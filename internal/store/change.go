package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// hold reads a case by replaying its history, which nobody can change until the
// transaction ends if it is to be changed in it.
func (w *work) hold(ctx context.Context, id string, toChange bool) (*held, error) {
	if !uuidForm.MatchString(id) {
		return nil, ErrUnknownCase
	}
	if toChange {
		if _, err := w.LockCase(ctx, id); errors.Is(err, pgx.ErrNoRows) {
			return nil, ErrUnknownCase
		} else if err != nil {
			return nil, err
		}
	}
	row, err := w.CaseByID(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, ErrUnknownCase
	}
	if err != nil {
		return nil, err
	}
	turns, err := w.Turns(ctx, id)
	if err != nil {
		return nil, err
	}
	history := make([]casework.Turn, len(turns))
	for i, t := range turns {
		if history[i], err = turn(id, t.Number, t.Event, t.At, t.Body); err != nil {
			return nil, err
		}
	}
	h := &held{
		number: row.Number, channel: Channel(row.Channel), language: row.Language, deliverable: row.Deliverable,
		routing: casework.Routing{Grid: row.Routed, Why: casework.Doubt(row.Doubt), Among: row.Among},
	}
	if err := json.Unmarshal(row.Terms, &h.terms); err != nil {
		return nil, errors.New("a case's terms are in another form; roll out the image that wrote them")
	}
	if h.c, err = casework.Replay(history); err != nil {
		return nil, fmt.Errorf("the case does not follow from its trail; check the trail: %w", err)
	}
	return h, nil
}

// apply applies an event to a case that is held, and keeps what follows. Nothing is
// kept, and it is no error, where the case has seen the event.
func (d *Desk) apply(ctx context.Context, w *work, h *held, e casework.Event, at time.Time) error {
	seen := h.c.Version
	after, effects, err := casework.Apply(h.c, e, at)
	if err != nil || len(effects) == 0 {
		return err
	}
	if used, err := w.EventExists(ctx, e.ID); err != nil {
		return err
	} else if used {
		return &casework.RefusedError{Cause: casework.Reused, Event: e.Type, Why: "another event had this id", Allowed: casework.Allowed(h.c, at)}
	}
	h.c = after
	now := after.History[len(after.History)-1]
	switch e.Type {
	case casework.Dispatch, casework.Transfer, casework.Return, casework.Handle:
		h.routing = casework.Routing{} // somebody knows where it goes
	default:
	}
	if err := h.follow(ctx, w, effects, now.At); err != nil {
		return err
	}
	row := h.row(d.calendar())
	n, err := w.UpdateCase(ctx, changed(&row, seen))
	if err != nil {
		return err
	}
	if n != 1 {
		return fmt.Errorf("the case's row is not at version %d of its trail; check the trail", seen)
	}
	w.applied = append(w.applied, after)
	w.record(casework.Entry{Turn: now})
	return d.deliver(ctx, w, h)
}

// follow does what a turn's effects ask of what is kept beside the case.
func (h *held) follow(ctx context.Context, w *work, effects []casework.Effect, at time.Time) error {
	for _, e := range effects {
		var err error
		switch e.Type {
		case casework.StopDelivery:
			h.deliverable = false
			err = w.stop(ctx, courier.CaseWithdrawn, at, h.c.ID)
		case casework.StartRetention:
			until := at.AddDate(0, 0, int(h.terms.RetentionDays))
			err = w.RetainLetter(ctx, db.RetainLetterParams{ID: h.c.ID, Until: &until})
		case casework.StopRetention:
			err = w.RetainLetter(ctx, db.RetainLetterParams{ID: h.c.ID})
		case casework.Record, casework.Schedule, casework.Inform, casework.Queue, casework.Deliver, casework.Alert:
			// In the row, or in the trail.
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Do applies an event to a case, and returns the case after it. The actor is who, or
// the resident for whom who enters it, and the purpose is that of the case's terms,
// whatever the event says. A *casework.RefusedError says why it was not
// applied and what may be; ErrNotYours and ErrUnknownCase, that there is no such case
// for the actor. An event that was sent before is applied once. One that was meant for
// a version since which nothing but time limits passed is applied to the present one.
func (d *Desk) Do(ctx context.Context, who Who, caseID string, e casework.Event) (casework.Case, error) {
	if e.Actor.Role == casework.Resident {
		e.Actor = casework.Actor{Role: casework.Resident, Work: who.Work}
	} else {
		e.Actor = who.Actor
	}
	var after casework.Case
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		h, err := w.hold(ctx, caseID, true)
		if err != nil {
			return err
		}
		after, e.Purpose = h.c, h.terms.Purpose
		if err := who.permitted(h.c.Place.Grid); err != nil && !sent(&h.c, e) {
			return err
		}
		if err := d.apply(ctx, w, h, rebased(&h.c, e), d.now()); err != nil {
			return err
		}
		after = h.c
		return nil
	})
	return after, err
}

// sent reports whether the actor's event was applied: then the answer to it sent again
// is the same, though the case may be elsewhere since.
func sent(c *casework.Case, e casework.Event) bool {
	return slices.ContainsFunc(c.History, func(t casework.Turn) bool { return t.Event.ID == e.ID && t.Event.Actor == e.Actor })
}

// rebased is an event at the present version of the case, where nothing but Escalate
// lies between that and the one its sender has seen; or where it was applied like
// that before. Else it is as it was.
func rebased(c *casework.Case, e casework.Event) casework.Event {
	if e.Version < 1 || e.Version > c.Version {
		return e
	}
	for _, t := range c.History[e.Version:] {
		if t.Event.ID == e.ID {
			again := e
			again.Version = t.Event.Version
			return again
		}
		if t.Event.Type != casework.Escalate {
			return e
		}
	}
	e.Version = c.Version
	return e
}
