package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

// longestDir is how long the state directory's path may be: the kubelet makes
// sockets in it, and a socket's path has room for 108 bytes.
const longestDir = 70

// Prepare does what the control plane needs and what needs no control plane:
// the bridge, the cgroups, containerd and the node's own images.
func Prepare(ctx context.Context, c *cluster.Cluster, bins map[string]string, archives []string, progress io.Writer) error {
	if len(c.Dir) > longestDir {
		return fmt.Errorf("the path %s is too long for sockets in it; set SHEQU_STATE_DIR to a shorter one", c.Dir)
	}
	if err := claim(ctx, c); err != nil {
		return err
	}
	fmt.Fprintln(progress, "preparing the network and containerd")
	if err := networkUp(ctx); err != nil {
		return err
	}
	if err := cgroupsUp(); err != nil {
		return err
	}
	if err := startContainerd(ctx, c, bins); err != nil {
		return err
	}
	return Load(ctx, bins["ctr"], archives)
}

func startContainerd(ctx context.Context, c *cluster.Cluster, bins map[string]string) error {
	plugins, ok := thisMachine().pluginDir()
	if !ok {
		return errors.New("the CNI plugins are missing; see: preflight")
	}
	runc, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	if _, err := c.WriteFile(cniConfig(c.Path("cni", "addresses")), "cni", "net.d", "10-shequ.conflist"); err != nil {
		return err
	}
	config, err := c.WriteFile(containerdConfig(c.Path("containerd"), bins["containerd-shim-runc-v2"],
		runc, plugins, c.Path("cni", "net.d")), "conf", "containerd.toml")
	if err != nil {
		return err
	}
	return c.Run(ctx, procs.Spec{
		Name: "containerd", Path: bins["containerd"], Args: []string{"--config=" + config, "--log-level=warn"},
	}, 30*time.Second, func(ctx context.Context) error {
		_, err := run(ctx, bins["ctr"], "--address="+socket(), "--timeout=2s", "version")
		return err
	})
}

// Load imports image archives for the kubelet to use.
func Load(ctx context.Context, ctr string, archives []string) error {
	for _, archive := range archives {
		if _, err := run(ctx, ctr, "--address="+socket(), "--namespace=k8s.io", "images", "import", archive); err != nil {
			return err
		}
	}
	return nil
}

// Up starts what makes the machine a node and waits until pods run on it and
// find each other by name.
func Up(ctx context.Context, c *cluster.Cluster, bins map[string]string, progress io.Writer) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "starting the kubelet and the proxy")
	if err := startKubelet(c, bins["kubelet"]); err != nil {
		return err
	}
	if err := startProxy(c, bins["kube-proxy"]); err != nil {
		return err
	}
	if err := c.WaitControllers(ctx); err != nil {
		return err
	}
	if err := c.WaitFor(ctx, "kubelet", 2*time.Minute, func(ctx context.Context) error {
		return cluster.NodeReady(ctx, client, cluster.NodeName)
	}); err != nil {
		return err
	}
	fmt.Fprintln(progress, "starting DNS")
	if err := applyDNS(ctx, client); err != nil {
		return err
	}
	return c.WaitFor(ctx, "kube-proxy", 2*time.Minute, dnsAnswers)
}

func startKubelet(c *cluster.Cluster, path string) error {
	// Pods that ask for the node's DNS get none: there is no way out.
	if _, err := c.WriteFile("nameserver "+cluster.DNSService+"\n", "conf", "resolv.conf"); err != nil {
		return err
	}
	config, err := c.WriteFile(kubeletConfig(c), "conf", "kubelet.yaml")
	if err != nil {
		return err
	}
	return c.Procs().Start(procs.Spec{Name: "kubelet", Path: path, Args: []string{
		"--config=" + config,
		"--kubeconfig=" + c.ComponentKubeconfig("kubelet"),
		"--root-dir=" + c.Path("kubelet"),
		"--cert-dir=" + c.Path("kubelet", "pki"),
		"--hostname-override=" + cluster.NodeName,
		"--node-ip=" + cluster.Gateway,
		"--node-labels=topology.kubernetes.io/zone=zone-0",
	}})
}

func startProxy(c *cluster.Cluster, path string) error {
	config, err := c.WriteFile(proxyConfig(c), "conf", "kube-proxy.yaml")
	if err != nil {
		return err
	}
	return c.Procs().Start(procs.Spec{Name: "kube-proxy", Path: path, Args: []string{"--config=" + config}})
}

// Owns says whether this machine carries anything of the cluster's node.
func Owns(c *cluster.Cluster) bool {
	if _, err := os.Stat(footprintPath(c)); err == nil {
		return true
	}
	o, err := readOwner()
	return err == nil && o != nil && o.Dir == c.Dir
}

// Down undoes all that the node did to the machine. Its processes may run
// yet or be gone already; programs is the directory they were started from.
func Down(ctx context.Context, c *cluster.Cluster, programs string, progress io.Writer) error {
	fmt.Fprintln(progress, "stopping the node")
	// The kubelet first: it would start again what is ended.
	if err := c.Procs().Stop(ctx, 2*time.Second, "kubelet", "kube-proxy"); err != nil {
		return err
	}
	if err := cgroupsDown(ctx); err != nil {
		return err
	}
	if err := c.Procs().Stop(ctx, 2*time.Second, "containerd"); err != nil {
		return err
	}
	shims, err := procs.Strays(programs, socket())
	if err != nil {
		return err
	}
	if err := procs.StopAll(ctx, time.Second, shims); err != nil {
		return err
	}
	if err := unmountAll(c.Dir, runDir); err != nil {
		return err
	}
	return errors.Join(networkDown(ctx), restoreFootprint(c), os.RemoveAll(runDir))
}

// unmountAll detaches what is mounted below the directories, and fails if
// anything stays: they are about to be removed with all they contain.
func unmountAll(dirs ...string) error {
	for _, point := range mountsBelow(readMounts(), dirs...) {
		_ = syscall.Unmount(point, syscall.MNT_DETACH)
	}
	if left := mountsBelow(readMounts(), dirs...); len(left) > 0 {
		return fmt.Errorf("%s cannot be unmounted", left[0])
	}
	return nil
}
