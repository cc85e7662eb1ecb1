package admission

import (
	"github.com/shequ-io/shequ/api/v1alpha1"
)

// owners says which task is the one collector of a data element, by code.
type owners map[string]Ref

// inherit starts from what the present ledger says: who has a place keeps what
// it owns, and what a task without one owned passes to the first task with a
// place that collects or reuses it.
func (d *door) inherit(placed []*candidate) {
	d.owners = owners{}
	if d.Ledger == nil {
		d.collect(placed)
		return
	}
	still := map[Ref]bool{}
	for _, c := range placed {
		still[c.Ref] = true
	}
	var orphaned []string
	for i := range d.Ledger.Entries {
		e := &d.Ledger.Entries[i]
		for _, code := range e.Owns {
			if still[e.TaskRef] {
				d.owners[code] = e.TaskRef
			} else {
				orphaned = append(orphaned, code)
			}
		}
	}
	d.collect(placed)
	for _, code := range orphaned {
		if _, ok := d.owners[code]; ok {
			continue
		}
		for _, c := range placed {
			if uses(c.Spec, code) {
				d.owners[code] = c.Ref
				break
			}
		}
	}
}

// collect lets tasks with a place, in their order, own what they collect and
// nobody owns yet.
func (d *door) collect(tasks []*candidate) {
	for _, c := range tasks {
		for _, x := range c.Spec.Data {
			if x.Use != v1alpha1.UseCollect || d.place.shared(x.Element) {
				continue
			}
			if _, taken := d.owners[string(x.Element)]; !taken {
				d.owners[string(x.Element)] = c.Ref
			}
		}
	}
}

func uses(spec *v1alpha1.AdmittedTaskSpec, code string) bool {
	for _, x := range spec.Data {
		if string(x.Element) == code {
			return true
		}
	}
	return false
}
