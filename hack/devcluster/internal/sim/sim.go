// Package sim gives a control plane nodes that are only played: pods are
// scheduled to them and become ready within a second, and nothing runs.
//
// It needs no privileges and no Linux. What depends on a real process, such
// as logs, exec, probes or an answer over HTTP, cannot be had here.
package sim

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

//go:embed kwok.yaml
var kwokConfig string

// Up starts the player of the nodes and waits until pods can be scheduled.
func Up(ctx context.Context, c *cluster.Cluster, bins map[string]string, progress io.Writer) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	config, err := c.WriteFile(kwokConfig, "conf", "kwok.yaml")
	if err != nil {
		return err
	}
	fmt.Fprintf(progress, "starting %d simulated nodes\n", c.Nodes)
	if err := c.Procs().Start(kwokSpec(c, bins["kwok"], config)); err != nil {
		return err
	}
	for i := range c.Nodes {
		name, manifest := node(i)
		if err := client.Apply(ctx, "/api/v1/nodes/"+name, manifest); err != nil {
			return err
		}
	}
	if err := c.WaitControllers(ctx); err != nil {
		return err
	}
	for i := range c.Nodes {
		name, _ := node(i)
		err := c.WaitFor(ctx, "kwok", time.Minute, func(ctx context.Context) error {
			return cluster.NodeReady(ctx, client, name)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func kwokSpec(c *cluster.Cluster, path, config string) procs.Spec {
	return procs.Spec{
		Name: "kwok", Path: path,
		Args: []string{
			"--kubeconfig=" + c.ComponentKubeconfig("kwok"),
			"--config=" + config,
			fmt.Sprintf("--server-address=%s:%d", cluster.Loopback, c.Ports["kwok"]),
		},
		// Settings of the user's own kwok clusters must not reach this one.
		Env: []string{"KWOK_WORKDIR=" + c.Path("kwok")},
	}
}

// node returns a simulated node. Each is in a zone of its own, so that rules
// about spreading have something to spread over.
func node(i int) (name, manifest string) {
	name = fmt.Sprintf("sim-%d", i)
	return name, fmt.Sprintf(`apiVersion: v1
kind: Node
metadata:
  name: %[1]s
  annotations:
    kwok.x-k8s.io/node: fake
  labels:
    kubernetes.io/hostname: %[1]s
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    topology.kubernetes.io/zone: zone-%[2]d
`, name, i)
}
