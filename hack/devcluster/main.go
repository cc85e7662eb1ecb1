// Command devcluster runs a Kubernetes cluster on one machine, built from Go
// modules alone, for developing and testing this project.
//
// It is not a way to run anything that matters: its etcd does not sync to
// disk, and everything it keeps is thrown away by "down".
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// usage is an error's text as well as a help's, hence no full stop at its end.
const usage = `usage: go -C hack/devcluster run . VERB [flags]

  build    [--profile assets|sim|node|all]  build the programs a profile needs
  assets                                    print a directory for KUBEBUILDER_ASSETS
  bin      NAME                             print the path of one program

  up       [--profile sim|node] [--name NAME] [--nodes N] [--audit-reads] [--keep]
                                            start a cluster, print its kubeconfig's path
  down     [--name NAME]                    stop it and remove all there is of it
  status   [--name NAME]                    say what runs
  restart  [--name NAME] PROCESS...         stop and start processes of it
  kubeconfig [--name NAME]                  print the kubeconfig's path
  audit-log  [--name NAME]                  print the audit log's path
  load     [--name NAME] ARCHIVE.tar...     import images (profile node)
  attach   [--name NAME] PROCESS PATH [ARGS]
                                            start a process that ends with the cluster
  preflight [--profile sim|node] [--install]
                                            say whether the machine can run it; exit code 3 if not

Clusters are kept below SHEQU_STATE_DIR, else in the user's cache directory.
Results go to standard output, progress to standard error`

func main() {
	// Where su keeps the user's PATH, root's commands are not on it.
	_ = os.Setenv("PATH", os.Getenv("PATH")+":/usr/local/sbin:/usr/sbin:/sbin")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	interrupted := ctx.Err() != nil
	stop()
	if err == nil {
		return
	}
	if interrupted && errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "devcluster: interrupted")
		os.Exit(130)
	}
	if coded, ok := errors.AsType[codedError](err); ok {
		fmt.Fprintln(os.Stderr, coded.Error())
		os.Exit(coded.code)
	}
	fmt.Fprintln(os.Stderr, "devcluster:", err)
	os.Exit(1)
}

// codedError ends the program with an exit code that scripts can tell apart.
type codedError struct {
	error
	code int
}

func usageError(format string, args ...any) error {
	return codedError{fmt.Errorf(format+"\n\n"+usage, args...), 2}
}

// verbs maps each verb to what it does.
var verbs = map[string]func(ctx context.Context, args []string) error{
	"build":      build,
	"assets":     assets,
	"bin":        bin,
	"up":         up,
	"down":       down,
	"status":     status,
	"restart":    restart,
	"kubeconfig": kubeconfig,
	"audit-log":  auditLog,
	"load":       load,
	"attach":     attach,
	"preflight":  preflight,
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return usageError("a verb is missing")
	}
	if strings.TrimLeft(args[0], "-") == "help" || args[0] == "-h" {
		fmt.Println(usage)
		return nil
	}
	verb, ok := verbs[args[0]]
	if !ok {
		return usageError("unknown verb %q", args[0])
	}
	return verb(ctx, args[1:])
}

// parse reads a verb's flags and checks how many arguments follow them.
func parse(flags *flag.FlagSet, args []string, least, most int) error {
	flags.Usage = func() {}
	if err := flags.Parse(args); err != nil {
		return codedError{errors.New(usage), 2}
	}
	if n := flags.NArg(); n < least || n > most {
		return usageError("%s: wrong number of arguments (%d)", flags.Name(), n)
	}
	return nil
}

// sourceDir finds the directory of this module: the modules that pin the
// programs lie below it. "go -C hack/devcluster run ." starts there; a test
// starts in a package directory underneath.
func sourceDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.Contains(string(data), "\nmodule github.com/shequ-io/shequ/hack/devcluster\n") {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("run this as: go -C hack/devcluster run . VERB")
		}
		dir = parent
	}
}
