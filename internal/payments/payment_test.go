package payments_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/payments"
)

var (
	t0    = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	staff = casework.Actor{Role: casework.Staff, Work: "window-1"}
	lead  = casework.Actor{Role: casework.Lead, Work: "lead-1"}
	sys   = casework.Actor{Role: casework.System, Work: "courier"}
)

func fresh(n int) payments.Payment {
	return payments.Payment{ID: fmt.Sprintf("%08x-0000-4000-8000-000000000000", n), Biller: "water", Amount: 3300, Means: payments.Cash}
}

// all are the events there can be, each by whom it may be.
func all() []payments.Event {
	return []payments.Event{
		{Type: payments.Take, Actor: staff}, {Type: payments.Send, Actor: sys}, {Type: payments.Confirm, Actor: sys, Receipt: "R-1"},
		{Type: payments.Confirm, Actor: lead, Receipt: "R-2"}, {Type: payments.Refuse, Actor: sys, Reason: casework.NotEligible},
		{Type: payments.Refuse, Actor: sys, Reason: payments.GivenUp}, {Type: payments.Return, Actor: staff}, {Type: payments.Cancel, Actor: lead},
	}
}

// TestSteps holds what may follow what against a table for people.
func TestSteps(t *testing.T) {
	var b strings.Builder
	seen := map[string]bool{}
	var walk func(p payments.Payment)
	walk = func(p payments.Payment) {
		at := fmt.Sprintf("%s %s", p.State, p.Reason)
		if seen[at] {
			return
		}
		seen[at] = true
		var next []payments.Payment
		for _, e := range all() {
			after, j, err := payments.Apply(p, e, t0)
			if err != nil || j == nil {
				continue
			}
			var posted []string
			for _, x := range j.Postings {
				posted = append(posted, fmt.Sprintf("%s %s", x.Account, x.Amount))
			}
			fmt.Fprintf(&b, "%s → %s by %s%s → %s: %s\n", strings.TrimSpace(at), e.Type, e.Actor.Role, because(e), after.State, strings.Join(posted, ", "))
			next = append(next, after)
		}
		for _, n := range next {
			walk(n)
		}
	}
	walk(fresh(1))
	golden := filepath.Join("testdata", "steps.txt")
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(want, []byte(b.String())) {
		t.Errorf("the steps are\n%s%v", b.String(), err)
	}
}

func because(e payments.Event) string {
	if e.Reason == "" {
		return ""
	}
	return " for " + string(e.Reason)
}

