package resident_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

const followPath = "/en/follow"

// helped is a place with a request for help, and its receipt code.
func helped(t testing.TB) (*place, string) {
	t.Helper()
	p := newPlace(t, survey())
	r := p.post("/en/help", p.filled("/en/help", "f.request-text", "the lamp is out"))
	has(t, r, http.StatusOK, "Received", "as soon as it can", "within 7 days")
	return p, r.code(t)
}

func (p *place) follow(code string) reply { return p.post(followPath, url.Values{"code": {code}}) }

// closed takes the only case round the loop.
func (p *place) closed() {
	p.store.work(
		casework.Event{Type: casework.Register}, casework.Event{Type: casework.Dispatch, To: casework.Place{Grid: "grid-1"}},
		casework.Event{Type: casework.Handle}, casework.Event{Type: casework.Report}, casework.Event{Type: casework.Verify}, casework.Event{Type: casework.Close},
	)
}

// word is the form of a page that says something.
func (r reply) word(t testing.TB, do string) url.Values {
	t.Helper()
	for n := range strings.Count(r.body, "<form") {
		if form := r.form(t, n); form.Get("do") == do {
			return form
		}
	}
	t.Fatalf("no form to %s:\n%s", do, r.body)
	return nil
}

func TestFollowing(t *testing.T) {
	p, code := helped(t)
	r := p.follow(" " + strings.ToLower(strings.ReplaceAll(code, "-", " ")) + " ")
	has(t, r, http.StatusOK, "2026-000123", "It has arrived and waits", "Ask for help", "2 March 2026, 10:30", "9 March 2026, 10:30", code)
	r.sound(t, "en")
	if strings.Contains(r.body, "lamp") {
		t.Error("a word of the resident is shown")
	}
	if r.header.Get("Cache-Control") != "no-store" {
		t.Error("a case may be kept by a cache")
	}
	p.store.work(casework.Event{Type: casework.Register}, casework.Event{Type: casework.Pause, Reason: casework.MaterialsMissing})
	r = p.post("/zh-CN/follow", url.Values{"code": {code}})
	has(t, r, http.StatusOK, "已受理", "还缺材料", "我已补齐", "2026年3月2日 10:30")
	r.sound(t, "zh-CN")
	p.clock.forward(8 * 24 * time.Hour)
	has(t, p.follow(code), http.StatusOK, "It is late")
}

func TestCodesThatLeadNowhere(t *testing.T) {
	p, code := helped(t)
	slip := []byte(code)
	if slip[0]++; slip[0] == '9'+1 || slip[0] == 'Z'+1 {
		slip[0] = '0'
	}
	stranger, err := casework.NewReceipt(bytes.NewReader(make([]byte, 10)))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		code   string
		status int
		want   string
	}{
		"nothing":  {"", 422, "no receipt code"},
		"a slip":   {string(slip), 422, "no receipt code"},
		"a name":   {"<script>alert(1)</script>", 422, "&lt;script&gt;"},
		"no case":  {stranger.Code(), 404, "No case has this receipt code"},
		"too long": {strings.Repeat("A", 300), 422, "no receipt code"},
	} {
		r := p.follow(c.code)
		has(t, r, c.status, c.want, "Lost the code?")
		r.sound(t, "en")
		if strings.Contains(r.body, "<script") {
			t.Errorf("%s: a script", name)
		}
	}
	has(t, p.post(followPath, url.Values{"code": {code}, "extra": {"1"}}), http.StatusBadRequest)
	has(t, p.post(followPath, url.Values{"code": {code, code}}), http.StatusBadRequest)
	has(t, p.get(followPath+"?code="+code), http.StatusOK, "Enter the receipt code")
	if strings.Contains(p.log.String(), code) {
		t.Error("a code was logged")
	}
	p.store.err = store.ErrUnavailable
	r := p.follow(code)
	has(t, r, http.StatusServiceUnavailable, "be looked up just now", code)
	if r.header.Get("Retry-After") != "60" {
		t.Error("does not say when to come again")
	}
}

func TestRating(t *testing.T) {
	p, code := helped(t)
	p.closed()
	r := p.follow(code)
	has(t, r, http.StatusOK, "It is closed", "How fast was the answer?", "Not done well")
	form := r.word(t, "rate")
	r = p.post(followPath, form)
	has(t, r, http.StatusUnprocessableEntity, "Please choose an answer for each")
	r.sound(t, "en")
	form.Set("response", "5")
	form.Set("resolution", "4")
	form.Set("satisfaction", "6")
	has(t, p.post(followPath, form), http.StatusUnprocessableEntity, "Please choose")
	form.Set("satisfaction", "3")
	r = p.post(followPath, form)
	has(t, r, http.StatusOK, "Noted.", "5 · 4 · 3")
	// Sent again, from reloading or another form, it counts once.
	has(t, p.post(followPath, form), http.StatusUnprocessableEntity, "done already", "5 · 4 · 3")
	if len(p.store.words) != 1 {
		t.Errorf("%d words", len(p.store.words))
	}
	for id, w := range p.store.words {
		if len(id) != 36 || w.Ratings != (casework.Ratings{Response: 5, Resolution: 4, Satisfaction: 3}) || w.Reason != "" {
			t.Errorf("word %+v", w)
		}
	}
}

