package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/plan/show"
)

type planOptions struct {
	files       fileFlags
	base        []string
	offline     bool
	strict      bool
	output      string
	at          string
	communities []string
}

func newPlan(a *app) *cobra.Command {
	o := &planOptions{}
	c := &cobra.Command{
		Use:   "plan -f FILES",
		Short: "Show what tasks would mean for each community, before anything is applied",
		Long: `Show what tasks would mean for each community, before anything is applied:
hours, money, data fields, ledgers, who would refuse them, why, and the smallest
change that would alter the answer. The answers come from the engine the
operator decides with.

The files are laid over what the cluster holds; with --offline over the files of
--base, or they are all there is. Tasks in the files that the committee has not
judged are planned as if it approved them now, behind everything it approved so
far, and promised money as if it were released. --strict assumes nothing.

Exit code: 0 when every task in the files is admitted (or has its place kept until
it begins) in every community it is meant for, 2 when one is not, 1 when no plan
could be made.`,
		Example: `  # What the tasks of this directory would mean now
  kubectl shequ plan -f tasks/ -R

  # In a pull request, without a cluster: the whole district's files, as Markdown
  kubectl shequ plan --offline -k district/ -o markdown > plan.md

  # The same for one task, over a district that was exported
  kubectl shequ plan --offline --base export.yaml -f task.yaml

  # One community, at another moment, assuming nothing
  kubectl shequ plan -f task.yaml --strict --at 2027-01-04T09:00:00+08:00 --community qingnianlu/anding`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.plan(c.Context(), o) },
	}
	c.Flags().StringSliceVar(&o.base, "base", nil, "with --offline: files or directories with what there is already, such as an export; they take the cluster's place")
	o.files.add(c.Flags(), "file, directory or URL with tasks and whatever else is planned; - is standard input")
	c.Flags().BoolVar(&o.offline, "offline", false, "plan from the files alone, without a cluster")
	c.Flags().BoolVar(&o.strict, "strict", false, "assume neither approvals nor releases of money")
	c.Flags().StringVarP(&o.output, "output", "o", "table", "table, json or markdown")
	c.Flags().StringVar(&o.at, "at", "", "moment to decide at, such as 2026-11-22T10:00:00+08:00 (default now)")
	c.Flags().StringSliceVar(&o.communities, "community", nil, "plan this community only, as namespace/name; may be repeated")
	return c
}

func (a *app) plan(ctx context.Context, o *planOptions) error {
	render, err := renderer(o.output)
	if err != nil {
		return err
	}
	options := plan.Options{Strict: o.strict}
	if options.At, err = a.moment(o.at); err != nil {
		return err
	}
	if options.Communities, err = refs(o.communities); err != nil {
		return err
	}
	sources, err := a.read(&o.files)
	if err != nil {
		return err
	}
	all := objects(sources)
	options.Proposed = all.TaskRefs()
	if options.Before, err = a.before(ctx, o); err != nil {
		return err
	}
	if !o.offline {
		if options.PolicyProblem, err = a.policyProblem(ctx); err != nil {
			return err
		}
	}
	if options.Before != nil {
		all = plan.Overlay(options.Before, all)
	}
	p, err := plan.Compute(all, options)
	if err != nil {
		return err
	}
	if err := render(a.out, p); err != nil {
		return err
	}
	if !p.Passed {
		return errRefused
	}
	return nil
}

// before is what there is already: the cluster's objects, those of --base, or
// nil, when the files are all there is.
func (a *app) before(ctx context.Context, o *planOptions) (*plan.Objects, error) {
	switch {
	case !o.offline && len(o.base) > 0:
		return nil, errors.New("--base takes the cluster's place, so it needs --offline; add that, or leave --base out")
	case !o.offline:
		return a.gather(ctx)
	case len(o.base) == 0:
		return nil, nil
	}
	sources, err := a.read(&fileFlags{names: o.base, recursive: true})
	if err != nil {
		return nil, err
	}
	return objects(sources), nil
}

// renderer is how a plan is shown.
func renderer(output string) (func(w io.Writer, p *plan.Plan) error, error) {
	switch output {
	case "table":
		return show.Text, nil
	case "json":
		return func(w io.Writer, p *plan.Plan) error { return show.JSON(w, p) }, nil
	case "markdown":
		return show.Markdown, nil
	}
	return nil, fmt.Errorf("there is no output %q; use table, json or markdown", output)
}

// moment reads a time; now where none is given.
func (a *app) moment(text string) (time.Time, error) {
	if text == "" {
		return a.now().Truncate(time.Second), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no moment; write it as 2026-11-22T10:00:00+08:00", text)
	}
	return at, nil
}

// refs reads names of the form namespace/name.
func refs(texts []string) ([]plan.Ref, error) {
	var out []plan.Ref
	for _, text := range texts {
		ref, err := refOf(text, "")
		if err != nil {
			return nil, err
		}
		out = append(out, ref)
	}
	return out, nil
}

// refOf reads namespace/name, or a name alone where a namespace is known.
func refOf(text, namespace string) (plan.Ref, error) {
	before, after, ok := strings.Cut(text, "/")
	if !ok {
		before, after = namespace, text
	}
	if before == "" || after == "" || strings.Contains(after, "/") {
		return plan.Ref{}, fmt.Errorf("%q names nothing; write it as namespace/name", text)
	}
	return plan.Ref{Namespace: before, Name: after}, nil
}
