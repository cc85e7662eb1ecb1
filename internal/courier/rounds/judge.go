package rounds

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
)

const (
	// A message is dead when it failed so often and is that old: no outage of a
	// weekend, nor of a holiday, gives anybody at a desk something to do.
	mostFailures = 50
	mostAge      = 7 * 24 * time.Hour

	// An answer that can't be read may be a proxy's while the system is away, or be
	// read once the reading is mended. So the message is tried again; it is dead after
	// so many failures only where another answer of the system could be read lately.
	strangeFailures = 5
	lately          = time.Hour

	// patience with a system that says nothing but that it has too much to do, in tries.
	patience = 20

	// soonest and latest bound how long to wait before a file's acknowledgement is
	// looked for again.
	soonest = 2 * time.Second
	latest  = 5 * time.Minute
)

// judge takes what came of a try.
func (l *lane) judge(t try) {
	l.underWay--
	l.pace.End()
	now := time.Now()
	if l.took == 0 {
		l.took = t.took
	}
	l.took = max((7*l.took+t.took)/8, 1)
	if l.cut && t.err != nil {
		l.later(&t.parcel, now)
		return
	}
	f := l.find(&t, now)
	if l.busy++; f.what != busy {
		l.busy = 0
	}
	if f.hold > 0 {
		l.until = later(l.until, now.Add(f.hold))
		l.pace.Hold(l.until)
	}
	f.settlement.Key, f.settlement.Parcel, f.settlement.At = t.parcel.Key, &t.parcel, now
	l.settle(f.settlement)
	l.tell(t.pass, f, now)
	l.rounds.config.Metrics.count(l.name, &f)
	if f.settlement.Dead {
		l.rounds.config.Log.Warn("a message is dead until somebody at the desk replays it or gives it up",
			"system", l.name, "key", string(t.parcel.Key), "why", f.settlement.Why)
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// tell tells the breaker, and the log where it changed its mind.
func (l *lane) tell(pass courier.Pass, f finding, now time.Time) {
	b := l.breaker.Load()
	b.Report(now, pass, f.well)
	switch state := b.State(now); {
	case state == courier.BreakerOpen && !l.ill:
		l.ill = true
		l.rounds.config.Log.Warn("a system is left alone for a while: it failed too often in a row", "system", l.name, "why", f.settlement.Why)
	case state == courier.BreakerClosed && l.ill:
		l.ill = false
		l.rounds.config.Log.Info("a system takes messages again", "system", l.name)
	}
}

// what a try came to, in a word of the metrics.
type what string

const (
	delivered      what = "delivered"
	unavailable    what = "unavailable"    // it does not answer, or not as it must
	busy           what = "busy"           // it asks to be left alone
	unreadable     what = "unreadable"     // nobody can read its answer
	unacknowledged what = "unacknowledged" // the file lies there
	refused        what = "refused"        // it does not take this message
	tooOften       what = "too-often"      // it failed for days
)

// finding is what a try means.
type finding struct {
	what       what
	settlement store.Settlement
	well       bool // the system is
	hold       time.Duration
}

// find says what a try means: for the message, and for the system.
func (l *lane) find(t *try, now time.Time) finding {
	var retryable *transport.RetryableError
	var refusal *transport.RefusedError
	var strange *transport.UnreadableError
	switch {
	case t.err == nil && t.answer.Pending:
		return l.pending(t, now)
	case t.err == nil:
		return l.answered(t, now)
	case errors.As(t.err, &refusal):
		return l.refused(t, refusal, now)
	case errors.As(t.err, &strange):
		return l.strange(t, strange.Error(), now)
	case errors.As(t.err, &retryable):
		return l.failed(t, retryable, now)
	}
	return l.failed(t, &transport.RetryableError{Why: "it could not be sent; look into the courier's log"}, now)
}

// answered reads an answer.
func (l *lane) answered(t *try, now time.Time) finding {
	outcome, err := l.system.Reading.Read(t.answer)
	if err != nil {
		return l.strange(t, err.Error(), now)
	}
	l.read = now
	return finding{what: delivered, well: true, settlement: store.Settlement{
		Delivered: &outcome, Reference: outcome.Reference, Evidence: t.answer.Evidence, Body: t.answer.Body,
	}}
}

// refused is an answer of 4xx. Some systems reject a case like that, so that it is
// read first. Where nothing is at an address, it is not about the message.
func (l *lane) refused(t *try, e *transport.RefusedError, now time.Time) finding {
	if t.answer.Status != 0 {
		if _, err := l.system.Reading.Read(t.answer); err == nil {
			return l.answered(t, now)
		}
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return l.strange(t, fmt.Sprintf("the system answers with status %d, as where nothing is at an address; correct its address, or ask who runs it", e.Status), now)
	}
	return finding{what: refused, well: true, settlement: store.Settlement{Dead: true, Why: e.Error()}}
}

// strange is an answer nobody can read.
func (l *lane) strange(t *try, why string, now time.Time) finding {
	f := l.again(t, unreadable, why, 0, now)
	if t.parcel.Failures+1 >= strangeFailures && !l.read.IsZero() && now.Sub(l.read) <= lately {
		f.settlement = store.Settlement{Dead: true, Why: why}
	}
	return f
}

// failed is a try nobody decided on. A system that says it has too much to do, and for
// how long, is well, and is left alone so long; where it says nothing else any more, it
// is not.
func (l *lane) failed(t *try, e *transport.RetryableError, now time.Time) finding {
	if e.After <= 0 {
		return l.again(t, unavailable, e.Why, 0, now)
	}
	f := l.again(t, busy, e.Why, e.After, now)
	f.hold = e.After
	f.well = e.Status == http.StatusTooManyRequests && l.busy < patience
	return f
}

// again has a message tried later, or is its end.
func (l *lane) again(t *try, w what, why string, after time.Duration, now time.Time) finding {
	failures := t.parcel.Failures + 1
	if failures >= mostFailures && now.Sub(t.parcel.Entered) >= mostAge {
		return finding{what: tooOften, settlement: store.Settlement{
			Dead: true, Why: fmt.Sprintf("it failed %d times in more than a week; when this is mended, replay it: %s", failures, why),
		}}
	}
	wait := l.rounds.config.Backoff.Wait(failures, after, l.random)
	return finding{what: w, settlement: store.Settlement{Later: now.Add(wait), Failed: true, Why: why}}
}

// pending is a file that lies there and is not acknowledged. That is no failure.
func (l *lane) pending(t *try, now time.Time) finding {
	age := now.Sub(t.parcel.Entered)
	if age >= mostAge {
		return finding{what: unacknowledged, well: true, settlement: store.Settlement{
			Dead: true, Why: "the file has lain there for a week and nobody has acknowledged it; ask who runs the system, then replay the message",
		}}
	}
	wait := min(max(age/2, soonest), latest)
	wait += time.Duration(l.random.Int64N(int64(wait)/4 + 1))
	return finding{what: unacknowledged, well: true, settlement: store.Settlement{
		Later: now.Add(wait), Why: "the file lies there, and the system has not acknowledged it",
	}}
}
