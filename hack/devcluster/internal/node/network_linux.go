package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
)

const forwardChain = "SHEQU-FORWARD"

// networkUp makes the bridge and what traffic on it needs. The bridge comes
// before everything else: the API server listens on its address.
func networkUp(ctx context.Context) error {
	if _, err := net.InterfaceByName(bridge); err != nil {
		if _, err := run(ctx, "ip", "link", "add", "name", bridge, "address", bridgeMAC, "type", "bridge"); err != nil {
			return err
		}
	}
	// Pods have IPv4 addresses only. A kernel without IPv6 has no such file.
	_ = setSysctl("net/ipv6/conf/"+bridge+"/disable_ipv6", "1")
	for name, value := range map[string]string{
		"net/ipv4/ip_forward":                "1",
		"net/bridge/bridge-nf-call-iptables": "1",
	} {
		if err := setSysctl(name, value); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"addr", "replace", cluster.Gateway + "/24", "dev", bridge},
		{"link", "set", bridge, "up"},
		// The machine itself reaches Services even where it has no default
		// route: a packet needs some route before its address is translated.
		{"route", "replace", cluster.ServiceCIDR, "dev", bridge, "src", cluster.Gateway},
	} {
		if _, err := run(ctx, "ip", args...); err != nil {
			return err
		}
	}
	return forwardRules(ctx)
}

// forwardRules lets pods reach each other, whatever else filters on this
// machine, and keeps them and the outside apart.
func forwardRules(ctx context.Context) error {
	saved, err := run(ctx, "iptables-save", "-t", "filter")
	if err != nil {
		return err
	}
	if strings.Contains(saved, "-A FORWARD -j "+forwardChain) {
		return nil
	}
	return restoreRules(ctx, "iptables-restore", fmt.Sprintf(`*filter
:%[1]s - [0:0]
-A %[1]s -i %[2]s -o %[2]s -j ACCEPT
-A %[1]s -i %[2]s -j REJECT
-A %[1]s -o %[2]s -j DROP
-I FORWARD 1 -j %[1]s
COMMIT
`, forwardChain, bridge))
}

func restoreRules(ctx context.Context, command, rules string) error {
	cmd := exec.CommandContext(ctx, command, "--noflush", "-w", "10")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", command, err, bytes.TrimSpace(out))
	}
	return nil
}

// networkDown removes links and rules, and what the kernel remembers of
// connections: the next cluster uses the same addresses for other things.
func networkDown(ctx context.Context) error {
	var errs []error
	ports, _ := os.ReadDir(filepath.Join("/sys/class/net", bridge, "brif"))
	for _, port := range ports {
		// A pod's link vanishes with its namespace, perhaps just now.
		_, _ = run(ctx, "ip", "link", "delete", port.Name())
	}
	if _, err := net.InterfaceByName(bridge); err == nil {
		_, err := run(ctx, "ip", "link", "delete", bridge)
		errs = append(errs, err)
	}
	for _, family := range []string{"iptables", "ip6tables"} {
		saved, err := run(ctx, family+"-save")
		if err != nil {
			// Without the command there are no rules of ours either.
			continue
		}
		if rules := cleanupRules(saved); rules != "" {
			errs = append(errs, restoreRules(ctx, family+"-restore", rules))
		}
	}
	for _, filter := range [][]string{{"-d", cluster.ServiceCIDR}, {"-s", cluster.PodCIDR}, {"-d", cluster.PodCIDR}} {
		// It fails when there is nothing to delete.
		_, _ = run(ctx, "conntrack", append([]string{"-D"}, filter...)...)
	}
	return errors.Join(errs...)
}
