package desk_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// cookie of somebody who is signed in.
func (b *browser) cookie() string {
	for _, c := range b.client.Jar.Cookies(mustParse(b.w.http.URL)) {
		if c.Name == "shequ-desk" {
			return c.Value
		}
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

// become makes the browser somebody's.
func (w *world) become(t *testing.T, b *webtest.Browser, position string) {
	t.Helper()
	b.Open(t, w.http.URL+"/assets/none", 390, 800, false)
	value := "shequ-desk=; path=/; max-age=0"
	if position != "" {
		value = "shequ-desk=" + w.as(position).cookie() + "; path=/"
	}
	webtest.Ask[string](t, b, fmt.Sprintf("document.cookie = %q", value))
	b.Problems()
}

func TestPagesInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	w := newWorld(t)
	shown, dispatched := w.sample()
	item := w.delivered()
	w.deliver(shown)
	w.stop(3)
	w.publish()
	order := w.order()
	dead := w.store.sent[slices.IndexFunc(w.store.sent, func(d store.Delivery) bool { return d.State == store.DeliveryDead })]
	for _, see := range []struct{ who, name, path string }{
		{"", "signin", "/sign-in?to=%2Fen%2F"},
		{unknown, "noaccess", "/queue/mine"},
		{staff, "mine", "/queue/mine"},
		{staff, "open", "/queue/open"},
		{staff, "case", "/cases/" + shown + "?did=resume"},
		{staff, "enter", "/enter"},
		{staff, "entry", "/enter/hardship-letter"},
		{staff, "entry-help", "/enter/help-request"},
		{staff, "blank", "/enter/hardship-letter/blank"},
		{staff, "survey", "/survey/hall-2026"},
		{staff, "services", "/services"},
		{lead, "late", "/queue/late"},
		{lead, "figures", "/figures"},
		{worker, "grid", "/queue/grid"},
		{worker, "grid-case", "/cases/" + dispatched},
		{viewer, "role", "/queue/mine"},
		{staff, "supplement", "/cases/" + shown + "/supplement"},
		{worker, "supplement-help", "/cases/" + dispatched + "/supplement"},
		{staff, "supplemented", "/cases/" + shown + "?written=done"},
		{staff, "find", "/find"},
		{staff, "entry-task", "/enter/" + item},
		{staff, "blank-task", "/enter/" + item + "/blank"},
		{staff, "order", "/cases/" + order},
		{lead, "deliveries", "/deliveries?did=replay"},
		{lead, "report", "/report"},
		{lead, "report-dead", "/report?month=2026-01"},
		{viewer, "report-viewer", "/report?month=2026-01"},
		{lead, "giveup", "/deliveries/give-up?key=" + string(dead.Key)},
	} {
		w.become(t, browser, see.who)
		for _, width := range []int64{390, 1280} {
			for _, lang := range []string{"zh-CN", "en"} {
				dark := width == 1280 && lang == "en" || width == 390 && lang == "zh-CN" && see.who == lead
				name := fmt.Sprintf("desk-%s-%s-%d", see.name, lang, width)
				t.Run(name, func(t *testing.T) {
					look(t, browser, w.http.URL+"/"+lang+see.path, name, width, dark)
				})
			}
		}
	}
}

// look at a page that is answered with an error or without.
func look(t *testing.T, browser *webtest.Browser, address, name string, width int64, dark bool) {
	t.Helper()
	height := int64(900)
	if width < 500 {
		height = 844
	}
	browser.Open(t, address, width, height, dark)
	drain(t, browser)
	browser.Look(t, name)
}

// drain forgets that a page was answered with an error: it is a page all the same.
func drain(t *testing.T, browser *webtest.Browser) {
	t.Helper()
	for _, problem := range browser.Problems() {
		if !strings.Contains(problem, "responded with a status of") {
			t.Error(problem)
		}
	}
}

// TestWhatGoesWrongInABrowser looks at the pages that show only when something does
// not work, and at the receipt.
func TestWhatGoesWrongInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	for _, width := range []int64{390, 1280} {
		for _, lang := range []string{"zh-CN", "en"} {
			t.Run(fmt.Sprintf("%s-%d", lang, width), func(t *testing.T) {
				w := newWorld(t)
				shown, _ := w.sample()
				item, number := w.delivered(), w.earlier()
				w.become(t, browser, staff)
				at := func(path string) { browser.Open(t, w.http.URL+"/"+lang+path, width, 900, false) }
				see := func(name string) {
					drain(t, browser)
					browser.Look(t, fmt.Sprintf("desk-%s-%s-%d", name, lang, width))
				}
				unfold := func(event string) string {
					webtest.Ask[bool](t, browser, fmt.Sprintf(`document.querySelector('input[name="type"][value="%s"]').closest('details').open = true`, event))
					return fmt.Sprintf(`form:has(input[name="type"][value="%s"]) `, event)
				}
				at("/cases/" + shown)
				form := unfold("reject")
				browser.Choose(t, form+"select", "not-eligible")
				w.events(shown, casework.Event{Type: casework.Return, Actor: asLead, Reason: casework.HolderUnavailable}, casework.Event{Type: casework.Take, Actor: asOther})
				browser.Follow(t, form+"button")
				see("stale")
				form = unfold("reject")
				if got := webtest.Ask[string](t, browser, fmt.Sprintf("document.querySelector(%q).value", form+"select")); got != "not-eligible" {
					t.Errorf("the choice is %q after the page was stale", got)
				}
				w.store.fail(true)
				browser.Follow(t, form+"button")
				see("store-down")
				w.store.fail(false)
				browser.Follow(t, "main form button")
				see("rejected")
				if got := w.store.cases[shown].c.Step; got != casework.Rejected {
					t.Errorf("sent again, the case is %s", got)
				}
				at("/enter/hardship-letter")
				browser.Fill(t, `[name="f.household-size"]`, "x")
				browser.Follow(t, "p.send button")
				see("entry-wrong")
				browser.Fill(t, `[name="f.household-size"]`, "4")
				browser.Tick(t, "#incomplete")
				browser.Follow(t, "p.send button")
				see("receipt")
				at("/enter/" + item)
				browser.Fill(t, "#source", "2026-999999")
				browser.Follow(t, `[name="prefill"]`)
				see("prefill-none")
				browser.Fill(t, "#source", number)
				browser.Follow(t, `[name="prefill"]`)
				see("prefill")
				at("/queue/mine")
				browser.Fill(t, "#q", "2026-999999")
				browser.Follow(t, "form.find button")
				see("find-none")
				browser.Fill(t, "#q", w.store.cases[shown].number)
				w.clock.forward(time.Hour)
				browser.Follow(t, "form.find button")
				see("session-over")
			})
		}
	}
}

