package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// Explanation is where one task stands, community by community.
type Explanation struct {
	Task  Ref                    `json:"task"`
	Title v1alpha1.LocalizedText `json:"title"`
	// Digest of the present terms; empty where the task is gone.
	Digest      v1alpha1.TaskDigest `json:"digest,omitempty"`
	Notes       []string            `json:"notes,omitempty"`
	Communities []Explained         `json:"communities"`
}

// Explained is where the task stands in one community.
type Explained struct {
	Ref   Ref                    `json:"community"`
	Title v1alpha1.LocalizedText `json:"title"`
	// Recorded is the ledger's entry; nil where it has none.
	Recorded *v1alpha1.LedgerEntry `json:"recorded,omitempty"`
	// Answer is what the engine says now; nil where the task is gone or no longer
	// meant for the community.
	Answer *Answer `json:"answer,omitempty"`
	// Current reports whether ledger and engine agree. Where they don't, the
	// operator has yet to look, or does not run.
	Current bool   `json:"current"`
	Burden  Burden `json:"burden"`
}

// Explain works out where a task stands. Of the options, At, Communities and
// PolicyProblem count; nothing is assumed.
func Explain(objects *Objects, task Ref, o Options) (*Explanation, error) {
	out := &Explanation{Task: task, Communities: []Explained{}}
	o.Strict, o.Proposed, o.Before = true, nil, nil
	if i := slices.IndexFunc(objects.Tasks, func(t *v1alpha1.AdmittedTask) bool { return refOf(t) == task && t.DeletionTimestamp == nil }); i >= 0 {
		o.Proposed = []Ref{task}
		out.Title, out.Digest = objects.Tasks[i].Spec.Title, admission.Digest(&objects.Tasks[i].Spec)
	}
	p, err := Compute(objects, o)
	if err != nil {
		return nil, err
	}
	out.Notes = p.Notes
	ledgers := map[Ref]*v1alpha1.TaskLedgerStatus{}
	for _, l := range objects.Ledgers {
		ledgers[refOf(l)] = &l.Status
	}
	for i := range p.Communities {
		c := &p.Communities[i]
		e := Explained{Ref: c.Ref, Title: c.Title, Recorded: entry(ledgers[c.Ref], task), Burden: c.After}
		if len(c.Answers) > 0 {
			e.Answer = &c.Answers[0]
		}
		if e.Answer == nil && e.Recorded == nil {
			continue
		}
		e.Current = e.agrees(out.Digest)
		out.Communities = append(out.Communities, e)
	}
	if out.Digest == "" && len(out.Communities) == 0 {
		return nil, fmt.Errorf("there is no AdmittedTask %s in namespace %s, and no ledger remembers one: correct the name, or name the namespace with -n", task.Name, task.Namespace)
	}
	if len(o.Communities) > 0 && len(out.Communities) == 0 {
		return nil, errors.New("the task is not meant for that community, and its ledger does not remember it: correct --community, or leave it out to see where the task stands")
	}
	return out, nil
}

func (e *Explained) agrees(digest v1alpha1.TaskDigest) bool {
	if e.Answer == nil || e.Recorded == nil {
		return e.Answer == nil && e.Recorded.Decision == v1alpha1.DecisionEnded
	}
	return e.Recorded.Digest == digest && e.Recorded.Decision == e.Answer.Decision && e.Recorded.Reason == e.Answer.Reason &&
		e.Recorded.Message == e.Answer.Message
}

func entry(l *v1alpha1.TaskLedgerStatus, task Ref) *v1alpha1.LedgerEntry {
	if l == nil {
		return nil
	}
	for i := range l.Entries {
		if l.Entries[i].TaskRef == task {
			return &l.Entries[i]
		}
	}
	return nil
}
