package community

import (
	"context"
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/norms"
)

// phases says how far each part of the community has come, in the order in
// which the parts are made.
func (r *Reconciler) phases(ctx context.Context, s *scope) ([]conditions.Phase, error) {
	out := []conditions.Phase{s.namespacePhase(), s.accessPhase(), s.standardPhase()}
	if phase, applies := s.databasePhase(); applies {
		out = append(out, phase)
	}
	portal, err := r.portalPhase(ctx, s)
	if err != nil {
		return nil, err
	}
	out = append(out, portal)
	route, applies, err := r.routePhase(ctx, s)
	if err != nil {
		return nil, err
	}
	if applies {
		out = append(out, route)
	}
	integrations, applies, err := r.integrationsPhase(ctx, s)
	if err != nil {
		return nil, err
	}
	if applies {
		out = append(out, integrations)
	}
	return append(out, s.normsPhase()), nil
}

func (s *scope) namespacePhase() conditions.Phase {
	if phase, failed := base.Failure(v1alpha1.ConditionNamespaceReady, s.result, partOfHouse); failed {
		return phase
	}
	if s.homeDeleting {
		return conditions.Phase{
			Type: v1alpha1.ConditionNamespaceReady, State: conditions.Waiting, Reason: v1alpha1.ReasonNamespaceDeleting,
			Message: fmt.Sprintf("home namespace %s is being deleted by somebody; it is made anew when it is gone", s.home.Namespace),
		}
	}
	if len(s.above) > 0 {
		return conditions.Phase{
			Type: v1alpha1.ConditionNamespaceReady, State: conditions.Stuck, Reason: v1alpha1.ReasonQuotaAboveMaximum,
			Message: fmt.Sprintf("spec.quota asks for %s: lower it, or ask district IT to raise the maximum; the default holds meanwhile", base.Join(s.above)),
		}
	}
	return conditions.Phase{
		Type: v1alpha1.ConditionNamespaceReady, State: conditions.Done, Reason: v1alpha1.ReasonProvisioned,
		Message: fmt.Sprintf("home namespace %s is in place, closed and limited", s.home.Namespace),
	}
}

func (s *scope) accessPhase() conditions.Phase {
	if phase, failed := base.Failure(v1alpha1.ConditionAccessReady, s.result, partOfAccess); failed {
		return phase
	}
	if given := s.granted(); given < len(s.community.Spec.Access) {
		return conditions.Phase{
			Type: v1alpha1.ConditionAccessReady, State: conditions.Waiting, Reason: v1alpha1.ReasonProgressing,
			Message: fmt.Sprintf("%d of %d groups have access; see condition NamespaceReady", given, len(s.community.Spec.Access)),
		}
	}
	return conditions.Phase{
		Type: v1alpha1.ConditionAccessReady, State: conditions.Done, Reason: v1alpha1.ReasonProvisioned,
		Message: fmt.Sprintf("%d groups have access", len(s.community.Spec.Access)),
	}
}

func (s *scope) standardPhase() conditions.Phase {
	name := s.community.Spec.StandardRef.Name
	if s.standard == nil {
		return conditions.Phase{
			Type: v1alpha1.ConditionStandardReady, State: conditions.Waiting, Reason: v1alpha1.ReasonStandardNotFound,
			Message: fmt.Sprintf("there is no CommunityStandard %s: apply it, or name one that \"kubectl get communitystandards\" lists in spec.standardRef", name),
		}
	}
	return conditions.Phase{
		Type: v1alpha1.ConditionStandardReady, State: conditions.Done, Reason: v1alpha1.ReasonStandardFound,
		Message: fmt.Sprintf("the community is held to CommunityStandard %s", name),
	}
}

func (r *Reconciler) portalPhase(ctx context.Context, s *scope) (conditions.Phase, error) {
	if phase, failed := base.Failure(v1alpha1.ConditionPortalReady, s.result, partOfPortal); failed {
		return phase, nil
	}
	if s.portal.Held {
		return base.Held(v1alpha1.ConditionPortalReady, blueprint.ComponentPortal), nil
	}
	return r.Workload(ctx, v1alpha1.ConditionPortalReady, s.home.Namespace, blueprint.ComponentPortal, s.result.Inventory)
}

// routePhase is absent when there is no hostname, when Gateway API is not
// installed, and while the community is suspended.
func (r *Reconciler) routePhase(ctx context.Context, s *scope) (conditions.Phase, bool, error) {
	if s.hostname != nil {
		return *s.hostname, true, nil
	}
	if s.portal.Hostname == "" || s.portal.Gateway == nil {
		return conditions.Phase{}, false, nil
	}
	if phase, failed := base.Failure(v1alpha1.ConditionRouteReady, s.result, partOfRoute); failed {
		return phase, true, nil
	}
	phase, err := r.Route(ctx, v1alpha1.ConditionRouteReady, s.home.Namespace, blueprint.ComponentPortal)
	return phase, true, err
}

