package rounds

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
)

// What a try means: for the message, for the system, and in how long it is tried
// again at most.
func TestFind(t *testing.T) {
	now := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	rejected := courier.Answer{Status: 422, Body: []byte(`{"outcome":"rejected","reference":"R-2"}`)}
	for _, c := range []struct {
		name     string
		answer   courier.Answer
		err      error
		failures int64
		busy     int // tries before at which it was
		age      time.Duration
		read     time.Duration // before, another answer could be read; 0: never
		what     what
		verdict  courier.Verdict
		dead     bool
		failed   bool
		well     bool
		from, to time.Duration // it is tried again
		hold     time.Duration
		why      string
	}{
		{name: "accepted", answer: accepted, what: delivered, verdict: courier.Accepted, well: true},
		{name: "rejected with 422", answer: rejected, err: &transport.RefusedError{Status: 422}, what: delivered, verdict: courier.Rejected, well: true},
		{name: "refused", err: &transport.RefusedError{Status: 400, Why: "look at the mapping"}, what: refused, dead: true, well: true, why: "look at the mapping"},
		{name: "refused with JSON nobody reads", answer: courier.Answer{Status: 400, Body: []byte(`{"error":"x"}`)}, err: &transport.RefusedError{Status: 400, Why: "ask"}, what: refused, dead: true, well: true, why: "ask"},
		{name: "refused before it was sent", err: &transport.RefusedError{Why: "let the mapping send less"}, what: refused, dead: true, well: true, why: "let the mapping send less"},
		{name: "nothing is there", err: &transport.RefusedError{Status: 404}, what: unreadable, failed: true, to: 2 * time.Second, why: "correct its address"},
		{name: "nothing is there, and was lately", err: &transport.RefusedError{Status: 404}, failures: 4, read: time.Minute, what: unreadable, dead: true, why: "correct its address"},
		{name: "no JSON", err: &transport.UnreadableError{Why: "it is no JSON"}, what: unreadable, failed: true, to: 2 * time.Second, why: "it is no JSON"},
		{name: "no JSON for long, as all", err: &transport.UnreadableError{Why: "it is no JSON"}, failures: 30, age: 60 * time.Hour, read: 2 * time.Hour, what: unreadable, failed: true, to: 15 * time.Minute},
		{name: "no JSON for long, as nothing ever", err: &transport.UnreadableError{Why: "it is no JSON"}, failures: 30, age: 60 * time.Hour, what: unreadable, failed: true, to: 15 * time.Minute},
		{name: "no JSON, as no other", err: &transport.UnreadableError{Why: "it is no JSON"}, failures: 4, read: time.Hour, what: unreadable, dead: true, why: "then replay the message"},
		{name: "no verdict fits", answer: courier.Answer{Status: 200, Body: []byte(`{"outcome":"?"}`)}, what: unreadable, failed: true, to: 2 * time.Second, why: "correct how its answers are read"},
		{name: "down", err: down("no connection"), what: unavailable, failed: true, to: 2 * time.Second, why: "no connection"},
		{name: "down for a weekend", err: down("no connection"), failures: 400, age: 70 * time.Hour, what: unavailable, failed: true, to: 15 * time.Minute},
		{name: "an old message's first failures", err: down("no connection"), failures: 48, age: 300 * time.Hour, what: unavailable, failed: true, to: 15 * time.Minute},
		{name: "down for a week", err: down("no connection"), failures: 49, age: 7 * 24 * time.Hour, what: tooOften, dead: true, why: "replay it: no connection"},
		{name: "busy", err: &transport.RetryableError{Why: "busy", After: time.Minute}, what: busy, failed: true, from: time.Minute, to: time.Minute + 2*time.Second, hold: time.Minute},
		{name: "too much at once", err: &transport.RetryableError{Why: "busy", After: time.Minute, Status: 429}, what: busy, failed: true, well: true, from: time.Minute, to: time.Minute + 2*time.Second, hold: time.Minute},
		{name: "too much at once, for long", err: &transport.RetryableError{Why: "busy", After: time.Minute, Status: 429}, busy: 20, what: busy, failed: true, from: time.Minute, to: time.Minute + 2*time.Second, hold: time.Minute},
		{name: "pending", answer: courier.Answer{Status: 202, Pending: true}, what: unacknowledged, well: true, from: 2 * time.Second, to: 3 * time.Second},
		{name: "pending for an hour", answer: courier.Answer{Status: 202, Pending: true}, age: time.Hour, what: unacknowledged, well: true, from: 5 * time.Minute, to: 7 * time.Minute},
		{name: "pending for a week", answer: courier.Answer{Status: 202, Pending: true}, age: 8 * 24 * time.Hour, what: unacknowledged, dead: true, well: true, why: "ask who runs the system"},
		{name: "something else", err: errors.New("a value"), what: unavailable, failed: true, to: 2 * time.Second, why: "could not be sent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLane(New(nil, Config{Seed: 1}), "s")
			l.system, l.busy = System{Reading: reading}, c.busy
			if c.read > 0 {
				l.read = now.Add(-c.read)
			}
			f := l.find(&try{parcel: store.Parcel{Failures: c.failures, Entered: now.Add(-c.age)}, answer: c.answer, err: c.err}, now)
			s := f.settlement
			if f.what != c.what || f.well != c.well || f.hold != c.hold || s.Dead != c.dead || s.Failed != c.failed || !strings.Contains(s.Why, c.why) {
				t.Fatalf("%+v", f)
			}
			if strings.Contains(s.Why, "a value") {
				t.Errorf("it says %q", s.Why)
			}
			if len(s.Why) > 256 {
				t.Errorf("it says %d bytes, of which the outbox keeps 256", len(s.Why))
			}
			ways := 0
			for _, is := range []bool{s.Dead, s.Delivered != nil, !s.Later.IsZero()} {
				if is {
					ways++
				}
			}
			if ways != 1 {
				t.Errorf("%d ways at once: %+v", ways, s)
			}
			if c.verdict != "" && (s.Delivered.Verdict != c.verdict || s.Reference == "") {
				t.Errorf("it is %+v, %q", s.Delivered, s.Reference)
			}
			if wait := s.Later.Sub(now); !s.Later.IsZero() && (wait < c.from || wait > c.to) {
				t.Errorf("it is tried again in %v", wait)
			}
		})
	}
}
