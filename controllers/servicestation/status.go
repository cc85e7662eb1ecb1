package servicestation

import (
	"cmp"
	"context"
	"fmt"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
)

// phases says how far each part of the station has come.
func (r *Reconciler) phases(ctx context.Context, s *scope) ([]conditions.Phase, error) {
	community := s.communityPhase()
	out := []conditions.Phase{community}
	if community.State != conditions.Done {
		return out, nil
	}
	out = append(out, s.itemsPhase())
	desk, err := r.deskPhase(ctx, s)
	if err != nil {
		return nil, err
	}
	out = append(out, desk)
	switch {
	case s.hostname != nil:
		out = append(out, *s.hostname)
	case s.desk.Hostname != "" && s.desk.Gateway != nil:
		route, failed := base.Failure(v1alpha1.ConditionDeskRouteReady, s.result, partOfRoute)
		if !failed {
			var err error
			if route, err = r.Route(ctx, v1alpha1.ConditionDeskRouteReady, s.home, blueprint.ComponentDesk); err != nil {
				return nil, err
			}
		}
		out = append(out, route)
	}
	return out, nil
}

func (r *Reconciler) deskPhase(ctx context.Context, s *scope) (conditions.Phase, error) {
	if phase, failed := base.Failure(v1alpha1.ConditionDeskReady, s.result, partOfDesk); failed {
		return phase, nil
	}
	switch {
	case s.unspeakable != "":
		return conditions.Phase{
			Type: v1alpha1.ConditionDeskReady, State: conditions.Stuck, Reason: v1alpha1.ReasonInvalidSpec, Message: s.unspeakable,
		}, nil
	case s.desk.Held:
		return base.Held(v1alpha1.ConditionDeskReady, blueprint.ComponentDesk), nil
	default:
		return r.Workload(ctx, v1alpha1.ConditionDeskReady, s.home, blueprint.ComponentDesk, s.result.Inventory)
	}
}

func (s *scope) communityPhase() conditions.Phase {
	phase := conditions.Phase{Type: v1alpha1.ConditionCommunityReady, State: conditions.Waiting}
	name := s.station.Spec.CommunityRef.Name
	switch {
	case s.community == nil:
		phase.Reason = v1alpha1.ReasonCommunityNotFound
		phase.Message = fmt.Sprintf("there is no Community %s in namespace %s: apply it, or correct spec.communityRef", name, s.station.Namespace)
	case s.serving != s.station.Name:
		phase.State, phase.Reason = conditions.Stuck, v1alpha1.ReasonStationDuplicate
		phase.Message = fmt.Sprintf("Community %s is already served by ServiceStation %s, which is older: a community has one station; delete one of the two", name, s.serving)
	case s.home == "":
		phase.Reason = v1alpha1.ReasonCommunityNotReady
		phase.Message = fmt.Sprintf("Community %s has no home namespace yet; see its condition NamespaceReady", name)
	default:
		phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonCommunityFound
		phase.Message = fmt.Sprintf("the station serves Community %s from namespace %s", name, s.home)
	}
	return phase
}

func (s *scope) itemsPhase() conditions.Phase {
	if phase, failed := base.Failure(v1alpha1.ConditionItemsReady, s.result, partOfItems); failed {
		return phase
	}
	phase := conditions.Phase{Type: v1alpha1.ConditionItemsReady}
	unknown, overflow := s.offer.Undeclared, s.offer.Overflow
	switch {
	case len(unknown) > 0 && s.standard == nil:
		phase.State, phase.Reason = conditions.Waiting, v1alpha1.ReasonStandardNotFound
		phase.Message = fmt.Sprintf("there is no CommunityStandard %s, so items that ask for data elements are not served: apply it", s.community.Spec.StandardRef.Name)
	case len(unknown) > 0:
		phase.State, phase.Reason = conditions.Stuck, v1alpha1.ReasonUnknownElement
		phase.Message = fmt.Sprintf("CommunityStandard %s does not declare these data elements, so their items are not served: %s. Declare them in the standard or leave them out of the item", s.standard.Name, base.Join(firstFew(unknown)))
	case len(overflow) > 0:
		phase.State, phase.Reason = conditions.Stuck, v1alpha1.ReasonItemsOverflow
		phase.Message = fmt.Sprintf("the items fill %d ConfigMaps, which is all that can be served, so these admitted tasks are not published: %s. Shorten the steps and materials of items and tasks", blueprint.ItemShards, base.Join(firstFew(overflow)))
	default:
		phase.State, phase.Reason, phase.Message = conditions.Done, v1alpha1.ReasonItemsPublished, s.published()
	}
	return phase
}

// published says what is served, in numbers.
func (s *scope) published() string {
	out := fmt.Sprintf("%d items are published", len(s.offer.Items))
	if n := len(s.offer.Served); n > 0 {
		out += fmt.Sprintf(": %d of the station's own and %d of admitted tasks", s.offer.Own(), n)
	}
	if n := len(s.offer.Tasks); n > 0 {
		out += fmt.Sprintf("; %d admitted tasks without an item are disclosed", n)
	}
	return out
}

func firstFew(in []string) []string {
	const few = 10
	if len(in) > few {
		return append(in[:few:few], fmt.Sprintf("and %d more", len(in)-few))
	}
	return in
}

// status is the whole status that follows from a reconcile.
func (s *scope) status(phases []conditions.Phase) v1alpha1.ServiceStationStatus {
	st := s.station
	out := *st.Status.DeepCopy()
	out.ObservedGeneration = st.Generation
	out.Conditions = conditions.Set(st.Status.Conditions, st.Generation, phases, s.summary())
	out.Windows, out.DeskURL = ptr.To(int64(len(st.Spec.Windows))), ""
	if s.result.Failed != nil { // children were looked at
		out.Inventory = s.result.Inventory
	}
	switch {
	case s.offer != nil:
		out.Items, out.ServedTasks = ptr.To(int64(len(s.offer.Items))), s.offer.Served
	case !s.served():
		out.Items, out.ServedTasks = ptr.To(int64(0)), nil
	default: // nothing was touched, so what was served still is
		out.Items = cmp.Or(out.Items, ptr.To(int64(0)))
	}
	if s.served() {
		out.DeskURL = base.URL(s.desk)
	}
	return out
}

func (s *scope) summary() conditions.Summary {
	if s.desk.Replicas == 0 {
		return conditions.Summary{Reason: v1alpha1.ReasonSuspended, Message: "suspended: the desk does not run, all data is kept; set spec.suspend to false to start again"}
	}
	return conditions.Summary{Message: "the station's items are served and its desk is open"}
}

func partOfItems(ref apply.Ref) bool {
	return ref.Kind == "ConfigMap" && ref.Name != blueprint.DeskConfigName
}

func partOfRoute(ref apply.Ref) bool { return ref.GroupKind() == apply.HTTPRouteKind }

func partOfDesk(ref apply.Ref) bool { return !partOfItems(ref) && !partOfRoute(ref) }
