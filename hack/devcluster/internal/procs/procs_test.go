package procs

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func table(t *testing.T) *Table {
	t.Helper()
	return &Table{Dir: t.TempDir(), Logs: t.TempDir()}
}

func startSleep(t *testing.T, tab *Table, name string, args ...string) Process {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal("there is no sh to start")
	}
	if len(args) == 0 {
		args = []string{"-c", "echo hello; exec sleep 60"}
	}
	if err := tab.Start(Spec{Name: name, Path: sh, Args: args}); err != nil {
		t.Fatal(err)
	}
	p, err := tab.Get(name)
	if err != nil || p == nil {
		t.Fatalf("no pid file: %v", err)
	}
	t.Cleanup(func() { _ = StopAll(context.Background(), 0, []Process{*p}) })
	return *p
}

func waitLog(t *testing.T, tab *Table, name, want string) {
	t.Helper()
	for range 250 {
		if tab.Tail(name, 5) == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the log of %s is %q, want %q", name, tab.Tail(name, 5), want)
}

func TestStartAndStop(t *testing.T) {
	tab := table(t)
	p := startSleep(t, tab, "one")
	if !p.Alive() {
		t.Fatal("the process does not run")
	}
	waitLog(t, tab, "one", "hello")
	if again := startSleep(t, tab, "one"); again.PID != p.PID {
		t.Errorf("started twice: pids %d and %d", p.PID, again.PID)
	}
	if err := tab.Stop(t.Context(), 5*time.Second, "one", "never-started"); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("the process still runs")
	}
	if left, err := tab.List(); err != nil || len(left) != 0 {
		t.Errorf("pid files are left: %v, %v", left, err)
	}
}

func TestStopByForce(t *testing.T) {
	tab := table(t)
	p := startSleep(t, tab, "deaf", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done")
	waitLog(t, tab, "deaf", "ready")
	if err := tab.Stop(t.Context(), 100*time.Millisecond, "deaf"); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("the process outlived SIGKILL")
	}
}

// A pid that belongs to another process by now must not be signalled.
func TestReusedPIDIsLeftAlone(t *testing.T) {
	tab := table(t)
	p := startSleep(t, tab, "innocent")
	stale := p
	stale.Name, stale.Start = "stale", "another boot/1"
	if err := tab.write(stale); err != nil {
		t.Fatal(err)
	}
	if stale.Alive() {
		t.Error("a stale pid file was taken for a running process")
	}
	if err := tab.Stop(t.Context(), time.Second, "stale"); err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Error("a process that is not ours was stopped")
	}
	for _, pid := range []int{0, 1, -1} {
		if (Process{PID: pid, Start: p.Start}).Alive() {
			t.Errorf("pid %d was taken for ours", pid)
		}
	}
	if _, err := startOf(os.Getpid()); err != nil {
		t.Errorf("own start: %v", err)
	}
}

func TestDamagedPidFile(t *testing.T) {
	tab := table(t)
	if err := os.WriteFile(tab.pidPath("x"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := tab.Get("x"); err == nil || !strings.Contains(err.Error(), "x.json") {
		t.Errorf("the error does not name the file: %v", err)
	}
}
