package servicestation

import (
	"context"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
)

// scope is what one reconcile knows.
type scope struct {
	station     *v1alpha1.ServiceStation
	subdistrict *metav1.PartialObjectMetadata
	community   *v1alpha1.Community         // nil: not found, or being deleted
	standard    *v1alpha1.CommunityStandard // nil: not found
	home        string                      // "": the community has none yet
	serving     string                      // the station that serves the community
	tasks       []blueprint.AdmittedFact    // admitted in the community, by namespace and name
	paused      []*v1alpha1.AdmittedTask    // have a place there, and are not served for now

	offer *blueprint.Offer // nil: nothing is served

	desk     blueprint.Program
	hostname *conditions.Phase
	// keepsCases: the district has a database. Then the desk is told who works as
	// what, unless that can't be said.
	keepsCases  bool
	grids       []v1alpha1.Grid
	systems     []*v1alpha1.InformationSystem // the community is connected to, of those that exist
	now         time.Time
	unspeakable string

	result apply.Result
}

// observe gathers all that the desired state depends on.
func (r *Reconciler) observe(ctx context.Context, st *v1alpha1.ServiceStation) (*scope, error) {
	s := &scope{station: st, now: r.Now()}
	var err error
	if s.subdistrict, err = r.Namespace(ctx, st.Namespace); err != nil {
		return nil, err
	}
	if err := r.observeCommunity(ctx, s); err != nil {
		return nil, err
	}
	stations, err := r.Stations(ctx, st.Namespace, st.Spec.CommunityRef.Name)
	if err != nil {
		return nil, err
	}
	for i := range stations {
		if stations[i].DeletionTimestamp.IsZero() {
			s.serving = stations[i].Name
			break
		}
	}
	if s.served() {
		if err := r.observeTasks(ctx, s); err != nil {
			return nil, err
		}
	}
	if err := r.observeDesk(ctx, s); err != nil {
		return nil, err
	}
	return s, r.observeDatabase(ctx, s)
}

func (r *Reconciler) observeCommunity(ctx context.Context, s *scope) error {
	c := &v1alpha1.Community{}
	err := r.Cache.Get(ctx, types.NamespacedName{Namespace: s.station.Namespace, Name: s.station.Spec.CommunityRef.Name}, c)
	if apierrors.IsNotFound(err) || (err == nil && !c.DeletionTimestamp.IsZero()) {
		return nil
	}
	if err != nil {
		return err
	}
	s.community = c
	// Not the condition NamespaceReady: a wrong quota or a failed write of the
	// Community's must not take a desk away that is open.
	if blueprint.Closed(c.Status.Namespace, c.Status.Inventory) {
		s.home = c.Status.Namespace
	} else if s.home, err = r.closedHome(ctx, c); err != nil {
		return err
	}
	s.standard, err = r.Standard(ctx, c.Spec.StandardRef.Name)
	return err
}

// closedHome is what Closed tells before the Community's status does: the home
// namespace once it is there, the community's own, and closed.
func (r *Reconciler) closedHome(ctx context.Context, c *v1alpha1.Community) (string, error) {
	name := blueprint.HomeNamespace(c.Namespace, c.Name)
	ns, err := r.Namespace(ctx, name)
	if err != nil || ns == nil || ns.DeletionTimestamp != nil || ns.Annotations[v1alpha1.HomeOfUIDAnnotation] != string(c.UID) {
		return "", err
	}
	policy := &metav1.PartialObjectMetadata{}
	policy.SetGroupVersionKind(networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"))
	err = r.Cache.Get(ctx, types.NamespacedName{Namespace: name, Name: blueprint.DenyPolicyName}, policy)
	if apierrors.IsNotFound(err) {
		return "", nil
	}
	return name, err
}

// observeDesk works out the desk's route and number of replicas.
func (r *Reconciler) observeDesk(ctx context.Context, s *scope) error {
	st := s.station
	replicas := base.Replicas(st.Spec.Desk.Replicas, st.Spec.Suspend)
	if s.community != nil && s.community.Spec.Suspend != nil && *s.community.Spec.Suspend {
		replicas = 0
	}
	s.desk = blueprint.Program{
		Component: blueprint.ComponentDesk, Namespace: s.home,
		Labels: blueprint.StationLabels(st.Namespace, st.Spec.CommunityRef.Name, st.Name),
		Image:  r.Settings.StationImage, Replicas: replicas,
	}
	host := string(st.Spec.Desk.Hostname)
	if host == "" {
		return nil
	}
	phase, wrong, err := r.Hostname(ctx, v1alpha1.ConditionDeskRouteReady, "ServiceStation", st, host)
	if err != nil {
		return err
	}
	if wrong {
		s.hostname = &phase
		return nil
	}
	if replicas == 0 {
		return nil
	}
	s.desk.Hostname = host
	s.desk.Gateway = r.Gateway(st.Spec.Desk.GatewayRef)
	if s.desk.Gateway == nil && r.GatewayAPI() {
		missing := base.MissingGateway(v1alpha1.ConditionDeskRouteReady, "spec.desk.gatewayRef")
		s.hostname = &missing
	}
	return nil
}

// refused reports why nothing may be provisioned or taken back at all, if so.
func (s *scope) refused() (conditions.Phase, bool) {
	return base.WrongRole(v1alpha1.ConditionCommunityReady, "ServiceStation", s.subdistrict)
}

// served reports whether this station is the one to provision for, and where.
func (s *scope) served() bool {
	return s.community != nil && s.home != "" && s.serving == s.station.Name
}

func (s *scope) facts() blueprint.StationFacts {
	return blueprint.StationFacts{Station: s.station, Standard: s.standard, Tasks: s.tasks, Systems: s.systems}
}

func (s *scope) drift() v1alpha1.DriftPolicy {
	if s.community == nil {
		return v1alpha1.DriftCorrect
	}
	return s.community.Spec.Drift
}
