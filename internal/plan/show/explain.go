package show

import (
	"io"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
)

// Explanation writes where a task stands for a terminal.
func Explanation(w io.Writer, e *plan.Explanation) error {
	out := &page{w: w}
	out.say("%s %s\n", plain(name(e.Task)), plain(title(e.Title)))
	if e.Digest != "" {
		out.say("Terms %s\n", e.Digest)
	} else {
		out.say("The task is gone; this is what the ledgers remember.\n")
	}
	for _, n := range e.Notes {
		out.say("Note: %s\n", plain(n))
	}
	if len(e.Communities) == 0 {
		out.say("It is meant for no community that is there.\n")
		return out.err
	}
	out.say("\n")
	out.table(explainedTable(e))
	out.stale(e)
	out.reasons(e)
	return out.err
}

func explainedTable(e *plan.Explanation) *Table {
	t := NewTable("COMMUNITY", "TITLE", "DECISION", "SINCE", ">MIN/YEAR", ">PEAK", "MONTH", ">COST", ">FUNDING", ">COVERED", ">MINUTES/CAPACITY", "TIGHTEST")
	for i := range e.Communities {
		c := &e.Communities[i]
		said, since := "not in the ledger yet", ""
		if r := c.Recorded; r != nil {
			said = state(r.Decision, r.Reason)
			if r.Decision == v1alpha1.DecisionWaiting && r.AdmittedAt != nil {
				said += " (place kept)"
			}
			if r.Since != nil {
				since = r.Since.UTC().Format("2006-01-02 15:04")
			}
		}
		a := c.Answer
		if a == nil {
			a = &plan.Answer{}
		}
		t.Add(name(c.Ref), title(c.Title), said, since, count(a.MinutesPerYear), count(a.PeakMinutes), string(a.PeakMonth), money(a.CostPerYear),
			money(a.FundingPerYear), percent(a.CoveragePercent), part(c.Burden.CommittedMinutes, c.Burden.CapacityMinutes), string(c.Burden.Month))
	}
	return t
}

// stale names the communities whose ledger says something else than the engine.
func (p *page) stale(e *plan.Explanation) {
	t := NewTable("COMMUNITY", "LEDGER", "NOW")
	for i := range e.Communities {
		c := &e.Communities[i]
		if c.Current {
			continue
		}
		ledger, now := "no entry", "not meant for it"
		if c.Recorded != nil {
			ledger = state(c.Recorded.Decision, c.Recorded.Reason)
		}
		if c.Answer != nil {
			now = state(c.Answer.Decision, c.Answer.Reason)
		}
		if ledger == now {
			now += ", with other figures"
		}
		t.Add(name(c.Ref), ledger, now)
	}
	if len(t.Rows) == 0 {
		return
	}
	p.say("\nThe operator has yet to decide anew here; if this stays so, see whether it runs\n")
	p.table(t)
}

// reasons tells what keeps the task out, with what would change it.
func (p *page) reasons(e *plan.Explanation) {
	x := &plan.Plan{}
	for i := range e.Communities {
		if a := e.Communities[i].Answer; a != nil {
			x.Communities = append(x.Communities, plan.Community{Ref: e.Communities[i].Ref, Answers: []plan.Answer{*a}})
		}
	}
	p.refusals(x)
}
