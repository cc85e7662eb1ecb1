package norms

import (
	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Defaults of a WorkforceRule, as the API sets them.
const (
	defaultMinutesPerWorkerDay = 480
	defaultAdministrativeShare = 60
)

// MinutesPerMonth returns the working minutes of the workers in a month of so
// many working days. It reports false without a rule.
func MinutesPerMonth(workers int64, rule *v1alpha1.WorkforceRule, workingDays int64) (int64, bool) {
	if rule == nil {
		return 0, false
	}
	return minutes(Int(max(workers, 0)), rule, workingDays).Floor(), true
}

func minutes(workers Ratio, rule *v1alpha1.WorkforceRule, workingDays int64) Ratio {
	perDay := Int(positiveOr(rule.MinutesPerWorkerDay, defaultMinutesPerWorkerDay))
	return workers.Mul(perDay).Mul(Int(max(workingDays, 0)))
}

// AdministrativeMinutes returns the part of the minutes that administrative
// tasks may take, whole minutes only: what a fraction would add stays with
// self-government. It reports false without a rule.
func AdministrativeMinutes(minutesPerMonth int64, rule *v1alpha1.WorkforceRule) (int64, bool) {
	if rule == nil {
		return 0, false
	}
	share := Int(orDefault(rule.AdministrativeSharePercent, defaultAdministrativeShare))
	part, _ := Int(max(minutesPerMonth, 0)).Mul(share).Div(Int(100))
	return max(part.Floor(), 0), true
}

// WorkingDaysPerMonth is the standard's month: the grid rule's working days, 20
// where it says nothing. It is the same every month, so figures that come from
// it change only when somebody changes the standard. The days of one real month
// are a Calendar's.
func WorkingDaysPerMonth(standard *v1alpha1.CommunityStandardSpec) int64 {
	if standard == nil || standard.Grid == nil {
		return defaultWorkingDaysPerMonth
	}
	return positiveOr(standard.Grid.WorkingDaysPerMonth, defaultWorkingDaysPerMonth)
}

// Workforce returns the working time of a community's posts in the standard's
// month, and the part administrative tasks may take; nil when the standard has
// no workforce rule or no post is declared.
func Workforce(c *v1alpha1.CommunitySpec, standard *v1alpha1.CommunityStandardSpec) *v1alpha1.WorkforceStatus {
	if c == nil || standard == nil || standard.Workforce == nil {
		return nil
	}
	workers, known := WorkerCount(c.Workforce)
	if !known {
		return nil
	}
	all := minutes(workers, standard.Workforce, WorkingDaysPerMonth(standard)).Floor()
	administrative, _ := AdministrativeMinutes(all, standard.Workforce)
	return &v1alpha1.WorkforceStatus{
		MinutesPerMonth: &all, AdministrativeMinutesPerMonth: &administrative,
	}
}
