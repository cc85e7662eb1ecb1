package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/node"
	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

func down(ctx context.Context, args []string) error {
	flags, name := nameFlag("down")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	return withCluster(ctx, *name, func(c *cluster.Cluster) error {
		if !c.DirExists() && !node.Owns(c) {
			fmt.Fprintf(os.Stderr, "there is no cluster %s\n", c.Name)
			return nil
		}
		if err := stopCluster(ctx, c, os.Stderr); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "cluster %s is down\n", c.Name)
		return nil
	})
}

// stopCluster stops and removes all there is of a cluster, however far its
// start or an earlier stop had come.
func stopCluster(ctx context.Context, c *cluster.Cluster, progress io.Writer) error {
	programs, err := programsDir()
	if err != nil {
		return err
	}
	if node.Owns(c) {
		if err := node.Down(ctx, c, programs, progress); err != nil {
			return err
		}
	}
	fmt.Fprintln(progress, "stopping the control plane")
	if err := stopProcesses(ctx, c, programs); err != nil {
		return err
	}
	return os.RemoveAll(c.Dir)
}

// stopProcesses ends what has a pid file, and what a crash left without one.
// Nothing of their state is kept, so they get little time to end in order.
func stopProcesses(ctx context.Context, c *cluster.Cluster, programs string) error {
	table := c.Procs()
	list, err := table.List()
	if err != nil {
		return err
	}
	var names []string
	for _, p := range list {
		names = append(names, p.Name)
	}
	if err := table.Stop(ctx, 2*time.Second, names...); err != nil {
		return err
	}
	strays, err := procs.Strays(programs, c.Dir+string(filepath.Separator))
	if err != nil {
		return err
	}
	return procs.StopAll(ctx, 2*time.Second, strays)
}

func status(ctx context.Context, args []string) error {
	flags, name := nameFlag("status")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	c, err := cluster.Open(*name)
	if err != nil {
		return err
	}
	if !c.Exists() {
		fmt.Printf("cluster %s: not there\n", c.Name)
		return nil
	}
	fmt.Printf("cluster %s: %s, %s\n", c.Name, describe(c.Record), c.Server())
	list, err := c.Procs().List()
	if err != nil {
		return err
	}
	for _, p := range list {
		state := "runs"
		if !p.Alive() {
			state = "DEAD"
		}
		fmt.Printf("  %-24s %s  pid %-8d %s\n", p.Name, state, p.PID, c.Procs().LogPath(p.Name))
	}
	client, err := c.Client()
	if err != nil {
		return err
	}
	if err := client.Ready(ctx, "/readyz"); err != nil {
		fmt.Printf("  the API server is not ready: %v\n", err)
		return nil
	}
	fmt.Println("  the API server is ready")
	return nil
}

func kubeconfig(_ context.Context, args []string) error {
	return printPath("kubeconfig", args, (*cluster.Cluster).Kubeconfig)
}

func auditLog(_ context.Context, args []string) error {
	return printPath("audit-log", args, (*cluster.Cluster).AuditLog)
}

func printPath(verb string, args []string, path func(*cluster.Cluster) string) error {
	flags, name := nameFlag(verb)
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	c, err := cluster.Open(*name)
	if err != nil {
		return err
	}
	if err := mustExist(c); err != nil {
		return err
	}
	fmt.Println(path(c))
	return nil
}
