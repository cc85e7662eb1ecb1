package admission

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// fits reports whether a community has room for a task: whether crowded finds
// nothing.
func (d *door) fits(c *candidate) bool { return d.hasMinutes(c) && d.hasVisits(c) && d.fitsBeside(c) }

func (d *door) hasMinutes(c *candidate) bool { return c.load.minutes <= d.book.minutesLeft(c) }

func (d *door) hasVisits(c *candidate) bool {
	return c.load.visits <= d.book.visitsLeft(c, c.load.combinable)
}

// fitsBeside reports whether there is room in all that more hands don't make.
func (d *door) fitsBeside(c *candidate) bool {
	if len(d.place.unmet) > 0 || c.load.ledgers > d.ledgersLeft() {
		return false
	}
	if c.load.reports > 0 && (c.load.reports > d.reportsLeft(c) || c.load.indicators > d.indicatorsLeft(c)) {
		return false
	}
	for i := range c.terms.Data {
		if _, taken := d.owner(c, &c.terms.Data[i]); taken {
			return false
		}
	}
	return true
}

// crowded finds everything that keeps a new task out for want of room, in the
// order of the reasons. A task that has a place is not asked.
func (d *door) crowded(c *candidate) []*Finding {
	var out []*Finding
	for _, check := range roomChecks {
		if f := check(d, c); f != nil {
			out = append(out, f)
		}
	}
	return out
}

var roomChecks = []func(*door, *candidate) *Finding{
	(*door).substandard, (*door).duplicate, (*door).ledgers, (*door).indicators, (*door).reports, (*door).minutes, (*door).visits,
}

// substandard is the same for every task, so it is worded once.
func (d *door) substandard(*candidate) *Finding {
	if len(d.place.unmet) > 0 && d.place.substandard == nil {
		d.place.substandard = substandard(d.place.unmet)
	}
	return d.place.substandard
}

// owner is the other task that collects an element this one wants to collect.
func (d *door) owner(c *candidate, x *v1alpha1.TaskData) (of Ref, taken bool) {
	if x.Use != v1alpha1.UseCollect || d.place.shared(string(x.Element)) {
		return Ref{}, false
	}
	of, taken = d.owners[string(x.Element)]
	return of, taken && of != c.Ref && !d.lent(c, string(x.Element))
}

func (d *door) duplicate(c *candidate) *Finding {
	var changes []Change
	var message string
	for i := range c.terms.Data {
		x := &c.terms.Data[i]
		of, taken := d.owner(c, x)
		if !taken {
			continue
		}
		if len(changes) == 0 {
			message = fmt.Sprintf("%s is collected by %s/%s already", x.Element, of.Namespace, of.Name)
		}
		changes = append(changes, Change{Object: OfTask, Field: "spec.data[" + string(x.Element) + "].use", To: string(v1alpha1.UseReuse), Together: true})
	}
	switch len(changes) {
	case 0:
		return nil
	case 1:
		changes[0].Together = false
	default:
		message += fmt.Sprintf(", and %d more elements", len(changes)-1)
	}
	return refuse(v1alpha1.LedgerDuplicateCollection, message+"; set use: Reuse instead of Collect", changes...)
}

// shared reports whether anybody may collect an element: identity and contact
// basics are.
func (p *place) shared(code string) bool {
	e := p.elements[code]
	return e != nil && (e.Class == "Base" || e.Class == "Contact")
}

func (d *door) ledgersLeft() int64 { return max(d.place.ledgers-d.book.ledgers, 0) }

func (d *door) indicatorsLeft(c *candidate) int64 {
	return max(d.place.indicators-d.book.most(c, &d.book.indicators), 0)
}

func (d *door) reportsLeft(c *candidate) int64 {
	return max(d.place.reports-d.book.most(c, &d.book.reports), 0)
}

func (d *door) ledgers(c *candidate) *Finding {
	left := d.ledgersLeft()
	if c.load.ledgers <= left {
		return nil
	}
	return refuse(v1alpha1.LedgerLedgerLimit, fmt.Sprintf("asks for %d ledgers, %d of %d left; ask for at most %d", c.load.ledgers, left, d.place.ledgers, left),
		Change{Object: OfTask, Field: "spec.workload.ledgers", To: strconv.FormatInt(left, 10)})
}