// TestKeyboardInABrowser works a case without a mouse: every stop shows that it has
// the focus, and what is folded opens with the keyboard.
func TestKeyboardInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	w := newWorld(t)
	_, dispatched := w.sample()
	w.become(t, browser, worker)
	const focused = `(() => { const e = document.activeElement, s = getComputedStyle(e);
		return [e.tagName, e.className + e.name, s.outlineStyle !== 'none' ? 'visible' : 'hidden', e.tagName === 'BUTTON' && e.form.querySelector('[name="type"]') ? e.form.querySelector('[name="type"]').value : '']; })()`
	browser.Open(t, w.http.URL+"/en/cases/"+dispatched, 1280, 900, false)
	browser.Press(t, kb.Tab)
	if at := webtest.Ask[[]string](t, browser, focused); at[1] != "skip" || at[2] != "visible" {
		t.Errorf("the first stop is %v", at)
	}
	stops := webtest.Ask[int](t, browser, `[...document.querySelectorAll('a[href], button, summary, select, input:not([type=hidden])')].filter(e => e.checkVisibility()).length`)
	found := false
	for i := 1; i < stops && !found; i++ {
		browser.Press(t, kb.Tab)
		at := webtest.Ask[[]string](t, browser, focused)
		if at[2] != "visible" {
			t.Errorf("stop %d does not show: %v", i+1, at)
		}
		found = at[3] == "handle"
	}
	if !found {
		t.Fatal("no stop is the button that is wanted")
	}
	browser.Press(t, kb.Enter)
	for end := time.Now().Add(20 * time.Second); w.step(dispatched) != casework.Handled; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the key does nothing")
		}
	}
}

// TestDecideByKeyboard sends a message again without a mouse; every stop on the way
// shows that it has the focus.
func TestDecideByKeyboard(t *testing.T) {
	browser := webtest.NewBrowser(t)
	w := newWorld(t)
	w.sample()
	w.delivered()
	w.stop(2)
	w.become(t, browser, lead)
	browser.Open(t, w.http.URL+"/en/deliveries", 390, 844, false)
	for range 40 {
		browser.Press(t, kb.Tab)
		at := webtest.Ask[[]string](t, browser, `(() => { const e = document.activeElement; return [e.innerText, getComputedStyle(e).outlineStyle]; })()`)
		if at[1] == "none" {
			t.Errorf("%q does not show that it has the focus", at[0])
		}
		if at[0] == "Send it again" {
			browser.Leave(t, func() { browser.Press(t, kb.Enter) })
			browser.Says(t, "Done: it is sent again.")
			return
		}
	}
	t.Error("no stop is the button")
}

// step a case is at, while the browser works on it.
func (w *world) step(id string) casework.Step {
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	return w.store.cases[id].c.Step
}
