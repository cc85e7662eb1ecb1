package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

const aDay = 24 * time.Hour

// Letter and files are deleted when their time is over, which begins when the case
// ends and stops when it is reopened; the trail says so, and the case stays.
func TestRetention(t *testing.T) {
	h := newHome(t)
	f := h.submit(casework.Application, aLetter, h.withFile("text/plain", "a"), h.withFile("text/plain", "b"))
	open := h.submit(casework.Application, aLetter)
	expire := func(want store.Expired) {
		t.Helper()
		if got, err := h.desk.Expire(t.Context()); got != want || err != nil {
			t.Errorf("deleted %+v, want %+v: %v", got, want, err)
		}
	}
	for _, step := range []casework.EventType{casework.Register, casework.Handle, casework.Report} {
		h.do(staff, f.ID, step)
	}
	h.do(lead, f.ID, casework.Verify)
	h.do(lead, f.ID, casework.Close)
	h.clock.pass(10 * aDay)
	h.do(staff, f.ID, casework.Reopen, because(casework.NotDone), func(e *casework.Event) { e.Actor.Role = casework.Resident })
	h.clock.pass(25 * aDay)
	expire(store.Expired{}) // it is open again
	h.do(staff, f.ID, casework.Handle)
	h.do(staff, f.ID, casework.Report)
	h.do(lead, f.ID, casework.Verify)
	h.do(lead, f.ID, casework.Close)
	h.clock.pass(30*aDay - time.Second)
	expire(store.Expired{})
	h.clock.pass(time.Second)
	expire(store.Expired{Letters: 1, Files: 2})
	expire(store.Expired{})
	d, err := h.desk.Case(t.Context(), staff, f.ID)
	if err != nil || !d.Expired || d.Letter.Fields != nil || d.Files != nil || d.Step != casework.Closed {
		t.Errorf("%+v, %v", d.Row, err)
	}
	entries := h.checkTrail()
	erased := entries[len(entries)-2].Use
	if erased.Act != casework.Erase || erased.Case != f.ID || erased.Files != 2 || erased.Actor.Role != casework.System {
		t.Errorf("the trail says %+v", erased)
	}
	if d, err := h.desk.Case(t.Context(), staff, open.ID); err != nil || d.Expired {
		t.Errorf("an open case: %v, %v", d.Expired, err)
	}
}

