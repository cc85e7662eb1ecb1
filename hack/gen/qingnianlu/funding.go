package main

import (
	"fmt"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// What an hour costs, in fen: the unweighted mean of the survey's seven grades of
// pay, 2,143 yuan a month, over the 21.75 days of 8 hours a month of pay counts by
// law, is 2143 ÷ 174 = 12.316 yuan. The survey names another mean, 2,230, which
// its own table contradicts; contributions to insurances are not in it at all.
const hourlyCost = 1232

// The people who go on a visit together, as the standard has it.
const teamSize = 2

const (
	fenPerYuan     = 100
	minutesPerHour = 60
)

// funding pays what a load costs, or a share of it: cases by the case, visits by
// the household, reports by the community. Amounts are rounded up, so that the
// money covers the cost in the smallest community too, where a share of the
// households rounds up to one visit more.
func funding(w *v1alpha1.TaskWorkload, paid percent, periods v1alpha1.FundingPeriods, source string) *v1alpha1.TaskFunding {
	if paid == 0 {
		paid = 100
	}
	out := &v1alpha1.TaskFunding{Source: source, Periods: periods}
	out.PerCase = amount(w.MinutesPerCase*int64(paid), 100, 10)
	var fixed int64
	if v := w.Visits; v != nil {
		each := v.MinutesPerVisit * teamSize * int64(paid)
		out.PerHousehold = amount(v.HouseholdPercent*v.TimesPerYear*each, 100*100, 1)
		fixed += each
	}
	if r := w.Reports; r != nil {
		fixed += r.PerYear * r.MinutesEach * int64(paid)
	}
	out.PerCommunity = amount(fixed, 100, 10*fenPerYuan)
	return out
}

// amount is what minutes ÷ divisor cost, rounded up to a multiple of so many fen;
// empty for no minutes.
func amount(minutes, divisor, multiple int64) v1alpha1.Decimal {
	if minutes == 0 {
		return ""
	}
	return yuan(upTo(minutes*hourlyCost, divisor*minutesPerHour*multiple) * multiple)
}

func upTo(n, divisor int64) int64 { return (n + divisor - 1) / divisor }

// yuan writes fen as the API's amounts are written.
func yuan(fen int64) v1alpha1.Decimal {
	if fen%fenPerYuan == 0 {
		return v1alpha1.Decimal(fmt.Sprint(fen / fenPerYuan))
	}
	return v1alpha1.Decimal(fmt.Sprintf("%d.%02d", fen/fenPerYuan, fen%fenPerYuan))
}

// fenOf reads an amount that yuan wrote.
func fenOf(d v1alpha1.Decimal) int64 {
	var whole, fraction int64
	if d == "" {
		return 0
	}
	_, _ = fmt.Sscanf(string(d)+".00", "%d.%02d", &whole, &fraction)
	return whole*fenPerYuan + fraction
}

// casesIn is how many cases a year a load brings one community.
func casesIn(w *v1alpha1.TaskWorkload, c surveyed) int64 {
	return w.CasesPerYear + upTo(w.CasesPerThousandResidents*c.residents, 1000)
}

// shareOf is the money a task brings one community in a whole year, in fen.
func shareOf(spec *v1alpha1.AdmittedTaskSpec, c surveyed) int64 {
	f := spec.Funding
	return fenOf(f.PerCase)*casesIn(spec.Workload, c) + fenOf(f.PerHousehold)*c.households + fenOf(f.PerCommunity)
}
