package desk_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

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

// layoutScript finds what a reader would stumble over, as in the portal's tests.
func layoutScript(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile("../portal/testdata/layout.js")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(script), "styleSheets.length !== 1", "styleSheets.length !== 2", 1)
}

func TestPagesInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	w := newWorld(t)
	shown, dispatched := w.sample()
	script := layoutScript(t)
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
		{staff, "find", "/find"},
	} {
		w.become(t, browser, see.who)
		for _, width := range []int64{390, 1280} {
			for _, lang := range []string{"zh-CN", "en"} {
				dark := width == 1280 && lang == "en" || width == 390 && lang == "zh-CN" && see.who == lead
				name := fmt.Sprintf("desk-%s-%s-%d", see.name, lang, width)
				t.Run(name, func(t *testing.T) {
					look(t, browser, w.http.URL+"/"+lang+see.path, name, width, dark, script)
				})
			}
		}
	}
}

func look(t *testing.T, browser *webtest.Browser, address, name string, width int64, dark bool, script string) {
	t.Helper()
	height := int64(900)
	if width < 500 {
		height = 844
	}
	browser.Open(t, address, width, height, dark)
	found := webtest.Ask[[]string](t, browser, script)
	for _, problem := range append(found, browser.Problems()...) {
		if !strings.Contains(problem, "status of 403") { // a page all the same
			t.Error(problem)
		}
	}
	audit(t, browser)
	browser.Shoot(t, name)
}

// audit runs axe-core on the page when $SHEQU_AXE names its axe.min.js.
func audit(t *testing.T, browser *webtest.Browser) {
	t.Helper()
	path := os.Getenv("SHEQU_AXE")
	if path == "" {
		return
	}
	library, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const script = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(
		r => r.violations.map(v => v.id + ': ' + v.help + ' at ' + v.nodes.map(n => n.target.join(' ')).join(', ')))`
	webtest.Ask[bool](t, browser, string(library)+"; true")
	for _, v := range webtest.Ask[[]string](t, browser, script) {
		t.Error("axe: ", v)
	}
}
