package admission

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
)

// substandard refuses whatever is new where norms are not met.
func substandard(unmet []norms.Result) *Finding {
	first := &unmet[0]
	what := fmt.Sprintf("has %s, needs %s %s", first.Actual, first.Required, first.Unit.EN)
	if first.Bound == norms.AllOf {
		what = "lacks " + first.Missing[0] + andMore(len(first.Missing)-1)
	}
	f := refuse(v1alpha1.LedgerNormNotMet, fmt.Sprintf("%s: %s%s; nothing new enters until the community meets the norm", first.Title.EN, what, andMore(len(unmet)-1)))
	for _, r := range unmet {
		change := Change{Object: OfCommunity, Field: normFields[r.Rule], How: Add}
		switch {
		case r.Rule == norms.RuleStationArea:
			change.Object = OfStation
		case r.Bound == norms.AtMost || (r.Bound == norms.Between && above(r)):
			change.How = Remove
		}
		if r.Bound == norms.AllOf {
			for _, name := range r.Missing {
				change.To = name
				f.Changes = append(f.Changes, change)
			}
			continue
		}
		change.To = whole(r.Gap)
		f.Changes = append(f.Changes, change)
	}
	f.Changes = together(f.Changes)
	return f
}

// normFields are the fields a community meets a norm by.
var normFields = map[string]string{
	norms.RuleCommitteeSeats: "spec.committee.seats", norms.RulePremisesArea: "spec.premises", norms.RuleServiceArea: "spec.premises",
	norms.RuleStationArea: "spec.premisesSquareMeters", norms.RuleFacilities: "spec.facilities", norms.RuleCommunitySize: "spec.profile.households",
	norms.RuleWorkers: "spec.workforce", norms.RuleSignboards: "spec.signboards", norms.RuleDistrictShare: "spec.budget",
}

// above reports whether a figure between two bounds is above them.
func above(r norms.Result) bool {
	actual, _ := strconv.ParseInt(r.Actual, 10, 64)
	gap, _ := strconv.ParseInt(r.Gap, 10, 64)
	_, most, _ := strings.Cut(r.Required, "–")
	return strconv.FormatInt(actual-gap, 10) == most
}

// whole rounds an exact figure up: there are no parts of posts or square metres.
// Shares of money keep theirs.
func whole(figure string) string {
	exact, ok := new(big.Rat).SetString(figure)
	if !ok || exact.IsInt() {
		return figure
	}
	n := new(big.Int).Div(exact.Num(), exact.Denom())
	return n.Add(n, big.NewInt(1)).String()
}
