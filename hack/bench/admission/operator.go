package main

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"runtime/pprof"
	"time"

	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/hack/bench/measure"
	"github.com/shequ-io/shequ/internal/settings"
)

// operate is the operator, with the controllers of tasks and ledgers alone, in
// a process of its own.
func operate(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("operator", flag.ContinueOnError)
	config := flags.String("config", "", "the operator's configuration")
	account := flags.String("kubeconfig", "", "of the operator's account")
	profile := flags.String("profile", "", "where to write a CPU profile")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := settings.Load(*config)
	if err != nil {
		return err
	}
	rest, err := measure.RESTConfig(*account)
	if err != nil {
		return err
	}
	mgr, err := controllers.NewManager(ctx, rest, controllers.Options{
		Settings: s, MetricsAddress: "0", ProbeAddress: "0", AdmissionOnly: true,
	})
	if err != nil {
		return err
	}
	if *profile != "" {
		file, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	return mgr.Start(ctx)
}

// process is an operator that runs.
type process struct {
	cmd     *exec.Cmd
	started time.Time
}

// start starts the operator as its own ServiceAccount.
func (b *run) start(ctx context.Context, profile string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, self, "operator", "--config="+b.config, "--kubeconfig="+b.account, "--profile="+profile)
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	b.operator = &process{cmd, time.Now()}
	return cmd.Start()
}

func (p *process) rss() int64 { return measure.RSS(p.cmd.Process.Pid) }

func (p *process) stop() error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	return p.cmd.Wait()
}
