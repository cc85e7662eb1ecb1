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

// deliver asks what the case's last turn delivers, and keeps it: what goes in the
// outbox, what does not on record.
func (d *Desk) deliver(ctx context.Context, w *work, h *held) error {
	if d.config.Compose == nil || h.terms.Task == "" && h.c.Kind != casework.WorkOrder {
		return nil
	}
	turn := h.c.History[len(h.c.History)-1]
	switch turn.Event.Type {
	case casework.Take, casework.Withdraw, casework.Rate, casework.Escalate:
		return nil // nothing is handed on, and a letter that can't be opened holds up none of them
	default:
	}
	letter, err := d.letter(ctx, w, h)
	if err != nil {
		return err
	}
	o := courier.Occasion{
		Case: h.c, Task: h.terms.Task, Item: h.terms.Item, Purpose: h.terms.Purpose, Expired: letter == nil, Withdrawn: !h.deliverable,
		Salt: rand.Text, At: turn.At,
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
			return err
		}
		for i := range replies {
			o.Replies = append(o.Replies, reply(&replies[i]))
		}
	}
	for _, c := range d.config.Compose(o) {
		if err := d.send(ctx, w, &c, turn.At); err != nil {
			return err
		}
	}
	return nil
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

// stop takes what waits of some cases out of the outbox, and says so on record. What
// somebody sends at this moment is not tried again.
func (w *work) stop(ctx context.Context, why courier.Why, at time.Time, cases ...string) error {
	locked, err := w.LockMessages(ctx, cases)
	if err != nil || len(locked) == 0 {
		return err
	}
	if err := w.StopUnderWay(ctx, db.StopUnderWayParams{Why: string(why), Cases: cases}); err != nil {
		return err
	}
	rows, err := w.RemoveMessages(ctx, cases)
	if err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b db.RemoveMessagesRow) int { return strings.Compare(a.Key, b.Key) })
	for i := range rows {
		r := &rows[i]
		f := courier.Facts{Case: r.CaseID, Task: r.Task, System: r.System, Purpose: purposeCode(r.Purpose), Version: r.Version}
		record, err := courier.NewRecord(courier.Withheld, f, courier.Message{}, alsoRefused(r.Refused, why, r.Codes), at)
		if err != nil {
			return err
		}
		w.records = append(w.records, record)
	}
	return nil
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
