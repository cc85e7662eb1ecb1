package show

import (
	"fmt"
	"io"
	"strings"

	"github.com/shequ-io/shequ/internal/plan"
)

// The most rows of a table in a comment on a pull request, which holds 65,536
// characters; rows that tell what stands in the way are long.
const (
	mostRows     = 60
	mostLongRows = 40
)

// Markdown writes a plan for a comment on a pull request.
func Markdown(w io.Writer, p *plan.Plan) error {
	out := &page{w: w}
	mark := "✅"
	if !p.Passed {
		mark = "❌"
	}
	out.say("### %s Admission plan: %s\n\n", mark, outcome(p))
	for _, a := range p.Assumed {
		out.say("- Assumed: %s\n", markdown(a))
	}
	for _, n := range p.Notes {
		out.say("- Note: %s\n", markdown(n))
	}
	if len(p.Assumed)+len(p.Notes) > 0 {
		out.say("\n")
	}
	if len(p.Tasks) > 0 {
		out.say("Hours and money are of a year, over all communities a task is meant for.\n\n")
		out.cut(summaryTable(p), mostRows)
	}
	if t := obstacleTable(p); len(t.Rows) > 0 {
		out.say("\n#### What stands in the way\n\nOne of the changes is enough for a row; a task enters a community when none of its rows is left.\n\n")
		out.cut(t, mostLongRows)
	}
	if t := otherTable(p); len(t.Rows) > 0 {
		out.say("\n#### Other tasks whose answer changes\n\n")
		out.cut(t, mostRows)
	}
	if len(p.Communities) > 0 {
		out.load(p)
	}
	out.say("\n<sub>For %s. Made by `kubectl shequ plan`; `-o json` has every figure.</sub>\n", p.At.Format(moment))
	return out.err
}

func (p *page) load(x *plan.Plan) {
	p.say("\n#### Burden per community\n\nMinutes committed of the capacity in the month with the fewest left, before → after.\n\n")
	p.cut(loadTable(x), mostRows)
}

// cut writes a table's first rows, and says how many it leaves out.
func (p *page) cut(t *Table, most int) {
	rows := len(t.Rows)
	t.Rows = t.Rows[:min(rows, most)]
	p.markdown(t)
	if more := rows - len(t.Rows); more > 0 {
		p.say("\n%d more rows are left out.\n", more)
	}
}

func summaryTable(p *plan.Plan) *Table {
	t := NewTable("Task", "Title", ">Targeted", ">Admitted", ">Place kept", ">Waiting", ">Refused", ">Contested", ">Ended", ">Hours a year", ">Cost a year", ">Funding a year")
	for i := range p.Tasks {
		x := &p.Tasks[i]
		t.Add(name(x.Ref), title(x.Title), number(int64(x.Targeted)), number(int64(x.Admitted)), count(x.Reserved), count(x.Waiting), count(x.Refused),
			count(x.Contested), count(x.Ended), hours(x.Asked.MinutesPerYear), money(x.Asked.CostPerYear), money(x.Asked.FundingPerYear))
	}
	return t
}

func obstacleTable(p *plan.Plan) *Table {
	t := NewTable("Task", "Communities", "Reason", "Why", "What would change it")
	for _, o := range thin(obstacles(p), 2) {
		where := o.communities(3)
		if o.more > 0 {
			where += fmt.Sprintf(", and %d more with figures of their own", o.more)
		}
		t.Add(name(o.task), where, string(o.found.Reason), o.found.Message, strings.Join(Changes(o.found), ", or "))
	}
	return t
}

func loadTable(p *plan.Plan) *Table {
	t := NewTable("Community", "Title", "Month", ">Committed/capacity", ">Share", ">Tasks", ">Ledgers")
	for i := range p.Communities {
		c := &p.Communities[i]
		b, a := c.Before, &c.After
		if b == nil {
			b = &plan.Burden{Month: a.Month, CapacityMinutes: a.CapacityMinutes}
		}
		t.Add(name(c.Ref), title(c.Title), to(string(b.Month), string(a.Month)),
			to(part(b.CommittedMinutes, b.CapacityMinutes), part(a.CommittedMinutes, a.CapacityMinutes)),
			to(ratio(b.CommittedMinutes, b.CapacityMinutes), ratio(a.CommittedMinutes, a.CapacityMinutes)),
			to(number(b.Tasks), number(a.Tasks)), to(number(b.Ledgers), number(a.Ledgers)))
	}
	return t
}

func to(before, after string) string {
	if before == after {
		return after
	}
	return fmt.Sprintf("%s → %s", before, after)
}
