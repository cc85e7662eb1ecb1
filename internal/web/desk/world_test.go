package desk_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/session"
	"github.com/shequ-io/shequ/internal/web/session/oidctest"
)

var (
	sessionKey  = []byte("0123456789abcdef0123456789abcdef")
	receiptsKey = []byte("receipts-receipts-receipts-recei")
)

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) forward(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// The positions of the sample, by what they may do.
const (
	lead    = "lead-1"
	staff   = "counter-1"
	other   = "counter-2"
	worker  = "grid-1"
	viewer  = "viewer-1"
	unknown = "guest-1"
)

// access of the sample's desk.
func access(issuer string) *content.Desk {
	return &content.Desk{
		SchemaVersion: content.SchemaVersion,
		OIDC:          &content.OIDC{Issuer: issuer, ClientID: "desk", GroupsClaim: "groups", WorkClaim: "preferred_username"},
		Access: []content.Grant{
			{Group: "station-leads", Role: "Lead"}, {Group: "station-staff", Role: "Worker"}, {Group: "street-office", Role: "Viewer"},
		},
		Workers: []content.GridWorker{{ID: worker, Grid: "qingnian-2-1"}},
		Systems: []string{"property-repairs"},
	}
}

// world is a desk with a provider to sign in with and a store in memory.
type world struct {
	t     testing.TB
	clock *clock
	store *fake
	desk  *desk.Desk
	doc   content.Document
	list  *content.Desk
	http  *httptest.Server
	log   *strings.Builder
}

func newWorld(t testing.TB, change ...func(*desk.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{at: time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC)}, doc: contenttest.QingnianNo2(), log: &strings.Builder{}}
	w.doc.Revision = "0123456789abcdef"
	var provider http.Handler
	issuer := httptest.NewServer(http.HandlerFunc(func(a http.ResponseWriter, r *http.Request) { provider.ServeHTTP(a, r) }))
	t.Cleanup(issuer.Close)
	var accounts []oidctest.Account
	for name, groups := range map[string][]string{
		lead: {"station-leads"}, staff: {"station-staff"}, other: {"station-staff"}, worker: nil, viewer: {"street-office"}, unknown: {"library"},
	} {
		accounts = append(accounts, oidctest.Account{Name: name, Password: "p", Groups: groups})
	}
	made, err := oidctest.New(oidctest.Config{Issuer: issuer.URL, Now: w.clock.now, Accounts: accounts, Clients: []oidctest.Client{{ID: "desk"}}})
	if err != nil {
		t.Fatal(err)
	}
	provider = made
	sessions, err := session.New(session.Config{Key: sessionKey, PlainHTTP: true, Now: w.clock.now})
	if err != nil {
		t.Fatal(err)
	}
	w.store = newFake(w.clock.now)
	seed, err := seal.NewSeed(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := seed.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	config := desk.Config{
		Seal: sealing.Public(), Store: w.store, Sessions: sessions, Receipts: receiptsKey, Forms: sessionKey, Now: w.clock.now,
		Log: slog.New(slog.NewTextHandler(&locked{to: w.log}, nil)),
	}
	for _, c := range change {
		c(&config)
	}
	if w.desk, err = desk.New(config); err != nil {
		t.Fatal(err)
	}
	w.list = access(issuer.URL)
	w.desk.Use(&w.doc, w.list)
	tree, err := desk.BuildAround(&w.doc, nil)
	if err != nil {
		t.Fatal(err)
	}
	h := serve.NewHandler(serve.NewMetrics(prometheus.NewRegistry(), desk.Program), slog.New(slog.DiscardHandler))
	h.Dynamic = w.desk.Routes()
	h.Serve(tree)
	w.http = httptest.NewServer(h)
	t.Cleanup(w.http.Close)
	return w
}

// locked is a writer that many may write to.
type locked struct {
	mu sync.Mutex
	to io.Writer
}

func (l *locked) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.to.Write(p) }

// browser is somebody's.
type browser struct {
	w      *world
	client *http.Client
}

// as signs in a position; nobody where it is empty.
func (w *world) as(position string) *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	b := &browser{w, &http.Client{Jar: jar}}
	if position == "" {
		return b
	}
	form := b.get("/sign-in/start?to=/en/services")
	answer, err := b.client.PostForm(form.at.String(), url.Values{"name": {position}, "password": {"p"}})
	if err != nil {
		w.t.Fatal(err)
	}
	readPage(w.t, answer)
	return b
}

// page is an answer.
type page struct {
	status int
	body   string
	at     *url.URL
	header http.Header
}

func (b *browser) do(method, path string, form url.Values) page {
	b.w.t.Helper()
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.w.http.URL + path
	}
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.w.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return readPage(b.w.t, answer)
}

func readPage(t testing.TB, answer *http.Response) page {
	t.Helper()
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{answer.StatusCode, string(body), answer.Request.URL, answer.Header}
}

func (b *browser) get(path string) page { b.w.t.Helper(); return b.do("GET", path, nil) }

// post sends a form with the session's token.
func (b *browser) post(path string, form url.Values) page {
	b.w.t.Helper()
	if !form.Has("csrf") {
		form.Set("csrf", b.token())
	}
	return b.do("POST", path, form)
}

var tokenPattern = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// token of the session's forms, as any page has it.
func (b *browser) token() string {
	b.w.t.Helper()
	found := tokenPattern.FindStringSubmatch(b.get("/en/services").body)
	if found == nil {
		b.w.t.Fatal("no page has a token")
	}
	return found[1]
}

// enter puts a case into the store, as it would have come in.
func (w *world) enter(kind casework.Kind, item string, urgency casework.Urgency, fields casework.Fields) string {
	w.t.Helper()
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", len(w.store.order)+1)
	terms := store.Terms{Item: item, Purpose: "station-service", ResolveWithinMinutes: 3 * 24 * 60}
	if found := w.doc.Item(item); found != nil {
		terms.AcceptWithinMinutes, terms.ResolveWithinMinutes = found.AcceptWithinMinutes, found.ResolveWithinMinutes
	}
	who := store.Who{Actor: casework.Actor{Role: casework.Staff, Work: staff}}
	_, err := w.store.Enter(w.t.Context(), who, store.Submission{
		ID: id, Kind: kind, Terms: terms, Urgency: urgency, Channel: store.PortalChannel, Language: "zh-CN",
	}, store.Letter{Fields: fields})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// events move a case on, by whoever may.
func (w *world) events(id string, events ...casework.Event) {
	w.t.Helper()
	for _, e := range events {
		k := w.store.cases[id]
		e.ID, e.Version, e.Purpose = fmt.Sprintf("event-%s-%d", id[30:], k.c.Version), k.c.Version, "station-service"
		if e.Actor == (casework.Actor{}) {
			e.Actor = casework.Actor{Role: casework.Staff, Work: staff}
		}
		next, _, err := casework.Apply(k.c, e, w.clock.now())
		if err != nil {
			w.t.Fatal(err)
		}
		k.c = next
	}
}
