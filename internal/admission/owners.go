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
	var orphaned []string
	if d.Ledger != nil {
		for i := range d.Ledger.Entries {
			e := &d.Ledger.Entries[i]
			c := d.byRef[e.TaskRef]
			for _, code := range e.Owns {
				if c != nil && c.placed && c.prior == e {
					d.own(code, c)
				} else {
					orphaned = append(orphaned, code)
				}
			}
		}
	}
	for _, c := range placed {
		d.collect(c)
	}
	for _, code := range orphaned {
		for _, c := range placed {
			if uses(c.terms, code) {
				d.own(code, c)
				break
			}
		}
	}
}

// own makes a task the collector of an element, unless there is one or none is
// needed.
func (d *door) own(code string, c *candidate) {
	if _, taken := d.owners[code]; !taken && !d.place.shared(code) {
		d.owners[code] = c.Ref
	}
}

// collect lets a task with a place own what it collects and nobody owns yet.
func (d *door) collect(c *candidate) {
	if d.Standard == nil {
		return // nothing says which elements need an owner
	}
	for i := range c.terms.Data {
		if x := &c.terms.Data[i]; x.Use == v1alpha1.UseCollect {
			d.own(string(x.Element), c)
		}
	}
}

func uses(spec *v1alpha1.AdmittedTaskSpec, code string) bool {
	for i := range spec.Data {
		if string(spec.Data[i].Element) == code {
			return true
		}
	}
	return false
}
