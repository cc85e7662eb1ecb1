package session_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/web/session"
)

func TestMain(m *testing.M) {
	// What the default transport keeps open for a moment is no leak.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("net/http.(*persistConn).readLoop"), goleak.IgnoreTopFunction("net/http.(*persistConn).writeLoop"))
}

func TestSignInAndOut(t *testing.T) {
	w := newWorld(t)
	if got := w.who(); got != "" {
		t.Fatalf("a stranger is %q", got)
	}
	at := w.begin("/zh-CN/queue?view=station")
	q := at.Query()
	if q.Get("code_challenge_method") != "S256" || len(q.Get("nonce")) < 20 || len(q.Get("state")) < 20 || q.Get("scope") != "openid profile groups" {
		t.Errorf("asked with %v", q)
	}
	_, page := w.visit("GET", at.String(), nil)
	if !strings.Contains(page, "演示登录") {
		t.Errorf("the sign-in page: %s", page)
	}
	answer, err := w.finish(w.answer(at))
	if err != nil || answer.Header.Get("Location") != "/zh-CN/queue?view=station" {
		t.Fatalf("%v, to %q", err, answer.Header.Get("Location"))
	}
	first := w.who()
	if !strings.HasPrefix(first, "counter-1 staff,all ") {
		t.Errorf("signed in as %q", first)
	}
	// Signing in again is another session, whatever cookie was there.
	if _, err := w.finish(w.answer(w.begin("/"))); err != nil || w.who() == first {
		t.Errorf("the session was not changed at sign-in: %v", err)
	}
	before := w.browser.Jar
	kept := slices.Clone(before.Cookies(mustParse(w.desk.URL)))
	out, _ := w.visit("POST", w.desk.URL+"/end", nil)
	end := mustParse(out.Header.Get("Location"))
	if end.Host != mustParse(w.issuer).Host || end.Query().Get("post_logout_redirect_uri") != w.desk.URL+"/" {
		t.Errorf("signed out to %s", end)
	}
	if targets := w.sessions.FormTargets(); !slices.Equal(targets, []string{w.issuer}) {
		t.Errorf("forms may lead to %v", targets)
	}
	if ended, _ := w.visit("GET", end.String(), nil); ended.Header.Get("Location") != w.desk.URL+"/" {
		t.Errorf("the provider sends to %q", ended.Header.Get("Location"))
	}
	if got := w.who(); got != "" {
		t.Errorf("after signing out still %q", got)
	}
	before.SetCookies(mustParse(w.desk.URL), kept)
	if got := w.who(); got != "" {
		t.Errorf("a cookie that was copied before signing out still is %q", got)
	}
}

