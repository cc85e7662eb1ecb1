package admission

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/admission"
)

// scope is what one reconcile knows.
type scope struct {
	community *v1alpha1.Community
	station   *v1alpha1.ServiceStation // nil: none
	ledger    *v1alpha1.TaskLedger     // nil: none yet, or lost
	snapshot  *admission.Snapshot
	had       []admission.Ref // what had a place in a ledger that is lost, as far as anybody knows
}

// observe gathers all a decision depends on. It returns nil where there is
// nothing to decide: no community, one that is going, one in a namespace of the
// wrong role, or one the community controller has not looked at yet.
func (r *Reconciler) observe(ctx context.Context, name types.NamespacedName) (*scope, error) {
	c := &v1alpha1.Community{}
	err := r.Cache.Get(ctx, name, c)
	if apierrors.IsNotFound(err) || (err == nil && (!c.DeletionTimestamp.IsZero() || c.Status.ObservedGeneration == 0)) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	subdistrict, err := r.Namespace(ctx, c.Namespace)
	if err != nil {
		return nil, err
	}
	if _, wrong := base.WrongRole(v1alpha1.ConditionCurrent, "Community", subdistrict); wrong {
		return nil, nil
	}
	s := &scope{community: c, snapshot: &admission.Snapshot{Now: r.now(), Community: c}}
	// The ledger alone is read so that the operator's own last write is seen.
	ledger := &v1alpha1.TaskLedger{}
	if err := r.Client.Get(ctx, name, ledger); err == nil {
		s.ledger, s.snapshot.Ledger = ledger, &ledger.Status
	} else if !apierrors.IsNotFound(err) {
		return nil, err
	}
	return s, r.gather(ctx, s, subdistrict)
}

func (r *Reconciler) gather(ctx context.Context, s *scope, subdistrict *metav1.PartialObjectMetadata) error {
	c, snap := s.community, s.snapshot
	var err error
	if snap.Standard, err = r.Standard(ctx, c.Spec.StandardRef.Name); err != nil {
		return err
	}
	stations, err := r.Stations(ctx, c.Namespace, c.Name)
	if err != nil {
		return err
	}
	for i := range stations {
		if stations[i].DeletionTimestamp.IsZero() {
			s.station, snap.Station = &stations[i], &stations[i]
			break
		}
	}
	var grids v1alpha1.GridList
	if err := r.Cache.List(ctx, &grids, client.InNamespace(c.Namespace), client.MatchingFields{base.CommunityIndex: c.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	for i := range grids.Items {
		if grids.Items[i].DeletionTimestamp.IsZero() {
			snap.Grids = append(snap.Grids, &grids.Items[i])
		}
	}
	d, err := r.Docket.Read(ctx)
	if err != nil {
		return err
	}
	snap.Tasks = d.For(admission.Ref{Namespace: c.Namespace, Name: c.Name}, subdistrict.Labels)
	snap.Records, snap.Systems, snap.PolicyProblem = d.Records, d.Systems, r.want.Problem(d.Policies)
	return nil
}

// owners are the owners a ledger should have: its Community where the community
// is to be deleted with all it has, nobody where it is to be kept.
func (s *scope) owners(now []metav1.OwnerReference) []metav1.OwnerReference {
	mine := func(ref metav1.OwnerReference) bool {
		return ref.APIVersion == v1alpha1.GroupVersion.String() && ref.Kind == "Community"
	}
	others := slices.DeleteFunc(slices.Clone(now), mine)
	if s.community.Spec.DeletionPolicy != v1alpha1.DeletionDelete {
		return others
	}
	return append(others, metav1.OwnerReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "Community",
		Name: s.community.Name, UID: s.community.UID, BlockOwnerDeletion: ptr.To(false),
	})
}
