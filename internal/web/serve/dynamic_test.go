package serve

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func say(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, text+" "+r.PathValue("lang")+" "+r.PathValue("item"))
	}
}

// dynamicHandler has routes beside sampleTree.
func dynamicHandler(log io.Writer) (*Handler, *prometheus.Registry) {
	h, registry := sampleHandler()
	h.log = slog.New(slog.NewTextHandler(log, nil))
	tree := sampleTree()
	for _, lang := range tree.languages {
		for _, status := range []int{403, 413, 500} {
			tree.AddError(status, lang, []byte("error "+lang))
		}
	}
	h.Serve(tree)
	d := &Dynamic{}
	d.Add(Route{Pattern: "/{lang}/follow", Get: say("ask"), Post: say("told")})
	d.Add(Route{Pattern: "/{lang}/services/{item}/apply", Get: say("form"), Post: func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			Fail(w, r, http.StatusRequestEntityTooLarge)
			return
		}
		say("taken")(w, r)
	}, MaxBody: 10})
	d.Add(Route{Pattern: "/{lang}/panic", Get: func(http.ResponseWriter, *http.Request) { panic("a resident's words") }})
	d.Add(Route{Pattern: "/{lang}/late", Get: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = []int{1}[len(r.Method)]
	}})
	d.Add(Route{Pattern: "/open/", Any: say("any"), Foreign: true})
	h.Dynamic = d
	return h, registry
}

func TestDynamicRouting(t *testing.T) {
	h, _ := dynamicHandler(io.Discard)
	for _, c := range []struct {
		method, path string
		status       int
		location     string
		begins       string
	}{
		{"GET", "/en/follow", 200, "", "ask en"},
		{"HEAD", "/en/follow", 200, "", "ask en"}, // the server drops the body
		{"POST", "/zh-CN/follow", 200, "", "told zh-CN"},
		{"PUT", "/en/follow", 405, "", "error en"},
		{"POST", "/en/panic", 405, "", "error en"},
		{"GET", "/en/services/a/apply", 200, "", "form en a"},
		{"GET", "/en/services/a", 200, "", "item en"},
		{"GET", "/en/follow/", 308, "/en/follow", ""},
		{"GET", "/EN/follow", 308, "/en/follow", ""},
		{"GET", "/follow", 302, "/zh-CN/follow", ""},
		{"GET", "/de/follow", 404, "", "error zh-CN"},
		{"GET", "/en//follow", 404, "", "error en"},
		{"GET", "/en/x/../follow", 404, "", "error en"},
		{"CONNECT", "/en/follow", 404, "", "error en"},
		{"GET", "/services/a\r\nb/apply", 302, "/zh-CN/services/a%0D%0Ab/apply", ""},
		{"PATCH", "/open/x", 200, "", "any"},
		{"GET", "/open", 404, "", "error"},
		{"GET", "/en/panic", 500, "", "error en"},
	} {
		r := ask(h, c.method, c.path, nil)
		got := body(t, r)
		if r.StatusCode != c.status || r.Header.Get("Location") != c.location || !strings.HasPrefix(got, c.begins) {
			t.Errorf("%s %q: %d %q %.20q, want %d %q %q", c.method, c.path, r.StatusCode, r.Header.Get("Location"), got, c.status, c.location, c.begins)
		}
		if r.Header.Get("Content-Security-Policy") == "" || r.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s %q: no security headers", c.method, c.path)
		}
		if c.status == 405 && !strings.HasPrefix(r.Header.Get("Allow"), "GET, HEAD") {
			t.Errorf("%s %q allows %q", c.method, c.path, r.Header.Get("Allow"))
		}
	}
}

func TestDynamicHeaders(t *testing.T) {
	h, _ := dynamicHandler(io.Discard)
	r := ask(h, "GET", "/en/follow", nil)
	for name, want := range map[string]string{
		"Content-Security-Policy": FormPolicy, "Cache-Control": CacheNever, "Referrer-Policy": "same-origin", "Content-Language": "en",
	} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// An error page has no form.
	if got := ask(h, "PUT", "/en/follow", nil).Header.Get("Content-Security-Policy"); got != ContentSecurityPolicy {
		t.Errorf("an error page has the policy %q", got)
	}
	h.Dynamic.Policy = "default-src 'self'"
	if got := ask(h, "GET", "/en/follow", nil).Header.Get("Content-Security-Policy"); got != h.Dynamic.Policy {
		t.Errorf("policy %q", got)
	}
	if securityHeaders["Referrer-Policy"][0] != "no-referrer" {
		t.Error("a route changed the headers of all pages")
	}
}

func TestDynamicRefusesForeignOrigins(t *testing.T) {
	h, _ := dynamicHandler(io.Discard)
	for _, c := range []struct {
		header map[string]string
		path   string
		status int
	}{
		{map[string]string{"Sec-Fetch-Site": "cross-site"}, "/en/follow", 403},
		{map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "null"}, "/en/follow", 200},
		{map[string]string{"Origin": "https://elsewhere.example"}, "/en/follow", 403},
		{map[string]string{"Origin": "https://example.com"}, "/en/follow", 200},
		{nil, "/en/follow", 200},
		{map[string]string{"Sec-Fetch-Site": "cross-site"}, "/open/x", 200},
	} {
		if r := ask(h, "POST", c.path, c.header); r.StatusCode != c.status {
			t.Errorf("%s with %v: %d, want %d", c.path, c.header, r.StatusCode, c.status)
		}
	}
}

