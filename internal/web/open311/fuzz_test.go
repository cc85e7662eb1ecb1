package open311_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/open311"
)

// both asks for the same in JSON and in XML, and holds that both are well formed,
// say the same, and are no failure of ours.
func both(t testing.TB, fresh func() *world, ask func(w *world, extension string) *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	t.Helper()
	a, b := ask(fresh(), ".json"), ask(fresh(), ".xml")
	if a.Code != b.Code || a.Code >= 500 || a.Code < 200 {
		t.Fatalf("JSON answers %d, XML %d", a.Code, b.Code)
	}
	if got := []string{a.Header().Get("Content-Type"), b.Header().Get("Content-Type")}; !slices.Equal(got, []string{"application/json; charset=utf-8", "text/xml; charset=utf-8"}) {
		t.Fatalf("content types %v", got)
	}
	if a.Body.Len() == 0 && b.Body.Len() == 0 {
		return a // HEAD
	}
	agree(t, parseJSON(t, a.Body.Bytes()), parseXML(t, b.Body.Bytes()))
	return a
}

// agree holds that a JSON value is an XML element by the Spark convention.
func agree(t testing.TB, json any, xml node) {
	t.Helper()
	switch json := json.(type) {
	case nil:
		if xml.Text != "" || len(xml.Kids) > 0 {
			t.Fatalf("null in JSON, and in XML %+v", xml)
		}
	case map[string]any:
		if len(json) != len(xml.Kids) {
			t.Fatalf("%v in JSON, and in XML %+v", json, xml)
		}
		for _, kid := range xml.Kids {
			v, ok := json[kid.Name]
			if !ok {
				t.Fatalf("%s is in XML alone", kid.Name)
			}
			agree(t, v, kid)
		}
	case []any:
		if len(json) != len(xml.Kids) {
			t.Fatalf("%d in JSON, and in XML %d", len(json), len(xml.Kids))
		}
		for i, v := range json {
			agree(t, v, xml.Kids[i])
		}
	default:
		if len(xml.Kids) > 0 || strings.TrimSpace(fmt.Sprint(json)) != xml.Text {
			t.Fatalf("%q in JSON, and in XML %+v", json, xml)
		}
	}
}

// full is a world with something to tell.
func full(t testing.TB) func() *world {
	t.Helper()
	return func() *world {
		w := newWorld(t, nil)
		w.store.public = listed()
		return w
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range [][3]string{
		{"GET", "discovery", ""}, {"GET", "v2/discovery", ""}, {"GET", "v2/services", "jurisdiction_id=qingnian-2"}, {"HEAD", "v2/services/civil-affairs.home-meal", ""},
		{"GET", "v2/services/", "x=%zz"}, {"GET", "v2/requests", "start_date=2026-01-01T00:00:00Z&status=open"}, {"GET", "v2/requests", "service_request_id=5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0001"},
		{"GET", "v2/requests/5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0001", ""}, {"GET", "v2/tokens/5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0001", ""}, {"PUT", "v2/requests", ""},
		{"GET", "v2/requests", "page=500&page_size=200"}, {"GET", "v2/services/<>&\"'\x00\xff", "\xff"}, {"GET", "", ""}, {"OPTIONS", "v2/tokens", ""},
		{"POST", "v2/services", ""}, {"GET", "v2/services/", ""}, {"GET", "v2/requests/", "jurisdiction_id=x"}, {"GET", "v2/tokens", ""}, {"GET", "v2/requests", "service_request_id=,&extensions=true"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, resource, query string) {
		if method == http.MethodPost && resource == "v2/requests" {
			return // FuzzSubmit's
		}
		both(t, full(t), func(w *world, extension string) *httptest.ResponseRecorder {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Method, r.URL.Path, r.URL.RawQuery = method, open311.Prefix+resource+extension, query
			recorder := httptest.NewRecorder()
			w.ServeHTTP(recorder, r)
			return recorder
		})
	})
}

func FuzzSubmit(f *testing.F) {
	f.Add("", help, "", "application/x-www-form-urlencoded")
	f.Add("jurisdiction_id=qingnian-2&api_key=", help+"&phone=1&first_name=a&last_name=b&email=c", "0123456789abcdef", "application/x-www-form-urlencoded; charset=utf-8")
	f.Add("description=x", "service_code=civil-affairs.home-meal&attribute[household-size]=1&attribute[birth-date]=2026-01-01&attribute[lives-alone]=true&attribute[applicant-name]=x", "", "application/x-www-form-urlencoded")
	f.Add("", "attribute[=1&attribute[]=2&attribute[a][b]=3&lat=-0&long=180.00000000000000000001&service_code=help-request&description=%00", "x", "application/x-www-form-urlencoded")
	f.Add("%zz", "%zz", "\xff", "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, query, body, key, contentType string) {
		var worlds []*world
		got := both(t, func() *world { w := newWorld(t, nil); worlds = append(worlds, w); return w }, func(w *world, extension string) *httptest.ResponseRecorder {
			return w.post("/open311/v2/requests"+extension+"?"+query, body, "Content-Type", contentType, "Idempotency-Key", key)
		})
		for _, w := range worlds {
			if kept := len(w.store.submissions); (got.Code == http.StatusOK) != (kept == 1) || kept > 1 {
				t.Fatalf("%d, and %d submissions", got.Code, kept)
			}
			for id, s := range w.store.submissions {
				hold(t, w, id, s)
			}
		}
	})
}

