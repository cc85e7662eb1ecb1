package community

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/norms"
)

// scope is what one reconcile knows: what was observed, then what came of it.
type scope struct {
	community   *v1alpha1.Community
	subdistrict *metav1.PartialObjectMetadata
	standard    *v1alpha1.CommunityStandard // nil: not found
	station     *v1alpha1.ServiceStation    // nil: none
	stations    int
	grids       []v1alpha1.Grid
	siblings    []v1alpha1.Community
	outline     func(*v1alpha1.Grid) [][2]int64

	home    blueprint.Home
	foreign *conditions.Phase // the home namespace is somebody else's
	adopted bool
	// homeDeleting: somebody else deletes the home namespace.
	homeDeleting bool
	above        []string // quota amounts above the district's maximum

	portal   blueprint.Program
	hostname *conditions.Phase // what is wrong with the hostname
	norms    []norms.Result

	courier     blueprint.Program
	unconnected *conditions.Phase // the first system that is not connected; nil: all are
	unspeakable *conditions.Phase // the courier can't be told of its systems
	unread      bool              // a system's Secret could not be read: look again
	untold      bool              // and why is nothing to take credentials away for

	database  *database      // nil: the district has none
	heads     district.Heads // of the chains, as far as they are known
	headAgain time.Duration  // until they are looked at again
	now       time.Time

	result apply.Result
}

// observe gathers all that the desired state depends on.
func (r *Reconciler) observe(ctx context.Context, c *v1alpha1.Community) (*scope, error) {
	s := &scope{community: c, outline: r.Boundaries.Outline, now: r.Now()}
	var err error
	if s.subdistrict, err = r.Namespace(ctx, c.Namespace); err != nil {
		return nil, err
	}
	if err := r.observeIntent(ctx, s); err != nil {
		return nil, err
	}
	if err := r.observeHome(ctx, s); err != nil {
		return nil, err
	}
	if err := r.observePortal(ctx, s); err != nil {
		return nil, err
	}
	if err := r.observeIntegrations(ctx, s); err != nil {
		return nil, err
	}
	var standard *v1alpha1.CommunityStandardSpec
	if s.standard != nil {
		standard = &s.standard.Spec
		var station *v1alpha1.ServiceStationSpec
		if s.station != nil {
			station = &s.station.Spec
		}
		s.norms = norms.Evaluate(norms.Facts{Community: &c.Spec, Station: station}, standard)
	}
	return s, nil
}

