package resident_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/resident"
)

// fake is a store in memory that behaves: everything once by its id, and cases by
// casework.Apply. Its cases are taken in at once.
type fake struct {
	mu          sync.Mutex
	now         func() time.Time
	err         error // of every call
	lazy        bool  // nothing is taken in, no word applied
	submissions map[string]store.Submission
	cases       map[casework.Hash]casework.Case
	words       map[string]store.Word
	answers     map[string]store.Answer
	published   store.Disclosed
	asked       int // how often for what is published
}

func newFake(now func() time.Time) *fake {
	return &fake{
		now: now, submissions: map[string]store.Submission{}, cases: map[casework.Hash]casework.Case{},
		words: map[string]store.Word{}, answers: map[string]store.Answer{},
	}
}

func (f *fake) Submit(ctx context.Context, s store.Submission) (store.Outcome, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail(ctx); err != nil {
		return store.Outcome{}, err
	}
	if _, ok := f.submissions[s.ID]; ok {
		return store.Outcome{Again: true}, nil
	}
	f.submissions[s.ID] = s
	c, _, err := casework.Apply(casework.Case{}, casework.Event{
		ID: s.ID, Type: casework.Collect, Actor: casework.Actor{Role: casework.Resident}, Purpose: s.Terms.Purpose, Urgency: s.Urgency,
		Opening: casework.Opening{Case: s.ID, Kind: s.Kind, Item: s.Terms.Item},
	}, f.now())
	f.cases[s.Receipt] = c
	return store.Outcome{}, err
}

func (f *fake) fail(ctx context.Context) error {
	if f.err != nil {
		return f.err
	}
	return ctx.Err()
}

func (f *fake) Progress(ctx context.Context, receipt casework.Hash) (store.Progress, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail(ctx); err != nil {
		return store.Progress{}, err
	}
	c, ok := f.cases[receipt]
	if !ok {
		return store.Progress{}, store.ErrUnknownReceipt
	}
	s := f.submissions[c.ID]
	p := store.Progress{ID: c.ID, Kind: c.Kind, Item: s.Terms.Item, Language: s.Language, Received: c.History[0].At}
	if f.lazy {
		p.Pending = len(f.words)
		return p, nil
	}
	p.Number, p.Step, p.Paused, p.Round, p.Version = "2026-000123", c.Step, c.Paused, c.Round, c.Version
	p.Ratings, p.RatedRound, p.DueAt = c.Ratings, c.RatedRound, c.History[0].At.Add(7*24*time.Hour)
	p.Late = f.now().After(p.DueAt)
	for _, t := range c.History {
		if t.From != t.To {
			p.Steps = append(p.Steps, store.ProgressStep{Step: t.To, At: t.At})
		}
	}
	for _, permit := range casework.Allowed(c, f.now()) {
		if slices.Contains(permit.Roles, casework.Resident) {
			p.Allowed = append(p.Allowed, permit.Event)
		}
	}
	return p, nil
}

func (f *fake) Say(ctx context.Context, receipt casework.Hash, w store.Word) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail(ctx); err != nil {
		return err
	}
	c, ok := f.cases[receipt]
	if !ok {
		return store.ErrUnknownReceipt
	}
	if _, again := f.words[w.ID]; again {
		return nil
	}
	f.words[w.ID] = w
	if f.lazy {
		return nil
	}
	next, _, err := casework.Apply(c, casework.Event{
		ID: w.ID, Type: w.Type, Version: c.Version, Actor: casework.Actor{Role: casework.Resident}, Purpose: "station-service", Reason: w.Reason, Ratings: w.Ratings,
	}, f.now())
	f.cases[receipt] = next
	return err
}

// work moves the only case on, as the station would.
func (f *fake) work(events ...casework.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for hash, c := range f.cases {
		for i, e := range events {
			e.ID, e.Version, e.Purpose = "event-"+string(e.Type)+string(rune('a'+i))+"-x", c.Version, "station-service"
			if e.Actor.Role == "" {
				e.Actor = casework.Actor{Role: casework.Lead, Work: "lead-1"}
			}
			next, _, err := casework.Apply(c, e, f.now())
			if err != nil {
				panic(err)
			}
			c = next
		}
		f.cases[hash] = c
	}
}

func (f *fake) Answer(ctx context.Context, a store.Answer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.fail(ctx); err != nil {
		return err
	}
	f.answers[a.ID] = a
	return nil
}

func (f *fake) Disclosed(ctx context.Context) (store.Disclosed, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	return f.published, f.fail(ctx)
}

// only is the one submission there is.
func (f *fake) only() (store.Submission, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.submissions {
		return s, len(f.submissions) == 1
	}
	return store.Submission{}, false
}

// glass seals so that tests can look through it.
type glass struct {
	err error
	by  resident.Sealer // who seals really, where tests need not look
}

type pane struct {
	Context string `json:"context"`
	Text    []byte `json:"text"`
}

func (g glass) Seal(text, at []byte) ([]byte, error) {
	if g.err != nil {
		return nil, g.err
	}
	if g.by != nil {
		return g.by.Seal(text, at)
	}
	return json.Marshal(pane{string(at), text})
}

// open looks through a sealed letter or file.
func open(sealed []byte) (p pane) {
	if err := json.Unmarshal(sealed, &p); err != nil {
		panic(err)
	}
	return p
}

// published is a month of three items and a survey that is over.
func published() store.Disclosed {
	var outcomes []casework.Outcome
	for i := range 60 {
		outcomes = append(outcomes, casework.Outcome{Group: "residence-letter", Responded: true, Resolved: i < 45, Late: i >= 48, Rated: i < 40, Satisfied: i < 28})
	}
	for i := range 32 {
		outcomes = append(outcomes, casework.Outcome{Group: "help-request", Responded: i < 29, Resolved: i < 20, Late: i < 3})
	}
	for range 4 {
		outcomes = append(outcomes, casework.Outcome{Group: "opinion", Responded: true})
	}
	groups, total := casework.Publish(outcomes)
	from := time.Date(2026, 1, 31, 16, 0, 0, 0, time.UTC)
	return store.Disclosed{
		Periods: []store.Period{{From: from, To: from.AddDate(0, 1, 0), Groups: groups, Total: total}},
		Surveys: []store.SurveyResult{{Survey: "hall-2026", Questions: []store.QuestionResult{
			{Question: "hours", Options: []store.OptionCount{{Option: "1", Count: casework.Count{N: 31}}, {Option: "2", Count: casework.Count{N: 14}}}, Total: casework.Count{N: 45}},
			{Question: "overall", Options: []store.OptionCount{{Option: "4", Count: casework.Count{N: 12}}, {Option: "5", Count: casework.Count{Hidden: true}}}},
		}}},
	}
}
