package norms

import (
	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Defaults of a MoneyRule, as the API sets them.
const (
	defaultDistrictShareLimit = 50
)

// districtShare compares the share of the yearly budget that the district pays
// with the limit, in percent.
//
// A line whose source is Other does not say who pays, so it may or may not be
// the district's: the rule is missed when the district's own lines are already
// too much, met when even all the Other lines would not be, and Unknown in
// between.
func districtShare(c *v1alpha1.CommunitySpec, rule *v1alpha1.MoneyRule) Result {
	r := newResult(RuleDistrictShare, AtMost, rule.RuleMeta)
	limit := Int(orDefault(rule.DistrictShareLimitPercent, defaultDistrictShareLimit))
	r.Required = limit.String()

	budget, ok := sumBudget(c.Budget)
	if !ok || budget.total.Sign() <= 0 {
		return r
	}
	surely, _ := budget.district.Mul(Int(100)).Div(budget.total)
	atMost, _ := budget.district.Add(budget.other).Mul(Int(100)).Div(budget.total)
	if surely.Cmp(limit) <= 0 && atMost.Cmp(limit) > 0 {
		return r
	}
	return r.decide(limit, surely)
}

type budgetSums struct {
	total, district, other Ratio
}

// sumBudget adds the lines up. It reports false when there is none, or one of
// them is not an amount.
func sumBudget(lines []v1alpha1.BudgetLine) (budgetSums, bool) {
	var sums budgetSums
	for _, line := range lines {
		amount, ok := ParseDecimal(string(line.YearlyAmount))
		if !ok {
			return budgetSums{}, false
		}
		sums.total = sums.total.Add(amount)
		switch line.Source {
		case "District":
			sums.district = sums.district.Add(amount)
		case "Other":
			sums.other = sums.other.Add(amount)
		}
	}
	return sums, len(lines) > 0
}

// YearlyBudget adds up a community's budget, in the standard's currency. It
// reports false when no line is declared, or one of them is not an amount.
func YearlyBudget(lines []v1alpha1.BudgetLine) (Ratio, bool) {
	sums, ok := sumBudget(lines)
	return sums.total, ok
}

func orDefault(value *int64, fallback int64) int64 {
	if value == nil {
		return fallback
	}
	return *value
}
