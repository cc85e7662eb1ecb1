package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/shequ-io/shequ/hack/devcluster/internal/bins"
)

func build(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	profile := flags.String("profile", "sim", "assets, sim, node or all")
	if err := parse(flags, args, 0, 0); err != nil {
		return err
	}
	_, err := ensureProfile(ctx, *profile)
	return err
}

func assets(ctx context.Context, args []string) error {
	if err := parse(flag.NewFlagSet("assets", flag.ContinueOnError), args, 0, 0); err != nil {
		return err
	}
	paths, err := ensureProfile(ctx, "assets")
	if err != nil {
		return err
	}
	cache, err := newCache()
	if err != nil {
		return err
	}
	list, err := bins.Profile("assets")
	if err != nil {
		return err
	}
	dir, err := cache.Directory(paths, list)
	if err != nil {
		return err
	}
	fmt.Println(dir)
	return nil
}

func bin(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bin", flag.ContinueOnError)
	if err := parse(flags, args, 1, 1); err != nil {
		return err
	}
	binary, err := bins.Lookup(flags.Arg(0))
	if err != nil {
		return err
	}
	cache, err := newCache()
	if err != nil {
		return err
	}
	paths, err := cache.Ensure(ctx, []bins.Binary{binary})
	if err != nil {
		return err
	}
	fmt.Println(paths[binary.Name])
	return nil
}

func ensureProfile(ctx context.Context, profile string) (map[string]string, error) {
	list, err := bins.Profile(profile)
	if err != nil {
		return nil, err
	}
	cache, err := newCache()
	if err != nil {
		return nil, err
	}
	return cache.Ensure(ctx, list)
}

func newCache() (*bins.Cache, error) {
	source, err := sourceDir()
	if err != nil {
		return nil, err
	}
	user, err := bins.UserDir()
	if err != nil {
		return nil, err
	}
	return &bins.Cache{Source: source, Dir: filepath.Join(user, "bin"), Progress: os.Stderr}, nil
}
