package admission

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// endedMonths is how long the entry of an ended task stays.
const endedMonths = 3

// entry is a task's line in the ledger.
func (d *door) entry(c *candidate, found []Finding) v1alpha1.LedgerEntry {
	e := v1alpha1.LedgerEntry{
		TaskRef: c.Ref, Digest: c.Digest, Decision: v1alpha1.DecisionAdmitted, Reason: v1alpha1.LedgerAdmitted,
		Until: c.until.String(),
	}
	if len(found) > 0 {
		more := also(found)
		e.Decision, e.Reason = found[0].Decision, found[0].Reason
		e.Message = cut(found[0].Message, maxMessage-len(more)) + more
	}
	e.Since = d.since(&e, c.prior)
	if c.placed {
		e.AdmittedAt = &c.since
	}
	if e.Decision == v1alpha1.DecisionEnded {
		if e.Reason == v1alpha1.LedgerSuspended {
			e.Until = ""
		}
		return e
	}
	e.MinutesPerYear = ptr.To(c.firstYear(c.load.minutes))
	if i, minutes := d.peak(c); i >= 0 {
		e.PeakMonth, e.PeakMinutes = d.horizon[i].name, ptr.To(minutes)
	}
	if c.terms.Funding != nil {
		e.FundingPerYear = fen(c.firstYear(int64(c.load.funding))).decimal()
	}
	if c.load.ledgers > 0 {
		e.Ledgers = ptr.To(c.load.ledgers)
	}
	if c.load.indicators > 0 {
		e.Indicators = ptr.To(c.load.indicators)
	}
	return e
}

// maxMessage is the most characters of a message. It is less than an entry may
// have: a ledger of 300 must be a small object.
const maxMessage = 240

// also names other reasons, so that one cure is not taken for all.
func also(found []Finding) string {
	var more []string
	for _, f := range found[1:] {
		if f.Reason != v1alpha1.LedgerNotYetEffective {
			more = append(more, string(f.Reason))
		}
	}
	const named = 3
	switch n := len(more) - named; {
	case len(more) == 0:
		return ""
	case n > 0:
		return "; also " + strings.Join(more[:named], ", ") + andMore(n)
	}
	return "; also " + strings.Join(more, ", ")
}

// peak is the first month in which a task takes most; -1 when it takes nothing.
func (d *door) peak(c *candidate) (month int, minutes int64) {
	month = -1
	for i, days := range c.days {
		part := ceilDiv(times(c.load.minutes, days), d.book.unit(i))
		if part > minutes && d.horizon[i].name != "" {
			month, minutes = i, part
		}
	}
	return month, minutes
}

// result puts the ledger together.
func (d *door) result(answers []Answer) Result {
	r := Result{Answers: answers, Next: d.tomorrow}
	owned := map[Ref][]string{}
	for code, ref := range d.owners {
		owned[ref] = append(owned[ref], code)
	}
	entries := make([]v1alpha1.LedgerEntry, 0, len(answers))
	var over []v1alpha1.LedgerEntry
	totals := tally{}
	for i := range answers {
		a := &answers[i]
		a.Entry.Owns = owned[a.Task.Ref]
		slices.Sort(a.Entry.Owns)
		if c := d.byRef[a.Task.Ref]; !c.placed {
			a.Entry.Owns = c.remember(a.Entry.Reason)
		}
		if a.Entry.Decision != v1alpha1.DecisionEnded {
			entries = append(entries, a.Entry)
			totals.add(a)
			continue
		}
		if d.remembered(&a.Entry) {
			over = append(over, a.Entry)
		}
	}
	over = append(over, d.withdrawn()...)
	slices.SortFunc(over, func(a, b v1alpha1.LedgerEntry) int { return compareRefs(a.TaskRef, b.TaskRef) })
	r.Unlisted = max(0, len(entries)-v1alpha1.LedgerMaxEntries)
	entries = entries[:len(entries)-r.Unlisted]
	room := min(len(over), v1alpha1.LedgerMaxEntries-len(entries))
	over, dropped := over[:room], over[room:]
	totals.ended = plus(d.gone(over, dropped), int64(len(over)))
	entries = append(entries, over...)
	r.Status = v1alpha1.TaskLedgerStatus{Entries: entries, Totals: totals.totals(), Months: d.months()}
	r.Overcommitted = d.overcommitment()
	return r
}

// remembered reports whether an ended task still has an entry: a suspended one
// as long as it is there, others for three months.
func (d *door) remembered(e *v1alpha1.LedgerEntry) bool {
	if e.Reason == v1alpha1.LedgerSuspended {
		return true
	}
	ended := parseDay(e.Until, 0).time()
	return dayOf(ended.AddDate(0, endedMonths, 0)) >= d.today
}

