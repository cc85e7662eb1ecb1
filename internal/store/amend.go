package store

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// line is one delivery of a case: from its task to a system, for a purpose.
type line struct{ task, system, purpose string }

func lineOf(f courier.Facts) line { return line{f.Task, f.System, string(f.Purpose)} }

// asked is what a delivery is, as the latest turn that asks for it composes it.
type asked struct {
	turn int
	courier.Consignment
}

// amendment is what a changed letter means for a case's deliveries.
type amendment struct {
	occasion courier.Occasion
	// was and is are the deliveries of the letter before and after.
	was, is map[line]asked
	// waiting is what is in the outbox of each, locked.
	waiting map[line][]db.LockMessagesRow
	changed []string // codes
	at      time.Time
}

// amend composes anew what waits to be delivered of a case and does not say any more
// what its letter says, and what could not be composed and now can. It does so under
// another version: the system may have had what was tried. What waits until then is
// taken back, which is on record.
func (d *Desk) amend(ctx context.Context, w *work, h *held, before casework.Fields, changed []string) error {
	if !d.delivers(h) {
		return nil
	}
	locked, err := w.LockMessages(ctx, []string{h.c.ID})
	if err != nil {
		return err
	}
	a := amendment{waiting: map[line][]db.LockMessagesRow{}, changed: changed, at: d.now()}
	for _, r := range locked {
		l := line{r.Task, r.System, r.Purpose}
		a.waiting[l] = append(a.waiting[l], r)
	}
	if a.occasion, err = d.occasion(ctx, w, h); err != nil {
		return err
	}
	if a.is, err = d.latest(a.occasion); err != nil {
		return err
	}
	earlier := a.occasion
	earlier.Fields = before
	if a.was, err = d.latest(earlier); err != nil {
		return err
	}
	for _, l := range a.lines() {
		if err := d.amendLine(ctx, w, &a, l); err != nil {
			return err
		}
	}
	return nil
}

// latest are a case's deliveries, each as the latest turn that asks for it composes it.
func (d *Desk) latest(o courier.Occasion) (map[line]asked, error) {
	out := map[line]asked{}
	for n := range o.Case.History {
		at, err := asOf(o, n+1)
		if err != nil {
			return nil, err
		}
		for _, c := range d.config.Compose(at) {
			out[lineOf(c.Facts)] = asked{n + 1, c}
		}
	}
	return out, nil
}

// asOf is an occasion after so many turns.
func asOf(o courier.Occasion, turns int) (courier.Occasion, error) {
	var err error
	o.Case, err = casework.Replay(o.Case.History[:turns])
	o.At = o.Case.History[turns-1].At
	return o, err
}

// lines are those to look at, in a fixed order.
func (a *amendment) lines() []line {
	var out []line
	for l := range a.is {
		out = append(out, l)
	}
	for l := range a.waiting {
		out = append(out, l)
	}
	slices.SortFunc(out, func(x, y line) int {
		return strings.Compare(x.system+" "+x.task+" "+x.purpose, y.system+" "+y.task+" "+y.purpose)
	})
	return slices.Compact(out)
}

// stale reports whether what waits of a line is not what its letter says any more.
func (a *amendment) stale(l line) bool {
	was, is := a.was[l].Message, a.is[l].Message
	if was == nil && is == nil {
		// Nobody can say any more what would go: what waits holds what was changed, or not.
		return slices.ContainsFunc(a.waiting[l], func(r db.LockMessagesRow) bool {
			return slices.ContainsFunc(strings.Split(r.Codes, ","), func(c string) bool { return slices.Contains(a.changed, c) })
		})
	}
	return was == nil || is == nil || !reflect.DeepEqual(was.Fields, is.Fields) || !slices.Equal(was.Codes, is.Codes)
}

// why what waits of a line is taken back.
func (a *amendment) why(l line) courier.Why {
	if _, declared := a.is[l]; declared {
		return courier.Corrected
	}
	for other := range a.is {
		if other.system == "" {
			return courier.TaskNotAdmitted
		}
	}
	return courier.WrongSystem
}

// amendLine does it for one delivery.
func (d *Desk) amendLine(ctx context.Context, w *work, a *amendment, l line) error {
	if !a.stale(l) {
		return nil
	}
	waiting, is := a.waiting[l], a.is[l]
	if len(waiting) == 0 {
		if is.Message == nil || a.was[l].Message != nil {
			return nil // the system has what it was to get
		}
		if withheld, err := w.withheld(ctx, a.occasion.Case.ID, l); err != nil || !withheld {
			return err
		}
	}
	if err := w.takeBack(ctx, waiting, a.why(l), a.at); err != nil || is.turn == 0 {
		return err
	}
	o, err := asOf(a.occasion, is.turn)
	if err != nil {
		return err
	}
	o.Case.Version = a.occasion.Case.Version
	for i := range waiting {
		o.Case.Version = max(o.Case.Version, waiting[i].Version+1)
	}
	all, err := d.compose(ctx, w, o, func(c *courier.Consignment) bool { return lineOf(c.Facts) == l })
	if err != nil {
		return err
	}
	for i := range all {
		if err := d.send(ctx, w, &all[i], a.at); err != nil {
			return err
		}
	}
	return nil
}

// withheld reports whether the last that is on record of a delivery is that nothing went.
func (w *work) withheld(ctx context.Context, caseID string, l line) (bool, error) {
	records, err := w.DeliveriesOfCase(ctx, caseID)
	if err != nil {
		return false, err
	}
	for i := range slices.Backward(records) {
		if r := &records[i]; (line{r.Task, r.System, r.Purpose}) == l {
			return r.Act == string(courier.Withheld), nil
		}
	}
	return false, nil
}
