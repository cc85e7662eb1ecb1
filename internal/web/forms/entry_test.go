package forms_test

import (
	"crypto/rand"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

func field(code, kind string) content.Field {
	return content.Field{Text: content.Text{ZH: "字段", EN: "Field"}, Code: code, Type: kind}
}

func item(fields ...content.Field) *content.Item {
	return &content.Item{Name: "sample", Title: content.Text{ZH: "事项"}, Elements: fields}
}

func TestSpellings(t *testing.T) {
	for _, c := range []struct{ code, kind, typed, want, problem string }{
		{"name", "Text", "  甲 乙 ", "甲 乙", ""},
		{"name", "Choice", "一", "一", ""},
		{"name", "", "a", "a", ""},
		{"name", "Text", "ａ", "ａ", ""},
		{"request-text", "Text", "a\r\nb\tc", "a\nb\tc", ""},
		{"request-text", "Text", "a\x01", "", "unreadable"},
		{"household-size", "Integer", "１,２３４", "1234", ""},
		{"household-size", "Integer", "-3", "-3", ""},
		{"household-size", "Integer", "3.0", "", "whole"},
		{"household-size", "Integer", "three", "", "whole"},
		{"household-size", "Integer", strings.Repeat("9", 21), "", "whole"},
		{"income", "Decimal", "1 200.50", "1200.50", ""},
		{"income", "Decimal", "1e9", "", "fraction"},
		{"income", "Decimal", ".", "", "fraction"},
		{"income", "Decimal", "1.1234567", "", "fraction"},
		{"birth-date", "Date", "2026-03-01", "2026-03-01", ""},
		{"birth-date", "Date", "2026年3月1日", "2026-03-01", ""},
		{"birth-date", "Date", "2026/3/1", "2026-03-01", ""},
		{"birth-date", "Date", "20260301", "2026-03-01", ""},
		{"birth-date", "Date", "2026-02-29", "", "day"},
		{"birth-date", "Date", "0001-01-01", "", "day"},
		{"living-alone", "Boolean", "true", "true", ""},
		{"living-alone", "Boolean", "on", "", "yesno"},
		{"telephone", "Text", "＋86 (029) 0000-0000", "+86 (029) 0000-0000", ""},
		{"agent-telephone", "Text", "1234", "", "phone"},
		{"telephone", "Text", "call me", "", "phone"},
		{"email", "Text", "name@example.com", "name@example.com", ""},
		{"email", "Text", "@example.com", "", "mail"},
		{"email", "Text", "a b@example.com", "", "mail"},
		{"identity-number", "Text", "11010519491231002x", "11010519491231002X", ""},
		{"agent-identity-number", "Text", "110105 19491231 002X", "11010519491231002X", ""},
		{"identity-number", "Text", "11010519491231002Y", "", "identity.check"},
		{"identity-number", "Text", "110105194912310020", "", "identity.check"},
		{"identity-number", "Text", "E12345678", "E12345678", ""},
		{"identity-number", "Text", "号码", "", "identity"},
		{"name", "Text", "a\xff", "", "unreadable"},
		{"name", "Text", strings.Repeat("长", 200), strings.Repeat("长", 200), ""},
		{"name", "Text", strings.Repeat("长", 201), "", "long"},
	} {
		f := forms.ForItem(item(field(c.code, c.kind)))
		e := f.Fill(url.Values{"f." + c.code: {c.typed}}, nil, forms.Complete)
		got, problem := e.Fields[v1alpha1.DataElementCode(c.code)], ""
		if len(e.Problems) > 0 {
			problem = e.Problems[0].Key
		}
		if got != c.want || problem != c.problem || len(e.Problems) > 1 {
			t.Errorf("%s %q: %q %q, want %q %q", c.code, c.typed, got, problem, c.want, c.problem)
		}
	}
}

func TestWhatAFormAsks(t *testing.T) {
	reused, told := field("name", "Text"), content.Field{Text: content.Text{ZH: "旧"}}
	reused.Reused = true
	banned, needed := field("religion", "Text"), field("address", "Text")
	needed.Required = true
	f := forms.ForItem(item(reused, told, banned, needed))
	if len(f.Fields) != 1 || f.Fields[0].Code != "address" || len(f.Known) != 1 || f.Files || f.Terms.Purpose == "" {
		t.Errorf("it asks %+v and knows %+v", f.Fields, f.Known)
	}
	if forms.ForItem(item(reused, told)) != nil || forms.ForItem(nil) != nil || forms.ForRequest(nil) != nil {
		t.Error("a form that asks nothing")
	}
	if e := f.Fill(url.Values{}, nil, forms.Partial); len(e.Problems) > 0 {
		t.Errorf("a counter may not take what there is: %+v", e.Problems)
	}
	if e := f.Fill(url.Values{"f.religion": {"x"}}, nil, forms.Partial); len(e.Problems) != 1 || e.Problems[0].Key != "undeclared" {
		t.Errorf("what nobody may ask: %+v", e.Problems)
	}
	before := f.Edition()
	f.Fields[0].RetentionDays++
	if f.Edition() == before || f.Scope() != "application sample" {
		t.Error("a form that says something else has the same edition")
	}
	for _, form := range contenttest.Requests() {
		f := forms.ForRequest(&form)
		if f.Files != (f.Kind == casework.HelpRequest) || f.Utility() != f.Files || f.Place != form.Place {
			t.Errorf("%s: %+v", f.Kind, f)
		}
	}
}

func help() (*forms.Form, *sketch.Map, *content.Site) {
	doc := contenttest.QingnianNo2()
	return forms.ForRequest(doc.Site.Form("help-request")), sketch.Draw(doc.Site.Grids), &doc.Site
}

func TestPlaces(t *testing.T) {
	f, m, site := help()
	x, y, _ := m.Middle(2)
	middle := url.Values{"lon": {itoa(x)}, "lat": {itoa(y)}}
	with := func(more ...string) url.Values {
		v := url.Values{"lon": middle["lon"], "lat": middle["lat"]}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	third, thirdY, _ := m.Middle(3)
	for name, c := range map[string]struct {
		values   url.Values
		lon, lat int64
		pointing bool
		said     string
	}{
		"none":                      {url.Values{}, 0, 0, false, ""},
		"a grid":                    {url.Values{"grid": {"2"}}, x, y, false, "Grid 2"},
		"no such grid":              {url.Values{"grid": {"9"}}, 0, 0, false, ""},
		"the mark":                  {with("grid", "2"), x, y, false, "Grid 2"},
		"the mark was removed":      {with("grid", ""), 0, 0, false, ""},
		"another grid":              {with("grid", "3"), third, thirdY, false, "Grid 3"},
		"a mark outside":            {url.Values{"lon": {"1089000000"}, "lat": {"342000000"}, "grid": {"outside"}}, 1089000000, 342000000, false, "outside"},
		"off the world":             {url.Values{"lon": {"99999999999"}, "lat": {"1"}, "grid": {"outside"}}, 0, 0, false, ""},
		"the keyboard":              {url.Values{"map-s.x": {"0"}, "map-s.y": {"0"}}, 0, 0, true, "With the keyboard"},
		"half a click":              {url.Values{"map-s.x": {"5"}}, 0, 0, false, ""},
		"a click that is no number": {url.Values{"map-s.x": {"a"}, "map-s.y": {"5"}}, 0, 0, false, ""},
	} {
		e := f.Fill(c.values, m, forms.Partial)
		if e.Pointing != c.pointing || len(e.Problems) > 0 {
			t.Errorf("%s: %+v", name, e)
		}
		switch {
		case e.Place == nil && c.lon != 0, e.Place != nil && (e.Place.Longitude != c.lon || e.Place.Latitude != c.lat):
			t.Errorf("%s: it is at %+v, want %d %d", name, e.Place, c.lon, c.lat)
		}
		v := f.View(frame.For("en"), e, "", site, m, "/map")
		if (c.said == "") != (v.Place.Said == "") || !strings.Contains(v.Place.Said, c.said) {
			t.Errorf("%s: it says %q", name, v.Place.Said)
		}
	}
}

// TestAClickIsTheSamePlaceInBothSizes points at every part of the map in both sizes.
func TestAClickIsTheSamePlaceInBothSizes(t *testing.T) {
	f, m, site := help()
	rapid.Check(t, func(t *rapid.T) {
		x, y := rapid.IntRange(1, 270).Draw(t, "x"), rapid.IntRange(1, 150).Draw(t, "y")
		small := f.Fill(url.Values{"map-s.x": {itoa(int64(x))}, "map-s.y": {itoa(int64(y))}}, m, forms.Complete)
		large := f.Fill(url.Values{"map-l.x": {itoa(int64(2 * x))}, "map-l.y": {itoa(int64(2 * y))}}, m, forms.Complete)
		if small.Place == nil || large.Place == nil || *small.Place != *large.Place || !small.Pointing {
			t.Fatalf("%+v and %+v", small.Place, large.Place)
		}
		// What the page then holds leads to the same place when it is sent.
		v := f.View(frame.For("en"), small, "", site, m, "/map").Place
		chosen := slices.IndexFunc(v.Grids, func(g forms.GridOption) bool { return g.Chosen })
		sent := f.Fill(url.Values{"lon": {v.Longitude}, "lat": {v.Latitude}, "grid": {v.Grids[chosen].Value}}, m, forms.Partial)
		if sent.Place == nil || *sent.Place != *small.Place {
			t.Fatalf("shown at %+v, sent as %+v", small.Place, sent.Place)
		}
	})
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// FuzzFill reads anything: what is taken is plain text the domain accepts, and the
// form can be shown again.
func FuzzFill(f *testing.F) {
	f.Add("name", "Text", "a", "f.name=b&c.name=1")
	f.Add("income", "Decimal", "１.５", "map-s.x=3&map-s.y=4&grid=outside&lon=1&lat=2")
	f.Add("identity-number", "Text", "11010519491231002x", "files=&token=")
	form, m, site := help()
	f.Fuzz(func(t *testing.T, code, kind, value, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		form := *form
		form.Fields = append(slices.Clone(form.Fields), content.Field{Text: content.Text{ZH: "甲"}, Code: code, Type: kind, Consent: len(value)%2 == 0})
		values.Set("f."+code, value)
		e := form.Fill(values, m, forms.Complete)
		for at, text := range e.Fields {
			if text == "" || !utf8.ValidString(text) || utf8.RuneCountInString(text) > 4000 || strings.ContainsRune(text, 0) {
				t.Fatalf("%q was taken as %q", at, text)
			}
		}
		for _, l := range []string{"zh-CN", "en"} {
			if v := form.View(frame.For(l), e, "", site, m, "/map"); len(v.Problems) != len(e.Problems) {
				t.Fatal("a problem is not shown")
			}
		}
	})
}

// TestWhatIsReusedIsAskedAtTheDeskAlone: the portal names what the community has, the
// counter can take it over or type it.
func TestWhatIsReusedIsAskedAtTheDeskAlone(t *testing.T) {
	reused := field("identity-number", "Text")
	reused.Reused = true
	told := content.Field{Text: content.Text{ZH: "户口簿"}, Reused: true}
	forbidden := field("religion", "Text")
	forbidden.Reused = true
	of := item(reused, field("applicant-name", "Text"), told, forbidden)
	codes := func(fields []content.Field) string {
		var out []string
		for _, f := range fields {
			out = append(out, f.Code)
		}
		return strings.Join(out, " ")
	}
	portal, desk := forms.ForItem(of), forms.ForDesk(of)
	if got := codes(portal.Fields); got != "applicant-name" || len(portal.Known) != 3 {
		t.Errorf("the portal asks %q and knows %d", got, len(portal.Known))
	}
	if got := codes(desk.Fields); got != "identity-number applicant-name" || len(desk.Known) != 1 {
		t.Errorf("the desk asks %q and knows %d", got, len(desk.Known))
	}
	if only := item(reused); forms.ForItem(only) != nil || len(forms.ForDesk(only).Fields) != 1 {
		t.Error("an item that only reuses is not for the counter alone")
	}
	if none := forms.ForDesk(item()); len(none.Fields) != 0 || none.Files {
		t.Errorf("an item that asks nothing asks %v", none)
	}
}

// TestOffer: what is known fills what is empty, overwrites nothing, and is checked when
// it is sent, not before.
func TestOffer(t *testing.T) {
	form := forms.ForItem(item(field("applicant-name", "Text"), field("household-size", "Integer"), field("telephone", "Text")))
	typed := url.Values{"f.applicant-name": {" 甲 "}, "f.household-size": {"  "}, "other": {"x"}}
	known := casework.Fields{"applicant-name": "乙", "household-size": "four", "telephone": " ", "birth-date": "2026-03-01"}
	e, taken := form.Offer(typed, known, nil)
	if !slices.Equal(taken, []v1alpha1.DataElementCode{"household-size"}) || len(e.Problems) != 0 {
		t.Errorf("took %v with %v", taken, e.Problems)
	}
	shown := form.View(frame.For("en"), e, "", &content.Site{}, nil, "")
	if got := []string{shown.Fields[0].Value, shown.Fields[1].Value, shown.Fields[2].Value}; !slices.Equal(got, []string{" 甲 ", "four", ""}) {
		t.Errorf("shows %q", got)
	}
	if typed.Get("f.household-size") != "  " {
		t.Error("what was sent is altered")
	}
}

// TestEarlierApplication: a form whose item reuses something asks for the code of an
// earlier application, which may be left out, and tells of a slip in it.
func TestEarlierApplication(t *testing.T) {
	reused := field("employment-status", "Text")
	reused.Reused = true
	asked, plain := forms.ForItem(item(reused, field("applicant-name", "Text"))), forms.ForItem(item(field("applicant-name", "Text")))
	if !asked.Earlier || plain.Earlier || forms.ForDesk(item(reused)).Earlier {
		t.Errorf("asked: %v, where nothing is reused: %v", asked.Earlier, plain.Earlier)
	}
	receipt, err := casework.NewReceipt(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	code := receipt.Code()
	for typed, want := range map[string]string{"": "", "  ": "", code: code, " " + strings.ToLower(code): code, code[:len(code)-1]: "?", "2026-000001": "?"} {
		e := asked.Fill(url.Values{"f.applicant-name": {"甲"}, "earlier": {typed}}, nil, forms.Complete)
		if want == "?" {
			view := asked.View(frame.For("en"), e, "", &content.Site{}, nil, "")
			if len(e.Problems) != 1 || view.Earlier.Error == "" || view.Earlier.Value != typed || view.Problems[0].Target != "earlier" || e.Letter().Earlier != "" {
				t.Errorf("%d problems, %+v", len(e.Problems), view.Earlier)
			}
			continue
		}
		if len(e.Problems) != 0 || e.Letter().Earlier != want {
			t.Errorf("%+v, the code is in the letter: %v", e.Problems, e.Letter().Earlier != "")
		}
	}
	if e := plain.Fill(url.Values{"earlier": {code}}, nil, forms.Complete); len(e.Problems) != 1 || e.Earlier != "" {
		t.Errorf("taken where it is not asked: %+v", e.Problems)
	}
}
