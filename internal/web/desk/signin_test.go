package desk_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/session"
)

func TestSigningInLeadsWhereSomebodyWanted(t *testing.T) {
	w := newWorld(t)
	b := w.as("")
	p := b.get("/en/queue/open?kind=opinion")
	if p.at.Path != "/en/sign-in" || p.status != http.StatusOK {
		t.Fatalf("%s %d", p.at, p.status)
	}
	to := p.at.Query().Get("to")
	form := b.get("/sign-in/start?to=" + url.QueryEscape(to))
	answer, err := b.client.PostForm(form.at.String(), url.Values{"name": {staff}, "password": {"p"}})
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if got := answer.Request.URL; got.RequestURI() != "/en/queue/open?kind=opinion" || answer.StatusCode != http.StatusOK {
		t.Errorf("after signing in at %s: %s", got, answer.Status)
	}
	if p := b.get("/en/sign-in?to=/en/find"); p.at.Path != "/en/find" {
		t.Errorf("signed in already, sent to %s", p.at)
	}
	for _, evil := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "/\t/evil.example"} {
		if p := b.get("/en/sign-in?to=" + url.QueryEscape(evil)); p.at.Host != mustParse(w.http.URL).Host {
			t.Errorf("%q leads to %s", evil, p.at)
		}
	}
	// Home is what the role works with.
	if p := b.get("/"); p.at.Path != "/zh-CN/queue/mine" {
		t.Errorf("home is %s", p.at)
	}
	if p := w.as(viewer).get("/en/"); p.at.Path != "/en/figures" {
		t.Errorf("a viewer's home is %s", p.at)
	}
	if p := w.as(worker).get("/en/"); p.at.Path != "/en/queue/grid" {
		t.Errorf("a grid worker's home is %s", p.at)
	}
}

func TestSigningOut(t *testing.T) {
	w := newWorld(t)
	b := w.as(staff)
	if p := b.do("POST", "/en/sign-out", url.Values{"csrf": {"x"}}); p.status != http.StatusForbidden || b.get("/en/find").at.Path != "/en/find" {
		t.Errorf("without the token: %d", p.status)
	}
	p := b.post("/en/sign-out", url.Values{})
	if p.at.Path != "/zh-CN/sign-in" || b.get("/en/find").at.Path != "/en/sign-in" {
		t.Errorf("after signing out at %s", p.at)
	}
	// The provider asks for the password again.
	if p := b.get("/sign-in/start?to=/en/"); !strings.Contains(p.body, "演示登录") {
		t.Errorf("signed in again without asking: %s", p.at)
	}
}

func TestWhoIsNotSignedInIsTold(t *testing.T) {
	w := newWorld(t)
	b := w.as("")
	for path, want := range map[string]string{
		"/sign-in/callback":                                  "This sign-in was not finished",
		"/sign-in/callback?state=x&code=y":                   "This sign-in was not finished",
		"/sign-in/callback?error=access_denied&state=x":      "This sign-in was not finished",
		"/sign-in/callback?state=%00&code=%ff&iss=%0a%0dx:y": "This sign-in was not finished",
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", w.http.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Language", "en")
		answer, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		p := readPage(t, answer)
		if p.status != http.StatusForbidden || !strings.Contains(p.body, want) {
			t.Errorf("%s: %d %s", path, p.status, p.body)
		}
	}
	cancelled := b.get("/sign-in/start?to=/en/find")
	answer, err := b.client.PostForm(cancelled.at.String(), url.Values{"cancel": {"1"}})
	if err != nil {
		t.Fatal(err)
	}
	if p := readPage(t, answer); p.status != http.StatusForbidden || !strings.Contains(p.body, "did not let you in, or you cancelled") || !strings.Contains(p.body, "to=%2Fen%2Ffind") {
		t.Errorf("%d %s", p.status, p.body)
	}
}

func TestTheDeskStartsWithoutItsProvider(t *testing.T) {
	w := newWorld(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	list := *w.list
	list.OIDC = &content.OIDC{Issuer: gone.URL, ClientID: "desk"}
	gone.Close()
	b := w.as("")
	for name, l := range map[string]*content.Desk{"unreachable": &list, "none": {}} {
		w.desk.Use(&w.doc, l)
		p := b.get("/sign-in/start?to=/en/find")
		if p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" || !strings.Contains(p.body, "The sign-in service can&#39;t be reached") {
			t.Errorf("%s: %d %s", name, p.status, p.body)
		}
	}
	w.desk.Use(&w.doc, w.list)
	if p := w.as(staff).get("/en/find"); p.status != http.StatusOK {
		t.Errorf("once it is there: %d", p.status)
	}
}

func TestTheDeskWaitsForItsContent(t *testing.T) {
	sessions, err := session.New(session.Config{Key: sessionKey, PlainHTTP: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.New(desk.Config{Sessions: sessions, Forms: []byte("short")}); err == nil {
		t.Error("a key that is too short")
	}
	d, err := desk.New(desk.Config{Sessions: sessions, Forms: sessionKey})
	if err != nil {
		t.Fatal(err)
	}
	doc := contenttest.QingnianNo2()
	doc.Revision = "0123456789abcdef"
	h := handler(t, doc)
	h.Dynamic = d.Routes()
	for path, status := range map[string]int{"/en/queue/mine": 503, "/sign-in/start": 503, "/en/enter": 503, "/en/nothing": 404} {
		if got := get(h, path); got.Code != status {
			t.Errorf("%s: %d", path, got.Code)
		}
	}
}
