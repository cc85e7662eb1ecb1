package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// registered is a case that was registered, with its message to a-system claimed.
func (h *home) registered(t *testing.T, c *store.Courier) (form, store.Parcel) {
	t.Helper()
	h.deliver(onRegister)
	f := h.submit(casework.Application, aLetter)
	h.do(staff, f.ID, casework.Register)
	return f, claim(t, c, "a-system", 1)[0]
}

// What a system says changes the case in the system's name, once: a rejection ends it,
// a question pauses it, and what was accepted is only told.
func TestSystemsAreHeard(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	now := func(c *store.Config) { c.Now = h.clock.Now }
	desks := []*store.Desk{h.desk, h.Desk(t, now), h.Desk(t, now)}
	for _, x := range []struct {
		said     courier.Outcome
		tellOnly bool
		before   func(id string)
		step     casework.Step
		paused   casework.Reason
		reply    store.ReplyState
		cause    casework.Cause
	}{
		{courier.Outcome{Verdict: courier.Accepted, Reference: "SS-7"}, false, nil, casework.Registered, "", store.ReplyApplied, ""},
		{courier.Outcome{Verdict: courier.Rejected, Reason: casework.NotEligible}, false, nil, casework.Rejected, "", store.ReplyApplied, ""},
		{courier.Outcome{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing}, false, nil, casework.Registered, casework.MaterialsMissing, store.ReplyApplied, ""},
		{courier.Outcome{Verdict: courier.Rejected, Reason: casework.NotEligible}, true, nil, casework.Registered, "", store.ReplyRefused, store.CauseTellOnly},
		{courier.Outcome{Verdict: courier.Rejected, Reason: casework.NotEligible}, false, func(id string) { h.do(staff, id, casework.Handle) }, casework.Handled, "", store.ReplyRefused, casework.NotNow},
		{courier.Outcome{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing}, false, func(id string) { h.withdraw(id) }, casework.Withdrawn, "", store.ReplyRefused, casework.NotNow},
		{courier.Outcome{Verdict: courier.Rejected, Reason: "no reason of a case"}, false, nil, casework.Registered, "", store.ReplyRefused, casework.Malformed},
		{courier.Outcome{Verdict: "who knows"}, false, nil, casework.Registered, "", store.ReplyRefused, casework.Malformed},
	} {
		f, p := h.registered(t, c)
		p.TellOnly = x.tellOnly
		if x.before != nil {
			x.before(f.ID)
		}
		settle(t, c, h.taken(&p, x.said))
		pending, err := h.desk.Pending(t.Context())
		if err != nil || !pending.Replies || !pending.Any() {
			t.Errorf("%+v, %v", pending, err)
		}
		// Several clerks at once apply it once.
		want := store.Heard{Applied: 1}
		if x.reply == store.ReplyRefused {
			want = store.Heard{Refused: 1}
		}
		heard := make([]store.Heard, 3)
		together(3, func(i int) {
			got, err := desks[i].HearSystems(context.Background())
			if err != nil {
				t.Error(err)
			}
			heard[i] = got
		})
		if sum := (store.Heard{Applied: heard[0].Applied + heard[1].Applied + heard[2].Applied, Refused: heard[0].Refused + heard[1].Refused + heard[2].Refused}); sum != want {
			t.Errorf("%+v: heard %+v, want %+v", x.said, sum, want)
		}
		if p := h.progress(f); p.Step != x.step || p.Paused != x.paused {
			t.Errorf("%+v: the case is %s, paused %q", x.said, p.Step, p.Paused)
		}
		for _, d := range h.deliveriesOf(t, f.ID) {
			if d.Key == p.Key && (d.Reply != x.reply || d.Cause != x.cause || d.Verdict != x.said.Verdict || d.Reference != x.said.Reference) {
				t.Errorf("%+v: shown is %+v", x.said, d)
			}
		}
	}
	h.checkTrail()
}

