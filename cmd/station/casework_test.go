package main

import (
	"context"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/store/storetest"
	"github.com/shequ-io/shequ/internal/web/session/oidctest"
	"github.com/shequ-io/shequ/internal/web/webtest"
	"github.com/shequ-io/shequ/internal/web/webtest/walk"
)

const password = "a password"

// community is a portal and a desk that run, each behind a gateway that ends TLS,
// with a database and a provider of their own.
type community struct {
	database     *storetest.Database
	portal, desk string
	log          *journal
}

// gateway ends TLS before a program.
func gateway(t *testing.T, program string) string {
	t.Helper()
	to, err := url.Parse(program)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewTLSServer(&httputil.ReverseProxy{
		// A connection for each request, and none that other tests share and close.
		Transport: &http.Transport{DisableKeepAlives: true},
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
	})
	t.Cleanup(server.Close)
	return server.URL
}

// provider runs an identity provider, and returns it as desk.json names it.
func provider(t *testing.T) *content.OIDC {
	t.Helper()
	var handler http.Handler
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	p, err := oidctest.New(oidctest.Config{
		Issuer: server.URL, Clients: []oidctest.Client{{ID: "desk"}},
		Accounts: []oidctest.Account{
			{Name: "window-1", Password: password, Groups: []string{"station-staff"}},
			{Name: "lead-1", Password: password, Groups: []string{"station-leads"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	handler = p
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return &content.OIDC{Issuer: server.URL, ClientID: "desk", CA: string(authority)}
}

func open(t *testing.T) *community {
	t.Helper()
	c := &community{database: storetest.NewDatabase(t), log: &journal{}}
	dir := t.TempDir()
	doc := contenttest.QingnianNo2()
	for i := range doc.Items {
		if doc.Items[i].Name == "residence-letter" {
			doc.Items[i].Task = &content.Task{Name: "dept-education/residence", Title: content.Text{ZH: "居住证明", EN: "Letters of residence"}}
		}
	}
	write(t, dir, doc)
	deskDir := t.TempDir()
	data, err := content.MarshalDesk(content.Desk{
		OIDC:        provider(t),
		Access:      []content.Grant{{Group: "station-leads", Role: "Lead"}, {Group: "station-staff", Role: "Worker"}},
		Connections: []content.Connection{{Name: "schools", Accepts: []string{"applicant-name"}, Purposes: []string{"station-service"}}},
		Tasks: []content.DeskTask{{
			Name: "dept-education/residence", Data: []content.DeskDatum{{Element: "applicant-name", Purpose: "station-service"}},
			Deliveries: []content.DeskDelivery{{System: "schools", Purpose: "station-service", Elements: []string{"applicant-name"}}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	put(t, deskDir, content.DeskFile, data)
	portal := run1(t, "portal", options{content: dir, secrets: secretsOf(t, c.database, storetest.Portal)}, c.log)
	desk := run1(t, "desk", options{content: dir, secrets: deskSecrets(t, c.database), desk: deskDir}, c.log)
	// As soon as they listen they have nothing to show yet.
	portal.until(portal.admin+"/readyz", http.StatusOK, "ok")
	desk.until(desk.admin+"/readyz", http.StatusOK, "ok")
	c.portal, c.desk = gateway(t, portal.public), gateway(t, desk.public)
	return c
}

// secretsOf is the Secret of a program whose role in the database is that.
func secretsOf(t *testing.T, database *storetest.Database, role storetest.Role) secrets {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, uriKey, []byte(database.URI(role)))
	put(t, dir, publicKey, database.Keys.Public.Bytes())
	put(t, dir, receiptsKey, database.Keys.Receipts)
	return secrets(dir)
}

func deskSecrets(t *testing.T, database *storetest.Database) secrets {
	t.Helper()
	dir := secretsOf(t, database, storetest.Desk)
	private, err := database.Keys.Open.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	put(t, string(dir), privateKey, private)
	put(t, string(dir), sessionKey, []byte(strings.Repeat("s", 32)))
	put(t, string(dir), courierPublic, database.Keys.Courier.Bytes())
	return dir
}

// TestADeskIsReadyWithItsStaff: a desk that does not know who may sign in is not sent
// anybody, and says what it lacks.
func TestADeskIsReadyWithItsStaff(t *testing.T) {
	dir, deskDir, log := t.TempDir(), t.TempDir(), &journal{}
	write(t, dir, contenttest.QingnianNo2())
	p := run1(t, "desk", options{content: dir, secrets: deskSecrets(t, storetest.NewDatabase(t)), desk: deskDir}, log)
	p.until(p.admin+"/metrics", http.StatusOK, "shequ_desk_content_valid 1")
	p.until(p.admin+"/readyz", http.StatusServiceUnavailable, "mount the ConfigMap desk-config")
	p.until(p.public+"/en/", http.StatusServiceUnavailable, "Please come back in a moment")
	put(t, deskDir, content.DeskFile, []byte(`{"schemaVersion":1,`))
	p.until(p.admin+"/readyz", http.StatusServiceUnavailable, "the log says what is wrong with it")
	data, err := content.MarshalDesk(content.Desk{Access: []content.Grant{{Group: "station-leads", Role: "Lead"}}})
	if err != nil {
		t.Fatal(err)
	}
	put(t, deskDir, content.DeskFile, data)
	p.until(p.admin+"/readyz", http.StatusOK, "ok")
}

// run1 runs one program until the test ends, and returns as soon as it listens.
func run1(t *testing.T, name string, o options, log *journal) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	started, done := make(chan *running, 1), make(chan error, 1)
	o.listen, o.metrics, o.drainTimeout = "127.0.0.1:0", "127.0.0.1:0", 5*time.Second
	go func() {
		done <- assemble(ctx, name, o, slog.New(slog.NewJSONHandler(log, nil)), func(public, admin string) {
			started <- &running{t: t, public: "http://" + public, admin: "http://" + admin, log: log, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case p := <-started:
		return p
	case err := <-done:
		t.Fatal(err)
	}
	return nil
}

// TestFromApplicationToRating goes the whole way of a case in a browser.
func TestFromApplicationToRating(t *testing.T) {
	browser := webtest.NewBrowser(t, chromedp.IgnoreCertErrors)
	c := open(t)
	for _, v := range []struct {
		lang                  string
		width                 int64
		received, closed, say string
	}{
		{"zh-CN", 1280, "已收到", "已办结", "张三的一封信"},
		{"en", 390, "It has arrived", "It is closed", "a letter for the school"},
	} {
		w := &walk.Walk{Browser: browser, Portal: c.portal, Desk: c.desk, Lang: v.lang, Width: v.width, Password: password}
		code := w.Apply(t, "/services/residence-letter/apply", map[string]string{
			"applicant-name": "Resident of No. 2", "address": "Building 3", "request-reason": v.say,
		})
		w.UntilProgress(t, code, v.received)
		w.SignIn(t, "window-1")
		w.Find(t, code)
		if got := w.Letter(t); !strings.Contains(got, v.say) {
			t.Errorf("staff read %q", got)
		}
		for _, event := range []string{"register", "handle", "report"} {
			w.Do(t, event, nil)
		}
		w.SignOut(t)
		w.SignIn(t, "lead-1")
		w.Find(t, code)
		w.Do(t, "verify", nil)
		w.Do(t, "close", nil)
		w.SignOut(t)
		w.UntilProgress(t, code, v.closed)
		w.Rate(t, code, 5)
		w.UntilProgress(t, code, "5 · 5 · 5")
	}
	// What was entered once waits to be delivered to the schools, and nothing else does.
	waiting, err := c.database.Desk(t).Waiting(t.Context(), lead)
	if err != nil || len(waiting) != 1 || waiting[0].System != "schools" || waiting[0].Waiting != 2 {
		t.Errorf("%+v waits, %v", waiting, err)
	}
	if text := c.log.String(); strings.Contains(text, "Building 3") || strings.Contains(text, "school") {
		t.Errorf("the log holds what a resident wrote:\n%s", text)
	}
}
