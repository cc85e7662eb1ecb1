package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
)

// owner names the cluster whose node this machine is.
type owner struct {
	Name string `json:"name"`
	Dir  string `json:"dir"`
}

func ownerPath() string { return filepath.Join(runDir, "owner.json") }

func readOwner() (*owner, error) {
	data, err := os.ReadFile(ownerPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	o := &owner{}
	if err := json.Unmarshal(data, o); err != nil {
		return nil, fmt.Errorf("%s: %w", ownerPath(), err)
	}
	return o, nil
}

// claim makes the machine this cluster's node, unless it is another's.
func claim(ctx context.Context, c *cluster.Cluster) error {
	o, err := readOwner()
	if err != nil {
		return err
	}
	if o != nil && o.Dir == c.Dir {
		return nil
	}
	if o != nil {
		if _, err := os.Stat(o.Dir); err == nil {
			return fmt.Errorf("this machine is the node of cluster %s (%s) already; take that down first", o.Name, o.Dir)
		}
		return fmt.Errorf("the state of cluster %s (%s) was deleted while it was up; clean up with: SHEQU_STATE_DIR=%s down --name %s",
			o.Name, o.Dir, filepath.Dir(o.Dir), o.Name)
	}
	if err := inTheWay(ctx); err != nil {
		return err
	}
	if err := saveFootprint(c); err != nil {
		return err
	}
	return writeJSON(ownerPath(), owner{Name: c.Name, Dir: c.Dir})
}

// inTheWay looks for what would be broken, or would break, if this machine
// became a node now.
func inTheWay(ctx context.Context) error {
	if _, err := net.InterfaceByName(bridge); err == nil {
		return fmt.Errorf("there is a network link %s that no cluster of ours left", bridge)
	}
	saved, err := run(ctx, "iptables-save")
	if err != nil {
		return err
	}
	if chains := ownChains(saved); len(chains) > 0 {
		return fmt.Errorf("there are iptables chains of another cluster, such as %s; one machine can be one node", chains[0])
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return err
	}
	for _, cidr := range []string{cluster.PodCIDR, cluster.ServiceCIDR} {
		ours := netip.MustParsePrefix(cidr)
		for _, address := range addresses {
			theirs, err := netip.ParsePrefix(address.String())
			if err == nil && theirs.Overlaps(ours) {
				return fmt.Errorf("the machine's address %s is in the range %s that the cluster needs", address, cidr)
			}
		}
	}
	return nil
}

// footprint is what has to be put back.
type footprint struct {
	// Boot is the boot during which Sysctls were read.
	Boot    string            `json:"boot"`
	Sysctls map[string]string `json:"sysctls"`
	// Absent are paths that did not exist, and are to be removed again.
	Absent []string `json:"absent"`
}

// touched lists what the kubelet, containerd and the plugins create or set
// at fixed places, whatever their configuration says.
var (
	touchedPaths = []string{
		"/etc/cni", "/etc/containerd", "/opt/cni", "/opt/containerd", "/run/cdi", "/run/containerd", "/run/mount",
		"/run/netns", "/run/nri", "/run/runc", "/run/xtables.lock", "/usr/libexec/kubernetes", "/var/lib/cni", "/var/lib/containerd",
		"/var/lib/kubelet", "/var/log/containers", "/var/log/pods",
	}
	touchedSysctls = []string{
		"kernel/keys/root_maxbytes", "kernel/keys/root_maxkeys", "kernel/panic", "kernel/panic_on_oops",
		"net/bridge/bridge-nf-call-iptables", "net/ipv4/conf/all/route_localnet", "net/ipv4/ip_forward",
		"net/netfilter/nf_conntrack_max", "vm/overcommit_memory", "vm/panic_on_oom",
	}
)

func footprintPath(c *cluster.Cluster) string { return c.Path("footprint.json") }

// saveFootprint notes what is there before anything is touched. After a
// reboot, the settings are new but the paths are those of the first time.
func saveFootprint(c *cluster.Cluster) error {
	f, err := readFootprint(c)
	if err != nil {
		return err
	}
	if f == nil {
		f = &footprint{}
		for _, path := range touchedPaths {
			if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
				f.Absent = append(f.Absent, path)
			}
		}
	}
	if boot := bootID(); f.Boot != boot {
		f.Boot, f.Sysctls = boot, map[string]string{}
		for _, name := range touchedSysctls {
			if data, err := os.ReadFile(sysctlPath(name)); err == nil {
				f.Sysctls[name] = strings.TrimSpace(string(data))
			}
		}
	}
	return writeJSON(footprintPath(c), f)
}

func readFootprint(c *cluster.Cluster) (*footprint, error) {
	data, err := os.ReadFile(footprintPath(c))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f := &footprint{}
	if err := json.Unmarshal(data, f); err != nil {
		return nil, fmt.Errorf("%s: %w", footprintPath(c), err)
	}
	return f, nil
}

func bootID() string {
	data, _ := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(data))
}

func sysctlPath(name string) string { return filepath.Join("/proc/sys", name) }

// restoreFootprint puts back what saveFootprint found.
func restoreFootprint(c *cluster.Cluster) error {
	f, err := readFootprint(c)
	if err != nil || f == nil {
		return err
	}
	var errs []error
	if f.Boot == bootID() {
		for name, value := range f.Sysctls {
			errs = append(errs, setSysctl(name, value))
		}
	}
	for _, path := range f.Absent {
		// Nothing may be mounted there: removing would reach through it.
		if left := mountsBelow(readMounts(), path); len(left) > 0 {
			errs = append(errs, fmt.Errorf("%s is still mounted", left[0]))
			continue
		}
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

func setSysctl(name, value string) error {
	data, err := os.ReadFile(sysctlPath(name))
	if err == nil && strings.TrimSpace(string(data)) == value {
		return nil
	}
	return os.WriteFile(sysctlPath(name), []byte(value), 0o644)
}

func readMounts() string {
	data, _ := os.ReadFile("/proc/self/mountinfo")
	return string(data)
}

func writeJSON(path string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp := path + ".tmp"
	if err := os.WriteFile(temp, data, 0o644); err != nil {
		return err
	}
	return os.Rename(temp, path)
}
