// Package local runs Shequ on this machine for the demo, the benchmark and the
// tests on a real node: it drives hack/devcluster, installs what a district
// would, and runs the operator where no pods do.
//
// It is not a way to run Shequ for others: see docs/guides/install.md for that.
package local

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/shequ-io/shequ/hack/local/district"
)

const (
	toolDir    = "hack/devcluster" // where the devcluster program must be run
	devcluster = "../../bin/devcluster"
)

// Profiles of a cluster.
const (
	// Sim is a real control plane with simulated nodes: no pods run.
	Sim = "sim"
	// Node is a real node with real pods; it needs Linux and root.
	Node = "node"
)

// Cluster is a development cluster. Its methods run from the repository's root
// and need make bin/devcluster to have run.
type Cluster struct {
	Name, Profile string
	// Kubeconfig of its administrator, and the Kubectl that fits it; set by Up.
	Kubeconfig, Kubectl string
	// Servers are what stands in for the district's own servers; nil where there are
	// none, and communities keep no cases. StartDistrict sets it.
	Servers *district.Config
}

// Command runs a program with its output shown; devcluster from its own
// directory, anything else from the repository's root.
func Command(ctx context.Context, name string, args ...string) error {
	cmd := program(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// Output runs a program and returns what it prints; errors show its complaints.
func Output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := program(ctx, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

func program(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	// What is interrupted is asked to end, so that it can clean up after itself.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	if name == devcluster {
		cmd.Dir = toolDir
	}
	return cmd
}

// Preflight says whether this machine can run profile node, and installs what
// is missing if told to. Exit code 3 of the error's process means it can't.
func Preflight(ctx context.Context, install bool) error {
	args := []string{"preflight", "--profile", Node}
	if install {
		args = append(args, "--install")
	}
	return Command(ctx, devcluster, args...)
}

// Up starts the cluster, or finds it running.
func (c *Cluster) Up(ctx context.Context) error {
	if err := Command(ctx, devcluster, "up", "--profile", c.Profile, "--name", c.Name); err != nil {
		return err
	}
	var err error
	if c.Kubeconfig, err = Output(ctx, devcluster, "kubeconfig", "--name", c.Name); err != nil {
		return err
	}
	c.Kubectl, err = Output(ctx, devcluster, "bin", "kubectl")
	return err
}

// Down stops the cluster and removes every trace of it.
func (c *Cluster) Down(ctx context.Context) error {
	return Command(ctx, devcluster, "down", "--name", c.Name)
}

// Load imports the images make images packed.
func (c *Cluster) Load(ctx context.Context) error {
	return Command(ctx, devcluster, "load", "--name", c.Name, "../../dist/operator.tar", "../../dist/station.tar")
}

// Attach starts a process that ends with the cluster.
func (c *Cluster) Attach(ctx context.Context, name, path string, args ...string) error {
	return Command(ctx, devcluster, append([]string{"attach", "--name", c.Name, name, path}, args...)...)
}

// AuditLog is the path of the API server's audit log.
func (c *Cluster) AuditLog(ctx context.Context) (string, error) {
	return Output(ctx, devcluster, "audit-log", "--name", c.Name)
}

// Kube runs a kubectl command with its output shown.
func (c *Cluster) Kube(ctx context.Context, args ...string) error {
	return Command(ctx, c.Kubectl, append([]string{"--kubeconfig", c.Kubeconfig}, args...)...)
}

// KubeOutput runs a kubectl command and returns what it prints.
func (c *Cluster) KubeOutput(ctx context.Context, args ...string) (string, error) {
	return Output(ctx, c.Kubectl, append([]string{"--kubeconfig", c.Kubeconfig}, args...)...)
}

// Dir is a directory that goes with the cluster.
func (c *Cluster) Dir() (string, error) {
	dir := filepath.Join(filepath.Dir(c.Kubeconfig), "local")
	return dir, os.MkdirAll(dir, 0o755)
}

// Devcluster runs another verb of devcluster and returns what it prints.
func (*Cluster) Devcluster(ctx context.Context, args ...string) (string, error) {
	return Output(ctx, devcluster, args...)
}
