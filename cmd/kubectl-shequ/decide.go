package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
)

// decideOptions are what the commands that write a TaskDecision have in common.
type decideOptions struct {
	namespace string
	name      string
	document  string
	decidedAt string
	apply     bool
	files     fileFlags
}

func (o *decideOptions) add(c *cobra.Command) {
	c.Flags().BoolVar(&o.apply, "apply", false, "create the TaskDecision in the cluster instead of printing it")
	c.Flags().StringVar(&o.name, "name", "", "name of the TaskDecision (default: made of what it says)")
}

func (o *decideOptions) addNamespace(c *cobra.Command, of string) {
	c.Flags().StringVar(&o.namespace, "decision-namespace", of, "namespace the TaskDecision is written in")
}

func (o *decideOptions) addRecord(c *cobra.Command) {
	c.Flags().StringVar(&o.document, "document", "", "the committee's record of the decision, with its number (required)")
	c.Flags().StringVar(&o.decidedAt, "decided-at", "", "when the committee decided, such as 2026-11-22T10:00:00+08:00 (default now)")
}

func newApprove(a *app, approve bool) *cobra.Command {
	o := &decideOptions{}
	word, verdict := "approve", v1alpha1.VerdictApprove
	short := "Write the committee's approval of a task's present terms"
	if !approve {
		word, verdict, short = "reject", v1alpha1.VerdictReject, "Write the committee's rejection of a task's present terms"
	}
	c := &cobra.Command{
		Use:   word + " TASK -n DEPARTMENT --document DOCUMENT",
		Short: short,
		Long: short + `, as a TaskDecision: printed for those who
work in Git, or created with --apply. It is for exactly the terms the task has
now: the digest is computed from the cluster's task, or with -f from a file's.`,
		Example: fmt.Sprintf(`  # Print it, for the committee's repository
  kubectl shequ %[1]s old-age-allowance -n dept-civil-affairs --document "Committee 2026-17" > %[1]s.yaml

  # From a file, without a cluster
  kubectl shequ %[1]s old-age-allowance -n dept-civil-affairs -f tasks/ --document "Committee 2026-17"

  # Create it
  kubectl shequ %[1]s old-age-allowance -n dept-civil-affairs --document "Committee 2026-17" --apply`, word),
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := text("--document", o.document, 300); err != nil {
				return err
			}
			task, err := a.task(c.Context(), args[0], &o.files)
			if err != nil {
				return err
			}
			at, err := a.moment(o.decidedAt)
			if err != nil {
				return err
			}
			digest := admission.Digest(&task.Spec)
			return a.decide(c.Context(), o, objectName(word, task.Namespace, task.Name, shortDigest(digest)), v1alpha1.TaskDecisionSpec{
				TaskRef:  plan.Ref{Namespace: task.Namespace, Name: task.Name},
				Approval: &v1alpha1.Approval{TaskDigest: digest, Verdict: verdict, Document: o.document, DecidedAt: stamp(at)},
			})
		},
	}
	o.add(c)
	o.addNamespace(c, "committee")
	o.addRecord(c)
	o.files.add(c.Flags(), "file or directory to take the task from instead of the cluster")
	return c
}

var periods = regexp.MustCompile(`^([0-9]{4}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?|once)$`)

func newFund(a *app) *cobra.Command {
	o := &decideOptions{}
	var period, amount, voucher string
	c := &cobra.Command{
		Use:   "fund TASK -n DEPARTMENT --period PERIOD --amount AMOUNT --voucher VOUCHER",
		Short: "Write the finance bureau's release of money for one period of a task",
		Long: `Write the finance bureau's release of money for one period of a task, over all
communities, as a TaskDecision: printed for those who work in Git, or created
with --apply. The period is named after the task's funding.periods: 2026, 2026-H1,
2026-Q1, 2026-01 or once.`,
		Example: `  kubectl shequ fund old-age-allowance -n dept-civil-affairs --period 2026 --amount 1200 --voucher V-2026-88 > release.yaml
  kubectl shequ fund old-age-allowance -n dept-civil-affairs --period 2026-H2 --amount 600 --voucher V-2026-91 --apply`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ref, err := a.taskRef(args[0])
			switch {
			case err != nil:
				return err
			case !periods.MatchString(period):
				return fmt.Errorf("--period %q is no period; give 2026, 2026-H1, 2026-Q1, 2026-01 or once", period)
			case !amounts.MatchString(amount):
				return fmt.Errorf("--amount %q is no amount; give digits with at most two after the point, such as 1200 or 16.50", amount)
			}
			if err := text("--voucher", voucher, 100); err != nil {
				return err
			}
			return a.decide(c.Context(), o, objectName("fund", ref.Namespace, ref.Name, period, short(voucher)), v1alpha1.TaskDecisionSpec{
				TaskRef: ref,
				Funding: &v1alpha1.FundingRelease{Period: v1alpha1.FundingPeriod(period), Amount: v1alpha1.Decimal(amount), Voucher: voucher},
			})
		},
	}
	c.Flags().StringVar(&period, "period", "", "period the money is for: 2026, 2026-H1, 2026-Q1, 2026-01 or once (required)")
	c.Flags().StringVar(&amount, "amount", "", "money released over all communities, in the standard's currency (required)")
	c.Flags().StringVar(&voucher, "voucher", "", "number of the payment voucher (required)")
	o.add(c)
	o.addNamespace(c, "finance")
	return c
}

