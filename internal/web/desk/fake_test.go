package desk_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// fake keeps cases in memory as the store does: by casework.Apply and nothing else.
type fake struct {
	post

	now func() time.Time

	mu       sync.Mutex
	down     bool
	cases    map[string]*kept
	order    []string
	reads    []string // case ids, as they are logged
	answers  []store.Answer
	outcomes []casework.Outcome
	files    map[string][]byte
	changes  []store.Supplement
	first    func(*kept) // is quicker than the next supplement; nil: nobody
	wrong    error       // of every case that is asked for; nil: none
}

type kept struct {
	store.Submission

	number string
	c      casework.Case
	letter store.Letter
	at     time.Time
}

func newFake(now func() time.Time) *fake {
	return &fake{now: now, cases: map[string]*kept{}, files: map[string][]byte{}}
}

var errDown = fmt.Errorf("dial: %w", store.ErrUnavailable)

func (f *fake) fail(down bool) { f.mu.Lock(); defer f.mu.Unlock(); f.down = down }

func (f *fake) limits(k *kept) casework.Limits {
	l := casework.Limits{
		Accept:  casework.Limit{Minutes: k.Terms.AcceptWithinMinutes},
		Resolve: casework.Limit{Minutes: k.Terms.ResolveWithinMinutes},
	}
	return l.OrDefault(k.c.Urgency)
}

func (f *fake) row(k *kept) store.Row {
	r := store.Row{
		ID: k.c.ID, Number: k.number, Reference: k.Terms.Reference, Kind: k.c.Kind, Item: k.c.Item, Urgency: k.c.Urgency, Step: k.c.Step, Place: k.c.Place,
		Holder: k.c.Holder, Paused: k.c.Paused, Received: k.at, Version: k.c.Version,
	}
	for _, reading := range casework.Read(k.c, f.limits(k), nil, f.now()) {
		if reading.Running && (r.DueAt.IsZero() || reading.Due.Before(r.DueAt)) {
			r.DueAt = reading.Due
		}
		r.Late = r.Late || reading.Late && reading.Running
	}
	return r
}

func sees(who store.Who, r store.Row) bool {
	return who.Role != casework.GridWorker || r.Place.Grid == who.Grid
}

func in(view store.View, who store.Who, r store.Row) bool {
	switch view {
	case store.Mine:
		return r.Holder == who.Work && !r.Step.Ended()
	case store.OfStation:
		return r.Place == casework.Place{} && r.Holder == "" && !r.Step.Ended()
	case store.OfGrid:
		return r.Place.Grid != "" && !r.Step.Ended()
	case store.LateOnes:
		return r.Late && !r.Step.Ended()
	case store.Ended:
		return r.Step.Ended()
	default:
		return !r.Step.Ended()
	}
}

func (f *fake) Queue(_ context.Context, who store.Who, q store.Query) (store.QueuePage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return store.QueuePage{}, errDown
	}
	page := store.QueuePage{Counts: map[store.View]int64{}}
	for _, v := range store.Views() {
		page.Counts[v] = 0
	}
	var rows []store.Row
	for _, id := range f.order {
		r := f.row(f.cases[id])
		if !sees(who, r) {
			continue
		}
		for _, v := range store.Views() {
			if in(v, who, r) {
				page.Counts[v]++
			}
		}
		if in(q.View, who, r) && (q.Kind == "" || q.Kind == r.Kind) && (q.Item == "" || q.Item == r.Item) && (q.Grid == "" || q.Grid == r.Place.Grid) {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b store.Row) int {
		switch {
		case a.DueAt.IsZero() != b.DueAt.IsZero():
			if b.DueAt.IsZero() {
				return -1
			}
			return 1
		default:
			return a.DueAt.Compare(b.DueAt)
		}
	})
	if q.After != "" {
		at := slices.IndexFunc(rows, func(r store.Row) bool { return r.ID == q.After })
		if at < 0 {
			return store.QueuePage{}, store.ErrInvalid // as the real one
		}
		rows, page.Counts = rows[at+1:], nil
	}
	if len(rows) > q.Size {
		rows = rows[:q.Size]
		page.Next = rows[len(rows)-1].ID
	}
	page.Rows = rows
	return page, nil
}

