package admission

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
)

// crowded finds everything that keeps a new task out for want of room, in the
// order of the reasons. A task that has a place is not asked.
func (d *door) crowded(c *candidate) []*Finding {
	var out []*Finding
	for _, check := range []func(*candidate) *Finding{
		d.substandard, d.duplicate, d.ledgers, d.indicators, d.reports, d.minutes, d.visits,
	} {
		if f := check(c); f != nil {
			out = append(out, f)
		}
	}
	return out
}

func (d *door) substandard(*candidate) *Finding {
	if len(d.place.unmet) == 0 {
		return nil
	}
	f := refuse(v1alpha1.LedgerNormNotMet, cut(norms.Explain(d.place.unmet)+" Nothing new enters until the community meets it."))
	for _, r := range d.place.unmet {
		f.Changes = append(f.Changes, Change{Object: OfCommunity, Field: r.Rule, How: Add, To: r.Gap, Together: true})
	}
	return f
}

func (d *door) duplicate(c *candidate) *Finding {
	var taken []string
	var of Ref
	f := refuse(v1alpha1.LedgerDuplicateCollection, "")
	for _, x := range c.Spec.Data {
		if x.Use != v1alpha1.UseCollect || d.place.shared(x.Element) {
			continue
		}
		if owner, ok := d.owners[string(x.Element)]; ok && owner != c.Ref {
			taken, of = append(taken, string(x.Element)), owner
			f.Changes = append(f.Changes, Change{Object: OfTask, Field: "spec.data[" + string(x.Element) + "].use", To: string(v1alpha1.UseReuse), Together: true})
		}
	}
	if len(taken) == 0 {
		return nil
	}
	which := strings.Join(taken[:min(len(taken), 3)], ", ")
	if more := len(taken) - 3; more > 0 {
		which += fmt.Sprintf(" and %d more", more)
	}
	f.Message = cut(fmt.Sprintf("%s already collected by %s/%s; set use: Reuse instead of Collect", which, of.Namespace, of.Name))
	return f
}

// shared reports whether anybody may collect an element: identity and contact
// basics are.
func (p *place) shared(code v1alpha1.DataElementCode) bool {
	e := p.elements[string(code)]
	return e != nil && (e.Class == "Base" || e.Class == "Contact")
}

func (d *door) ledgers(c *candidate) *Finding {
	left := max(d.place.ledgers-d.book.ledgers, 0)
	if c.load.ledgers == 0 || c.load.ledgers <= left {
		return nil
	}
	return refuse(v1alpha1.LedgerLedgerLimit, fmt.Sprintf("asks for %d ledgers, %d of %d left; ask for at most %d", c.load.ledgers, left, d.place.ledgers, left),
		Change{Object: OfTask, Field: "spec.workload.ledgers", To: strconv.FormatInt(left, 10)})
}

func (d *door) indicators(c *candidate) *Finding {
	left := max(d.place.indicators-d.book.most(c.Task, &d.book.indicators), 0)
	if c.load.indicators == 0 || c.load.indicators <= left {
		return nil
	}
	each := left / c.load.reports
	return refuse(v1alpha1.LedgerIndicatorLimit, fmt.Sprintf("asks for %d indicators in a month, %d of %d left; ask for at most %d a report", c.load.indicators, left, d.place.indicators, each),
		Change{Object: OfTask, Field: "spec.workload.reports.indicators", To: strconv.FormatInt(each, 10)})
}

func (d *door) reports(c *candidate) *Finding {
	left := max(d.place.reports-d.book.most(c.Task, &d.book.reports), 0)
	if c.load.reports == 0 || c.load.reports <= left {
		return nil
	}
	change := Change{Object: OfTask, Field: "spec.workload.reports.perYear", To: strconv.FormatInt(left*yearMonths, 10)}
	cure := fmt.Sprintf("ask for at most %d a year", left*yearMonths)
	if left == 0 {
		change = Change{Object: OfTask, Field: "spec.workload.reports", How: Remove}
		cure = "ask for none"
	}
	return refuse(v1alpha1.LedgerReportLimit, fmt.Sprintf("asks for %d reports in a month, %d of %d left; %s", c.load.reports, left, d.place.reports, cure), change)
}

