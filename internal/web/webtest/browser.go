package webtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Browser is a headless Chromium that remembers what went wrong on a page.
type Browser struct {
	ctx context.Context

	mu       sync.Mutex
	problems []string
}

// NewBrowser starts Chromium with those flags beside the usual ones. Where there is
// none it skips the test, and fails it in CI, which promises to look at the pages.
func NewBrowser(t *testing.T, flags ...chromedp.ExecAllocatorOption) *Browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		const cure = "no Chromium: install the Debian packages chromium and fonts-noto-cjk to look at the pages in a browser"
		if os.Getenv("CI") == "true" {
			t.Fatal(cure)
		}
		t.Skip(cure)
	}
	options := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	options = append(options, chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	options = append(options, flags...)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	b := &Browser{ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	if _, err := chromedp.Call(ctx, log.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, runtime.Enable, cdp.Empty{}); err != nil {
		t.Fatal(err)
	}
	return b
}

// listen notes everything a browser complains about: refused content (content
// security policy), failed requests, errors.
func (b *Browser) listen(event any) {
	note := ""
	switch e := event.(type) {
	case *log.EventEntryAdded:
		note = fmt.Sprintf("%s %s: %s %s", e.Entry.Source, e.Entry.Level, e.Entry.Text, e.Entry.URL)
	case *runtime.EventConsoleAPICalled:
		note = "console: " + string(e.Type)
	case *runtime.EventExceptionThrown:
		note = "exception: " + e.ExceptionDetails.Text
	}
	if note != "" {
		b.mu.Lock()
		b.problems = append(b.problems, note)
		b.mu.Unlock()
	}
}

// Problems returns what was noted since the last call.
func (b *Browser) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	noted := b.problems
	b.problems = nil
	return noted
}

// Open shows an address in a window of that size, in the colours a reader prefers.
func (b *Browser) Open(t *testing.T, url string, width, height int64, dark bool) {
	t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(b.ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(url)); err != nil {
		t.Fatalf("%s: %v", url, err)
	}
}

// Press sends one key.
func (b *Browser) Press(t *testing.T, key string) {
	t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.KeyEvent(key)); err != nil {
		t.Fatal(err)
	}
}

// Ask runs a script in the page and returns what it answers, a promise or a value.
func Ask[T any](t *testing.T, b *Browser, script string) T {
	t.Helper()
	answer, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// Shoot writes a picture of the whole page to $SHEQU_ARTIFACTS, if that is set.
func (b *Browser) Shoot(t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv("SHEQU_ARTIFACTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Submit runs a script that leads to another page, such as one that fills in a form
// and sends it, and waits for that page.
func (b *Browser) Submit(t *testing.T, script string) {
	t.Helper()
	b.Leave(t, func() {
		if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](script+"; true")); err != nil {
			t.Fatal(err)
		}
	})
}

// Leave does something that leads to another page, and waits for that page.
func (b *Browser) Leave(t *testing.T, do func()) {
	t.Helper()
	const origin = `performance.timeOrigin`
	from := Ask[float64](t, b, origin)
	do()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		// While the page changes there is none to ask.
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`document.readyState === 'complete' ? `+origin+` : 0`))
		if err == nil && at != 0 && at != from {
			return
		}
	}
	t.Fatal("the page stayed as it was")
}

// Media shows the page as on "print" or, again, on "screen", until the next Open.
func (b *Browser) Media(t *testing.T, media string) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: media}); err != nil {
		t.Fatal(err)
	}
}