func (h *home) withdraw(id string) {
	h.t.Helper()
	h.do(staff, id, casework.Withdraw, because(casework.ConsentWithdrawn), asResident)
}

// Whoever asked for more is named in the trail, and what it said is known when the case
// goes on.
func TestASystemThatAskedIsKnown(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	f, p := h.registered(t, c)
	settle(t, c, h.taken(&p, courier.Outcome{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing, Reference: "SS-9"}))
	if _, err := h.desk.HearSystems(t.Context()); err != nil {
		t.Fatal(err)
	}
	entries := h.checkTrail()
	if last := entries[len(entries)-1].Turn.Event; last.Type != casework.Pause || last.Actor != (casework.Actor{Role: casework.System, Work: "a-system"}) ||
		last.ID != "reply-"+string(p.Key) || last.Purpose != f.Terms.Purpose {
		t.Errorf("%+v", last)
	}
	var asked courier.Occasion
	h.deliver(func(o courier.Occasion) []courier.Consignment { asked = o; return nil })
	h.do(staff, f.ID, casework.Resume)
	want := courier.Reply{
		Key: p.Key, Task: p.Task, System: "a-system", Purpose: p.Purpose, Version: 2, Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing,
		Reference: "SS-9", At: h.clock.Now(),
	}
	if len(asked.Replies) != 1 || asked.Replies[0] != want {
		t.Errorf("%+v", asked.Replies)
	}
}

