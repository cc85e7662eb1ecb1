// Command station holds the programs that run in a community: the resident's
// portal, the staff's desk, the courier that delivers to information systems, and the
// migration of their database. Each is a subcommand, so that one image serves them all
// while each runs with only what it needs.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

const usage = `station runs the programs of a community.

Usage:

  station portal  [flags]   serve the residents' site
  station desk    [flags]   serve the staff's pages and do the station's own jobs
  station courier [flags]   deliver to information systems, and take what they send
  station migrate [flags]   bring the community's database to this release

Run "station portal -h" for the flags.
`

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// After the first signal the default is back: a second one ends at once.
	context.AfterFunc(ctx, cancel)
	code := run(ctx, os.Args[1:], os.Stderr)
	cancel()
	os.Exit(code)
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stderr io.Writer) int {
	if len(args) == 0 {
		_, _ = io.WriteString(stderr, usage)
		return 2
	}
	switch name := args[0]; name {
	case "portal", "desk", courierProgram:
		return serveProgram(ctx, name, args[1:], stderr)
	case "migrate":
		return migrate(ctx, args[1:], stderr)
	case "help", "-h", "-help", "--help":
		_, _ = io.WriteString(stderr, usage)
		return 0
	default:
		_, _ = fmt.Fprintf(stderr, "station: unknown program %q; use portal, desk, courier or migrate\n", name)
		return 2
	}
}
