// Command admission measures how fast the tasks of a district are decided on: a
// random district of many communities, at every one of whose doors stand the
// same many tasks, on a real control plane.
//
// It prints figures and their ratio to a floor measured in the same run, never
// absolute promises: the floor is a bare client that writes the same ledgers. It
// is no test and asserts nothing. What communities provision is left out: their
// status is set as the operator would, and its other controllers do not run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// options of a run.
type options struct {
	communities, tasks, rounds int
	seed                       uint64
	levels, profile, parts     string
}

func main() {
	ctrl.SetLogger(logr.Discard())
	if err := start(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func start() error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && os.Args[1] == "operator" {
		return operate(ctx, os.Args[2:])
	}
	return bench(ctx)
}

func bench(ctx context.Context) error {
	var o options
	flag.IntVar(&o.communities, "communities", 200, "number of communities")
	flag.IntVar(&o.tasks, "tasks", 160, "number of tasks, each at every community's door")
	flag.IntVar(&o.rounds, "rounds", 30, "lone changes of each sort")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the district")
	flag.StringVar(&o.levels, "concurrency", "4,8,16", "concurrencies of the floor's client; the best counts")
	flag.StringVar(&o.profile, "profile", "", "write the operator's CPU profile of its first run to this file")
	flag.StringVar(&o.parts, "parts", "empty,rest,lone,more,stream,restart,floor", "what to measure, in this order")
	flag.Parse()
	b, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer b.close(ctx)
	parts := map[string]func(context.Context) error{
		"empty": b.fromEmpty, "rest": b.atRest, "lone": b.lone, "more": b.oneMore, "stream": b.stream, "restart": b.restart, "floor": b.floor,
	}
	for name := range strings.SplitSeq(o.parts, ",") {
		measure, ok := parts[name]
		if !ok {
			return fmt.Errorf("--parts: there is no part %q", name)
		}
		if err := measure(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
