package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// sentTo are the messages of a case for one system, the latest first.
type sentTo struct {
	System   string
	Messages []store.Delivery
}

// sent sorts what a case has for systems: by system, in the order in which the
// community is connected to them, then those it no longer is.
func (s *state) sent(all []store.Delivery) []sentTo {
	var out []sentTo
	for _, d := range all {
		at := slices.IndexFunc(out, func(t sentTo) bool { return t.System == d.System })
		if at < 0 {
			at, out = len(out), append(out, sentTo{System: d.System})
		}
		out[at].Messages = append(out[at].Messages, d)
	}
	rank := func(t sentTo) int {
		for i := range s.desk.Connections {
			if s.desk.Connections[i].Name == t.System {
				return i
			}
		}
		return len(s.desk.Connections)
	}
	slices.SortStableFunc(out, func(a, b sentTo) int { return cmp.Compare(rank(a), rank(b)) })
	for _, t := range out {
		slices.SortStableFunc(t.Messages, func(a, b store.Delivery) int {
			return cmp.Or(cmp.Compare(b.Version, a.Version), b.At.Compare(a.At))
		})
	}
	return out
}

// messagePart is a message with the page it stands on.
type messagePart struct {
	V view
	D store.Delivery
	// Case is that of the page, After the place in the list of messages: where a
	// button leads back to.
	Case, After string
}

// Message passes a message on to a template part.
func (v caseView) Message(d store.Delivery) messagePart {
	return messagePart{V: v.view, D: d, Case: v.ID}
}

// Message passes a message on to a template part.
func (v deliveriesView) Message(d store.Delivery) messagePart {
	return messagePart{V: v.view, D: d, After: v.After}
}

// Dead reports whether somebody has to see to it, and may.
func (p messagePart) Dead() bool {
	return p.D.State == store.DeliveryDead && p.V.q.who.counters()
}

// Waits reports whether it is still to go.
func (p messagePart) Waits() bool {
	return p.D.State == store.DeliveryWaiting || p.D.State == store.DeliveryUnderWay || p.D.State == store.DeliveryDead
}

// GiveUp is the address of the page that asks whether to.
func (p messagePart) GiveUp() string {
	return "/deliveries/give-up" + query("key", string(p.D.Key), "case", p.Case, "after", p.After)
}

// ID of an element of the page that is about the message.
func (p messagePart) ID(of string) string { return of + "-" + string(p.D.Key) }

// Turn says of which turn of its case it is; empty for what is of no case.
func (p messagePart) Turn() string {
	if p.D.Task == store.ReportTask || p.D.Task == store.PaymentTask || p.question() != "" {
		return ""
	}
	return p.V.L.Must("desk.sent.version", p.V.L.Int(p.D.Version))
}

// About says what it is about: the number of a case, or what else it is.
func (p messagePart) About() string {
	switch p.D.Task {
	case store.ReportTask:
		return p.V.L.Must("desk.dead.report")
	case store.PaymentTask:
		return p.V.L.Must("desk.dead.payment")
	}
	if key := p.question(); key != "" {
		return p.V.L.Must(key)
	}
	return p.D.Number
}

// question is the message for what a biller was asked; empty where it was not.
func (p messagePart) question() string {
	switch task, _, _ := strings.Cut(p.D.Task, "/"); task {
	case store.BillTask:
		return "desk.dead.question.bill"
	case store.StatementTask:
		return "desk.dead.question.statement"
	}
	return ""
}

// Page is where what it is about is shown.
func (p messagePart) Page() string {
	switch p.D.Task {
	case store.ReportTask:
		return reportOf(p.D.Version)
	case store.PaymentTask:
		return "/payments/of/" + p.D.Case
	}
	if p.question() != "" {
		return "/payments/books"
	}
	return "/cases/" + p.D.Case
}

// Next says when it is tried again.
func (p messagePart) Next() string {
	if !p.D.NotBefore.After(p.V.q.d.Now()) {
		return p.V.L.Must("desk.sent.next.soon")
	}
	return p.V.When(p.D.NotBefore)
}

// Failed says how often it failed; empty where it did not.
func (p messagePart) Failed() (string, error) {
	if p.D.Failures == 0 {
		return "", nil
	}
	return p.V.L.N("desk.sent.failed", p.D.Failures)
}

// Hash is the beginning of the message's, by which two are told apart; empty where
// there was none.
func (p messagePart) Hash() string {
	if p.D.Message == (casework.Hash{}) {
		return ""
	}
	_, all, _ := strings.Cut(p.D.Message.String(), ":")
	return all[:shortHash]
}

// shortHash is how many characters of a hash are shown.
const shortHash = 12

// Answer is what the system made of it, in words; empty where it said nothing.
func (p messagePart) Answer() (string, error) {
	if p.D.Verdict == "" {
		return "", nil
	}
	words, err := p.V.Word("verdict", p.D.Verdict)
	if err != nil || p.D.Reason == "" {
		return words, err
	}
	reason, err := p.V.Word("reason", p.D.Reason)
	if err != nil {
		return "", err
	}
	return p.V.L.M("desk.dead.of", words, reason)
}

// Why says why it failed last; empty where it did not.
func (p messagePart) Why() (string, error) {
	if p.D.Why == "" || !p.Waits() {
		return "", nil
	}
	return p.V.L.M("desk.why." + string(diagnose(p.D.Why)))
}

// Exactly is the courier's own sentence, for whoever mends what is wrong; empty where
// it is but a word.
func (p messagePart) Exactly() string {
	if !p.Waits() || !strings.Contains(p.D.Why, " ") {
		return ""
	}
	return p.V.L.Clean(p.D.Why)
}

// Cure says what helps a message that waits for somebody; empty for another.
func (p messagePart) Cure() (string, error) {
	if p.D.State != store.DeliveryDead {
		return "", nil
	}
	is := diagnose(p.D.Why)
	if is == refusedIt && p.Turn() == "" {
		is = elsewise // no resident wrote it, and none can put it right
	}
	return p.V.L.M("desk.cure." + string(is))
}

// Reply is what became of the system's answer at the desk, in words; empty where
// nothing has to be said.
func (p messagePart) Reply() (string, error) {
	switch {
	case p.D.Reply == store.ReplyRefused && p.D.Cause == store.CauseTellOnly:
		return p.V.L.M("desk.reply.tell-only")
	case p.D.Reply == store.ReplyRefused:
		return p.V.L.M("desk.reply.refused")
	case p.D.Reply == store.ReplyApplied && p.D.Verdict != courier.Accepted && p.D.Verdict != "":
		return p.V.L.M("desk.reply.applied")
	}
	return "", nil
}

// Refusals are what did not go, in words: how many elements, and why.
func (p messagePart) Refusals() []string {
	var out []string
	for _, r := range refusals(p.D.Refused) {
		words, err := p.V.L.M("desk.whynot." + string(r.why))
		if err != nil {
			words = p.V.L.Must("desk.whynot.other")
		}
		out = append(out, p.V.L.Must("desk.sent.refused.of", p.V.L.Int(r.n), words))
	}
	return out
}

type refusal struct {
	why courier.Why
	n   int64
}

// refusals reads what a record has (courier.Selection.Refusals).
func refusals(s string) []refusal {
	var out []refusal
	for part := range strings.SplitSeq(s, ",") {
		why, count, found := strings.Cut(part, ":")
		if n, err := strconv.ParseInt(count, 10, 64); found && err == nil && n > 0 {
			out = append(out, refusal{courier.Why(why), n})
		}
	}
	return out
}
