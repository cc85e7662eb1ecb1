package procs

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	tail := " 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 12345 0 0"
	for _, test := range []struct {
		name, stat, want string
		bad              bool
	}{
		{"plain", "42 (etcd) S" + tail, "12345", false},
		{"name with parentheses", "42 (a) R (b) S" + tail, "12345", false},
		{"zombie", "42 (etcd) Z" + tail, "", true},
		{"short", "42 (etcd) S 1 1", "", true},
		{"empty", "", "", true},
	} {
		got, err := parseStat([]byte(test.stat))
		if got != test.want || (err != nil) != test.bad {
			t.Errorf("%s: got %q, %v", test.name, got, err)
		}
	}
}

func TestStrays(t *testing.T) {
	tab := table(t)
	p := startSleep(t, tab, "stray", "-c", "while :; do sleep 1; done # stray-mark-1b7c")
	exe, err := os.Readlink(filepath.Join("/proc", "self", "exe"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		dir, mark string
		want      bool
	}{
		{realDir(t, p), "stray-mark-1b7c", true},
		{realDir(t, p), "another-mark-1b7c", false},
		{filepath.Dir(exe), "stray-mark-1b7c", false},
	} {
		found := isStray(t, test.dir, test.mark, p.PID)
		// For a moment after its start a process has no command line to read.
		for deadline := time.Now().Add(5 * time.Second); test.want && !found && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
			found = isStray(t, test.dir, test.mark, p.PID)
		}
		if found != test.want {
			t.Errorf("Strays(%q, %q) found it: %v, want %v", test.dir, test.mark, found, test.want)
		}
	}
}

func isStray(t *testing.T, dir, mark string, pid int) bool {
	t.Helper()
	list, err := Strays(dir, mark)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(list, func(p Process) bool { return p.PID == pid })
}

func realDir(t *testing.T, p Process) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(p.Path)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}
