package admission

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Result is a decision on everything at one community's door.
type Result struct {
	// Status is the next ledger, without conditions.
	Status v1alpha1.TaskLedgerStatus
	// Answers are the tasks that target the community, in the ledger's order, with
	// all that was found. Ended ones whose task is gone are in the ledger only.
	Answers []Answer
	// Overcommitted says which month is promised more than it has; empty when none
	// is.
	Overcommitted string
	// Unlisted is how many tasks found no entry because the ledger is full.
	Unlisted int
	// Next is when the answer may change by the clock alone.
	Next time.Time
}

// Answer is what one community says to one task.
type Answer struct {
	Task     *Task
	Entry    v1alpha1.LedgerEntry
	Findings []Finding
	// Cost of a year's work at the standard's hourly cost; empty where work is not
	// priced.
	Cost   v1alpha1.Decimal
	Cases  int64
	Visits int64

	candidate *candidate
}

// Decide works out a community's next ledger. Equal snapshots have equal
// results, whatever order their lists are in; what has a place keeps it; and
// nothing new enters a month that has no room for it.
func Decide(s *Snapshot) Result {
	d := &door{Snapshot: s}
	today, tomorrow := s.clock()
	d.today, d.horizon = today, newHorizon(today)
	d.place = newPlace(s, d.horizon)
	d.book = &book{place: d.place, h: d.horizon}

	queue := d.queue()
	var placed, waiting []*candidate
	for _, c := range queue {
		if c.placed {
			placed = append(placed, c)
		} else {
			waiting = append(waiting, c)
		}
	}
	d.inherit(placed)
	answers := make([]Answer, 0, len(queue))
	for _, c := range placed {
		f := d.standing(c)
		if f == nil {
			if f = d.missing(c); f == nil {
				f = d.early(c)
			}
		}
		d.book.enter(c.Task, &c.load, f != nil)
		answers = append(answers, d.answer(c, f))
	}
	for _, c := range waiting {
		answers = append(answers, d.newcomer(c))
	}
	return d.result(answers, tomorrow)
}

// queue reads the tasks in the order of admission.
func (d *door) queue() []*candidate {
	prior := map[Ref]*v1alpha1.LedgerEntry{}
	if d.Ledger != nil {
		for i := range d.Ledger.Entries {
			prior[d.Ledger.Entries[i].TaskRef] = &d.Ledger.Entries[i]
		}
	}
	all := make([]candidate, len(d.Tasks))
	out := make([]*candidate, len(d.Tasks))
	for i, t := range d.Tasks {
		c := &all[i]
		c.Task, c.record, c.prior = t, d.Records[t.Ref], prior[t.Ref]
		c.load = t.load(d.place)
		c.verdict = c.record.verdict(t.Digest)
		if c.placed = d.keeps(c); c.placed {
			c.since = *c.prior.AdmittedAt
		}
		out[i] = c
	}
	slices.SortFunc(out, (*candidate).compare)
	return out
}

// keeps reports whether a task has a place and nothing takes it away.
func (d *door) keeps(c *candidate) bool {
	if c.prior == nil || c.prior.AdmittedAt == nil || c.prior.Digest != c.Digest {
		return false
	}
	c.placed = true // for the checks, which ask less of a task that is in
	f := d.standing(c)
	return f == nil || f.Decision == v1alpha1.DecisionContested && c.verdict != nil
}

// compare orders tasks: those with a place by when they got it, then those that
// are approved by when they were, then the rest.
func (c *candidate) compare(o *candidate) int {
	if c.placed != o.placed {
		if c.placed {
			return -1
		}
		return 1
	}
	if c.placed {
		if byPlace := c.since.Compare(o.since.Time); byPlace != 0 {
			return byPlace
		}
	}
	mine, theirs := c.approvedAt(), o.approvedAt()
	if (mine == nil) != (theirs == nil) {
		if mine != nil {
			return -1
		}
		return 1
	}
	if mine != nil {
		if byApproval := mine.Compare(*theirs); byApproval != 0 {
			return byApproval
		}
	}
	return cmp.Or(cmp.Compare(c.rank, o.rank), compareRefs(c.Ref, o.Ref))
}

// approvedAt is when the committee approved the task's terms; nil when it did
// not.
func (c *candidate) approvedAt() *time.Time {
	if c.verdict == nil || !c.verdict.approve {
		return nil
	}
	return &c.verdict.decidedAt
}

// newcomer decides on a task without a place. It gets one when nothing speaks
// against it, or only that its time has not come.
func (d *door) newcomer(c *candidate) Answer {
	if f := d.standing(c); f != nil {
		return d.answer(c, f)
	}
	found := d.crowded(c)
	if f := d.missing(c); f != nil {
		found = append(found, f)
	}
	early := d.early(c)
	if early != nil && c.from > d.horizon.end() {
		// No month of its window can be counted yet, so it can't have a place.
		return d.answer(c, append(found, early)...)
	}
	if len(found) == 0 {
		c.placed, c.since = true, d.now()
		d.book.enter(c.Task, &c.load, early != nil)
		d.collect([]*candidate{c})
		found = append(found, early)
	}
	return d.answer(c, found...)
}

// early finds that a task's first day is still to come.
func (d *door) early(c *candidate) *Finding {
	if c.from <= d.today {
		return nil
	}
	message := "begins on " + c.from.String() + "; its place is kept"
	if c.from > d.horizon.end() {
		message = "begins on " + c.from.String() + ", beyond the months the ledger looks ahead; it queues until then"
	}
	return wait(v1alpha1.LedgerNotYetEffective, message, Change{Object: OfTask, Field: "spec.effective.from", To: d.today.String()})
}

// answer words what was found; nil findings are skipped, and none admits.
func (d *door) answer(c *candidate, found ...*Finding) Answer {
	a := Answer{Task: c.Task, Cases: c.load.cases, Visits: c.load.visits, candidate: c}
	if d.place.hourly > 0 {
		a.Cost = costOf(c.load.minutes, d.place.hourly, 100).decimal()
	}
	for _, f := range found {
		if f != nil {
			a.Findings = append(a.Findings, *f)
		}
	}
	a.Entry = d.entry(c, a.Findings)
	return a
}

// now is the clock as a ledger writes it.
func (d *door) now() metav1.Time { return metav1.NewTime(d.Now.UTC().Truncate(time.Second)) }

// since is when an entry's answer came about: when its predecessor's did, if
// that was the same.
func (d *door) since(e, prior *v1alpha1.LedgerEntry) *metav1.Time {
	if prior != nil && prior.Decision == e.Decision && prior.Reason == e.Reason && prior.Since != nil {
		return prior.Since
	}
	now := d.now()
	return &now
}
