package admission

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// door is one decision under way: what it knows, and what it has promised so far.
type door struct {
	*Snapshot
	today   day
	horizon *horizon
	place   *place
	book    *book
	owners  owners
}

// candidate is one task at the door.
type candidate struct {
	*Task
	load    load
	record  *Record
	verdict *approval
	prior   *v1alpha1.LedgerEntry // of the present ledger; nil when it has none
	placed  bool                  // it has a place
	since   metav1.Time           // when it got it
}

// standing finds what speaks against a task whoever else is at the door, and
// whether or not it has a place. What it finds takes the place away, but for an
// open contest.
func (d *door) standing(c *candidate) *Finding {
	checks := []func(*candidate) *Finding{d.ended, d.prohibited, d.lapsed, d.rejected, d.contested, d.unfunded, d.unapproved}
	for _, check := range checks {
		if f := check(c); f != nil {
			return f
		}
	}
	return nil
}

func (d *door) ended(c *candidate) *Finding {
	switch {
	case c.until < d.today:
		return end(v1alpha1.LedgerExpired, fmt.Sprintf("ended on %s; to go on, propose it anew with a later end", c.until),
			Change{Object: OfTask, Field: "spec.effective.until", To: d.today.String()})
	case c.suspended:
		return end(v1alpha1.LedgerSuspended, "the department suspended the task; it queues again when spec.suspend is false",
			Change{Object: OfTask, Field: "spec.suspend", To: "false"})
	case !c.placed && d.Community.Spec.Suspend != nil && *d.Community.Spec.Suspend:
		return end(v1alpha1.LedgerSuspended, "the community is suspended and takes nothing new; it queues again when the Community's spec.suspend is false",
			Change{Object: OfCommunity, Field: "spec.suspend", To: "false"})
	case !c.placed && d.Standard == nil:
		name := d.Community.Spec.StandardRef.Name
		return wait(v1alpha1.LedgerStandardMissing, fmt.Sprintf("there is no CommunityStandard %s to decide by; apply it, or correct spec.standardRef of the Community", name),
			Change{Object: OfStandard, Name: name, Field: "metadata.name", How: Add})
	case !c.placed && d.PolicyProblem != "":
		return wait(v1alpha1.LedgerPolicyMissing, cut(d.PolicyProblem), Change{Object: OfPolicy, Field: "spec"})
	}
	return nil
}

func (d *door) prohibited(c *candidate) *Finding {
	if c.broken != nil {
		return c.broken
	}
	if item := d.place.prohibited[c.Spec.CatalogueCode]; item != nil && c.Spec.CatalogueCode != "" {
		return refuse(v1alpha1.LedgerProhibited, cut(fmt.Sprintf("catalogue code %s must not enter communities (%s); it stays with the department", item.Code, item.Basis)),
			Change{Object: OfStandard, Field: "spec.catalogue", How: Remove, To: item.Code})
	}
	return nil
}

// lapsed checks the documents: those the task rests on, those its data rests on,
// and the instrument that grants its authority.
func (d *door) lapsed(c *candidate) *Finding {
	today := d.today.String()
	switch {
	case c.basisUntil < d.today && c.basisUntil == 0:
		return refuse(v1alpha1.LedgerLegalBasisExpired, "no legal basis of municipal level or above; add one to spec.legalBasis",
			Change{Object: OfTask, Field: "spec.legalBasis", How: Add})
	case c.basisUntil < d.today:
		return refuse(v1alpha1.LedgerLegalBasisExpired, fmt.Sprintf("the last legal basis of municipal level or above expired on %s; name one in force on %s", c.basisUntil, today),
			Change{Object: OfTask, Field: "spec.legalBasis.expires", To: today})
	case c.basesUntil < d.today:
		return refuse(v1alpha1.LedgerLegalBasisExpired, fmt.Sprintf("the basis a data element is used on expired on %s; name one in force on %s", c.basesUntil, today),
			Change{Object: OfTask, Field: "spec.legalBasis.expires", To: today})
	case c.authorityUntil < d.today:
		return refuse(v1alpha1.LedgerAuthorityMissing, fmt.Sprintf("the authority for %s ended on %s; extend spec.scope.authority.until to %s or later", verbs(c.Spec.Scope.Verbs), c.authorityUntil, today),
			Change{Object: OfTask, Field: "spec.scope.authority.until", To: today})
	}
	return nil
}

func verbs(in []v1alpha1.TaskVerb) string {
	var out []string
	for _, v := range in {
		out = append(out, string(v))
	}
	return strings.Join(out, ", ")
}

func (d *door) rejected(c *candidate) *Finding {
	if c.verdict == nil || c.verdict.approve {
		return nil
	}
	return refuse(v1alpha1.LedgerRejected, cut(fmt.Sprintf("the guidance committee rejected these terms (%s); propose changed terms", c.verdict.document)),
		Change{Object: OfDecision, Field: "spec.approval.verdict", To: string(v1alpha1.VerdictApprove)})
}

