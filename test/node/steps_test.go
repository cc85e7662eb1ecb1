package node

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	servers "github.com/shequ-io/shequ/hack/local/district"
	"github.com/shequ-io/shequ/internal/web/webtest"
	"github.com/shequ-io/shequ/internal/web/webtest/walk"
	"github.com/shequ-io/shequ/test/internal/live"
	"github.com/shequ-io/shequ/test/internal/visitor"
)

// A resident points at the map and asks for help; the case goes to the grid of that
// place, waits, goes on, is sent back, is done again, and closed; the resident rates
// it and has it opened again, and staff end it. Every turn is made in a browser.
func TestEveryStepOfACase(t *testing.T) {
	settled(t)
	const says = "the drain in the yard is blocked"
	w := walker(t, "zh-CN", 390)
	code := askForHelp(t, w, says)
	at := func(account string) {
		t.Helper()
		w.SignIn(t, account)
		w.Find(t, code)
	}

	at(anding + "-staff")
	w.Do(t, "register", map[string]string{"urgency": "utility"})
	w.SignOut(t)

	w.SignIn(t, anding+"-g01-a")
	openOfGrid(t, w, says)
	id := caseOf(t, w)
	w.Do(t, "take", nil)
	w.Do(t, "pause", map[string]string{"reason": "unsafe-now"})
	w.Do(t, "resume", nil)
	w.Do(t, "handle", nil)
	w.SignOut(t)

	w = walker(t, "zh-CN", 390) // a browser lasts some minutes only
	at(anding + "-lead")
	w.Do(t, "return", map[string]string{"reason": "not-done"})
	w.SignOut(t)

	w.SignIn(t, anding+"-g01-a")
	openOfGrid(t, w, says)
	w.Do(t, "handle", nil)
	w.SignOut(t)

	at(anding + "-staff")
	w.Do(t, "report", nil)
	w.Do(t, "verify", nil)
	w.SignOut(t)

	at(anding + "-lead")
	w.Do(t, "close", nil)
	w.SignOut(t)
	w.UntilProgress(t, code, "已办结")

	w.Rate(t, code, 2)
	w.UntilProgress(t, code, "2 · 2 · 2")
	reopen(t, w, code)

	at(anding + "-staff")
	w.Do(t, "reject", map[string]string{"reason": "duplicate"})
	w.SignOut(t)
	wantTurns(t, id, "collect register dispatch take pause resume handle return handle report verify close rate reopen reject")
}

// askForHelp fills in the form for help, with a click on the map, and returns the
// receipt code.
func askForHelp(t *testing.T, w *walk.Walk, text string) string {
	t.Helper()
	w.Browser.Open(t, w.Portal+"/"+w.Lang+"/help", w.Width, 900, false)
	w.Browser.Fill(t, `[name="f.request-text"]`, text)
	w.Browser.Submit(t, `{const map = [...document.querySelectorAll('input[type=image]')].find(e => e.offsetWidth > 0), r = map.getBoundingClientRect();
		map.dispatchEvent(new MouseEvent('click', {bubbles: true, clientX: r.left + r.width / 2, clientY: r.top + r.height / 2}))}`)
	w.Browser.Look(t, "node-pointed")
	if status := w.Browser.Follow(t, `form.form p.send button`); status >= 400 {
		t.Fatalf("the form is answered with %d", status)
	}
	code := webtest.Ask[string](t, w.Browser, `(document.querySelector('p.receipt') ?? {innerText: ''}).innerText.trim()`)
	if code == "" {
		t.Fatal("no receipt code")
	}
	return code
}

