package main

import (
	"fmt"
	"strings"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// malformedIdentity is what most systems say to a number that can't be one.
const malformedIdentity = "identity-number-malformed MaterialsMissing"

// answers reads what the simulated systems say (docs/reference/simulators.md).
// Each word is one of the system's for why it rejects, and what that means to a
// case.
func answers(words ...string) *v1alpha1.SystemReading {
	words = append(words, "element-not-accepted NotAdmitted", "purpose-not-allowed NotAdmitted")
	rejected := &v1alpha1.AnswerRule{When: `body.outcome == "rejected"`, Code: "body.reason", Otherwise: "NotEligible"}
	for _, w := range words {
		word, reason, _ := strings.Cut(w, " ")
		rejected.Reasons = append(rejected.Reasons, v1alpha1.AnswerReason{Word: word, Reason: v1alpha1.CaseReason(reason)})
	}
	return &v1alpha1.SystemReading{
		Accepted: `body.outcome == "accepted"`,
		Rejected: rejected,
		MoreNeeded: &v1alpha1.AnswerRule{
			When: `body.outcome == "more-information"`, Code: "body.reason", Otherwise: "MaterialsMissing",
		},
		Reference: "body.reference",
	}
}

// receipted takes for the reference the number of the receipt, which stands on the
// biller's statements too.
func receipted(r *v1alpha1.SystemReading) *v1alpha1.SystemReading {
	r.Reference = "body.receipt.number"
	return r
}

// waitingAt has a case wait where the system rejects it with a word for now only,
// such as for a course that is full.
func waitingAt(word string, r *v1alpha1.SystemReading) *v1alpha1.SystemReading {
	r.Rejected.When += fmt.Sprintf(" && body.reason != %q", word)
	r.MoreNeeded.When += fmt.Sprintf(" || body.reason == %q", word)
	r.MoreNeeded.Reasons = []v1alpha1.AnswerReason{{Word: word, Reason: "WaitingForDepartment"}}
	return r
}

// yesOrNo reads a register that answers yes or no and never why, nor with a number
// of its own. No has a reason for the case.
func yesOrNo(no v1alpha1.CaseReason) *v1alpha1.SystemReading {
	r := answers(malformedIdentity)
	r.Accepted = `body.outcome == "answered" && body.answer == "yes"`
	r.Rejected.When = `body.outcome == "rejected" || body.outcome == "answered" && body.answer == "no"`
	r.Rejected.Code = `has(body.answer) ? body.answer : body.reason`
	r.Rejected.Reasons = append(r.Rejected.Reasons, v1alpha1.AnswerReason{Word: "no", Reason: no})
	r.Reference = ""
	return r
}
