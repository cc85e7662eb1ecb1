package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/shequ-io/shequ/internal/store"
)

// migrate brings the community's database to what this release needs. It tries
// again while the server can't be reached: a Job's own attempts are few.
func migrate(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("station migrate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("secrets", defaultSecrets, "`directory` of the mounted Secret with the owner's uri")
	patience := flags.Duration("patience", 2*time.Minute, "how long to wait for a server that does not answer")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "station migrate: unexpected argument %q; flags begin with --\n", flags.Arg(0))
		return 2
	}
	log := slog.New(slog.NewJSONHandler(stderr, nil)).With("program", "migrate")
	if err := migrateWithin(ctx, secrets(*dir), *patience, log); err != nil {
		log.Error("not migrated", "error", err.Error())
		return 1
	}
	log.Info("migrated")
	return 0
}

const migratePause = 3 * time.Second

func migrateWithin(ctx context.Context, s secrets, patience time.Duration, log *slog.Logger) error {
	uri, err := s.uri()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := store.Migrate(ctx, uri)
		if err == nil || !errors.Is(err, store.ErrUnavailable) {
			return err
		}
		log.Warn("waiting for the database", "error", err.Error())
		select {
		case <-ctx.Done():
			return err
		case <-time.After(migratePause):
		}
	}
}
