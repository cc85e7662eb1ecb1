package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

type importOptions struct {
	files     fileFlags
	operator  string
	overwrite bool
	settle    time.Duration
}

func newImport(a *app) *cobra.Command {
	o := &importOptions{}
	c := &cobra.Command{
		Use:   "import -f FILE",
		Short: "Restore an export: ledgers as they were, then intent and decisions",
		Long: `Restore an export. The ledgers come back as they were, so that every task keeps
its place; communities come last, so that nothing is decided before everything
that bears on it is there.

Stop the operator for as long as it takes, wherever communities are there already:
it rebuilds a ledger it does not find. Only the operator's user may write a
ledger, so this command acts as that user for the ledgers; it needs permission to
impersonate it, as cluster administrators have.

What is there already and says the same is left alone. What says something else is
left alone too, and the command ends with an error that counts it, unless
--overwrite takes the file's.`,
		Example: `  kubectl -n shequ-system scale deployment/shequ-operator --replicas=0
  kubectl shequ import -f district.yaml
  kubectl -n shequ-system scale deployment/shequ-operator --replicas=1`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.restore(c.Context(), o) },
	}
	o.files.add(c.Flags(), "file that export wrote; - is standard input")
	c.Flags().StringVar(&o.operator, "as-operator", v1alpha1.OperatorUsername, "user the operator acts as, who alone may write ledgers")
	c.Flags().BoolVar(&o.overwrite, "overwrite", false, "where an object is there and says something else, take the file's")
	c.Flags().DurationVar(&o.settle, "settle", 3*time.Second, "time a running operator is given to see everything else before the communities come")
	return c
}

// restorer restores objects one by one and counts.
type restorer struct {
	*app
	user, operator client.Client
	operatorName   string
	overwrite      bool
	differ         int
}

func (a *app) restore(ctx context.Context, o *importOptions) error {
	sources, err := a.read(&o.files)
	if err != nil {
		return err
	}
	r := &restorer{app: a, overwrite: o.overwrite, operatorName: o.operator}
	if r.user, err = a.client(); err != nil {
		return err
	}
	config, err := a.flags.ToRESTConfig()
	if err != nil {
		return err
	}
	config = rest.CopyConfig(config)
	config.Impersonate = rest.ImpersonationConfig{UserName: o.operator}
	// The kinds are known already: asking once more, as the operator, would end in
	// an error that says nothing of impersonation.
	if r.operator, err = client.New(config, client.Options{Scheme: scheme, Mapper: r.user.RESTMapper()}); err != nil {
		return err
	}
	for _, kind := range transferOrder {
		batch := slices.DeleteFunc(slices.Clone(sources), func(s source) bool { return s.raw.GroupVersionKind() != kind })
		if kind.Kind == kindCommunity && len(batch) > 0 && len(batch) < len(sources) {
			if err := wait(ctx, o.settle); err != nil {
				return err
			}
		}
		for _, s := range batch {
			said, err := r.put(ctx, bare(s.raw))
			if err != nil {
				return fmt.Errorf("%s: %s %s: %w", s.file, kind.Kind, id(s.raw), err)
			}
			fmt.Fprintf(a.out, "%s %s %s\n", strings.ToLower(kind.Kind), id(s.raw), said)
		}
	}
	if r.differ > 0 {
		return fmt.Errorf("%d objects are there already, say something else and were left as they are; --overwrite takes the file's", r.differ)
	}
	return nil
}

