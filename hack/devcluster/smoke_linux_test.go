package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

// noProcesses checks that no program of ours runs for a smoke cluster.
func noProcesses(t *testing.T) {
	t.Helper()
	dir, err := programsDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, mark := range []string{"shequ-smoke-", "/run/shequ/"} {
		left, err := procs.Strays(dir, mark)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range left {
			t.Errorf("%s (pid %d) still runs", p.Name, p.PID)
		}
	}
}

// snapshot is what a node changes on the machine.
func snapshot(t *testing.T) map[string]string {
	t.Helper()
	state := map[string]string{}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	state["mounts"] = string(mounts)
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		state["links"] += link.Name + "\n"
	}
	for _, command := range []string{"iptables-save", "ip6tables-save"} {
		out, err := exec.Command(command).Output()
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(out)) {
			// Tables and built-in chains exist once anybody has looked at them.
			if strings.HasPrefix(line, "-") || strings.HasPrefix(line, ":") && strings.Contains(line, " - [") {
				state[command] += line
			}
		}
	}
	for _, name := range []string{"net/ipv4/ip_forward", "vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops"} {
		data, _ := os.ReadFile(filepath.Join("/proc/sys", name))
		state[name] = string(data)
	}
	for _, pattern := range []string{
		"/run/*", "/etc/*", "/opt/*", "/var/lib/*", "/var/log/*", "/usr/libexec/*", "/sys/fs/cgroup/*/*", "/sys/fs/cgroup/*",
	} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if info, err := os.Stat(file); err == nil && info.IsDir() {
				state["directories"] += file + "\n"
			}
		}
	}
	return state
}

func compare(t *testing.T, before map[string]string) {
	t.Helper()
	noProcesses(t)
	for name, now := range snapshot(t) {
		if now != before[name] {
			t.Errorf("%s differ.\nBefore:\n%s\nAfter:\n%s", name, before[name], now)
		}
	}
}

func TestSmokeNode(t *testing.T) {
	needSmoke(t, "node")
	before := snapshot(t)
	x := newTool(t)
	x.up("node")
	x.loadHello()
	start := time.Now()
	x.kubectl("apply", "-f", "testdata/hello.yaml")
	x.checkHello()
	t.Logf("workload applied and checked in %s", time.Since(start).Round(100*time.Millisecond))
	pod := x.kubectl("-n", "smoke", "get", "pods", "-o", "jsonpath={.items[0].metadata.name}")
	if log := x.kubectl("-n", "smoke", "logs", pod); log != "hello from "+pod {
		t.Errorf("the log is %q", log)
	}
	if _, err := x.try("up", "--name", "other", "--profile", "node"); err == nil {
		t.Error("a second node came up on the same machine")
	}
	start = time.Now()
	x.up("node")
	t.Logf("up again took %s", time.Since(start).Round(100*time.Millisecond))
	x.run("restart", "--name", "smoke", "kube-apiserver", "kubelet", "containerd", "kube-proxy")
	x.checkHello()
	x.run("restart", "--name", "smoke", "kube-apiserver")
	x.checkHello()
	if status := x.run("status", "--name", "smoke"); strings.Contains(status, "DEAD") {
		t.Errorf("something did not survive the API server's restart:\n%s", status)
	}
	x.run("down", "--name", "smoke")
	compare(t, before)
}

// A machine on which everything died at once must come clean as well.
func TestSmokeNodeCrash(t *testing.T) {
	needSmoke(t, "node")
	before := snapshot(t)
	x := newTool(t)
	x.up("node")
	x.loadHello()
	x.kubectl("apply", "-f", "testdata/hello.yaml")
	x.kubectl("-n", "smoke", "rollout", "status", "deployment/hello", "--timeout=60s")
	var survivors []string
	for line := range strings.Lines(x.run("status", "--name", "smoke")) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[1] != "runs" {
			continue
		}
		pid, err := strconv.Atoi(fields[3])
		if err != nil {
			t.Fatal(err)
		}
		// etcd stays and loses its pid file; down must find it all the same.
		if fields[0] == "etcd" {
			survivors = append(survivors, filepath.Join(filepath.Dir(filepath.Dir(fields[4])), "run", "etcd.json"))
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", fields[0], err))
		}
	}
	for _, file := range survivors {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	x.run("down", "--name", "smoke")
	compare(t, before)
}
