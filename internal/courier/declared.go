package courier

import (
	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

// reasons of a case by what an InformationSystem calls them.
var reasons = map[v1alpha1.CaseReason]casework.Reason{
	"NotOurs":              casework.NotOurs,
	"NotEligible":          casework.NotEligible,
	"NotAdmitted":          casework.NotAdmitted,
	"Duplicate":            casework.Duplicate,
	"MaterialsMissing":     casework.MaterialsMissing,
	"NothingFound":         casework.NothingFound,
	"OutsideBoundary":      casework.OutsideBoundary,
	"ResidentUnavailable":  casework.ResidentUnavailable,
	"WaitingForDepartment": casework.WaitingForDepartment,
	"UnsafeNow":            casework.UnsafeNow,
}

// RulesOf are the rules an InformationSystem declares; of one that declares none (nil),
// that any status from 200 to 299 accepts. A reason nobody knows becomes an empty one,
// which does not compile.
func RulesOf(declared *v1alpha1.SystemReading) ReadingRules {
	if declared == nil {
		return ReadingRules{}
	}
	return ReadingRules{
		Accepted: declared.Accepted, Rejected: condition(declared.Rejected), MoreNeeded: condition(declared.MoreNeeded),
		Reference: declared.Reference,
	}
}

func condition(declared *v1alpha1.AnswerRule) *Condition {
	if declared == nil {
		return nil
	}
	out := &Condition{When: declared.When, Code: declared.Code, Reasons: map[string]casework.Reason{}, Otherwise: reasons[declared.Otherwise]}
	for _, r := range declared.Reasons {
		out.Reasons[r.Word] = reasons[r.Reason]
	}
	return out
}
