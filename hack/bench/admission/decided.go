package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/bench/measure"
)

const (
	patience = 5 * time.Minute
	restTime = 20 * time.Second
	// quietTime without a write means that the operator has finished.
	quietTime = 7 * time.Second
)

// fromEmpty starts the operator over the declared district, which has no
// ledgers, and reports when every task is decided on in every community.
func (b *run) fromEmpty(ctx context.Context) error {
	if err := b.start(ctx, b.profile); err != nil {
		return err
	}
	writes, err := b.settle(ctx)
	if err != nil {
		return err
	}
	ledgers, err := b.ledgers(ctx)
	if err != nil {
		return err
	}
	f, err := describe(ledgers)
	if err != nil {
		return err
	}
	b.decided = lastLedgerWrite(writes).Sub(b.operator.started)
	decisions := len(ledgers) * len(b.district.Tasks)
	fmt.Printf("\nfrom empty: %d decisions in %.2f s, from the operator's start to the last write of a ledger (%.0f a second); the first after %.2f s\n",
		decisions, b.decided.Seconds(), float64(decisions)/b.decided.Seconds(), firstLedgerWrite(writes).Sub(b.operator.started).Seconds())
	fmt.Printf("  refused %.0f %%, %d reasons, %d different ledgers of %d, %.0f KiB each as JSON\n",
		100*float64(f.decided[v1alpha1.DecisionRefused])/float64(decisions), len(f.reasons), f.distinct, len(ledgers), float64(f.bytes)/float64(len(ledgers))/1024)
	for _, reason := range slices.SortedFunc(maps.Keys(f.reasons), func(a, b v1alpha1.LedgerReason) int { return f.reasons[b] - f.reasons[a] }) {
		fmt.Printf("    %-24s %6d\n", reason, f.reasons[reason])
	}
	b.report(writes)
	fmt.Printf("  resident memory %.0f MiB\n", float64(b.operator.rss())/(1<<20))
	return nil
}

// settle waits until the operator has written nothing for a while, and returns
// what it wrote.
func (b *run) settle(ctx context.Context) ([]measure.Write, error) {
	var out []measure.Write
	began, last := time.Now(), time.Now()
	for time.Since(last) < quietTime {
		more, err := b.audit.Writes()
		if err != nil {
			return nil, err
		}
		if len(more) > 0 {
			out, last = append(out, more...), time.Now()
		}
		if time.Since(began) > patience {
			return nil, errors.New("the operator does not come to rest")
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return out, nil
}

// report says what was written, and how often to one ledger at most.
func (b *run) report(writes []measure.Write) {
	perLedger, counts, failed := map[string]int{}, map[string]int{}, 0
	var first, last time.Time
	var inFlight time.Duration
	for _, w := range writes {
		if w.Code >= 300 {
			failed++
			counts[fmt.Sprintf("refused with %d: %s %s/%s", w.Code, w.Verb, w.Resource, w.Subresource)]++
			continue
		}
		counts[w.Verb+" "+w.Resource+"/"+w.Subresource]++
		if w.Resource == "taskledgers" {
			perLedger[w.Namespace+"/"+w.Name]++
			inFlight += w.Answered.Sub(w.Received)
			if first.IsZero() {
				first = w.Received
			}
			last = w.Answered
		}
	}
	most, total := 0, 0
	for _, n := range perLedger {
		most, total = max(most, n), total+n
	}
	fmt.Printf("  writes to ledgers: %d, to %d of %d ledgers, %d to one at most; requests refused %d\n",
		total, len(perLedger), b.communities, most, failed)
	if total > 0 {
		fmt.Printf("    the API server took %.0f ms for one; %.1f were under way at once\n",
			inFlight.Seconds()*1000/float64(total), inFlight.Seconds()/last.Sub(first).Seconds())
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf("    %-48s %6d\n", name, counts[name])
	}
}

func lastLedgerWrite(writes []measure.Write) time.Time {
	var last time.Time
	for _, w := range writes {
		if w.Resource == "taskledgers" && w.Answered.After(last) {
			last = w.Answered
		}
	}
	return last
}

func firstLedgerWrite(writes []measure.Write) time.Time {
	i := slices.IndexFunc(writes, func(w measure.Write) bool { return w.Resource == "taskledgers" })
	if i < 0 {
		return time.Time{}
	}
	return writes[i].Received
}

// atRest counts what is written while nothing changes.
func (b *run) atRest(ctx context.Context) error {
	n, err := b.writesWithin(ctx, restTime)
	fmt.Printf("\nat rest: %d writes in %s\n", n, restTime)
	return err
}

// restart counts what another operator writes over the decided district.
func (b *run) restart(ctx context.Context) error {
	rss := b.operator.rss()
	if err := b.operator.stop(); err != nil {
		return err
	}
	if err := b.start(ctx, ""); err != nil {
		return err
	}
	n, err := b.writesWithin(ctx, restTime)
	fmt.Printf("\nrestart over the decided district: %d writes in %s; resident memory before it %.0f MiB, after %.0f MiB\n",
		n, restTime, float64(rss)/(1<<20), float64(b.operator.rss())/(1<<20))
	return err
}

func (b *run) writesWithin(ctx context.Context, d time.Duration) (int, error) {
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(d):
	}
	writes, err := b.audit.Writes()
	return len(writes), err
}

func (b *run) ledgers(ctx context.Context) ([]v1alpha1.TaskLedger, error) {
	var list v1alpha1.TaskLedgerList
	err := b.admin.List(ctx, &list)
	return list.Items, err
}

// figures are what the ledgers say.
type figures struct {
	distinct, bytes int
	decided         map[v1alpha1.LedgerDecision]int
	reasons         map[v1alpha1.LedgerReason]int
}

func describe(ledgers []v1alpha1.TaskLedger) (figures, error) {
	f := figures{decided: map[v1alpha1.LedgerDecision]int{}, reasons: map[v1alpha1.LedgerReason]int{}}
	texts := map[string]bool{}
	for i := range ledgers {
		l := &ledgers[i]
		for j := range l.Status.Entries {
			f.decided[l.Status.Entries[j].Decision]++
			f.reasons[l.Status.Entries[j].Reason]++
		}
		text, err := json.Marshal(l.Status)
		if err != nil {
			return f, err
		}
		texts[string(text)] = true
		f.bytes += len(text)
	}
	f.distinct = len(texts)
	return f, nil
}
