package resident

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// surveyPage is a survey: its questions while it runs, its results after that.
type surveyPage struct {
	page

	Survey  *content.Survey
	Form    *forms.SurveyView // nil while it can't be answered
	State   string            // why it can't be, in words
	Problem string
	Thanks  bool
	Ended   bool
	Results []questionResult
}

// Action is where the answers are sent.
func (s surveyPage) Action() string { return s.Href(s.Local) }

type questionResult struct {
	Title   content.Text
	Options []optionResult
}

type optionResult struct {
	Label content.Text
	Count string
}

func (s *site) find(name string) *content.Survey {
	at := slices.IndexFunc(s.doc.Site.Surveys, func(one content.Survey) bool { return one.Name == name })
	if at < 0 {
		return nil
	}
	return &s.doc.Site.Surveys[at]
}

// phase of a survey on a day: before, during or after its time.
type phase int

const (
	before phase = iota
	during
	after
)

func (p *Portal) phase(s *content.Survey) phase {
	switch today := p.now().In(frame.Zone).Format(time.DateOnly); {
	case today < s.From:
		return before
	case today > s.Until:
		return after
	}
	return during
}

func (v *visit) surveyPage(s *content.Survey) surveyPage {
	out := surveyPage{page: v.page("/surveys/"+s.Name, v.l.Plain(s.Title)), Survey: s}
	out.Description = v.l.Must("survey.lede")
	return out
}

// survey shows one.
func (p *Portal) survey(w http.ResponseWriter, r *http.Request, v *visit) {
	s := v.find(r.PathValue("name"))
	if s == nil {
		serve.Fail(w, r, http.StatusNotFound)
		return
	}
	out := v.surveyPage(s)
	switch p.phase(s) {
	case before:
		out.State = v.l.Must("survey.early", v.l.Date(s.From))
	case after:
		out.State, out.Ended = v.l.Must("survey.over", v.l.Date(s.Until)), true
		out.Results = v.results(s, p.disclosed(r.Context()))
	case during:
		if v.doc.Site.Suspended {
			break
		}
		token, err := p.tokens.Issue(forms.SurveyScope(s.Name), p.random, p.now())
		if err != nil {
			p.log.Error("no survey handed out", "error", err.Error())
			serve.Fail(w, r, http.StatusInternalServerError)
			return
		}
		out.Form = forms.ViewSurvey(v.l, s, nil, token)
	}
	p.show(w, r, http.StatusOK, "survey", out)
}

// results of a survey that is over, as far as they are published.
func (v *visit) results(s *content.Survey, published *store.Disclosed) []questionResult {
	if published == nil {
		return nil
	}
	at := slices.IndexFunc(published.Surveys, func(one store.SurveyResult) bool { return one.Survey == s.Name })
	if at < 0 {
		return nil
	}
	var out []questionResult
	for i := range s.Questions {
		q := &s.Questions[i]
		for _, result := range published.Surveys[at].Questions {
			if result.Question != q.Name {
				continue
			}
			one := questionResult{Title: q.Title}
			for n, option := range forms.Options(q) {
				// An option that nobody chose is not told from one that few chose.
				text := v.l.Must("cases.hidden")
				for _, o := range result.Options {
					if o.Option == option && !o.Count.Hidden {
						text = v.l.Int(o.Count.N)
					}
				}
				one.Options = append(one.Options, optionResult{forms.OptionLabel(q, n), text})
			}
			out = append(out, one)
		}
	}
	return out
}

// answer takes answers in.
func (p *Portal) answer(w http.ResponseWriter, r *http.Request, v *visit) {
	s := v.find(r.PathValue("name"))
	if s == nil || p.phase(s) != during || v.doc.Site.Suspended {
		p.survey(w, r, v) // which says why
		return
	}
	post, leave, err := forms.Read(r, nil)
	leave()
	switch {
	case errors.Is(err, forms.ErrTooLarge):
		serve.Fail(w, r, http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		serve.Fail(w, r, http.StatusBadRequest)
		return
	}
	choices, ok := forms.ReadSurvey(s, post.Values)
	now, scope, token := p.now(), forms.SurveyScope(s.Name), post.Values.Get(forms.TokenName)
	ticket, wrong := p.tokens.Open(scope, token, now)
	status := http.StatusUnprocessableEntity
	var problem string
	switch {
	case errors.Is(wrong, forms.ErrExpired):
		problem, token = "problem.expired", p.tokens.Renew(ticket, scope, now)
	case wrong != nil:
		problem = "problem.token"
		if token, err = p.tokens.Issue(scope, p.random, now); err != nil {
			serve.Fail(w, r, http.StatusInternalServerError)
			return
		}
	case !ok:
		problem = "survey.wrong"
	case len(choices) == 0:
		problem = "survey.empty"
	case !p.sending.allow(p.client(r)):
		status, problem = http.StatusTooManyRequests, "problem.limited"
		later(w, sendingWait)
	default:
		status, problem = p.keepAnswer(w, r, s, ticket, choices)
	}
	out := v.surveyPage(s)
	if problem == "" {
		out.Thanks = true
		p.show(w, r, http.StatusOK, "survey", out)
		return
	}
	out.Problem, out.Form = v.l.Must(problem), forms.ViewSurvey(v.l, s, choices, token)
	out.Title = v.l.Must("form.errors.title", out.Title)
	p.metrics.answered(outcomes[status])
	p.show(w, r, status, "survey", out)
}

// outcomes of survey forms that were not taken, by status.
var outcomes = map[int]string{
	http.StatusUnprocessableEntity: outcomeRefused, http.StatusTooManyRequests: outcomeLimited, http.StatusServiceUnavailable: outcomeUnavailable,
}

// keepAnswer hands an answer to the store.
func (p *Portal) keepAnswer(w http.ResponseWriter, r *http.Request, s *content.Survey, ticket forms.Ticket, choices map[string][]string) (status int, problem string) {
	ctx, cancel := context.WithTimeout(r.Context(), storeTime)
	defer cancel()
	if err := p.store.Answer(ctx, store.Answer{ID: ticket.ID("answer"), Survey: s.Name, Channel: store.PortalChannel, Choices: choices}); err != nil {
		p.passing("answer", err)
		later(w, storeWait)
		return http.StatusServiceUnavailable, "survey.problem.down"
	}
	p.metrics.answered(outcomeTaken)
	return http.StatusOK, ""
}
