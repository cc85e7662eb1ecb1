package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/flock"
	"github.com/shequ-io/shequ/hack/devcluster/internal/node"
	"github.com/shequ-io/shequ/hack/devcluster/internal/sim"
)

const defaultName = "dev"

// nameFlag is what all verbs about a cluster share.
func nameFlag(verb string) (*flag.FlagSet, *string) {
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	return flags, flags.String("name", defaultName, "the cluster's name")
}

func up(ctx context.Context, args []string) error {
	flags, name := nameFlag("up")
	want := cluster.Record{}
	flags.StringVar(&want.Profile, "profile", "sim", "sim or node")
	flags.IntVar(&want.Nodes, "nodes", 3, "number of simulated nodes")
	flags.BoolVar(&want.AuditReads, "audit-reads", false, "have the audit log list reads, too")
	keep := flags.Bool("keep", false, "leave a start that failed for a look")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	if want.Profile != "sim" && want.Profile != "node" {
		return usageError("up: unknown profile %q", want.Profile)
	}
	if want.Nodes < 1 || want.Nodes > 1000 {
		return usageError("up: --nodes must be between 1 and 1000")
	}
	if want.Profile == "node" {
		if problems := node.Preflight(ctx); len(problems) > 0 {
			return cannotRun(problems)
		}
	}
	bins, err := ensureProfile(ctx, want.Profile)
	if err != nil {
		return err
	}
	return withCluster(ctx, *name, func(c *cluster.Cluster) error {
		start := time.Now()
		fresh := !c.Exists()
		if err := startCluster(ctx, c, want, bins, os.Stderr); err != nil {
			if !fresh || *keep {
				return err
			}
			// The context may be what failed; cleaning up must still work.
			return errors.Join(err, stopCluster(context.WithoutCancel(ctx), c, os.Stderr))
		}
		fmt.Fprintf(os.Stderr, "cluster %s is up (%s)\n", c.Name, time.Since(start).Round(100*time.Millisecond))
		fmt.Println(c.Kubeconfig())
		return nil
	})
}

// withCluster opens the cluster and keeps others off it meanwhile.
func withCluster(ctx context.Context, name string, do func(*cluster.Cluster) error) error {
	c, err := cluster.Open(name)
	if err != nil {
		return err
	}
	unlock, err := flock.Lock(ctx, c.LockPath(), func() {
		fmt.Fprintf(os.Stderr, "another command works on cluster %s; waiting for it\n", name)
	})
	if err != nil {
		return err
	}
	defer func() {
		// The lock file goes with the cluster, not before.
		if !c.DirExists() {
			_ = os.Remove(c.LockPath())
		}
		unlock()
	}()
	// It may have changed while we waited.
	if c, err = cluster.Open(name); err != nil {
		return err
	}
	return do(c)
}

// startCluster starts what does not run yet.
func startCluster(ctx context.Context, c *cluster.Cluster, want cluster.Record, bins map[string]string, progress io.Writer) error {
	if c.Exists() {
		if c.Profile != want.Profile || c.AuditReads != want.AuditReads || c.Profile == "sim" && c.Nodes != want.Nodes {
			return fmt.Errorf("cluster %s exists with other settings (%s); take it down first", c.Name, describe(c.Record))
		}
		return startProfile(ctx, c, bins, progress)
	}
	if c.DirExists() {
		fmt.Fprintln(progress, "cleaning up after an earlier start that was cut short")
		if err := stopCluster(ctx, c, progress); err != nil {
			return err
		}
	}
	if err := c.Create(want); err != nil {
		return err
	}
	return startProfile(ctx, c, bins, progress)
}

func describe(r cluster.Record) string {
	text := "profile " + r.Profile
	if r.Profile == "sim" {
		text += fmt.Sprintf(", %d nodes", r.Nodes)
	}
	if r.AuditReads {
		text += ", reads audited"
	}
	return text
}

func startProfile(ctx context.Context, c *cluster.Cluster, bins map[string]string, progress io.Writer) error {
	if c.Profile == "sim" {
		if err := c.StartControlPlane(ctx, bins, progress); err != nil {
			return err
		}
		return sim.Up(ctx, c, bins, progress)
	}
	archives, err := nodeImages(ctx, bins)
	if err != nil {
		return err
	}
	if err := node.Prepare(ctx, c, bins, archives, progress); err != nil {
		return err
	}
	if err := c.StartControlPlane(ctx, bins, progress); err != nil {
		return err
	}
	return node.Up(ctx, c, bins, progress)
}

func restart(ctx context.Context, args []string) error {
	flags, name := nameFlag("restart")
	if err := parse(flags, args, 1, 100); err != nil {
		return err
	}
	return withCluster(ctx, *name, func(c *cluster.Cluster) error {
		if err := mustExist(c); err != nil {
			return err
		}
		list, err := c.Procs().List()
		if err != nil {
			return err
		}
		var known []string
		for _, p := range list {
			known = append(known, p.Name)
		}
		for _, process := range flags.Args() {
			if !slices.Contains(known, process) {
				return fmt.Errorf("cluster %s has no process %q: there are %v", c.Name, process, known)
			}
		}
		bins, err := ensureProfile(ctx, c.Profile)
		if err != nil {
			return err
		}
		if err := c.Procs().Stop(ctx, 5*time.Second, flags.Args()...); err != nil {
			return err
		}
		return startProfile(ctx, c, bins, os.Stderr)
	})
}

func mustExist(c *cluster.Cluster) error {
	if !c.Exists() {
		return fmt.Errorf("there is no cluster %s; start it with: up --name %s", c.Name, c.Name)
	}
	return nil
}
