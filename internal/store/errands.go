package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// clerk is as whom the station's own jobs act.
var clerk = casework.Actor{Role: casework.System, Work: "clerk"}

// mostErrands are done in one go.
const mostErrands = 100

// Pending is what waits to be done without anybody asking.
type Pending struct {
	Submissions, Words, Routed, Alarms, Replies, Payments bool
}

// Any reports whether anything does.
func (p Pending) Any() bool {
	return p.Submissions || p.Words || p.Routed || p.Alarms || p.Replies || p.Payments
}

// Pending looks what there is to be done.
func (d *Desk) Pending(ctx context.Context) (Pending, error) {
	row, err := read(ctx, d, func(ctx context.Context, q *db.Queries) (db.WorkRow, error) { return q.Work(ctx, d.now()) })
	return Pending(row), err
}

// Heard is what came of applying residents' words.
type Heard struct {
	Applied, Refused int
}

// Hear applies the oldest words of residents that wait, at most 100, as of when they
// were said. One that is not allowed is kept as refused, with the cause.
func (d *Desk) Hear(ctx context.Context) (Heard, error) {
	next := func(ctx context.Context, w *work) (string, casework.Cause, error) {
		waiting, err := w.WaitingWords(ctx, 1)
		if err != nil || len(waiting) == 0 {
			return "", "", err
		}
		cause, err := d.hear(ctx, w, &waiting[0])
		return waiting[0].ID, cause, err
	}
	return d.listen(ctx, next, func(ctx context.Context, w *work, id, state, cause string) error {
		return w.SettleWord(ctx, db.SettleWordParams{ID: id, State: state, Cause: cause})
	})
}

// causeUnreadable of a refused word or answer: its case could not be worked on. It is
// tried again by TryAgain.
const causeUnreadable casework.Cause = "unreadable"

// listen hears what waits, at most 100, each in a transaction of its own. Next applies
// the oldest and returns its key, empty where nothing waits, and the cause where it is
// refused; settle keeps what came of it. One that nobody can read is refused, so that
// it holds up no other.
func (d *Desk) listen(
	ctx context.Context, next func(context.Context, *work) (key string, cause casework.Cause, err error),
	settle func(ctx context.Context, w *work, key, state, cause string) error,
) (Heard, error) {
	var out Heard
	for range mostErrands {
		var one Heard
		var key string
		err := d.in(ctx, func(ctx context.Context, w *work) error {
			one = Heard{}
			var cause casework.Cause
			var err error
			if key, cause, err = next(ctx, w); err != nil || key == "" {
				return err
			}
			if cause != "" {
				one.Refused = 1
				return settle(ctx, w, key, string(ReplyRefused), string(cause))
			}
			one.Applied = 1
			return settle(ctx, w, key, string(ReplyApplied), "")
		})
		if err != nil && d.goesOn(ctx, err) && key != "" {
			one = Heard{Refused: 1}
			err = d.in(ctx, func(ctx context.Context, w *work) error {
				return settle(ctx, w, key, string(ReplyRefused), string(causeUnreadable))
			})
		}
		if err != nil || one == (Heard{}) {
			return out, err
		}
		out.Applied, out.Refused = out.Applied+one.Applied, out.Refused+one.Refused
	}
	return out, nil
}

// goesOn reports whether an error is of one case alone, which must hold up no other:
// not of the database. It is logged then.
func (d *Desk) goesOn(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) {
		return false
	}
	d.config.Log.Error("a case can't be worked on; the others are", "err", err)
	return true
}

// hear applies a word, and returns the cause where it is refused.
func (d *Desk) hear(ctx context.Context, w *work, row *db.WaitingWordsRow) (casework.Cause, error) {
	h, err := w.hold(ctx, row.Submission, true)
	if err != nil {
		return "", err
	}
	err = d.apply(ctx, w, h, casework.Event{
		ID: row.ID, Type: casework.EventType(row.Type), Version: h.c.Version, Actor: casework.Actor{Role: casework.Resident},
		Purpose: h.terms.Purpose, Reason: casework.Reason(row.Reason),
		Ratings: casework.Ratings{Response: row.Response, Resolution: row.Resolution, Satisfaction: row.Satisfaction},
	}, row.Said)
	if refused, ok := errors.AsType[*casework.RefusedError](err); ok {
		return refused.Cause, nil
	}
	return "", err
}

