package resident

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
)

//go:embed templates/*.html
var templateFiles embed.FS

var templates = frame.Parse(templateFiles, "templates", forms.Parts())

// formPage is a form to fill in.
type formPage struct {
	page

	Form *forms.View
	Lede string
	// Danger is said first where somebody may be in need.
	Danger string
	// Passed is who gets what of it.
	Passed frame.Passed
}

// Action is where the form is sent.
func (f formPage) Action() string { return f.Href(f.Local) }

// Known are the titles of what is not asked again.
func (f formPage) Known() []content.Field { return f.Form.Form.Known }

func (v *visit) formPage(form *forms.Form, shown *forms.View) formPage {
	local, title, lede := "/services/"+form.Terms.Item+"/apply", v.l.Plain(form.Title), v.l.Must("apply.lede")
	f := formPage{Form: shown}
	switch form.Kind {
	case casework.HelpRequest:
		local, lede, f.Danger = "/help", v.l.Must("help-request.lede"), v.l.Must("help-request.danger")
	case casework.Opinion:
		local, lede = "/opinion", v.l.Must("opinion.lede")
	case casework.Mediation:
		local, lede = "/mediation", v.l.Must("mediation.lede")
	case casework.Application, casework.WorkOrder:
		title = v.l.Must("apply.title", title)
	}
	f.page, f.Lede = v.page(local, title), lede
	f.Description = lede
	if form.Kind == casework.Application {
		f.Passed = v.l.Passed(v.doc.Item(form.Terms.Item))
		f.Crumbs = []frame.Link{{Local: "/services", Label: v.l.Must("nav.services")}, {Local: "/services/" + form.Terms.Item, Label: v.l.Plain(form.Title)}}
	}
	return f
}

// empty shows a form that nobody has filled in yet.
func (p *Portal) empty(w http.ResponseWriter, r *http.Request, v *visit, form *forms.Form) {
	if form == nil {
		p.noForm(w, r, v)
		return
	}
	token, err := p.tokens.Issue(form.Scope(), p.random, p.now())
	if err != nil {
		p.log.Error("no form handed out", "error", err.Error())
		serve.Fail(w, r, http.StatusInternalServerError)
		return
	}
	shown := form.View(v.l, nil, token, &v.doc.Site, v.grids, v.image)
	p.show(w, r, http.StatusOK, "form", v.formPage(form, shown))
}

// noForm leads to the page of an item that is for the counter only.
func (p *Portal) noForm(w http.ResponseWriter, r *http.Request, v *visit) {
	item := v.doc.Item(r.PathValue("item"))
	if item == nil {
		serve.Fail(w, r, http.StatusNotFound)
		return
	}
	w.Header().Set("Location", "/"+v.l.Lang+"/services/"+item.Name)
	w.WriteHeader(http.StatusSeeOther)
}

// sent is a form on its way in.
type sent struct {
	form   *forms.Form
	post   *forms.Post
	entry  *forms.Entry
	ticket forms.Ticket
	token  string
	// problem with the form as a whole: the key of a message; empty for none.
	problem string
}

