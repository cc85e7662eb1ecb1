// Package admission keeps the TaskLedger of each community: it gathers what a
// decision depends on, lets internal/admission decide, and writes the ledger
// when the answer has changed. It writes TaskLedgers and nothing else of
// anybody's.
//
// One community is decided on at a time, and a ledger is only ever replaced at
// the version it was decided from: with a stale cache, a second replica or a
// crash in between the API server refuses the write, and capacity is not spent
// twice.
package admission

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/pace"
	"github.com/shequ-io/shequ/internal/policies"
)

// Owner is the controller's field owner.
const Owner = "shequ-admission"

// Reconciler decides what enters one community.
type Reconciler struct {
	*base.Deps
	floor   *pace.Floor
	want    policies.Set
	waiting *waiting
	metrics *Metrics
	places  *places
	now     func() time.Time
	quiet   time.Duration
}

// Reconcile decides on everything at a community's door. A community that is
// gone leaves its ledger as it is: one of the same name goes on with it.
func (r *Reconciler) Reconcile(ctx context.Context, req reconcile.Request) (reconcile.Result, error) {
	began := r.waiting.take(req)
	if !began.IsZero() {
		r.floor.Begin(req)
	}
	s, err := r.observe(ctx, req.NamespacedName)
	if err != nil {
		r.waiting.back(req, began)
		return reconcile.Result{}, fmt.Errorf("observe: %w", err)
	}
	if s == nil {
		r.floor.Forget(req)
		r.waiting.forget(req)
		r.places.forget(req)
		return reconcile.Result{}, nil
	}
	if rest := r.places.asLeft(req, s.ledger, s.snapshot.Now); rest > 0 && began.IsZero() {
		return reconcile.Result{RequeueAfter: rest}, nil
	}
	if s.had = r.lost(req, s); s.ledger == nil && len(s.had) == 0 {
		// Whatever enters first keeps its place. While a whole district is being
		// applied, file by file, the order of the files must not decide that.
		if left := r.waiting.calm(req, r.quiet, quietLimit); left > 0 {
			r.waiting.back(req, began)
			return reconcile.Result{RequeueAfter: left}, nil
		}
	}
	answer := admission.Decide(s.snapshot)
	ledger, err := r.write(ctx, s, &answer)
	if err != nil {
		r.waiting.back(req, began)
		if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
			// Somebody else wrote the ledger, or this replica saw an old one: decide
			// anew from what is there now.
			return reconcile.Result{RequeueAfter: conflictRetry}, nil
		}
		return reconcile.Result{}, err
	}
	r.waiting.forget(req)
	r.places.keep(req, ledger, answer.Next)
	r.metrics.decided(began, &answer)
	return reconcile.Result{RequeueAfter: max(answer.Next.Sub(s.snapshot.Now), time.Second)}, nil
}

// write replaces the ledger where the decision differs from it, says in one
// event what has changed, and returns the ledger as it then is.
func (r *Reconciler) write(ctx context.Context, s *scope, answer *admission.Result) (*v1alpha1.TaskLedger, error) {
	before := s.ledger
	if before == nil {
		before = &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{
			Namespace: s.community.Namespace, Name: s.community.Name, OwnerReferences: s.owners(nil),
		}}
		if err := r.Client.Create(ctx, before, client.FieldOwner(Owner)); err != nil {
			return nil, err
		}
	} else if refs := s.owners(before.OwnerReferences); !equality.Semantic.DeepEqual(refs, before.OwnerReferences) {
		before = before.DeepCopy()
		before.OwnerReferences = refs
		if err := r.Client.Update(ctx, before, client.FieldOwner(Owner)); err != nil {
			return nil, err
		}
	}
	after := before.DeepCopy()
	after.Status = status(before, answer)
	if equality.Semantic.DeepEqual(before.Status, after.Status) {
		return before, nil
	}
	if err := r.Client.Status().Update(ctx, after, client.FieldOwner(Owner)); err != nil {
		return nil, err
	}
	r.announce(s, &before.Status, &after.Status)
	return after, nil
}
