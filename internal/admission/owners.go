package admission

import (
	"slices"

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
			if e.AdmittedAt == nil {
				continue // it was passed on when the task was suspended; the list is for its return
			}
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
			if d.lent(c, string(x.Element)) {
				delete(d.owners, string(x.Element))
			}
			d.own(string(x.Element), c)
		}
	}
}

// remember is what a task that was suspended collected until then, which it
// keeps in mind until it has a place again.
func (c *candidate) remember(now v1alpha1.LedgerReason) []string {
	if c.prior == nil || (now != v1alpha1.LedgerSuspended && c.prior.AdmittedAt != nil) {
		return nil
	}
	return c.prior.Owns
}

// lent reports whether a task collected an element when it was suspended, and
// who has it since only reuses it: then it gets it back. A pause must not cost a
// department what it asks people for.
func (d *door) lent(c *candidate, code string) bool {
	if c.prior == nil || c.prior.AdmittedAt != nil || !slices.Contains(c.prior.Owns, code) {
		return false
	}
	of := d.byRef[d.owners[code]]
	return of != nil && !slices.ContainsFunc(of.terms.Data, func(x v1alpha1.TaskData) bool {
		return string(x.Element) == code && x.Use == v1alpha1.UseCollect
	})
}

func uses(spec *v1alpha1.AdmittedTaskSpec, code string) bool {
	for i := range spec.Data {
		if string(spec.Data[i].Element) == code {
			return true
		}
	}
	return false
}
