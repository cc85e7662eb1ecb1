// Package conditions turns the outcomes of a reconcile's phases into the
// conditions of an object, after the kstatus conventions: Ready is the summary,
// Reconciling is there while work is left, Stalled is there when only a change
// by a person can help, and each phase has a condition of its own.
//
// It is not a store of state and talks to no API server. Its invariants are
// checked by Check, which every controller test calls on every object it
// leaves.
package conditions

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// maxMessage is the longest message the API accepts in a condition.
const maxMessage = 32768

// State is how far a phase has come.
type State int

// The states of a phase.
const (
	// Done: what the phase provides is in place at this generation.
	Done State = iota
	// Waiting: the controller, or something it waits for, still has work to do.
	Waiting
	// Stuck: only a change by a person can help.
	Stuck
	// Advisory: the condition is False or Unknown and does not affect Ready.
	Advisory
	// AdvisoryUnknown: nobody can tell; does not affect Ready.
	AdvisoryUnknown
)

// Phase is the outcome of one phase of a reconcile.
type Phase struct {
	// Type of the condition the phase sets.
	Type string
	// State the phase is in.
	State State
	// Reason in CamelCase.
	Reason string
	// Message says what is so and, when it is not as wanted, what to do.
	Message string
}

// Summary is what Ready says when every phase is done.
type Summary struct {
	// Reason of Ready=True; v1alpha1.ReasonReady when empty.
	Reason string
	// Message of Ready=True.
	Message string
}

// Set writes the phases' conditions and the summary into conds. A condition of
// an earlier reconcile that no phase set now is removed: what does not apply is
// absent, not False. Times of transition are kept where the status is unchanged.
func Set(conds []metav1.Condition, generation int64, phases []Phase, summary Summary) []metav1.Condition {
	out := slices.Clone(conds)
	wanted := map[string]bool{}
	put := func(c metav1.Condition) {
		c.ObservedGeneration = generation
		if len(c.Message) > maxMessage {
			c.Message = strings.ToValidUTF8(c.Message[:maxMessage], "")
		}
		wanted[c.Type] = true
		meta.SetStatusCondition(&out, c)
	}
	put(ready(phases, summary))
	if c, ok := progress(phases); ok {
		put(c)
	}
	for _, p := range phases {
		put(metav1.Condition{Type: p.Type, Status: p.status(), Reason: p.Reason, Message: p.Message})
	}
	return slices.DeleteFunc(out, func(c metav1.Condition) bool { return !wanted[c.Type] })
}

// Deleting writes the conditions of an object that is being deleted: Ready is
// False with reason Deleting and says what remains.
func Deleting(conds []metav1.Condition, generation int64, remains string) []metav1.Condition {
	out := slices.Clone(conds)
	for _, c := range []metav1.Condition{
		{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse},
		{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue},
	} {
		c.Reason, c.Message, c.ObservedGeneration = v1alpha1.ReasonDeleting, remains, generation
		meta.SetStatusCondition(&out, c)
	}
	meta.RemoveStatusCondition(&out, v1alpha1.ConditionStalled)
	return out
}

func (p Phase) status() metav1.ConditionStatus {
	switch p.State {
	case Done:
		return metav1.ConditionTrue
	case AdvisoryUnknown:
		return metav1.ConditionUnknown
	default:
		return metav1.ConditionFalse
	}
}

// ready is the summary condition: the first stuck phase speaks, else the first
// that waits, since the order of phases is the order in which things are done.
func ready(phases []Phase, summary Summary) metav1.Condition {
	if p, ok := first(phases, Stuck); ok {
		return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: p.Reason, Message: p.Message}
	}
	if p, ok := first(phases, Waiting); ok {
		return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: p.Reason, Message: p.Message}
	}
	reason := summary.Reason
	if reason == "" {
		reason = v1alpha1.ReasonReady
	}
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: reason, Message: summary.Message}
}

// progress is Stalled or Reconciling, never both; neither when all is done.
func progress(phases []Phase) (metav1.Condition, bool) {
	if p, ok := first(phases, Stuck); ok {
		return metav1.Condition{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: p.Reason, Message: p.Message}, true
	}
	if p, ok := first(phases, Waiting); ok {
		return metav1.Condition{Type: v1alpha1.ConditionReconciling, Status: metav1.ConditionTrue, Reason: p.Reason, Message: p.Message}, true
	}
	return metav1.Condition{}, false
}

func first(phases []Phase, s State) (Phase, bool) {
	i := slices.IndexFunc(phases, func(p Phase) bool { return p.State == s })
	if i < 0 {
		return Phase{}, false
	}
	return phases[i], true
}