// id is namespace/name, or the name alone where there is no namespace.
func id(o client.Object) string {
	return strings.TrimPrefix(client.ObjectKeyFromObject(o).String(), "/")
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// put creates an object, or compares it with the one that is there.
func (r *restorer) put(ctx context.Context, want *unstructured.Unstructured) (said string, err error) {
	c := r.user
	if want.GetKind() == kindLedger {
		c = r.operator
	}
	there := &unstructured.Unstructured{}
	there.SetGroupVersionKind(want.GroupVersionKind())
	err = r.user.Get(ctx, client.ObjectKeyFromObject(want), there)
	if apierrors.IsNotFound(err) {
		return "created", r.refused(r.create(ctx, c, want))
	}
	if err != nil {
		return "", err
	}
	differs, err := r.differs(ctx, c, there, want)
	switch {
	case err != nil:
		return "", r.refused(err)
	case !differs:
		return "unchanged", nil
	case !r.overwrite && !r.empty(there):
		r.differ++
		return "DIFFERS and is left as it is", nil
	}
	return "overwritten", r.refused(r.write(ctx, c, there, want))
}

// create creates an object, a ledger with its status.
func (r *restorer) create(ctx context.Context, c client.Client, want *unstructured.Unstructured) error {
	made := want.DeepCopy()
	if err := c.Create(ctx, made); err != nil || want.GetKind() != kindLedger {
		return err
	}
	return r.write(ctx, c, made, want)
}

// empty reports whether a ledger holds nothing yet, as one whose import was
// interrupted.
func (r *restorer) empty(there *unstructured.Unstructured) bool {
	return there.GetKind() == kindLedger && there.Object["status"] == nil
}

// differs reports whether an object that is there says something else than the
// file, once the API server has filled the file's in.
func (r *restorer) differs(ctx context.Context, c client.Client, there, want *unstructured.Unstructured) (bool, error) {
	if !included(want.GetLabels(), there.GetLabels()) || !included(want.GetAnnotations(), there.GetAnnotations()) {
		return true, nil
	}
	if want.GetKind() == kindLedger {
		return !equality.Semantic.DeepEqual(there.Object["status"], want.Object["status"]), nil
	}
	if equality.Semantic.DeepEqual(there.Object["spec"], want.Object["spec"]) || want.GetKind() == "Namespace" {
		return false, nil
	}
	filled := merge(there, want)
	err := c.Update(ctx, filled, client.DryRunAll)
	if apierrors.IsInvalid(err) || apierrors.IsForbidden(err) {
		return true, nil // it can't become what the file says: a decision can't be changed
	}
	return !equality.Semantic.DeepEqual(there.Object["spec"], filled.Object["spec"]), err
}

// included reports whether all of the entries are there with the same value.
func included(entries, all map[string]string) bool {
	for k, v := range entries {
		if has, ok := all[k]; !ok || has != v {
			return false
		}
	}
	return true
}

// merge is the object that is there, saying what the file says.
func merge(there, want *unstructured.Unstructured) *unstructured.Unstructured {
	out := there.DeepCopy()
	if spec, ok := want.Object["spec"]; ok {
		out.Object["spec"] = spec
	}
	out.SetLabels(united(there.GetLabels(), want.GetLabels()))
	out.SetAnnotations(united(there.GetAnnotations(), want.GetAnnotations()))
	return out
}

func united(a, b map[string]string) map[string]string {
	out := without(a)
	maps.Copy(out, b)
	return out
}

// write replaces what is there. The status of a ledger is written apart, as its
// subresource.
func (r *restorer) write(ctx context.Context, c client.Client, there, want *unstructured.Unstructured) error {
	next := merge(there, want)
	changed := !included(want.GetLabels(), there.GetLabels()) || !included(want.GetAnnotations(), there.GetAnnotations()) ||
		!equality.Semantic.DeepEqual(there.Object["spec"], next.Object["spec"])
	if changed {
		if err := c.Update(ctx, next); err != nil {
			return err
		}
	}
	if want.GetKind() != kindLedger {
		return nil
	}
	if want.Object["status"] == nil {
		return nil
	}
	next.Object["status"] = want.Object["status"]
	return c.Status().Update(ctx, next)
}

// refused words why a ledger could not be written.
func (r *restorer) refused(err error) error {
	switch {
	case err == nil || !apierrors.IsForbidden(err):
		return err
	case strings.Contains(err.Error(), "cannot impersonate"):
		return fmt.Errorf("%w; only the operator's user may write a ledger, and you may not act as %s: run this as a cluster administrator, "+
			"or have one grant you the verb impersonate on that ServiceAccount, or user", err, r.operatorName)
	case strings.Contains(err.Error(), "written by the operator alone"):
		return fmt.Errorf("%w; the operator acts as another user here than %s: name it with --as-operator", err, r.operatorName)
	case strings.Contains(err.Error(), r.operatorName):
		return fmt.Errorf("%w; %s may not write ledgers: install Shequ's roles first, or name the operator's user with --as-operator", err, r.operatorName)
	}
	return err
}