// normsPhase never affects Ready: a community that misses a norm is served all
// the same, and the miss is shown.
func (s *scope) normsPhase() conditions.Phase {
	phase := conditions.Phase{Type: v1alpha1.ConditionNormsMet}
	met, known := norms.Count(s.norms)
	switch {
	case s.standard == nil:
		phase.State, phase.Reason = conditions.AdvisoryUnknown, v1alpha1.ReasonStandardNotFound
		phase.Message = fmt.Sprintf("nobody can tell without CommunityStandard %s", s.community.Spec.StandardRef.Name)
	case known == 0:
		phase.State, phase.Reason = conditions.AdvisoryUnknown, v1alpha1.ReasonNormsUnknown
		phase.Message = "the Community declares none of the figures its standard has rules for"
	case met < known:
		phase.State, phase.Reason, phase.Message = conditions.Advisory, v1alpha1.ReasonNormsNotMet, norms.Explain(s.norms)
	default:
		phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonNormsMet
		phase.Message = fmt.Sprintf("all %d rules whose figures are declared are met", met)
	}
	return phase
}

// status is the whole status that follows from a reconcile.
func (s *scope) status(phases []conditions.Phase) v1alpha1.CommunityStatus {
	c := s.community
	out := *c.Status.DeepCopy()
	out.ObservedGeneration = c.Generation
	out.Conditions = conditions.Set(c.Status.Conditions, c.Generation, phases, s.summary())
	out.Norms, out.NormsMet, out.Workforce = nil, "", nil
	if s.standard != nil {
		out.Norms = norms.Status(s.norms)
		met, known := norms.Count(s.norms)
		out.NormsMet = fmt.Sprintf("%d/%d", met, known)
		out.Workforce = norms.Workforce(&c.Spec, &s.standard.Spec)
	}
	if s.result.Failed != nil { // children were looked at
		out.Inventory = s.result.Inventory
		out.Namespace, out.PortalURL = s.home.Namespace, base.URL(s.portal)
	}
	out.Counts = s.counts(provisioned(out.Inventory))
	out.Audit, out.Deliveries = publish(c.Status.Audit, s.heads.Audit, s.now), publish(c.Status.Deliveries, s.heads.Deliveries, s.now)
	return out
}

func (s *scope) summary() conditions.Summary {
	if c := s.community; c.Spec.Suspend != nil && *c.Spec.Suspend {
		return conditions.Summary{Reason: v1alpha1.ReasonSuspended, Message: "suspended: nothing runs, all data is kept; set spec.suspend to false to start again"}
	}
	return conditions.Summary{Message: "the community is served from namespace " + s.home.Namespace}
}

func (s *scope) counts(objects int) *v1alpha1.CommunityCounts {
	var gridWorkers, workers int64
	for i := range s.grids {
		if s.grids[i].Spec.Level == 3 || len(s.grids) == 1 {
			gridWorkers += int64(len(s.grids[i].Spec.Workers))
		}
	}
	for _, w := range s.community.Spec.Workforce {
		workers += ptr.Deref(w.Count, 0)
	}
	return &v1alpha1.CommunityCounts{
		Grids: ptr.To(int64(len(s.grids))), GridWorkers: &gridWorkers, Stations: ptr.To(int64(s.stations)),
		Workers: &workers, Objects: ptr.To(int64(objects)),
	}
}

// granted is how many role bindings are in place.
func (s *scope) granted() int {
	n := 0
	for _, e := range s.result.Inventory {
		if e.Kind == "RoleBinding" && e.UID != "" {
			n++
		}
	}
	return n
}

// provisioned is how many children exist; those that could not be made yet are
// in the inventory too, without a UID.
func provisioned(inventory []v1alpha1.InventoryEntry) int {
	n := 0
	for _, e := range inventory {
		if e.UID != "" {
			n++
		}
	}
	return n
}

func partOfHouse(ref apply.Ref) bool {
	return !partOfAccess(ref) && !partOfPortal(ref) && !partOfRoute(ref) && !partOfDatabase(ref) && !partOfCourier(ref)
}

func partOfAccess(ref apply.Ref) bool { return ref.Kind == "RoleBinding" }

func partOfRoute(ref apply.Ref) bool { return ref.GroupKind() == apply.HTTPRouteKind }

func partOfPortal(ref apply.Ref) bool {
	return !partOfRoute(ref) && !partOfCourier(ref) && (ref.Name == blueprint.ComponentPortal || ref.Kind == "ConfigMap")
}
