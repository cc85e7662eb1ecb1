// Command casework measures how fast cases are kept: submissions a second as a ratio
// to the same inserts by pgbench in the same run, cases taken in a second, and a page
// of a queue over a million cases beside the same page from memory. It starts a
// PostgreSQL server of its own that writes through to the disk, and stops it.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/shequ-io/shequ/internal/store/storetest"
)

func main() {
	var b bench
	flag.IntVar(&b.cases, "cases", 1_000_000, "cases in the queue")
	flag.IntVar(&b.clients, "clients", 8, "connections that submit at once")
	flag.IntVar(&b.rounds, "rounds", 3, "rounds of submissions, each beside one of pgbench")
	flag.DurationVar(&b.round, "round", 10*time.Second, "length of a round")
	flag.IntVar(&b.pages, "pages", 2000, "pages of each view")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := b.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "casework:", err)
		os.Exit(1)
	}
}

type bench struct {
	cases, clients, rounds, pages int
	round                         time.Duration

	sealing float64 // letters a second
}

func (b *bench) run(ctx context.Context) error {
	server, err := storetest.StartServer(ctx, storetest.Options{Durable: true})
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Printf("PostgreSQL of %s, fsync on, beside this on %d cores\n", server.Bin(), runtime.NumCPU())
	if b.rounds > 0 {
		d, err := server.CreateDatabase(ctx)
		if err != nil {
			return err
		}
		if err := b.submissions(ctx, d); err != nil {
			return err
		}
	}
	if b.cases > 0 {
		d, err := server.CreateDatabase(ctx)
		if err != nil {
			return err
		}
		return b.queue(ctx, d)
	}
	return nil
}
