package admission

import (
	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Docket is every task of a district and what was said about each. It does not
// change; a new one takes over what it can from the last.
type Docket struct {
	Tasks   []*Task
	Records map[Ref]*Record

	read map[version]*Task
}

// version is a task as it was once read. Files have no UID and are read anew.
type version struct {
	uid        types.UID
	generation int64
}

// NewDocket reads tasks and decisions. A task that is being deleted, or lies in
// a namespace that is no department's, is not on it. last may be nil.
func NewDocket(tasks []*v1alpha1.AdmittedTask, decisions []*v1alpha1.TaskDecision, role Roles, last *Docket) *Docket {
	d := &Docket{Records: Records(decisions, role), read: map[version]*Task{}}
	for _, t := range tasks {
		if !t.DeletionTimestamp.IsZero() || role(t.Namespace) != v1alpha1.RoleDepartment {
			continue
		}
		v := version{t.UID, t.Generation}
		var known *Task
		if last != nil && t.UID != "" {
			known = last.read[v]
		}
		if known == nil {
			known = NewTask(t)
			known.recall(last)
		}
		d.read[v] = known
		d.Tasks = append(d.Tasks, known)
	}
	return d
}

// recall takes over what is known of the mappings of the same terms.
func (t *Task) recall(last *Docket) {
	if last == nil || !t.mapped {
		return
	}
	for _, o := range last.Tasks {
		if o.Ref == t.Ref && o.Digest == t.Digest {
			t.mappings = o.mappings
		}
	}
}

// For are the tasks that target a community whose sub-district's namespace has
// these labels.
func (d *Docket) For(community Ref, subdistrict map[string]string) []*Task {
	var out []*Task
	for _, t := range d.Tasks {
		if t.Targets(community, subdistrict) {
			out = append(out, t)
		}
	}
	return out
}