// minutes compares working time month by month. While any month is
// overcommitted nothing enters, not even what would take no time then.
func (d *door) minutes(c *candidate) *Finding {
	left := d.book.minutesLeft(c.Task)
	if c.load.minutes <= left {
		return nil
	}
	var cures []string
	f := refuse(v1alpha1.LedgerCapacityExceeded, "")
	if change, cure := d.lighter(c, left); cure != "" {
		f.Changes, cures = append(f.Changes, change), append(cures, cure)
	}
	if n := d.posts(c); n > 0 {
		f.Changes = append(f.Changes, Change{Object: OfCommunity, Field: "spec.workforce", How: Add, To: strconv.FormatInt(n, 10)})
		cures = append(cures, fmt.Sprintf("%d more posts in the community", n))
	}
	if over, _ := d.book.overcommitted(); over >= 0 {
		m := &d.horizon[over]
		f.Message = fmt.Sprintf("%s is overcommitted: %d min promised, %d there; nothing new enters", m.name, d.book.committedMinutes(over), d.place.minutes[over])
	} else {
		i, _ := d.book.tightest(c.Task, c.load.minutes)
		m := &d.horizon[i]
		needs := ceilDiv(times(c.load.minutes, m.within(c.from, c.until)), d.book.unit(i))
		f.Message = fmt.Sprintf("needs %d min in %s, %d of %d left", needs, m.name, d.book.room(i)/d.book.unit(i), d.place.minutes[i])
	}
	if len(cures) > 0 {
		f.Message += "; fits with " + strings.Join(cures, ", or ")
	}
	return f
}

// lighter is the smallest cut of the task's own load that makes it fit so many
// minutes a year, if one alone does and the money still covers the rest.
func (d *door) lighter(c *candidate, left int64) (Change, string) {
	w := c.Spec.Workload
	if w == nil || left < 0 {
		return Change{}, ""
	}
	others := c.load.minutes - times(c.load.cases, w.MinutesPerCase)
	if c.load.cases > 0 && w.MinutesPerCase > 0 && others <= left {
		if n := d.fewerCases(w, (left-others)/w.MinutesPerCase); n > 0 && d.stillCovered(c, func(w *v1alpha1.TaskWorkload) { setCases(w, n) }) {
			if w.CasesPerYear > 0 {
				return Change{Object: OfTask, Field: "spec.workload.casesPerYear", To: strconv.FormatInt(n, 10)}, fmt.Sprintf("at most %d cases a year (asks %d)", n, w.CasesPerYear)
			}
			return Change{Object: OfTask, Field: "spec.workload.casesPerThousandResidents", To: strconv.FormatInt(n, 10)},
				fmt.Sprintf("at most %d cases per 1000 residents (asks %d)", n, w.CasesPerThousandResidents)
		}
	}
	if v := w.Visits; v != nil && c.load.visits > 0 {
		each := times(v.MinutesPerVisit, d.place.teamSize)
		others := c.load.minutes - times(c.load.visits, each)
		if each > 0 && others <= left {
			if n := percentFor(v, d.place.households, (left-others)/each); n > 0 && d.stillCovered(c, func(w *v1alpha1.TaskWorkload) { w.Visits.HouseholdPercent = n }) {
				return Change{Object: OfTask, Field: "spec.workload.visits.householdPercent", To: strconv.FormatInt(n, 10)},
					fmt.Sprintf("visits to at most %d%% of households (asks %d%%)", n, v.HouseholdPercent)
			}
		}
	}
	if r := w.Reports; r != nil && r.MinutesEach > 0 {
		others := c.load.minutes - times(r.PerYear, r.MinutesEach)
		if n := (left - others) / r.MinutesEach; others <= left && n > 0 {
			return Change{Object: OfTask, Field: "spec.workload.reports.perYear", To: strconv.FormatInt(n, 10)}, fmt.Sprintf("at most %d reports a year (asks %d)", n, r.PerYear)
		}
	}
	return Change{}, ""
}

// fewerCases turns a bound on whole cases into one on the figure the task gives.
func (d *door) fewerCases(w *v1alpha1.TaskWorkload, cases int64) int64 {
	if w.CasesPerYear > 0 || d.place.residents == 0 {
		return cases
	}
	return times(cases, 1000) / d.place.residents
}

func setCases(w *v1alpha1.TaskWorkload, n int64) {
	if w.CasesPerYear > 0 {
		w.CasesPerYear = n
		return
	}
	w.CasesPerThousandResidents = n
}

// percentFor is the largest share of households whose visits a year stay within
// a bound.
func percentFor(v *v1alpha1.VisitLoad, households, visits int64) int64 {
	each := times(households, v.TimesPerYear)
	if each == 0 {
		return 0
	}
	return times(visits, 100) / each
}

// stillCovered reports whether a task with a changed load would still bring the
// money it costs: a cut that only leads to the next refusal is no cure.
func (d *door) stillCovered(c *candidate, change func(*v1alpha1.TaskWorkload)) bool {
	changed, spec := *c.Task, *c.Spec
	spec.Workload = c.Spec.Workload.DeepCopy()
	change(spec.Workload)
	changed.Spec = &spec
	l := changed.load(d.place)
	return l.covered(d.place.hourly, d.place.coverage)
}

