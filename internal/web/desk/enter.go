package desk

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// enterView lists what can be entered.
type enterView struct {
	view

	Requests []content.Form
	Windows  []frame.Counter
	Offices  []frame.Counter
	Surveys  []content.Survey
}

func enterPage(q *request) error {
	v := enterView{view: q.view("/enter", "desk.enter.title"), Surveys: q.surveys()}
	for _, f := range q.doc.Site.Forms {
		if q.may(casework.Kind(f.Kind)) {
			v.Requests = append(v.Requests, f)
		}
	}
	if q.may(casework.Application) {
		v.Windows, v.Offices = frame.Counters(q.doc)
	}
	return q.show(http.StatusOK, "enter", v)
}

// may reports whether a person takes in cases of a kind. Applications are for the
// counter; the rest a grid worker may be told at the door too.
func (q *request) may(kind casework.Kind) bool {
	return q.who.counters() || kind != casework.Application
}

// form of what is entered, by the name of its item; nil for none.
func (q *request) form() *forms.Form {
	form := q.formOf(q.r.PathValue("item"))
	if form == nil || !q.may(form.Kind) {
		return nil
	}
	return form
}

// formOf is an item's form as the desk fills it in, by the item's name; nil for none.
func (s *state) formOf(name string) *forms.Form {
	var form *forms.Form
	for i := range s.doc.Site.Forms {
		if s.doc.Site.Forms[i].Item == name {
			form = forms.ForRequest(&s.doc.Site.Forms[i])
		}
	}
	if item := s.doc.Item(name); form == nil && item != nil {
		form = forms.ForDesk(item)
	}
	return form
}

// entryView is a form to fill in with a resident.
type entryView struct {
	view

	Form *forms.View
	Item *content.Item // nil for a request
	// What the counter adds to it.
	Channel, Urgency, Answer string
	Incomplete               bool
	// Partial tells that it may be taken in incomplete.
	Partial bool
	// Prefill is what came of taking over from an earlier case.
	Prefill prefillView
}

// Channels an entry can come by, and Urgencies it can have.
func (entryView) Channels() []store.Channel {
	return []store.Channel{store.CounterChannel, store.TelephoneChannel}
}

// Urgencies an entry can have.
func (entryView) Urgencies() []casework.Urgency {
	return []casework.Urgency{casework.Ordinary, casework.Emergency, casework.Utility, casework.Complex}
}

func (q *request) entryView(form *forms.Form, shown *forms.View) entryView {
	v := entryView{
		view: q.view("/enter/"+form.Terms.Item, "desk.enter.title"), Form: shown, Item: q.doc.Item(form.Terms.Item),
		Channel: string(store.CounterChannel), Urgency: string(casework.Ordinary), Answer: q.l.Lang, Partial: q.who.counters() && len(form.Fields) > 0,
	}
	v.Title = q.l.Plain(form.Title)
	return v
}

