// Package procs starts long-running processes, remembers them in pid files
// and stops exactly those again.
//
// It does not supervise: what dies stays dead until somebody starts it again.
// A process is recognised by its pid and the moment it started, so a pid that
// the kernel has given to another program since is never signalled.
package procs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Spec says what to run.
type Spec struct {
	Name string
	Path string
	Args []string
	// Env is added to a minimal environment; the caller's is not passed on,
	// so that no cluster depends on the shell it was started from.
	Env []string
}

// Process is the content of a pid file.
type Process struct {
	Name string `json:"name"`
	PID  int    `json:"pid"`
	// Start identifies the process among all that ever had its pid.
	Start string   `json:"start"`
	Path  string   `json:"path"`
	Args  []string `json:"args"`
}

// Table is the set of processes whose pid files are in one directory.
type Table struct {
	// Dir holds the pid files.
	Dir string
	// Logs holds one log file per process.
	Logs string
}

// Start runs the process detached from this one. Does nothing when it runs.
func (t *Table) Start(spec Spec) error {
	if p, err := t.Get(spec.Name); err != nil {
		return err
	} else if p != nil && p.Alive() {
		return nil
	}
	for _, dir := range []string{t.Dir, t.Logs} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	log, err := os.OpenFile(t.LogPath(spec.Name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Dir = t.Logs
	cmd.Env = append(baseEnv(), spec.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	// A session of its own: Ctrl-C in the terminal must not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	p := Process{Name: spec.Name, PID: cmd.Process.Pid, Path: spec.Path, Args: spec.Args}
	p.Start, err = startOf(p.PID)
	if err == nil {
		err = t.write(p)
	}
	// Reap it if it dies while we watch; afterwards init does.
	go func() { _ = cmd.Wait() }()
	if err != nil {
		_ = cmd.Process.Kill()
		return fmt.Errorf("%s: %w", spec.Name, err)
	}
	return nil
}

func baseEnv() []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "USER", "LANG"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// LogPath is the log file of the process of that name.
func (t *Table) LogPath(name string) string { return filepath.Join(t.Logs, name+".log") }

func (t *Table) pidPath(name string) string { return filepath.Join(t.Dir, name+".json") }

func (t *Table) write(p Process) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	temp := t.pidPath(p.Name) + ".tmp"
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, t.pidPath(p.Name))
}

// Get reads a pid file; it returns nil when there is none.
func (t *Table) Get(name string) (*Process, error) {
	data, err := os.ReadFile(t.pidPath(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var p Process
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, fmt.Errorf("%s: %w", t.pidPath(name), err)
	}
	return &p, nil
}

// List returns every process with a pid file, running or not.
func (t *Table) List() ([]Process, error) {
	files, err := filepath.Glob(filepath.Join(t.Dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var list []Process
	for _, file := range files {
		p, err := t.Get(strings.TrimSuffix(filepath.Base(file), ".json"))
		if err != nil {
			return nil, err
		}
		if p != nil {
			list = append(list, *p)
		}
	}
	return list, nil
}

// Alive says whether this very process still runs.
func (p Process) Alive() bool {
	if p.PID <= 1 || p.Start == "" {
		return false
	}
	start, err := startOf(p.PID)
	return err == nil && start == p.Start
}

// Stop ends the named processes, all at once: politely first, by force when
// they take longer than grace. Names without a process are no error.
func (t *Table) Stop(ctx context.Context, grace time.Duration, names ...string) error {
	var running []Process
	for _, name := range names {
		p, err := t.Get(name)
		if err != nil {
			return err
		}
		if p != nil && p.Alive() {
			running = append(running, *p)
		}
	}
	if err := StopAll(ctx, grace, running); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Remove(t.pidPath(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// StopAll ends processes that were identified in some other way.
func StopAll(ctx context.Context, grace time.Duration, running []Process) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGTERM, grace}, {syscall.SIGKILL, 10 * time.Second}} {
		for _, p := range running {
			// It may be gone since it was listed; then there is nothing to do.
			if p.Alive() {
				_ = syscall.Kill(p.PID, step.signal)
			}
		}
		if running = waitGone(ctx, running, step.wait); len(running) == 0 {
			return nil
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return fmt.Errorf("%s (pid %d) does not end", running[0].Name, running[0].PID)
}

func waitGone(ctx context.Context, running []Process, limit time.Duration) []Process {
	deadline := time.Now().Add(limit)
	for {
		var left []Process
		for _, p := range running {
			if p.Alive() {
				left = append(left, p)
			}
		}
		if running = left; len(running) == 0 || ctx.Err() != nil || time.Now().After(deadline) {
			return running
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Tail returns the last lines of a process's log, for error messages.
func (t *Table) Tail(name string, lines int) string {
	data, err := os.ReadFile(t.LogPath(name))
	if err != nil {
		return ""
	}
	all := strings.Split(strings.TrimRight(string(data), "\n"), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}
