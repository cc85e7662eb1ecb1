// Package node turns the machine itself into the cluster's one node: real
// containers, real addresses, real Services and DNS.
//
// It changes the machine it runs on and therefore writes down what it finds
// before it changes anything, so that "down" can put it all back. It does not
// enforce NetworkPolicies: no plugin that does can be had as a Go module.
package node

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Problem is a reason why the machine cannot be a node.
type Problem struct {
	// What is missing or in the way.
	What string
	// Package is the Debian package that brings it, if one does.
	Package string
}

// machine is what the checks look at; tests put another one in its place.
type machine struct {
	goos     string
	uid      int
	lookPath func(name string) bool
	isFile   func(path string) bool
	readFile func(path string) string
	// run runs a command and returns its output, or an error.
	run func(ctx context.Context, name string, args ...string) (string, error)
}

func thisMachine() machine {
	return machine{
		goos: runtime.GOOS,
		uid:  os.Geteuid(),
		lookPath: func(name string) bool {
			_, err := exec.LookPath(name)
			return err == nil
		},
		isFile: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil
		},
		readFile: func(path string) string {
			data, _ := os.ReadFile(path)
			return string(data)
		},
		run: run,
	}
}

// commands are the programs a node needs, with the packages they are in.
var commands = []struct{ name, pkg string }{
	{"runc", "runc"},
	{"iptables", "iptables"},
	{"iptables-save", "iptables"},
	{"iptables-restore", "iptables"},
	{"conntrack", "conntrack"},
	{"ip", "iproute2"},
	{"mount", "mount"},
}

// plugins are the CNI plugins in use, and where distributions put them.
var (
	plugins    = []string{"bridge", "host-local"}
	pluginDirs = []string{"/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"}
)

const pluginPackage = "containernetworking-plugins"

// Preflight says what keeps this machine from being a node; nothing is good.
func Preflight(ctx context.Context) []Problem { return thisMachine().check(ctx) }

func (m machine) check(ctx context.Context) []Problem {
	if m.goos != "linux" {
		return []Problem{{What: "profile node needs Linux; this is " + m.goos}}
	}
	if m.uid != 0 {
		return []Problem{{What: "profile node needs root, for namespaces, mounts and the network"}}
	}
	var problems []Problem
	for _, c := range commands {
		if !m.lookPath(c.name) {
			problems = append(problems, Problem{What: "the command " + c.name + " is missing", Package: c.pkg})
		}
	}
	if _, ok := m.pluginDir(); !ok {
		problems = append(problems, Problem{
			What:    fmt.Sprintf("the CNI plugins %s are missing", strings.Join(plugins, ", ")),
			Package: pluginPackage,
		})
	}
	return append(problems, m.checkKernel(ctx)...)
}

// pluginDir is the directory that has all the plugins.
func (m machine) pluginDir() (string, bool) {
	for _, dir := range pluginDirs {
		all := true
		for _, plugin := range plugins {
			all = all && m.isFile(filepath.Join(dir, plugin))
		}
		if all {
			return dir, true
		}
	}
	return "", false
}

// checkKernel looks for what no package brings.
func (m machine) checkKernel(ctx context.Context) []Problem {
	var problems []Problem
	for _, need := range []struct {
		module  string
		present func() bool
		why     string
	}{
		{"overlay", func() bool { return strings.Contains(m.readFile("/proc/filesystems"), "\toverlay\n") },
			"container file systems"},
		{"br_netfilter", func() bool { return m.isFile("/proc/sys/net/bridge/bridge-nf-call-iptables") },
			"Services between pods"},
	} {
		if !need.present() {
			_, _ = m.run(ctx, "modprobe", need.module)
		}
		if !need.present() {
			problems = append(problems, Problem{
				What: fmt.Sprintf("the kernel has no %s, which is needed for %s", need.module, need.why),
			})
		}
	}
	if missing := m.missingControllers(); len(missing) > 0 {
		problems = append(problems, Problem{
			What: "these cgroup controllers are missing: " + strings.Join(missing, ", "),
		})
	}
	if m.lookPath("iptables") {
		if out, err := m.run(ctx, "iptables", "-t", "nat", "-S"); err != nil {
			problems = append(problems, Problem{What: "iptables does not work here: " + strings.TrimSpace(out)})
		}
	}
	return problems
}

// missingControllers returns what the kubelet insists on and is not there.
func (m machine) missingControllers() []string {
	available := strings.Fields(m.readFile("/sys/fs/cgroup/cgroup.controllers"))
	if len(available) == 0 {
		for line := range strings.SplitSeq(m.readFile("/proc/self/cgroup"), "\n") {
			if parts := strings.SplitN(line, ":", 3); len(parts) == 3 {
				available = append(available, strings.Split(parts[1], ",")...)
			}
		}
	}
	return slices.DeleteFunc([]string{"cpu", "cpuset", "memory", "pids"}, func(name string) bool {
		return slices.Contains(available, name)
	})
}

// Packages lists the Debian packages that would solve problems.
func Packages(problems []Problem) []string {
	var list []string
	for _, p := range problems {
		if p.Package != "" && !slices.Contains(list, p.Package) {
			list = append(list, p.Package)
		}
	}
	return list
}

// InstallCommand is what a user would type to install the packages.
func InstallCommand(packages []string) string {
	return "apt-get update && apt-get install -y --no-install-recommends " + strings.Join(packages, " ")
}

// Install installs packages with apt-get, without asking anything.
func Install(ctx context.Context, packages []string, progress io.Writer) error {
	for _, args := range [][]string{
		{"update"},
		append([]string{"install", "-y", "--no-install-recommends"}, packages...),
	} {
		fmt.Fprintln(progress, "apt-get", strings.Join(args, " "))
		cmd := exec.CommandContext(ctx, "apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// Report renders the problems for a person.
func Report(problems []Problem) string {
	var out strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&out, "- %s\n", p.What)
	}
	if packages := Packages(problems); len(packages) > 0 {
		fmt.Fprintf(&out, "On Debian and Ubuntu: %s\n", InstallCommand(packages))
	}
	return strings.TrimRight(out.String(), "\n")
}

// run runs a command and returns what it printed.
func run(ctx context.Context, name string, args ...string) (string, error) {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
