package admission

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// missing finds what a task needs from outside its terms. It pauses a task that
// has a place, and keeps out one that has none.
func (d *door) missing(c *candidate) []*Finding {
	if d.Standard == nil {
		return nil // it is admitted, and nothing says any more what it lacks
	}
	var out []*Finding
	for _, check := range missingChecks {
		if f := check(d, c); f != nil {
			out = append(out, f)
		}
	}
	return out
}

var missingChecks = []func(*door, *candidate) *Finding{(*door).undeclared, (*door).undeliverable, (*door).unreleased}

// undeclared finds data elements the standard does not have.
func (d *door) undeclared(c *candidate) *Finding {
	var changes []Change
	for i := range c.terms.Data {
		if code := string(c.terms.Data[i].Element); d.place.elements[code] == nil {
			changes = append(changes, Change{Object: OfStandard, Name: d.Standard.Name, Field: "spec.dataElements", How: Add, To: code})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return wait(v1alpha1.LedgerStandardMissing, fmt.Sprintf("CommunityStandard %s does not declare the data element %s%s; declare it, or take it out of spec.data",
		d.Standard.Name, changes[0].To, andMore(len(changes)-1)), together(changes)...)
}

// undeliverable finds systems that are not there or do not take a delivery.
func (d *door) undeliverable(c *candidate) *Finding {
	var changes []Change
	var message string
	problems := 0
	ask := func(problem string, change Change) {
		if problem != "" && !slices.Contains(changes, change) {
			message = cmp.Or(message, problem)
			problems++
		}
		if !slices.Contains(changes, change) {
			changes = append(changes, change)
		}
	}
	for i := range c.terms.Deliveries {
		x := &c.terms.Deliveries[i]
		name := x.SystemRef.Name
		system := d.Systems[name]
		if system == nil {
			ask(fmt.Sprintf("there is no InformationSystem %s to deliver to; apply it, or correct spec.deliveries", name),
				Change{Object: OfSystem, Name: name, Field: "metadata.name", How: Add})
		}
		if system == nil || !slices.Contains(system.Spec.AllowedPurposes, x.Purpose) {
			var problem string // that there is no system says it all
			if system != nil {
				problem = fmt.Sprintf("InformationSystem %s does not take data for the purpose %s; allow it there, or correct the delivery", name, x.Purpose)
			}
			ask(problem, Change{Object: OfSystem, Name: name, Field: "spec.allowedPurposes", How: Add, To: string(x.Purpose)})
		}
		for _, e := range x.Elements {
			if system != nil && slices.Contains(system.Spec.Accepts, e) {
				continue
			}
			var problem string
			if system != nil {
				problem = fmt.Sprintf("InformationSystem %s does not accept the data element %s; accept it there, or take it out of the delivery", name, e)
			}
			ask(problem, Change{Object: OfSystem, Name: name, Field: "spec.accepts", How: Add, To: string(e)})
		}
	}
	if problems == 0 {
		return nil
	}
	return wait(v1alpha1.LedgerSystemMissing, message+andMore(problems-1), together(changes)...)
}

// unreleased asks for the money of the present period. A release speaks for all
// communities; it must hold at least what this one is owed.
func (d *door) unreleased(c *candidate) *Finding {
	if c.terms.Funding == nil || d.today < c.from {
		return nil
	}
	period, ok := d.fundings[c.terms.Funding.Periods]
	if !ok {
		period = d.fundings[v1alpha1.PeriodsYearly]
	}
	due := fen(c.due(int64(c.load.funding), period))
	has := c.record.released(period.name)
	if has >= due && (has > 0 || due == 0) {
		return nil
	}
	return wait(v1alpha1.LedgerFundingNotReleased, fmt.Sprintf("%s released for %s, %s due here; waits for the finance bureau to release it", has.decimal(), period.name, due.decimal()),
		Change{Object: OfDecision, Field: "spec.funding." + string(period.name), How: Add, To: string((due - has).decimal())})
}
