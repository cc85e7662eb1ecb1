package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/plan/show"
)

func newExplain(a *app) *cobra.Command {
	var communities []string
	var output string
	c := &cobra.Command{
		Use:   "explain TASK -n DEPARTMENT",
		Short: "Show where a task stands in each community, why, and what would change that",
		Long: `Show where a task stands in each community: the decision its ledger has recorded,
everything that speaks against the task now, with the numbers, and for each the
smallest change that would put it out of the way.`,
		Example: `  kubectl shequ explain old-age-allowance -n dept-civil-affairs
  kubectl shequ explain dept-civil-affairs/old-age-allowance --community qingnianlu/anding -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "table" && output != "json" {
				return fmt.Errorf("there is no output %q; use table or json", output)
			}
			ref, err := a.taskRef(args[0])
			if err != nil {
				return err
			}
			options := plan.Options{At: a.now()}
			if options.Communities, err = refs(communities); err != nil {
				return err
			}
			objects, err := a.gather(c.Context())
			if err != nil {
				return err
			}
			if options.PolicyProblem, err = a.policyProblem(c.Context()); err != nil {
				return err
			}
			e, err := plan.Explain(objects, ref, options)
			if err != nil {
				return err
			}
			if output == "json" {
				return show.JSON(a.out, e)
			}
			return show.Explanation(a.out, e)
		},
	}
	c.Flags().StringSliceVar(&communities, "community", nil, "this community only, as namespace/name; may be repeated")
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return c
}