func TestRefusals(t *testing.T) {
	taken, _, err := payments.Apply(fresh(1), payments.Event{Type: payments.Take, Actor: staff}, t0)
	if err != nil {
		t.Fatal(err)
	}
	refused := taken
	refused.State, refused.Reason = payments.Refused, casework.NotEligible
	for name, c := range map[string]struct {
		p     payments.Payment
		e     payments.Event
		cause casework.Cause
	}{
		"a resident takes":            {fresh(1), payments.Event{Type: payments.Take, Actor: casework.Actor{Role: casework.Resident}}, casework.NotYou},
		"a grid worker takes":         {fresh(1), payments.Event{Type: payments.Take, Actor: casework.Actor{Role: casework.GridWorker, Work: "g", Grid: "g"}}, casework.NotYou},
		"taken twice":                 {taken, payments.Event{Type: payments.Take, Actor: staff}, casework.NotNow},
		"staff confirms":              {taken, payments.Event{Type: payments.Confirm, Actor: staff, Receipt: "R"}, casework.NotYou},
		"confirmed before sent":       {taken, payments.Event{Type: payments.Confirm, Actor: sys}, casework.NotNow},
		"returned before refused":     {taken, payments.Event{Type: payments.Return, Actor: staff}, casework.NotNow},
		"refused without a reason":    {taken, payments.Event{Type: payments.Refuse, Actor: sys}, casework.Malformed},
		"sent with a reason":          {taken, payments.Event{Type: payments.Send, Actor: sys, Reason: "x"}, casework.Malformed},
		"a lead without a receipt":    {refused, payments.Event{Type: payments.Confirm, Actor: lead}, casework.Malformed},
		"a lead against the biller":   {refused, payments.Event{Type: payments.Confirm, Actor: lead, Receipt: "R-1"}, casework.NotNow},
		"confirmed after refused":     {refused, payments.Event{Type: payments.Confirm, Actor: sys, Receipt: "R-1"}, casework.NotNow},
		"a card for a receipt":        {refused, payments.Event{Type: payments.Confirm, Actor: lead, Receipt: "4111111111111111"}, casework.Malformed},
		"an event of the books":       {taken, payments.Event{Type: payments.PaidOver, Actor: lead}, casework.Malformed},
		"no event":                    {taken, payments.Event{}, casework.Malformed},
		"a receipt with a line break": {refused, payments.Event{Type: payments.Confirm, Actor: lead, Receipt: "R\n1"}, casework.Malformed},
	} {
		after, j, err := payments.Apply(c.p, c.e, t0)
		var refusal *payments.RefusedError
		if !errors.As(err, &refusal) || refusal.Cause != c.cause || after != c.p || j != nil {
			t.Errorf("%s: %v, %v", name, j, err)
		}
	}
	for name, change := range map[string]func(*payments.Payment){
		"no id": func(p *payments.Payment) { p.ID = "1" }, "no biller": func(p *payments.Payment) { p.Biller = "Water works" },
		"nothing": func(p *payments.Payment) { p.Amount = 0 }, "less": func(p *payments.Payment) { p.Amount = -1 },
		"too much": func(p *payments.Payment) { p.Amount = payments.MaxAmount + 1 }, "no means": func(p *payments.Payment) { p.Means = "card" },
		"a receipt": func(p *payments.Payment) { p.Receipt = "R" },
	} {
		p := fresh(1)
		change(&p)
		if _, j, err := payments.Apply(p, payments.Event{Type: payments.Take, Actor: staff}, t0); err == nil || j != nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// Whatever happens in whatever order, every journal balances, the books come to
// nothing, each account is what the payments' states say, what happened twice happened
// once, and the chain holds.
func TestTheBooksAreThePayments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		billers := []string{"water", "gas"}
		var kept []payments.Payment
		var journals []payments.Journal
		var entries []payments.Entry
		var head casework.Head
		over := map[payments.Account]payments.Amount{}
		keep := func(j payments.Journal) {
			e, next, err := payments.Append(head, j)
			if err != nil {
				t.Fatal(err)
			}
			head, entries, journals = next, append(entries, e), append(journals, j)
		}
		at := t0
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			at = at.Add(time.Minute)
			switch n := rapid.IntRange(0, 9).Draw(t, "what"); {
			case n < 3 || len(kept) == 0:
				p := fresh(len(kept))
				p.Biller = rapid.SampledFrom(billers).Draw(t, "biller")
				p.Amount = payments.Amount(rapid.Int64Range(1, int64(payments.MaxAmount)).Draw(t, "amount"))
				p.Means = rapid.SampledFrom(payments.AllMeans()).Draw(t, "means")
				p, j, err := payments.Apply(p, payments.Event{Type: payments.Take, Actor: staff}, at)
				if err != nil {
					t.Fatal(err)
				}
				kept = append(kept, p)
				keep(*j)
			case n == 9:
				b, m := rapid.SampledFrom(billers).Draw(t, "biller"), rapid.SampledFrom(payments.AllMeans()).Draw(t, "means")
				a := payments.Amount(rapid.Int64Range(1, 100_000).Draw(t, "amount"))
				j, err := payments.PayOver("over", b, a, m, lead, at)
				if err != nil {
					t.Fatal(err)
				}
				over[payments.Till(m)] -= a
				over[payments.Owed(b)] += a
				keep(j)
			case n == 8:
				m := rapid.SampledFrom(payments.AllMeans()).Draw(t, "means")
				j, apart := counted(t, journals, m, at)
				over[payments.Till(m)] += apart
				over[payments.Difference(m)] -= apart
				keep(j)
			default:
				i := rapid.IntRange(0, len(kept)-1).Draw(t, "which")
				e := rapid.SampledFrom(all()).Draw(t, "event")
				before := kept[i]
				after, j, err := payments.Apply(before, e, at)
				if (err != nil || j == nil) && after != before {
					t.Fatalf("%s, not applied, changed %+v to %+v", e.Type, before, after)
				}
				if err != nil || j == nil {
					continue
				}
				if again, twice, err := payments.Apply(after, e, at); e.Type != payments.Take && (err != nil || twice != nil || again != after) {
					t.Fatalf("%s applied twice: %v, %v", e.Type, twice, err)
				}
				kept[i] = after
				keep(*j)
			}
		}
		cut := rapid.IntRange(0, len(journals)).Draw(t, "day")
		opening := map[payments.Account]payments.Amount{}
		for _, b := range payments.Keep(nil, journals[:cut]).Balances {
			opening[b.Account] = b.Closing
		}
		books := payments.Keep(opening, journals[cut:])
		if books.Imbalance() != 0 {
			t.Fatalf("the books come to %s", books.Imbalance())
		}
		want := over
		for _, p := range kept {
			inTill, where := p.Amount, payments.Account("")
			switch p.State {
			case payments.Taken, payments.Sent:
				where = payments.Held(p.Biller)
			case payments.Confirmed:
				where = payments.Owed(p.Biller)
			case payments.Refused:
				where = payments.ToReturn(p.Biller)
			default:
				inTill = 0
			}
			want[payments.Till(p.Means)] += inTill
			want[where] -= inTill
		}
		for account, amount := range want {
			if account != "" && books.Closing(account) != amount {
				t.Fatalf("%s is %s, want %s", account, books.Closing(account), amount)
			}
		}
		if got, err := payments.CheckPage(casework.Head{}, entries); err != nil || got != head {
			t.Fatalf("the chain: %v", err)
		}
	})
}

