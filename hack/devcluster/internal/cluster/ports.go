package cluster

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are taken from a range below the ones that systems hand out to
// outgoing connections and below NodePorts: a component that is restarted
// must find its port free.
const (
	firstPort = 20000
	lastPort  = 29999
)

// portNames lists who needs a port in the profile.
func portNames(profile string) []string {
	names := []string{"etcd", "etcd-peer", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
	if profile == "sim" {
		return append(names, "kwok")
	}
	return append(names, "kubelet", "kubelet-health", "kube-proxy-health", "kube-proxy-metrics")
}

// freePorts finds a port for each name on which nobody listens.
func freePorts(names []string) (map[string]int, error) {
	ports := make(map[string]int, len(names))
	taken := map[int]bool{}
	for _, name := range names {
		port, err := freePort(taken)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		taken[port] = true
		ports[name] = port
	}
	return ports, nil
}

func freePort(taken map[int]bool) (int, error) {
	for range 200 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if taken[port] {
			continue
		}
		// Any address: whoever listens on all of them occupies ours, too.
		listener, err := net.Listen("tcp", net.JoinHostPort("", strconv.Itoa(port)))
		if err != nil {
			continue
		}
		listener.Close()
		return port, nil
	}
	return 0, errors.New("found no free port")
}
