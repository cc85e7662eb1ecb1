package source

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mount imitates how a kubelet updates a ConfigMap volume: each state in a
// directory of its own, and one symbolic link that is replaced.
type mount struct {
	t   *testing.T
	dir string
	n   int
}

func newMount(t *testing.T) *mount {
	t.Helper()
	return &mount{t: t, dir: t.TempDir()}
}

func (m *mount) put(files map[string]string) {
	m.t.Helper()
	m.n++
	state := "..state" + strings.Repeat("x", m.n)
	if err := os.Mkdir(filepath.Join(m.dir, state), 0o755); err != nil {
		m.t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(m.dir, state, name), []byte(data), 0o644); err != nil {
			m.t.Fatal(err)
		}
		_ = os.Symlink(filepath.Join("..data", name), filepath.Join(m.dir, name)) // stays from the first time
	}
	if err := os.Symlink(state, filepath.Join(m.dir, "..new")); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(m.dir, "..new"), filepath.Join(m.dir, "..data")); err != nil {
		m.t.Fatal(err)
	}
}

func good(t *testing.T, name string) map[string]string {
	t.Helper()
	doc := contenttest.QingnianNo2()
	doc.Site.Community.DisplayName.ZH = name
	files, err := content.Marshal(doc.Site, doc.Items)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		out[f.Name] = string(f.Data)
	}
	return out
}

type fixture struct {
	*Watcher
	mount    *mount
	log      bytes.Buffer
	registry *prometheus.Registry
	served   []string
	refuse   error
	now      time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{mount: newMount(t), registry: prometheus.NewRegistry(), now: time.Unix(1000, 0)}
	f.Watcher = New(f.mount.dir, NewMetrics(f.registry, "portal"), slog.New(slog.NewJSONHandler(&f.log, nil)), func(doc *content.Document) error {
		if f.refuse != nil {
			return f.refuse
		}
		f.served = append(f.served, doc.Site.Community.DisplayName.ZH)
		return nil
	})
	return f
}

func (f *fixture) look() {
	f.now = f.now.Add(time.Second)
	f.Look(f.now)
}

func (f *fixture) valid() float64 { return testutil.ToFloat64(f.metrics.valid) }

func (f *fixture) logged(what string) int { return strings.Count(f.log.String(), what) }

func TestKeepsTheLastGoodContent(t *testing.T) {
	f := newFixture(t)
	f.look()
	if err := f.Ready(); !errors.Is(err, content.ErrNoContent) || !strings.Contains(err.Error(), "mount the community's content ConfigMap") {
		t.Fatalf("ready without content: %v", err)
	}
	f.mount.put(good(t, "甲"))
	f.look()
	f.look()
	if f.Ready() != nil || len(f.served) != 1 || f.valid() != 1 {
		t.Fatalf("ready %v, served %v, valid %v", f.Ready(), f.served, f.valid())
	}

	broken := good(t, "乙")
	broken["site.json"] = broken["site.json"][:len(broken["site.json"])/2]
	f.mount.put(broken)
	for range 5 {
		f.look()
	}
	if f.Ready() != nil || len(f.served) != 1 || f.valid() != 0 {
		t.Errorf("half written: ready %v, served %v, valid %v", f.Ready(), f.served, f.valid())
	}
	if n := f.logged("not whole JSON"); n != 1 {
		t.Errorf("logged %d times: %s", n, &f.log)
	}

	newer := good(t, "丙")
	newer["site.json"] = strings.Replace(newer["site.json"], `"schemaVersion":1`, `"schemaVersion":2`, 1)
	f.mount.put(newer)
	f.look()
	if f.logged("roll out the station image") != 1 || f.valid() != 0 {
		t.Errorf("newer schema: %s", &f.log)
	}

	f.mount.put(good(t, "丁"))
	f.look()
	if len(f.served) != 2 || f.served[1] != "丁" || f.valid() != 1 {
		t.Errorf("after the cure: served %v, valid %v", f.served, f.valid())
	}
	if got := testutil.ToFloat64(f.metrics.reloads.WithLabelValues("success")); got != 2 {
		t.Errorf("%v successes", got)
	}
	if n, err := testutil.GatherAndCount(f.registry, "shequ_portal_content_info"); n != 1 || err != nil {
		t.Errorf("%d info series: a replaced revision stays (%v)", n, err)
	}
}

func TestTheSameContentIsNotRenderedTwice(t *testing.T) {
	f := newFixture(t)
	f.mount.put(good(t, "甲"))
	f.look()
	f.mount.put(good(t, "甲"))
	f.look()
	if len(f.served) != 1 || f.valid() != 1 {
		t.Errorf("served %v, valid %v", f.served, f.valid())
	}
}

func TestContentThatCannotBeRenderedIsNotValid(t *testing.T) {
	f := newFixture(t)
	f.refuse = errors.New("template broke")
	f.mount.put(good(t, "甲"))
	f.look()
	if err := f.Ready(); err == nil || !strings.Contains(err.Error(), "render the content: template broke") || f.valid() != 0 {
		t.Errorf("%v, valid %v", err, f.valid())
	}
	// Tried again by itself, though not every second.
	f.refuse = nil
	f.look()
	if len(f.served) != 0 {
		t.Error("tried again at once")
	}
	f.Look(f.now.Add(retryAfter))
	if len(f.served) != 1 || f.Ready() != nil || f.valid() != 1 {
		t.Errorf("served %v, ready %v", f.served, f.Ready())
	}
}

func TestGoneContentKeepsServing(t *testing.T) {
	f := newFixture(t)
	f.mount.put(good(t, "甲"))
	f.look()
	if err := os.RemoveAll(f.mount.dir); err != nil {
		t.Fatal(err)
	}
	f.look()
	if f.Ready() != nil || f.valid() != 0 {
		t.Errorf("ready %v, valid %v", f.Ready(), f.valid())
	}
}

func TestMetricsAreClean(t *testing.T) {
	f := newFixture(t)
	f.mount.put(good(t, "甲"))
	f.look()
	problems, err := testutil.GatherAndLint(f.registry)
	if err != nil || len(problems) > 0 {
		t.Error(problems, err)
	}
}

func TestRunEnds(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { f.Run(ctx); close(done) }()
	cancel()
	<-done
}
