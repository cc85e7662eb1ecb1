package admission

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Reasons of events on a Community about its ledger.
const (
	EventTasksDecided  = "TasksDecided"
	EventLedgerBuilt   = "LedgerBuilt"
	EventLedgerRebuilt = "LedgerRebuilt"
)

// noteLength is how many bytes an event's note may have. The API server refuses
// a longer one, and nobody would ever read it.
const noteLength = 1024

// announce says in one event what a decision has changed.
func (r *Reconciler) announce(s *scope, before, after *v1alpha1.TaskLedgerStatus) {
	if s.ledger == nil {
		r.announceBuilt(s, after)
		return
	}
	was := map[v1alpha1.NamespacedReference]v1alpha1.LedgerReason{}
	for i := range before.Entries {
		was[before.Entries[i].TaskRef] = before.Entries[i].Reason
	}
	changed := map[v1alpha1.LedgerReason][]string{}
	for i := range after.Entries {
		if e := &after.Entries[i]; was[e.TaskRef] != e.Reason {
			changed[e.Reason] = append(changed[e.Reason], e.TaskRef.Namespace+"/"+e.TaskRef.Name)
			r.metrics.transitions.WithLabelValues(string(e.Decision), string(e.Reason)).Inc()
		}
	}
	if len(changed) == 0 {
		return
	}
	r.Recorder.Eventf(s.community, nil, corev1.EventTypeNormal, EventTasksDecided, "Admit", "%s", clip(sum(changed)))
}

// announceBuilt speaks of a ledger that was not there before. Where there was
// one once, what lost its place with it is named, since only an exported ledger
// would bring it back.
func (r *Reconciler) announceBuilt(s *scope, after *v1alpha1.TaskLedgerStatus) {
	changed := map[v1alpha1.LedgerReason][]string{}
	placed := map[v1alpha1.NamespacedReference]bool{}
	for i := range after.Entries {
		e := &after.Entries[i]
		placed[e.TaskRef] = e.AdmittedAt != nil
		changed[e.Reason] = append(changed[e.Reason], e.TaskRef.Namespace+"/"+e.TaskRef.Name)
		r.metrics.transitions.WithLabelValues(string(e.Decision), string(e.Reason)).Inc()
	}
	if len(s.had) == 0 {
		if len(changed) > 0 {
			r.Recorder.Eventf(s.community, nil, corev1.EventTypeNormal, EventLedgerBuilt, "Admit", "%s", clip(sum(changed)))
		}
		return
	}
	var lost []string
	for _, ref := range s.had {
		if !placed[ref] {
			lost = append(lost, ref.Namespace+"/"+ref.Name)
		}
	}
	note := "the ledger was lost and is rebuilt from the decisions in their order; no served task lost its place"
	if len(lost) > 0 {
		note = "the ledger was lost and is rebuilt from the decisions in their order; these served tasks lost their place: " +
			few(lost, len(lost), noteLength-200) + ". kubectl shequ import restores an exported ledger"
	}
	r.Recorder.Eventf(s.community, nil, corev1.EventTypeWarning, EventLedgerRebuilt, "Admit", "%s", clip(note))
}

// sum says how many tasks got which answer, and names the first of each.
func sum(changed map[v1alpha1.LedgerReason][]string) string {
	var reasons []string
	for reason := range changed {
		reasons = append(reasons, string(reason))
	}
	slices.Sort(reasons)
	var out []string
	for _, reason := range reasons {
		room := noteLength/len(reasons) - len(reason) - len(": ") - len("; ")
		out = append(out, reason+": "+few(changed[v1alpha1.LedgerReason(reason)], 3, room))
	}
	return strings.Join(out, "; ")
}

// few names so many tasks at most as fit so many bytes, and counts the others.
func few(names []string, most, room int) string {
	const sep = ", "
	n := 0
	for room -= len(" and 400 more"); n < min(len(names), most) && len(names[n])+len(sep) <= room; n++ {
		room -= len(names[n]) + len(sep)
	}
	switch n {
	case len(names):
		return strings.Join(names, sep)
	case 0:
		return fmt.Sprintf("%d tasks", len(names))
	}
	return strings.Join(names[:n], sep) + fmt.Sprintf(" and %d more", len(names)-n)
}

// clip keeps a note within what an event holds.
func clip(note string) string {
	const most = 1000 // bytes; the API allows 1024
	if len(note) <= most {
		return note
	}
	return strings.ToValidUTF8(note[:most], "") + "…"
}