func entryPage(q *request) error {
	form := q.form()
	if form == nil {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	token, err := q.d.tokens.Issue(form.Scope(), q.d.Random, q.d.Now())
	if err != nil {
		return err
	}
	shown := form.View(q.l, nil, token, &q.doc.Site, q.grids, q.image)
	q.mark(shown, nil)
	return q.show(http.StatusOK, "entry", q.entryView(form, shown))
}

func blankPage(q *request) error {
	form := q.form()
	if form == nil {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	v := q.entryView(form, form.View(q.l, nil, "", &q.doc.Site, nil, ""))
	v.Local += "/blank"
	return q.show(http.StatusOK, "blank", v)
}

// entered is a form on its way in.
type entered struct {
	form   *forms.Form
	entry  *forms.Entry
	ticket forms.Ticket
	token  string
	// problem with the form as a whole; empty for none.
	problem string
	// missing are what the item can't do without and was taken in without.
	missing []forms.Problem
	partial bool
}

// own are the inputs of the counter, which no form declares.
var own = []string{"csrf", "channel", "urgency", "answer", "incomplete", sourceName, prefillName, takenName, sendName}

// enter takes in what a resident asks for at the counter or on the telephone.
func enter(q *request) error {
	form := q.form()
	if form == nil {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	if q.asksPrefill() {
		return q.prefill(form)
	}
	s := &entered{form: form, token: q.values().Get(forms.TokenName), partial: q.who.counters() && q.values().Get("incomplete") != ""}
	q.fill(s)
	if err := q.redeem(s, form.Scope()); err != nil {
		return err
	}
	switch {
	case s.entry.Pointing && s.problem == "":
		return q.enterAgain(s, http.StatusOK)
	case s.problem != "" || len(s.entry.Problems) > 0 || len(q.post.Refused) > 0:
		return q.enterAgain(s, http.StatusUnprocessableEntity)
	}
	return q.takeIn(s)
}

// redeem opens a form's token for a scope, and says where it has to be sent again with
// another, or as the form is now.
func (q *request) redeem(s *entered, scope string) error {
	now := q.d.Now()
	ticket, err := q.d.tokens.Open(scope, s.token, now)
	switch {
	case errors.Is(err, forms.ErrExpired):
		s.problem, s.token = q.l.Must("desk.enter.expired"), q.d.tokens.Renew(ticket, scope, now)
	case err != nil:
		s.problem = q.l.Must("desk.enter.expired")
		if s.token, err = q.d.tokens.Issue(scope, q.d.Random, now); err != nil {
			return err
		}
	case q.values().Get(forms.EditionName) != s.form.Edition() && !s.entry.Pointing:
		s.problem = q.l.Must("desk.enter.edition")
	}
	s.ticket = ticket
	return nil
}

// fill reads the fields. Where the counter takes what there is, what is missing is
// noted beside.
func (q *request) fill(s *entered) {
	values := q.typed(own)
	s.entry = s.form.Fill(values, q.grids, forms.Complete)
	if !s.partial {
		return
	}
	for _, p := range s.entry.Problems {
		if p.Key == "missing" {
			s.missing = append(s.missing, p)
		}
	}
	s.entry = s.form.Fill(values, q.grids, forms.Partial)
}

func (q *request) enterAgain(s *entered, status int) error {
	shown := s.form.View(q.l, s.entry, s.token, &q.doc.Site, q.grids, q.image)
	shown.AddFiles(q.post.Refused)
	if s.problem != "" {
		shown.AddProblem(s.problem)
	}
	return q.showEntry(s, shown, prefillView{Taken: q.values()[takenName]}, status)
}

// showEntry shows a form with what was typed so far.
func (q *request) showEntry(s *entered, shown *forms.View, p prefillView, status int) error {
	q.mark(shown, p.Taken)
	v := q.entryView(s.form, shown)
	v.Switch, v.Prefill = false, p
	v.Channel, v.Urgency, v.Answer = string(q.channel()), string(q.urgency(s.entry)), q.answered()
	v.Incomplete = s.partial
	return q.show(status, "entry", v)
}

func (q *request) channel() store.Channel {
	if store.Channel(q.values().Get("channel")) == store.TelephoneChannel {
		return store.TelephoneChannel
	}
	return store.CounterChannel
}

func (q *request) urgency(e *forms.Entry) casework.Urgency {
	if asked := casework.Urgency(q.values().Get("urgency")); slices.Contains(casework.Urgencies(), asked) {
		return asked
	}
	return e.Urgency()
}

// answered is the language the resident is answered in.
func (q *request) answered() string {
	if asked := q.values().Get("answer"); slices.Contains(q.languages, asked) {
		return asked
	}
	return q.l.Lang
}

// takeIn hands the entry to the store, and shows the receipt. Where the store is
// down, the form is shown again with all that was typed.
func (q *request) takeIn(s *entered) error {
	submission, err := q.submission(s)
	if err != nil {
		return err
	}
	c, err := q.d.Store.Enter(q.r.Context(), q.who.Who, submission, s.entry.Letter())
	var refused *casework.RefusedError
	switch {
	case errors.As(err, &refused), errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrReused):
		q.d.Log.Warn("an entry was refused", "error", err.Error())
		s.problem = q.l.Must("desk.enter.refused")
		return q.enterAgain(s, http.StatusUnprocessableEntity)
	case err != nil:
		q.d.Log.Error("the store did not answer", "error", err.Error())
		q.w.Header().Set("Retry-After", "10")
		s.problem = q.l.Must("desk.enter.down")
		return q.enterAgain(s, http.StatusServiceUnavailable)
	}
	return q.receipt(s, c, q.pause(s, c))
}

// pause stops the clocks of a case that was taken in without all that it needs. It
// reports whether they are stopped: the case is taken in either way.
func (q *request) pause(s *entered, c casework.Case) bool {
	if len(s.missing) == 0 {
		return false
	}
	after, err := q.d.Store.Do(q.r.Context(), q.who.Who, c.ID, casework.Event{
		ID: s.ticket.ID("pause"), Type: casework.Pause, Version: 1, Actor: q.who.Actor, Reason: casework.MaterialsMissing,
	})
	if err != nil {
		q.d.Log.Warn("the clocks of an incomplete entry go on", "error", err.Error())
	}
	return err == nil && after.Paused != ""
}

func (q *request) submission(s *entered) (store.Submission, error) {
	hash, err := s.ticket.Receipt().Hash(q.d.Receipts)
	if err != nil {
		return store.Submission{}, err
	}
	out := store.Submission{
		ID: s.ticket.ID("case"), Kind: s.form.Kind, Terms: s.form.Terms, Urgency: q.urgency(s.entry),
		Channel: q.channel(), Work: q.who.Work, Language: q.answered(), Receipt: hash,
	}
	for i := range q.post.Uploads {
		u := &q.post.Uploads[i]
		f := store.File{ID: s.ticket.ID("file " + strconv.Itoa(i)), MediaType: u.MediaType, Size: int64(len(u.Data))}
		if f.Sealed, err = q.d.Seal.Seal(u.Data, store.FileContext(f.ID)); err != nil {
			return store.Submission{}, fmt.Errorf("seal a file: %w", err)
		}
		out.Files = append(out.Files, f)
	}
	return out, nil
}

// receiptView is what the resident takes along.
type receiptView struct {
	view

	Row             store.Row
	About           content.Text
	Code            string
	Received        time.Time
	Accept, Resolve int64 // minutes; 0 for none
	Missing         []content.Field
	Paused          bool
	In              *frame.Locale // the resident's language
}

// receipt shows the receipt code. It stands in no address and is shown nowhere
// else; the same form sent again shows the same.
func (q *request) receipt(s *entered, c casework.Case, paused bool) error {
	code := s.ticket.Receipt().Code()
	limits := casework.Limits{Resolve: casework.Limit{Minutes: s.form.Terms.ResolveWithinMinutes}}.OrDefault(c.Urgency)
	v := receiptView{
		view: q.view("/enter", "desk.receipt.title"), About: s.form.Title, Code: code, Paused: paused, In: frame.For(q.answered()),
		Accept: s.form.Terms.AcceptWithinMinutes, Resolve: limits.Resolve.Minutes, Received: q.d.Now(),
		Row: store.Row{ID: c.ID},
	}
	v.Switch = false
	if len(c.History) > 0 {
		v.Received = c.History[0].At
	}
	// The number is a convenience: the code alone will do.
	if rows, err := q.d.Store.Find(q.r.Context(), q.who.Who, code); err == nil && len(rows) == 1 {
		v.Row = rows[0]
	}
	for _, p := range s.missing {
		if p.Field != nil {
			v.Missing = append(v.Missing, *p.Field)
		}
	}
	return q.show(http.StatusOK, "receipt", v)
}