// counted is the journal of a till that was counted, whatever is found in it, and how
// far that is from the books.
func counted(t *rapid.T, journals []payments.Journal, m payments.Means, at time.Time) (payments.Journal, payments.Amount) {
	books := payments.Keep(nil, journals)
	found, booked := payments.Amount(rapid.Int64Range(0, 100_000).Draw(t, "found")), books.Closing(payments.Till(m))
	j, err := payments.Count(fresh(0).ID, m, found, booked, lead, at)
	if err != nil {
		t.Fatal(err)
	}
	if books = payments.Keep(nil, append(slices.Clone(journals), j)); books.Closing(payments.Till(m)) != found {
		t.Fatalf("counted %s, the till has %s", found, books.Closing(payments.Till(m)))
	}
	return j, found - booked
}

func TestTheChainShowsWhatWasAltered(t *testing.T) {
	var head casework.Head
	var entries []payments.Entry
	for i := range 4 {
		_, j, err := payments.Apply(fresh(i), payments.Event{Type: payments.Take, Actor: staff}, t0)
		if err != nil {
			t.Fatal(err)
		}
		e, next, err := payments.Append(head, *j)
		if err != nil {
			t.Fatal(err)
		}
		head, entries = next, append(entries, e)
	}
	for name, alter := range map[string]func([]payments.Entry) []payments.Entry{
		"amounts": func(e []payments.Entry) []payments.Entry {
			e[1].Journal.Postings = []payments.Posting{{Account: payments.Till(payments.Cash), Amount: 1}, {Account: payments.Held("water"), Amount: -1}}
			return e
		},
		"one amount": func(e []payments.Entry) []payments.Entry {
			e[1].Journal.Postings = slices.Clone(e[1].Journal.Postings)
			e[1].Journal.Postings[0].Amount++
			return e
		},
		"biller":  func(e []payments.Entry) []payments.Entry { e[2].Journal.Biller = "gas"; return e },
		"removed": func(e []payments.Entry) []payments.Entry { return append(e[:1], e[2:]...) },
		"time": func(e []payments.Entry) []payments.Entry {
			e[0].Journal.At = e[0].Journal.At.Add(time.Nanosecond)
			return e
		},
	} {
		if _, err := payments.CheckPage(casework.Head{}, alter(slices.Clone(entries))); err == nil {
			t.Errorf("%s: nobody notices", name)
		}
	}
	for _, postings := range [][]payments.Posting{
		{{"till/cash", 1}}, {{"till/cash", 0}}, {{"till/cash", 1}, {"till/cash", -1}},
	} {
		if _, _, err := payments.Append(head, payments.Journal{Postings: postings}); !errors.Is(err, payments.ErrUnbalanced) {
			t.Errorf("%v: %v", postings, err)
		}
	}
}

