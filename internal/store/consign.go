package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store/db"
)

// unfit is why a message is dead before it was ever sent: it can't be made into
// bytes, which is the mapping's fault and no reason to hold up the case.
const unfit = "unfit"

// delivers reports whether a case's turns are delivered at all.
func (d *Desk) delivers(h *held) bool {
	return d.config.Compose != nil && (h.terms.Task != "" || h.c.Kind == casework.WorkOrder)
}

// handsOn reports whether a turn may deliver. Of all others nobody is asked: a letter
// that can't be opened holds up none of them.
func handsOn(kind casework.Kind, turn casework.EventType) bool {
	switch turn {
	case casework.Collect, casework.Register, casework.Transfer, casework.Resume:
		return true
	case casework.Report, casework.Close, casework.Reject:
		return kind == casework.WorkOrder
	default:
		return false
	}
}

// deliver asks what the case's last turn delivers, and keeps it: what goes in the
// outbox, what does not on record.
func (d *Desk) deliver(ctx context.Context, w *work, h *held) error {
	if !d.delivers(h) {
		return nil
	}
	turn := h.c.History[len(h.c.History)-1]
	if !handsOn(h.c.Kind, turn.Event.Type) {
		return nil
	}
	o, err := d.occasion(ctx, w, h)
	if err != nil {
		return err
	}
	all, err := d.compose(ctx, w, o, func(*courier.Consignment) bool { return true })
	if err != nil {
		return err
	}
	for i := range all {
		if err := d.send(ctx, w, &all[i], turn.At); err != nil {
			return err
		}
	}
	return nil
}

// occasion is a case's last turn, with all that decides on its deliveries.
func (d *Desk) occasion(ctx context.Context, w *work, h *held) (courier.Occasion, error) {
	letter, err := d.letter(ctx, w, h)
	if err != nil {
		return courier.Occasion{}, err
	}
	o := courier.Occasion{
		Case: h.c, Task: h.terms.Task, Item: h.terms.Item, Purpose: h.terms.Purpose, Expired: letter == nil, Withdrawn: !h.deliverable,
		Salt: rand.Text, At: h.c.History[len(h.c.History)-1].At,
	}
	if letter != nil {
		o.Fields = letter.Fields
	}
	if h.c.Kind == casework.WorkOrder && h.channel == HotlineChannel {
		o.From, o.Reference = h.terms.System, h.terms.Reference
	}
	if h.c.Version > 1 {
		replies, err := w.RepliesOfCase(ctx, h.c.ID)
		if err != nil {
			return o, err
		}
		for i := range replies {
			o.Replies = append(o.Replies, reply(&replies[i]))
		}
	}
	return o, nil
}

// compose asks what is wanted of what an occasion delivers. It goes under the case's
// version, or under the first after it that no message of these had: what was composed
// anew has run ahead.
func (d *Desk) compose(ctx context.Context, w *work, o courier.Occasion, wanted func(*courier.Consignment) bool) ([]courier.Consignment, error) {
	for ; ; o.Case.Version++ {
		all := slices.DeleteFunc(d.config.Compose(o), func(c courier.Consignment) bool { return !wanted(&c) })
		if len(all) == 0 || all[0].Version != o.Case.Version {
			return all, nil
		}
		keys := make([]string, len(all))
		for i := range all {
			keys[i] = string(all[i].Key())
		}
		known, err := w.KnownMessages(ctx, keys)
		if err != nil || len(known) == 0 {
			return all, err
		}
	}
}

func reply(r *db.Reply) courier.Reply {
	return courier.Reply{
		Key: courier.Key(r.Key), Task: r.Task, System: r.System, Purpose: purposeCode(r.Purpose), Version: r.Version,
		Verdict: courier.Verdict(r.Verdict), Reason: casework.Reason(r.Reason), Reference: r.Reference, At: r.At,
	}
}

// send keeps a consignment: its message in the outbox, or that there is none on record.
func (d *Desk) send(ctx context.Context, w *work, c *courier.Consignment, at time.Time) error {
	if c.Message == nil {
		record, err := courier.NewRecord(courier.Withheld, c.Facts, courier.Message{}, c.Refused, at)
		w.records = append(w.records, record)
		return err
	}
	row, err := d.messageRow(c, at)
	if err != nil {
		return err
	}
	_, err = w.SendMessage(ctx, row)
	return err
}

var errFacts = errors.New("a message is about something else than its consignment; correct whoever composes it")