// hold holds what is kept to the item's declaration.
func hold(t testing.TB, w *world, id string, s store.Submission) {
	t.Helper()
	declared := casework.Item{Elements: []v1alpha1.DataElementCode{"request-text", "applicant-name", "telephone"}, Required: []v1alpha1.DataElementCode{"request-text"}}
	if s.Kind == casework.Application {
		declared = casework.Item{
			Elements: []v1alpha1.DataElementCode{"applicant-name", "household-size", "household-income", "birth-date", "lives-alone", "meal-kind"},
			Required: []v1alpha1.DataElementCode{"applicant-name", "household-size"},
		}
	}
	letter := w.letter(t, id)
	if err := declared.Check(letter.Fields, true); err != nil {
		t.Fatal(err)
	}
	if (letter.Place != nil) != (s.Kind == casework.HelpRequest) {
		t.Fatalf("a %s with place %v", s.Kind, letter.Place)
	}
	if p := letter.Place; p != nil && (max(p.Latitude, -p.Latitude) > 900_000_000 || max(p.Longitude, -p.Longitude) > 1_800_000_000) {
		t.Fatalf("nowhere on Earth: %v", p)
	}
}

// TestBothFormatsSayTheSame whatever the content says.
func TestBothFormatsSayTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		words := rapid.String()
		title := func(label string) content.Text { return text(words.Draw(rt, label+" zh"), words.Draw(rt, label+" en")) }
		doc := sample()
		doc.Site.Community.DisplayName, doc.Site.Community.Telephone = title("community"), words.Draw(rt, "telephone")
		doc.Site.Grids[0].Title = title("grid")
		doc.Site.Forms[0].Title = title("form")
		item := &doc.Items[0]
		item.Title, item.Summary = title("item"), title("summary")
		for i := range item.Elements {
			item.Elements[i].Text = title("element")
			item.Elements[i].Required = rapid.Bool().Draw(rt, "required")
		}
		lang := rapid.SampledFrom([]string{"zh-CN", "en", "fr", ""}).Draw(rt, "language")
		for _, resource := range []string{"discovery", "v2/services", "v2/services/civil-affairs.home-meal", "v2/requests", "v2/requests/none", "v2/tokens/" + listed()[0].ID} {
			both(t, func() *world {
				w := full(t)()
				w.Handler.(*open311.Handler).Serve(doc, changed)
				return w
			}, func(w *world, extension string) *httptest.ResponseRecorder {
				return w.get(open311.Prefix+resource+extension, "Accept-Language", lang)
			})
		}
	})
}

// TestADefinitionIsEnoughToAsk: a client that sends what the definition lists,
// as the definition describes it, is never refused.
func TestADefinitionIsEnoughToAsk(t *testing.T) {
	values := map[string]string{"string": "one line", "text": "two\nlines", "number": "3", "datetime": "2026-01-31T00:00:00Z"}
	w := newWorld(t, nil)
	for _, s := range parseJSON(t, w.get("/open311/v2/services.json").Body.Bytes()).([]any) {
		code := s.(map[string]any)["service_code"].(string)
		form := url.Values{"service_code": {code}, "lat": {"34.2653"}, "long": {"108.9541"}}
		if code == "help-request" {
			form.Set("description", "two\r\nlines")
		}
		definition := parseJSON(t, w.get("/open311/v2/services/"+code+".json").Body.Bytes()).(map[string]any)
		for _, a := range definition["attributes"].([]any) {
			attribute := a.(map[string]any)
			if attribute["variable"] == false {
				continue // it tells and asks nothing
			}
			value := values[attribute["datatype"].(string)]
			if list, ok := attribute["values"].([]any); ok {
				value = list[0].(map[string]any)["key"].(string)
			}
			form.Set("attribute["+attribute["code"].(string)+"]", value)
		}
		if got := w.post(requests, form.Encode()); got.Code != http.StatusOK {
			t.Errorf("%s: %d %s", code, got.Code, got.Body)
		}
	}
	if len(w.store.submissions) != 2 {
		t.Errorf("%d submissions", len(w.store.submissions))
	}
}
