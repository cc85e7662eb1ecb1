package admission

import (
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// candidate is one task at the door.
type candidate struct {
	*Task
	load    load
	days    perMonth // of its window
	record  *Record
	verdict *approval
	prior   *v1alpha1.LedgerEntry // of the present ledger; nil when it has none
	placed  bool                  // it has a place
	since   metav1.Time           // when it got it

	against *Finding   // what standing found
	lacks   []*Finding // what missing found; of a task with a place, all that pauses it

	// The fewest more posts, and more workers in the first grid, with which the
	// finding about them goes away; 0 when they don't help.
	posts, walkers int64
}

// queue reads the tasks in the order of admission: those with a place, and the
// others.
func (d *door) queue() (placed, waiting []*candidate) {
	all := make([]candidate, len(d.Tasks))
	d.byRef = make(map[Ref]*candidate, len(d.Tasks))
	for i, t := range d.Tasks {
		// A name stands for one task; files can hold it twice all the same.
		if other := d.byRef[t.Ref]; other == nil || t.Digest < other.Digest {
			all[i].Task = t
			d.byRef[t.Ref] = &all[i]
		}
	}
	if d.Ledger != nil {
		for i := range d.Ledger.Entries {
			e := &d.Ledger.Entries[i]
			if c := d.byRef[e.TaskRef]; c != nil && c.prior == nil {
				c.prior = e
			}
		}
	}
	out := make([]*candidate, 0, len(d.byRef))
	for i := range all {
		c := &all[i]
		if c.Task == nil || d.byRef[c.Ref] != c {
			continue
		}
		d.read(c)
		out = append(out, c)
	}
	slices.SortFunc(out, (*candidate).compare)
	n := 0
	for n < len(out) && out[n].placed {
		n++
	}
	// A ledger holds so many; an imported one that had more places loses the last.
	for _, c := range out[min(n, v1alpha1.LedgerMaxEntries):n] {
		c.placed = false
		c.against = d.standing(c)
	}
	n = min(n, v1alpha1.LedgerMaxEntries)
	return out[:n], out[n:]
}

// read works out what there is to know about a task before others matter.
func (d *door) read(c *candidate) {
	c.record = d.Records[c.Ref]
	c.verdict = c.record.verdict(c.Digest)
	c.load = c.Task.load(d.place)
	for i := range d.horizon {
		c.days[i] = d.horizon[i].within(c.from, c.until)
	}
	if c.placed = d.keeps(c); c.placed {
		c.since = *c.prior.AdmittedAt
		return
	}
	c.against = d.standing(c)
}

// keeps reports whether a task has a place and nothing takes it away. An open
// contest does not.
func (d *door) keeps(c *candidate) bool {
	e := c.prior
	if e == nil || e.AdmittedAt == nil || e.Digest != c.Digest ||
		e.Decision == v1alpha1.DecisionRefused || e.Decision == v1alpha1.DecisionEnded {
		return false
	}
	c.placed = true // for the checks, which ask less of a task that is in
	c.against = d.standing(c)
	return c.against == nil || c.against.Decision == v1alpha1.DecisionContested && c.verdict != nil
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
	if c.rank != o.rank {
		return cmp.Compare(c.rank, o.rank)
	}
	return compareRefs(c.Ref, o.Ref)
}

// approvedAt is when the committee approved the task's terms; nil when it did
// not.
func (c *candidate) approvedAt() *time.Time {
	if c.verdict == nil || !c.verdict.approve {
		return nil
	}
	return &c.verdict.decidedAt
}
