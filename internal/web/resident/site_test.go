package resident_test

import (
	"bytes"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/textproto"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"golang.org/x/net/html"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/resident"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock can be moved.
type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// place is a whole portal with a store in memory.
type place struct {
	t        testing.TB
	doc      *content.Document
	store    *fake
	seal     *glass
	clock    *clock
	log      *bytes.Buffer
	registry *prometheus.Registry
	portal   *resident.Portal
	handler  *serve.Handler
}

// full is the sample that uses every field, open for business.
func full() *content.Document {
	doc := contenttest.Full()
	doc.Site.Suspended = false
	doc.Revision = "0123456789abcdef"
	return &doc
}

// survey is the sample of a real community, with every kind of field in one form.
func survey() *content.Document {
	doc := contenttest.QingnianNo2()
	doc.Revision = "0123456789abcdef"
	doc.Site.Forms, doc.Site.Surveys = contenttest.Requests(), []content.Survey{contenttest.Survey()}
	add := func(code, kind, title string) {
		item := doc.Item("residence-letter")
		item.Elements = append(item.Elements, content.Field{Text: content.Text{ZH: title, EN: title}, Code: code, Type: kind, Purpose: "station-service", RetentionDays: 365})
	}
	add("birth-date", "Date", "Date of birth")
	add("living-alone", "Boolean", "Living alone")
	add("household-income", "Decimal", "Income")
	add("email", "Text", "Email")
	add("employment-status", "Text", "Employment status")
	last := &doc.Item("residence-letter").Elements
	(*last)[len(*last)-1].Reused = true
	return &doc
}

func newPlace(t testing.TB, doc *content.Document) *place {
	t.Helper()
	p := &place{t: t, doc: doc, clock: &clock{}, seal: &glass{}, log: &bytes.Buffer{}, registry: prometheus.NewRegistry()}
	p.clock.at.Store(time.Date(2026, 3, 2, 2, 30, 0, 0, time.UTC).UnixNano())
	p.store = newFake(p.clock.now)
	log := slog.New(slog.NewTextHandler(p.log, nil))
	var err error
	p.portal, err = resident.New(resident.Config{
		Store: p.store, Seal: p.seal, ReceiptsKey: bytes.Repeat([]byte{7}, 32), Now: p.clock.now, Log: log, Metrics: p.registry,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.handler = serve.NewHandler(serve.NewMetrics(p.registry, portal.Program), log)
	p.handler.Dynamic = p.portal.Routes()
	p.use(doc)
	return p
}

func (p *place) use(doc *content.Document) {
	p.t.Helper()
	tree, err := portal.BuildTaking(doc, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.doc = doc
	p.portal.Use(doc)
	p.handler.Serve(tree)
}

// reply is an answer.
type reply struct {
	status int
	header http.Header
	body   string
}

func (p *place) send(r *http.Request) reply {
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return reply{w.Code, w.Header(), w.Body.String()}
}

func (p *place) get(path string) reply {
	return p.send(httptest.NewRequest(http.MethodGet, path, nil))
}

func (p *place) post(path string, values url.Values) reply {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.send(r)
}

// upload is one part of a form with files.
type upload struct {
	name, file string
	data       []byte
}

func (p *place) multipart(path string, values url.Values, files ...upload) reply {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, all := range values {
		for _, v := range all {
			if err := form.WriteField(name, v); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for _, f := range files {
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="` + f.name + `"; filename="` + f.file + `"`}, "Content-Type": {"image/png"},
		})
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		p.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return p.send(r)
}

// form reads what the n-th form of a page would send as it is, from 0.
func (r reply) form(t testing.TB, n int) url.Values {
	t.Helper()
	root, err := html.Parse(strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	values := url.Values{}
	at := -1
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if node.Data == "form" {
			at++
		}
		if at != n {
			continue
		}
		a := map[string]string{}
		for _, one := range node.Attr {
			a[one.Key] = one.Val
		}
		_, checked := a["checked"]
		switch {
		case a["name"] == "" || a["type"] == "file" || a["type"] == "image":
		case node.Data == "input" && (a["type"] == "checkbox" || a["type"] == "radio"):
			if checked {
				values.Add(a["name"], a["value"])
			}
		case node.Data == "input":
			values.Add(a["name"], a["value"])
		case node.Data == "textarea":
			text := ""
			if node.FirstChild != nil {
				text = node.FirstChild.Data
			}
			values.Add(a["name"], text)
		case node.Data == "select":
			values.Set(a["name"], "")
			for option := range node.Descendants() {
				for _, one := range option.Attr {
					if one.Key == "selected" {
						values.Set(a["name"], option.Attr[0].Val)
					}
				}
			}
		}
	}
	if at < n {
		t.Fatalf("the page has %d forms:\n%s", at+1, r.body)
	}
	return values
}

// filled is a form of a page with some values.
func (p *place) filled(path string, values ...string) url.Values {
	p.t.Helper()
	page := p.get(path)
	if page.status != http.StatusOK {
		p.t.Fatalf("%s: %d", path, page.status)
	}
	form := page.form(p.t, 0)
	for i := 0; i+1 < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	return form
}

var codes = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}`)

// code is the receipt code a page shows.
func (r reply) code(t testing.TB) string {
	t.Helper()
	code := codes.FindString(r.body)
	if code == "" {
		t.Fatalf("no receipt code (%d):\n%s", r.status, r.body)
	}
	return code
}

// sound holds a page to the rules of HTML, accessibility and its own policy.
func (r reply) sound(t testing.TB, lang string) {
	t.Helper()
	page, err := webtest.Parse([]byte(r.body))
	if err != nil {
		t.Fatalf("%v:\n%s", err, r.body)
	}
	for _, problem := range page.Problems(lang) {
		t.Error(problem)
	}
	if len(r.body) > 30<<10 {
		t.Errorf("the page weighs %d bytes", len(r.body))
	}
}

func has(t testing.TB, r reply, status int, texts ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("status %d, want %d", r.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	if t.Failed() {
		t.Logf("%.6000s", r.body)
	}
}
