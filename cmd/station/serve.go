package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/source"
)

// options are the flags of a serving program.
type options struct {
	content      string
	secrets      secrets
	desk         string
	courier      string
	credentials  string
	proxies      prefixes
	listen       string
	metrics      string
	level        slog.Level
	drainDelay   time.Duration
	drainTimeout time.Duration
	// every is how often the courier looks at what is mounted; mountedPeriod when 0.
	every time.Duration
	// timeout of the courier's tries; the senders' default when 0.
	timeout time.Duration
}

func parseOptions(program string, args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("station "+program, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar((*string)(&o.secrets), "secrets", defaultSecrets, "`directory` of the mounted Secret; without one nothing is taken in")
	if program != courierProgram {
		flags.StringVar(&o.content, "content", "/etc/shequ/content", "`directory` of the mounted content ConfigMaps")
	}
	switch program {
	case desk.Program:
		flags.StringVar(&o.desk, "desk", "/etc/shequ/desk", "`directory` of the mounted ConfigMap desk-config")
	case courierProgram:
		flags.StringVar(&o.courier, "courier", "/etc/shequ/courier", "`directory` of the mounted ConfigMap courier-config")
		flags.StringVar(&o.credentials, "credentials", "/etc/shequ/credentials", "`directory` of the mounted Secret courier-credentials")
	default:
		flags.Var(&o.proxies, "trusted-proxies", "`networks`, with commas between, that may say in X-Forwarded-For whom they speak for")
	}
	flags.StringVar(&o.listen, "listen", ":8080", "`address` the public reaches")
	flags.StringVar(&o.metrics, "metrics", ":9090", "`address` for /metrics, /healthz and /readyz")
	flags.TextVar(&o.level, "log-level", slog.LevelInfo, "least `level` to log: debug, info, warn or error")
	flags.DurationVar(&o.drainDelay, "drain-delay", 3*time.Second, "how long to keep serving, unready, after SIGTERM")
	flags.DurationVar(&o.drainTimeout, "drain-timeout", 15*time.Second, "how long requests under way may take after that")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		err := fmt.Errorf("station %s: unexpected argument %q; flags begin with --", program, flags.Arg(0))
		_, _ = fmt.Fprintln(stderr, err)
		return o, err
	}
	return o, nil
}

// builder renders a document; ended names items that are no longer offered.
type builder func(doc *content.Document, ended []string) (*serve.Tree, error)

const defaultSecrets = "/etc/shequ/secrets" //nolint:gosec // the name of a directory

func serveProgram(ctx context.Context, program string, args []string, stderr io.Writer) int {
	o, err := parseOptions(program, args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	// A reload makes garbage many times the size of what stays; collect it early
	// rather than grow, unless whoever runs the program says otherwise.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
	log := slog.New(slog.NewJSONHandler(stderr, &slog.HandlerOptions{Level: o.level})).With("program", program)
	run := func() error { return assemble(ctx, program, o, log, nil) }
	if program == courierProgram {
		run = func() error { return deliver(ctx, o, log, nil) }
	}
	if err := run(); err != nil {
		log.Error("ended", "error", err.Error())
		return 1
	}
	return 0
}

// assemble wires content, handler and server, and runs until ctx ends.
func assemble(ctx context.Context, program string, o options, log *slog.Logger, started func(public, admin string)) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	handler := serve.NewHandler(serve.NewMetrics(registry, program), log)
	p, err := newProgram(ctx, program, setting{o, registry, log})
	if err != nil {
		return err
	}
	if p.close != nil {
		defer p.close()
	}
	handler.Dynamic = p.routes
	site := &site{program: p, handler: handler}
	watcher := source.New(o.content, source.NewMetrics(registry, program), log, site.use)
	health := serve.NewHealth(func() error {
		if err := watcher.Ready(); err != nil || p.ready == nil {
			return err
		}
		return p.ready()
	})

	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wait sync.WaitGroup
	// Content is followed to the very end of the drain.
	wait.Go(func() { watcher.Run(watching) })
	if p.run != nil {
		wait.Go(func() { p.run(watching) })
	}
	wait.Go(func() { rest(watching) })
	defer wait.Wait()
	defer stop()

	server := serve.Server{
		Listen: o.listen, ListenAdmin: o.metrics, Public: handler, Admin: serve.Admin(health, registry),
		Health: health, Log: log, DrainDelay: o.drainDelay, DrainTimeout: o.drainTimeout, Ready: started,
	}
	return server.Run(ctx)
}

// restPeriod is how often a program gives back what it has touched of its own file.
const restPeriod = time.Minute

// rest keeps a program small that is mostly not asked: what one visit touched of its
// file would stay for good. What is used again comes back from the page cache.
func rest(ctx context.Context) {
	ticker := time.NewTicker(restPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			letGo()
		}
	}
}

// maxEnded bounds how many ended items are remembered.
const maxEnded = 2000

// site renders documents and remembers, while the process runs, which items
// were offered earlier, so that their pages can say that the service ended.
type site struct {
	program *program
	handler *serve.Handler
	offered map[string]bool // every item ever served; true while it still is
}

// use renders a document and serves it; the watcher calls it, one at a time.
func (s *site) use(doc *content.Document) error {
	offered := map[string]bool{}
	for _, item := range doc.Items {
		offered[item.Name] = true
	}
	var ended []string
	for name := range s.offered {
		if !offered[name] && len(ended) < maxEnded {
			ended = append(ended, name)
		}
	}
	tree, err := s.program.build(doc, ended)
	if err != nil {
		return err
	}
	for _, name := range ended {
		offered[name] = false
	}
	s.offered = offered
	if s.program.use != nil {
		s.program.use(doc)
	}
	s.handler.Serve(tree)
	// What rendering left behind is several times what stays, and the next reload may
	// be weeks away: the pod gives it back now.
	debug.FreeOSMemory()
	letGo()
	return nil
}
