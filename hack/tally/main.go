// Command tally runs go test -json and shows what a person wants of it: each
// package's own line as it comes, the output of what failed, the reason of what
// was skipped, and at the end one plain line, "N passed, N failed".
//
//	tally [-v] [-record FILE] -- go test -json ./...   run, show, count
//	tally [-v] [-record FILE] < events.json            the same of a stream
//	tally [-record FILE] -check NAME -- make lint      count any command as one
//	tally -sum FILE                                    the line over all that was recorded
//
// It ends with exit code 1 if anything failed. It decides nothing about which
// tests are run: hack/test.sh does.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// options of one run.
type options struct {
	verbose     bool
	record, sum string
	check       string
	command     []string
}

func main() {
	var o options
	flag.BoolVar(&o.verbose, "v", false, "show all output as it comes")
	flag.StringVar(&o.record, "record", "", "append the counts to this `file`")
	flag.StringVar(&o.check, "check", "", "count the command as one test of this `name`")
	flag.StringVar(&o.sum, "sum", "", "print the line over all that was recorded in this `file`")
	flag.Parse()
	o.command = flag.Args()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	counts, err := run(ctx, o, os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
	if counts.Failed > 0 {
		os.Exit(1)
	}
}

// run does what the options say. Its last line of output is the tally.
func run(ctx context.Context, o options, in io.Reader, out io.Writer) (Counts, error) {
	counts, err := o.count(ctx, in, out)
	if err != nil {
		return counts, err
	}
	if o.record != "" {
		if err := record(o.record, counts); err != nil {
			return counts, err
		}
	}
	_, err = fmt.Fprintln(out, counts)
	return counts, err
}

func (o options) count(ctx context.Context, in io.Reader, out io.Writer) (Counts, error) {
	switch {
	case o.sum != "":
		return sum(o.sum)
	case o.check != "":
		return check(ctx, o.check, o.command, out)
	case len(o.command) == 0:
		t := newTally(out, o.verbose)
		err := t.read(in)
		return t.finish(), err
	default:
		return test(ctx, o, out)
	}
}

// test runs a go test -json and shows its stream. A command that fails without
// a word of a failed test counts as one failure.
func test(ctx context.Context, o options, out io.Writer) (Counts, error) {
	t := newTally(out, o.verbose)
	cmd := command(ctx, o.command)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return Counts{}, err
	}
	cmd.Stderr = out
	if err := cmd.Start(); err != nil {
		return Counts{}, err
	}
	readErr := t.read(stdout)
	waitErr := cmd.Wait()
	counts := t.finish()
	if waitErr != nil && counts.Failed == 0 {
		fmt.Fprintf(out, "%v: %v\n", o.command, waitErr)
		counts.Failed++
	}
	return counts, readErr
}

// check runs a command whose end is all that counts.
func check(ctx context.Context, name string, args []string, out io.Writer) (Counts, error) {
	if len(args) == 0 {
		return Counts{}, errors.New("-check needs a command after it")
	}
	cmd := command(ctx, args)
	cmd.Stdout, cmd.Stderr = out, out
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start).Round(100 * time.Millisecond)
	if err != nil {
		fmt.Fprintf(out, "FAIL\t%s\t%s\t%v\n", name, took, err)
		return Counts{Failed: 1}, nil
	}
	fmt.Fprintf(out, "ok  \t%s\t%s\n", name, took)
	return Counts{Passed: 1}, nil
}

// command ends as a Ctrl-C would end it, so that go test stops its tests and
// they can clean up.
func command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd
}