func TestTamperedSignInsFail(t *testing.T) {
	for name, c := range map[string]struct {
		alter  func(map[string]any)
		asked  func(*url.URL) *url.URL
		back   func(*world, *url.URL) *url.URL
		before func(*world)
		want   session.Cause
	}{
		"state":           {back: func(_ *world, u *url.URL) *url.URL { return change(u, "state", "x") }, want: session.Stale},
		"no state":        {back: func(_ *world, u *url.URL) *url.URL { return change(u, "state", "") }, want: session.Stale},
		"another browser": {back: func(w *world, u *url.URL) *url.URL { w.browser = w.newBrowser(); return u }, want: session.Stale},
		"too late":        {before: func(w *world) { w.clock.forward(11 * time.Minute) }, want: session.Stale},
		"nonce asked":     {asked: func(u *url.URL) *url.URL { return change(u, "nonce", "x") }, want: session.Untrusted},
		"nonce answered":  {alter: func(c map[string]any) { c["nonce"] = "x" }, want: session.Untrusted},
		"no nonce":        {alter: func(c map[string]any) { delete(c, "nonce") }, want: session.Untrusted},
		"challenge":       {asked: func(u *url.URL) *url.URL { return change(u, "code_challenge", strings.Repeat("A", 43)) }, want: session.Refused},
		"code":            {back: func(_ *world, u *url.URL) *url.URL { return change(u, "code", "x") }, want: session.Refused},
		"no code":         {back: func(_ *world, u *url.URL) *url.URL { return change(u, "code", "") }, want: session.Refused},
		"another's code": {back: func(w *world, u *url.URL) *url.URL {
			return change(u, "code", w.provider.Code("counter-1", url.Values{"client_id": {"other"}, "redirect_uri": {w.desk.URL + session.CallbackPath}}))
		}, want: session.Refused},
		"cancelled":        {back: func(_ *world, u *url.URL) *url.URL { return change(u, "error", "access_denied") }, want: session.Refused},
		"issuer answered":  {back: func(_ *world, u *url.URL) *url.URL { return change(u, "iss", "https://elsewhere.example") }, want: session.Untrusted},
		"issuer":           {alter: func(c map[string]any) { c["iss"] = "https://elsewhere.example" }, want: session.Untrusted},
		"audience":         {alter: func(c map[string]any) { c["aud"] = "other" }, want: session.Untrusted},
		"two audiences":    {alter: func(c map[string]any) { c["aud"] = []string{"desk", "other"} }, want: session.Untrusted},
		"another party":    {alter: func(c map[string]any) { c["azp"] = "other" }, want: session.Untrusted},
		"expired":          {alter: func(c map[string]any) { c["exp"] = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Unix() }, want: session.Untrusted},
		"name of no shape": {alter: func(c map[string]any) { c["preferred_username"] = 7 }, want: session.Nameless},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.alter = c.alter
			at := w.begin("/")
			if c.asked != nil {
				at = c.asked(at)
			}
			back := w.answer(at)
			if c.back != nil {
				back = c.back(w, back)
			}
			if c.before != nil {
				c.before(w)
			}
			if _, err := w.finish(back); cause(err) != c.want {
				t.Errorf("%v, want %s", err, c.want)
			}
			if got := w.who(); got != "" {
				t.Errorf("signed in as %q", got)
			}
		})
	}
}

