package grid

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/boundary"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/norms"
)

// parentPhase waits for what is missing, in whatever order it is applied, and is
// stuck only where what is there does not fit.
func (s *scope) parentPhase() conditions.Phase {
	g := s.grid
	phase := conditions.Phase{Type: v1alpha1.ConditionParentReady, State: conditions.Done, Reason: v1alpha1.ReasonReady}
	if g.Spec.ParentRef == nil || g.Spec.CommunityRef == nil { // level 1
		phase.Message = "a sub-district's grid stands by itself"
		return phase
	}
	parent, community := g.Spec.ParentRef.Name, g.Spec.CommunityRef.Name
	noCommunity := fmt.Sprintf("there is no Community %s in namespace %s, or it is being deleted: apply it, or correct spec.communityRef", community, g.Namespace)
	switch {
	case s.parent == nil:
		phase.State, phase.Reason = conditions.Waiting, v1alpha1.ReasonParentNotFound
		phase.Message = fmt.Sprintf("there is no Grid %s in namespace %s, or it is being deleted: apply it, or correct spec.parentRef", parent, g.Namespace)
		if s.community == nil {
			phase.Message += "; " + noCommunity
		}
	case s.parent.Spec.Level != g.Spec.Level-1:
		phase.State, phase.Reason = conditions.Stuck, v1alpha1.ReasonParentWrongLevel
		phase.Message = fmt.Sprintf("Grid %s is of level %d, so it can't be above a grid of level %d: name one of level %d in spec.parentRef, or correct spec.level of either", parent, s.parent.Spec.Level, g.Spec.Level, g.Spec.Level-1)
	case s.otherCommunity() != "":
		phase.State, phase.Reason = conditions.Stuck, v1alpha1.ReasonInvalidSpec
		phase.Message = fmt.Sprintf("Grid %s above is of Community %s, this grid of Community %s: correct spec.parentRef or spec.communityRef", parent, s.otherCommunity(), community)
	case s.community == nil:
		phase.State, phase.Reason, phase.Message = conditions.Waiting, v1alpha1.ReasonCommunityNotFound, noCommunity
	default:
		phase.Reason = v1alpha1.ReasonCommunityFound
		phase.Message = fmt.Sprintf("a grid of Community %s, below Grid %s", community, parent)
	}
	return phase
}

// otherCommunity is the parent's community where it is not the grid's own.
func (s *scope) otherCommunity() string {
	if ref := s.parent.Spec.CommunityRef; ref != nil && ref.Name != s.grid.Spec.CommunityRef.Name {
		return ref.Name
	}
	return ""
}

// boundaryPhase: a grid is a clear boundary before it is anything else, so one
// without is not Ready.
func (s *scope) boundaryPhase() conditions.Phase {
	phase := conditions.Phase{Type: v1alpha1.ConditionBoundaryValid, State: conditions.Stuck}
	if s.own == nil {
		phase.Reason, phase.Message = v1alpha1.ReasonBoundaryUnreadable, "the boundary can't be read: "+s.wrong.Error()
		if known, ok := errors.AsType[*boundary.Error](s.wrong); ok {
			phase.Reason, phase.Message = known.Reason, known.Message
		}
		return phase
	}
	var faults []string
	if s.above == isOutside {
		phase.Reason = v1alpha1.ReasonOutsideParent
		faults = append(faults, fmt.Sprintf("%d m² of its %d m² lie outside Grid %s above: draw it inside, or widen that grid's boundary",
			s.outside, s.own.AreaSquareMeters(), s.parent.Name))
	}
	if len(s.overlaps) > 0 {
		phase.Reason = v1alpha1.ReasonOverlapsSibling
		faults = append([]string{s.overlapFault()}, faults...)
	}
	if len(faults) > 0 {
		phase.Message = strings.Join(faults, "; ")
		return phase
	}
	phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonBoundaryValid
	phase.Message = fmt.Sprintf("a clear boundary around %d m²", s.own.AreaSquareMeters())
	if s.above == parentUnreadable {
		phase.Message += fmt.Sprintf("; whether it is inside Grid %s can't be told until that one has a valid boundary", s.parent.Name)
	}
	return phase
}

func (s *scope) overlapFault() string {
	var with []string
	for _, o := range s.overlaps {
		with = append(with, fmt.Sprintf("%s (%d m²)", o.sibling, o.squareMeters))
	}
	if len(s.overlaps) == maxOverlaps {
		with = append(with, "perhaps more")
	}
	return fmt.Sprintf("its boundary overlaps %s: neighbours share an edge, never an area; draw one of the two back", base.Join(with))
}