func newContest(a *app) *cobra.Command {
	o := &decideOptions{}
	var community, reason string
	c := &cobra.Command{
		Use:   "contest TASK -n DEPARTMENT --community NAMESPACE/NAME --reason REASON",
		Short: "Write a sub-district's objection to a task for one of its communities",
		Long: `Write a sub-district's objection to a task for one of its communities, as a
TaskDecision in the community's namespace: printed for those who work in Git, or
created with --apply. While it is open the task waits for the committee's ruling
there. The reason names no person.`,
		Example: `  kubectl shequ contest old-age-allowance -n dept-civil-affairs --community qingnianlu/anding \
    --reason "the community has no worker trained for it" > contest.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			ref, err := a.taskRef(args[0])
			if err != nil {
				return err
			}
			of, err := refOf(community, "")
			if err != nil {
				return fmt.Errorf("--community: %w", err)
			}
			if err := text("--reason", reason, 1000); err != nil {
				return err
			}
			o.namespace = of.Namespace
			return a.decide(c.Context(), o, objectName("contest", ref.Namespace, ref.Name, of.Name), v1alpha1.TaskDecisionSpec{
				TaskRef: ref, Contest: &v1alpha1.Contest{CommunityRef: of, Reason: reason},
			})
		},
	}
	c.Flags().StringVar(&community, "community", "", "community the objection is for, as namespace/name (required)")
	c.Flags().StringVar(&reason, "reason", "", "the objection in a few sentences (required)")
	o.add(c)
	return c
}

func newRule(a *app) *cobra.Command {
	o := &decideOptions{}
	var verdict string
	c := &cobra.Command{
		Use:   "rule NAMESPACE/CONTEST --verdict uphold|dismiss --document DOCUMENT",
		Short: "Write the committee's ruling on a contest",
		Long: `Write the committee's ruling on a contest, as a TaskDecision: printed for those
who work in Git, or created with --apply. Upheld, the task stays out of that
community; dismissed, it may enter. The contest is read from the cluster, or with
-f from a file. Of several rulings the latest counts.`,
		Example: `  kubectl shequ rule qingnianlu/contest-dept-civil-affairs-old-age-allowance-anding --verdict dismiss \
    --document "Committee 2026-21" > ruling.yaml`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			says, ok := map[string]v1alpha1.RulingVerdict{"uphold": v1alpha1.VerdictUphold, "dismiss": v1alpha1.VerdictDismiss}[verdict]
			if !ok {
				return fmt.Errorf("--verdict %q is no verdict; give uphold or dismiss", verdict)
			}
			if err := text("--document", o.document, 300); err != nil {
				return err
			}
			ref, err := refOf(args[0], "")
			if err != nil {
				return err
			}
			contest, err := a.contest(c.Context(), ref, &o.files)
			if err != nil {
				return err
			}
			at, err := a.moment(o.decidedAt)
			if err != nil {
				return err
			}
			return a.decide(c.Context(), o, objectName("rule", ref.Namespace, ref.Name, verdict, short(o.document)), v1alpha1.TaskDecisionSpec{
				TaskRef: contest.Spec.TaskRef,
				Ruling:  &v1alpha1.Ruling{ContestRef: ref, Verdict: says, Document: o.document, DecidedAt: stamp(at)},
			})
		},
	}
	c.Flags().StringVar(&verdict, "verdict", "", "uphold (the task stays out of the community) or dismiss (required)")
	o.add(c)
	o.addNamespace(c, "committee")
	o.addRecord(c)
	o.files.add(c.Flags(), "file or directory to take the contest from instead of the cluster")
	return c
}

// text checks a flag that is written for people to read.
func text(flag, value string, most int) error {
	n := utf8.RuneCountInString(value)
	if n == 0 {
		return fmt.Errorf("%s is missing; give it", flag)
	}
	if n > most {
		return fmt.Errorf("%s has %d characters; give at most %d", flag, n, most)
	}
	return nil
}

// stamp is a moment as the API keeps it.
func stamp(at time.Time) metav1.Time { return metav1.NewTime(at.UTC().Truncate(time.Second)) }

// taskRef reads the name of a task, in the namespace of -n unless it names one.
func (a *app) taskRef(text string) (plan.Ref, error) {
	namespace, err := a.namespace()
	if err != nil {
		return plan.Ref{}, err
	}
	return refOf(text, namespace)
}

// task is the one of the files, or of the cluster where no files are given.
func (a *app) task(ctx context.Context, name string, files *fileFlags) (*v1alpha1.AdmittedTask, error) {
	ref, err := a.taskRef(name)
	if err != nil {
		return nil, err
	}
	return get[v1alpha1.AdmittedTask](ctx, a, ref, "AdmittedTask", files)
}

// contest is a TaskDecision that contests.
func (a *app) contest(ctx context.Context, ref plan.Ref, files *fileFlags) (*v1alpha1.TaskDecision, error) {
	out, err := get[v1alpha1.TaskDecision](ctx, a, ref, "TaskDecision", files)
	if err != nil {
		return nil, err
	}
	if out.Spec.Contest == nil {
		return nil, fmt.Errorf("TaskDecision %s/%s contests nothing; name a contest", ref.Namespace, ref.Name)
	}
	return out, nil
}

// get reads an object from the files, or from the cluster where none are given.
func get[T any, P interface {
	*T
	client.Object
}](ctx context.Context, a *app, ref plan.Ref, kind string, files *fileFlags) (P, error) {
	if len(files.names) == 0 && files.kustomize == "" {
		c, err := a.client()
		if err != nil {
			return nil, err
		}
		out := P(new(T))
		err = c.Get(ctx, client.ObjectKey(ref), out)
		if apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("there is no %s %s in namespace %s; correct the name, or name the namespace with -n", kind, ref.Name, ref.Namespace)
		}
		return out, err
	}
	sources, err := a.read(files)
	if err != nil {
		return nil, err
	}
	for _, s := range sources {
		if out, ok := s.object.(P); ok && client.ObjectKeyFromObject(out) == client.ObjectKey(ref) {
			return out, nil
		}
	}
	return nil, fmt.Errorf("the files have no %s %s in namespace %s; correct the name, or name the namespace with -n", kind, ref.Name, ref.Namespace)
}

// decide prints a decision or creates it.
func (a *app) decide(ctx context.Context, o *decideOptions, name string, spec v1alpha1.TaskDecisionSpec) error {
	if o.name != "" {
		name = o.name
	}
	decision := &v1alpha1.TaskDecision{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "TaskDecision"},
		ObjectMeta: metav1.ObjectMeta{Namespace: o.namespace, Name: name}, Spec: spec,
	}
	if !o.apply {
		out, err := yaml.Marshal(decision)
		if err != nil {
			return err
		}
		_, err = a.out.Write(out)
		return err
	}
	c, err := a.client()
	if err != nil {
		return err
	}
	err = c.Create(ctx, decision.DeepCopy())
	if apierrors.IsAlreadyExists(err) {
		return a.recorded(ctx, c, decision)
	}
	if err != nil {
		return fmt.Errorf("create TaskDecision %s/%s: %w", o.namespace, name, err)
	}
	_, err = fmt.Fprintf(a.out, "taskdecision.shequ.io/%s created in namespace %s\n", name, o.namespace)
	return err
}

// recorded compares a decision with the one of its name that is there. Saying
// the same again is no error; another moment is the only difference that can be.
func (a *app) recorded(ctx context.Context, c client.Client, decision *v1alpha1.TaskDecision) error {
	there := &v1alpha1.TaskDecision{}
	if err := c.Get(ctx, client.ObjectKeyFromObject(decision), there); err != nil {
		return err
	}
	if !sameWords(&there.Spec, &decision.Spec) {
		return errors.New("TaskDecision " + decision.Namespace + "/" + decision.Name + " is there already and says something else, and a decision can't be changed; " +
			"delete it to withdraw it, or write this one beside it with --name")
	}
	_, err := fmt.Fprintf(a.out, "taskdecision.shequ.io/%s unchanged in namespace %s: it is recorded already (to decide the same once more, use --name)\n", decision.Name, decision.Namespace)
	return err
}

func sameWords(a, b *v1alpha1.TaskDecisionSpec) bool {
	words := func(s *v1alpha1.TaskDecisionSpec) string {
		s = s.DeepCopy()
		if s.Approval != nil {
			s.Approval.DecidedAt = metav1.Time{}
		}
		if s.Ruling != nil {
			s.Ruling.DecidedAt = metav1.Time{}
		}
		out, err := yaml.Marshal(s)
		if err != nil {
			return err.Error()
		}
		return string(out)
	}
	return words(a) == words(b)
}