func TestAnswersAreTakenOnce(t *testing.T) {
	w := newWorld(t)
	back := w.answer(w.begin("/"))
	cookies := w.browser.Jar.Cookies(mustParse(w.desk.URL))
	if _, err := w.finish(back); err != nil {
		t.Fatal(err)
	}
	if _, err := w.finish(back); cause(err) != session.Stale {
		t.Errorf("a second answer: %v", err)
	}
	// Even with the cookie of then, the provider gives nothing for the code again.
	w.browser.Jar.SetCookies(mustParse(w.desk.URL), cookies)
	if _, err := w.finish(back); cause(err) != session.Refused {
		t.Errorf("a replay with its cookie: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	signIn := func() {
		t.Helper()
		if _, err := w.finish(w.answer(w.begin("/"))); err != nil || w.who() == "" {
			t.Fatal(err)
		}
	}
	signIn()
	w.clock.forward(session.Idle - time.Second)
	if w.who() == "" {
		t.Error("ended before it was idle for long")
	}
	w.clock.forward(session.Idle - time.Second)
	if w.who() == "" {
		t.Error("the last request was not noted")
	}
	w.clock.forward(session.Idle)
	if w.who() != "" {
		t.Error("idle sessions go on")
	}
	signIn()
	for range session.Absolute / (5 * time.Minute) {
		w.clock.forward(5*time.Minute - time.Second)
		w.who()
	}
	if w.who() == "" {
		t.Error("ended before its time")
	}
	w.clock.forward(2 * time.Minute)
	if w.who() != "" {
		t.Error("a session lasts longer than its time")
	}
	signIn()
	w.sessions.Use(session.Provider{Issuer: w.issuer, ClientID: "other"})
	if w.who() != "" {
		t.Error("a session outlives its provider")
	}
}

func TestCookiesOfOthersAreNone(t *testing.T) {
	w := newWorld(t)
	if _, err := w.finish(w.answer(w.begin("/"))); err != nil {
		t.Fatal(err)
	}
	jar := w.browser.Jar.Cookies(mustParse(w.desk.URL))
	at := slices.IndexFunc(jar, func(c *http.Cookie) bool { return c.Name == "shequ-desk" })
	value := jar[at].Value
	if strings.Contains(value, "counter") {
		t.Error("the cookie can be read")
	}
	ask := func(s *session.Sessions, value string) *session.Session {
		r := httptest.NewRequest("GET", w.desk.URL+"/", nil)
		r.AddCookie(&http.Cookie{Name: "shequ-desk", Value: value})
		return s.Current(httptest.NewRecorder(), r)
	}
	if ask(w.sessions, value) == nil {
		t.Fatal("the cookie as it is does not hold")
	}
	if ask(w.replica(key), value) == nil {
		t.Error("another replica does not know the session")
	}
	if ask(w.replica([]byte(strings.Repeat("x", 32))), value) != nil {
		t.Error("a session holds under another key")
	}
	for i := 0; i < len(value); i += 7 {
		bent := []byte(value)
		bent[i] ^= 1
		if ask(w.sessions, string(bent)) != nil {
			t.Errorf("a cookie with another character %d holds", i)
		}
	}
	// A sign-in's cookie is no session.
	w.begin("/")
	for _, c := range w.browser.Jar.Cookies(mustParse(w.desk.URL)) {
		if c.Name == "shequ-sign-in" && ask(w.sessions, c.Value) != nil {
			t.Error("a sign-in under way is a session")
		}
	}
}

func TestSecureCookies(t *testing.T) {
	w := newWorld(t)
	begin := func(s *session.Sessions, header, target string) (*http.Cookie, error) {
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("X-Forwarded-Proto", header)
		a := httptest.NewRecorder()
		_, err := s.Begin(a, r, "/")
		for _, c := range a.Result().Cookies() {
			return c, err
		}
		return nil, err
	}
	c, err := begin(w.sessions, "https", "http://desk.example/")
	if err != nil || c.Name != "__Host-shequ-sign-in" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("%+v, %v", c, err)
	}
	strict, err := session.New(session.Config{Key: key})
	if err != nil {
		t.Fatal(err)
	}
	strict.Use(session.Provider{Issuer: w.issuer, ClientID: "desk"})
	if _, err := begin(strict, "", "http://desk.example/"); cause(err) != session.Insecure {
		t.Errorf("plain http: %v", err)
	}
	if _, err := begin(strict, "https", "http://desk.example/"); cause(err) != session.Unreachable {
		t.Errorf("a provider on plain http: %v", err)
	}
	w.sessions.Use(session.Provider{Issuer: w.issuer, ClientID: "desk", External: "https://desk.example/"})
	r := httptest.NewRequest("GET", "http://10.0.0.1:8080/", nil)
	a := httptest.NewRecorder()
	to, err := w.sessions.Begin(a, r, "/")
	if err != nil || mustParse(to).Query().Get("redirect_uri") != "https://desk.example"+session.CallbackPath || !a.Result().Cookies()[0].Secure {
		t.Errorf("%s, %v", to, err)
	}
}

func TestProviderMayComeLater(t *testing.T) {
	w := newWorld(t)
	late := httptest.NewUnstartedServer(nil)
	s := w.sessions
	s.Use(session.Provider{Issuer: "http://" + late.Listener.Addr().String(), ClientID: "desk"})
	_ = late.Listener.Close()
	ask := func() error {
		_, err := s.Begin(httptest.NewRecorder(), httptest.NewRequest("GET", w.desk.URL+"/", nil), "/")
		return err
	}
	if err := ask(); cause(err) != session.Unreachable || !errors.Is(err, session.ErrUnreachable) {
		t.Fatalf("%v", err)
	}
	s.Use(session.Provider{Issuer: w.issuer, ClientID: "desk"})
	if err := ask(); err != nil {
		t.Error(err)
	}
	// Keys that were exchanged are fetched anew.
	if err := w.provider.Rotate(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.finish(w.answer(w.begin("/"))); err != nil {
		t.Error(err)
	}
}

// hasty is a transport whose first request is held up until its sender has gone.
type hasty struct {
	first   sync.Once
	arrived chan struct{}
	gone    chan struct{}
}

func (h *hasty) RoundTrip(r *http.Request) (*http.Response, error) {
	h.first.Do(func() {
		close(h.arrived)
		<-h.gone
	})
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return http.DefaultTransport.RoundTrip(r)
}

// TestWhoGoesAwayHoldsNobodyUp: the first to sign in asks the provider for all; one who
// closes the page while it answers does not make it unreachable for the others.
func TestWhoGoesAwayHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	h := &hasty{arrived: make(chan struct{}), gone: make(chan struct{})}
	s, err := session.New(session.Config{Key: key, PlainHTTP: true, Now: w.clock.now, Client: &http.Client{Transport: h}})
	if err != nil {
		t.Fatal(err)
	}
	s.Use(session.Provider{Issuer: w.issuer, ClientID: "desk"})
	begin := func(ctx context.Context) error {
		_, err := s.Begin(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "http://desk.example/", nil), "/")
		return err
	}
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { first <- begin(ctx) }()
	<-h.arrived
	leave()
	close(h.gone)
	if err := begin(t.Context()); err != nil {
		t.Errorf("somebody else left, and nobody can sign in: %v", err)
	}
	<-first
}