// openOfGrid opens the case of the grid's queue whose letter says a text, once it is
// there.
func openOfGrid(t *testing.T, w *walk.Walk, text string) {
	t.Helper()
	live.Eventually(t, soon, func(context.Context) error {
		w.Browser.Open(t, w.Desk+"/"+w.Lang+"/queue/grid", w.Width, 900, false)
		for _, address := range webtest.Ask[[]string](t, w.Browser, `[...new Set([...document.querySelectorAll('main a[href*="/cases/"]')].map(a => a.href))]`) {
			w.Browser.Open(t, address, w.Width, 900, false)
			if strings.Contains(w.Letter(t), text) {
				return nil
			}
		}
		return errors.New("no case of the grid's queue says so")
	})
}

// reopen has a case that is closed opened again by its resident.
func reopen(t *testing.T, w *walk.Walk, code string) {
	t.Helper()
	w.Progress(t, code)
	webtest.Ask[bool](t, w.Browser, `document.querySelector('input[name="do"][value="reopen"]').closest('details').open = true`)
	w.Browser.Tick(t, "#reopen-not-done")
	w.Browser.Follow(t, `form:has(input[name="do"][value="reopen"]) button`)
	w.Browser.Look(t, "node-reopened")
	w.UntilProgress(t, code, "应您的要求重办") // the clerk hears it in a while
}

// wantTurns looks that a case had these turns in this order, and no other.
func wantTurns(t *testing.T, id, want string) {
	t.Helper()
	var got string
	scan(t, community(t, anding).Status.Namespace, []any{&got},
		`SELECT string_agg(body->>'type', ' ' ORDER BY number) FROM audit WHERE case_id = $1 AND number IS NOT NULL`, id)
	if got != want {
		t.Errorf("the case had the turns\n%s, want\n%s", got, want)
	}
}

// Staff of one community are let in at its desk and at no other's: the provider knows
// them everywhere, and a session of one desk is none at another.
func TestStaffOfOneCommunityStayOutOfOthers(t *testing.T) {
	settled(t)
	own, other := hostname(anding+"-desk"), hostname("xiwuyuan-desk")
	client := byGateway(t)
	v, err := visitor.New(client)
	if err != nil {
		t.Fatal(err)
	}
	if page := enterDesk(t, v, own); page.Status != http.StatusOK || !strings.HasSuffix(page.URL.Path, "/queue/open") {
		t.Fatalf("at the desk of %s: %d %s", anding, page.Status, page.URL.Path)
	}
	// What the first desk gave out, handed to the other.
	of, err := url.Parse(own)
	if err != nil {
		t.Fatal(err)
	}
	cookies := v.Cookies(of)
	if len(cookies) == 0 {
		t.Fatal("no session")
	}
	there, err := http.NewRequestWithContext(t.Context(), http.MethodGet, other+"/en/queue/open", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cookies {
		there.AddCookie(c)
	}
	resp, err := client.Do(there)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if !strings.HasSuffix(resp.Request.URL.Path, "/sign-in") {
		t.Errorf("with the session of another desk: %s at %s, want the page to sign in", resp.Status, resp.Request.URL.Path)
	}
	// Signed in anew, at the same provider.
	page := enterDesk(t, v, other)
	if page.Status != http.StatusForbidden || !strings.Contains(page.Body, "qingnianlu:"+anding+":workers") || strings.Contains(page.Body, "/cases/") {
		t.Errorf("at the desk of another community: %d %s\n%.2000s", page.Status, page.URL.Path, page.Body)
	}
}

// enterDesk signs a member of anding's staff in at a desk, and opens the queue.
func enterDesk(t *testing.T, v *visitor.Visitor, desk string) *visitor.Page {
	t.Helper()
	page, err := v.Open(t.Context(), desk+"/sign-in/start?to=%2Fen%2Fqueue%2Fopen")
	if err != nil {
		t.Fatal(err)
	}
	// Who is signed in at the provider already is not asked again.
	if form, err := page.Form("password"); err == nil {
		if err := errors.Join(form.Set("name", anding+"-staff"), form.Set("password", servers.Password)); err != nil {
			t.Fatal(err)
		}
		if page, err = v.Send(t.Context(), form); err != nil {
			t.Fatal(err)
		}
	}
	return page
}
