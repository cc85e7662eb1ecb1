package node

import (
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/web/webtest"
	"github.com/shequ-io/shequ/test/internal/live"
)

// What a resident opens, as a resident opens it.
func TestPortalInABrowser(t *testing.T) {
	settled(t)
	c := community(t, "qingnianlu-2")
	base, err := address(t.Context(), c.Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, soon, func(ctx context.Context) error { return shows(ctx, base+"/", "zh-CN", c.Spec.DisplayName.ZH) })
	base = onLocalhost(t, base)
	browser := webtest.NewBrowser(t)
	for _, v := range []struct {
		name, path, text string
		width, height    int64
	}{
		{"node-portal", "/zh-CN/", c.Spec.DisplayName.ZH, 1280, 900},
		{"node-portal-phone", "/zh-CN/", c.Spec.DisplayName.ZH, 390, 844},
		{"node-portal-services", "/en/services", c.Spec.DisplayName.EN, 1280, 900},
		{"node-portal-disclosure", "/en/disclosure", c.Spec.DisplayName.EN, 1280, 900},
	} {
		t.Run(v.name, func(t *testing.T) {
			browser.Open(t, base+v.path, v.width, v.height, false)
			if text := webtest.Ask[string](t, browser, "document.title + ' ' + document.body.innerText"); !strings.Contains(text, v.text) {
				t.Errorf("%q is nowhere on the page:\n%s", v.text, text)
			}
			if sheets := webtest.Ask[int](t, browser, "[...document.styleSheets].filter(s => s.cssRules.length > 0).length"); sheets == 0 {
				t.Error("no style sheet was applied")
			}
			if wide := webtest.Ask[bool](t, browser, "document.documentElement.scrollWidth > window.innerWidth"); wide {
				t.Error("the page scrolls sideways")
			}
			for _, problem := range browser.Problems() {
				t.Error(problem)
			}
			browser.Shoot(t, v.name)
		})
	}
}

// onLocalhost forwards a port as kubectl port-forward does. Browsers take plain
// HTTP for secure from localhost only; elsewhere a gateway adds HTTPS.
func onLocalhost(t *testing.T, base string) string {
	t.Helper()
	to, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httputil.NewSingleHostReverseProxy(to))
	t.Cleanup(server.Close)
	return server.URL
}
