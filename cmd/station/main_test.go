package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if code, is := asProcess(); is {
		os.Exit(code)
	}
	os.Exit(storetest.Run(m))
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, 2, "Usage"},
		{[]string{"help"}, 0, "station portal"},
		{[]string{"postman"}, 2, `unknown program "postman"; use portal, desk, courier or migrate`},
		{[]string{"courier", "-h"}, 0, "-credentials"},
		{[]string{"courier", "--content", "x"}, 2, "content"},
		{[]string{"courier", "--secrets", "/nowhere"}, 1, "mount the one the operator made at --secrets"},
		{[]string{"portal", "-h"}, 0, "-content"},
		{[]string{"portal", "--nonsense"}, 2, "nonsense"},
		{[]string{"desk", "extra"}, 2, "unexpected argument"},
		{[]string{"desk", "--log-level", "loud"}, 2, "loud"},
		{[]string{"portal", "--listen", "256.0.0.1:x", "--metrics", "127.0.0.1:0"}, 1, "choose a free port"},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), c.args, &out); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%v: %d, %s", c.args, code, &out)
		}
	}
}

// journal collects log lines; both ports write to it.
type journal struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.b.String()
}

// running is a station that runs.
type running struct {
	t             *testing.T
	public, admin string
	log           *journal
	client        *http.Client
}

func start(t *testing.T, name, dir string) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	log := &journal{}
	p := &running{t: t, log: log, client: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}
	started, done := make(chan struct{}), make(chan error, 1)
	o := options{content: dir, listen: "127.0.0.1:0", metrics: "127.0.0.1:0", drainTimeout: 5 * time.Second}
	go func() {
		done <- assemble(ctx, name, o, slog.New(slog.NewJSONHandler(log, nil)), func(public, admin string) {
			p.public, p.admin = "http://"+public, "http://"+admin
			close(started)
		})
	}()
	select {
	case <-started:
	case err := <-done:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if text := log.String(); strings.Contains(text, "127.0.0.1") && strings.Count(text, "127.0.0.1") > 2 {
			t.Errorf("the log holds more addresses than its own two:\n%s", text)
		}
	})
	return p
}

func (p *running) get(url string) (int, string) {
	p.t.Helper()
	r, err := p.client.Get(url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	data, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return r.StatusCode, string(data)
}

// until waits for an answer that holds a text.
func (p *running) until(url string, code int, text string) {
	p.t.Helper()
	var gotCode int
	var got string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if gotCode, got = p.get(url); gotCode == code && strings.Contains(got, text) {
			return
		}
	}
	p.t.Fatalf("%s never said %d %q, last %d:\n%.2000s\n%s", url, code, text, gotCode, got, p.log)
}

func write(t *testing.T, dir string, doc content.Document) {
	t.Helper()
	files, err := content.Marshal(doc.Site, doc.Items)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPortalFollowsItsContent(t *testing.T) {
	dir := t.TempDir()
	p := start(t, "portal", dir)
	p.until(p.admin+"/readyz", 503, "mount the community's content ConfigMap")
	p.until(p.public+"/", 503, "getting its content ready")
	if code, _ := p.get(p.admin + "/healthz"); code != 200 {
		t.Errorf("healthz %d", code)
	}

	doc := contenttest.QingnianNo2()
	write(t, dir, doc)
	p.until(p.admin+"/readyz", 200, "ok")
	p.until(p.public+"/", 200, "青年路第二社区")
	p.until(p.public+"/en/services/water-bill", 200, "Pay a water bill")
	p.until(p.admin+"/metrics", 200, "shequ_portal_content_valid 1")

	// A broken file changes nothing for residents.
	if err := os.WriteFile(filepath.Join(dir, "site.json"), []byte(`{"schemaVersion":1,`), 0o644); err != nil {
		t.Fatal(err)
	}
	p.until(p.admin+"/metrics", 200, "shequ_portal_content_valid 0")
	p.until(p.public+"/", 200, "青年路第二社区")
	p.until(p.admin+"/readyz", 200, "ok")

	// A service that ended says so, and the rest is new.
	doc.Items = slices.DeleteFunc(doc.Items, func(i content.Item) bool { return i.Name == "water-bill" })
	doc.Site.Community.DisplayName.ZH = "改名社区"
	write(t, dir, doc)
	p.until(p.public+"/zh-CN/", 200, "改名社区")
	p.until(p.public+"/en/services/water-bill", 410, "This service has ended")
	p.until(p.admin+"/metrics", 200, `shequ_portal_requests_total{code="410",route="other"}`)
	p.until(p.admin+"/metrics", 200, "shequ_portal_request_duration_seconds_bucket")

	// And it may come back.
	write(t, dir, contenttest.QingnianNo2())
	p.until(p.public+"/en/services/water-bill", 200, "Pay a water bill")
	if strings.Contains(p.log.String(), "water") {
		t.Errorf("the log holds a path:\n%s", p.log)
	}
}

func TestDeskServes(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, contenttest.QingnianNo2())
	p := start(t, "desk", dir)
	p.until(p.admin+"/readyz", 200, "ok")
	p.until(p.public+"/en/", 200, "This community has no database yet")
	p.until(p.admin+"/metrics", 200, "shequ_desk_content_items 9")
}
