package admission

import (
	"fmt"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/conditions"
)

// status is the whole status that follows from a decision.
func status(ledger *v1alpha1.TaskLedger, answer *admission.Result) v1alpha1.TaskLedgerStatus {
	out := answer.Status
	out.ObservedGeneration = ledger.Generation
	current := conditions.Phase{
		Type: v1alpha1.ConditionCurrent, State: conditions.Done, Reason: v1alpha1.ReasonDecided,
		Message: "every task that targets the community is decided on",
	}
	if answer.Unlisted > 0 {
		current.State, current.Reason = conditions.Stuck, v1alpha1.ReasonLedgerFull
		current.Message = fmt.Sprintf("%d tasks find no entry, since a ledger holds %d: withdraw tasks that are not wanted, or target fewer communities",
			answer.Unlisted, v1alpha1.LedgerMaxEntries)
	}
	over := conditions.Phase{
		Type: v1alpha1.ConditionOvercommitted, State: conditions.Advisory, Reason: v1alpha1.ReasonWithinCapacity,
		Message: "no month is promised more than it has",
	}
	if answer.Overcommitted != "" {
		over.State, over.Reason, over.Message = conditions.Done, v1alpha1.ReasonOvercommitted, answer.Overcommitted
	}
	out.Conditions = conditions.Set(ledger.Status.Conditions, ledger.Generation, []conditions.Phase{current, over},
		conditions.Summary{Message: "the ledger is current"})
	return out
}
