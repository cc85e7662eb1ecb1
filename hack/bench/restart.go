package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/go-logr/logr"

	"github.com/shequ-io/shequ/hack/bench/measure"
	"github.com/shequ-io/shequ/hack/local"
)

// restartFigures are of the operator's own program, started over the converged
// district.
type restartFigures struct {
	writes   int
	rssBytes int64
}

// measureRestart starts bin/operator over the converged district and counts
// what it writes, from the API server's audit log.
func measureRestart(ctx context.Context, cluster *local.Cluster, config, kubeconfig string) (restartFigures, error) {
	var out restartFigures
	audit, err := measure.OpenAudit(ctx, cluster)
	if err != nil {
		return out, err
	}
	cmd := exec.CommandContext(ctx, "bin/operator", "--config="+config, "--kubeconfig="+kubeconfig,
		"--metrics-bind-address=0", "--health-probe-bind-address=0", "--log-level=error")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return out, err
	}
	time.Sleep(restTime)
	out.rssBytes = measure.RSS(cmd.Process.Pid)
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	writes, err := audit.Writes()
	out.writes = len(writes)
	return out, err
}

// print shows the operator's figures.
func (o *outcome) print(communities int) {
	n := float64(communities)
	fmt.Printf("operator, all Ready:     %6.2f s  (last write %.2f s)\n", o.ready.Seconds(), o.lastWrite.Seconds())
	fmt.Printf("  writes %d (%.1f a community), refused %d, reads %d\n", len(o.writes), float64(len(o.writes))/n, o.failed, o.reads)
	fmt.Printf("  a write took %.0f ms on average; %.1f were under way at once\n",
		o.inFlight.Seconds()*1000/float64(len(o.writes)), o.inFlight.Seconds()/o.lastWrite.Seconds())
	counts := kinds(o.writes)
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf("    %-34s %6d  (%.1f a community)\n", name, counts[name], float64(counts[name])/n)
	}
	fmt.Printf("  bytes sent %.1f KiB, received %.1f KiB a community\n", float64(o.sent)/n/1024, float64(o.received)/n/1024)
	fmt.Printf("  writes at rest in %s: %d\n", restTime, o.atRest)
	fmt.Printf("  writes after a restart: %d; resident memory %.1f MiB (%.0f KiB a community)\n",
		o.restart.writes, float64(o.restart.rssBytes)/(1<<20), float64(o.restart.rssBytes)/n/1024)
}

func stderrLogger() logr.Logger {
	return logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, nil))
}