// An answer about a case that can't be worked on is set aside, and holds up no other.
func TestAnAnswerHoldsUpNoOther(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	f, p := h.registered(t, c)
	g, q := h.registered(t, c)
	rejected := courier.Outcome{Verdict: courier.Rejected, Reason: casework.NotEligible}
	settle(t, c, h.taken(&p, rejected), h.taken(&q, rejected))
	report := message(uuid(), "a-system", 202603) // of no case
	h.enqueue(t, report)
	r := claim(t, c, "a-system", 1)[0]
	settle(t, c, h.taken(&r, rejected))
	if _, err := h.admin().Exec(t.Context(), "UPDATE submissions SET terms = '[]' WHERE id = $1", f.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := h.desk.HearSystems(t.Context()); got != (store.Heard{Applied: 1, Refused: 2}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if p := h.progress(g); p.Step != casework.Rejected {
		t.Errorf("the other is %s", p.Step)
	}
}

// What a resident withdraws is delivered no more: what waits or is dead is taken away,
// what is under way is not tried again, and all of it is on record.
func TestWithdrawalStopsDeliveries(t *testing.T) {
	for name, x := range map[string]struct {
		then func(h *home, c *store.Courier, p *store.Parcel)
		want string // what becomes of the message that was under way
	}{
		"the system has it": {func(h *home, c *store.Courier, p *store.Parcel) { settle(h.t, c, h.taken(p, courier.Outcome{})) }, "delivered"},
		"it failed": {func(h *home, c *store.Courier, p *store.Parcel) {
			settle(h.t, c, store.Settlement{Key: p.Key, Parcel: p, At: h.clock.Now(), Later: h.clock.Now(), Failed: true})
		}, "withheld"},
		"it is dead": {func(h *home, c *store.Courier, p *store.Parcel) { settle(h.t, c, h.dead(p)) }, "withheld"},
		"nobody knows": {func(h *home, c *store.Courier, _ *store.Parcel) {
			h.clock.pass(time.Hour)
			claim(h.t, c, "a-system", 0)
		}, "withheld"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHome(t)
			c := courierOf(t, h)
			f, p := h.registered(t, c)
			dead := claim(t, c, "b-system", 1)[0]
			settle(t, c, h.dead(&dead))
			h.enqueue(t, message(f.ID, "a-system", 9), message(uuid(), "a-system", 1))
			h.withdraw(f.ID)
			if got := states(h.deliveriesOf(t, f.ID)); got != "c-system withheld; b-system withheld; a-system withheld; a-system under-way; " &&
				got != "c-system withheld; a-system withheld; b-system withheld; a-system under-way; " {
				t.Errorf("after the withdrawal: %s", got)
			}
			other := claim(t, c, "a-system", 1) // of another case, which goes on
			if other[0].Case == f.ID {
				t.Fatal("what was withdrawn is sent")
			}
			settle(t, c, h.taken(&other[0], courier.Outcome{}))
			x.then(h, c, &p)
			if h.left(t) != 0 {
				t.Errorf("%d wait", h.left(t))
			}
			for _, d := range h.deliveriesOf(t, f.ID) {
				refused := map[string]string{"a-system": "CaseWithdrawn:1,NotAccepted:1", "b-system": "CaseWithdrawn:1,NotAccepted:1", "c-system": "NotAccepted:1"}[d.System]
				if d.Version == 9 {
					refused = "CaseWithdrawn:1"
				}
				state := "withheld"
				if d.Key == p.Key {
					if state = x.want; state == "delivered" {
						refused = "NotAccepted:1"
					}
				}
				if string(d.State) != state || d.Refused != refused {
					t.Errorf("%s, %s refused, want %s, %s", d.State, d.Refused, state, refused)
				}
			}
			h.checkDeliveries(t)
		})
	}
}

// When the time of a letter is over, what was made of it and still waits goes too.
func TestRetentionEndsDeliveries(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	f, p := h.registered(t, c)
	settle(t, c, h.dead(&p))
	h.do(staff, f.ID, casework.Reject, because(casework.NotEligible))
	h.clock.pass(31 * aDay)
	if got, err := h.desk.Expire(t.Context()); err != nil || got.Letters != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	n := 0
	for _, e := range h.checkDeliveries(t) {
		if e.Record.Act == courier.Withheld && e.Record.Refused == "NotAccepted:1,RetentionOver:1" {
			n++
		}
	}
	if n != 2 || h.left(t) != 0 {
		t.Errorf("%d on record, %d wait", n, h.left(t))
	}
	var asked courier.Occasion
	h.deliver(func(o courier.Occasion) []courier.Consignment { asked = o; return nil })
	g := h.submit(casework.Application, aLetter)
	if _, err := h.admin().Exec(t.Context(), "DELETE FROM letters WHERE id = $1", g.ID); err != nil {
		t.Fatal(err)
	}
	h.do(staff, g.ID, casework.Register)
	if !asked.Expired || asked.Fields != nil {
		t.Errorf("%+v", asked)
	}
}

// withDead is a home with three dead messages: of a case to a-system, of nothing that is
// a case to z-system, and of the case to that too.
func withDead(t *testing.T) (h *home, c *store.Courier, f form, report string, keys []courier.Key) {
	t.Helper()
	h = newHome(t)
	c = courierOf(t, h)
	f, p := h.registered(t, c)
	settle(t, c, h.dead(&p))
	keys, report = append(keys, p.Key), uuid()
	for _, id := range []string{report, f.ID} {
		h.clock.pass(time.Minute)
		h.enqueue(t, message(id, "z-system", 3))
		p := claim(t, c, "z-system", 1)[0]
		settle(t, c, h.dead(&p))
		keys = append(keys, p.Key)
	}
	return h, c, f, report, keys
}

// Dead messages are listed, page by page, and counted by system.
func TestDeadMessages(t *testing.T) {
	h, c, f, _, keys := withDead(t)
	var got []courier.Key
	for after := ""; ; {
		page, next, err := h.desk.Dead(t.Context(), staff, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page {
			got = append(got, d.Key)
			number := map[bool]string{true: "2026-000001", false: ""}[d.Case == f.ID]
			if d.State != store.DeliveryDead || d.Why != "status-400" || d.Failures != 1 || d.Number != number || d.Codes != "applicant-name" {
				t.Errorf("%+v", d)
			}
		}
		if after = next; after == "" {
			break
		}
	}
	if !slices.Equal(got, keys) {
		t.Errorf("%v, want %v", got, keys)
	}
	waiting, err := h.desk.Waiting(t.Context(), lead)
	backlog, failed := c.Backlog(t.Context())
	want := fmt.Sprint([]store.SystemBacklog{{"a-system", 0, 1, t0}, {"b-system", 1, 0, t0}, {"z-system", 0, 2, t0.Add(time.Minute)}})
	if err != nil || failed != nil || fmt.Sprint(waiting) != want || fmt.Sprint(backlog) != want {
		t.Errorf("%v, %v, want %s; %v, %v", waiting, backlog, want, err, failed)
	}
}

// Dead messages are replayed or given up, once, by somebody the trail names.
func TestReplayAndGiveUp(t *testing.T) {
	h, c, f, report, keys := withDead(t)
	if err := h.desk.Replay(t.Context(), second, keys[0]); err != nil {
		t.Fatal(err)
	}
	entries := h.checkTrail()
	use := casework.Use{
		Case: f.ID, At: h.clock.Now(), Act: casework.ReplayMessage, Actor: second.Actor, Purpose: "service", Task: "civil-affairs/allowance",
		Codes: "applicant-name", File: string(keys[0]),
	}
	if got := entries[len(entries)-1].Use; got != use {
		t.Errorf("%+v", got)
	}
	if again := claim(t, c, "a-system", 1)[0]; again.Key != keys[0] || again.Failures != 0 {
		t.Errorf("%+v", again.Facts)
	}
	if err := h.desk.GiveUp(t.Context(), lead, keys[1]); err != nil {
		t.Fatal(err)
	}
	entries, chain := h.checkTrail(), h.checkDeliveries(t)
	record := chain[len(chain)-1].Record
	if got := entries[len(entries)-1].Use; got.Act != casework.GiveUpMessage || got.Actor != lead.Actor || got.File != string(keys[1]) || got.Case != report {
		t.Errorf("%+v", got)
	}
	if record.Act != courier.GivenUp || record.Key != keys[1] || record.Codes != "applicant-name" || record.Message == (casework.Hash{}) || record.Case != report {
		t.Errorf("%+v", record)
	}
	for name, err := range map[string]error{
		"replayed again": h.desk.Replay(t.Context(), lead, keys[0]),
		"given up again": h.desk.GiveUp(t.Context(), lead, keys[1]),
		"under way":      h.desk.GiveUp(t.Context(), lead, keys[0]),
		"no key":         h.desk.GiveUp(t.Context(), lead, "x"),
	} {
		if !errors.Is(err, store.ErrUnknownMessage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhoSeesDeliveries(t *testing.T) {
	h := newHome(t)
	c := courierOf(t, h)
	f, p := h.registered(t, c)
	settle(t, c, h.dead(&p))
	resident := store.Who{Actor: casework.Actor{Role: casework.Resident}}
	for _, who := range []store.Who{worker, resident, {}} {
		_, _, list := h.desk.Dead(t.Context(), who, "", 0)
		_, backlog := h.desk.Waiting(t.Context(), who)
		_, of := h.desk.Deliveries(t.Context(), who, f.ID)
		for _, err := range []error{list, backlog, of, h.desk.Replay(t.Context(), who, p.Key), h.desk.GiveUp(t.Context(), who, p.Key)} {
			if !errors.Is(err, store.ErrNotYours) {
				t.Errorf("%s: %v", who.Role, err)
			}
		}
	}
	h.do(lead, f.ID, casework.Dispatch, to(casework.Place{Grid: "g1"}))
	if all, err := h.desk.Deliveries(t.Context(), worker, f.ID); err != nil || len(all) != 3 {
		t.Errorf("a case of the worker's own grid: %+v, %v", all, err)
	}
	for _, id := range []string{"", "x", uuid()} {
		if _, err := h.desk.Deliveries(t.Context(), staff, id); !errors.Is(err, store.ErrUnknownCase) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, _, err := h.desk.Dead(t.Context(), staff, "ZHVlIDEgMg", 0); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("another list's page: %v", err)
	}
}
