package admission

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// door is one decision under way: what it knows, and what it has promised so far.
type door struct {
	*Snapshot
	today    day
	tomorrow time.Time
	now      *metav1.Time // the clock as a ledger writes it
	horizon  *horizon
	fundings fundings
	place    *place
	book     *book
	owners   owners
	byRef    map[Ref]*candidate
	// out are those that stay out for want of room or of something outside their
	// terms, in their order.
	out       []*candidate
	rehearsed [2]bool // whether posts and walkers are worked out
}

func newDoor(s *Snapshot) *door {
	d := &door{Snapshot: s}
	now := metav1.NewTime(s.Now.UTC().Truncate(time.Second))
	d.now = &now
	d.today, d.tomorrow = s.clock()
	d.horizon, d.fundings = newHorizon(d.today), newFundings(d.today)
	d.place = newPlace(s, d.horizon)
	d.book = newBook(d.place, d.horizon)
	return d
}

// standing finds what speaks against a task whoever else is at the door, and
// whether or not it has a place. What it finds takes the place away, but for an
// open contest.
func (d *door) standing(c *candidate) *Finding {
	for _, check := range standingChecks {
		if f := check(d, c); f != nil {
			return f
		}
	}
	return nil
}

var standingChecks = []func(*door, *candidate) *Finding{
	(*door).ended, (*door).prohibited, (*door).lapsed, (*door).powerless, (*door).rejected, (*door).contested, (*door).unfunded, (*door).unapproved,
}

func (d *door) ended(c *candidate) *Finding {
	closed := d.Community.Spec.Suspend != nil && *d.Community.Spec.Suspend
	resume := Change{Object: OfTask, Field: "spec.suspend", To: "false"}
	open := Change{Object: OfCommunity, Field: "spec.suspend", To: "false"}
	switch {
	case c.until < d.today:
		return end(v1alpha1.LedgerExpired, fmt.Sprintf("ended on %s; to go on, propose it anew with a later end", c.until),
			Change{Object: OfTask, Field: "spec.effective.until", To: d.today.String()})
	case c.suspended && closed:
		return end(v1alpha1.LedgerSuspended, "the department suspended the task, and the community is suspended; it queues again when spec.suspend of both is false", together([]Change{resume, open})...)
	case c.suspended:
		return end(v1alpha1.LedgerSuspended, "the department suspended the task; it queues again when spec.suspend is false", resume)
	case !c.placed && closed:
		return end(v1alpha1.LedgerSuspended, "the community is suspended and takes nothing new; it queues again when the Community's spec.suspend is false", open)
	case !c.placed && d.Standard == nil:
		name := d.Community.Spec.StandardRef.Name
		return wait(v1alpha1.LedgerStandardMissing, fmt.Sprintf("there is no CommunityStandard %s to decide by; apply it, or correct spec.standardRef of the Community", name),
			Change{Object: OfStandard, Name: name, Field: "metadata.name", How: Add})
	case !c.placed && d.PolicyProblem != "":
		return wait(v1alpha1.LedgerPolicyMissing, d.PolicyProblem, Change{Object: OfPolicy, Field: "spec"})
	}
	return nil
}

func (d *door) prohibited(c *candidate) *Finding {
	item, broken := d.place.prohibited[c.terms.CatalogueCode], d.broken(c)
	if item == nil || c.terms.CatalogueCode == "" {
		return broken
	}
	change := Change{Object: OfStandard, Name: d.Standard.Name, Field: "spec.catalogue", How: Remove, To: item.Code}
	if broken != nil && broken.Reason == v1alpha1.LedgerProhibited {
		if len(broken.Changes) == 0 {
			return broken // what the catalogue says is not all that is in the way
		}
		return refuse(broken.Reason, broken.Message, together(append(slices.Clone(broken.Changes), change))...)
	}
	return refuse(v1alpha1.LedgerProhibited, fmt.Sprintf("catalogue code %s must not enter communities (%s); it stays with the department", item.Code, item.Basis), change)
}