func (d *door) indicators(c *candidate) *Finding {
	left := d.indicatorsLeft(c)
	if c.load.indicators <= left {
		return nil
	}
	each := left / c.load.reports
	return refuse(v1alpha1.LedgerIndicatorLimit, fmt.Sprintf("asks for %d indicators in a month, %d of %d left; ask for at most %d a report", c.load.indicators, left, d.place.indicators, each),
		Change{Object: OfTask, Field: "spec.workload.reports.indicators", To: strconv.FormatInt(each, 10)})
}

func (d *door) reports(c *candidate) *Finding {
	left := d.reportsLeft(c)
	if c.load.reports <= left {
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
	if d.hasMinutes(c) {
		return nil
	}
	left := d.book.minutesLeft(c)
	f := refuse(v1alpha1.LedgerCapacityExceeded, "")
	var cures []string
	if changes, cure := d.lighter(c, left); cure != "" {
		f.Changes, cures = append(f.Changes, changes...), append(cures, cure)
	}
	d.rehearsePosts()
	if n := c.posts; n > 0 {
		f.Changes = append(f.Changes, Change{Object: OfCommunity, Field: "spec.workforce", How: Add, To: strconv.FormatInt(n, 10)})
		cures = append(cures, more(n, "post")+" in the community")
	}
	if over, _ := d.book.overcommitted(); over >= 0 {
		f.Message = fmt.Sprintf("%s is overcommitted: %d min promised, %d there; nothing new enters", d.horizon[over].name, d.book.committedMinutes(over), d.place.minutes[over])
	} else {
		i, needs, left := d.book.tightest(c, c.load.minutes, d.book.room)
		f.Message = fmt.Sprintf("needs %d min in %s, %d of %d left", needs, d.horizon[i].name, left, d.place.minutes[i])
	}
	f.Message += fitsWith(cures)
	return f
}

// visits compares household visits month by month, likewise.
func (d *door) visits(c *candidate) *Finding {
	if d.hasVisits(c) {
		return nil
	}
	left := d.book.visitsLeft(c, c.load.combinable)
	f := refuse(v1alpha1.LedgerVisitCapacityExceeded, "")
	var cures []string
	add := func(change Change, format string, args ...any) {
		f.Changes, cures = append(f.Changes, change), append(cures, fmt.Sprintf(format, args...))
	}
	if left >= 0 {
		v := c.terms.Workload.Visits
		l := d.visitLever(c)
		if n := l.largest(left, l.visits); n > 0 && d.stillCovered(c, []lever{l}, []int64{n}) {
			add(l.change(n), "visits to at most %d%% of households (asks %d%%)", n, v.HouseholdPercent)
		}
		if !c.load.combinable && c.load.visits <= d.book.visitsLeft(c, true) {
			add(Change{Object: OfTask, Field: "spec.workload.visits.combinable", To: "true"}, "combinable visits")
		}
	}
	d.rehearseWalkers()
	if n := c.walkers; n > 0 {
		grid := d.place.grids[0].name
		add(Change{Object: OfGrid, Name: grid, Field: "spec.workers", How: Add, To: strconv.FormatInt(n, 10)}, "%s in grid %s", more(n, "worker"), grid)
	}
	if _, over := d.book.overcommitted(); over >= 0 {
		f.Message = fmt.Sprintf("%s is overcommitted: %d visits promised, %d possible; nothing new enters", d.horizon[over].name, d.book.committedVisits(over), d.place.visits)
	} else {
		i, needs, left := d.book.tightest(c, c.load.visits, func(i int) int64 { return d.book.roundRoom(i, c.load.combinable) })
		f.Message = fmt.Sprintf("needs %d visits in %s, %d of %d left", needs, d.horizon[i].name, left, d.place.visits)
	}
	if len(d.place.grids) == 0 {
		cures = append(cures, "grids that name their workers")
	}
	f.Message += fitsWith(cures)
	return f
}

func fitsWith(cures []string) string {
	if len(cures) == 0 {
		return ""
	}
	return "; fits with " + strings.Join(cures, ", or ")
}

// more words a number of people that would do.
func more(n int64, what string) string {
	if n == 1 {
		return "1 more " + what
	}
	return strconv.FormatInt(n, 10) + " more " + what + "s"
}