// sizePhase never affects Ready: the city sees which grids to divide or join,
// and their households are served all the same.
func (s *scope) sizePhase() (conditions.Phase, bool) {
	phase := conditions.Phase{Type: v1alpha1.ConditionSizeMet}
	if !s.unit() || s.community == nil {
		return phase, false
	}
	if s.standard == nil {
		phase.State, phase.Reason = conditions.AdvisoryUnknown, v1alpha1.ReasonStandardNotFound
		phase.Message = fmt.Sprintf("nobody can tell without CommunityStandard %s: apply it, or correct spec.standardRef of Community %s", s.community.Spec.StandardRef.Name, s.community.Name)
		return phase, true
	}
	if s.rule() == nil {
		return phase, false
	}
	verdict := norms.SizeVerdict(s.grid.Spec.Households, s.grid.Spec.Area, s.rule())
	phase.Reason, phase.Message = verdict.Reason, verdict.Message
	switch verdict.Result {
	case v1alpha1.NormMet:
		phase.State = conditions.Done
	case v1alpha1.NormNotMet:
		phase.State = conditions.Advisory
	case v1alpha1.NormUnknown:
		phase.State = conditions.AdvisoryUnknown
	}
	return phase, true
}

// rollUpPhase never affects Ready: the figures come from different hands at
// different times.
func (s *scope) rollUpPhase() (conditions.Phase, bool) {
	phase := conditions.Phase{Type: v1alpha1.ConditionRollUpMatches}
	if len(s.children) == 0 {
		return phase, false
	}
	sum, own := s.childHouseholds(), s.grid.Spec.Households
	if sum == own {
		phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonRollUpMatches
		phase.Message = fmt.Sprintf("%d households, as many as in the %s directly below", own, grids(len(s.children)))
		return phase, true
	}
	phase.State, phase.Reason = conditions.Advisory, v1alpha1.ReasonRollUpDiffers
	difference := fmt.Sprintf("%d fewer: a grid is missing, or a figure is wrong", own-sum)
	if sum > own {
		difference = fmt.Sprintf("%d more: a figure is wrong", sum-own)
	}
	phase.Message = fmt.Sprintf("%d households are declared here, %d in the %s directly below, %s", own, sum, grids(len(s.children)), difference)
	return phase, true
}

func grids(n int) string {
	if n == 1 {
		return "1 grid"
	}
	return fmt.Sprintf("%d grids", n)
}

func (s *scope) childHouseholds() int64 {
	var sum int64
	for i := range s.children {
		sum += s.children[i].Spec.Households
	}
	return sum
}

// status is the whole status that follows from a reconcile.
func (s *scope) status(phases []conditions.Phase) v1alpha1.GridStatus {
	g := s.grid
	out := v1alpha1.GridStatus{
		ObservedGeneration: g.Generation,
		Conditions:         conditions.Set(g.Status.Conditions, g.Generation, phases, s.summary()),
	}
	if _, wrong := base.WrongRole("", "", s.namespace); wrong {
		return out // it counts for nothing
	}
	s.addLoad(&out)
	if s.own != nil {
		out.AreaSquareMeters = ptr.To(s.own.AreaSquareMeters())
	}
	for _, o := range s.overlaps {
		out.Overlaps = append(out.Overlaps, o.sibling)
	}
	if len(s.children) > 0 {
		out.RollUp = &v1alpha1.GridRollUp{
			Grids: ptr.To(int64(len(s.children))), Households: ptr.To(s.childHouseholds()), Workers: ptr.To(s.below),
		}
	}
	return out
}

// addLoad adds what the grid asks of its workers; what can't be worked out is
// left out.
func (s *scope) addLoad(out *v1alpha1.GridStatus) {
	if each, ok := norms.HouseholdsPerWorker(s.grid.Spec.Households, s.workers()); ok {
		out.HouseholdsPerWorker = each.String()
	}
	if days, ok := norms.VisitCycle(s.grid.Spec.Households, s.workers(), s.rule()); ok {
		out.VisitCycleDays, out.VisitCycle = days.String(), norms.Round(days, 1)
	}
	if visits, ok := norms.VisitsPerMonth(s.workers(), s.rule()); ok {
		out.VisitsPerMonth = ptr.To(visits)
	}
}

func (s *scope) summary() conditions.Summary {
	return conditions.Summary{Message: "the grid has its place and a clear boundary"}
}

// deleting is the status of a grid that somebody else's finalizer still holds.
func deleting(g *v1alpha1.Grid) v1alpha1.GridStatus {
	out := *g.Status.DeepCopy()
	out.ObservedGeneration = g.Generation
	out.Conditions = conditions.Deleting(g.Status.Conditions, g.Generation,
		"the grid counts no more; it goes as soon as its finalizers are removed: "+base.Join(g.Finalizers))
	return out
}
