package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/plan/show"
)

func newTop(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "top",
		Short: "Show who carries how much, by the ledgers",
		Args:  cobra.NoArgs,
	}
	c.AddCommand(newTopOf(a, topKind{
		name: "communities", sort: plan.ByShare, short: "Show what each community carries: minutes of its capacity, tasks, ledgers, indicators",
		example: `  kubectl shequ top communities
  kubectl shequ top communities -n qingnianlu --sort money`,
		show: func(o *plan.Objects, by plan.Sort) (any, func() error) {
			loads := plan.TopCommunities(o, by)
			return loads, func() error { return show.Communities(a.out, loads) }
		},
	}), newTopOf(a, topKind{
		name: "tasks", sort: plan.ByMinutes, short: "Show what each task takes of all communities: hours, share, funding",
		example: `  kubectl shequ top tasks --sort tasks
  kubectl shequ top tasks -n dept-civil-affairs -o json`,
		show: func(o *plan.Objects, by plan.Sort) (any, func() error) {
			loads := plan.TopTasks(o, by)
			return loads, func() error { return show.Tasks(a.out, loads) }
		},
	}))
	return c
}

type topKind struct {
	name, short, example string
	sort                 plan.Sort
	show                 func(o *plan.Objects, by plan.Sort) (loads any, table func() error)
}

func newTopOf(a *app, kind topKind) *cobra.Command {
	var output, by string
	c := &cobra.Command{
		Use: kind.name, Short: kind.short, Example: kind.example, Args: cobra.NoArgs,
		Long: kind.short + `.
All namespaces are shown unless -n names one.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "table" && output != "json" {
				return fmt.Errorf("there is no output %q; use table or json", output)
			}
			order := plan.Sort(by)
			if err := order.Valid(); err != nil {
				return err
			}
			objects, err := a.gather(c.Context())
			if err != nil {
				return err
			}
			if *a.flags.Namespace != "" {
				within(objects, *a.flags.Namespace)
			}
			loads, table := kind.show(objects, order)
			if output == "json" {
				return show.JSON(a.out, loads)
			}
			return table()
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	c.Flags().StringVar(&by, "sort", string(kind.sort), "minutes, share, tasks or money, most first")
	return c
}

// within leaves what concerns one namespace: a sub-district's communities and
// what their ledgers hold, or a department's tasks in all ledgers.
func within(o *plan.Objects, namespace string) {
	o.Communities = slices.DeleteFunc(o.Communities, func(c *v1alpha1.Community) bool { return c.Namespace != namespace })
	here := map[plan.Ref]bool{}
	for _, l := range o.Ledgers {
		l.Status.Entries = slices.DeleteFunc(l.Status.Entries, func(e v1alpha1.LedgerEntry) bool { return e.TaskRef.Namespace != namespace && l.Namespace != namespace })
		for i := range l.Status.Entries {
			here[l.Status.Entries[i].TaskRef] = true
		}
	}
	o.Tasks = slices.DeleteFunc(o.Tasks, func(t *v1alpha1.AdmittedTask) bool {
		return t.Namespace != namespace && !here[plan.Ref{Namespace: t.Namespace, Name: t.Name}]
	})
}
