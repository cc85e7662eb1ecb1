package webtest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to do what it was asked.
const patience = 30 * time.Second

// Fill types into a field, in the place of what is there. A day, such as 2026-01-31,
// is set: what one types for it depends on the browser's language.
func (b *Browser) Fill(t *testing.T, selector, text string) {
	t.Helper()
	kind := Ask[string](t, b, fmt.Sprintf(`(() => { const field = document.querySelector(%q); if (!field) return ''; field.value = ''; return field.type; })()`, selector))
	if kind == "date" {
		b.act(t, selector, chromedp.SetValue(selector, text))
		return
	}
	b.act(t, selector, chromedp.SendKeys(selector, text))
}

// Tick clicks what leads nowhere: a box, a button of a group.
func (b *Browser) Tick(t *testing.T, selector string) {
	t.Helper()
	b.act(t, selector, chromedp.Click(selector))
}

// Choose sets a list to one of its values.
func (b *Browser) Choose(t *testing.T, selector, value string) {
	t.Helper()
	b.act(t, selector, chromedp.SetValue(selector, value))
}

func (b *Browser) act(t *testing.T, selector string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("%s at %s: %v", selector, b.Where(t), err)
	}
}

// Follow clicks what leads to another page, waits for it and returns its status.
func (b *Browser) Follow(t *testing.T, selector string) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Click(selector))
	if err != nil {
		t.Fatalf("%s at %s leads nowhere: %v", selector, b.Where(t), err)
	}
	if response == nil {
		return 0
	}
	return response.Status
}

// Focused waits until an element has the focus. One that is to have it at first gets it
// when the page is drawn for the first time, and that is after it has arrived: whoever
// presses a key at once may be quicker.
func (b *Browser) Focused(t *testing.T, selector string) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if Ask[bool](t, b, fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
	}
	t.Fatalf("%s at %s never has the focus", selector, b.Where(t))
}

// Where is the address of the page that is open.
func (b *Browser) Where(t *testing.T) string {
	t.Helper()
	return Ask[string](t, b, `location.href`)
}

// Says fails the test unless the page says a text.
func (b *Browser) Says(t *testing.T, want string) {
	t.Helper()
	if got := Ask[string](t, b, `document.body.innerText`); !strings.Contains(got, want) {
		t.Fatalf("%s does not say %q:\n%.3000s", b.Where(t), want, got)
	}
}
