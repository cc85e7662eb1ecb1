package norms

import (
	"fmt"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Defaults of a GridRule, as the API sets them. A rule that never passed the
// API server is read the same way.
const (
	defaultTeamSize             = 2
	defaultHouseholdsPerTeamDay = 10
	defaultWorkingDaysPerMonth  = 20
)

func positiveOr(value, fallback int64) int64 {
	if value > 0 {
		return value
	}
	return fallback
}

func teamSize(rule *v1alpha1.GridRule) Ratio { return Int(positiveOr(rule.TeamSize, defaultTeamSize)) }

func perTeamDay(rule *v1alpha1.GridRule) Ratio {
	return Int(positiveOr(rule.HouseholdsPerTeamDay, defaultHouseholdsPerTeamDay))
}

// HouseholdsPerWorker returns households ÷ workers. It reports false when there
// are no households or no workers.
func HouseholdsPerWorker(households, workers int64) (Ratio, bool) {
	if households <= 0 || workers <= 0 {
		return Ratio{}, false
	}
	return NewRatio(households, workers)
}

// VisitCycle returns how many working days it takes to visit every household
// once: households per worker × team size ÷ households per team-day. It reports
// false when there are no households, no workers or no rule.
func VisitCycle(households, workers int64, rule *v1alpha1.GridRule) (Ratio, bool) {
	each, ok := HouseholdsPerWorker(households, workers)
	if !ok || rule == nil {
		return Ratio{}, false
	}
	return each.Mul(teamSize(rule)).Div(perTeamDay(rule))
}

// VisitsPerMonth returns how many household visits the workers can make in a
// month of the rule's working days, whole visits only: workers ÷ team size ×
// households per team-day × working days. It reports false without a rule.
func VisitsPerMonth(workers int64, rule *v1alpha1.GridRule) (int64, bool) {
	if rule == nil {
		return 0, false
	}
	days := Int(positiveOr(rule.WorkingDaysPerMonth, defaultWorkingDaysPerMonth))
	teams, _ := Int(max(workers, 0)).Div(teamSize(rule))
	return teams.Mul(perTeamDay(rule)).Mul(days).Floor(), true
}

// GridSize is the verdict on a grid's households.
type GridSize struct {
	// Result is Met, NotMet, or Unknown when there is no rule or no figure.
	Result v1alpha1.NormResult
	// Reason is one of the Grid kind's SizeMet reasons.
	Reason string
	// Message says the figures and, when not met, what to do.
	Message string
}

// SizeVerdict holds a unit grid's households against the rule. One compound is
// valid at any size. Only grids of level 3 are units; the rule does not speak of
// levels 1 and 2, so don't ask for them.
func SizeVerdict(households int64, area v1alpha1.GridArea, rule *v1alpha1.GridRule) GridSize {
	switch {
	case area == v1alpha1.GridCompound:
		return GridSize{v1alpha1.NormMet, v1alpha1.ReasonOneCompound,
			fmt.Sprintf("one compound of %d households, valid at any size", households)}
	case rule == nil:
		return GridSize{v1alpha1.NormUnknown, v1alpha1.ReasonNoGridRule,
			"the standard sets no grid size"}
	case households < rule.MinHouseholds:
		return GridSize{v1alpha1.NormNotMet, v1alpha1.ReasonTooSmall, fmt.Sprintf(
			"%d households, at least %d: join it with a neighbour, or declare area: Compound if it is one compound",
			households, rule.MinHouseholds)}
	case households > rule.MaxHouseholds:
		return GridSize{v1alpha1.NormNotMet, v1alpha1.ReasonTooLarge, fmt.Sprintf(
			"%d households, at most %d: %s", households, rule.MaxHouseholds, splitAdvice(households, rule))}
	}
	return GridSize{v1alpha1.NormMet, v1alpha1.ReasonWithinBounds, fmt.Sprintf(
		"%d households, within %d–%d", households, rule.MinHouseholds, rule.MaxHouseholds)}
}

func splitAdvice(households int64, rule *v1alpha1.GridRule) string {
	least, most := GridCountBounds(households, rule)
	switch {
	case least > most:
		return "too many for one grid and too few for two: move the boundary with a neighbour"
	case least == most:
		return fmt.Sprintf("split it into %d grids", least)
	}
	return fmt.Sprintf("split it into %d to %d grids", least, most)
}

// GridCountBounds returns how many unit grids the households can be divided
// into: at least ⌈households ÷ max⌉, at most ⌊households ÷ min⌋, and one where
// they are too few for any, since one compound is valid at any size. Where no
// count fits (801 to 999 households at 500 to 800 each) least is above most.
// Without a rule or households both are 0.
func GridCountBounds(households int64, rule *v1alpha1.GridRule) (least, most int64) {
	if rule == nil || households <= 0 {
		return 0, 0
	}
	least, most = 1, households
	if atMost, ok := NewRatio(households, rule.MaxHouseholds); ok && rule.MaxHouseholds > 0 {
		least = atMost.Ceil()
	}
	if atLeast, ok := NewRatio(households, rule.MinHouseholds); ok && rule.MinHouseholds > 0 {
		most = max(atLeast.Floor(), 1)
	}
	return least, most
}
