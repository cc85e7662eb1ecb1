package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// needSmoke skips a test that starts a real cluster, unless it is asked for.
func needSmoke(t *testing.T, profile string) {
	t.Helper()
	if !slices.Contains(strings.Split(os.Getenv("SHEQU_SMOKE"), ","), profile) {
		t.Skipf("starts a real cluster; run it with SHEQU_SMOKE=%s", profile)
	}
}

// tool is the built command, with a state directory of its own.
type tool struct {
	t    *testing.T
	path string
	env  []string
	kube string
}

func newTool(t *testing.T) *tool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "devcluster")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// Short, as sockets are made in it.
	state, err := os.MkdirTemp("", "shequ-smoke-") //nolint:usetesting // a test's own directory has a longer name
	if err != nil {
		t.Fatal(err)
	}
	x := &tool{t: t, path: path, env: append(os.Environ(), "SHEQU_STATE_DIR="+state)}
	x.kube = x.run("bin", "kubectl")
	t.Cleanup(func() {
		x.run("down", "--name", "smoke")
		if err := os.Remove(state); err != nil {
			t.Errorf("something is left: %v", err)
		}
	})
	return x
}

// try runs a verb and returns its standard output.
func (x *tool) try(args ...string) (string, error) {
	cmd := exec.CommandContext(context.Background(), x.path, args...)
	cmd.Env = x.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	x.t.Logf("devcluster %s\n%s", strings.Join(args, " "), stderr.String())
	return strings.TrimSpace(string(out)), err
}

func (x *tool) run(args ...string) string {
	x.t.Helper()
	out, err := x.try(args...)
	if err != nil {
		x.t.Fatalf("devcluster %s: %v", strings.Join(args, " "), err)
	}
	return out
}

// up starts the cluster and points kubectl at it.
func (x *tool) up(profile string) {
	x.t.Helper()
	start := time.Now()
	config := x.run("up", "--name", "smoke", "--profile", profile)
	x.t.Logf("up took %s", time.Since(start).Round(100*time.Millisecond))
	x.env = append(x.env, "KUBECONFIG="+config)
}

func (x *tool) kubectl(args ...string) string {
	x.t.Helper()
	cmd := exec.Command(x.kube, args...)
	cmd.Env = x.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		x.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// get fetches until the answer contains want; Services take a moment.
func get(t *testing.T, address, want string) {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	var last string
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		res, err := client.Get(address)
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if last = string(body); err == nil && strings.Contains(last, want) {
			return
		}
	}
	t.Errorf("%s does not answer %q, but: %s", address, want, last)
}

func TestSmokeSim(t *testing.T) {
	needSmoke(t, "sim")
	x := newTool(t)
	x.up("sim")
	x.kubectl("apply", "-f", "testdata/hello.yaml")
	x.kubectl("-n", "smoke", "rollout", "status", "deployment/hello", "--timeout=15s")
	x.run("restart", "--name", "smoke", "kube-apiserver")
	x.kubectl("-n", "smoke", "scale", "deployment/hello", "--replicas=5")
	x.kubectl("-n", "smoke", "rollout", "status", "deployment/hello", "--timeout=30s")
	log, err := os.ReadFile(x.run("audit-log", "--name", "smoke"))
	if err != nil || !strings.Contains(string(log), `"name":"hello"`) {
		t.Errorf("the audit log does not show what was created (%v)", err)
	}
	x.run("load", "--name", "smoke", "nothing.tar")
	if _, err := x.try("up", "--name", "smoke", "--profile", "sim", "--nodes", "1"); err == nil {
		t.Error("other settings were taken for a running cluster")
	}
	x.run("down", "--name", "smoke")
	x.run("down", "--name", "smoke")
	noProcesses(t)
}

// loadHello packs the test's workload and imports it.
func (x *tool) loadHello() {
	x.t.Helper()
	dir := x.t.TempDir()
	binary, archive := filepath.Join(dir, "hello"), filepath.Join(dir, "hello.tar")
	build := exec.Command("go", "build", "-trimpath", "-o", binary, "./testdata/hello")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	for _, cmd := range []*exec.Cmd{
		build,
		exec.Command("go", "-C", "../image", "run", ".", "-name", "shequ.io/hello:dev", "-binary", binary, "-o", archive),
	} {
		if out, err := cmd.CombinedOutput(); err != nil {
			x.t.Fatalf("%v: %v\n%s", cmd, err, out)
		}
	}
	x.run("load", "--name", "smoke", archive)
}

func (x *tool) checkHello() {
	x.t.Helper()
	x.kubectl("-n", "smoke", "rollout", "status", "deployment/hello", "--timeout=60s")
	service := "http://" + x.kubectl("-n", "smoke", "get", "service", "hello", "-o", "jsonpath={.spec.clusterIP}")
	get(x.t, service, "user 65532")
	for _, name := range []string{"hello", "hello.smoke", "hello.smoke.svc.cluster.local"} {
		get(x.t, service+"/fetch?url="+url.QueryEscape("http://"+name+"/"), "hello from hello-")
	}
	get(x.t, service+"/api", `"gitVersion": "v1.36.3"`)
	get(x.t, service+"/resolve?name=node.shequ.internal", "[10.244.0.1]")
	get(x.t, service+"/resolve?name=example.org", "no such host")
}