func TestPayOver(t *testing.T) {
	if _, err := payments.PayOver("x", "water", 100, payments.Cash, staff, t0); err == nil {
		t.Error("staff pays over")
	}
	for _, c := range []struct {
		id, biller string
		amount     payments.Amount
		from       payments.Means
	}{{"", "water", 1, payments.Cash}, {"x", "", 1, payments.Cash}, {"x", "water", 0, payments.Cash}, {"x", "water", 1, "pocket"}} {
		if _, err := payments.PayOver(c.id, c.biller, c.amount, c.from, lead, t0); err == nil {
			t.Errorf("%+v is paid over", c)
		}
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		id              string
		of              payments.Means
		counted, booked payments.Amount
		by              casework.Actor
		want            string // empty: refused
	}{
		{fresh(1).ID, payments.Cash, 9800, 10000, lead, "[{till/cash -2.00} {difference/cash 2.00}]"},
		{fresh(1).ID, payments.Cash, 10000, 10000, lead, "[]"},
		{fresh(1).ID, payments.Other, 0, -100, lead, "[{till/other 1.00} {difference/other -1.00}]"},
		{fresh(1).ID, payments.Cash, 1, 0, staff, ""}, {"x", payments.Cash, 1, 0, lead, ""}, {fresh(1).ID, "pocket", 1, 0, lead, ""},
		{fresh(1).ID, payments.Cash, -1, 0, lead, ""}, {fresh(1).ID, payments.Cash, payments.MaxTotal + 1, 0, lead, ""},
	} {
		j, err := payments.Count(c.id, c.of, c.counted, c.booked, c.by, t0)
		if (err != nil) != (c.want == "") || err == nil && (fmt.Sprint(j.Postings) != c.want || j.Balanced() != nil) {
			t.Errorf("%+v: %v, %v", c, j.Postings, err)
		}
	}
}

func TestProvider(t *testing.T) {
	o := payments.Order{Payment: "p", System: "utility-bills", Purpose: "agency-services", Customer: "100023", Period: "2026-01", Amount: 3300, Salt: "0123456789abcdef"}
	c := payments.Bills{}.Consign(o)
	body, err := c.Message.JSON()
	if err != nil || string(body) != `{"customer-number":"100023","payment-amount":"33.00","payment-period":"2026-01"}` {
		t.Errorf("%s, %v", body, err)
	}
	r, err := courier.NewRecord(courier.Delivered, c.Facts, *c.Message, c.Refused, t0)
	if err != nil || r.Codes != payments.Codes() || r.Case != "p" || r.System != "utility-bills" {
		t.Errorf("%+v, %v", r, err)
	}
	if again := (payments.Bills{}).Consign(o); again.Key() != c.Key() {
		t.Error("the same order has two keys")
	}
	for _, x := range []struct {
		r    courier.Reply
		want payments.Event
		ok   bool
	}{
		{courier.Reply{Verdict: courier.Accepted, Reference: "R-00000001"}, payments.Event{Type: payments.Confirm, Actor: sys, Receipt: "R-00000001"}, true},
		{courier.Reply{Verdict: courier.Accepted, Reference: "4111111111111111"}, payments.Event{Type: payments.Confirm, Actor: sys}, true},
		{courier.Reply{Verdict: courier.Rejected, Reason: casework.Duplicate, Reference: "R-1"}, payments.Event{Type: payments.Refuse, Actor: sys, Reason: casework.Duplicate}, true},
		{courier.Reply{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing}, payments.Event{Type: payments.Refuse, Actor: sys, Reason: casework.MaterialsMissing}, true},
		{courier.Reply{Verdict: courier.Rejected}, payments.Event{Type: payments.Refuse, Actor: sys, Reason: casework.NotEligible}, true},
		{courier.Reply{}, payments.Event{}, false},
	} {
		if got, ok := (payments.Bills{}).Hear(x.r); got != x.want || ok != x.ok {
			t.Errorf("%+v means %+v, %v", x.r, got, ok)
		}
	}
}