// take takes a form in, or shows it again.
func (p *Portal) take(w http.ResponseWriter, r *http.Request, v *visit, form *forms.Form) {
	if form == nil || v.doc.Site.Suspended {
		p.empty(w, r, v, form) // which says why
		return
	}
	post, leave, err := forms.Read(r, p.gate(form, p.client(r)))
	defer leave()
	switch {
	case errors.Is(err, forms.ErrTooLarge):
		serve.Fail(w, r, http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		serve.Fail(w, r, http.StatusBadRequest)
		return
	}
	s := &sent{form: form, post: post, entry: form.Fill(post.Values, v.grids, forms.Complete), token: post.Values.Get(forms.TokenName)}
	if err := p.check(s); err != nil {
		p.log.Error("no form handed out", "error", err.Error())
		serve.Fail(w, r, http.StatusInternalServerError)
		return
	}
	switch {
	case s.entry.Pointing && s.problem == "":
		p.again(w, r, v, s, http.StatusOK)
	case s.problem != "" || len(s.entry.Problems) > 0 || len(post.Refused) > 0:
		p.metrics.submitted(form.Kind, outcomeRefused)
		p.again(w, r, v, s, http.StatusUnprocessableEntity)
	case !p.sending.allow(p.client(r)):
		p.metrics.submitted(form.Kind, outcomeLimited)
		s.problem = "problem.limited"
		later(w, sendingWait)
		p.again(w, r, v, s, http.StatusTooManyRequests)
	default:
		p.keep(w, r, v, s)
	}
}

// gate for the files of a form, which waits no longer than uploadWait: until the
// address sends no other files, and until there is a place.
func (p *Portal) gate(form *forms.Form, from client) forms.Gate {
	if !form.Files {
		return nil
	}
	return func(ctx context.Context) (func(), error) {
		ctx, cancel := context.WithTimeout(ctx, uploadWait)
		defer cancel()
		out, err := p.withFiles.wait(ctx, from)
		if err != nil {
			return nil, err
		}
		leave, err := p.uploads(ctx)
		if err != nil {
			out()
			return nil, err
		}
		return func() { leave(); out() }, nil
	}
}

// check opens the form's token, or makes another for a form that has to be shown
// again.
func (p *Portal) check(s *sent) error {
	now := p.now()
	ticket, err := p.tokens.Open(s.form.Scope(), s.token, now)
	switch {
	case errors.Is(err, forms.ErrExpired):
		s.problem, s.token = "problem.expired", p.tokens.Renew(ticket, s.form.Scope(), now)
	case err != nil:
		s.problem = "problem.token"
		if s.token, err = p.tokens.Issue(s.form.Scope(), p.random, now); err != nil {
			return err
		}
	case s.post.Values.Get(forms.EditionName) != s.form.Edition() && !s.entry.Pointing:
		s.problem = "problem.edition"
	}
	s.ticket = ticket
	return nil
}

// again shows a form with what was typed and what is wrong with it.
func (p *Portal) again(w http.ResponseWriter, r *http.Request, v *visit, s *sent, status int) {
	shown := s.form.View(v.l, s.entry, s.token, &v.doc.Site, v.grids, v.image)
	shown.AddFiles(s.post.Refused)
	if s.problem != "" {
		shown.AddProblem(v.l.Must(s.problem))
	}
	around := v.formPage(s.form, shown)
	if len(shown.Problems) > 0 {
		around.Title = v.l.Must("form.errors.title", around.Title)
	}
	p.show(w, r, status, "form", around)
}

// keep seals what was sent and hands it to the store.
func (p *Portal) keep(w http.ResponseWriter, r *http.Request, v *visit, s *sent) {
	submission, err := p.submission(v, s)
	if err == nil {
		var outcome store.Outcome
		ctx, cancel := context.WithTimeout(r.Context(), storeTime)
		outcome, err = p.store.Submit(ctx, submission)
		cancel()
		if err == nil {
			p.metrics.submitted(s.form.Kind, map[bool]string{false: outcomeTaken, true: outcomeAgain}[outcome.Again])
			p.receipt(w, r, v, s, outcome.Again)
			return
		}
	}
	p.passing("submit", err)
	p.metrics.submitted(s.form.Kind, outcomeUnavailable)
	s.problem = "problem.down"
	later(w, storeWait)
	p.again(w, r, v, s, http.StatusServiceUnavailable)
}

// submission is what the store keeps. What was typed is in it only sealed.
func (p *Portal) submission(v *visit, s *sent) (store.Submission, error) {
	id := s.ticket.ID("case")
	hash, err := s.ticket.Receipt().Hash(p.key)
	if err != nil {
		return store.Submission{}, err
	}
	letter, err := json.Marshal(s.entry.Letter())
	if err != nil {
		return store.Submission{}, errors.New("the letter can't be written down") // the error may quote it
	}
	out := store.Submission{
		ID: id, Kind: s.form.Kind, Terms: s.form.Terms, Urgency: s.entry.Urgency(), Channel: store.PortalChannel,
		Language: v.l.Lang, Receipt: hash,
	}
	if out.Sealed, err = p.seal.Seal(letter, store.SubmissionContext(id)); err != nil {
		return store.Submission{}, fmt.Errorf("seal a letter: %w", err)
	}
	for i := range s.post.Uploads {
		u := &s.post.Uploads[i]
		f := store.File{ID: s.ticket.ID("file " + strconv.Itoa(i)), MediaType: u.MediaType, Size: int64(len(u.Data))}
		if f.Sealed, err = p.seal.Seal(u.Data, store.FileContext(f.ID)); err != nil {
			return store.Submission{}, fmt.Errorf("seal a file: %w", err)
		}
		u.Data = nil // one file at a time is held twice
		out.Files = append(out.Files, f)
	}
	return out, nil
}

// receiptPage shows the receipt code.
type receiptPage struct {
	page

	About           content.Text
	Code            string
	Again           bool
	Sent            string
	Accept, Resolve int64 // minutes; 0 for none
	Passed          frame.Passed
}

// receipt answers with the receipt code, which stands in no address: a form that is
// sent again, by reloading or going back, gets the same.
func (p *Portal) receipt(w http.ResponseWriter, r *http.Request, v *visit, s *sent, again bool) {
	limits := casework.Limits{Resolve: casework.Limit{Minutes: s.form.Terms.ResolveWithinMinutes}}.OrDefault(s.entry.Urgency())
	out := receiptPage{
		page: v.page("/follow", v.l.Must("receipt.title")), About: s.form.Title, Code: s.ticket.Receipt().Code(), Again: again,
		Accept: s.form.Terms.AcceptWithinMinutes, Resolve: limits.Resolve.Minutes,
	}
	if s.form.Kind == casework.Application {
		out.Passed = v.l.Passed(v.doc.Item(s.form.Terms.Item))
	}
	if !again {
		out.Sent = v.l.Moment(p.now())
	}
	out.Switch = false
	p.show(w, r, http.StatusOK, "receipt", out)
}