// withdrawn are the entries of tasks that no longer target the community.
func (d *door) withdrawn() []v1alpha1.LedgerEntry {
	if d.Ledger == nil {
		return nil
	}
	seen := map[Ref]bool{}
	var out []v1alpha1.LedgerEntry
	for i := range d.Ledger.Entries {
		prior := &d.Ledger.Entries[i]
		if d.byRef[prior.TaskRef] != nil || seen[prior.TaskRef] {
			continue
		}
		seen[prior.TaskRef] = true
		e := v1alpha1.LedgerEntry{
			TaskRef: prior.TaskRef, Digest: prior.Digest, Decision: v1alpha1.DecisionEnded, Reason: v1alpha1.LedgerWithdrawn,
			Message: "the department withdrew the task, or it no longer targets this community", Until: d.today.String(),
		}
		if prior.Decision == v1alpha1.DecisionEnded && prior.Reason != v1alpha1.LedgerSuspended {
			e.Reason, e.Message, e.Until = prior.Reason, prior.Message, prior.Until
		}
		e.Since = d.since(&e, prior)
		if d.remembered(&e) {
			out = append(out, e)
		}
	}
	return out
}

// gone counts the ended tasks that have no entry any more, those that find none
// in a full ledger included.
func (d *door) gone(over, dropped []v1alpha1.LedgerEntry) int64 {
	if d.Ledger == nil {
		return 0
	}
	still := make(map[Ref]bool, len(over))
	for i := range over {
		still[over[i].TaskRef] = true
	}
	var n int64
	if d.Ledger.Totals != nil {
		n = max(deref(d.Ledger.Totals.Ended), 0)
	}
	for i := range d.Ledger.Entries {
		e := &d.Ledger.Entries[i]
		c := d.byRef[e.TaskRef]
		back := c != nil && c.until >= d.today
		if e.Decision == v1alpha1.DecisionEnded && (back || still[e.TaskRef]) {
			n--
		}
		if e.Decision != v1alpha1.DecisionEnded && slices.ContainsFunc(dropped, func(x v1alpha1.LedgerEntry) bool { return x.TaskRef == e.TaskRef }) {
			n++
		}
	}
	return max(n, 0)
}

func (d *door) months() []v1alpha1.LedgerMonth {
	out := make([]v1alpha1.LedgerMonth, 0, len(d.horizon))
	for i := range d.horizon {
		if d.horizon[i].name == "" {
			break
		}
		m := v1alpha1.LedgerMonth{
			Month: d.horizon[i].name, CommittedMinutes: ptr.To(d.book.committedMinutes(i)),
			CommittedVisits: ptr.To(d.book.committedVisits(i)),
			Reports:         ptr.To(d.book.reports[i]), Indicators: ptr.To(d.book.indicators[i]),
		}
		if n := d.place.minutes[i]; n != unlimited {
			m.CapacityMinutes = &n
		}
		if n := d.place.visits; n != unlimited {
			m.CapacityVisits = &n
		}
		if n := ceilDiv(d.book.reserved[i], d.book.unit(i)); n > 0 {
			m.ReservedMinutes = &n
		}
		out = append(out, m)
	}
	return out
}

func (d *door) overcommitment() string {
	minutes, visits := d.book.overcommitted()
	switch {
	case minutes >= 0:
		return fmt.Sprintf("%s has %d minutes and %d are promised: nothing is taken away, and nothing new enters until tasks end or posts are added",
			d.horizon[minutes].name, d.place.minutes[minutes], d.book.committedMinutes(minutes))
	case visits >= 0:
		return fmt.Sprintf("%s has room for %d household visits and %d are promised: nothing is taken away, and nothing new enters until tasks end or grid workers are added",
			d.horizon[visits].name, d.place.visits, d.book.committedVisits(visits))
	}
	return ""
}

// tally sums entries up.
type tally struct {
	admitted, waiting, refused, contested, ended int64
	minutes, ledgers                             int64
	funding                                      fen
}

func (t *tally) add(a *Answer) {
	e := &a.Entry
	switch e.Decision {
	case v1alpha1.DecisionAdmitted:
		t.admitted++
	case v1alpha1.DecisionWaiting:
		t.waiting++
	case v1alpha1.DecisionRefused:
		t.refused++
	case v1alpha1.DecisionContested:
		t.contested++
	case v1alpha1.DecisionEnded: // counted otherwise
	}
	if e.AdmittedAt == nil {
		return
	}
	t.minutes = plus(t.minutes, deref(e.MinutesPerYear))
	t.ledgers = plus(t.ledgers, deref(e.Ledgers))
	t.funding = t.funding.plus(parseFen(e.FundingPerYear))
}

func (t *tally) totals() *v1alpha1.LedgerTotals {
	return &v1alpha1.LedgerTotals{
		Admitted: &t.admitted, Waiting: &t.waiting, Refused: &t.refused, Contested: &t.contested, Ended: &t.ended,
		MinutesPerYear: &t.minutes, FundingPerYear: t.funding.decimal(), Ledgers: &t.ledgers,
	}
}
