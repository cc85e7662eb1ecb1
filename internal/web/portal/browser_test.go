package portal_test

import (
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

var pagesToSee = []string{"/", "/services", "/about", "/disclosure", "/neighbours", "/services/residence-letter", "/services/water-bill", "/tasks"}

func TestPagesInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	survey, _ := handler(t, contenttest.QingnianNo2())
	full, _ := handler(t, contenttest.Full())
	sites := map[string]*httptest.Server{"qingnian": httptest.NewServer(survey), "full": httptest.NewServer(full)}
	for _, s := range sites {
		t.Cleanup(s.Close)
	}
	for _, width := range []int64{320, 390, 1280} {
		task := "full-task-" + strconv.FormatInt(width, 10)
		t.Run(task, func(t *testing.T) {
			look(t, browser, sites["full"].URL+"/en/tasks/market-supervision.food-safety-publicity", task, width, false)
		})
		for site, server := range sites {
			for _, path := range pagesToSee {
				if site == "full" {
					path = strings.Replace(path, "residence-letter", "elder-allowance", 1)
					path = strings.Replace(path, "water-bill", "human-resources.employment-registration", 1)
				}
				for _, lang := range []string{"zh-CN", "en"} {
					dark := (lang == "en") == (site == "full")
					name := fmt.Sprintf("%s%s-%s-%d", site, strings.ReplaceAll(path, "/", "-"), lang, width)
					t.Run(name, func(t *testing.T) { look(t, browser, server.URL+"/"+lang+path, name, width, dark) })
				}
			}
		}
	}
}

func look(t *testing.T, browser *webtest.Browser, url, name string, width int64, dark bool) {
	t.Helper()
	height := int64(900)
	if width < 500 {
		height = 844
	}
	browser.Open(t, url, width, height, dark)
	if dark {
		name += "-dark"
	}
	browser.Look(t, name)
}

func TestKeyboard(t *testing.T) {
	browser := webtest.NewBrowser(t)
	h, _ := handler(t, contenttest.QingnianNo2())
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	const focused = `(() => { const e = document.activeElement, s = getComputedStyle(e), a = getComputedStyle(e, '::after');
		return [e.className || e.id || e.tagName, s.outlineStyle !== 'none' || a.outlineStyle !== 'none' ? 'visible' : 'hidden', String(e.getBoundingClientRect().top >= 0)]; })()`
	browser.Open(t, server.URL+"/en/", 1280, 900, false)
	browser.Press(t, kb.Tab)
	first := webtest.Ask[[]string](t, browser, focused)
	if strings.Join(first, " ") != "skip visible true" {
		t.Errorf("the first tab reaches %v, want the skip link, visible", first)
	}
	browser.Press(t, kb.Enter)
	if target := webtest.Ask[[]string](t, browser, focused); len(target) == 0 || target[0] != "main" {
		t.Errorf("the skip link leads to %v, want main", target)
	}
	// Every stop after it shows that it has the focus.
	browser.Open(t, server.URL+"/en/services", 1280, 900, false)
	stops := webtest.Ask[int](t, browser, `document.querySelectorAll('a[href]').length`)
	for i := range stops {
		browser.Press(t, kb.Tab)
		at := webtest.Ask[[]string](t, browser, focused)
		if len(at) != 3 || at[1] != "visible" || at[2] != "true" {
			t.Errorf("stop %d: %v", i+1, at)
		}
	}
	if problems := browser.Problems(); len(problems) > 0 {
		t.Error(problems)
	}
}
