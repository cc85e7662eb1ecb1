package serve

import (
	"bytes"
	"compress/gzip"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

var quiet = slog.New(slog.DiscardHandler)

// sampleTree has two languages, a home, a page, an item, an asset and errors.
func sampleTree() *Tree {
	t := NewTree([]string{"zh-CN", "en"})
	for _, lang := range []string{"zh-CN", "en"} {
		t.AddPage(lang, "/", "/", []byte("home "+lang+strings.Repeat(" text", 100)))
		t.AddPage(lang, "/about", "/about", []byte("about "+lang+strings.Repeat(" text", 100)))
		t.AddPage(lang, "/services/a", "/services/{item}", []byte("item "+lang))
		for _, status := range []int{404, 405, 410} {
			t.AddError(status, lang, []byte("error "+lang))
		}
	}
	t.AddAsset("site.css", "text/css", []byte("body{}"))
	t.AddFile("/robots.txt", "text/plain", CacheContent, []byte("User-agent: *\n"))
	t.AddGone("/services/old")
	return t
}

func sampleHandler() (*Handler, *prometheus.Registry) {
	registry := prometheus.NewRegistry()
	h := NewHandler(NewMetrics(registry, "portal"), quiet)
	h.Serve(sampleTree())
	return h, registry
}

func ask(h http.Handler, method, path string, header map[string]string) *http.Response {
	r := httptest.NewRequest(method, "/", nil)
	r.URL = &url.URL{Path: path}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestRouting(t *testing.T) {
	h, _ := sampleHandler()
	css := AssetPath("site.css", []byte("body{}"))
	for _, c := range []struct {
		path, accept string
		status       int
		location     string
		begins       string
	}{
		{"/", "", 200, "", "home zh-CN"},
		{"/", "en-GB,en;q=0.9", 200, "", "home en"},
		{"/", "fr", 200, "", "home zh-CN"},
		{"/zh-CN/", "en", 200, "", "home zh-CN"},
		{"/en/about", "zh", 200, "", "about en"},
		{"/en", "", 308, "/en/", ""},
		{"/EN/about/", "", 308, "/en/about", ""},
		{"/zh/about", "", 308, "/zh-CN/about", ""},
		{"/zh-cn/services/a/", "", 308, "/zh-CN/services/a", ""},
		{"/about", "en", 302, "/en/about", ""},
		{"/services/a", "", 302, "/zh-CN/services/a", ""},
		{"/en/services/b", "", 404, "", "error en"},
		{"/nothing", "en", 404, "", "error en"},
		{"/en/services/old", "", 410, "", "error en"},
		{"/services/old/", "", 410, "", "error zh-CN"},
		{"//example.com/", "", 404, "", "error zh-CN"},
		{"//example.com/about", "", 404, "", "error"},
		{"/../../etc/passwd", "", 404, "", "error"},
		{"*", "", 404, "", "error"},
		{"", "", 302, "/zh-CN/", ""},
		{css, "", 200, "", "body{}"},
		{"/assets/site.0000000000.css", "", 200, "", "body{}"},
		{"/assets/other.0000000000.css", "", 404, "", "error"},
		{"/assets/a/site.0000000000.css", "", 404, "", "error"},
		{"/assets/", "", 404, "", "error"},
		{"/robots.txt", "", 200, "", "User-agent"},
		{"/healthz", "", 404, "", "error"},
		{"/metrics", "", 404, "", "error"},
	} {
		r := ask(h, "GET", c.path, map[string]string{"Accept-Language": c.accept})
		got := body(t, r)
		if r.StatusCode != c.status || r.Header.Get("Location") != c.location || !strings.HasPrefix(got, c.begins) {
			t.Errorf("%s (%s): %d %q %.20q, want %d %q %q", c.path, c.accept, r.StatusCode, r.Header.Get("Location"), got, c.status, c.location, c.begins)
		}
		for name, want := range securityHeaders {
			if r.Header.Get(name) != want[0] {
				t.Errorf("%s: %s is %q", c.path, name, r.Header.Get(name))
			}
		}
	}
}

func TestPolicyHasNoLoophole(t *testing.T) {
	for _, bad := range []string{"unsafe", "*", "http:", "https:", "data:", "script-src"} {
		if strings.Contains(ContentSecurityPolicy, bad) {
			t.Errorf("the policy holds %q", bad)
		}
	}
}

func TestMethods(t *testing.T) {
	h, _ := sampleHandler()
	head := ask(h, "HEAD", "/en/about", nil)
	if head.StatusCode != 200 || body(t, head) != "" || head.Header.Get("Content-Length") == "0" || head.Header.Get("Etag") == "" {
		t.Errorf("HEAD: %d %v", head.StatusCode, head.Header)
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "WILD"} {
		r := ask(h, method, "/en/about", nil)
		if r.StatusCode != 405 || r.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: %d %q", method, r.StatusCode, r.Header.Get("Allow"))
		}
	}
	if r := ask(h, "POST", "/nothing", nil); r.StatusCode != 404 {
		t.Errorf("POST to nowhere: %d", r.StatusCode)
	}
}

func TestCompressionAndValidators(t *testing.T) {
	h, _ := sampleHandler()
	plain := ask(h, "GET", "/en/about", nil)
	want := body(t, plain)
	zipped := ask(h, "GET", "/en/about", map[string]string{"Accept-Encoding": "br;q=1.0, gzip;q=0.8"})
	if zipped.Header.Get("Content-Encoding") != "gzip" || plain.Header.Get("Content-Encoding") != "" {
		t.Fatalf("encodings %q and %q", zipped.Header.Get("Content-Encoding"), plain.Header.Get("Content-Encoding"))
	}
	reader, err := gzip.NewReader(strings.NewReader(body(t, zipped)))
	if err != nil {
		t.Fatal(err)
	}
	unzipped, err := io.ReadAll(reader)
	if err != nil || string(unzipped) != want {
		t.Errorf("unzipped %.40q, %v", unzipped, err)
	}
	if plain.Header.Get("Etag") == zipped.Header.Get("Etag") {
		t.Error("two encodings share a tag")
	}
	for _, r := range []*http.Response{plain, zipped} {
		if !strings.Contains(r.Header.Get("Vary"), "Accept-Encoding") {
			t.Errorf("Vary %q", r.Header.Get("Vary"))
		}
	}
	for _, match := range []string{plain.Header.Get("Etag"), "W/" + plain.Header.Get("Etag"), `"x", ` + plain.Header.Get("Etag"), "*"} {
		r := ask(h, "GET", "/en/about", map[string]string{"If-None-Match": match})
		if r.StatusCode != 304 || body(t, r) != "" || r.Header.Get("Etag") == "" || r.Header.Get("Content-Length") != "" {
			t.Errorf("If-None-Match %s: %d %v", match, r.StatusCode, r.Header)
		}
	}
	if r := ask(h, "GET", "/en/about", map[string]string{"If-None-Match": zipped.Header.Get("Etag")}); r.StatusCode != 200 {
		t.Errorf("the other encoding's tag matches: %d", r.StatusCode)
	}
	// A small page isn't compressed; a changed header never leaks into the next answer.
	if r := ask(h, "GET", "/en/services/a", map[string]string{"Accept-Encoding": "gzip"}); r.Header.Get("Content-Encoding") != "" {
		t.Error("compressed to no gain")
	}
}

func TestLargeSitesAreHeldCompressed(t *testing.T) {
	tree := NewTree([]string{"en"})
	text := strings.Repeat("long text ", 10<<10)
	for i := range 50 {
		tree.AddPage("en", "/"+string(rune('a'+i%26))+string(rune('a'+i/26)), "/x", []byte(text))
	}
	tree.AddPage("en", "/", "/", []byte(text))
	h := NewHandler(NewMetrics(prometheus.NewRegistry(), "portal"), quiet)
	h.Serve(tree)
	for _, path := range []string{"/", "/en/", "/en/aa"} {
		if h.tree.Load().pages["/en/aa"].plain.body != nil {
			t.Fatal("the plain body is kept")
		}
		r := ask(h, "GET", path, nil)
		if got := body(t, r); got != text || r.Header.Get("Content-Encoding") != "" || r.ContentLength != int64(len(text)) {
			t.Errorf("%s: %d bytes, %v", path, len(got), r.Header)
		}
		if got := body(t, ask(h, "HEAD", path, nil)); got != "" {
			t.Errorf("HEAD %s has a body", path)
		}
	}
}

func TestCaching(t *testing.T) {
	h, _ := sampleHandler()
	for path, want := range map[string]string{
		"/en/about": CacheContent, "/nothing": CacheNever, AssetPath("site.css", []byte("body{}")): CacheForever,
		"/assets/site.0000000000.css": CacheCheck, "/": CacheContent,
	} {
		if got := ask(h, "GET", path, nil).Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	root := ask(h, "GET", "/", nil)
	if root.Header.Get("Content-Location") != "/zh-CN/" || !strings.Contains(root.Header.Get("Vary"), "Accept-Language") || root.Header.Get("Content-Language") != "zh-CN" {
		t.Errorf("/: %v", root.Header)
	}
	if got := ask(h, "GET", "/zh-CN/", nil).Header.Get("Vary"); strings.Contains(got, "Language") {
		t.Errorf("/zh-CN/ varies by %q", got)
	}
}

func TestBeforeThereIsContent(t *testing.T) {
	h := NewHandler(NewMetrics(prometheus.NewRegistry(), "portal"), quiet)
	r := ask(h, "GET", "/en/", nil)
	got := body(t, r)
	if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(got, "正在准备") || !strings.Contains(got, "getting its content ready") {
		t.Errorf("%d %v %s", r.StatusCode, r.Header, got)
	}
}

func TestPanicIsOneFailedRequest(t *testing.T) {
	registry := prometheus.NewRegistry()
	var logged bytes.Buffer
	h := NewHandler(NewMetrics(registry, "portal"), slog.New(slog.NewTextHandler(&logged, nil)))
	h.Serve(&Tree{languages: []string{"en"}, pages: map[string]*Page{}}) // no error pages: a bug
	if r := ask(h, "GET", "/a-secret-name", nil); r.StatusCode != 500 {
		t.Errorf("%d", r.StatusCode)
	}
	if strings.Contains(logged.String(), "secret") || !strings.Contains(logged.String(), "request failed") {
		t.Errorf("logged %s", &logged)
	}
}

func TestMetricsAreBoundedAndClean(t *testing.T) {
	h, registry := sampleHandler()
	for _, path := range []string{"/", "/en/", "/en/about", "/en/services/a", "/x1", "/x2", "/x3", "/en", "/about"} {
		ask(h, "GET", path, nil)
	}
	if n, err := testutil.GatherAndCount(registry, "shequ_portal_requests_total"); err != nil || n != 7 {
		t.Errorf("%d series, want 7: /, home, about, item and other with 404, 308, 302 (%v)", n, err)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, m := range families[1].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "route" && !slices.Contains(routes, l.GetValue()) {
				routes = append(routes, l.GetValue())
			}
		}
	}
	for _, route := range routes {
		if strings.Contains(route, "x1") || strings.Contains(route, "/en") {
			t.Errorf("route %q is not a pattern", route)
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("GET", "/en/about", "en", "gzip", "*")
	f.Add("HEAD", "/zh/../%2e", "zh-CN;q=0.x", "*;q=0", `W/"`)
	f.Add("BREW", "//", ";;,,", "gzip;q=", `"",,`)
	h, _ := sampleHandler()
	f.Fuzz(func(t *testing.T, method, path, lang, encoding, match string) {
		r := ask(h, "GET", path, map[string]string{"Accept-Language": lang, "Accept-Encoding": encoding, "If-None-Match": match})
		if method == "HEAD" {
			r = ask(h, "HEAD", path, map[string]string{"Accept-Language": lang})
		}
		if r.StatusCode >= 500 {
			t.Fatalf("%q: %d", path, r.StatusCode)
		}
		location := r.Header.Get("Location")
		if location != "" && !slices.Contains(sampleTree().Paths(), location) {
			t.Fatalf("%q redirects to %q", path, location)
		}
	})
}
