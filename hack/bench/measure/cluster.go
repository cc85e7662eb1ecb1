// Package measure is what the benchmarks share: a fresh cluster, the operator's
// writes from the API server's audit log, and the memory of a process. It
// prints nothing and judges nothing.
package measure

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/hack/local"
)

// FreshCluster starts a cluster of a name from nothing, installs Shequ without
// its operator, and returns it with its administrator's client.
func FreshCluster(ctx context.Context, name string) (*local.Cluster, client.WithWatch, error) {
	cluster := &local.Cluster{Name: name, Profile: local.Sim}
	if err := cluster.Down(ctx); err != nil {
		return nil, nil, err
	}
	if err := cluster.Up(ctx); err != nil {
		return nil, nil, err
	}
	if _, err := cluster.Install(ctx); err != nil {
		return nil, nil, err
	}
	config, err := RESTConfig(cluster.Kubeconfig)
	if err != nil {
		return nil, nil, err
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: controllers.Scheme()})
	return cluster, c, err
}

// Down removes a cluster, also after an interrupt.
func Down(ctx context.Context, cluster *local.Cluster) {
	if err := cluster.Down(context.WithoutCancel(ctx)); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

// RESTConfig is that of a kubeconfig, without a limit of its own.
func RESTConfig(path string) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	return config, nil
}

// RSS is a process's resident memory; 0 where it can't be told.
func RSS(pid int) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(data), "\n") {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == "VmRSS:" {
			kb, _ := strconv.ParseInt(f[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}
