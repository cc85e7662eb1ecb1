// Command kubectl-shequ is the kubectl plugin "kubectl shequ": it shows what
// tasks would mean before they are applied, explains decisions, writes the
// parties' decisions, and exports and imports a district. It talks to the API
// server as its user does, or works on files alone; it never decides, which
// only the operator does.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, cancel)
	code := run(ctx, os.Args[1:], &streams{in: os.Stdin, out: os.Stdout, err: os.Stderr})
	cancel()
	os.Exit(code)
}

// The exit codes: in CI a plan that finds something in the way is told from one
// that could not be made.
const (
	exitPassed  = 0
	exitFailed  = 1
	exitRefused = 2
)

// errRefused is a plan that was made and does not pass.
var errRefused = errors.New("not everything is admitted")

type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, s *streams) int {
	root := newRoot(s) //nolint:contextcheck // commands get theirs from cobra, which is given it below
	root.SetArgs(args)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return exitPassed
	case errors.Is(err, errRefused):
		return exitRefused
	default:
		fmt.Fprintln(s.err, "error:", err)
		return exitFailed
	}
}

// app is what the commands share.
type app struct {
	*streams
	flags *genericclioptions.ConfigFlags
	now   func() time.Time
}

func newRoot(s *streams) *cobra.Command {
	a := &app{streams: s, flags: genericclioptions.NewConfigFlags(true), now: time.Now}
	root := &cobra.Command{
		Use:   "kubectl-shequ",
		Short: "Plan, explain and decide which tasks enter a community",
		Long: `Plan, explain and decide which tasks enter a community.

  departments      plan      what tasks would cost each community, and who would refuse them
  everybody        explain   why a task stands where it stands, and what would change that
                   top       who carries how much
  the committee    approve, reject, rule
  finance          fund
  sub-districts    contest
  district IT      export, import, backup, restore
                   verify-deliveries  whether the record of what was delivered is whole`,
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl shequ"},
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	a.flags.AddFlags(root.PersistentFlags())
	root.AddCommand(newPlan(a), newApprove(a, true), newApprove(a, false), newFund(a), newContest(a), newRule(a), newExplain(a), newTop(a), newExport(a), newImport(a), newBackup(a), newRestore(a), newVerifyDeliveries(a), newVersion(a))
	return root
}
