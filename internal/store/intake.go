package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store/db"
)

// Why a submission was set aside.
const (
	notSealed    = "sealed"  // it can't be opened with the community's key
	notReadable  = "letter"  // what was sealed is no letter
	notCollected = "refused" // no case can begin like that
)

// SetAside is a submission the clerk couldn't make a case of. It is kept, and tried
// again by TryAgain.
type SetAside struct {
	ID       string
	Kind     casework.Kind
	Item     string
	Channel  Channel
	Received time.Time
	// Why is sealed (can't be opened), letter (no letter in it) or refused (no case
	// begins like that).
	Why string
}

// Intake is what came of taking in.
type Intake struct {
	Taken, SetAside int
}

// A batch is not a second's work, and of letters that long visitors write no more than
// a small program has room for.
const (
	mostLettersAtOnce = 100
	mostBytesAtOnce   = 4 << 20
)

// TakeIn makes cases of the oldest submissions that wait, at most 100, and reports how
// many. What can't be read is set aside and holds up nothing. Several may do so at
// once: each takes others.
func (d *Desk) TakeIn(ctx context.Context) (Intake, error) {
	var out Intake
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		var err error
		out, err = d.takeIn(ctx, w)
		return err
	})
	switch {
	case err == nil:
		return out, nil
	case errors.Is(err, ErrUnavailable), errors.Is(err, ErrBusy), ctx.Err() != nil:
		return Intake{}, err // nothing of it is kept
	}
	// One of them can't be kept, whatever it is: find it by taking them one by one.
	d.config.Log.Warn("a batch of submissions can't be kept; they are taken in one by one", "err", err)
	return d.takeInSingly(ctx)
}

func (d *Desk) takeInSingly(ctx context.Context) (Intake, error) {
	var sum Intake
	for range mostLettersAtOnce {
		var one Intake
		var poison string
		err := d.in(ctx, func(ctx context.Context, w *work) error {
			waiting, err := w.WaitingSubmissions(ctx, db.WaitingSubmissionsParams{Most: 1, Bytes: mostBytesAtOnce})
			if err != nil || len(waiting) == 0 {
				return err
			}
			poison = waiting[0].ID
			one, err = d.collect(ctx, w, waiting)
			return err
		})
		if errors.Is(err, ErrUnavailable) || errors.Is(err, ErrBusy) || ctx.Err() != nil {
			return sum, err
		}
		if err != nil && poison != "" {
			d.config.Log.Error("a submission can't be taken in and is set aside", "err", err)
			one = Intake{SetAside: 1}
			err = d.in(ctx, func(ctx context.Context, w *work) error {
				return w.SetAside(ctx, db.SetAsideParams{ID: poison, Why: notCollected})
			})
		}
		if err != nil {
			return sum, err
		}
		if one == (Intake{}) {
			break
		}
		sum.Taken, sum.SetAside = sum.Taken+one.Taken, sum.SetAside+one.SetAside
	}
	return sum, nil
}

func (d *Desk) takeIn(ctx context.Context, w *work) (Intake, error) {
	waiting, err := w.WaitingSubmissions(ctx, db.WaitingSubmissionsParams{Most: mostLettersAtOnce, Bytes: mostBytesAtOnce})
	if err != nil || len(waiting) == 0 {
		return Intake{}, err
	}
	return d.collect(ctx, w, waiting)
}

// collect makes cases of submissions that are locked, and sets aside the rest.
func (d *Desk) collect(ctx context.Context, w *work, waiting []db.WaitingSubmissionsRow) (Intake, error) {
	var out Intake
	fresh := make([]*held, 0, len(waiting))
	for i := range waiting {
		h, why := d.read(&waiting[i])
		if why != "" {
			out.SetAside++
			if err := w.SetAside(ctx, db.SetAsideParams{ID: waiting[i].ID, Why: why}); err != nil {
				return out, err
			}
			continue
		}
		if err := d.reuse(ctx, w, h); err != nil {
			return out, err
		}
		fresh = append(fresh, h)
	}
	out.Taken = len(fresh)
	return out, d.begin(ctx, w, fresh)
}

