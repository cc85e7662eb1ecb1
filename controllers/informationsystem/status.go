package informationsystem

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/conditions"
)

const (
	// renewal is how long before a certificate expires Ready's message says so.
	renewal = 30 * 24 * time.Hour
	// maxNamed is how many communities a message names.
	maxNamed = 5
)

// status is the whole status that follows from a reconcile.
func (s *scope) status() v1alpha1.InformationSystemStatus {
	system := s.system
	return v1alpha1.InformationSystemStatus{
		ObservedGeneration: system.Generation,
		Conditions:         conditions.Set(system.Status.Conditions, system.Generation, s.phases(), conditions.Summary{Message: s.message()}),
		Consumers:          ptr.To(int64(len(s.consumers))),
	}
}

// phases: a system is either as it should be, which Ready says, or a person must
// correct it; everything that is wrong is said at once, under the first reason.
// Whether it answers is told apart from that: couriers try until it does.
func (s *scope) phases() []conditions.Phase {
	var out []conditions.Phase
	found := s.mistakes
	switch {
	case s.barred != nil:
		found = append(slices.Clip(found), mistake{
			v1alpha1.ReasonCredentialsMissing, fmt.Sprintf("the operator may not read its Secret: restore the ClusterRole the operator was installed with (%v)", s.barred),
		})
	case s.lacking != nil:
		found = append(slices.Clip(found), mistake{s.lacking.Reason(), s.lacking.Error()})
	}
	if len(found) > 0 {
		said := make([]string, len(found))
		for i := range found {
			said[i] = found[i].message
		}
		out = append(out, conditions.Phase{
			Type: v1alpha1.ConditionReady, State: conditions.Stuck, Reason: found[0].reason, Message: strings.Join(said, ". "),
		})
	}
	if s.probed {
		out = append(out, s.reachable())
	}
	return out
}

// message of a system that is ready.
func (s *scope) message() string {
	const ready = "the system is declared as couriers need it"
	if s.secret == nil {
		return ready + ", and needs no credentials"
	}
	const held = ready + ", and its credentials are there"
	switch on := s.until.UTC().Format("2 January 2006"); {
	case s.until.IsZero():
		return held
	case s.until.Sub(s.now) <= renewal:
		return held + "; a certificate expires on " + on + ": have it renewed before"
	default:
		return held + "; the first certificate expires on " + on
	}
}

// reachable is what the last probe found. An operator that has just begun leaves
// what an earlier one has said, until it knows itself.
func (s *scope) reachable() conditions.Phase {
	phase := conditions.Phase{Type: v1alpha1.ConditionReachable, State: conditions.Advisory, Reason: v1alpha1.ReasonNoAnswer}
	if o := s.outcome; o != nil {
		if phase.Message = o.message; o.answered {
			phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonAnswered
		}
		return phase
	}
	was := meta.FindStatusCondition(s.system.Status.Conditions, v1alpha1.ConditionReachable)
	if was == nil || was.ObservedGeneration != s.system.Generation || was.Status == metav1.ConditionUnknown {
		phase.State, phase.Reason, phase.Message = conditions.AdvisoryUnknown, v1alpha1.ReasonProbing, "the system was not asked yet"
		return phase
	}
	phase.Reason, phase.Message = was.Reason, was.Message
	if was.Status == metav1.ConditionTrue {
		phase.State = conditions.Done
	}
	return phase
}

// deleting is the status of a system that somebody else's finalizer still holds.
func deleting(system *v1alpha1.InformationSystem, consumers []string) v1alpha1.InformationSystemStatus {
	out := *system.Status.DeepCopy()
	out.ObservedGeneration = system.Generation
	out.Consumers = ptr.To(int64(len(consumers)))
	message := "the system goes as soon as its finalizers are removed: " + base.Join(system.Finalizers)
	if len(consumers) > 0 {
		named := consumers
		if more := len(named) - maxNamed; more > 0 {
			named = append(named[:maxNamed:maxNamed], fmt.Sprintf("and %d more", more))
		}
		message += fmt.Sprintf("; Communities still connected to it: %s; take it out of their spec.integrations, or nothing is delivered there any more", base.Join(named))
	}
	out.Conditions = conditions.Deleting(system.Status.Conditions, system.Generation, message)
	meta.RemoveStatusCondition(&out.Conditions, v1alpha1.ConditionReachable)
	return out
}
