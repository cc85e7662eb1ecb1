package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

const (
	// spacing between lone changes, so that each finds the operator at rest.
	spacing = 1500 * time.Millisecond
	// wholeRounds is how often a change that concerns all communities is made.
	wholeRounds = 3
)

// watcher tells what ledgers say as soon as the API server does.
type watcher struct{ watch.Interface }

func (b *run) watch(ctx context.Context) (*watcher, error) {
	var list v1alpha1.TaskLedgerList
	if err := b.admin.List(ctx, &list); err != nil {
		return nil, err
	}
	w, err := b.admin.Watch(ctx, &v1alpha1.TaskLedgerList{}, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: list.ResourceVersion}})
	return &watcher{w}, err
}

// await returns when each of so many ledgers said of a task what is asked for,
// counted from a moment.
func (w *watcher) await(ctx context.Context, from time.Time, ledgers int, task *v1alpha1.AdmittedTask, says func(*v1alpha1.LedgerEntry) bool) ([]time.Duration, error) {
	seen := map[string]time.Duration{}
	timeout := time.After(time.Minute)
	for len(seen) < ledgers {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timeout:
			return nil, fmt.Errorf("%d of %d ledgers answer to a change of task %s", len(seen), ledgers, task.Name)
		case e, open := <-w.ResultChan():
			l, ok := e.Object.(*v1alpha1.TaskLedger)
			if !open || !ok {
				return nil, errors.New("the watch of ledgers ended")
			}
			key := l.Namespace + "/" + l.Name
			if _, known := seen[key]; !known && slices.ContainsFunc(l.Status.Entries, func(e v1alpha1.LedgerEntry) bool {
				return e.TaskRef.Name == task.Name && e.TaskRef.Namespace == task.Namespace && says(&e)
			}) {
				seen[key] = time.Since(from)
			}
		}
	}
	var out []time.Duration
	for _, d := range seen {
		out = append(out, d)
	}
	slices.Sort(out)
	return out, nil
}

func anything(*v1alpha1.LedgerEntry) bool { return true }

func approved(e *v1alpha1.LedgerEntry) bool { return e.Reason != v1alpha1.LedgerAwaitingApproval }

// lone measures changes that come alone, to one community and to all.
func (b *run) lone(ctx context.Context) error {
	w, err := b.watch(ctx)
	if err != nil {
		return err
	}
	defer w.Stop()
	open := b.open()
	var tasks, approvals, terms []time.Duration
	for i := range b.rounds {
		c := open[i*7%len(open)]
		one := []struct {
			out *[]time.Duration
			do  change
		}{{&tasks, b.propose}, {&approvals, b.approve}, {&terms, b.amend}}
		t := b.task(at(c))
		for _, step := range one {
			took, err := step.do(ctx, w, t, 1)
			if err != nil {
				return err
			}
			*step.out = append(*step.out, took...)
			time.Sleep(spacing)
		}
	}
	fmt.Printf("\na lone change to one community, from its answer to the ledger at a watcher (%d of each, %s apart):\n", b.rounds, spacing)
	show("a new task", tasks)
	show("an approval", approvals)
	show("a task's changed terms", terms)
	if err := b.toAll(ctx, w); err != nil {
		return err
	}
	writes, err := b.settle(ctx)
	if err != nil {
		return err
	}
	changes := 3 * (b.rounds + wholeRounds*b.communities)
	fmt.Printf("  changes times communities concerned: %d\n", changes)
	b.report(writes)
	return nil
}

// open are the communities that answer to an approval. One that is suspended, or
// has no standard, says so before and after.
func (b *run) open() []*v1alpha1.Community {
	standards := map[string]bool{}
	for _, s := range b.district.Standards {
		standards[s.Name] = true
	}
	return slices.DeleteFunc(slices.Clone(b.district.Communities), func(c *v1alpha1.Community) bool {
		return c.Spec.Suspend != nil && *c.Spec.Suspend || !standards[c.Spec.StandardRef.Name]
	})
}

