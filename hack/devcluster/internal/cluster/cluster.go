// Package cluster holds what both profiles have in common: one directory of
// state per cluster, the keys and ports in it, and the control plane.
//
// It knows nothing of nodes: package sim plays them, package node is one.
package cluster

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/shequ-io/shequ/hack/devcluster/internal/kube"
	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

// The addresses are the same in every cluster. In profile sim nothing routes
// to them; in profile node the bridge does, and only one node runs at a time.
const (
	ServiceCIDR = "10.96.0.0/16"
	APIService  = "10.96.0.1"
	DNSService  = "10.96.0.10"
	PodCIDR     = "10.244.0.0/24"
	// Gateway is the node's own address on the pods' bridge.
	Gateway  = "10.244.0.1"
	Domain   = "cluster.local"
	Loopback = "127.0.0.1"
)

// Record is what is remembered of a cluster from one run to the next.
type Record struct {
	Profile string `json:"profile"`
	// Nodes is the number of simulated nodes.
	Nodes int `json:"nodes,omitempty"`
	// AuditReads has the audit log list reads, too.
	AuditReads bool           `json:"auditReads,omitempty"`
	Ports      map[string]int `json:"ports"`
}

// Cluster is one cluster's directory and record.
type Cluster struct {
	Name string
	Dir  string
	Record
}

// nameForm keeps names usable in file names, host names and cgroups.
var nameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,22}[a-z0-9])?$`)

// BaseDir is the directory that holds the clusters' directories.
func BaseDir() (string, error) {
	if dir := os.Getenv("SHEQU_STATE_DIR"); dir != "" {
		return filepath.Abs(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache directory (set HOME or SHEQU_STATE_DIR): %w", err)
	}
	return filepath.Join(cache, "shequ", "clusters"), nil
}

// Open returns the cluster of that name, which need not exist.
func Open(name string) (*Cluster, error) {
	if !nameForm.MatchString(name) {
		return nil, fmt.Errorf("%q is no cluster name: use up to 24 of a-z, 0-9 and -, not - at an end", name)
	}
	base, err := BaseDir()
	if err != nil {
		return nil, err
	}
	c := &Cluster{Name: name, Dir: filepath.Join(base, name)}
	data, err := os.ReadFile(c.recordPath())
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, err
	}
	if json.Unmarshal(data, &c.Record) != nil {
		// A damaged record is none: "up" starts afresh, "down" cleans up.
		c.Record = Record{}
	}
	return c, nil
}

// Exists says whether "up" has created the cluster and "down" not removed it.
func (c *Cluster) Exists() bool { return c.Profile != "" }

// DirExists says whether there is anything to clean up, be it only a part.
func (c *Cluster) DirExists() bool {
	_, err := os.Stat(c.Dir)
	return err == nil
}

func (c *Cluster) recordPath() string { return filepath.Join(c.Dir, "cluster.json") }

// LockPath is the lock file; it lies beside the directory, which goes away.
func (c *Cluster) LockPath() string { return c.Dir + ".lock" }

// Path returns a path below the cluster's directory.
func (c *Cluster) Path(elem ...string) string {
	return filepath.Join(append([]string{c.Dir}, elem...)...)
}

// Kubeconfig is the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.Path("kubeconfig") }

// AuditLog is the API server's audit log.
func (c *Cluster) AuditLog() string { return c.Path("audit", "audit.log") }

// Procs is the table of the cluster's processes.
func (c *Cluster) Procs() *procs.Table {
	return &procs.Table{Dir: c.Path("run"), Logs: c.Path("logs")}
}

// APIAddress is where the API server listens. Pods must reach it in profile
// node, so there it is the address of their bridge.
func (c *Cluster) APIAddress() string {
	if c.Profile == "node" {
		return Gateway
	}
	return Loopback
}

// Server is the API server's URL.
func (c *Cluster) Server() string {
	return httpsURL(c.APIAddress(), c.Ports["kube-apiserver"])
}

func httpsURL(host string, port int) string {
	return "https://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// Client logs in as administrator.
func (c *Cluster) Client() (*kube.Client, error) {
	return kube.New(c.Server(), c.Path("pki"))
}

// Create makes the directory with keys, kubeconfigs and ports. The record is
// written last: a cluster without one was never complete.
func (c *Cluster) Create(record Record) error {
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return err
	}
	c.Record = record
	var err error
	if c.Ports, err = freePorts(portNames(record.Profile)); err != nil {
		return err
	}
	if err := c.writePKI(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(c.Record, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(c.recordPath(), data, 0o644)
}

// WriteFile writes a file below the cluster's directory, unless it has that
// content already: kube-proxy ends when its configuration is written to.
func (c *Cluster) WriteFile(content string, elem ...string) (string, error) {
	path := c.Path(elem...)
	if data, err := os.ReadFile(path); err == nil && string(data) == content {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, []byte(content), 0o644)
}
