package node

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// goodMachine has all that a node needs, with cgroups of version 1.
func goodMachine() machine {
	return machine{
		goos:     "linux",
		lookPath: func(string) bool { return true },
		isFile:   func(path string) bool { return !strings.HasPrefix(path, "/opt/") },
		readFile: func(path string) string {
			switch path {
			case "/proc/filesystems":
				return "nodev\ttmpfs\nnodev\toverlay\n"
			case "/proc/self/cgroup":
				return "9:pids:/\n4:memory:/\n3:cpuset:/\n2:cpu,cpuacct:/\n0::/\n"
			}
			return ""
		},
		run: func(context.Context, string, ...string) (string, error) { return "", nil },
	}
}

var preflightTests = []struct {
	name     string
	change   func(*machine)
	want     []string
	packages []string
}{
	{"good", func(*machine) {}, nil, nil},
	{"macOS", func(m *machine) { m.goos = "darwin" }, []string{"needs Linux; this is darwin"}, nil},
	{"not root", func(m *machine) { m.uid = 1000 }, []string{"needs root"}, nil},
	{"bare Debian", func(m *machine) {
		m.lookPath = func(name string) bool { return name == "mount" || name == "ip" }
		m.isFile = func(path string) bool { return strings.HasPrefix(path, "/proc/") }
	}, []string{
		"runc is missing", "iptables is missing", "iptables-save is missing", "iptables-restore is missing",
		"conntrack is missing", "CNI plugins bridge, host-local are missing",
	}, []string{"runc", "iptables", "conntrack", "containernetworking-plugins"}},
	{"one plugin short", func(m *machine) {
		m.isFile = func(path string) bool { return !strings.HasSuffix(path, "/host-local") }
	}, []string{"CNI plugins"}, []string{"containernetworking-plugins"}},
	{"no overlay", func(m *machine) {
		read := m.readFile
		m.readFile = func(path string) string { return strings.ReplaceAll(read(path), "overlay", "") }
	}, []string{"no overlay"}, nil},
	{"no memory controller", func(m *machine) {
		read := m.readFile
		m.readFile = func(path string) string { return strings.ReplaceAll(read(path), "memory", "") }
	}, []string{"controllers are missing: memory"}, nil},
	{"cgroups of version 2", func(m *machine) {
		read := m.readFile
		m.readFile = func(path string) string {
			if path == "/sys/fs/cgroup/cgroup.controllers" {
				return "cpuset cpu io memory pids\n"
			}
			return strings.ReplaceAll(read(path), "memory", "")
		}
	}, nil, nil},
	{"iptables fails", func(m *machine) {
		m.run = func(context.Context, string, ...string) (string, error) {
			return "Permission denied\n", errors.New("exit status 4")
		}
	}, []string{"iptables does not work here: Permission denied"}, nil},
}

func TestPreflight(t *testing.T) {
	for _, test := range preflightTests {
		t.Run(test.name, func(t *testing.T) {
			m := goodMachine()
			test.change(&m)
			problems := m.check(t.Context())
			if len(problems) != len(test.want) {
				t.Fatalf("got %v", problems)
			}
			for i, want := range test.want {
				if !strings.Contains(problems[i].What, want) {
					t.Errorf("got %q, want %q", problems[i].What, want)
				}
			}
			packages := Packages(problems)
			if !slices.Equal(packages, test.packages) {
				t.Errorf("packages %v, want %v", packages, test.packages)
			}
			if report := Report(problems); strings.Contains(report, "apt-get") != (len(packages) > 0) {
				t.Errorf("the report is %q", report)
			}
		})
	}
}

// A module that is not loaded yet is loaded rather than complained about.
func TestPreflightLoadsModules(t *testing.T) {
	m := goodMachine()
	loaded := false
	read := m.readFile
	m.readFile = func(path string) string {
		if path == "/proc/filesystems" && !loaded {
			return ""
		}
		return read(path)
	}
	m.run = func(_ context.Context, name string, args ...string) (string, error) {
		loaded = loaded || name == "modprobe" && args[0] == "overlay"
		return "", nil
	}
	if problems := m.check(t.Context()); len(problems) > 0 {
		t.Errorf("got %v", problems)
	}
}
