package desk_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

func handler(t *testing.T, doc content.Document) *serve.Handler {
	t.Helper()
	doc.Revision = "0123456789abcdef"
	tree, err := desk.Build(&doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := serve.NewHandler(serve.NewMetrics(prometheus.NewRegistry(), desk.Program), slog.New(slog.DiscardHandler))
	h.Serve(tree)
	return h
}

func get(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

func TestDeskShowsItemsAndSaysWhatIsMissing(t *testing.T) {
	noStation := contenttest.QingnianNo2()
	noStation.Site.Station = nil
	for name, doc := range map[string]content.Document{"qingnian-2": contenttest.QingnianNo2(), "full": contenttest.Full(), "no station": noStation} {
		t.Run(name, func(t *testing.T) {
			h := handler(t, doc)
			for path, lang := range map[string]string{"/": "zh-CN", "/zh-CN/": "zh-CN", "/en/": "en"} {
				w := get(h, path)
				body := w.Body.String()
				if w.Code != http.StatusOK || w.Header().Get("Content-Security-Policy") != serve.ContentSecurityPolicy {
					t.Fatalf("%s: %d %v", path, w.Code, w.Header())
				}
				page, err := webtest.Parse([]byte(body))
				if err != nil {
					t.Fatal(err)
				}
				for _, problem := range page.Problems(lang) {
					t.Errorf("%s: %s", path, problem)
				}
				unbuilt := map[string]string{"zh-CN": "还没有接上数据库", "en": "This community has no database yet"}[lang]
				for _, want := range []string{unbuilt, doc.Items[0].Title.ZH} {
					if lang == "en" && want != unbuilt {
						want = doc.Items[0].Title.EN
					}
					if !strings.Contains(body, want) {
						t.Errorf("%s doesn't say %q", path, want)
					}
				}
				if !strings.Contains(body, `<meta name="robots" content="noindex">`) {
					t.Errorf("%s may be indexed", path)
				}
				for _, link := range page.Links() {
					if strings.HasPrefix(link, "/") && get(h, link).Code != http.StatusOK {
						t.Errorf("%s links to %s: %d", path, link, get(h, link).Code)
					}
				}
			}
		})
	}
	if w := get(handler(t, contenttest.QingnianNo2()), "/robots.txt"); !strings.Contains(w.Body.String(), "Disallow: /") {
		t.Error("robots.txt lets search engines in")
	}
	if w := get(handler(t, contenttest.QingnianNo2()), "/zh-CN/nothing"); w.Code != http.StatusNotFound {
		t.Errorf("an unknown page: %d", w.Code)
	}
}

func TestDeskInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	server := httptest.NewServer(handler(t, contenttest.Full()))
	t.Cleanup(server.Close)
	for name, width := range map[string]int64{"desk-320": 320, "desk-390": 390, "desk-1280": 1280} {
		for _, lang := range []string{"zh-CN", "en"} {
			browser.Open(t, server.URL+"/"+lang+"/", width, 900, lang == "en")
			if got := webtest.Ask[int64](t, browser, `document.documentElement.scrollWidth`); got > width {
				t.Errorf("%s scrolls sideways at %d px: %d", lang, width, got)
			}
			for _, problem := range browser.Problems() {
				t.Error(problem)
			}
			browser.Shoot(t, name+"-"+lang)
		}
	}
}