// read makes a case of a submission, or says why none can be made.
func (d *Desk) read(row *db.WaitingSubmissionsRow) (*held, string) {
	plain, err := d.keys.Open.Open(row.Sealed, SubmissionContext(row.ID))
	if err != nil {
		return nil, notSealed
	}
	var letter Letter
	var terms Terms
	if json.Unmarshal(plain, &letter) != nil || json.Unmarshal(row.Terms, &terms) != nil || !letter.Place.onEarth() {
		return nil, notReadable
	}
	if terms.fit() != nil {
		return nil, notCollected // whoever put it in said something the portal would not
	}
	actor := casework.Actor{Role: casework.Resident, Work: row.Work}
	if Channel(row.Channel) == HotlineChannel && terms.System != "" {
		actor = casework.Actor{Role: casework.System, Work: terms.System}
	}
	h, err := d.open(opening{
		id: row.ID, kind: casework.Kind(row.Kind), urgency: casework.Urgency(row.Urgency), terms: terms, actor: actor, at: row.Received,
		channel: Channel(row.Channel), language: row.Language,
	}, &letter)
	if err != nil {
		return nil, notCollected
	}
	return h, ""
}

// onEarth reports whether a place is one; no place is fine.
func (p *Place) onEarth() bool {
	const turn = 360 * 10_000_000
	return p == nil || p.Longitude >= -turn/2 && p.Longitude <= turn/2 && p.Latitude >= -turn/4 && p.Latitude <= turn/4
}

// opening is what a case begins with.
type opening struct {
	id       string
	kind     casework.Kind
	urgency  casework.Urgency
	terms    Terms
	actor    casework.Actor
	at       time.Time
	channel  Channel
	language string
}

// open begins a case, and finds the grid it is to go to.
func (d *Desk) open(o opening, letter *Letter) (*held, error) {
	c, _, err := casework.Apply(casework.Case{}, casework.Event{
		ID: "collect-" + o.id, Type: casework.Collect, Actor: o.actor, Purpose: o.terms.Purpose, Urgency: o.urgency,
		Opening: casework.Opening{Case: o.id, Kind: o.kind, Item: o.terms.Item, ReopenDays: o.terms.ReopenDays},
	}, o.at)
	if err != nil {
		return nil, err
	}
	h := &held{c: c, terms: o.terms, channel: o.channel, language: o.language, deliverable: true, letter: letter}
	// An opinion is answered; nobody goes anywhere.
	if letter.Place != nil && o.kind != casework.Opinion {
		var candidates []casework.Candidate
		if d.config.Locator != nil {
			candidates = d.config.Locator.Locate(*letter.Place)
		}
		h.routing = casework.RouteTo(candidates)
	}
	return h, nil
}

// begin keeps cases that have just begun, in the order given, and says that their
// submissions are taken in.
func (d *Desk) begin(ctx context.Context, w *work, fresh []*held) error {
	if len(fresh) == 0 {
		return nil
	}
	if err := w.number(ctx, fresh); err != nil {
		return err
	}
	rows := make([]db.InsertCaseParams, len(fresh))
	ids := make([]string, len(fresh))
	records := make([]casework.Entry, len(fresh))
	for i, h := range fresh {
		rows[i], ids[i], records[i].Turn = h.row(d.calendar()), h.c.ID, h.c.History[0]
		w.applied = append(w.applied, h.c)
	}
	var failed error
	w.InsertCase(ctx, rows).Exec(func(_ int, err error) {
		if failed == nil {
			failed = err
		}
	})
	if failed != nil {
		return failed
	}
	if err := w.SettleSubmissions(ctx, ids); err != nil {
		return err
	}
	w.record(records...)
	for _, h := range fresh {
		if err := d.deliver(ctx, w, h); err != nil {
			return err
		}
	}
	return nil
}

// number gives cases their numbers, those of a year in the order given.
func (w *work) number(ctx context.Context, fresh []*held) error {
	byYear := map[int32][]*held{}
	var years []int32
	for _, h := range fresh {
		year := int32(h.c.History[0].At.In(china).Year()) //nolint:gosec // 1970 to 9999
		if byYear[year] == nil {
			years = append(years, year)
		}
		byYear[year] = append(byYear[year], h)
	}
	slices.Sort(years) // so that two who do so wait for each other in one order
	for _, year := range years {
		of := byYear[year]
		last, err := w.NextNumbers(ctx, db.NextNumbersParams{Year: year, N: int64(len(of))})
		if err != nil {
			return err
		}
		for i, h := range of {
			h.number = caseNumber(year, last-int64(len(of)-1-i))
		}
	}
	return nil
}

