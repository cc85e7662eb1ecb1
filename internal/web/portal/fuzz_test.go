package portal_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// FuzzRequest asks the portal anything: it answers without a server error and
// always with its policy.
func FuzzRequest(f *testing.F) {
	for _, path := range []string{"/", "/en/", "/zh-CN/services/water-bill", "/en/services/../about", "/%00", "//", "/assets/site..css", "/en/services/"} {
		f.Add("GET", path, "zh;q=1", "community.example")
	}
	f.Add("POST", "/zh/\xff", "", "[::1")
	h, _ := handler(f, contenttest.Full(), "ended")
	f.Fuzz(func(t *testing.T, method, path, lang, host string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method, r.Host, r.URL = method, host, &url.URL{Path: path}
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %q: %d", method, path, w.Code)
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Fatalf("%s %q has no policy", method, path)
		}
	})
}

// FuzzContent renders any document Parse accepts: every page stays sound.
func FuzzContent(f *testing.F) {
	for _, doc := range []content.Document{contenttest.QingnianNo2(), bare()} {
		files, err := content.Marshal(doc.Site, doc.Items, doc.Tasks...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(files[0].Data, files[1].Data)
	}
	f.Fuzz(func(t *testing.T, site, items []byte) {
		doc, err := content.Parse([]content.File{{Name: "site.json", Data: site}, {Name: "items-0.json", Data: items}})
		if err != nil {
			return
		}
		tree, err := portal.Build(doc, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(tree.Paths()) == 0 {
			t.Fatal("no pages")
		}
	})
}

// TestDegenerateMaps draws what no surveyor would file.
func TestDegenerateMaps(t *testing.T) {
	for name, outline := range map[string][][2]int64{
		"a point":    {{1, 1}, {1, 1}, {1, 1}, {1, 1}},
		"a line":     {{0, 0}, {10, 10}, {20, 20}, {10, 10}},
		"two points": {{0, 0}, {10, 10}},
		"bow tie":    {{0, 0}, {1000, 1000}, {1000, 0}, {0, 1000}},
		"the world":  {{-1_800_000_000, -900_000_000}, {1_800_000_000, -900_000_000}, {1_800_000_000, 900_000_000}, {-1_800_000_000, 900_000_000}},
		"a hair":     {{0, 0}, {1_000_000_000, 0}, {1_000_000_000, 1}},
	} {
		doc := bare()
		doc.Site.Grids = []content.Grid{{Name: "g", Title: content.Text{ZH: "格"}, Outline: outline}}
		h, _ := handler(t, doc)
		body := page(t, h, "/zh-CN/about")
		p, err := webtest.Parse([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range p.Problems("zh-CN") {
			t.Errorf("%s: %s", name, problem)
		}
		for _, bad := range []string{"NaN", "Inf"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: the map holds %s", name, bad)
			}
		}
	}
}

// TestLargestDocumentStaysLight holds the map and the page within bounds when
// every grid has as many points as a document may hold.
func TestLargestDocumentStaysLight(t *testing.T) {
	doc := bare()
	for i := range 9 {
		var outline [][2]int64
		for p := range 4000 {
			x, y := int64(p), int64(p*p%977)
			if p >= 2000 {
				x, y = int64(4000-p), 3000+int64(p*7919%983)
			}
			outline = append(outline, [2]int64{1_089_000_000 + int64(i)*3000 + x, 342_000_000 + y})
		}
		doc.Site.Grids = append(doc.Site.Grids, content.Grid{Name: string(rune('a' + i)), Title: content.Text{ZH: "格"}, Outline: outline})
	}
	h, _ := handler(t, doc)
	if n := len(page(t, h, "/zh-CN/about")); n > 60<<10 {
		t.Errorf("the page weighs %d bytes", n)
	}
}

// TestManyTasksStayLight renders a ledger that is full.
func TestManyTasksStayLight(t *testing.T) {
	doc := contenttest.Full()
	item, task := doc.Items[len(doc.Items)-1], doc.Tasks[0]
	for i := range 200 {
		one := *item.Task
		one.Name = fmt.Sprintf("department-%d/task-%d", i%20, i)
		next := item
		next.Name, next.Task = content.Slug(one.Name), &one
		doc.Items = append(doc.Items, next)
		task.Name = fmt.Sprintf("department-%d/other-%d", i%20, i)
		doc.Tasks = append(doc.Tasks, task)
	}
	h, _ := handler(t, doc)
	for _, path := range []string{"/en/tasks", "/en/services", "/en/services/department-7.task-7", "/en/tasks/department-7.other-7"} {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if n := w.Body.Len(); w.Code != http.StatusOK || n > 30<<10 {
			t.Errorf("%s: %d, %d bytes", path, w.Code, n)
		}
	}
}
