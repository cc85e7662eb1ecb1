package norms

import (
	"fmt"
	"slices"
	"time"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Rules of a standard that are held against something other than a community's
// own figures: against its grids, its tasks or their money.
const (
	RuleGridSize            = "GridSize"
	RuleAdministrativeShare = "AdministrativeShare"
	RuleLedgers             = "Ledgers"
	RuleMonthlyIndicators   = "MonthlyIndicators"
	RuleMonthlyReports      = "MonthlyReports"
	RuleCostCoverage        = "CostCoverage"
)

// Rules names every rule a standard sets, those of Evaluate first.
func Rules(standard *v1alpha1.CommunityStandardSpec) []string {
	var out []string
	for _, r := range Evaluate(Facts{}, standard) {
		out = append(out, r.Rule)
	}
	if standard == nil {
		return out
	}
	add := func(set bool, rule string) {
		if set {
			out = append(out, rule)
		}
	}
	add(standard.Grid != nil, RuleGridSize)
	add(standard.Workforce != nil, RuleAdministrativeShare)
	if b := standard.Burden; b != nil {
		add(b.Ledgers != nil, RuleLedgers)
		add(b.MonthlyIndicators != nil, RuleMonthlyIndicators)
		add(b.MonthlyReports != nil, RuleMonthlyReports)
	}
	add(standard.Money != nil, RuleCostCoverage)
	return out
}

// Check looks for what the API server lets through but no community can make
// sense of: bands that can never be reached, days that do not exist, make-up
// days that are no weekend. Each answer names the field and the cure.
func Check(standard *v1alpha1.CommunityStandardSpec) []string {
	if standard == nil {
		return nil
	}
	var out []string
	if standard.Committee != nil {
		out = append(out, checkCommittee(standard.Committee.Bands)...)
	}
	if standard.Premises != nil {
		out = append(out, checkPremises(standard.Premises.Bands)...)
	}
	if standard.Calendar != nil {
		out = append(out, checkCalendar(standard.Calendar)...)
	}
	return out
}

func checkCommittee(bands []v1alpha1.CommitteeBand) []string {
	var out []string
	for i := 1; i < len(bands); i++ {
		before, this := bands[i-1].MaxHouseholds, bands[i].MaxHouseholds
		if before <= 0 || (this > 0 && this <= before) {
			out = append(out, fmt.Sprintf(
				"spec.committee.bands[%d] is never reached: write the bands in ascending order of maxHouseholds", i))
		}
	}
	return out
}

func checkPremises(bands []v1alpha1.PremisesBand) []string {
	var out []string
	highest := map[string]int64{} // by class, the households all earlier bands take; 0 is all
	for i, b := range bands {
		before, seen := highest[b.Class]
		if seen && (before <= 0 || (b.MaxHouseholds > 0 && b.MaxHouseholds <= before)) {
			out = append(out, fmt.Sprintf("spec.premises.bands[%d] is never reached: write the bands of class %q "+
				"in ascending order of maxHouseholds, the one without it last", i, b.Class))
			continue
		}
		highest[b.Class] = b.MaxHouseholds
	}
	return out
}

func checkCalendar(calendar *v1alpha1.Calendar) []string {
	var out []string
	if _, err := NewCalendar(calendar); err != nil {
		out = append(out, "spec.calendar: "+err.Error())
	}
	for _, d := range calendar.MakeUpDays {
		day, err := time.Parse(time.DateOnly, string(d))
		if err != nil {
			continue // said above
		}
		if weekday := day.Weekday(); weekday != time.Saturday && weekday != time.Sunday {
			out = append(out, fmt.Sprintf("spec.calendar.makeUpDays: %s is a %s, a working day already: take it out", d, weekday))
		}
		if slices.Contains(calendar.Holidays, d) {
			out = append(out, fmt.Sprintf("spec.calendar: %s is both a holiday and a make-up day: take it out of one", d))
		}
	}
	return out
}