// TryAgain lets submissions that were set aside wait once more, and what residents and
// systems said of cases that could not be worked on, and says how many: after the key
// they need was put back, or a release that reads them.
func (d *Desk) TryAgain(ctx context.Context) (int64, error) {
	var n int64
	err := d.in(ctx, func(ctx context.Context, w *work) error {
		submissions, err := w.TryAgain(ctx)
		if err != nil {
			return err
		}
		words, err := w.TryWordsAgain(ctx, string(causeUnreadable))
		if err != nil {
			return err
		}
		replies, err := w.TryRepliesAgain(ctx, db.TryRepliesAgainParams{Cause: string(causeUnreadable), NotTask: PaymentTask})
		n = submissions + words + replies
		return err
	})
	return n, err
}

// SetAside lists submissions no case could be made of, the oldest first, at most limit.
func (d *Desk) SetAside(ctx context.Context, limit int) ([]SetAside, error) {
	rows, err := read(ctx, d, func(ctx context.Context, q *db.Queries) ([]db.SetAsideOnesRow, error) {
		return q.SetAsideOnes(ctx, int32(min(max(limit, 0), math.MaxInt16)))
	})
	out := make([]SetAside, 0, len(rows))
	for _, r := range rows {
		out = append(out, SetAside{r.ID, casework.Kind(r.Kind), r.Item, Channel(r.Channel), r.Received, r.Why})
	}
	return out, err
}

// Enter keeps what somebody asked for at the counter or on the telephone, and makes it
// a case at once. The letter is sealed here, into s.Sealed; files are sealed by the
// caller. Entered again under its id, it is one case.
func (d *Desk) Enter(ctx context.Context, who Who, s Submission, letter Letter) (casework.Case, error) {
	if err := who.permitted(who.Grid); err != nil {
		return casework.Case{}, err
	}
	plain, err := json.Marshal(letter)
	if err != nil {
		return casework.Case{}, err
	}
	if s.Sealed, err = d.keys.Public.Seal(plain, SubmissionContext(s.ID)); err != nil {
		return casework.Case{}, err
	}
	s.Work = who.Work
	if err := fit(&s); err != nil {
		return casework.Case{}, err
	}
	if !letter.Place.onEarth() {
		return casework.Case{}, invalid("the place is not on earth")
	}
	// The resident asks, and the position that enters it is named; the hotline's
	// orders are the station's own.
	actor := casework.Actor{Role: casework.Resident, Work: who.Work}
	if s.Kind == casework.WorkOrder {
		actor = who.Actor
	}
	h, err := d.open(opening{
		id: s.ID, kind: s.Kind, urgency: s.Urgency, terms: s.Terms, actor: actor, at: d.now(), channel: s.Channel, language: s.Language,
	}, &letter)
	if err != nil {
		return casework.Case{}, err
	}
	err = d.in(ctx, func(ctx context.Context, w *work) error {
		again, err := w.enter(ctx, &s, d.now())
		if err != nil {
			return err
		}
		if again {
			h, err = w.hold(ctx, s.ID, false)
			return err
		}
		return d.begin(ctx, w, []*held{h})
	})
	if err != nil {
		return casework.Case{}, err
	}
	return h.c, nil
}

// enter keeps a submission with its letter and files, and reports whether it was kept
// before.
func (w *work) enter(ctx context.Context, s *Submission, at time.Time) (again bool, err error) {
	terms, err := json.Marshal(s.Terms)
	if err != nil {
		return false, err
	}
	n, err := w.InsertSubmission(ctx, db.InsertSubmissionParams{
		ID: s.ID, Receipt: s.Receipt[:], Kind: string(s.Kind), Item: s.Terms.Item, Terms: terms, Urgency: string(s.Urgency),
		Channel: string(s.Channel), Work: s.Work, Language: s.Language, Received: at,
	})
	if err != nil {
		return false, err
	}
	if n == 0 {
		have, err := w.SubmissionByID(ctx, s.ID)
		if err == nil && (string(have.Receipt) != string(s.Receipt[:]) || have.Kind != string(s.Kind) || have.Item != s.Terms.Item) {
			err = ErrReused
		}
		return true, err
	}
	if err := w.InsertLetter(ctx, db.InsertLetterParams{ID: s.ID, Sealed: s.Sealed}); err != nil {
		return false, err
	}
	for _, f := range s.Files {
		if err := w.InsertFile(ctx, db.InsertFileParams{ID: f.ID, Submission: s.ID, MediaType: f.MediaType, Size: f.Size, Sealed: f.Sealed}); err != nil {
			return false, err
		}
	}
	return false, nil
}

// exists tells a missing row from another error.
func exists(err error) (bool, error) {
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read what is kept: %w", err)
	}
	return true, nil
}
