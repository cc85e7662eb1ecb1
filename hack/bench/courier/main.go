// Command courier measures how fast the courier delivers: messages a second from a
// community's outbox to a simulated system, as a ratio to a bare client that sends the
// same requests, signed alike and as many at once, to the same system in the same run:
// one that takes some time to answer, as systems do, and then one that takes none, where
// the ratio says what sealing, queue and record cost. It starts a PostgreSQL server of
// its own that writes through to the disk, and stops it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store/storetest"
)

func main() {
	var b bench
	flag.IntVar(&b.messages, "messages", 4000, "messages in a round")
	flag.IntVar(&b.concurrent, "concurrent", 8, "messages under way at once")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds, each beside one of the bare client")
	flag.IntVar(&b.versions, "versions", 1, "messages of each case, which go one after the other")
	flag.DurationVar(&b.takes, "takes", 5*time.Millisecond, "how long the system takes to answer; 0 leaves that part out")
	flag.StringVar(&b.profile, "profile", "", "`file` for a profile of the courier's rounds")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "courier:", err)
		os.Exit(1)
	}
}

type bench struct {
	messages, concurrent, rounds, versions int
	profile                                string
	takes                                  time.Duration

	system    *systems.System
	signature transport.Signature
	database  *storetest.Database
	drawn     int // cases
}

func (b *bench) run(ctx context.Context) error {
	server, err := storetest.StartServer(ctx, storetest.Options{Durable: true})
	if err != nil {
		return err
	}
	defer server.Close()
	if b.database, err = server.CreateDatabase(ctx); err != nil {
		return err
	}
	farm, err := systems.Start(ctx, systems.Config{Systems: []systems.SystemConfig{{Name: systems.RemoteEducation, Plain: true}}})
	if err != nil {
		return err
	}
	defer farm.Close() //nolint:errcheck // it has done what it is for
	b.system = farm.System(systems.RemoteEducation)
	secret := farm.Secrets()[b.system.Kind().Secret]
	b.signature = transport.Signature{KeyID: string(secret["key-id"]), Key: secret["key"]}
	fmt.Printf("PostgreSQL of %s, fsync on, simulated system and client beside this on %d cores; %d at once\n", server.Bin(), runtime.NumCPU(), b.concurrent)
	if b.profile != "" {
		f, err := os.Create(b.profile)
		if err != nil {
			return err
		}
		defer f.Close() //nolint:errcheck // the profile is written when it is stopped
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if b.takes > 0 {
		if err := b.measure(ctx, b.takes); err != nil {
			return err
		}
	}
	return b.measure(ctx, 0)
}

// measure measures rounds with a system that takes so long to answer.
func (b *bench) measure(ctx context.Context, takes time.Duration) error {
	if err := b.system.SetFaults(systems.Faults{Slow: systems.Duration(takes)}); err != nil {
		return err
	}
	fmt.Printf("a system that takes %v to answer:\n", takes)
	var ours, theirs []float64
	for range b.rounds {
		bare, err := b.bare(ctx)
		if err != nil {
			return err
		}
		delivered, err := b.deliver(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("  bare client %.0f a second, courier %.0f: %.2f\n", bare, delivered, delivered/bare)
		ours, theirs = append(ours, delivered), append(theirs, bare)
	}
	fmt.Printf("  best of %d: %.0f deliveries a second, opened, sent, settled and on record; %.2f of the bare client\n",
		b.rounds, slices.Max(ours), slices.Max(ours)/slices.Max(theirs))
	return nil
}
