package admission

import (
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Placed are the tasks that have a place in a ledger, in its order; none in nil.
func Placed(ledger *v1alpha1.TaskLedgerStatus) []Ref {
	if ledger == nil {
		return nil
	}
	var out []Ref
	for i := range ledger.Entries {
		if e := &ledger.Entries[i]; e.AdmittedAt != nil {
			out = append(out, e.TaskRef)
		}
	}
	return out
}

// Lost are those of some tasks that had a place and have none in a ledger, though
// they did not end: when a ledger was rebuilt from the decisions, what lost its
// place thereby. They are in the order they are given in.
func Lost(had []Ref, after *v1alpha1.TaskLedgerStatus) []Ref {
	if after == nil {
		return slices.Clone(had)
	}
	over := map[Ref]bool{}
	for i := range after.Entries {
		if e := &after.Entries[i]; e.AdmittedAt != nil || e.Decision == v1alpha1.DecisionEnded {
			over[e.TaskRef] = true
		}
	}
	var out []Ref
	for _, ref := range had {
		if !over[ref] {
			out = append(out, ref)
		}
	}
	return out
}