func (f *fake) Find(_ context.Context, who store.Who, text string) ([]store.Row, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, errDown
	}
	var rows []store.Row
	for _, id := range f.order {
		k := f.cases[id]
		receipt, err := casework.ParseReceipt(text)
		ordered := k.Terms.Reference != "" && strings.EqualFold(k.Terms.Reference, strings.TrimSpace(text))
		if r := f.row(k); sees(who, r) && (ordered || k.number == strings.TrimSpace(text) || err == nil && receipt.Matches(receiptsKey, k.Receipt)) {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (f *fake) get(who store.Who, id string) (*kept, error) {
	k := f.cases[id]
	switch {
	case f.down:
		return nil, errDown
	case f.wrong != nil:
		return nil, f.wrong
	case k == nil:
		return nil, store.ErrUnknownCase
	case !sees(who, f.row(k)):
		return nil, store.ErrNotYours
	}
	return k, nil
}

func (f *fake) Case(_ context.Context, who store.Who, id string) (store.Detail, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, err := f.get(who, id)
	if err != nil {
		return store.Detail{}, err
	}
	f.reads = append(f.reads, id)
	d := store.Detail{
		Row: f.row(k), Case: k.c, Terms: k.Terms, Channel: k.Channel, Language: k.Language, Letter: k.letter,
		Allowed: casework.Allowed(k.c, f.now()), Readings: casework.Read(k.c, f.limits(k), nil, f.now()),
	}
	for _, file := range k.Files {
		d.Files = append(d.Files, store.FileInfo{ID: file.ID, MediaType: file.MediaType, Size: file.Size})
	}
	return d, nil
}

func (f *fake) File(_ context.Context, who store.Who, id, name string) (store.FileInfo, []byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, err := f.get(who, id)
	if err != nil {
		return store.FileInfo{}, nil, err
	}
	for _, file := range k.Files {
		if file.ID == name {
			f.reads = append(f.reads, id+"/"+name)
			return store.FileInfo{ID: file.ID, MediaType: file.MediaType, Size: file.Size}, file.Sealed, nil
		}
	}
	return store.FileInfo{}, nil, store.ErrUnknownFile
}

func (f *fake) Do(_ context.Context, who store.Who, id string, e casework.Event) (casework.Case, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, err := f.get(who, id)
	if was := f.cases[id]; errors.Is(err, store.ErrNotYours) && slices.ContainsFunc(was.c.History, func(t casework.Turn) bool { return t.Event.ID == e.ID }) {
		return was.c, nil // sent again, when it is elsewhere
	}
	if err != nil {
		return casework.Case{}, err
	}
	ofCounter := casework.Actor{Role: casework.Resident, Work: who.Work}
	if e.Actor != who.Actor && e.Actor != ofCounter {
		return casework.Case{}, errors.New("somebody else's event")
	}
	e.Purpose = k.Terms.Purpose
	next, _, err := casework.Apply(k.c, e, f.now())
	if err != nil {
		return casework.Case{}, err
	}
	k.c = next
	return next, nil
}

func (f *fake) Enter(_ context.Context, who store.Who, s store.Submission, l store.Letter) (casework.Case, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return casework.Case{}, errDown
	}
	if k := f.cases[s.ID]; k != nil {
		return k.c, nil
	}
	at := f.now()
	c, _, err := casework.Apply(casework.Case{}, casework.Event{
		ID: s.ID, Type: casework.Collect, Actor: casework.Actor{Role: casework.Resident, Work: who.Work}, Purpose: s.Terms.Purpose, Urgency: s.Urgency,
		Opening: casework.Opening{Case: s.ID, Kind: s.Kind, Item: s.Terms.Item, ReopenDays: s.Terms.ReopenDays},
	}, at)
	if err != nil {
		return casework.Case{}, err
	}
	f.cases[s.ID] = &kept{Submission: s, number: fmt.Sprintf("%d-%06d", at.Year(), len(f.cases)+101), c: c, letter: l, at: at}
	f.order = append(f.order, s.ID)
	return c, nil
}

// Supplement is the store's rule as its contract says it.
func (f *fake) Supplement(_ context.Context, who store.Who, id string, change store.Supplement) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	k, err := f.get(who, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(f.changes, func(c store.Supplement) bool { return c.ID == change.ID }) {
		return nil
	}
	if k.c.Step.Ended() {
		return store.ErrEnded
	}
	if f.first != nil { // somebody is quicker, at this very moment
		f.first(k)
		f.first = nil
	}
	for code, value := range change.Fields {
		if now := k.letter.Fields[code]; change.Was != nil && now != value && now != change.Was[code] {
			return store.ErrMeanwhile
		}
	}
	if err := (casework.Item{Elements: change.Fields.Codes()}).Check(change.Fields, false); err != nil {
		return err
	}
	f.changes = append(f.changes, change)
	fields := maps.Clone(k.letter.Fields)
	for code, value := range change.Fields {
		if fields[code] = value; value == "" {
			delete(fields, code)
		}
	}
	k.letter.Fields = fields
	return nil
}

func (f *fake) Answer(_ context.Context, _ store.Who, a store.Answer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errDown
	}
	if !slices.ContainsFunc(f.answers, func(b store.Answer) bool { return b.ID == a.ID }) {
		f.answers = append(f.answers, a)
	}
	return nil
}

func (f *fake) Figures(context.Context, store.Who, time.Time, time.Time) ([]casework.Figures, casework.Figures, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return nil, casework.Figures{}, errDown
	}
	groups, total := casework.Publish(f.outcomes)
	return groups, total, nil
}
