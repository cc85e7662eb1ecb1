package resident

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
)

const followPath = "/follow"

// followPage asks for a receipt code.
type followPage struct {
	page

	Problem string
	// Typed is kept for whoever has to correct it; nothing that could be a code.
	Typed string
}

// ask shows the question for the code.
func (p *Portal) ask(w http.ResponseWriter, r *http.Request, v *visit) {
	p.askAgain(w, r, v, http.StatusOK, "", "")
}

func (p *Portal) askAgain(w http.ResponseWriter, r *http.Request, v *visit, status int, problem, typed string) {
	out := followPage{page: v.page(followPath, v.l.Must("follow.title")), Typed: typed}
	out.Description = v.l.Must("follow.lede")
	if problem != "" {
		out.Problem = v.l.Must(problem)
		out.Title = v.l.Must("form.errors.title", out.Title)
	}
	p.show(w, r, status, "follow", out)
}

// The inputs of the pages about a case.
const (
	codeName   = "code"
	doName     = "do"
	reasonName = "reason"
)

var ratingNames = [3]string{"response", "resolution", "satisfaction"}

// follow shows a case, after it has noted what its resident said.
func (p *Portal) follow(w http.ResponseWriter, r *http.Request, v *visit) {
	post, leave, err := forms.Read(r, nil)
	leave()
	switch {
	case errors.Is(err, forms.ErrTooLarge):
		serve.Fail(w, r, http.StatusRequestEntityTooLarge)
		return
	case err != nil || !expected(post.Values):
		serve.Fail(w, r, http.StatusBadRequest)
		return
	}
	if !p.asking.allow(p.client(r)) {
		p.metrics.looked(outcomeLimited)
		later(w, askingWait)
		p.askAgain(w, r, v, http.StatusTooManyRequests, "problem.limited.follow", "")
		return
	}
	typed := post.Values.Get(codeName)
	receipt, err := casework.ParseReceipt(typed)
	if err != nil {
		p.metrics.looked(outcomeRefused)
		p.askAgain(w, r, v, http.StatusUnprocessableEntity, "follow.bad", typed)
		return
	}
	hash, err := receipt.Hash(p.key)
	if err != nil {
		panic(err) // New has seen the key
	}
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	shown, err := p.look(ctx, v, receipt, hash)
	if err == nil && post.Values.Get(doName) != "" {
		shown, err = p.say(ctx, v, shown, post.Values, hash)
	}
	switch {
	case errors.Is(err, store.ErrUnknownReceipt):
		p.metrics.looked(outcomeUnknown)
		p.askAgain(w, r, v, http.StatusNotFound, "follow.unknown", typed)
	case err != nil:
		p.passing("progress", err)
		p.metrics.looked(outcomeUnavailable)
		later(w, storeWait)
		p.askAgain(w, r, v, http.StatusServiceUnavailable, "problem.down.follow", typed)
	default:
		p.metrics.looked(outcomeFound)
		p.show(w, r, shown.status(), "progress", shown)
	}
}

// expected reports whether only what the pages ask for was sent, each once.
func expected(values url.Values) bool {
	for name, all := range values {
		known := slices.Contains([]string{codeName, doName, reasonName, forms.TokenName}, name) || slices.Contains(ratingNames[:], name)
		if !known || len(all) > 1 {
			return false
		}
	}
	return true
}

// words a resident can say, in the order they are offered.
var words = []casework.EventType{casework.Resume, casework.Rate, casework.Reopen, casework.Withdraw}

// progressPage shows how far a case has come.
type progressPage struct {
	page

	P       store.Progress
	About   content.Text
	Code    string
	Now     string
	Said    string // what was just noted, in words
	Problem string
	Steps   []stepView
	Words   []wordView
	// Passed is who gets what of it, or got it.
	Passed frame.Passed
}

