package resident_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// look checks the page that is open. Statuses are expected where they are named.
func look(t *testing.T, b *webtest.Browser, name string, statuses ...string) {
	t.Helper()
	for _, problem := range b.Problems() {
		expected := false
		for _, s := range statuses {
			expected = expected || strings.Contains(problem, "status of "+s)
		}
		if !expected {
			t.Error(problem)
		}
	}
	b.Look(t, name)
}

// fill sets inputs by their names, and sends the form they are in.
func fill(values ...string) string {
	var out strings.Builder
	for i := 0; i+1 < len(values); i += 2 {
		fmt.Fprintf(&out, "{const e=document.querySelector('[name=%q]'); if (e.type==='checkbox') e.checked=true; else e.value=%q}\n", values[i], values[i+1])
	}
	return out.String()
}

const (
	send = `{const f=[...document.querySelectorAll('form')].find(f=>f.querySelector('.button:not(.quiet)')); f.noValidate=true; f.requestSubmit([...f.querySelectorAll('.button')].pop())}`
)

func TestPagesInABrowser(t *testing.T) {
	browser := webtest.NewBrowser(t)
	for _, c := range []struct {
		lang  string
		doc   func() *content.Document
		width int64
	}{
		{"zh-CN", survey, 320}, {"en", full, 320}, {"zh-CN", full, 390}, {"en", survey, 390}, {"zh-CN", survey, 1280}, {"en", full, 1280},
	} {
		name := fmt.Sprintf("%s-%d", c.lang, c.width)
		p := newPlace(t, c.doc())
		p.store.published = published()
		server := httptest.NewServer(p.handler)
		t.Cleanup(server.Close)
		dark := c.width == 390
		item := "resident-insurance"
		if p.doc.Item(item) == nil {
			item = "human-resources.employment-registration"
		}
		show := func(t *testing.T, path string) {
			t.Helper()
			browser.Open(t, server.URL+"/"+c.lang+path, c.width, 860, dark)
		}
		reuses := item
		if p.doc.Item("residence-letter") != nil {
			reuses = "residence-letter"
		}
		for file, path := range map[string]string{
			"reuse": "/services/" + reuses + "/apply",
			"home":  "/", "item": "/services/" + item, "apply": "/services/" + item + "/apply", "help": "/help", "opinion": "/opinion",
			"services": "/services", "mediation": "/mediation", "follow": "/follow", "survey": "/surveys/hall-2026", "disclosure": "/disclosure",
		} {
			t.Run(name+"-"+file, func(t *testing.T) {
				show(t, path)
				look(t, browser, "resident-"+file+"-"+name)
			})
		}
		t.Run(name+"-wrong", func(t *testing.T) {
			show(t, "/services/"+item+"/apply")
			if c.doc().Item("resident-insurance") != nil {
				browser.Submit(t, fill("f.identity-number", "110105194912310021", "f.telephone", "x")+send)
			} else {
				browser.Submit(t, send)
			}
			look(t, browser, "resident-wrong-"+name, "422")
			if focus := webtest.Ask[string](t, browser, "document.activeElement.id"); focus != "errors" {
				t.Errorf("the focus is on %q, not on what is wrong", focus)
			}
		})
		t.Run(name+"-flow", func(t *testing.T) {
			show(t, "/help")
			browser.Submit(t, fill("f.request-text", "路灯不亮 The lamp is out")+`
				{const e=[...document.querySelectorAll('input[type=image]')].find(e=>e.offsetWidth>0), r=e.getBoundingClientRect();
				e.dispatchEvent(new MouseEvent('click',{bubbles:true,clientX:r.left+r.width*.42,clientY:r.top+r.height*.45}))}`)
			look(t, browser, "resident-pointed-"+name)
			if !strings.Contains(webtest.Ask[string](t, browser, "document.querySelector('.said').textContent"), "1") &&
				webtest.Ask[string](t, browser, "document.querySelector('#grid').value") == "" {
				t.Error("nothing says where it is")
			}
			browser.Submit(t, send)
			look(t, browser, "resident-receipt-"+name)
			if s, ok := p.store.only(); !ok || !strings.Contains(string(open(s.Sealed).Text), `"longitude":10`) {
				t.Error("the place was not kept")
			}
			browser.Submit(t, `document.querySelector('form').submit()`)
			look(t, browser, "resident-progress-"+name)
			p.store.work(
				casework.Event{Type: casework.Register}, casework.Event{Type: casework.Dispatch, To: casework.Place{Grid: "grid-1"}},
				casework.Event{Type: casework.Handle}, casework.Event{Type: casework.Report}, casework.Event{Type: casework.Verify}, casework.Event{Type: casework.Close},
			)
			browser.Submit(t, `document.querySelector('form').submit()`)
			webtest.Ask[bool](t, browser, `document.querySelectorAll('details').forEach(d=>d.open=true); true`)
			look(t, browser, "resident-closed-"+name)
			browser.Submit(t, `for (const n of ['response','resolution','satisfaction']) document.getElementById(n+'-4').checked=true; document.getElementById('response-4').form.requestSubmit()`)
			look(t, browser, "resident-rated-"+name)
		})
		t.Run(name+"-nowhere", func(t *testing.T) {
			show(t, "/nowhere")
			look(t, browser, "resident-nowhere-"+name, "404")
		})
		if p.doc.Item("resident-insurance") == nil {
			t.Run(name+"-passed-on", func(t *testing.T) {
				show(t, "/services/"+item+"/apply")
				browser.Submit(t, fill("f.applicant-name", "样例 Sample", "f.telephone", "000000")+send)
				look(t, browser, "resident-passed-receipt-"+name)
				browser.Submit(t, `document.querySelector('form').submit()`)
				look(t, browser, "resident-passed-progress-"+name)
			})
		}
		if c.width == 1280 {
			t.Run(name+"-print", func(t *testing.T) {
				show(t, "/services/"+item+"/apply")
				browser.Media(t, "print")
				browser.Shoot(t, "resident-print-"+name)
				show(t, "/help")
				browser.Media(t, "print")
				browser.Shoot(t, "resident-print-help-"+name)
				browser.Problems()
			})
		}
	}
}

