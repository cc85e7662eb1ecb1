// Command bench measures how fast a district comes to life: many communities
// with their stations and grids, from nothing to all Ready, on a real control
// plane with simulated nodes.
//
// It prints ratios to a floor measured in the same run, never absolute promises:
// the floor is a bare client that server-side-applies exactly the same children
// and writes one status per intent object. It is no test and asserts nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	if err := bench(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench() error {
	n := flag.Int("communities", 100, "number of communities")
	levels := flag.String("concurrency", "8,16,32", "concurrencies of the floor's client; the best counts")
	verbose := flag.Bool("v", false, "show the operator's log")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctrl.SetLogger(logr.Discard())
	if *verbose {
		ctrl.SetLogger(stderrLogger())
	}
	return run(ctx, *n, *levels)
}

func run(ctx context.Context, communities int, levels string) error {
	district, err := loadDistrict(communities)
	if err != nil {
		return err
	}
	fmt.Printf("district: %d communities, %d intent objects\n", communities, len(district.intents))

	ours, err := measureOperator(ctx, district)
	if err != nil {
		return fmt.Errorf("operator: %w", err)
	}
	ours.print(communities)

	var best floorFigures
	for field := range strings.SplitSeq(levels, ",") {
		workers, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || workers < 1 {
			return fmt.Errorf("--concurrency: %q is not a number above 0", field)
		}
		got, err := measureFloor(ctx, district, ours, workers)
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		fmt.Printf("floor, %2d at a time:     %6.2f s  (%d writes, %.0f a second); its pods available %.2f s\n", workers,
			got.written.Seconds(), ours.floorWrites(), float64(ours.floorWrites())/got.written.Seconds(), got.available.Seconds())
		if best.written == 0 || got.written < best.written {
			best = got
		}
	}
	ready := ours.ready.Seconds()
	fmt.Printf("\nratio, all Ready : floor = %.2f  (%.2f s : %.2f s)\n", ready/best.written.Seconds(), ready, best.written.Seconds())
	fmt.Printf("ratio, all Ready : floor and its pods = %.2f  (%.2f s : %.2f s)\n", ready/best.available.Seconds(), ready, best.available.Seconds())
	return nil
}
