package desk_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// TestPaymentsInABrowser looks at every page of payments, on a screen and on a phone,
// in both languages, light and dark, and at the receipt on paper.
func TestPaymentsInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	w := newTill(t)
	of := w.day(t)
	leader := w.as(lead)
	closing := leader.post("/en/payments/books/till", leader.books("counted", "100"))
	contains(t, closing, http.StatusOK, "too little")
	for _, see := range []struct{ who, name, path string }{
		{staff, "list", "/payments"},
		{staff, "take", "/payments/take"},
		{staff, "confirmed", of[0]},
		{staff, "refused", of[2]},
		{staff, "returned", of[3]},
		{staff, "dead", of[4]},
		{staff, "fresh", of[8] + "?did=take"},
		{staff, "books-staff", "/payments/books"},
		{lead, "books", "/payments/books"},
		{lead, "sent", of[5]},
		{lead, "till", strings.TrimPrefix(closing.at.Path, "/en")},
		{lead, "check", "/payments/books/check"},
	} {
		w.become(t, browser, see.who)
		for _, width := range []int64{390, 1280} {
			for _, lang := range []string{"zh-CN", "en"} {
				name := fmt.Sprintf("pay-%s-%s-%d", see.name, lang, width)
				t.Run(name, func(t *testing.T) {
					look(t, browser, w.http.URL+"/"+lang+see.path, name, width, width == 1280 && lang == "en")
				})
			}
		}
	}
	w.become(t, browser, staff)
	for _, lang := range []string{"zh-CN", "en"} {
		browser.Open(t, w.http.URL+"/"+lang+of[8], 800, 1100, false)
		browser.Media(t, "print")
		for what, shown := range map[string]bool{".slip": true, ".top": false, ".bottom": false, ".act": false, ".turns": false, ".button": false, ".notice-line": false} {
			visible := webtest.Ask[bool](t, browser, fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.checkVisibility())`, what))
			if visible != shown {
				t.Errorf("%s: on paper %s is there: %v", lang, what, visible)
			}
		}
		browser.Shoot(t, "pay-paper-"+lang)
	}
}

// TestTakeInABrowser takes a payment with the keyboard alone, and meets what is wrong.
func TestTakeInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	w := newTill(t)
	w.become(t, browser, staff)
	for _, width := range []int64{390, 1280} {
		browser.Open(t, w.http.URL+"/en/payments/take", width, 900, false)
		browser.Choose(t, "#biller", utilities)
		browser.Fill(t, "#customer", "4111111111111111")
		browser.Fill(t, "#amount", "33.505")
		browser.Follow(t, "p.send button")
		drain(t, browser)
		browser.Look(t, fmt.Sprintf("pay-wrong-en-%d", width))
		if got := webtest.Ask[string](t, browser, `document.querySelector("#customer").value`); got != "" {
			t.Errorf("the card's number is still there: %q", got)
		}
		browser.Fill(t, "#customer", "100023")
		browser.Fill(t, "#amount", "33.50")
		browser.Follow(t, "p.send button")
		drain(t, browser)
		browser.Look(t, fmt.Sprintf("pay-check-en-%d", width))
		browser.Says(t, "叁拾叁元伍角整")
		// The first button has the focus: the money is here.
		browser.Focused(t, `button[value="take"]`)
		browser.Leave(t, func() { browser.Press(t, kb.Enter) })
		browser.Says(t, "CNY 33.50")
		drain(t, browser)
	}
	list, err := w.kept.Payments(t.Context(), store.Who{Actor: asStaff}, "2026-03-04")
	if err != nil || len(list.Taken) != 2 || list.Taken[0].State != payments.Taken {
		t.Fatalf("%+v, %v", list, err)
	}
	at := webtest.Ask[string](t, browser, "location.pathname")
	// Both were taken at the same time by this clock, and stand in any order.
	shown := func() int {
		return slices.IndexFunc(list.Taken, func(p store.Payment) bool { return strings.HasSuffix(at, "/"+p.ID) })
	}
	if shown() < 0 {
		t.Fatalf("the browser is at %s", at)
	}
	const focused = `(() => { const e = document.activeElement; return getComputedStyle(e).outlineStyle !== 'none' ? (e.form && e.form.querySelector('[name="type"]') || {value: 'else'}).value : 'hidden'; })()`
	found := false
	for i := 0; i < 40 && !found; i++ {
		browser.Press(t, kb.Tab)
		now := webtest.Ask[string](t, browser, focused)
		if now == "hidden" {
			t.Error("a stop does not show that it has the focus")
		}
		found = now == "cancel"
	}
	if !found {
		t.Fatal("no stop is the button to cancel")
	}
	browser.Leave(t, func() { browser.Press(t, kb.Enter) })
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if list, err = w.kept.Payments(t.Context(), store.Who{Actor: asStaff}, "2026-03-04"); err != nil || time.Now().After(end) {
			t.Fatal("the key does nothing", err)
		}
		if list.Taken[shown()].State == payments.Cancelled {
			return
		}
	}
}