// messageRow is a message as it is kept until it is sent.
func (d *Desk) messageRow(c *courier.Consignment, at time.Time) (db.SendMessageParams, error) {
	m := c.Message
	if m.Facts != c.Facts || !uuidForm.MatchString(m.Case) || m.System == "" {
		return db.SendMessageParams{}, fmt.Errorf("%w: %w", ErrInvalid, errFacts)
	}
	sealed, err := pack(d.keys.Courier, m)
	if err != nil {
		return db.SendMessageParams{}, err
	}
	row := db.SendMessageParams{
		Key: string(m.Key()), CaseID: m.Case, Task: m.Task, System: m.System, Purpose: string(m.Purpose), Version: m.Version,
		Sealed: sealed, Codes: joined(m.Codes), Refused: c.Refused, TellOnly: c.TellOnly, Entered: instant(at),
		State: string(courier.Waiting), NotBefore: instant(at),
	}
	if hash, err := m.Hash(); err == nil {
		row.Message = hash[:]
	} else {
		row.State, row.Why = string(courier.Dead), unfit
	}
	return row, nil
}

// stop takes back what waits of some cases.
func (w *work) stop(ctx context.Context, why courier.Why, at time.Time, cases ...string) error {
	locked, err := w.LockMessages(ctx, cases)
	if err != nil {
		return err
	}
	return w.takeBack(ctx, locked, why, at)
}

// takeBack takes messages that are locked out of the outbox, and says so on record. What
// somebody sends at this moment is not tried again.
func (w *work) takeBack(ctx context.Context, locked []db.LockMessagesRow, why courier.Why, at time.Time) error {
	var underWay, waiting []string
	for i := range locked {
		r := &locked[i]
		if r.State == string(courier.UnderWay) {
			underWay = append(underWay, r.Key)
			continue
		}
		waiting = append(waiting, r.Key)
		f := courier.Facts{Case: r.CaseID, Task: r.Task, System: r.System, Purpose: purposeCode(r.Purpose), Version: r.Version}
		record, err := courier.NewRecord(courier.Withheld, f, courier.Message{}, alsoRefused(r.Refused, why, r.Codes), at)
		if err != nil {
			return err
		}
		if r.Tried {
			// The system may have it, though it did not say so: what would have gone is named.
			record.Codes, record.Message = r.Codes, hashOf(r.Message)
		}
		w.records = append(w.records, record)
	}
	if len(underWay) > 0 {
		if err := w.StopMessages(ctx, db.StopMessagesParams{Why: string(why), Keys: underWay}); err != nil {
			return err
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	return w.RemoveMessages(ctx, waiting)
}

// alsoRefused counts the elements of a message among those that did not go; a message
// of none counts as one. The reasons stay in the order of courier.Whys.
func alsoRefused(refused string, why courier.Why, codes string) string {
	parts := append([]string{}, strings.FieldsFunc(refused, func(r rune) bool { return r == ',' })...)
	parts = append(parts, fmt.Sprintf("%s:%d", why, strings.Count(codes, ",")+1))
	place := func(part string) int {
		name, _, _ := strings.Cut(part, ":")
		if i := slices.Index(courier.Whys(), courier.Why(name)); i >= 0 {
			return i
		}
		return len(courier.Whys())
	}
	slices.SortStableFunc(parts, func(a, b string) int { return place(a) - place(b) })
	return strings.Join(parts, ",")
}

// Enqueue hands over messages that follow no turn, such as reports and payments. One
// that was entered before, and sent or given up since, is not entered again. Case is
// an identifier of what they are about: a UUID in lower case. The error is ErrInvalid
// where a message can't be kept.
func (d *Desk) Enqueue(ctx context.Context, consignments []courier.Consignment) error {
	if len(consignments) == 0 {
		return nil
	}
	return d.in(ctx, func(_ context.Context, w *work) error {
		w.enqueue(consignments...)
		return nil
	})
}

// enqueue has consignments entered when the transaction ends, exactly once by key.
func (w *work) enqueue(consignments ...courier.Consignment) {
	w.entered = append(w.entered, consignments...)
}

// enterOnce enters what was not entered before. The caller holds the lock of the
// records' head: nobody settles one of them meanwhile.
func (d *Desk) enterOnce(ctx context.Context, w *work) error {
	if len(w.entered) == 0 {
		return nil
	}
	keys := make([]string, len(w.entered))
	for i := range w.entered {
		keys[i] = string(w.entered[i].Key())
	}
	known, err := w.KnownMessages(ctx, keys)
	if err != nil {
		return err
	}
	for i := range w.entered {
		if slices.Contains(known, keys[i]) {
			continue
		}
		known = append(known, keys[i])
		if err := d.send(ctx, w, &w.entered[i], d.now()); err != nil {
			return err
		}
	}
	return nil
}