func TestReopeningAndWithdrawing(t *testing.T) {
	p, code := helped(t)
	p.closed()
	form := p.follow(code).word(t, "reopen")
	has(t, p.post(followPath, form), http.StatusUnprocessableEntity, "Please choose")
	form.Set("reason", "not-ours") // of another event
	has(t, p.post(followPath, form), http.StatusUnprocessableEntity, "Please choose")
	form.Set("reason", "came-back")
	has(t, p.post(followPath, form), http.StatusOK, "Noted.", "Reopened at your request", "It is accepted")
	form = p.follow(code).word(t, "withdraw")
	form.Set("reason", "consent-withdrawn")
	r := p.post(followPath, form)
	has(t, r, http.StatusOK, "It was withdrawn at your request", "Nothing is needed from you now")
	r.sound(t, "en")
}

func TestResuming(t *testing.T) {
	p, code := helped(t)
	p.store.work(casework.Event{Type: casework.Register}, casework.Event{Type: casework.Pause, Reason: casework.ResidentUnavailable})
	r := p.follow(code)
	has(t, r, http.StatusOK, "you could not be reached", "I can be reached again")
	r = p.post(followPath, r.word(t, "resume"))
	has(t, r, http.StatusOK, "Noted.")
	if strings.Contains(r.body, "On hold") {
		t.Error("still on hold")
	}
}

func TestWordsAreHeldToTheirCase(t *testing.T) {
	p, code := helped(t)
	other := p.post("/en/opinion", p.filled("/en/opinion", "f.request-text", "x")).code(t)
	mine, theirs := p.follow(code).word(t, "withdraw"), p.follow(other).word(t, "withdraw")
	for name, change := range map[string]func(url.Values){
		"another case's token": func(v url.Values) { v.Set("token", theirs.Get("token")) },
		"no token":             func(v url.Values) { v.Del("token") },
		"another word":         func(v url.Values) { v.Set("do", "collect") },
		"not now":              func(v url.Values) { v.Set("do", "rate") },
	} {
		form := url.Values{}
		for k := range mine {
			form.Set(k, mine.Get(k))
		}
		form.Set("reason", "no-longer-needed")
		change(form)
		if r := p.post(followPath, form); r.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, r.status)
		}
	}
	if len(p.store.words) > 0 {
		t.Error("a word was kept")
	}
	// A page that was open over night still works: what it says is about this case.
	p.clock.forward(20 * time.Hour)
	mine.Set("reason", "no-longer-needed")
	has(t, p.post(followPath, mine), http.StatusOK, "Noted.")
}

func TestWordsThatWait(t *testing.T) {
	p, code := helped(t)
	form := p.follow(code).word(t, "withdraw")
	form.Set("reason", "no-longer-needed")
	p.store.lazy = true
	has(t, p.follow(code), http.StatusOK, "It has arrived; the station is taking it in", "given when it is taken in")
	p.store.lazy = false
	p.store.words["waiting"] = store.Word{}
	p.store.lazy = true
	r := p.post(followPath, form)
	has(t, r, http.StatusOK, "takes effect within minutes", "Noted.")
	has(t, p.post(followPath, form), http.StatusOK, "takes effect within minutes")
	if len(p.store.words) != 2 {
		t.Errorf("%d words", len(p.store.words))
	}
	p.store.err = fmt.Errorf("x: %w", store.ErrBusy)
	has(t, p.post(followPath, form), http.StatusServiceUnavailable, "goes on all the same")
}

// TestAServiceThatEnded: whoever follows an application for it reads a word, and no
// name of an object.
func TestAServiceThatEnded(t *testing.T) {
	p := newPlace(t, survey())
	r := p.post(letterPath, p.filled(letterPath, "f.applicant-name", "a", "f.address", "b", "f.request-reason", "c"))
	ended := survey()
	ended.Items = nil
	p.use(ended)
	r = p.follow(r.code(t))
	has(t, r, http.StatusOK, "An application")
	if strings.Contains(r.body, "residence-letter") {
		t.Error("the page shows the name of an object")
	}
}
