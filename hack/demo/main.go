// Command demo brings the twelve communities of Qingnian Road to life on this
// machine: a cluster, the operator, the sample, and a look at what came of it.
//
// It is a guided use of what a district would do by hand (kubectl apply), not a
// way to run Shequ: see docs/guides/install.md for that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/shequ-io/shequ/hack/local"
)

const limit = 40 * time.Minute // on a fresh machine everything is built first

func main() {
	if err := visit(); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

func visit() error {
	profile := flag.String("profile", "", "sim or node; node where this machine can run it when left out")
	install := flag.Bool("install", os.Getenv("INSTALL") == "1" || os.Getenv("CI") == "true", "install the Debian packages profile node lacks")
	name := flag.String("name", "demo", "the cluster's name")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return run(ctx, &demo{Cluster: local.Cluster{Name: *name, Profile: *profile}, install: *install})
}

// demo is one run of the demonstration.
type demo struct {
	local.Cluster
	install bool
	address string // of the portal served without pods (profile sim)
}

// run shows the demo. What is interrupted or fails before the end is taken down
// again; what came up stays, until make demo-down.
func run(ctx context.Context, d *demo) error {
	err := d.show(ctx)
	if err == nil && interactive() {
		say("\nThe demo runs until you press Ctrl-C.")
		<-ctx.Done()
		err = context.Canceled
	}
	if err == nil {
		say("\nIt all keeps running. To stop it and remove every trace: make demo-down")
		return nil
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		say("\nThe cluster is left for a look; to remove it: make demo-down")
		return err
	}
	say("\nStopping, and removing every trace")
	if downErr := d.Down(context.WithoutCancel(ctx)); downErr != nil {
		return downErr
	}
	return nil
}

// show is the demo from start to end.
func (d *demo) show(ctx context.Context) error {
	steps := []struct {
		title string
		do    func(context.Context) error
	}{
		{"Finding out what this machine can run", d.chooseProfile},
		{"Building the operator and the station", d.build},
		{"Starting a cluster", d.startCluster},
		{"Starting what a district brings along: a database server, sign-in for staff, a gateway, information systems", d.startDistrict},
		{"Installing CRDs, policies, roles and the operator", d.installOperator},
		{"Applying the sample: one sub-district, twelve communities, what departments ask of them", d.applySample},
		{"Waiting until all is Ready and every task is decided on", d.wait},
		{"Opening the portals", d.openPortals},
	}
	for i, s := range steps {
		say("\n[%d/%d] %s", i+1, len(steps), s.title)
		start := time.Now()
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
		say("      done in %s", time.Since(start).Round(100*time.Millisecond))
	}
	return d.tables(ctx)
}

func say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// interactive reports whether a person watches.
func interactive() bool {
	info, err := os.Stdout.Stat()
	in, inErr := os.Stdin.Stat()
	return err == nil && inErr == nil && info.Mode()&os.ModeCharDevice != 0 && in.Mode()&os.ModeCharDevice != 0
}
