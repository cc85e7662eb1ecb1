// Package walk goes through a community's pages in a browser as its people do: a
// resident applies, staff sign in and work the case, the resident reads how it went
// and rates it. Tests use it on programs of one machine and on a real node alike.
//
// It fails the test where a page does not let it on; what the pages ought to say
// beside that is the test's business.
package walk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/web/webtest"
)

// Walk is where to go, and with what.
type Walk struct {
	Browser *webtest.Browser
	// Portal and Desk are their origins, without a slash at the end.
	Portal, Desk string
	// Lang of the pages: zh-CN or en.
	Lang string
	// Width of the window, in pixels.
	Width int64
	// Password of every account at the provider.
	Password string
}

const height = 900

func (w *Walk) open(t *testing.T, address string) {
	t.Helper()
	w.Browser.Open(t, address, w.Width, height, false)
}

// shoot takes a picture of a page, named by what it shows.
func (w *Walk) shoot(t *testing.T, what string) {
	t.Helper()
	w.Browser.Shoot(t, fmt.Sprintf("walk-%s-%s-%d", what, w.Lang, w.Width))
	for _, problem := range w.Browser.Problems() {
		t.Errorf("%s: %s", what, problem)
	}
}

// Apply fills in the form at a path of the portal, by the codes of its data
// elements, and returns the receipt code.
func (w *Walk) Apply(t *testing.T, path string, fields map[string]string) string {
	t.Helper()
	w.open(t, w.Portal+"/"+w.Lang+path)
	for code, text := range fields {
		w.Browser.Fill(t, `[name="f.`+code+`"]`, text)
	}
	w.shoot(t, "form")
	if status := w.Browser.Follow(t, `form.form p.send button`); status >= 400 {
		t.Fatalf("%s answers %d:\n%s", path, status, w.text(t, "main"))
	}
	w.shoot(t, "receipt")
	code := w.text(t, "p.receipt")
	if len(code) < 17 {
		t.Fatalf("no receipt code:\n%s", w.text(t, "main"))
	}
	return code
}

// Progress shows the case of a receipt code at the portal and returns what it says.
func (w *Walk) Progress(t *testing.T, code string) string {
	t.Helper()
	w.open(t, w.Portal+"/"+w.Lang+"/follow")
	w.Browser.Fill(t, "#code", code)
	w.Browser.Follow(t, `form.form button`)
	w.shoot(t, "progress")
	return w.text(t, "main")
}

// UntilProgress looks again until the portal says a text.
func (w *Walk) UntilProgress(t *testing.T, code, want string) {
	t.Helper()
	said := ""
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if said = w.Progress(t, code); strings.Contains(said, want) {
			return
		}
	}
	t.Fatalf("the portal never says %q:\n%s", want, said)
}

// Rate rates a case that is followed, the same for all.
func (w *Walk) Rate(t *testing.T, code string, points int) {
	t.Helper()
	w.Progress(t, code)
	w.unfold(t, "do", "rate")
	for _, what := range []string{"response", "resolution", "satisfaction"} {
		w.Browser.Tick(t, fmt.Sprintf("#%s-%d", what, points))
	}
	w.Browser.Follow(t, `form:has(input[name="do"][value="rate"]) button`)
	w.shoot(t, "rated")
}

// SignIn opens the desk and signs in at the provider.
func (w *Walk) SignIn(t *testing.T, account string) {
	t.Helper()
	w.open(t, w.Desk+"/"+w.Lang+"/")
	w.shoot(t, "sign-in")
	w.Browser.Follow(t, `main a.button`)
	w.Browser.Fill(t, "#name", account)
	w.Browser.Fill(t, "#password", w.Password)
	w.Browser.Problems() // the provider's page is not ours
	w.Browser.Follow(t, `form button:not([name])`)
	if got := w.Browser.Where(t); !strings.HasPrefix(got, w.Desk+"/") {
		t.Fatalf("%s is at %s after signing in:\n%s", account, got, w.text(t, "body"))
	}
	w.shoot(t, "queue")
}

// SignOut ends the session, at the provider too.
func (w *Walk) SignOut(t *testing.T) {
	t.Helper()
	w.Browser.Follow(t, `form[action$="/sign-out"] button`)
}

// Find opens the case of a number or a receipt code at the desk.
func (w *Walk) Find(t *testing.T, what string) {
	t.Helper()
	w.open(t, w.Desk+"/"+w.Lang+"/find")
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Second) {
		w.Browser.Fill(t, "#q", what)
		w.Browser.Follow(t, `form.find button`)
		// One that is found is shown at once; a case's page leads on to pages of its own.
		if !strings.Contains(w.Browser.Where(t), "/cases/") && webtest.Ask[bool](t, w.Browser, `document.querySelector('main a[href*="/cases/"]') !== null`) {
			w.Browser.Follow(t, `main a[href*="/cases/"]`)
		}
		if strings.Contains(w.Browser.Where(t), "/cases/") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the desk finds nothing:\n%s", w.text(t, "main"))
		}
	}
	w.shoot(t, "case")
}

// Do has one thing happen to the case that is open; choices are by the names of the
// action's lists.
func (w *Walk) Do(t *testing.T, event string, choices map[string]string) {
	t.Helper()
	w.unfold(t, "type", event)
	form := fmt.Sprintf(`form:has(input[name="type"][value="%s"])`, event)
	for name, value := range choices {
		w.Browser.Choose(t, fmt.Sprintf(`%s [name="%s"]`, form, name), value)
	}
	if status := w.Browser.Follow(t, form+` button`); status >= 400 {
		t.Fatalf("%s answers %d:\n%s", event, status, w.text(t, "main"))
	}
	w.shoot(t, "case-"+event)
}

// Letter is what the resident wrote, as the case that is open shows it.
func (w *Walk) Letter(t *testing.T) string {
	t.Helper()
	return w.text(t, "section.letter")
}

// unfold opens what hides the form with a hidden input of that name and value.
func (w *Walk) unfold(t *testing.T, name, value string) {
	t.Helper()
	found := webtest.Ask[bool](t, w.Browser, fmt.Sprintf(
		`(() => { const input = document.querySelector('form input[name="%s"][value="%s"]'); if (!input) return false;
			const fold = input.closest('details'); if (fold) fold.open = true; return true; })()`, name, value))
	if !found {
		t.Fatalf("%s offers no %s:\n%s", w.Browser.Where(t), value, w.text(t, "main"))
	}
}

func (w *Walk) text(t *testing.T, selector string) string {
	t.Helper()
	return webtest.Ask[string](t, w.Browser, fmt.Sprintf(`(document.querySelector(%q) ?? {innerText: ''}).innerText.trim()`, selector))
}
