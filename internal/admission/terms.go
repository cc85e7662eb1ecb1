package admission

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/privacy"
)

// check holds the terms against the rules the API server enforces. Where one is
// broken all the same, the task stays out. The breaches are those that make it
// prohibited.
func check(s *v1alpha1.AdmittedTaskSpec) (*Finding, []breach) {
	b := &breaches{AdmittedTaskSpec: s}
	b.window()
	b.data()
	b.deliveries()
	b.powers()
	if f := findingOf(v1alpha1.LedgerProhibited, b.prohibited); f != nil {
		return f, b.prohibited
	}
	return findingOf(v1alpha1.LedgerAuthorityMissing, b.unauthorised), nil
}

// breaches are the rules a task's terms break.
type breaches struct {
	*v1alpha1.AdmittedTaskSpec
	prohibited, unauthorised []breach
}

type breach struct {
	message string
	cure    Change // without a field: the department alone knows
}

func findingOf(reason v1alpha1.LedgerReason, all []breach) *Finding {
	if len(all) == 0 {
		return nil
	}
	f := refuse(reason, all[0].message+andMore(len(all)-1))
	for _, x := range all {
		if x.cure.Field == "" {
			f.Changes = nil // the others alone would not do
			return f
		}
		f.Changes = append(f.Changes, x.cure)
	}
	f.Changes = together(f.Changes)
	return f
}

func (b *breaches) prohibit(cure Change, format string, args ...any) {
	cure.Object = OfTask
	b.prohibited = append(b.prohibited, breach{fmt.Sprintf(format, args...), cure})
}

func (b *breaches) window() {
	from, until := b.Effective.From, b.Effective.Until
	for _, d := range []v1alpha1.Date{from, until} {
		if _, err := time.Parse(time.DateOnly, string(d)); err != nil && (d != "" || from == "") {
			b.prohibit(Change{}, "%q is no day of the calendar; correct spec.effective", d)
			return
		}
	}
	switch {
	case until == "" && b.Category == v1alpha1.CategoryCampaign:
		b.prohibit(Change{Field: "spec.effective.until", To: string(from)}, "a campaign must have an end; set spec.effective.until")
	case until != "" && until < from:
		b.prohibit(Change{Field: "spec.effective.until", To: string(from)}, "it can't end on %s before it begins on %s; set spec.effective.until to that day or later", until, from)
	}
}

func (b *breaches) data() {
	for _, d := range b.Data {
		if class, _, forbidden := privacy.Forbidden(string(d.Element)); forbidden {
			b.prohibit(Change{Field: "spec.data", How: Remove, To: string(d.Element)},
				"nobody may collect data about %s; take %s out of spec.data", class, d.Element)
			continue
		}
		if d.Basis != v1alpha1.ConsentBasis && !slices.ContainsFunc(b.LegalBasis, func(l v1alpha1.LegalBasis) bool { return l.ID == d.Basis }) {
			b.prohibit(Change{Field: "spec.data[" + string(d.Element) + "].basis", To: v1alpha1.ConsentBasis},
				"%s is collected on the basis %q, which the task does not have; name an entry of spec.legalBasis, or consent", d.Element, d.Basis)
		}
	}
}

func (b *breaches) deliveries() {
	for i, x := range b.Deliveries {
		if slices.ContainsFunc(b.Deliveries[:i], func(o v1alpha1.TaskDelivery) bool { return o.SystemRef == x.SystemRef && o.Purpose == x.Purpose }) {
			b.prohibit(Change{}, "%s is delivered to for %s twice; put all of it into one delivery", x.SystemRef.Name, x.Purpose)
		}
		for _, e := range x.Elements {
			if slices.ContainsFunc(b.Data, func(d v1alpha1.TaskData) bool { return d.Element == e }) {
				continue
			}
			b.prohibit(Change{Field: "spec.deliveries[" + x.SystemRef.Name + "].elements", How: Remove, To: string(e)},
				"%s is delivered to %s but not declared; add it to spec.data or take it out of the delivery", e, x.SystemRef.Name)
		}
	}
}

func (b *breaches) powers() {
	if b.Scope == nil {
		return
	}
	var granted []v1alpha1.TaskVerb
	if b.Scope.Authority != nil {
		granted = b.Scope.Authority.Verbs
	}
	punish := func(field string) {
		b.prohibit(Change{Field: field, How: Remove, To: string(v1alpha1.VerbPenalise)},
			"a community has no power to punish; take %s out of %s", v1alpha1.VerbPenalise, field)
	}
	if slices.Contains(granted, v1alpha1.VerbPenalise) {
		punish("spec.scope.authority.verbs")
	}
	for _, verb := range b.Scope.Verbs {
		switch {
		case verb == v1alpha1.VerbPenalise:
			punish("spec.scope.verbs")
		case !slices.Contains(granted, verb):
			b.unauthorised = append(b.unauthorised, breach{
				fmt.Sprintf("no instrument grants %s; add it to spec.scope.authority.verbs or take it out of spec.scope.verbs", verb),
				Change{Object: OfTask, Field: "spec.scope.authority.verbs", To: string(verb), How: Add},
			})
		}
	}
}

// verbs lists verbs for a message.
func verbs(in []v1alpha1.TaskVerb) string {
	out := make([]string, 0, len(in))
	for _, v := range in {
		out = append(out, string(v))
	}
	return strings.Join(out, ", ")
}
