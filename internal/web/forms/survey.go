package forms

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
)

const (
	questionPrefix = "q."
	scalePoints    = 5
)

// SurveyScope is what a token of a survey's form is good for.
func SurveyScope(name string) string { return "survey " + name }

// Options are the names under which a question's choices are counted: 1 and so on,
// in their order; those of a scale 1 (bad) to 5 (good).
func Options(q *content.Question) []string {
	n := len(q.Choices)
	if q.Type == "Scale" {
		n = scalePoints
	}
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}

// ReadSurvey reads what was chosen, by question. It is false where anything else was
// sent, or more than a question takes; nil where nothing was chosen.
func ReadSurvey(s *content.Survey, values url.Values) (choices map[string][]string, ok bool) {
	left := len(values)
	if values.Has(TokenName) {
		left--
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		chosen := values[questionPrefix+q.Name]
		if len(chosen) == 0 {
			continue
		}
		left--
		if len(chosen) > 1 && q.Type != "Choices" {
			return nil, false
		}
		// Each option once, in the order of the question.
		var taken []string
		for _, option := range Options(q) {
			if slices.Contains(chosen, option) {
				taken = append(taken, option)
			}
		}
		if len(taken) != len(chosen) {
			return nil, false
		}
		if choices == nil {
			choices = map[string][]string{}
		}
		choices[q.Name] = taken
	}
	return choices, left == 0
}

// SurveyView is a survey's form for the template survey-questions.
type SurveyView struct {
	L         *frame.Locale
	Token     string
	Questions []QuestionView
}

// QuestionView is one question.
type QuestionView struct {
	L        *frame.Locale
	Title    content.Text
	Name, ID string
	Many     bool
	Scale    bool
	Options  []OptionView
}

// OptionView is one choice.
type OptionView struct {
	ID, Value string
	Label     content.Text
	Chosen    bool
}

// ViewSurvey shows a survey; choices are those made already.
func ViewSurvey(l *frame.Locale, s *content.Survey, choices map[string][]string, token string) *SurveyView {
	v := &SurveyView{L: l, Token: token}
	for i := range s.Questions {
		q := &s.Questions[i]
		view := QuestionView{L: l, Title: q.Title, Name: questionPrefix + q.Name, ID: "question-" + q.Name, Many: q.Type == "Choices", Scale: q.Type == "Scale"}
		for n, option := range Options(q) {
			o := OptionView{ID: view.ID + "-" + option, Value: option, Label: OptionLabel(q, n)}
			o.Chosen = slices.Contains(choices[q.Name], option)
			view.Options = append(view.Options, o)
		}
		v.Questions = append(v.Questions, view)
	}
	return v
}

// OptionLabel is what the n-th option of a question, from 0, is called.
func OptionLabel(q *content.Question, n int) content.Text {
	if q.Type != "Scale" && n < len(q.Choices) {
		return q.Choices[n]
	}
	point := strconv.Itoa(n + 1)
	return content.Text{ZH: point, EN: point}
}
