package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

func newCluster(t *testing.T, profile string) *Cluster {
	t.Helper()
	t.Setenv("SHEQU_STATE_DIR", t.TempDir())
	c, err := Open("test")
	if err != nil {
		t.Fatal(err)
	}
	if c.Exists() {
		t.Fatal("the cluster exists before it was created")
	}
	if err := c.Create(Record{Profile: profile, Nodes: 3}); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCreateAndOpen(t *testing.T) {
	made := newCluster(t, "sim")
	c, err := Open("test")
	if err != nil {
		t.Fatal(err)
	}
	if !c.Exists() || c.Profile != "sim" || c.Nodes != 3 || c.Server() != made.Server() {
		t.Errorf("it was not remembered: %+v", c)
	}
	if !strings.HasPrefix(c.Server(), "https://127.0.0.1:") {
		t.Errorf("profile sim must stay on loopback: %s", c.Server())
	}
	for _, file := range []string{c.Kubeconfig(), c.ComponentKubeconfig("kwok"), c.Path("pki", "front-proxy", "client.key")} {
		if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v; a credential must be readable to its owner alone", file, err)
		}
	}
	if _, err := c.Client(); err != nil {
		t.Error(err)
	}
}

func TestDamagedRecord(t *testing.T) {
	c := newCluster(t, "sim")
	if err := os.WriteFile(filepath.Join(c.Dir, "cluster.json"), []byte(`{"profile": "si`), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Open("test")
	if err != nil || c.Exists() || !c.DirExists() {
		t.Errorf("a damaged cluster must be one to clean up: %v, %+v", err, c)
	}
}

func TestNames(t *testing.T) {
	for name, good := range map[string]bool{
		"dev": true, "a": true, "bench-2": true, strings.Repeat("a", 24): true,
		"": false, "-a": false, "a-": false, "../x": false, "A": false, "a.b": false, strings.Repeat("a", 25): false,
	} {
		if _, err := Open(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestPortsDiffer(t *testing.T) {
	ports, err := freePorts(portNames("node"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]string{}
	for name, port := range ports {
		if other, dup := seen[port]; dup {
			t.Errorf("%s and %s got the same port", name, other)
		}
		if seen[port] = name; port < firstPort || port > lastPort {
			t.Errorf("%s got port %d", name, port)
		}
	}
}

func has(spec procs.Spec, flags ...string) (missing []string) {
	for _, f := range flags {
		if !slices.Contains(spec.Args, f) {
			missing = append(missing, f)
		}
	}
	return missing
}

func TestSpecs(t *testing.T) {
	sim, node := newCluster(t, "sim"), newCluster(t, "node")
	for _, test := range []struct {
		name  string
		spec  procs.Spec
		flags []string
	}{
		{"etcd", sim.etcdSpec("etcd"), []string{"--unsafe-no-fsync", "--client-cert-auth=true"}},
		{"api, sim", sim.apiserverSpec("a", "p"), []string{
			"--bind-address=127.0.0.1", "--authorization-mode=Node,RBAC",
			"--audit-log-path=" + sim.AuditLog(), "--audit-policy-file=p",
		}},
		{"api, node", node.apiserverSpec("a", "p"), []string{
			"--bind-address=10.244.0.1", "--kubelet-certificate-authority=" + node.pki("ca.crt"),
		}},
		{"controllers", sim.controllerManagerSpec("c"), []string{
			"--bind-address=127.0.0.1", "--leader-elect=false", "--kube-api-qps=1000",
			"--use-service-account-credentials=true",
		}},
		{"scheduler", sim.schedulerSpec("s", "f"), []string{"--bind-address=127.0.0.1", "--config=f"}},
	} {
		if missing := has(test.spec, test.flags...); missing != nil {
			t.Errorf("%s lacks %v", test.name, missing)
		}
		for _, arg := range test.spec.Args {
			if strings.Contains(arg, "0.0.0.0") {
				t.Errorf("%s listens on every address: %s", test.name, arg)
			}
		}
	}
	if got := has(sim.apiserverSpec("a", "p"), "--kubelet-client-key="+sim.pki("kube-apiserver-kubelet-client.key")); got == nil {
		t.Error("profile sim has no kubelet to log in to")
	}
}

func TestAuditPolicy(t *testing.T) {
	const want = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
- level: None
`
	if got := AuditPolicy(false); got != want {
		t.Errorf("got:\n%s", got)
	}
	reads := AuditPolicy(true)
	if strings.Contains(reads, "None") || !strings.Contains(reads, "[get, list, watch]") {
		t.Errorf("got:\n%s", reads)
	}
}

// kube-proxy ends when its configuration is written to, were it with the same.
func TestWriteFileLeavesTheSameAlone(t *testing.T) {
	c := newCluster(t, "node")
	path, err := c.WriteFile("one", "conf", "x")
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"one", "two"} {
		written := content == "two"
		if _, err := c.WriteFile(content, "conf", "x"); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if written != info.ModTime().After(past.Add(time.Minute)) {
			t.Errorf("content %q was written at %s; want it written: %t", content, info.ModTime(), written)
		}
	}
}
