package show

import (
	"io"

	"github.com/shequ-io/shequ/internal/plan"
)

// Communities writes what communities carry for a terminal.
func Communities(w io.Writer, loads []plan.CommunityLoad) error {
	t := NewTable("COMMUNITY", "TITLE", ">THIS MONTH", ">SHARE", ">TIGHTEST", "MONTH", ">SHARE", ">TASKS", ">REFUSED", ">WAITING", ">CONTESTED", ">HOURS/YEAR", ">FUNDING", ">LEDGERS", ">INDICATORS", ">REPORTS")
	for i := range loads {
		l := &loads[i]
		if !l.Recorded {
			t.Add(name(l.Ref), title(l.Title), "no ledger", "", "", "", "", "", "", "", "", "", "", "", "", "")
			continue
		}
		b := &l.Burden
		t.Add(name(l.Ref), title(l.Title), part(l.CommittedMinutes, l.CapacityMinutes), ratio(l.CommittedMinutes, l.CapacityMinutes),
			part(b.CommittedMinutes, b.CapacityMinutes), string(b.Month), ratio(b.CommittedMinutes, b.CapacityMinutes),
			number(b.Tasks), count(b.Refused), count(b.Waiting), count(b.Contested), hours(b.MinutesPerYear), money(b.FundingPerYear),
			number(b.Ledgers), number(b.Indicators), number(b.Reports))
	}
	return t.Text(w)
}

// Tasks writes what tasks take of all communities for a terminal.
func Tasks(w io.Writer, loads []plan.TaskLoad) error {
	var all int64
	for i := range loads {
		all += loads[i].MinutesPerYear
	}
	t := NewTable("TASK", "TITLE", ">COMMUNITIES", ">ADMITTED", ">WAITING", ">REFUSED", ">CONTESTED", ">HOURS/YEAR", ">SHARE", ">FUNDING/YEAR")
	for i := range loads {
		l := &loads[i]
		share := ""
		if all > 0 {
			share = ratio(l.MinutesPerYear, &all)
		}
		t.Add(name(l.Ref), title(l.Title), number(int64(l.Placed)), count(l.Admitted), count(l.Waiting), count(l.Refused), count(l.Contested),
			hours(l.MinutesPerYear), share, money(l.FundingPerYear))
	}
	return t.Text(w)
}
