package resident_test

import (
	"errors"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/store"
)

const surveyPath = "/en/surveys/hall-2026"

func TestAnsweringASurvey(t *testing.T) {
	p := newPlace(t, survey())
	form := p.filled(surveyPath)
	has(t, p.post(surveyPath, form), http.StatusUnprocessableEntity, "Nothing has been chosen yet")
	form["q.used"] = []string{"3", "1"}
	form.Set("q.overall", "5")
	p.store.err = store.ErrBusy
	r := p.post(surveyPath, form)
	has(t, r, http.StatusServiceUnavailable, "your choices are still here", `value="3" checked`)
	r.sound(t, "en")
	p.store.err = nil
	r = p.post(surveyPath, form)
	has(t, r, http.StatusOK, "Received, thank you")
	r.sound(t, "en")
	has(t, p.post(surveyPath, form), http.StatusOK, "Received, thank you")
	if len(p.store.answers) != 1 {
		t.Fatalf("%d answers", len(p.store.answers))
	}
	for id, a := range p.store.answers {
		want := store.Answer{ID: id, Survey: "hall-2026", Channel: store.PortalChannel, Choices: map[string][]string{"used": {"1", "3"}, "overall": {"5"}}}
		if !reflect.DeepEqual(a, want) {
			t.Errorf("kept %+v", a)
		}
	}
}

func TestSurveysTakeOnlyWhatIsOffered(t *testing.T) {
	for name, change := range map[string]func(url.Values){
		"another question": func(v url.Values) { v.Set("q.name", "me") },
		"another option":   func(v url.Values) { v.Set("q.overall", "6") },
		"two of one":       func(v url.Values) { v["q.hours"] = []string{"1", "2"} },
		"one twice":        func(v url.Values) { v["q.used"] = []string{"1", "1"} },
		"no token":         func(v url.Values) { v.Del("token") },
		"a form's token":   func(v url.Values) { v.Set("token", strings.Repeat("A", 54)) },
	} {
		p := newPlace(t, survey())
		form := p.filled(surveyPath, "q.hours", "1")
		change(form)
		if r := p.post(surveyPath, form); r.status != http.StatusUnprocessableEntity || len(p.store.answers) > 0 {
			t.Errorf("%s: %d, %d answers", name, r.status, len(p.store.answers))
		}
	}
	p := newPlace(t, survey())
	form := p.filled(surveyPath, "q.hours", "1")
	p.clock.forward(13 * time.Hour)
	r := p.post(surveyPath, form)
	has(t, r, http.StatusUnprocessableEntity, "open for too long", `value="1" checked`)
	has(t, p.post(surveyPath, r.form(t, 0)), http.StatusOK, "thank you")
}

func TestSurveysHaveTheirTime(t *testing.T) {
	p := newPlace(t, survey())
	p.store.published = published()
	form := p.filled(surveyPath, "q.hours", "1")
	p.clock.at.Store(time.Date(2026, 2, 28, 15, 59, 0, 0, time.UTC).UnixNano())
	has(t, p.get(surveyPath), http.StatusOK, "you can answer from 1 March 2026")
	p.clock.forward(time.Minute) // midnight in China
	if r := p.get(surveyPath); strings.Count(r.body, "<form") != 1 {
		t.Error("it has not begun on its first day")
	}
	p.clock.at.Store(time.Date(2026, 3, 31, 16, 0, 0, 0, time.UTC).UnixNano())
	r := p.post(surveyPath, form)
	has(t, r, http.StatusOK, "It ended on 31 March 2026", "Results", "31", "14", "12", "not published")
	r.sound(t, "en")
	if len(p.store.answers) > 0 || strings.Contains(r.body, "<form") {
		t.Error("answered after its end")
	}
	p = newPlace(t, survey())
	p.clock.forward(60 * 24 * time.Hour)
	has(t, p.get(surveyPath), http.StatusOK, "The results have not been published yet")
}

func TestDisclosure(t *testing.T) {
	p := newPlace(t, survey())
	p.store.err = errors.New("down")
	has(t, p.get("/en/disclosure"), http.StatusOK, "Not available at the moment", "Yearly budget")
	p.store.err = nil
	if r := p.get("/en/disclosure"); !strings.Contains(r.body, "Not available") {
		t.Error("a failure is not remembered for a moment")
	}
	p.clock.forward(time.Minute)
	has(t, p.get("/en/disclosure"), http.StatusOK, "There is no month to publish yet")
	p.store.published = published()
	p.clock.forward(time.Hour)
	r := p.get("/en/disclosure")
	has(t, r, http.StatusOK, "February 2026", "Letter confirming residence", "Ask for help", "Give an opinion", "not published", "at least ")
	r.sound(t, "en")
	if got := r.header.Get("Cache-Control"); got != "public, max-age=60" {
		t.Errorf("Cache-Control %q", got)
	}
	has(t, p.get("/zh-CN/disclosure"), http.StatusOK, "2026年2月", "不公布", "至少 ")
	asked := p.store.asked
	for range 20 {
		p.get("/en/disclosure")
	}
	if p.store.asked != asked {
		t.Error("each visit asks the store")
	}
	// What was published stays true while the store is away.
	p.store.err = store.ErrUnavailable
	p.clock.forward(time.Hour)
	has(t, p.get("/en/disclosure"), http.StatusOK, "February 2026")
	// A community without the module discloses the rest.
	without := survey()
	without.Site.Modules = []string{"Applications"}
	p.use(without)
	if r := p.get("/en/disclosure"); strings.Contains(r.body, "February 2026") || !strings.Contains(r.body, "Yearly budget") {
		t.Error("figures of cases without the module")
	}
}
