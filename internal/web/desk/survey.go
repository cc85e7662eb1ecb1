package desk

import (
	"net/http"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

// surveyView is a survey to enter from a sheet of paper.
type surveyView struct {
	view

	Survey *content.Survey
	Form   *forms.SurveyView
	// Kept tells that the sheet before was kept, Problem what is wrong with this one.
	Kept    bool
	Problem string
}

// surveys that take answers today.
func (q *request) surveys() []content.Survey {
	today := q.d.Now().In(q.zone).Format(time.DateOnly)
	var out []content.Survey
	for _, s := range q.doc.Site.Surveys {
		if s.From <= today && today <= s.Until {
			out = append(out, s)
		}
	}
	return out
}

// survey that was asked for; nil where there is none that takes answers.
func (q *request) survey() *content.Survey {
	open := q.surveys()
	for i := range open {
		if open[i].Name == q.r.PathValue("survey") {
			return &open[i]
		}
	}
	return nil
}

func surveyPage(q *request) error {
	s := q.survey()
	if s == nil {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	return q.showSurvey(http.StatusOK, s, nil, q.r.URL.Query().Get("kept") != "", "")
}

func (q *request) showSurvey(status int, s *content.Survey, choices map[string][]string, kept bool, problem string) error {
	token, err := q.d.tokens.Issue(forms.SurveyScope(s.Name), q.d.Random, q.d.Now())
	if err != nil {
		return err
	}
	v := surveyView{
		view: q.view("/survey/"+s.Name, "desk.survey.title"), Survey: s, Kept: kept,
		Form: forms.ViewSurvey(q.l, s, choices, token),
	}
	v.Title = q.l.Plain(s.Title)
	if problem != "" {
		v.Problem = q.l.Must(problem)
	}
	return q.show(status, "survey", v)
}

func answerSurvey(q *request) error {
	s := q.survey()
	if s == nil {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	values := q.values()
	values.Del("csrf")
	choices, ok := forms.ReadSurvey(s, values)
	ticket, err := q.d.tokens.Open(forms.SurveyScope(s.Name), values.Get(forms.TokenName), q.d.Now())
	switch {
	case err != nil:
		return q.showSurvey(http.StatusUnprocessableEntity, s, choices, false, "desk.enter.expired")
	case !ok || choices == nil:
		return q.showSurvey(http.StatusUnprocessableEntity, s, choices, false, "desk.survey.nothing")
	}
	err = q.d.Store.Answer(q.r.Context(), q.who.Who, store.Answer{
		ID: ticket.ID("answer"), Survey: s.Name, Channel: store.CounterChannel, Work: q.who.Work, Choices: choices,
	})
	if err != nil {
		return err
	}
	q.to("/survey/" + s.Name + "?kept=1")
	return nil
}
