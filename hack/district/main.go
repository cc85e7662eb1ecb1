// Command district stands in for what a district brings along to a development
// cluster: a PostgreSQL server, an OpenID provider for staff, a gateway that ends
// TLS and leads a hostname to a community's Service, and line departments'
// information systems.
//
// It is for the demo and for tests on a real node, not a way to run any of them:
// its passwords stand in its configuration file, and what it keeps is gone when it ends.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/shequ-io/shequ/hack/local/district"
)

func main() {
	path := flag.String("config", "", "the configuration `file`, as hack/local/district writes it")
	flag.Parse()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *path, log)
	stop()
	if err != nil {
		log.Error("district ended", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, path string, log *slog.Logger) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read --config: %w", err)
	}
	var c district.Config
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	papers, err := certify(c.Dir, c.Address)
	if err != nil {
		return err
	}
	db := &postgres{dir: c.Data, address: c.Address, config: c.Postgres, papers: papers, log: log}
	if err := db.prepare(ctx); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(c.Data) }()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return db.run(ctx) })
	group.Go(func() error { return provide(ctx, c, papers) })
	group.Go(func() error { return lead(ctx, c, papers, log) })
	group.Go(func() error { return simulate(ctx, c) })
	return group.Wait()
}
