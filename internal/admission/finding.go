package admission

import (
	"fmt"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Finding is one thing that stands between a task and a community.
type Finding struct {
	Decision v1alpha1.LedgerDecision `json:"decision"`
	Reason   v1alpha1.LedgerReason   `json:"reason"`
	// Message carries the numbers and what would alter the answer.
	Message string `json:"message"`
	// Changes would each, alone, put this finding out of the way: the smallest
	// of their kind. Where several are marked Together, all of those are needed.
	Changes []Change `json:"changes,omitempty"`
}

// Object says what a change is made to.
type Object string

// The objects of a change.
const (
	OfTask      Object = "AdmittedTask"
	OfCommunity Object = "Community"
	OfStation   Object = "ServiceStation"
	OfGrid      Object = "Grid"
	OfStandard  Object = "CommunityStandard"
	OfDecision  Object = "TaskDecision"
	OfSystem    Object = "InformationSystem"
	OfPolicy    Object = "ValidatingAdmissionPolicy"
)

// How says how a change is made.
type How string

// The ways to change a field.
const (
	// Set the field to the value; also the empty How.
	Set How = "Set"
	// Add the value to the list, or the number to the figure.
	Add How = "Add"
	// Remove the value from the list.
	Remove How = "Remove"
)

// Change is one edit of one field that would alter a decision.
type Change struct {
	Object Object `json:"object"`
	// Name of the object where it is not the task or the community themselves.
	Name  string `json:"name,omitempty"`
	Field string `json:"field"`
	How   How    `json:"how,omitempty"`
	To    string `json:"to,omitempty"`
	// Together marks a change that needs the finding's others of that mark.
	Together bool `json:"together,omitempty"`
}

func refuse(reason v1alpha1.LedgerReason, message string, changes ...Change) *Finding {
	return &Finding{Decision: v1alpha1.DecisionRefused, Reason: reason, Message: message, Changes: changes}
}

func wait(reason v1alpha1.LedgerReason, message string, changes ...Change) *Finding {
	return &Finding{Decision: v1alpha1.DecisionWaiting, Reason: reason, Message: message, Changes: changes}
}

func end(reason v1alpha1.LedgerReason, message string, changes ...Change) *Finding {
	return &Finding{Decision: v1alpha1.DecisionEnded, Reason: reason, Message: message, Changes: changes}
}

// together marks several changes as needed all.
func together(changes []Change) []Change {
	if len(changes) > 1 {
		for i := range changes {
			changes[i].Together = true
		}
	}
	return changes
}

// andMore says that there are more than the one a message names.
func andMore(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" (and %d more)", n)
}

// cut keeps a text within so many characters.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	if r := []rune(s); len(r) > most {
		return string(r[:max(most-1, 0)]) + "…"
	}
	return s
}