func (d *door) contested(c *candidate) *Finding {
	objection := c.record.objection(d.place.ref)
	if objection == nil {
		return nil
	}
	if objection.upheld {
		return refuse(v1alpha1.LedgerContested, cut(fmt.Sprintf("contest %s/%s was upheld (%s); the task stays out unless the committee rules anew or the contest is withdrawn", objection.ref.Namespace, objection.ref.Name, objection.document)),
			Change{Object: OfDecision, Name: objection.ref.Name, Field: "spec.ruling.verdict", To: string(v1alpha1.VerdictDismiss)})
	}
	return &Finding{
		Decision: v1alpha1.DecisionContested, Reason: v1alpha1.LedgerContested,
		Message: fmt.Sprintf("the sub-district contests it (%s/%s); it waits for the committee's ruling", objection.ref.Namespace, objection.ref.Name),
		Changes: []Change{{Object: OfDecision, Name: objection.ref.Name, Field: "spec.ruling.verdict", To: string(v1alpha1.VerdictDismiss)}},
	}
}

// unfunded holds the money against the cost. It is asked before approval, so
// that nobody has to approve what can't enter; a task with a place keeps it.
func (d *door) unfunded(c *candidate) *Finding {
	p := d.place
	if c.placed || c.load.covered(p.hourly, p.coverage) {
		return nil
	}
	needs := costOf(c.load.minutes, p.hourly, p.coverage)
	raise := c.perPlace.plus(needs - c.load.funding)
	return refuse(v1alpha1.LedgerFundingBelowCost,
		fmt.Sprintf("%d min a year cost %s, of which %d%% must be funded; it brings %s: raise funding.perCommunity to %s", c.load.minutes,
			costOf(c.load.minutes, p.hourly, 100).decimal(), p.coverage, c.load.funding.decimal(), raise.decimal()),
		Change{Object: OfTask, Field: "spec.funding.perCommunity", To: string(raise.decimal())})
}

func (d *door) unapproved(c *candidate) *Finding {
	if c.verdict != nil {
		return nil
	}
	message := "waits for the guidance committee to approve these terms"
	if c.record.outdated(c.Digest) {
		message = "its terms changed since they were approved; waits for the committee to approve the present ones"
	}
	return wait(v1alpha1.LedgerAwaitingApproval, message, Change{Object: OfDecision, Field: "spec.approval.taskDigest", To: string(c.Digest)})
}

// missing finds what a task needs from outside its terms. It pauses a task that
// has a place, and keeps out one that has none.
func (d *door) missing(c *candidate) *Finding {
	if d.Standard == nil {
		return nil // it is admitted, and nothing says any more what it lacks
	}
	for _, x := range c.Spec.Data {
		if d.place.elements[string(x.Element)] == nil {
			return wait(v1alpha1.LedgerStandardMissing, fmt.Sprintf("CommunityStandard %s does not declare the data element %s; declare it, or take it out of spec.data", d.Standard.Name, x.Element),
				Change{Object: OfStandard, Field: "spec.dataElements", How: Add, To: string(x.Element)})
		}
	}
	for i := range c.Spec.Deliveries {
		if f := d.undeliverable(&c.Spec.Deliveries[i]); f != nil {
			return f
		}
	}
	return d.unreleased(c)
}

func (d *door) undeliverable(x *v1alpha1.TaskDelivery) *Finding {
	name := x.SystemRef.Name
	system := d.Systems[name]
	if system == nil {
		return wait(v1alpha1.LedgerSystemMissing, fmt.Sprintf("there is no InformationSystem %s to deliver to; apply it, or correct spec.deliveries", name),
			Change{Object: OfSystem, Name: name, Field: "metadata.name", How: Add})
	}
	if !slices.Contains(system.Spec.AllowedPurposes, x.Purpose) {
		return wait(v1alpha1.LedgerSystemMissing, fmt.Sprintf("InformationSystem %s does not take data for the purpose %s; allow it there, or correct the delivery", name, x.Purpose),
			Change{Object: OfSystem, Name: name, Field: "spec.allowedPurposes", How: Add, To: string(x.Purpose)})
	}
	for _, e := range x.Elements {
		if !slices.Contains(system.Spec.Accepts, e) {
			return wait(v1alpha1.LedgerSystemMissing, fmt.Sprintf("InformationSystem %s does not accept the data element %s; accept it there, or take it out of the delivery", name, e),
				Change{Object: OfSystem, Name: name, Field: "spec.accepts", How: Add, To: string(e)})
		}
	}
	return nil
}

// unreleased asks for the money of the present period. A release speaks for all
// communities; it must hold at least what this one is owed.
func (d *door) unreleased(c *candidate) *Finding {
	if c.Spec.Funding == nil || d.today < c.from {
		return nil
	}
	name, first, last := period(cmp.Or(c.Spec.Funding.Periods, v1alpha1.PeriodsYearly), d.today)
	due := c.load.funding
	if name == "once" {
		due = fen(c.firstYear(int64(due)))
	} else {
		due = fen(c.due(int64(due), first, last))
	}
	has := c.record.released(name)
	if has >= due && (has > 0 || due == 0) {
		return nil
	}
	return wait(v1alpha1.LedgerFundingNotReleased, fmt.Sprintf("%s released for %s, %s due here; waits for the finance bureau to release it", has.decimal(), name, due.decimal()),
		Change{Object: OfDecision, Field: "spec.funding." + string(name), How: Add, To: string((due - has).decimal())})
}

// cut keeps a message within what an entry holds.
func cut(s string) string {
	const most = 240 // of the 512 an entry may have: 300 entries must fit an object
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