// posts is the fewest more workers with whom the task fits every month and no
// month is overcommitted; 0 when more workers don't help.
func (d *door) posts(c *candidate) int64 {
	const most = 10_000 // what one post of a Community may count
	var n int64
	for i := range d.horizon {
		need := plus(d.book.minutes[i], times(c.load.minutes, d.horizon[i].within(c.from, c.until)))
		workers := d.place.workersFor(i, ceilDiv(need, d.book.unit(i)))
		if workers < 0 || workers-d.place.workers > most {
			return 0
		}
		n = max(n, workers-d.place.workers)
	}
	return n
}

// visits compares household visits month by month, likewise.
func (d *door) visits(c *candidate) *Finding {
	left := d.book.visitsLeft(c.Task, c.load.combinable)
	if c.load.visits <= left {
		return nil
	}
	f := refuse(v1alpha1.LedgerVisitCapacityExceeded, "")
	var cures []string
	if c.load.visits > 0 && left >= 0 {
		v := c.Spec.Workload.Visits
		if n := percentFor(v, d.place.households, left); n > 0 && d.stillCovered(c, func(w *v1alpha1.TaskWorkload) { w.Visits.HouseholdPercent = n }) {
			f.Changes = append(f.Changes, Change{Object: OfTask, Field: "spec.workload.visits.householdPercent", To: strconv.FormatInt(n, 10)})
			cures = append(cures, fmt.Sprintf("visits to at most %d%% of households (asks %d%%)", n, v.HouseholdPercent))
		}
		if !c.load.combinable && c.load.visits <= d.book.visitsLeft(c.Task, true) {
			f.Changes = append(f.Changes, Change{Object: OfTask, Field: "spec.workload.visits.combinable", To: "true"})
			cures = append(cures, "combinable visits")
		}
	}
	if n, grid := d.walkers(c); n > 0 {
		f.Changes = append(f.Changes, Change{Object: OfGrid, Name: grid, Field: "spec.workers", How: Add, To: strconv.FormatInt(n, 10)})
		cures = append(cures, fmt.Sprintf("%d more workers in grid %s", n, grid))
	}
	if _, over := d.book.overcommitted(); over >= 0 {
		f.Message = fmt.Sprintf("%s is overcommitted: %d visits promised, %d possible; nothing new enters", d.horizon[over].name, d.book.committedVisits(over), d.place.visits)
	} else {
		i := d.walkMonth(c)
		needs := ceilDiv(times(c.load.visits, d.horizon[i].within(c.from, c.until)), d.book.unit(i))
		f.Message = fmt.Sprintf("needs %d visits in %s, %d of %d left", needs, d.horizon[i].name, d.book.visitRoom(i)/d.book.unit(i), d.place.visits)
	}
	if len(d.place.grids) == 0 {
		cures = append(cures, "grids that name their workers")
	}
	if len(cures) > 0 {
		f.Message += "; fits with " + strings.Join(cures, ", or ")
	}
	return f
}

// visitNeed is what the visits of a month come to with the task, × 12 × days.
func (d *door) visitNeed(c *candidate, i int) int64 {
	round := times(c.load.visits, d.horizon[i].within(c.from, c.until))
	if c.load.combinable {
		return plus(d.book.visits[i], max(d.book.shared[i], round))
	}
	return plus(plus(d.book.visits[i], d.book.shared[i]), round)
}

// walkMonth is the month in which the task lacks most visits.
func (d *door) walkMonth(c *candidate) int {
	worst, lacks := 0, int64(-1)
	for i := range d.horizon {
		if lack := (d.visitNeed(c, i) - times(d.place.visits, d.book.unit(i))) / d.book.unit(i); lack > lacks {
			worst, lacks = i, lack
		}
	}
	return worst
}

// walkers is the fewest more workers in the first grid with whom the visits fit;
// 0 when there is no grid or more workers than a grid may have are needed.
func (d *door) walkers(c *candidate) (int64, string) {
	if len(d.place.grids) == 0 {
		return 0, ""
	}
	grid := d.place.grids[0]
	const most = 64 // workers a Grid may name
	now, _ := norms.VisitsPerMonth(grid.workers, d.place.gridRule)
	fits := func(n int64) bool {
		then, _ := norms.VisitsPerMonth(grid.workers+n, d.place.gridRule)
		for i := range d.horizon {
			if times(plus(d.place.visits, then-now), d.book.unit(i)) < d.visitNeed(c, i) {
				return false
			}
		}
		return true
	}
	if room := most - grid.workers; room > 0 && fits(room) {
		return smallest(room, fits), grid.name
	}
	return 0, ""
}

// smallest is the smallest n from 1 to most that fits, where whatever is larger
// than one that fits does too and most does.
func smallest(most int64, fits func(int64) bool) int64 {
	low, high := int64(0), most
	for high-low > 1 {
		if mid := (low + high) / 2; fits(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}
