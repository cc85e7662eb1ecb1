package bins

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/flock"
)

// Cache builds programs from the modules under Source and keeps them in Dir.
type Cache struct {
	Source string
	Dir    string
	// Progress receives one line per event; it is never the program's result.
	Progress io.Writer
}

// UserDir returns the directory in which everything of this tool is cached.
func UserDir() (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory (set HOME or XDG_CACHE_HOME): %w", err)
	}
	return filepath.Join(base, "shequ"), nil
}

// Ensure builds what is missing of the list and returns each program's path.
func (c *Cache) Ensure(ctx context.Context, list []Binary) (map[string]string, error) {
	paths := make(map[string]string, len(list))
	var missing []plan
	for _, b := range list {
		p, err := c.resolve(b)
		if err != nil {
			return nil, err
		}
		paths[b.Name] = p.path()
		if !present(p.path()) {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return paths, nil
	}
	unlock, err := flock.Lock(ctx, filepath.Join(c.Dir, "lock"), func() {
		c.say("another build is running; waiting for it")
	})
	if err != nil {
		return nil, err
	}
	defer unlock()
	for i, p := range missing {
		// Whoever held the lock before may have built it.
		if present(p.path()) {
			continue
		}
		if err := c.build(ctx, p, fmt.Sprintf("[%d/%d]", i+1, len(missing))); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func present(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// build compiles one program beside its place and moves it there whole, so
// that an interrupted build leaves nothing that looks finished.
func (c *Cache) build(ctx context.Context, p plan, position string) error {
	temp, err := os.MkdirTemp(c.Dir, ".build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	c.say("%s building %s %s", position, p.Name, p.version)
	start := time.Now()
	stop := c.heartbeat(position, p.Name, start)
	out, err := c.compile(ctx, p, filepath.Join(temp, p.Name))
	stop()
	if err != nil {
		return fmt.Errorf("building %s failed: %w\n%s", p.Name, err, out)
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	// A directory without the program can only be a damaged one.
	if err := os.RemoveAll(p.dir); err != nil {
		return err
	}
	if err := os.Rename(temp, p.dir); err != nil {
		return err
	}
	c.say("%s built %s in %s", position, p.Name, time.Since(start).Round(time.Second))
	return nil
}

func (c *Cache) compile(ctx context.Context, p plan, output string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false",
		"-ldflags", p.ldflags, "-o", output, p.Package)
	cmd.Dir = filepath.Join(c.Source, p.Module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	// Ctrl-C reaches go build by itself; give it time to stop its compilers.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return out, err
}

// heartbeat reports that a long build is still alive.
func (c *Cache) heartbeat(position, name string, start time.Time) (stop func()) {
	ticker := time.NewTicker(30 * time.Second)
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		for {
			select {
			case <-ticker.C:
				c.say("%s still building %s, %s so far", position, name, time.Since(start).Round(time.Second))
			case <-done:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		<-finished
	}
}

func (c *Cache) say(format string, args ...any) {
	fmt.Fprintf(c.Progress, format+"\n", args...)
}

// Directory returns a directory that holds the listed programs under their
// plain names, as tools expect that look for programs in one place.
func (c *Cache) Directory(paths map[string]string, list []Binary) (string, error) {
	var content []byte
	for _, b := range list {
		content = fmt.Appendf(content, "%s\n", paths[b.Name])
	}
	dir := filepath.Join(c.Dir, "set-"+key(content, "", ""))
	complete := func() bool {
		for _, b := range list {
			if !present(filepath.Join(dir, b.Name)) {
				return false
			}
		}
		return true
	}
	if complete() {
		return dir, nil
	}
	temp, err := os.MkdirTemp(c.Dir, ".set-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(temp)
	for _, b := range list {
		if err := os.Symlink(paths[b.Name], filepath.Join(temp, b.Name)); err != nil {
			return "", err
		}
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(temp, dir); err != nil && !complete() {
		// What is there is damaged, and nobody else has repaired it.
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
		return dir, os.Rename(temp, dir)
	}
	return dir, nil
}
