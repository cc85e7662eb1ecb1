package resident_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/html"

	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// shownOnly is the path that takes nothing in.
const shownOnly = "/en/disclosure"

// paths that take something in.
var paths = []string{letterPath, "/en/help", "/zh-CN/opinion", "/en/mediation", followPath, surveyPath, "/zh-CN/services/resident-insurance/apply"}

// TestEveryRouteIsFuzzed holds the paths to the routes there are.
func TestEveryRouteIsFuzzed(t *testing.T) {
	p := newPlace(t, survey())
	for _, pattern := range p.portal.Routes().Patterns() {
		form := regexp.MustCompile("^" + regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(pattern, "[^/]+") + "$")
		if !slices.ContainsFunc(append(slices.Clone(paths), shownOnly), form.MatchString) {
			t.Errorf("no fuzz test asks for %s", pattern)
		}
	}
}

// visitors are addresses that nobody has sent from yet, so that what is fuzzed is more
// than being asked to come again.
var visitors atomic.Uint32

func visitor() string {
	n := visitors.Add(1)
	return fmt.Sprintf("198.18.%d.%d", n>>8&0xff, n&0xff)
}

// fromAnybody posts a form from an address of its own.
func (p *place) fromAnybody(path string, form url.Values) reply {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", visitor())
	return p.send(r)
}

// harmless fails where what was typed became markup, or an answer is a failure that
// nobody wanted.
func harmless(t *testing.T, r reply, storeDown bool) {
	t.Helper()
	if r.status >= 500 && (r.status != http.StatusServiceUnavailable || !storeDown) {
		t.Fatalf("status %d", r.status)
	}
	if r.header.Get("Content-Security-Policy") == "" || r.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Fatal("no security headers")
	}
	if r.header.Get("Set-Cookie") != "" {
		t.Fatal("a cookie")
	}
	if r.body == "" {
		return
	}
	page, err := webtest.Parse([]byte(r.body))
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (n.Data == "script" || n.Data == "fuzzed" || n.Data == "iframe") {
			t.Fatalf("a <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "fuzzed" || strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") && a.Key == "href" {
				t.Fatalf("an attribute %s", a.Key)
			}
		}
	}
	for _, lang := range []string{"zh-CN", "en"} {
		if strings.Contains(r.body, `<html lang="`+lang+`"`) {
			for _, problem := range page.Problems(lang) {
				t.Fatal(problem)
			}
		}
	}
}

// FuzzForms fills in the forms as they are handed out with anything.
func FuzzForms(f *testing.F) {
	f.Add(uint8(0), "f.address", `"><fuzzed onload=x>`, "f.request-reason", "'\"</textarea><fuzzed>", false)
	f.Add(uint8(1), "map-s.x", "12", "map-s.y", "99999999", false)
	f.Add(uint8(1), "lon", "1089384000", "grid", "outside", true)
	f.Add(uint8(4), "code", "ABCD-EFGH-JKMN-PQRST", "do", "rate", false)
	f.Add(uint8(5), "q.overall", "5", "q.used", "\x00\xff", true)
	f.Add(uint8(6), "f.identity-number", "１１０１０５１９４９１２３１００２x", "c.identity-number", "yes", false)
	p := newPlace(f, survey())
	forms := make([]url.Values, len(paths))
	for i, path := range paths {
		forms[i] = p.get(path).form(f, 0)
	}
	f.Fuzz(func(t *testing.T, which uint8, name, value, other, text string, down bool) {
		p.store.err = nil
		if down {
			p.store.err = store.ErrUnavailable
		}
		i := int(which) % len(paths)
		form := url.Values{}
		maps.Copy(form, forms[i])
		form.Set("f.request-text", text)
		form.Set(name, value)
		form.Set(other, text)
		harmless(t, p.fromAnybody(paths[i], form), down)
		if log := p.log.String(); len(value) > 12 && strings.Contains(log, value) {
			t.Fatal("what was typed was logged")
		}
		p.log.Reset()
	})
}

// FuzzBodies sends anything as a form.
func FuzzBodies(f *testing.F) {
	f.Add(uint8(0), "application/x-www-form-urlencoded", []byte("f.address=%3Cfuzzed%3E&token="), "203.0.113.7")
	f.Add(uint8(0), "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\n%PDF-1\r\n--x--"), ",,")
	f.Add(uint8(1), "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"<fuzzed>\"\r\n\r\nb\r\n--x--"), "::1")
	p := newPlace(f, survey())
	f.Fuzz(func(t *testing.T, which uint8, kind string, body []byte, forwarded string) {
		r := httptest.NewRequest(http.MethodPost, paths[int(which)%len(paths)], bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		if which < 128 {
			forwarded += "," + visitor()
		}
		r.Header.Set("X-Forwarded-For", forwarded)
		r.RemoteAddr = "192.0.2.1:1"
		harmless(t, p.send(r), false)
	})
}

// FuzzWords says anything about a case that is closed, and about none.
func FuzzWords(f *testing.F) {
	p, code := helped(f)
	p.closed()
	shown := p.follow(code)
	rate, reopen := shown.word(f, "rate").Get("token"), shown.word(f, "reopen").Get("token")
	for _, seed := range [][5]string{
		{code, "rate", rate, "", "5"}, {code, "rate", rate, "", "9"}, {code, "rate", reopen, "", "1"}, {code, "reopen", reopen, "came-back", ""},
		{code, "reopen", reopen, "<fuzzed>", ""}, {code, "withdraw", "", "no-longer-needed", ""}, {code, "close", rate, "", ""}, {"0000-0000-0000-00000", "rate", rate, "", "1"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4], false)
	}
	f.Add(code, "rate", rate, "", "3", true)
	f.Fuzz(func(t *testing.T, code, do, token, reason, points string, down bool) {
		p.store.err = nil
		if down {
			p.store.err = store.ErrUnavailable
		}
		harmless(t, p.fromAnybody(followPath, url.Values{
			"code": {code}, "do": {do}, "token": {token}, "reason": {reason}, "response": {points}, "resolution": {points}, "satisfaction": {points},
		}), down)
		if log := p.log.String(); len(code) > 12 && strings.Contains(log, code) {
			t.Fatal("what was typed was logged")
		}
		p.log.Reset()
	})
}

// FuzzPaths asks for anything by any method.
func FuzzPaths(f *testing.F) {
	for _, path := range append(paths, "/help/", "/en/services//apply", "/en/services/../follow", "/EN/surveys/hall-2026", "/en/surveys/%2e%2e", shownOnly, "/en/help?f.request-text=x", "/en/surveys/a%2fb") {
		f.Add("GET", path)
	}
	p := newPlace(f, survey())
	f.Fuzz(func(t *testing.T, method, path string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Method, r.URL = method, &url.URL{Path: path}
		if target, err := url.ParseRequestURI(path); err == nil && target.Host == "" {
			r.URL = target
		}
		harmless(t, p.send(r), false)
	})
}