// observeIntent reads what others declared about the community.
func (r *Reconciler) observeIntent(ctx context.Context, s *scope) error {
	c := s.community
	var err error
	if s.standard, err = r.Standard(ctx, c.Spec.StandardRef.Name); err != nil {
		return err
	}
	stations, err := r.Stations(ctx, c.Namespace, c.Name)
	if err != nil {
		return err
	}
	s.stations = len(stations)
	if len(stations) > 0 {
		s.station = &stations[0]
	}
	var grids v1alpha1.GridList
	if err := r.Cache.List(ctx, &grids, client.InNamespace(c.Namespace), client.MatchingFields{base.CommunityIndex: c.Name}, client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	s.grids = grids.Items
	slices.SortFunc(s.grids, func(a, b v1alpha1.Grid) int { return strings.Compare(a.Name, b.Name) })
	var siblings v1alpha1.CommunityList
	if err := r.Cache.List(ctx, &siblings, client.InNamespace(c.Namespace), client.UnsafeDisableDeepCopy); err != nil {
		return err
	}
	s.siblings = siblings.Items
	return nil
}

// observeHome finds out whose the home namespace is. A namespace that is not
// there in the cache on a community's first look is asked for at the API
// server: what is not ours is never taken over, even by a stale cache.
func (r *Reconciler) observeHome(ctx context.Context, s *scope) error {
	c := s.community
	granted, above := r.Settings.Bounded(c.Spec.Quota)
	s.above = above
	s.home = blueprint.Home{
		Community: c, Namespace: blueprint.HomeNamespace(c.Namespace, c.Name),
		Quota: granted, Network: r.Settings.Network,
	}
	ns, err := r.Namespace(ctx, s.home.Namespace)
	if err != nil {
		return err
	}
	if ns == nil && len(c.Status.Inventory) == 0 {
		if ns, err = r.liveNamespace(ctx, s.home.Namespace); err != nil {
			return err
		}
	}
	s.foreign, s.adopted = judgeHome(c, ns)
	s.homeDeleting = ns != nil && ns.DeletionTimestamp != nil
	return nil
}

// judgeHome tells whether a namespace may serve as a community's home.
func judgeHome(c *v1alpha1.Community, ns *metav1.PartialObjectMetadata) (foreign *conditions.Phase, adopted bool) {
	if ns == nil {
		return nil, false
	}
	not := func(format string, args ...any) *conditions.Phase {
		return &conditions.Phase{
			Type: v1alpha1.ConditionNamespaceReady, State: conditions.Stuck,
			Reason: v1alpha1.ReasonNamespaceNotOurs, Message: fmt.Sprintf(format, args...),
		}
	}
	name := c.Namespace + "/" + c.Name
	switch of, uid := ns.Annotations[v1alpha1.HomeOfAnnotation], ns.Annotations[v1alpha1.HomeOfUIDAnnotation]; {
	case of != name:
		return not("namespace %s exists and was not made for this Community, so it is left alone: delete or rename it, or give the Community another name", ns.Name), false
	case uid == string(c.UID):
		return nil, false
	case ns.Annotations[v1alpha1.RetainedAnnotation] == "true":
		return nil, true
	default:
		return not("namespace %s was made for an earlier Community of this name and is not marked as retained; to adopt it with its data: kubectl annotate namespace %s %s=true", ns.Name, ns.Name, v1alpha1.RetainedAnnotation), false
	}
}

// observePortal works out the portal's route and number of replicas.
func (r *Reconciler) observePortal(ctx context.Context, s *scope) error {
	c := s.community
	s.portal = blueprint.Program{
		Component: blueprint.ComponentPortal, Namespace: s.home.Namespace,
		Labels: blueprint.CommunityLabels(c.Namespace, c.Name),
		Image:  r.Settings.StationImage, Replicas: base.Replicas(c.Spec.Portal.Replicas, c.Spec.Suspend),
		Proxies: r.Settings.Network.GatewayNetworks(),
	}
	host := string(c.Spec.Portal.Hostname)
	if host == "" {
		return nil
	}
	phase, wrong, err := r.Hostname(ctx, v1alpha1.ConditionRouteReady, "Community", c, host)
	if err != nil {
		return err
	}
	if wrong {
		s.hostname = &phase
		return nil
	}
	if suspended := c.Spec.Suspend != nil && *c.Spec.Suspend; suspended {
		return nil
	}
	s.portal.Hostname = host
	s.portal.Gateway = r.Gateway(c.Spec.Portal.GatewayRef)
	if s.portal.Gateway == nil && r.GatewayAPI() {
		missing := base.MissingGateway(v1alpha1.ConditionRouteReady, "spec.portal.gatewayRef")
		s.hostname = &missing
	}
	return nil
}

// refused reports why nothing may be provisioned at all, if so.
func (s *scope) refused() (conditions.Phase, bool) {
	if phase, wrong := base.WrongRole(v1alpha1.ConditionNamespaceReady, "Community", s.subdistrict); wrong {
		return phase, true
	}
	if s.foreign != nil {
		return *s.foreign, true
	}
	return conditions.Phase{}, false
}

// site is what the portal shows.
func (s *scope) site() blueprint.SiteFacts {
	facts := blueprint.SiteFacts{
		Community: s.community, Subdistrict: base.SubdistrictTitle(s.subdistrict),
		Standard: s.standard, Norms: s.norms, Station: s.station, Neighbours: s.siblings,
	}
	for i := range s.grids {
		g := &s.grids[i]
		facts.Grids = append(facts.Grids, blueprint.GridFact{Grid: g, Outline: s.outline(g)})
	}
	slices.SortFunc(facts.Grids, func(a, b blueprint.GridFact) int { return cmp.Compare(a.Grid.Name, b.Grid.Name) })
	return facts
}
