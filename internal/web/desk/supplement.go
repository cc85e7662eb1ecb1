package desk

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

// wasName is the input that says what a form was filled with when it was opened, as
// stamp writes it: only what differs is changed, so that two who do so at once do not
// undo each other's.
const wasName = "was"

// What came of a form to supplement with, in the address of the case's page.
const (
	supplementDone = "done"
	supplementSame = "same"
)

// supplementView is what was written, to be added to and corrected.
type supplementView struct {
	view
	store.Detail

	Form *forms.View
	Was  []string
}

// Heading names the case.
func (v supplementView) Heading() template.HTML { return v.About(v.Row) }

// supplementForm is the form of a case's item with what it declares now; nil where it
// asks for nothing.
func (q *request) supplementForm(d *store.Detail) *forms.Form {
	form := q.formOf(d.Item)
	if form == nil || len(form.Fields) == 0 {
		return nil
	}
	return form.Written()
}

// fixed reports whether nothing can be added to a case any more.
func fixed(d *store.Detail) bool { return d.Step.Ended() || d.Expired }

// toSupplement reads the case of a request. The read is logged by the store. A form
// that is nil means that somebody was told why there is none.
func (q *request) toSupplement() (detail store.Detail, form *forms.Form, err error) {
	id := q.r.PathValue("case")
	if !idPattern.MatchString(id) {
		return detail, nil, store.ErrUnknownCase
	}
	if detail, err = q.d.Store.Case(q.r.Context(), q.who.Who, id); err != nil {
		return detail, nil, err
	}
	// What was typed is not lost because the case has ended meanwhile.
	if form = q.supplementForm(&detail); form == nil || fixed(&detail) && q.post == nil {
		q.problem(http.StatusConflict, "fixed")
		return detail, nil, nil
	}
	return detail, form, nil
}

// supplementScope is what the token of a case's form is good for.
func supplementScope(id string) string { return "supplement " + id }

func supplementPage(q *request) error {
	detail, form, err := q.toSupplement()
	if err != nil || form == nil {
		return err
	}
	token, err := q.d.tokens.Issue(supplementScope(detail.ID), q.d.Random, q.d.Now())
	if err != nil {
		return err
	}
	shown, was := q.opened(form, &detail, token)
	return q.showSupplement(http.StatusOK, detail, shown, was)
}

// opened is the form with what is written now, and the stamps of it.
func (q *request) opened(form *forms.Form, detail *store.Detail, token string) (shown *forms.View, was []string) {
	consents := url.Values{}
	for i := range form.Fields {
		if f := &form.Fields[i]; f.Consent && detail.Letter.Fields[v1alpha1.DataElementCode(f.Code)] != "" {
			consents.Set(forms.ConsentName(f), "yes") // it was given with the value
		}
	}
	entry, _ := form.Offer(consents, detail.Letter.Fields, nil)
	shown = form.View(q.l, entry, token, &q.doc.Site, nil, "")
	for _, f := range shown.Fields {
		// A browser shows nothing of a day or a choice it can't read, and sends nothing.
		sendsBack := f.Type != "date" && f.Shape != "choice" || entry.Fields[v1alpha1.DataElementCode(f.Field.Code)] != ""
		if value := spelt(f.Value); value != "" && sendsBack {
			was = append(was, stamp(f.Field.Code, value))
		}
	}
	return shown, was
}

func (q *request) showSupplement(status int, detail store.Detail, shown *forms.View, was []string) error {
	v := supplementView{view: q.view("/cases/"+detail.ID+"/supplement", "desk.supplement"), Detail: detail, Form: shown, Was: was}
	v.Title = v.L.Must("desk.supplement") + " " + detail.Number
	v.Switch = status == http.StatusOK
	return q.show(status, "supplement", v)
}

// spelt is a value as a browser may send it back.
func spelt(value string) string { return strings.TrimSpace(strings.ReplaceAll(value, "\r\n", "\n")) }

// supplement changes what was written where the form differs from what it was opened
// with.
func supplement(q *request) error {
	detail, form, err := q.toSupplement()
	if err != nil || form == nil {
		return err
	}
	values, was := q.typed([]string{"csrf", wasName}), q.values()[wasName]
	s := &entered{form: form, token: q.values().Get(forms.TokenName), entry: form.Fill(values, nil, forms.Complete)}
	if err := q.redeem(s, supplementScope(detail.ID)); err != nil {
		return err
	}
	changed := changes(s, values, was)
	theirs := q.overtaken(s, &detail, changed, was)
	switch {
	case fixed(&detail):
		s.problem = q.l.Must("desk.supplement.late")
		return q.supplementAgain(s, detail, was, http.StatusConflict)
	case s.problem != "" || len(s.entry.Problems) > 0:
		return q.supplementAgain(s, detail, was, http.StatusUnprocessableEntity)
	case len(theirs) > 0:
		return q.supplementOver(s, detail, was, theirs)
	case len(changed) == 0:
		q.to("/cases/" + detail.ID + query("written", supplementSame))
		return nil
	}
	err = q.d.Store.Supplement(q.r.Context(), q.who.Who, detail.ID, store.Supplement{
		ID: s.ticket.ID("supplement"), Fields: changed, Was: among(detail.Letter.Fields, changed),
	})
	_, refused := errors.AsType[*casework.FieldsError](err)
	switch {
	case err == nil:
		q.to("/cases/" + detail.ID + query("written", supplementDone))
		return nil
	case errors.Is(err, store.ErrMeanwhile):
		return supplement(q) // at this very moment: what is there now is shown
	case errors.Is(err, store.ErrEnded), errors.Is(err, store.ErrExpired):
		s.problem = q.l.Must("desk.supplement.late")
		return q.supplementAgain(s, detail, was, http.StatusConflict)
	case refused, errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrReused):
		q.d.Log.Warn("a supplement was refused", "error", err.Error())
		s.problem = q.l.Must("desk.enter.refused")
		return q.supplementAgain(s, detail, was, http.StatusUnprocessableEntity)
	}
	return err // the page keeps what was typed
}

func (q *request) supplementAgain(s *entered, detail store.Detail, was []string, status int) error {
	shown := s.form.View(q.l, s.entry, s.token, &q.doc.Site, nil, "")
	if s.problem != "" {
		shown.AddProblem(s.problem)
	}
	return q.showSupplement(status, detail, shown, was)
}

// changes are the fields that differ from what the form was opened with; one that was
// cleared is there with nothing. What is wrong with fields nobody touched is no problem
// of this form: what is still missing may come later, and what a system sent may be
// spelt otherwise. A consent that is no longer given is one.
func changes(s *entered, values url.Values, was []string) casework.Fields {
	changed := casework.Fields{}
	for i := range s.form.Fields {
		f := &s.form.Fields[i]
		value := spelt(values.Get(forms.FieldName(f)))
		if value == "" && stamped(was, f.Code) != "" || value != "" && !slices.Contains(was, stamp(f.Code, value)) {
			code := v1alpha1.DataElementCode(f.Code)
			changed[code] = s.entry.Fields[code]
		}
	}
	s.entry.Problems = slices.DeleteFunc(s.entry.Problems, func(p forms.Problem) bool {
		return p.Field != nil && p.Key != "consent" && !has(changed, p.Field)
	})
	return changed
}

func has(fields casework.Fields, f *content.Field) bool {
	_, there := fields[v1alpha1.DataElementCode(f.Code)]
	return there
}