func TestConfiguration(t *testing.T) {
	if _, err := session.New(session.Config{Key: []byte("short")}); err == nil || !strings.Contains(err.Error(), "session.key") {
		t.Errorf("%v", err)
	}
	s, err := session.New(session.Config{Key: key, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Begin(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), "/"); cause(err) != session.Unreachable {
		t.Errorf("without a provider: %v", err)
	}
	if s.FormTargets() != nil {
		t.Error("targets without a provider")
	}
}

func TestManyGroupsFit(t *testing.T) {
	w := newWorld(t)
	var many []any
	for i := range 400 {
		many = append(many, fmt.Sprintf("some-group-of-the-district-%d", i))
	}
	w.alter = func(c map[string]any) { c["groups"] = append(many, "station-staff") }
	w.sessions.Use(session.Provider{Issuer: w.issuer, ClientID: "desk"}, "station-leads", "station-staff")
	if _, err := w.finish(w.answer(w.begin("/"))); err != nil {
		t.Fatal(err)
	}
	if got := w.who(); !strings.HasPrefix(got, "counter-1 station-staff,some-group") {
		t.Errorf("of many groups those that matter are lost: %.100s", got)
	}
	for _, c := range w.browser.Jar.Cookies(mustParse(w.desk.URL)) {
		if len(c.Value) > 3900 {
			t.Errorf("a cookie of %d bytes", len(c.Value))
		}
	}
}

func TestTokens(t *testing.T) {
	s, err := session.New(session.Config{Key: key, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	a, b := &session.Session{ID: "a"}, &session.Session{ID: "b"}
	if !s.Genuine(a, s.Token(a)) || s.Genuine(a, s.Token(b)) || s.Genuine(a, "") || s.Genuine(a, a.ID) {
		t.Error("tokens do not tell sessions apart")
	}
}

func TestLocalPath(t *testing.T) {
	for to, want := range map[string]string{
		"/zh-CN/queue?view=mine": "/zh-CN/queue?view=mine", "/": "/", "": "/", "//evil.example": "/", "https://evil.example": "/",
		`/\evil.example`: "/", "/\t/evil.example": "/", "/a\nb": "/", "javascript:alert(1)": "/", "/" + strings.Repeat("a", 2000): "/", "/社区": "/",
	} {
		if got := session.LocalPath(to); got != want {
			t.Errorf("%q: %q, want %q", to, got, want)
		}
	}
}

func FuzzLocalPath(f *testing.F) {
	f.Add("/%2f/evil.example")
	base := mustParse("https://desk.example/sign-in")
	f.Fuzz(func(t *testing.T, to string) {
		got, err := url.Parse(session.LocalPath(to))
		if err != nil {
			return // browsers and servers alike go nowhere
		}
		if at := base.ResolveReference(got); at.Host != "desk.example" || at.Scheme != "https" {
			t.Errorf("%q leads to %s", to, at)
		}
	})
}

func FuzzCookie(f *testing.F) {
	f.Add("")
	f.Add("AAAA")
	s, err := session.New(session.Config{Key: key, PlainHTTP: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "shequ-desk="+value)
		if s.Current(httptest.NewRecorder(), r) != nil {
			t.Error("let in")
		}
	})
}
