package forms_test

import (
	"net/url"
	"reflect"
	"testing"

	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
)

func TestSurveys(t *testing.T) {
	s := contenttest.Survey()
	for query, want := range map[string]map[string][]string{
		"":                              nil,
		"token=x":                       nil,
		"q.hours=2":                     {"hours": {"2"}},
		"q.used=3&q.used=1&q.overall=5": {"used": {"1", "3"}, "overall": {"5"}},
		"q.hours=3":                     {"not": {"ok"}},
		"q.hours=1&q.hours=2":           {"not": {"ok"}},
		"q.used=1&q.used=1":             {"not": {"ok"}},
		"q.hours=":                      {"not": {"ok"}},
		"q.overall=0":                   {"not": {"ok"}},
		"q.overall=5&other=1":           {"not": {"ok"}},
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := forms.ReadSurvey(&s, values)
		if bad := want["not"] != nil; ok == bad || (!bad && !reflect.DeepEqual(got, want)) {
			t.Errorf("%q: %v %v", query, got, ok)
		}
	}
	v := forms.ViewSurvey(frame.For("en"), &s, map[string][]string{"used": {"2"}, "overall": {"5"}}, "token")
	if len(v.Questions) != 3 || !v.Questions[1].Many || !v.Questions[1].Options[1].Chosen || v.Questions[1].Options[0].Chosen || !v.Questions[2].Options[4].Chosen {
		t.Errorf("%+v", v)
	}
}