func TestDynamicLimitsBodies(t *testing.T) {
	h, _ := dynamicHandler(io.Discard)
	for text, want := range map[string]int{strings.Repeat("a", 10): 200, strings.Repeat("a", 11): 413} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/en/services/a/apply", strings.NewReader(text)))
		if w.Code != want {
			t.Errorf("%d bytes: %d, want %d", len(text), w.Code, want)
		}
	}
}

func TestDynamicPanics(t *testing.T) {
	var log bytes.Buffer
	h, registry := dynamicHandler(&log)
	if r := ask(h, "GET", "/en/panic", nil); r.StatusCode != 500 || r.Header.Get("Cache-Control") != CacheNever {
		t.Errorf("%d %v", r.StatusCode, r.Header)
	}
	server := httptest.NewServer(h)
	r, err := http.Get(server.URL + "/en/late")
	if err == nil {
		_, err = io.ReadAll(r.Body)
		_ = r.Body.Close()
	}
	server.Close() // what it logs and counts is there once it has ended
	if err == nil {
		t.Error("half an answer passes for a whole one")
	}
	if text := log.String(); strings.Contains(text, "resident") || !strings.Contains(text, "panic of type string") || !strings.Contains(text, "index out of range") {
		t.Errorf("logged %s", text)
	}
	n, err := testutil.GatherAndCount(registry, "shequ_portal_requests_total")
	if err != nil || n != 2 {
		t.Errorf("%d series (%v), want those of two routes", n, err)
	}
}

// TestSlowBodies sends a body for longer than the server allows: a route that says
// so takes it, and answers.
func TestSlowBodies(t *testing.T) {
	h, _ := dynamicHandler(io.Discard)
	read := func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintln(w, len(data), err == nil)
	}
	h.Dynamic.Add(Route{Pattern: "/{lang}/patient", Post: read, ReadTimeout: time.Minute})
	server := httptest.NewUnstartedServer(h)
	server.Config.ReadTimeout, server.Config.WriteTimeout = 200*time.Millisecond, 200*time.Millisecond
	server.Start()
	defer server.Close()
	body, slow := io.Pipe()
	go func() {
		for range 4 {
			time.Sleep(100 * time.Millisecond)
			_, _ = slow.Write([]byte("x"))
		}
		_ = slow.Close()
	}()
	r, err := http.Post(server.URL+"/en/patient", "text/plain", body)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if got, err := io.ReadAll(r.Body); err != nil || string(got) != "4 true\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFailWithoutSite(t *testing.T) {
	w := httptest.NewRecorder()
	Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), http.StatusForbidden)
	if w.Code != http.StatusForbidden {
		t.Error(w.Code)
	}
}

// FuzzDynamic asks for any path and method: the answer is never a server error,
// and a redirect stays on this site.
func FuzzDynamic(f *testing.F) {
	for _, path := range []string{"/en/follow", "/follow/", "/en/services/%2f/apply", "//x/follow", "/open/../en/follow", "/*"} {
		f.Add("POST", path, "")
	}
	h, _ := dynamicHandler(io.Discard)
	f.Fuzz(func(t *testing.T, method, path, raw string) {
		if strings.HasSuffix(strings.TrimRight(path, "/"), "/panic") || strings.HasSuffix(strings.TrimRight(path, "/"), "/late") {
			return
		}
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader("body"))
		r.Method, r.URL = method, &url.URL{Path: path, RawPath: raw}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Fatalf("%s %q: %d", method, path, w.Code)
		}
		if to := w.Header().Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\r\n\\")) {
			t.Fatalf("%s %q redirects to %q", method, path, to)
		}
	})
}

// TestRoutesAtOnce holds as many requests as are let in and looks what happens to the
// next one: whichever route it is for.
func TestRoutesAtOnce(t *testing.T) {
	h, _ := sampleHandler()
	h.Serve(sampleTree())
	entered, end := make(chan struct{}), make(chan struct{})
	d := &Dynamic{}
	d.Add(Route{Pattern: "/{lang}/slow", Post: func(http.ResponseWriter, *http.Request) { entered <- struct{}{}; <-end }})
	d.Add(Route{Pattern: "/open/", Any: say("any"), Foreign: true})
	h.Dynamic = d
	ask := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	var wait sync.WaitGroup
	for range MaxInFlight {
		wait.Go(func() { ask(http.MethodPost, "/en/slow") })
		<-entered
	}
	if w := ask(http.MethodGet, "/open/x"); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("one too many: %d", w.Code)
	}
	if w := ask(http.MethodGet, "/en/"); w.Code != http.StatusOK {
		t.Errorf("a page that stands prepared: %d", w.Code)
	}
	close(end)
	wait.Wait()
	if w := ask(http.MethodGet, "/open/x"); w.Code != http.StatusOK {
		t.Errorf("when they are answered: %d", w.Code)
	}
}
