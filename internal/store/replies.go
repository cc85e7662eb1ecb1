package store

import (
	"context"
	"errors"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// HearSystems applies the oldest answers of systems that wait, at most 100. A
// rejection rejects the case and a question pauses it, in the name of the system;
// what was accepted is only marked. One that is to be told only, or is not allowed any
// more, is kept as refused, with the cause. Answers to payments are not its business.
func (d *Desk) HearSystems(ctx context.Context) (Heard, error) {
	next := func(ctx context.Context, w *work) (string, casework.Cause, error) {
		waiting, err := w.WaitingReplies(ctx, db.WaitingRepliesParams{NotTask: PaymentTask, Most: 1})
		if err != nil || len(waiting) == 0 {
			return "", "", err
		}
		cause, err := d.hearSystem(ctx, w, &waiting[0])
		return waiting[0].Key, cause, err
	}
	return d.listen(ctx, next, settleReply)
}

// settleReply keeps what came of an answer.
func settleReply(ctx context.Context, w *work, key, state, cause string) error {
	return w.SettleReply(ctx, db.SettleReplyParams{Key: key, State: state, Cause: cause})
}

// hearSystem applies an answer, and returns the cause where it is refused.
func (d *Desk) hearSystem(ctx context.Context, w *work, r *db.WaitingRepliesRow) (casework.Cause, error) {
	e := casework.Event{
		// One answer is one event, however often it is applied.
		ID: "reply-" + r.Key, Actor: casework.Actor{Role: casework.System, Work: r.System}, Reason: casework.Reason(r.Reason),
	}
	switch courier.Verdict(r.Verdict) {
	case courier.Rejected:
		e.Type = casework.Reject
	case courier.MoreNeeded:
		e.Type = casework.Pause
	case courier.Accepted:
		return "", nil
	default:
		return casework.Malformed, nil
	}
	if r.TellOnly {
		return CauseTellOnly, nil
	}
	h, err := w.hold(ctx, r.CaseID, true)
	if errors.Is(err, ErrUnknownCase) {
		return CauseTellOnly, nil // a report's: it is told, and there is nothing to end
	}
	if err != nil {
		return "", err
	}
	e.Version, e.Purpose = h.c.Version, h.terms.Purpose
	err = d.apply(ctx, w, h, e, d.now())
	if refused, ok := errors.AsType[*casework.RefusedError](err); ok {
		return refused.Cause, nil
	}
	return "", err
}
