package main

import (
	"context"
	"fmt"
	"os"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/procs"
)

// attach starts a process that belongs to a cluster: it outlives this command,
// has a pid file and a log like the cluster's own, and ends with "down".
func attach(ctx context.Context, args []string) error {
	flags, name := nameFlag("attach")
	const most = 1000
	if err := parse(flags, args, 2, most); err != nil {
		return err
	}
	spec := procs.Spec{Name: flags.Arg(0), Path: flags.Arg(1), Args: flags.Args()[2:]}
	return withCluster(ctx, *name, func(c *cluster.Cluster) error {
		if err := mustExist(c); err != nil {
			return err
		}
		if err := c.Procs().Start(spec); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%s runs; its log is %s\n", spec.Name, c.Procs().LogPath(spec.Name))
		return nil
	})
}
