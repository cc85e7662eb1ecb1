package norms

import (
	"fmt"
	"strings"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// The rules a community is held to, in the order Evaluate returns them. The
// names appear in status and in metric labels and never change.
const (
	RuleCommitteeSeats = "CommitteeSeats"
	RulePremisesArea   = "PremisesArea"
	RuleStationArea    = "StationArea"
	RuleServiceArea    = "ServiceArea"
	RuleFacilities     = "Facilities"
	RuleCommunitySize  = "CommunitySize"
	RuleWorkers        = "Workers"
	RuleSignboards     = "Signboards"
	RuleDistrictShare  = "DistrictShare"
)

var ruleNames = []string{
	RuleCommitteeSeats, RulePremisesArea, RuleStationArea, RuleServiceArea, RuleFacilities,
	RuleCommunitySize, RuleWorkers, RuleSignboards, RuleDistrictShare,
}

// RuleNames lists every rule Evaluate knows, in its order.
func RuleNames() []string { return append([]string(nil), ruleNames...) }

// Bound says how the required figure is meant.
type Bound string

// The bounds.
const (
	AtLeast Bound = "AtLeast" // actual ≥ required
	AtMost  Bound = "AtMost"  // actual ≤ required
	Between Bound = "Between" // required is "min–max", both included
	AllOf   Bound = "AllOf"   // required and actual are lists
)

// Result is one rule held against one community.
type Result struct {
	// Rule is one of the Rule constants.
	Rule string
	// Title is the rule as a resident reads it.
	Title v1alpha1.LocalizedText
	// Result is Met, NotMet, or Unknown when a figure is not declared.
	Result v1alpha1.NormResult
	// Bound says how Required is meant.
	Bound Bound
	// Required is exact; empty when the standard sets nothing for this community
	// or when the figure it depends on is not declared.
	Required string
	// Actual is exact; empty when not declared.
	Actual string
	// Gap is what is missing (or too much), exact and positive; empty unless
	// NotMet.
	Gap string
	// Missing are the facilities not there; nil for other rules.
	Missing []string
	// Unit of Required, Actual and Gap.
	Unit v1alpha1.LocalizedText
	// Effect of the rule; never empty.
	Effect v1alpha1.RuleEffect
	// Source is the document the rule comes from; may be empty.
	Source string
}

var titles = map[string]v1alpha1.LocalizedText{
	RuleCommitteeSeats: {ZH: "居民委员会职数", EN: "Residents' committee seats"},
	RulePremisesArea:   {ZH: "办公服务用房面积", EN: "Office and service premises"},
	RuleStationArea:    {ZH: "社区服务站面积", EN: "Service station floor area"},
	RuleServiceArea:    {ZH: "每百户居民服务设施面积", EN: "Service area per 100 households"},
	RuleFacilities:     {ZH: "应有设施", EN: "Required facilities"},
	RuleCommunitySize:  {ZH: "社区规模", EN: "Community size"},
	RuleWorkers:        {ZH: "社区工作者人数", EN: "Community workers"},
	RuleSignboards:     {ZH: "挂牌数量", EN: "Signboards"},
	RuleDistrictShare:  {ZH: "区级经费占比", EN: "Share of budget from the district"},
}

var units = map[string]v1alpha1.LocalizedText{
	RuleCommitteeSeats: {ZH: "人", EN: "seats"},
	RulePremisesArea:   {ZH: "平方米", EN: "m²"},
	RuleStationArea:    {ZH: "平方米", EN: "m²"},
	RuleServiceArea:    {ZH: "平方米", EN: "m²"},
	RuleFacilities:     {ZH: "项", EN: "facilities"},
	RuleCommunitySize:  {ZH: "户", EN: "households"},
	RuleWorkers:        {ZH: "人", EN: "workers"},
	RuleSignboards:     {ZH: "块", EN: "signboards"},
	RuleDistrictShare:  {ZH: "%", EN: "%"},
}

// Title returns a rule's title; the name itself for a rule it does not know.
func Title(rule string) v1alpha1.LocalizedText {
	if t, ok := titles[rule]; ok {
		return t
	}
	return v1alpha1.LocalizedText{ZH: rule, EN: rule}
}

func newResult(rule string, bound Bound, meta v1alpha1.RuleMeta) Result {
	effect := meta.Effect
	if effect == "" {
		effect = v1alpha1.EffectWarn
	}
	return Result{
		Rule: rule, Title: Title(rule), Result: v1alpha1.NormUnknown, Bound: bound,
		Unit: units[rule], Effect: effect, Source: meta.Source,
	}
}

// decide fills the verdict of an AtLeast or AtMost rule from exact figures.
func (r Result) decide(required, actual Ratio) Result {
	r.Required, r.Actual = required.String(), actual.String()
	gap := required.Sub(actual)
	if r.Bound == AtMost {
		gap = actual.Sub(required)
	}
	r.Result = v1alpha1.NormMet
	if gap.Sign() > 0 {
		r.Result, r.Gap = v1alpha1.NormNotMet, gap.String()
	}
	return r
}

// Blocking returns the results that block new admissions: not met, and to be
// enforced. Unknown never blocks: nobody is punished for a figure that was not
// asked for.
func Blocking(results []Result) []Result {
	var out []Result
	for _, r := range results {
		if r.Result == v1alpha1.NormNotMet && r.Effect == v1alpha1.EffectEnforce {
			out = append(out, r)
		}
	}
	return out
}

// Count returns how many rules are met, and how many could be judged at all.
func Count(results []Result) (met, known int) {
	for _, r := range results {
		switch r.Result {
		case v1alpha1.NormMet:
			met++
			known++
		case v1alpha1.NormNotMet:
			known++
		case v1alpha1.NormUnknown:
		}
	}
	return met, known
}

// Summary is "met/known", as Community.status.normsMet shows it.
func Summary(results []Result) string {
	met, known := Count(results)
	return fmt.Sprintf("%d/%d", met, known)
}

// Conforming reports whether every rule that could be judged is met.
func Conforming(results []Result) bool {
	met, known := Count(results)
	return met == known
}

// Status turns results into what Community.status.norms holds.
func Status(results []Result) []v1alpha1.NormStatus {
	out := make([]v1alpha1.NormStatus, 0, len(results))
	for _, r := range results {
		out = append(out, v1alpha1.NormStatus{
			Rule: r.Rule, Result: r.Result, Required: r.Required, Actual: r.Actual,
			Unit: r.Unit.EN, Effect: r.Effect, Source: r.Source,
		})
	}
	return out
}

// Explain says in one English sentence what is not met and what is not known,
// with the figures, for a condition's message.
func Explain(results []Result) string {
	met, known := Count(results)
	var missed, unknown []string
	for _, r := range results {
		switch r.Result {
		case v1alpha1.NormNotMet:
			missed = append(missed, r.explain())
		case v1alpha1.NormUnknown:
			unknown = append(unknown, r.Rule)
		case v1alpha1.NormMet:
		}
	}
	out := fmt.Sprintf("%d of %d rules met", met, known)
	if len(missed) > 0 {
		out += "; not met: " + strings.Join(missed, ", ")
	}
	if len(unknown) > 0 {
		out += "; not declared, so unknown: " + strings.Join(unknown, ", ")
	}
	return out
}

func (r Result) explain() string {
	switch r.Bound {
	case AllOf:
		return fmt.Sprintf("%s (missing %s)", r.Rule, clip(r.Missing))
	case AtMost:
		return fmt.Sprintf("%s (has %s, at most %s %s)", r.Rule, r.Actual, r.Required, r.Unit.EN)
	case AtLeast, Between:
	}
	return fmt.Sprintf("%s (has %s, needs %s %s)", r.Rule, r.Actual, r.Required, r.Unit.EN)
}
