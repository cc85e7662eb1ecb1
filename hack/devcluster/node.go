package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shequ-io/shequ/hack/devcluster/internal/bins"
	"github.com/shequ-io/shequ/hack/devcluster/internal/cluster"
	"github.com/shequ-io/shequ/hack/devcluster/internal/images"
	"github.com/shequ-io/shequ/hack/devcluster/internal/node"
)

// exitCannotRun is the exit code when the machine cannot run the profile.
const exitCannotRun = 3

func cannotRun(problems []node.Problem) error {
	return codedError{fmt.Errorf("this machine cannot run profile node:\n%s", node.Report(problems)), exitCannotRun}
}

func preflight(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("preflight", flag.ContinueOnError)
	profile := flags.String("profile", "node", "sim or node")
	install := flags.Bool("install", false, "install what is missing with apt-get")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	switch *profile {
	case "sim":
		fmt.Println("this machine can run profile sim")
		return nil
	case "node":
	default:
		return usageError("preflight: unknown profile %q", *profile)
	}
	problems := node.Preflight(ctx)
	if packages := node.Packages(problems); *install && len(packages) > 0 {
		if err := node.Install(ctx, packages, os.Stderr); err != nil {
			return err
		}
		problems = node.Preflight(ctx)
	}
	if len(problems) > 0 {
		return cannotRun(problems)
	}
	fmt.Println("this machine can run profile node")
	return nil
}

func load(ctx context.Context, args []string) error {
	flags, name := nameFlag("load")
	if err := parse(flags, args, 1, 100); err != nil {
		return err
	}
	return withCluster(ctx, *name, func(c *cluster.Cluster) error {
		if err := mustExist(c); err != nil {
			return err
		}
		if c.Profile == "sim" {
			fmt.Fprintln(os.Stderr, "profile sim runs no images; there is nothing to load")
			return nil
		}
		ctr, err := bins.Lookup("ctr")
		if err != nil {
			return err
		}
		cache, err := newCache()
		if err != nil {
			return err
		}
		paths, err := cache.Ensure(ctx, []bins.Binary{ctr})
		if err != nil {
			return err
		}
		return node.Load(ctx, paths[ctr.Name], flags.Args())
	})
}

// nodeImages packs the images that the node itself needs.
func nodeImages(ctx context.Context, programs map[string]string) ([]string, error) {
	user, err := bins.UserDir()
	if err != nil {
		return nil, err
	}
	return images.Ensure(ctx, programs, filepath.Join(user, "images"))
}

// programsDir is the directory all programs are run from, as /proc shows it.
func programsDir() (string, error) {
	user, err := bins.UserDir()
	if err != nil {
		return "", err
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(user, "bin"))
	if os.IsNotExist(err) {
		return filepath.Join(user, "bin"), nil
	}
	return dir, err
}
