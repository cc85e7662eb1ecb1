package session_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/web/session"
	"github.com/shequ-io/shequ/internal/web/session/oidctest"
)

var key = []byte("0123456789abcdef0123456789abcdef")

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) forward(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// world is a provider, a desk of three addresses, and a browser.
type world struct {
	t        *testing.T
	clock    *clock
	sessions *session.Sessions
	provider *oidctest.Provider
	issuer   string
	desk     *httptest.Server
	browser  *http.Client

	mu    sync.Mutex
	alter func(map[string]any)
	last  error // of Finish
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}}
	var handler http.Handler
	issuer := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) { handler.ServeHTTP(a, r) }))
	t.Cleanup(issuer.Close)
	w.issuer = issuer.URL
	var err error
	w.provider, err = oidctest.New(oidctest.Config{
		Issuer: issuer.URL, Now: w.clock.now,
		Accounts: []oidctest.Account{{Name: "counter-1", Password: "p", Groups: []string{"staff", "all"}}},
		Clients:  []oidctest.Client{{ID: "desk", Secret: "s"}, {ID: "other"}},
		Alter: func(c map[string]any) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.alter != nil {
				w.alter(c)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = w.provider
	w.sessions = w.replica(key)
	w.desk = httptest.NewServer(w.handler())
	t.Cleanup(w.desk.Close)
	w.browser = w.newBrowser()
	return w
}

func (w *world) replica(key []byte) *session.Sessions {
	w.t.Helper()
	s, err := session.New(session.Config{Key: key, PlainHTTP: true, Now: w.clock.now, Secret: func() (string, error) { return "s", nil }})
	if err != nil {
		w.t.Fatal(err)
	}
	s.Use(session.Provider{Issuer: w.issuer, ClientID: "desk"})
	return s
}

func (w *world) newBrowser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// handler is a desk that can sign in, say who is there, and sign out.
func (w *world) handler() http.Handler {
	var mux http.ServeMux
	mux.HandleFunc("/begin", func(a http.ResponseWriter, r *http.Request) {
		to, err := w.sessions.Begin(a, r, r.URL.Query().Get("to"))
		if err != nil {
			http.Error(a, err.Error(), http.StatusServiceUnavailable)
			return
		}
		http.Redirect(a, r, to, http.StatusSeeOther)
	})
	mux.HandleFunc(session.CallbackPath, func(a http.ResponseWriter, r *http.Request) {
		to, err := w.sessions.Finish(a, r)
		w.mu.Lock()
		w.last = err
		w.mu.Unlock()
		if err != nil {
			http.Error(a, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(a, r, to, http.StatusSeeOther)
	})
	mux.HandleFunc("/end", func(a http.ResponseWriter, r *http.Request) {
		http.Redirect(a, r, w.sessions.End(a, r, w.sessions.Current(a, r)), http.StatusSeeOther)
	})
	mux.HandleFunc("/", func(a http.ResponseWriter, r *http.Request) {
		if s := w.sessions.Current(a, r); s != nil {
			_, _ = io.WriteString(a, s.Work+" "+strings.Join(s.Groups, ",")+" "+w.sessions.Token(s))
		}
	})
	return &mux
}

// visit asks for an address and returns the answer, its body read.
func (w *world) visit(method, address string, form url.Values) (*http.Response, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := w.browser.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer, string(body)
}

// begin goes as far as the provider's sign-in page and returns its address.
func (w *world) begin(to string) *url.URL {
	w.t.Helper()
	answer, _ := w.visit("GET", w.desk.URL+"/begin?to="+url.QueryEscape(to), nil)
	at, err := answer.Location()
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

// answer signs in at the provider's page and returns the address it sends back to.
func (w *world) answer(at *url.URL) *url.URL {
	w.t.Helper()
	answer, body := w.visit("POST", at.String(), url.Values{"name": {"counter-1"}, "password": {"p"}})
	back, err := answer.Location()
	if err != nil {
		w.t.Fatalf("%s: %s", answer.Status, body)
	}
	return back
}

func (w *world) finish(back *url.URL) (*http.Response, error) {
	w.t.Helper()
	answer, _ := w.visit("GET", back.String(), nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	return answer, w.last
}

func (w *world) who() string {
	w.t.Helper()
	_, body := w.visit("GET", w.desk.URL+"/", nil)
	return body
}

func cause(err error) session.Cause {
	if f, ok := errors.AsType[*session.FailedError](err); ok {
		return f.Cause
	}
	return ""
}

func mustParse(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil {
		panic(err)
	}
	return u
}

func change(u *url.URL, name, value string) *url.URL {
	out := *u
	q := out.Query()
	q.Set(name, value)
	out.RawQuery = q.Encode()
	return &out
}
