package admission

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
)

// lever is a figure of a task's own load that its department can lower, to 1 at
// least.
type lever struct {
	field   string
	words   string // with the figure proposed and the one asked
	asks    int64
	minutes func(n int64) int64 // a year, at this figure
	visits  func(n int64) int64
	set     func(w *v1alpha1.TaskWorkload, n int64)
}

func (l *lever) change(n int64) Change {
	return Change{Object: OfTask, Field: "spec.workload." + l.field, To: strconv.FormatInt(n, 10)}
}

func (l *lever) cure(n int64) string { return fmt.Sprintf(l.words, n, l.asks) }

// largest is the largest figure up to the one asked that takes no more than so
// much; 0 when none does.
func (l *lever) largest(left int64, takes func(n int64) int64) int64 {
	fewest := smallest(l.asks, func(n int64) bool { return takes(n) > left })
	if fewest == 0 {
		return l.asks
	}
	return fewest - 1
}

// smallest is the smallest n from 1 to most of which something is true that is
// true of all that is larger, too; 0 when it is true of none.
func smallest(most int64, is func(int64) bool) int64 {
	if most < 1 || !is(most) {
		return 0
	}
	low, high := int64(0), most
	for high-low > 1 {
		if mid := low + (high-low)/2; is(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// levers of a task: cases, visits and reports, as far as they take time.
func (d *door) levers(c *candidate) []lever {
	w := c.terms.Workload
	var out []lever
	if c.load.cases > 0 && w.MinutesPerCase > 0 {
		l := lever{
			field: "casesPerYear", words: "at most %d cases a year (asks %d)", asks: w.CasesPerYear,
			minutes: func(n int64) int64 { return times(n, w.MinutesPerCase) },
			set:     func(w *v1alpha1.TaskWorkload, n int64) { w.CasesPerYear = n },
		}
		if w.CasesPerYear <= 0 {
			l = lever{
				field: "casesPerThousandResidents", words: "at most %d cases per 1000 residents (asks %d)", asks: w.CasesPerThousandResidents,
				minutes: func(n int64) int64 { return times(casesAmong(d.place.residents, n), w.MinutesPerCase) },
				set:     func(w *v1alpha1.TaskWorkload, n int64) { w.CasesPerThousandResidents = n },
			}
		}
		out = append(out, l)
	}
	if c.load.visits > 0 && w.Visits.MinutesPerVisit > 0 {
		out = append(out, d.visitLever(c))
	}
	if r := w.Reports; r != nil && r.PerYear > 0 && r.MinutesEach > 0 {
		out = append(out, lever{
			field: "reports.perYear", words: "at most %d reports a year (asks %d)", asks: r.PerYear,
			minutes: func(n int64) int64 { return times(n, r.MinutesEach) },
			set:     func(w *v1alpha1.TaskWorkload, n int64) { w.Reports.PerYear = n },
		})
	}
	return out
}

func (d *door) visitLever(c *candidate) lever {
	v := c.terms.Workload.Visits
	visits := func(n int64) int64 {
		at := *v
		at.HouseholdPercent = n
		return visitsOf(&at, d.place.households)
	}
	return lever{
		field: "visits.householdPercent", words: "visits to at most %d%% of households (asks %d%%)", asks: v.HouseholdPercent, visits: visits,
		minutes: func(n int64) int64 { return times(times(visits(n), v.MinutesPerVisit), d.place.teamSize) },
		set:     func(w *v1alpha1.TaskWorkload, n int64) { w.Visits.HouseholdPercent = n },
	}
}

// lighter is the smallest cut of the task's own load that makes it fit so many
// minutes a year, and leaves it paid for: of one figure where one alone does,
// else of several.
func (d *door) lighter(c *candidate, left int64) ([]Change, string) {
	if c.terms.Workload == nil || left < 0 {
		return nil, ""
	}
	levers := d.levers(c)
	for i := range levers {
		l := &levers[i]
		others := c.load.minutes - l.minutes(l.asks)
		if n := l.largest(left-others, l.minutes); n > 0 && d.stillCovered(c, levers[i:i+1], []int64{n}) {
			return []Change{l.change(n)}, l.cure(n)
		}
	}
	return d.lighterTogether(c, levers, left)
}

// lighterTogether cuts every figure to 1 and then raises one after the other as
// far as there is room, so that none can be raised by one more.
func (d *door) lighterTogether(c *candidate, levers []lever, left int64) ([]Change, string) {
	if len(levers) < 2 {
		return nil, ""
	}
	left -= c.load.minutes
	figures := make([]int64, len(levers))
	for i := range levers {
		figures[i] = 1
		left += levers[i].minutes(levers[i].asks) - levers[i].minutes(1)
	}
	if left < 0 {
		return nil, ""
	}
	for i := range levers {
		l := &levers[i]
		figures[i] = l.largest(left+l.minutes(1), l.minutes)
		left -= l.minutes(figures[i]) - l.minutes(1)
	}
	if !d.stillCovered(c, levers, figures) {
		return nil, ""
	}
	var changes []Change
	var cures []string
	for i := range levers {
		if figures[i] < levers[i].asks {
			changes, cures = append(changes, levers[i].change(figures[i])), append(cures, levers[i].cure(figures[i]))
		}
	}
	return together(changes), strings.Join(cures, " and ")
}

// stillCovered reports whether a task with lower figures would still bring the
// money it costs: a cut that only leads to the next refusal is no cure.
func (d *door) stillCovered(c *candidate, levers []lever, figures []int64) bool {
	changed, spec := *c.Task, *c.terms
	spec.Workload = c.terms.Workload.DeepCopy()
	for i := range levers {
		levers[i].set(spec.Workload, figures[i])
	}
	changed.terms = &spec
	l := changed.load(d.place)
	return l.covered(d.place.hourly, d.place.coverage)
}

// hands are people the community could have more of.
type hands struct {
	most  int64 // more are not tried
	widen func(p *place, n int64)
	// enough reports whether a task finds room for the work of such hands, and
	// others whether it does in everything else.
	enough, others func(d *door, c *candidate) bool
	tell           func(c *candidate, n int64)
}

// rehearse works out, for those who stay out for want of hands, the fewest more
// with whom they would not. All who stay out knock again, in their order, at a
// place with one more, and so on: who is ahead takes what there is first. Whom
// nothing else keeps out is told what lets it in, others what takes this one
// reason away.
func (d *door) rehearse(h hands) {
	var open []*candidate
	only := map[*candidate]bool{}
	for _, c := range d.out {
		if !h.enough(d, c) {
			open = append(open, c)
			only[c] = len(c.lacks) == 0 && c.from <= d.horizon.end() && h.others(d, c)
		}
	}
	for n := int64(1); n <= h.most && len(open) > 0; n++ {
		trial := *d
		place, book := *d.place, *d.book
		trial.place, trial.book, trial.owners = &place, &book, maps.Clone(d.owners)
		h.widen(&place, n)
		book.open(&place)
		in := map[*candidate]bool{}
		for _, c := range d.out {
			if trial.enters(c) {
				in[c] = true
				trial.collect(c)
				book.enter(c, false)
			}
		}
		open = slices.DeleteFunc(open, func(c *candidate) bool {
			cured := in[c] || (!only[c] && h.enough(&trial, c))
			if cured {
				h.tell(c, n)
			}
			return cured
		})
	}
}

// rehearsePosts tries with more posts, up to twice as many as there are, within
// reason: nobody gives a community fifty more. A norm
// that more posts would meet comes first: it lets in more than it has room for.
func (d *door) rehearsePosts() {
	if d.rehearsed[0] {
		return
	}
	d.rehearsed[0] = true
	if len(d.place.unmet) == 1 && d.place.unmet[0].Rule == norms.RuleWorkers {
		return
	}
	const few, many = 10, 50
	d.rehearse(hands{
		most: min(max(few, d.place.workers), many),
		widen: func(p *place, n int64) {
			for i := range p.minutes {
				p.minutes[i] = p.capacity(i, p.workers+n)
			}
		},
		enough: (*door).hasMinutes, others: func(d *door, c *candidate) bool { return d.hasVisits(c) && d.fitsBeside(c) },
		tell: func(c *candidate, n int64) { c.posts = n },
	})
}

// rehearseWalkers tries with more workers in the first grid, as many as a Grid
// may have.
func (d *door) rehearseWalkers() {
	if d.rehearsed[1] || len(d.place.grids) == 0 {
		return
	}
	d.rehearsed[1] = true
	const most = 64
	grid := d.place.grids[0]
	now, _ := norms.VisitsPerMonth(grid.workers, d.place.gridRule)
	d.rehearse(hands{
		most: most - grid.workers,
		widen: func(p *place, n int64) {
			then, _ := norms.VisitsPerMonth(grid.workers+n, p.gridRule)
			p.visits = plus(p.visits-now, then)
		},
		enough: (*door).hasVisits, others: func(d *door, c *candidate) bool { return d.hasMinutes(c) && d.fitsBeside(c) },
		tell: func(c *candidate, n int64) { c.walkers = n },
	})
}