// lapsed checks the documents the task rests on and those its data rests on.
func (d *door) lapsed(c *candidate) *Finding {
	if c.basisUntil >= d.today && c.basesUntil >= d.today {
		return nil
	}
	var bases []*v1alpha1.LegalBasis // to prolong
	restsOnHigh := false             // on one of them the task itself can rest
	var message string
	for i := range c.terms.LegalBasis {
		b := &c.terms.LegalBasis[i]
		j := slices.IndexFunc(c.terms.Data, func(x v1alpha1.TaskData) bool { return x.Basis == b.ID })
		if j < 0 || lastDay(b.Expires) >= d.today {
			continue
		}
		bases, restsOnHigh = append(bases, b), restsOnHigh || high(b.Level)
		message = cmp.Or(message, fmt.Sprintf("the basis %s of the data element %s expired on %s; name one in force", b.ID, c.terms.Data[j].Element, b.Expires))
	}
	var changes []Change
	switch last := c.lastBasis(); {
	case last == nil:
		message = "no legal basis of municipal level or above; add one to spec.legalBasis"
		changes = append(changes, Change{Object: OfTask, Field: "spec.legalBasis", How: Add, To: string(v1alpha1.LevelMunicipal)})
	case c.basisUntil < d.today:
		message = fmt.Sprintf("the last legal basis of municipal level or above (%s) expired on %s; name one in force", last.ID, last.Expires)
		if !restsOnHigh {
			bases = append(bases, last)
		}
	}
	for _, b := range bases {
		changes = append(changes, Change{Object: OfTask, Field: "spec.legalBasis[" + b.ID + "].expires", To: d.today.String()})
	}
	return refuse(v1alpha1.LedgerLegalBasisExpired, message+andMore(len(changes)-1), together(changes)...)
}

// powerless checks the instrument that grants the authority.
func (d *door) powerless(c *candidate) *Finding {
	if c.authorityUntil >= d.today {
		return nil
	}
	return refuse(v1alpha1.LedgerAuthorityMissing,
		fmt.Sprintf("the authority for %s ended on %s; extend spec.scope.authority.until", verbs(c.terms.Scope.Verbs), c.terms.Scope.Authority.Until),
		Change{Object: OfTask, Field: "spec.scope.authority.until", To: d.today.String()})
}

func (d *door) rejected(c *candidate) *Finding {
	if c.verdict == nil || c.verdict.approve {
		return nil
	}
	return refuse(v1alpha1.LedgerRejected, fmt.Sprintf("the guidance committee rejected these terms (%s); propose changed terms", c.verdict.document),
		Change{Object: OfDecision, Field: "spec.approval.verdict", To: string(v1alpha1.VerdictApprove)})
}

func (d *door) contested(c *candidate) *Finding {
	objections := c.record.objections(d.place.ref)
	if len(objections) == 0 {
		return nil
	}
	first := objections[0]
	var changes []Change
	for _, o := range objections {
		changes = append(changes, Change{Object: OfDecision, Name: o.ref.Name, Field: "spec.ruling.verdict", To: string(v1alpha1.VerdictDismiss)})
	}
	if first.upheld {
		return refuse(v1alpha1.LedgerContested, fmt.Sprintf("contest %s/%s was upheld (%s); the task stays out unless the committee rules anew or the contest is withdrawn",
			first.ref.Namespace, first.ref.Name, first.document), together(changes)...)
	}
	return &Finding{
		Decision: v1alpha1.DecisionContested, Reason: v1alpha1.LedgerContested, Changes: together(changes),
		Message: fmt.Sprintf("the sub-district contests it (%s/%s)%s; it waits for the committee's ruling", first.ref.Namespace, first.ref.Name, andMore(len(objections)-1)),
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
	f := refuse(v1alpha1.LedgerFundingBelowCost, fmt.Sprintf("%d min a year cost %s, of which %d%% must be funded; it brings %s",
		c.load.minutes, costOf(c.load.minutes, p.hourly, 100).decimal(), p.coverage, c.load.funding.decimal()))
	if raise := c.perPlace.plus(needs - c.load.funding); raise <= maxFen {
		f.Message += ": raise funding.perCommunity to " + string(raise.decimal())
		f.Changes = []Change{{Object: OfTask, Field: "spec.funding.perCommunity", To: string(raise.decimal())}}
	}
	return f
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