// toAll measures changes that concern every community.
func (b *run) toAll(ctx context.Context, w *watcher) error {
	fmt.Printf("a lone change to all %d communities (%d of each):\n", b.communities, wholeRounds)
	var all [3][]time.Duration
	for range wholeRounds {
		t := b.task(b.everywhere())
		for i, do := range []change{b.propose, b.approve, b.amend} {
			took, err := do(ctx, w, t, len(b.open()))
			if err != nil {
				return err
			}
			all[i] = append(all[i], took...)
			time.Sleep(3 * spacing)
		}
	}
	for i, what := range []string{"a new task", "an approval", "a task's changed terms"} {
		slices.Sort(all[i])
		show(what, all[i])
	}
	return nil
}

// change makes one change about a task and waits for the ledgers it concerns.
type change func(ctx context.Context, w *watcher, t *v1alpha1.AdmittedTask, ledgers int) ([]time.Duration, error)

func (b *run) propose(ctx context.Context, w *watcher, t *v1alpha1.AdmittedTask, ledgers int) ([]time.Duration, error) {
	if err := b.admin.Create(ctx, t); err != nil {
		return nil, err
	}
	return w.await(ctx, time.Now(), ledgers, t, anything)
}

func (b *run) approve(ctx context.Context, w *watcher, t *v1alpha1.AdmittedTask, ledgers int) ([]time.Duration, error) {
	if err := b.admin.Create(ctx, b.approval(t)); err != nil {
		return nil, err
	}
	return w.await(ctx, time.Now(), ledgers, t, approved)
}

func (b *run) amend(ctx context.Context, w *watcher, t *v1alpha1.AdmittedTask, ledgers int) ([]time.Duration, error) {
	before := t.DeepCopy()
	t.Spec.Workload = &v1alpha1.TaskWorkload{CasesPerYear: 1, MinutesPerCase: 1}
	if err := b.admin.Patch(ctx, t, client.MergeFrom(before)); err != nil {
		return nil, err
	}
	digest := admission.Digest(&t.Spec)
	return w.await(ctx, time.Now(), ledgers, t, func(e *v1alpha1.LedgerEntry) bool { return e.Digest == digest })
}

// show prints the spread of durations.
func show(what string, took []time.Duration) {
	slices.Sort(took)
	at := func(percent int) float64 {
		return float64(took[min(len(took)-1, len(took)*percent/100)].Microseconds()) / 1000
	}
	fmt.Printf("  %-24s first %6.1f ms, median %6.1f ms, 90 %% within %6.1f ms, all within %6.1f ms\n", what, at(0), at(50), at(90), at(100))
}

// oneMore measures one more task that everybody has already spoken about.
func (b *run) oneMore(ctx context.Context) error {
	w, err := b.watch(ctx)
	if err != nil {
		return err
	}
	defer w.Stop()
	t := b.task(b.everywhere())
	if err := b.admin.Create(ctx, b.approval(t)); err != nil {
		return err
	}
	if _, err := b.settle(ctx); err != nil {
		return err
	}
	took, err := b.propose(ctx, w, t, b.communities)
	if err != nil {
		return err
	}
	fmt.Printf("\none more task, approved beforehand, over %d communities:\n", b.communities)
	show("decided", took)
	b.more = slices.Max(took)
	writes, err := b.settle(ctx)
	b.report(writes)
	return err
}

// stream proposes and approves tasks one after the other, as a pipeline does
// that knows nothing of the operator.
func (b *run) stream(ctx context.Context) error {
	const tasks = 100
	began := time.Now()
	for range tasks {
		t := b.task(b.everywhere())
		if err := b.admin.Create(ctx, t); err != nil {
			return err
		}
		if err := b.admin.Create(ctx, b.approval(t)); err != nil {
			return err
		}
	}
	took := time.Since(began)
	writes, err := b.settle(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\na stream of %d tasks and as many approvals for all communities, one after the other in %.1f s; ledgers current %.1f s after the last:\n",
		tasks, took.Seconds(), lastLedgerWrite(writes).Sub(began.Add(took)).Seconds())
	b.report(writes)
	return nil
}