// Dispatch sends cases that were registered to the grid their place is in, at most
// 100, and reports how many. Those that can't go there are left to the station.
func (d *Desk) Dispatch(ctx context.Context) (int, error) {
	ids, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]string, error) { return q.Routed(ctx, mostErrands) })
	if err != nil {
		return 0, err
	}
	sent := 0
	for _, id := range ids {
		done := false
		err := d.in(ctx, func(ctx context.Context, w *work) error {
			h, err := w.hold(ctx, id, true)
			done = false
			if err != nil || h.routing.Grid == "" || h.c.Step != casework.Registered || h.c.Paused != "" {
				return err // somebody was faster
			}
			err = d.apply(ctx, w, h, casework.Event{
				ID: event("dispatch", &h.c), Type: casework.Dispatch, Version: h.c.Version, Actor: clerk, Purpose: h.terms.Purpose,
				To: casework.Place{Grid: h.routing.Grid},
			}, d.now())
			if _, ok := errors.AsType[*casework.RefusedError](err); ok {
				return w.ClearRoute(ctx, id)
			}
			done = err == nil
			return err
		})
		if err != nil && !d.goesOn(ctx, err) {
			return sent, err
		}
		if done && err == nil {
			sent++
		}
	}
	return sent, nil
}

// event is the id of what the clerk does to a case at its present version: done twice,
// it is done once.
func event(what string, c *casework.Case) string {
	return fmt.Sprintf("%s-%s-%d", what, c.ID, c.Version)
}

// Escalate raises the alarms whose time has come, of at most 100 cases, and reports how
// many. A case is looked at as it is when its turn comes.
func (d *Desk) Escalate(ctx context.Context) (int, error) {
	ids, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]string, error) {
		return q.Alarmed(ctx, db.AlarmedParams{Now: d.now(), Most: mostErrands})
	})
	if err != nil {
		return 0, err
	}
	raised := 0
	for _, id := range ids {
		n := 0
		err := d.in(ctx, func(ctx context.Context, w *work) error {
			h, err := w.hold(ctx, id, true)
			if err != nil {
				return err
			}
			n, err = d.escalate(ctx, w, h)
			return err
		})
		if err != nil {
			if !d.goesOn(ctx, err) {
				return raised, err
			}
			continue
		}
		raised += n
	}
	return raised, nil
}

// mostAlarms a case can have due at once: each clock at each level.
const mostAlarms = 9

func (d *Desk) escalate(ctx context.Context, w *work, h *held) (int, error) {
	for n := range mostAlarms {
		task, ok := casework.Due(h.c, h.terms.limits(h.c.Urgency), d.calendar(), d.now())
		if !ok || !task.Now {
			alarm := never
			if ok && task.At.Before(never) {
				alarm = task.At
			}
			// The row may wait for a time that something else has since moved.
			return n, w.SetAlarm(ctx, db.SetAlarmParams{ID: h.c.ID, Alarm: alarm})
		}
		err := d.apply(ctx, w, h, casework.Event{
			ID: event("escalate", &h.c), Type: casework.Escalate, Version: h.c.Version, Actor: clerk, Purpose: h.terms.Purpose, Alarm: task.Alarm,
		}, d.now())
		if err != nil {
			return n, err
		}
	}
	return mostAlarms, nil
}

// Expired is what was deleted, its time being over.
type Expired struct {
	Letters, Files int
}

// Expire deletes letters and files whose time is over, of at most 100 cases, and says
// so in the trail of each.
func (d *Desk) Expire(ctx context.Context) (Expired, error) {
	var out Expired
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		out = Expired{}
		if _, err := w.RetainSetAside(ctx, DefaultRetentionDays); err != nil {
			return err
		}
		now := d.now()
		due, err := w.ExpiredLetters(ctx, db.ExpiredLettersParams{Now: &now, Most: mostErrands})
		if err != nil || len(due) == 0 {
			return err
		}
		ids := make([]string, len(due))
		for i := range due {
			ids[i] = due[i].ID
		}
		files, err := w.DeleteFiles(ctx, ids)
		if err != nil {
			return err
		}
		if err := w.DeleteLetters(ctx, ids); err != nil {
			return err
		}
		if err := w.ExpireSubmissions(ctx, ids); err != nil {
			return err
		}
		if err := w.stop(ctx, courier.RetentionOver, now, ids...); err != nil {
			return err
		}
		out = Expired{Letters: len(ids), Files: len(files)}
		w.record(erased(due, files, now)...)
		return nil
	})
	return out, err
}

// erased are the entries that say what was deleted.
func erased(due []db.ExpiredLettersRow, files []string, now time.Time) []casework.Entry {
	count := map[string]int64{}
	for _, f := range files {
		count[f]++
	}
	out := make([]casework.Entry, len(due))
	for i := range due {
		terms := readTerms(due[i].Terms)
		out[i].Use = casework.Use{
			Case: due[i].ID, At: now, Act: casework.Erase, Actor: clerk, Purpose: terms.Purpose, Task: terms.Task, Files: count[due[i].ID],
		}
	}
	return out
}