// What could never be read is not kept for ever either.
func TestRetentionOfWhatWasSetAside(t *testing.T) {
	h := newHome(t)
	f := h.sealed("no letter")
	if _, err := h.portal.Submit(t.Context(), f.Submission); err != nil {
		t.Fatal(err)
	}
	h.takeIn()
	h.clock.pass((store.DefaultRetentionDays - 1) * aDay)
	if got, err := h.desk.Expire(t.Context()); got != (store.Expired{}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	h.clock.pass(2 * aDay)
	if got, err := h.desk.Expire(t.Context()); got != (store.Expired{Letters: 1}) || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	if n, err := h.desk.TryAgain(t.Context()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
}

// Figures of a month are published when it is long enough over, once, and tell of
// nobody.
func TestPublishing(t *testing.T) {
	h := newHome(t)
	for i := range 35 {
		f := h.submit(casework.Opinion, aLetter, func(s *store.Submission) {
			s.Terms.Item = "parks"
			if i >= 30 {
				s.Terms.Item = "rare"
			}
		})
		if i < 15 {
			h.do(staff, f.ID, casework.Register)
		}
	}
	publish := func(n int) {
		t.Helper()
		if got, err := h.desk.PublishMonths(t.Context()); got != n || err != nil {
			t.Fatalf("%d months, want %d: %v", got, n, err)
		}
	}
	publish(0)
	h.clock.pass(30 * aDay) // the 1st of April
	publish(0)
	h.clock.pass(15 * aDay)
	publish(1)
	publish(0)
	got, err := h.portal.Disclosed(t.Context())
	if err != nil || len(got.Periods) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	p := got.Periods[0]
	// Of 35 five are hidden, and with them so much that no total tells of them.
	if want := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC); !p.From.Equal(want) || p.Total.Opened.N != 35 || len(p.Groups) != 2 {
		t.Errorf("%+v", p)
	}
	for _, g := range p.Groups {
		if g.Group == "rare" && !g.Opened.Hidden || g.Opened.N == 5 || g.Group == "parks" && g.Opened.N == 30 && !p.Total.Opened.Hidden {
			t.Errorf("%+v of %+v tells of five", g, p.Total)
		}
	}
	before := fmt.Sprintf("%+v", got)
	h.clock.pass(61 * aDay)
	publish(2)
	got, err = h.portal.Disclosed(t.Context())
	if err != nil || len(got.Periods) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Periods = got.Periods[2:]
	if after := fmt.Sprintf("%+v", got); after != before {
		t.Errorf("what was published changed:\n%s\n%s", before, after)
	}
	groups, total, err := h.desk.Figures(t.Context(), staff, p.From, p.To)
	if err != nil || len(groups) != 2 || total != p.Total {
		t.Errorf("at the desk: %+v, %+v, %v", groups, total, err)
	}
	if _, _, err := h.desk.Figures(t.Context(), worker, p.From, p.To); !errors.Is(err, store.ErrNotYours) {
		t.Errorf("a grid worker: %v", err)
	}
}

// Answers are counted once, and small counts are hidden.
func TestSurveys(t *testing.T) {
	h := newHome(t)
	var last store.Answer
	for i := range 40 {
		a := store.Answer{
			ID: uuid(), Survey: "parks", Channel: store.PortalChannel,
			Choices: map[string][]string{"more": {[]string{"yes", "no"}[i%2]}, "which": {"benches"}},
		}
		if i == 7 {
			a.Choices["which"] = []string{"swings"}
		}
		for range 1 + i%2 {
			if err := h.portal.Answer(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		last = a
	}
	if err := h.desk.Answer(t.Context(), staff, last); err != nil {
		t.Error(err)
	}
	last.Survey = "roads"
	if err := h.portal.Answer(t.Context(), last); !errors.Is(err, store.ErrReused) {
		t.Errorf("the same id for another survey: %v", err)
	}
	if err := h.desk.Answer(t.Context(), staff, last); !errors.Is(err, store.ErrReused) {
		t.Errorf("the same id for another survey, at the desk: %v", err)
	}
	last.ID = "x"
	if err := h.portal.Answer(t.Context(), last); !errors.Is(err, store.ErrInvalid) {
		t.Errorf("no id: %v", err)
	}
	for _, want := range []bool{true, false} {
		if got, err := h.desk.PublishSurvey(t.Context(), "parks"); got != want || err != nil {
			t.Errorf("published %v, %v", got, err)
		}
	}
	got, err := h.portal.Disclosed(t.Context())
	if err != nil || len(got.Surveys) != 1 || len(got.Surveys[0].Questions) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	more, which := got.Surveys[0].Questions[0], got.Surveys[0].Questions[1]
	if s := fmt.Sprint(more); s != "{more [{no {20 false}} {yes {20 false}}] {40 false}}" {
		t.Error(s)
	}
	for _, o := range which.Options {
		if !o.Count.Hidden && o.Count.N != 39 || o.Count.N == 39 && !which.Total.Hidden {
			t.Errorf("%+v tells of one", which)
		}
	}
}

// Anybody may see that requests for help are there, of the items that are public.
func TestPublicRequests(t *testing.T) {
	h := newHome(t)
	var ids []string
	for i, item := range []string{"lamp", "lamp", "bin", "secret", "lamp"} {
		h.clock.pass(time.Hour)
		kind := casework.HelpRequest
		if i == 4 {
			kind = casework.Application
		}
		ids = append(ids, h.submit(kind, aLetter, func(s *store.Submission) { s.Terms.Item = item }).ID)
	}
	h.do(staff, ids[0], casework.Reject, because(casework.NothingFound))
	find := func(q store.RequestQuery) string {
		t.Helper()
		got, err := h.portal.Requests(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, r := range got {
			for i, id := range ids {
				if r.ID == id {
					out += fmt.Sprint(i)
				}
			}
		}
		return out
	}
	public := []string{"lamp", "bin"}
	for want, q := range map[string]store.RequestQuery{
		"210":  {Items: public},
		"":     {},
		"2":    {Items: []string{"bin"}},
		"21":   {Items: public, Open: true},
		"0":    {Items: public, Closed: true},
		"21 ":  {Items: public, PageSize: 2},
		"0 ":   {Items: public, PageSize: 2, Page: 2},
		"1":    {Items: public, IDs: []string{ids[1], ids[3], "x"}},
		" ":    {Items: public, IDs: []string{"x"}},
		"10":   {Items: public, To: t0.Add(3 * time.Hour)},
		"2 ":   {Items: public, From: t0.Add(3 * time.Hour)},
		"210 ": {Items: public, Open: true, Closed: true},
	} {
		if got := find(q); got != trim(want) {
			t.Errorf("%+v: %q, want %q", q, got, trim(want))
		}
	}
	r, there, err := h.portal.ByID(t.Context(), ids[1])
	if err != nil || !there || r.Number != "2026-000002" || r.Step != casework.Collected || !r.Open || r.Item != "lamp" {
		t.Errorf("%+v, %v, %v", r, there, err)
	}
	if _, there, err := h.portal.ByID(t.Context(), ids[4]); there || err != nil {
		t.Errorf("an application is public: %v", err)
	}
	// What a resident says of a request that is over is not seen in it.
	before, _, err := h.portal.ByID(t.Context(), ids[0])
	if err != nil || before.Open {
		t.Fatalf("%+v, %v", before, err)
	}
	h.clock.pass(time.Hour)
	h.do(staff, ids[0], casework.Rate, func(e *casework.Event) {
		e.Actor.Role, e.Ratings = casework.Resident, casework.Ratings{Response: 1, Resolution: 1, Satisfaction: 1}
	})
	if after, _, err := h.portal.ByID(t.Context(), ids[0]); err != nil || after != before {
		t.Errorf("rated, %+v became %+v (%v)", before, after, err)
	}
	// Withdrawn, it is nobody's business any more.
	h.do(staff, ids[1], casework.Withdraw, because(casework.ConsentWithdrawn), func(e *casework.Event) { e.Actor.Role = casework.Resident })
	if got := find(store.RequestQuery{Items: public}); got != "20" {
		t.Errorf("%q", got)
	}
}
