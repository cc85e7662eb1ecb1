package admission

import (
	"fmt"
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
}

// Decide works out a community's next ledger. Equal snapshots have equal
// results, whatever order their lists are in; what has a place keeps it; and
// nothing new enters a month that has no room for it.
//
// First it settles who is in. Only then are the others told why they are out, so
// that what they read holds for the ledger as it is written.
func Decide(s *Snapshot) Result {
	d := newDoor(s)
	placed, waiting := d.queue()
	d.inherit(placed)
	for _, c := range placed {
		c.lacks = d.pausing(c)
		d.book.enter(c, len(c.lacks) > 0)
	}
	for _, c := range waiting {
		if c.against != nil {
			continue
		}
		if c.lacks = d.missing(c); d.enters(c) {
			c.placed, c.since, c.lacks = true, *d.now, d.early(c)
			d.collect(c)
			d.book.enter(c, len(c.lacks) > 0)
		} else {
			d.out = append(d.out, c)
		}
	}
	// A place that was gained just now has its rank among the others from the
	// start, so that the next look at the ledger finds nothing to change.
	all := slices.Concat(placed, waiting)
	slices.SortFunc(all, (*candidate).compare)
	answers := make([]Answer, 0, len(all))
	for _, c := range all {
		answers = append(answers, d.answer(c, d.reasons(c)))
	}
	return d.result(answers)
}

// pausing finds what keeps a task with a place from being served.
func (d *door) pausing(c *candidate) []*Finding {
	if c.against != nil {
		return []*Finding{c.against}
	}
	return append(d.missing(c), d.early(c)...)
}

// enters reports whether a task gets a place: when nothing speaks against it, or
// only that its time has not come.
func (d *door) enters(c *candidate) bool {
	return len(c.lacks) == 0 && c.from <= d.horizon.end() && d.book.places < v1alpha1.LedgerMaxEntries && d.fits(c)
}

// reasons finds what a task is told.
func (d *door) reasons(c *candidate) []*Finding {
	switch {
	case c.placed:
		return c.lacks
	case c.against != nil:
		return []*Finding{c.against}
	}
	found := append(d.crowded(c), c.lacks...)
	if c.from > d.horizon.end() {
		// No month of its window can be counted yet, so it can't have a place.
		found = append(found, d.early(c)...)
	}
	if len(found) == 0 {
		found = append(found, refuse(v1alpha1.LedgerCapacityExceeded,
			fmt.Sprintf("%d tasks have a place, as many as a ledger holds; nothing new enters until one ends", d.book.places)))
	}
	return found
}

// early finds that a task's first day is still to come. Only time cures that:
// other terms would have to be approved, and queue, anew.
func (d *door) early(c *candidate) []*Finding {
	if c.from <= d.today {
		return nil
	}
	message := "begins on " + c.from.String() + "; its place is kept"
	if c.from > d.horizon.end() {
		message = "begins on " + c.from.String() + ", beyond the months the ledger looks ahead; it queues until then"
	}
	return []*Finding{wait(v1alpha1.LedgerNotYetEffective, message)}
}

// answer words what was found; nothing found admits.
func (d *door) answer(c *candidate, found []*Finding) Answer {
	a := Answer{Task: c.Task, Cases: c.load.cases, Visits: c.load.visits}
	if d.place.hourly > 0 {
		a.Cost = costOf(c.load.minutes, d.place.hourly, 100).decimal()
	}
	for _, f := range found {
		a.Findings = append(a.Findings, *f)
	}
	a.Entry = d.entry(c, a.Findings)
	return a
}

// since is when an entry's answer came about: when its predecessor's did, if
// that was the same.
func (d *door) since(e, prior *v1alpha1.LedgerEntry) *metav1.Time {
	if prior != nil && prior.Decision == e.Decision && prior.Reason == e.Reason && prior.Since != nil {
		return prior.Since
	}
	return d.now
}
