// Package source keeps a program's content up to date while it runs: it looks
// at the mounted directory every second, parses what changed, and hands a whole
// and valid document on. Anything else (half written, for a newer release,
// missing) leaves the last good document in service.
//
// It polls instead of watching: the kubelet replaces a symbolic link at its own
// pace, a few stat calls a second cost nothing, and no watch can be lost.
package source

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/content"
)

const (
	interval = time.Second
	// retryAfter tries a failed document again although nothing seems to have
	// changed, for errors that pass by themselves.
	retryAfter = 30 * time.Second
)

// Watcher follows one directory.
type Watcher struct {
	dir     string
	use     func(*content.Document) error
	metrics *Metrics
	log     *slog.Logger

	seen     string // fingerprint of the last look that was acted upon
	failedAt time.Time
	logged   string
	revision string

	mu  sync.Mutex
	err error // why there is nothing to serve; nil once there was good content
}

// New returns a watcher that hands each new document to use. When use fails,
// the document counts as not valid.
func New(dir string, metrics *Metrics, log *slog.Logger, use func(*content.Document) error) *Watcher {
	return &Watcher{dir: dir, use: use, metrics: metrics, log: log, err: errors.New("content not read yet")}
}

// Ready returns nil once there was good content, else what is wrong.
func (w *Watcher) Ready() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Run looks at once and then every second until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		w.Look(time.Now())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// Look checks for a change once. It is not safe for concurrent use.
func (w *Watcher) Look(now time.Time) {
	before := fingerprint(w.dir)
	waiting := !w.failedAt.IsZero() && now.Sub(w.failedAt) < retryAfter
	if before == w.seen && (w.failedAt.IsZero() || waiting) {
		return
	}
	doc, err := content.Load(w.dir)
	if fingerprint(w.dir) != before {
		return // it changed while being read: look again at the next tick
	}
	w.seen = before
	if err == nil && doc.Revision != w.revision {
		err = w.take(doc)
	}
	if err != nil {
		w.fail(now, err)
		return
	}
	w.failedAt, w.logged = time.Time{}, ""
	w.metrics.good()
}

func (w *Watcher) take(doc *content.Document) error {
	start := time.Now()
	if err := w.use(doc); err != nil {
		return fmt.Errorf("render the content: %w", err)
	}
	w.revision = doc.Revision
	w.metrics.loaded(doc)
	w.mu.Lock()
	w.err = nil
	w.mu.Unlock()
	w.log.Info("content loaded", "revision", Short(doc.Revision), "items", len(doc.Items), "took", time.Since(start).String())
	// Rendering leaves garbage many times the size of what stays, and the next
	// reload may be days away: give the memory back now.
	debug.FreeOSMemory()
	return nil
}

func (w *Watcher) fail(now time.Time, err error) {
	w.failedAt = now
	w.metrics.bad()
	w.mu.Lock()
	if w.err != nil {
		w.err = err
	}
	kept := w.err == nil
	w.mu.Unlock()
	if note := w.seen + err.Error(); note != w.logged {
		w.logged = note
		w.log.Error("content not usable", "error", err.Error(), "serving_last_good", kept)
	}
}

// Short is the revision as people see it.
func Short(revision string) string {
	return revision[:min(len(revision), 10)]
}

// fingerprint changes whenever a content file was added, removed, replaced or
// written to. The resolved path holds the kubelet's time-stamped directory.
func fingerprint(dir string) string {
	paths, err := content.Files(dir)
	if err != nil {
		return "unreadable"
	}
	var out strings.Builder
	out.WriteString("files\n")
	for _, path := range paths {
		resolved, err := filepath.EvalSymlinks(path)
		if err != nil {
			resolved = path
		}
		info, err := os.Stat(resolved)
		if err != nil {
			fmt.Fprintf(&out, "%s gone\n", path)
			continue
		}
		fmt.Fprintf(&out, "%s %s %d %d\n", path, resolved, info.Size(), info.ModTime().UnixNano())
	}
	return out.String()
}