// TestFormByKeyboard fills in and sends a form without a mouse.
func TestFormByKeyboard(t *testing.T) {
	browser := webtest.NewBrowser(t)
	p := newPlace(t, survey())
	server := httptest.NewServer(p.handler)
	t.Cleanup(server.Close)
	browser.Open(t, server.URL+"/en/help", 1280, 900, false)
	const at = `(() => { const e = document.activeElement, s = getComputedStyle(e);
		return [e.name || e.className || e.tagName, s.outlineStyle !== 'none' ? 'visible' : 'hidden']; })()`
	var stops []string
	for range 60 {
		browser.Press(t, kb.Tab)
		stop := webtest.Ask[[]string](t, browser, at)
		if stop[1] != "visible" {
			t.Errorf("%v does not show that it has the focus", stop)
		}
		stops = append(stops, stop[0])
		switch stop[0] {
		case "f.request-text":
			for _, key := range "lamp" {
				browser.Press(t, string(key))
			}
		case "grid":
			browser.Press(t, "2")
		}
		if stop[0] == "button" {
			break
		}
	}
	all := strings.Join(stops, " ")
	if want := "f.request-text f.applicant-name f.telephone map-l grid utility files button"; !strings.HasSuffix(all, want) {
		t.Fatalf("the stops are %s, want ... %s", all, want)
	}
	browser.Leave(t, func() { browser.Press(t, kb.Enter) })
	if s, ok := p.store.only(); !ok || !strings.Contains(string(open(s.Sealed).Text), "lamp") || !strings.Contains(string(open(s.Sealed).Text), "longitude") {
		t.Error("what was typed was not kept")
	}
}