func (s *progressPage) status() int {
	if s.Problem != "" {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

type stepView struct {
	Label, At, Stamp string
	Last             bool
}

// wordView is one thing a resident can do.
type wordView struct {
	Page  *progressPage
	Type  casework.EventType
	Token string
	// Title, Text and Send are what it is called, what it means and what its button
	// says.
	Title, Text, Send string
	Reasons           []reasonView
	Questions         []ratingView
}

type reasonView struct{ Value, Label string }

type ratingView struct {
	Name, Label string
	Points      []string
}

// look reads a case.
func (p *Portal) look(ctx context.Context, v *visit, receipt casework.Receipt, hash casework.Hash) (*progressPage, error) {
	progress, err := p.store.Progress(ctx, hash)
	if err != nil {
		return nil, err
	}
	out := &progressPage{page: v.page(followPath, v.l.Must("progress.title")), P: progress, About: v.about(&progress), Code: receipt.Code()}
	out.Now = v.l.Must("progress.waiting")
	if slices.Contains(casework.Steps(), progress.Step) {
		out.Now = v.l.Must("now." + string(progress.Step))
	}
	for i, s := range progress.Steps {
		if slices.Contains(casework.Steps(), s.Step) {
			out.Steps = append(out.Steps, stepView{v.l.Must("step." + string(s.Step)), v.l.Moment(s.At), s.At.UTC().Format("2006-01-02T15:04:05Z"), i == len(progress.Steps)-1})
		}
	}
	if progress.Kind == casework.Application && progress.Step != casework.Rejected && progress.Step != casework.Withdrawn {
		out.Passed = v.l.Passed(v.doc.Item(progress.Item))
	}
	for _, t := range words {
		if !slices.Contains(progress.Allowed, t) || progress.Pending > 0 {
			continue
		}
		word, err := p.word(v, out, t, hash)
		if err != nil {
			return nil, err
		}
		out.Words = append(out.Words, word)
	}
	return out, nil
}

// about is what the case is about, as the site calls it now.
func (v *visit) about(p *store.Progress) content.Text {
	if form := v.doc.Site.Form(string(p.Kind)); form != nil && form.Item == p.Item {
		return form.Title
	}
	if item := v.doc.Item(p.Item); item != nil {
		return item.Title
	}
	// It is offered no more, and the site has forgotten its name.
	kind, err := v.l.M("kind." + string(p.Kind))
	if err != nil {
		kind = p.Item // of a later release
	}
	return content.Text{ZH: kind, EN: kind} // in the page's language
}

// wordScope is what a word's token is good for: one word about one case.
func wordScope(t casework.EventType, hash casework.Hash) string {
	return "word " + string(t) + " " + hash.String()
}

func (p *Portal) word(v *visit, page *progressPage, t casework.EventType, hash casework.Hash) (wordView, error) {
	token, err := p.tokens.Issue(wordScope(t, hash), p.random, p.now())
	if err != nil {
		return wordView{}, err
	}
	key := "word." + string(t)
	out := wordView{Page: page, Type: t, Token: token, Title: v.l.Must(key)}
	switch t {
	case casework.Rate:
		out.Send = v.l.Must("word.rate.send")
		for _, name := range ratingNames {
			out.Questions = append(out.Questions, ratingView{name, v.l.Must("rate." + name), []string{"1", "2", "3", "4", "5"}})
		}
	case casework.Resume:
		out.Send = out.Title
		if page.P.Paused == casework.MaterialsMissing || page.P.Paused == casework.ResidentUnavailable {
			out.Send = v.l.Must("word.resume." + string(page.P.Paused))
		}
	default:
		out.Text, out.Send = v.l.Must(key+".text"), v.l.Must(key+".send")
	}
	for _, reason := range casework.Reasons(t) {
		out.Reasons = append(out.Reasons, reasonView{string(reason), v.l.Must("reason." + string(reason))})
	}
	return out, nil
}

// say notes what the resident said, and looks again.
func (p *Portal) say(ctx context.Context, v *visit, shown *progressPage, values url.Values, hash casework.Hash) (*progressPage, error) {
	t := casework.EventType(values.Get(doName))
	if !slices.Contains(words, t) {
		shown.Problem = v.l.Must("progress.not")
		return shown, nil
	}
	// An expired token is good enough: it is about this case, and this word.
	ticket, err := p.tokens.Open(wordScope(t, hash), values.Get(forms.TokenName), p.now())
	if err != nil && !errors.Is(err, forms.ErrExpired) {
		shown.Problem = v.l.Must("problem.token")
		return shown, nil
	}
	word, ok := readWord(t, values)
	word.ID = ticket.ID("word")
	switch {
	case !slices.Contains(shown.P.Allowed, t) && shown.P.Pending == 0:
		p.metrics.said(t, outcomeRefused)
		shown.Problem = v.l.Must("progress.not")
		return shown, nil
	case !ok:
		p.metrics.said(t, outcomeRefused)
		shown.Problem = v.l.Must("progress.choose")
		return shown, nil
	}
	receipt, err := casework.ParseReceipt(shown.Code)
	if err != nil {
		return nil, err
	}
	if err := p.store.Say(ctx, hash, word); err != nil {
		p.metrics.said(t, outcomeUnavailable)
		return nil, err
	}
	p.metrics.said(t, outcomeTaken)
	if shown, err = p.look(ctx, v, receipt, hash); err != nil {
		return nil, err
	}
	shown.Said = v.l.Must("progress.said")
	return shown, nil
}

// readWord reads what was chosen, and whether all of it was.
func readWord(t casework.EventType, values url.Values) (store.Word, bool) {
	word := store.Word{Type: t}
	if reasons := casework.Reasons(t); reasons != nil {
		word.Reason = casework.Reason(values.Get(reasonName))
		return word, slices.Contains(reasons, word.Reason)
	}
	if t != casework.Rate {
		return word, true
	}
	for i, into := range []*int64{&word.Ratings.Response, &word.Ratings.Resolution, &word.Ratings.Satisfaction} {
		n, err := strconv.ParseInt(values.Get(ratingNames[i]), 10, 8)
		if err != nil || n < 1 || n > 5 {
			return word, false
		}
		*into = n
	}
	return word, true
}
