package community

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/custody"
	"github.com/shequ-io/shequ/internal/district"
)

// Reasons of events about chains that are not those whose heads were published.
const (
	eventTrailRewritten      = "AuditTrailRewritten"
	eventDeliveriesRewritten = "DeliveriesRewritten"
)

// observeHeads looks at the heads of the community's chains, once they can be there.
func (r *Reconciler) observeHeads(ctx context.Context, s *scope) {
	d := s.database
	if d == nil || d.opened == nil || !d.progress.Done {
		return
	}
	look, err := r.Custody.Heads(ctx, s.home.Namespace, d.opened)
	if err != nil {
		log.FromContext(ctx).Info("the heads of the community's chains can't be read; it is tried again", "in", look.Again.String(), "reason", err.Error())
	}
	s.heads, s.headAgain = look.Heads, look.Again
	c := s.community
	for _, chain := range []struct {
		event, what, entries, field string
		was                         *v1alpha1.AuditHead
		is                          *district.Head
	}{
		{eventTrailRewritten, "the audit trail", "entries", chainAudit, c.Status.Audit, look.Audit},
		{eventDeliveriesRewritten, "the chain of deliveries", "records", chainDeliveries, c.Status.Deliveries, look.Deliveries},
	} {
		r.metrics.confirmed(c, chain.field, confirmed(chain.was, chain.is, look.At))
		if !rewritten(chain.was, chain.is) {
			continue
		}
		r.Recorder.Eventf(c, nil, corev1.EventTypeWarning, chain.event, "Reconcile",
			"%s has %d %s and is not the one whose head of %d %s was published at %s. If it was restored from a backup on purpose, take status.%s away: kubectl patch community %s --namespace %s --subresource=status --type=json --patch '[{\"op\":\"remove\",\"path\":\"/status/%s\"}]'",
			chain.what, chain.is.Length, chain.entries, chain.was.Length, chain.entries, chain.was.PublishedAt.UTC().Format(time.RFC3339),
			chain.field, c.Name, c.Namespace, chain.field)
	}
}

// confirmed is when a chain was last seen to be the one whose head is published, or to
// go on from it; zero where there is no chain.
func confirmed(was *v1alpha1.AuditHead, is *district.Head, at time.Time) time.Time {
	switch {
	case is != nil && !rewritten(was, is):
		return at
	case was != nil:
		return was.PublishedAt.Time
	default:
		return time.Time{}
	}
}

// publish is the head to publish of a chain: the one that is published, unless the
// chain has grown and it was published long enough ago: an operator that starts again
// writes no more often. A chain that became shorter, or another, was tampered with or
// restored from a backup: the head that was published stands until somebody takes it
// away.
func publish(was *v1alpha1.AuditHead, is *district.Head, now time.Time) *v1alpha1.AuditHead {
	if is == nil || is.Length < 1 || len(is.Hash) != sha256.Size {
		return was
	}
	if was != nil && (is.Length <= was.Length || now.Sub(was.PublishedAt.Time) < custody.HeadPeriod) {
		return was
	}
	return &v1alpha1.AuditHead{Length: is.Length, Hash: hex.EncodeToString(is.Hash), PublishedAt: metav1.NewTime(now.Truncate(time.Second))}
}

// rewritten reports that a chain is not the one whose head was published.
func rewritten(was *v1alpha1.AuditHead, is *district.Head) bool {
	if was == nil || is == nil {
		return false
	}
	return is.Length < was.Length || (is.Length == was.Length && hex.EncodeToString(is.Hash) != was.Hash)
}
