package node

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/web/webtest"
	"github.com/shequ-io/shequ/internal/web/webtest/walk"
	"github.com/shequ-io/shequ/test/internal/live"
)

// alike is how many pages of one kind are looked at: items, tasks, cases are many.
const alike = 2

// kindOf is the kind of page at a path of a language: what names one of many, such as
// an item or a case, is left out.
func kindOf(path string) string {
	for _, k := range []struct{ pattern, kind string }{
		{`^/services/[^/]+(/apply)?$`, "/services/*$1"}, {`^/tasks/[^/]+$`, "/tasks/*"}, {`^/surveys?/[^/]+$`, "/survey/*"},
		{`^/cases/[^/]+(/supplement)?$`, "/cases/*$1"}, {`^/cases/[^/]+/files/.*$`, ""}, {`^/enter/[^/]+(/blank)?$`, "/enter/*$1"},
		{`^/payments/of/[^/]+$`, "/payments/of/*"}, {`\.xlsx$`, ""},
	} {
		if re := regexp.MustCompile(k.pattern); re.MatchString(path) {
			return re.ReplaceAllString(path, k.kind)
		}
	}
	return path
}

// tour follows the links of a site in one language and looks at what they lead to: at
// the layout, at what the browser complains of, at what axe-core finds; and takes a
// picture. Others are pages no link leads to. It returns how many pages of each kind there were.
func tour(t *testing.T, b *webtest.Browser, name, home, lang string, width int64, others ...string) map[string]int {
	t.Helper()
	start := home + "/" + lang
	seen, waiting, looked := map[string]bool{}, []string{start + "/"}, map[string]int{}
	for _, path := range others {
		waiting = append(waiting, start+path)
	}
	for len(waiting) > 0 {
		address := waiting[0]
		waiting = waiting[1:]
		to, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		kind := kindOf(strings.TrimPrefix(to.Path, "/"+lang))
		if kind == "" || looked[kind] == alike || seen[to.Path] || !strings.HasPrefix(address, start+"/") {
			continue
		}
		seen[to.Path] = true
		looked[kind]++
		b.Open(t, address, width, 900, false)
		b.Look(t, fmt.Sprintf("%s-%d-%s-%d", picture(name+kind), looked[kind], lang, width))
		waiting = append(waiting, webtest.Ask[[]string](t, b, `[...document.querySelectorAll('a[href]:not([download])')].map(a => a.href.split('#')[0])`)...)
	}
	return looked
}

// picture is what a page's picture is called, by its kind.
func picture(kind string) string {
	return strings.Trim(strings.ReplaceAll(strings.ReplaceAll(kind, "*", "one"), "/", "-"), "-")
}

// wantKinds fails the test where a kind of page was not come by.
func wantKinds(t *testing.T, looked map[string]int, kinds string) {
	t.Helper()
	for kind := range strings.FieldsSeq(kinds) {
		if looked[kind] == 0 {
			t.Errorf("no link leads to %s, only to %v", kind, slices.Sorted(maps.Keys(looked)))
		}
	}
}

// pay takes a bill's money at the counter and returns where the payment is shown, after
// the language.
func pay(t *testing.T, w *walk.Walk) string {
	t.Helper()
	w.Browser.Open(t, w.Desk+"/"+w.Lang+"/payments/take", w.Width, 900, false)
	w.Browser.Fill(t, "#customer", "100023")
	w.Browser.Fill(t, "#period", "2026-10")
	w.Browser.Fill(t, "#amount", "33.50")
	w.Browser.Tick(t, "#means-cash")
	w.Browser.Follow(t, "p.send button")
	w.Browser.Follow(t, `button[name="step"][value="take"]`)
	to, err := url.Parse(w.Browser.Where(t))
	if err != nil || !strings.Contains(to.Path, "/payments/of/") {
		t.Fatalf("after taking a payment the desk is at %s (%v)", to, err)
	}
	return strings.TrimPrefix(to.Path, "/"+w.Lang)
}

// Every page that links lead to, and the few that none does, at both programs of a community that works, on a
// phone and on a desktop, by the gateway.
func TestEveryPageInABrowser(t *testing.T) {
	settled(t)
	w := walker(t, "en", 1280)
	gateway := byGateway(t)
	live.Eventually(t, synced, func(ctx context.Context) error {
		return answersWith(ctx, gateway, w.Portal+"/en"+enrolmentForm, `name="f.insurance-status"`)
	})
	code := w.Apply(t, enrolmentForm, application('2'))
	w.SignIn(t, anding+"-staff")
	w.Find(t, code)
	w.Do(t, "register", nil)
	paid := pay(t, w)
	w.SignOut(t)
	for lang, width := range map[string]int64{"zh-CN": 390, "en": 1280} {
		t.Run("portal "+lang, func(t *testing.T) {
			looked := tour(t, walker(t, lang, width).Browser, "portal", w.Portal, lang, width)
			wantKinds(t, looked, "/ /services /services/* /services/*/apply /tasks /tasks/* /about /disclosure /neighbours /help /opinion /mediation /follow")
		})
		t.Run("desk "+lang, func(t *testing.T) {
			v := walker(t, lang, width)
			v.SignIn(t, anding+"-lead")
			looked := tour(t, v.Browser, "desk", v.Desk, lang, width, "/find", paid)
			wantKinds(t, looked, "/ /queue/mine /queue/station /queue/open /queue/late /queue/ended /find /cases/* /cases/*/supplement "+
				"/enter /enter/* /enter/*/blank /services /deliveries /figures /report /payments /payments/take /payments/books /payments/of/*")
		})
	}
}
