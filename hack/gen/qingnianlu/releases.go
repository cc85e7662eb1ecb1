package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// The years the finance bureau has released money for: with the budgets of 2027
// and 2028 it is ahead of a real one, so that nothing in the sample stops at the
// turn of a year.
const firstYear, lastYear = 2026, 2028

const oncePeriod = "once"

// releases are the finance bureau's, by the year they are for, or once.
func releases(all []proposal, communities []surveyed) map[string][]any {
	out := map[string][]any{}
	for i := range all {
		p := &all[i]
		spec := p.terms(p.load)
		yearly := p.moneyIn(&spec, communities)
		for _, r := range periodsOf(&spec) {
			if p.said.released != nil && !slices.Contains(p.said.released, r.period) {
				continue
			}
			d := decision(finance, "release-"+p.name+"-"+strings.ToLower(r.period), p.ref())
			d.Spec.Funding = &v1alpha1.FundingRelease{
				Period: v1alpha1.FundingPeriod(r.period),
				// Whole hundreds: the money covers every community's share.
				Amount:  yuan(upTo(yearly*r.months, 12*100*fenPerYuan) * 100 * fenPerYuan),
				Voucher: fmt.Sprintf("示例-%s-%03d", r.period, i+1),
			}
			out[r.file] = append(out[r.file], d)
		}
	}
	return out
}

// release is one period money is released for, of so many months.
type release struct {
	file, period string
	months       int64
}

func periodsOf(spec *v1alpha1.AdmittedTaskSpec) []release {
	var out []release
	switch spec.Funding.Periods {
	case v1alpha1.PeriodsOnce:
		return []release{{oncePeriod, oncePeriod, monthsTouched(spec.Effective)}}
	case v1alpha1.PeriodsHalfYearly:
		for year := firstYear; year <= lastYear; year++ {
			for half := 1; half <= 2; half++ {
				out = append(out, release{strconv.Itoa(year), fmt.Sprintf("%d-H%d", year, half), 6})
			}
		}
	default:
		for year := firstYear; year <= lastYear; year++ {
			out = append(out, release{strconv.Itoa(year), strconv.Itoa(year), 12})
		}
	}
	return out
}

// monthsTouched counts the months of a window with both ends.
func monthsTouched(w v1alpha1.TaskWindow) int64 {
	months := func(d v1alpha1.Date) int64 {
		day, err := time.Parse(time.DateOnly, string(d))
		if err != nil {
			panic(err) // a date of this program's
		}
		return int64(day.Year())*12 + int64(day.Month())
	}
	return months(w.Until) - months(w.From) + 1
}

// moneyIn is what a task brings all its communities in a whole year, in fen.
func (p *proposal) moneyIn(spec *v1alpha1.AdmittedTaskSpec, communities []surveyed) int64 {
	var out int64
	for _, c := range communities {
		if p.communities == nil || slices.Contains(p.communities, c.name) {
			out += shareOf(spec, c)
		}
	}
	return out
}
