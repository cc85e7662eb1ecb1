package show

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
)

// JSON writes anything as indented JSON.
func JSON(w io.Writer, what any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(what)
}

// page collects what is written and the first error.
type page struct {
	w   io.Writer
	err error
}

func (p *page) say(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

func (p *page) table(t *Table) {
	if p.err == nil {
		p.err = t.Text(p.w)
	}
}

func (p *page) markdown(t *Table) {
	if p.err == nil {
		p.err = t.Markdown(p.w)
	}
}

const moment = "2006-01-02 15:04 -07:00"

// Text writes a plan for a terminal.
func Text(w io.Writer, p *plan.Plan) error {
	out := &page{w: w}
	out.say("Plan for %s: %s\n", p.At.Format(moment), outcome(p))
	for _, a := range p.Assumed {
		out.say("Assumed: %s\n", plain(a))
	}
	if len(p.Assumed) > 0 {
		out.say("(--strict assumes nothing)\n")
	}
	for _, n := range p.Notes {
		out.say("Note: %s\n", plain(n))
	}
	if len(p.Tasks) > 0 {
		out.say("\nTasks, over all communities they are meant for (a year)\n")
		out.table(taskTable(p))
		out.answers(p)
	}
	out.refusals(p)
	out.others(p)
	if len(p.Communities) > 0 {
		out.say("\nBurden of each community, before -> after; minutes of the month with the fewest left\n")
		out.table(burdenTable(p))
	}
	return out.err
}

// mostAnswers is how many answers are read on a screen.
const mostAnswers = 100

// answers tells what each community says to each task.
func (p *page) answers(x *plan.Plan) {
	n := 0
	for i := range x.Communities {
		n += len(x.Communities[i].Answers)
	}
	if n > mostAnswers {
		p.say("\n%s answers in all: --community NAMESPACE/NAME shows one community's, -o json every one.\n", number(int64(n)))
		return
	}
	for i := range x.Communities {
		c := &x.Communities[i]
		if len(c.Answers) == 0 {
			continue
		}
		p.say("\n%s %s\n", plain(name(c.Ref)), plain(title(c.Title)))
		p.table(answerTable(c))
	}
}

// outcome is a plan in a few words.
func outcome(p *plan.Plan) string {
	var n plan.Task
	for i := range p.Tasks {
		t := &p.Tasks[i]
		n.Targeted, n.Admitted, n.Reserved = n.Targeted+t.Targeted, n.Admitted+t.Admitted, n.Reserved+t.Reserved
		n.Refused, n.Waiting, n.Contested, n.Ended = n.Refused+t.Refused, n.Waiting+t.Waiting, n.Contested+t.Contested, n.Ended+t.Ended
	}
	where := fmt.Sprintf("%s in %s", plural(len(p.Tasks), "task", "tasks"), plural(len(p.Communities), "community", "communities"))
	if len(p.Tasks) == 0 {
		return where + "; nothing is proposed"
	}
	if n.Targeted == 0 {
		return where + "; nothing could be checked"
	}
	var parts []string
	for _, x := range []struct {
		n    int
		what string
	}{
		{n.Admitted, "admitted"},
		{n.Reserved, "with a place kept until they begin"},
		{n.Waiting, "waiting"},
		{n.Refused, "refused"},
		{n.Contested, "contested"},
		{n.Ended, "ended"},
	} {
		if x.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	return where + "; " + plural(n.Targeted, "decision", "decisions") + ": " + strings.Join(parts, ", ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(int64(n)) + " " + many
}

func taskTable(p *plan.Plan) *Table {
	t := NewTable("TASK", "TITLE", ">TARGETED", ">ADMITTED", ">RESERVED", ">WAITING", ">REFUSED", ">CONTESTED", ">ENDED", ">HOURS", ">COST", ">FUNDING")
	for i := range p.Tasks {
		x := &p.Tasks[i]
		t.Add(name(x.Ref), title(x.Title), number(int64(x.Targeted)), number(int64(x.Admitted)), count(x.Reserved), count(x.Waiting), count(x.Refused),
			count(x.Contested), count(x.Ended), hours(x.Asked.MinutesPerYear), money(x.Asked.CostPerYear), money(x.Asked.FundingPerYear))
	}
	return t
}

func answerTable(c *plan.Community) *Table {
	t := NewTable("TASK", "DECISION", ">MIN/YEAR", ">PEAK", "MONTH", ">COST", ">FUNDING", ">COVERED", ">NEW FIELDS", ">REUSED", ">LEDGERS", ">INDICATORS", ">REPORTS")
	for j := range c.Answers {
		a := &c.Answers[j]
		said := state(a.Decision, a.Reason)
		if a.Decision == v1alpha1.DecisionWaiting && a.Placed {
			said += " (place kept)"
		}
		t.Add(name(a.Task), said, number(a.MinutesPerYear), count(a.PeakMinutes), string(a.PeakMonth),
			money(a.CostPerYear), money(a.FundingPerYear), percent(a.CoveragePercent), count(len(a.Collects)), count(len(a.Reuses)),
			count(a.Ledgers), count(a.Indicators), count(a.ReportsPerYear))
	}
	return t
}

// obstacle is one thing that keeps a task out, and where.
type obstacle struct {
	task  plan.Ref
	found *admission.Finding
	where []plan.Ref
	more  int // communities with the same reason that are left out
}

// obstacles are what keeps tasks out, the same in several communities told once.
func obstacles(p *plan.Plan) []*obstacle {
	type key struct {
		task            plan.Ref
		reason, message string
		changes         string
	}
	byKey := map[key]*obstacle{}
	var out []*obstacle
	for i := range p.Communities {
		c := &p.Communities[i]
		for j := range c.Answers {
			a := &c.Answers[j]
			if a.Passed() {
				continue
			}
			for k := range a.Findings {
				f := &a.Findings[k]
				id := key{a.Task, string(f.Reason), f.Message, strings.Join(Changes(f), "\n")}
				if byKey[id] == nil {
					byKey[id] = &obstacle{task: a.Task, found: f}
					out = append(out, byKey[id])
				}
				byKey[id].where = append(byKey[id].where, c.Ref)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b *obstacle) int { return strings.Compare(name(a.task), name(b.task)) })
	return out
}

func (o *obstacle) communities(most int) string {
	var names []string
	for _, ref := range o.where[:min(most, len(o.where))] {
		names = append(names, name(ref))
	}
	text := strings.Join(names, ", ")
	if more := len(o.where) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// sameReason is how many obstacles of one task and one reason are spelt out.
const sameReason = 5

// thin keeps the first few obstacles of each task and reason; the last of those
// tells how many communities are left out.
func thin(all []*obstacle, most int) []*obstacle {
	type key struct {
		task   plan.Ref
		reason v1alpha1.LedgerReason
	}
	kept := map[key][]*obstacle{}
	var out []*obstacle
	for _, o := range all {
		k := key{o.task, o.found.Reason}
		if len(kept[k]) < most {
			kept[k] = append(kept[k], o)
			out = append(out, o)
			continue
		}
		kept[k][most-1].more += len(o.where)
	}
	return out
}

func (p *page) refusals(x *plan.Plan) {
	all := thin(obstacles(x), sameReason)
	if len(all) == 0 {
		return
	}
	p.say("\nWhat stands in the way, and what would change it (of each reason, one change is enough)\n")
	var last plan.Ref
	for _, o := range all {
		if o.task != last {
			p.say("%s\n", plain(name(o.task)))
			last = o.task
		}
		p.say("  %s in %s\n    %s\n", o.found.Reason, o.communities(4), plain(o.found.Message))
		for _, c := range Changes(o.found) {
			p.say("    -> %s\n", plain(c))
		}
		if o.more > 0 {
			p.say("  and in %s more, each with figures of its own: -o json has them\n", plural(o.more, "community", "communities"))
		}
	}
}

func (p *page) others(x *plan.Plan) {
	t := otherTable(x)
	if len(t.Rows) == 0 {
		return
	}
	p.say("\nOther tasks whose answer changes\n")
	p.table(t)
}

func otherTable(p *plan.Plan) *Table {
	t := NewTable("COMMUNITY", "TASK", "BEFORE", "AFTER")
	for i := range p.Communities {
		for _, s := range p.Communities[i].Others {
			t.Add(name(p.Communities[i].Ref), name(s.Task), state(s.From, s.Was), state(s.To, s.Is))
		}
	}
	return t
}

func state(d v1alpha1.LedgerDecision, r v1alpha1.LedgerReason) string {
	switch {
	case d == "":
		return "not at the door"
	case string(d) == string(r):
		return string(d)
	}
	return string(d) + ": " + string(r)
}

func burdenTable(p *plan.Plan) *Table {
	t := NewTable("COMMUNITY", "TITLE", ">MINUTES/CAPACITY", ">SHARE", ">LEFT", "MONTH", ">VISITS/CAPACITY", ">TASKS", ">LEDGERS", ">INDICATORS", ">REPORTS")
	for i := range p.Communities {
		c := &p.Communities[i]
		b, a := c.Before, &c.After
		if b == nil {
			b = &plan.Burden{Month: a.Month, CapacityMinutes: a.CapacityMinutes, CapacityVisits: a.CapacityVisits}
		}
		month := string(a.Month)
		if b.Month != a.Month {
			month = arrow(string(b.Month), month)
		}
		t.Add(name(c.Ref), title(c.Title),
			between(b.CommittedMinutes, b.CapacityMinutes, a.CommittedMinutes, a.CapacityMinutes),
			arrow(ratio(b.CommittedMinutes, b.CapacityMinutes), ratio(a.CommittedMinutes, a.CapacityMinutes)),
			left(a.CommittedMinutes, a.CapacityMinutes), month,
			between(b.CommittedVisits, b.CapacityVisits, a.CommittedVisits, a.CapacityVisits),
			moves(b.Tasks, a.Tasks), moves(b.Ledgers, a.Ledgers), moves(b.Indicators, a.Indicators), moves(b.Reports, a.Reports))
	}
	return t
}

// moves shows a count and what becomes of it, and nothing where there is none.
func moves(before, after int64) string {
	if before == 0 && after == 0 {
		return ""
	}
	return arrow(number(before), number(after))
}

// arrow shows a figure and what becomes of it; once, where it stays.
func arrow(before, after string) string {
	if before == after {
		return after
	}
	return before + " -> " + after
}

// between shows two parts of a whole, with the whole once where it stays.
func between(before int64, of *int64, after int64, then *int64) string {
	if of != nil && then != nil && *of == *then && before != after {
		return number(before) + " -> " + part(after, then)
	}
	return arrow(part(before, of), part(after, then))
}
