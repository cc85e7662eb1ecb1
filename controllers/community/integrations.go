package community

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/credentials"
)

// observeIntegrations gathers the information systems the community is connected to,
// with what each gave for proving who asks. Where the district has no database there
// is nothing to deliver, and so no courier.
func (r *Reconciler) observeIntegrations(ctx context.Context, s *scope) error {
	c := s.community
	if r.Custody == nil || len(c.Spec.Integrations) == 0 {
		return nil
	}
	s.courier = blueprint.Program{
		Component: blueprint.ComponentCourier, Namespace: s.home.Namespace, Labels: s.portal.Labels,
		Image: r.Settings.StationImage, Replicas: base.Replicas(nil, c.Spec.Suspend), Secrets: true,
	}
	s.home.Courier = &blueprint.Courier{Credentials: map[string][]byte{}}
	var names []string
	for _, i := range c.Spec.Integrations {
		names = append(names, i.System)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := r.connect(ctx, s, name); err != nil {
			return err
		}
	}
	if s.home.Courier.Takes() {
		s.portal.Hooks = blueprint.ComponentCourier
	}
	return nil
}

// connect adds a system to the courier's, and notes the first that is not connected.
// What is declared is there to be delivered to, whether it is ready or not: messages
// wait in their lines.
func (r *Reconciler) connect(ctx context.Context, s *scope, name string) error {
	system := &v1alpha1.InformationSystem{}
	err := r.Cache.Get(ctx, client.ObjectKey{Name: name}, system, base.InPlace())
	if apierrors.IsNotFound(err) {
		reason, message, _ := base.SystemReady(name, nil)
		s.notConnected(reason, message)
		return nil
	}
	if err != nil {
		return err
	}
	courier := s.home.Courier
	courier.Systems = append(courier.Systems, system)
	data, err := r.Systems.Credentials(ctx, system)
	if err != nil {
		s.cantRead(name, err)
		return nil
	}
	for key, value := range data {
		courier.Credentials[content.CredentialFile(name, key)] = value
	}
	if _, err := credentials.Check(&system.Spec, data, s.now); err != nil {
		reason := v1alpha1.ReasonCredentialsMissing
		if wrong, is := errors.AsType[*credentials.Error](err); is {
			reason = wrong.Reason()
		}
		s.notConnected(reason, fmt.Sprintf("InformationSystem %s: %v", name, err))
	}
	if reason, message, ready := base.SystemReady(name, system); !ready {
		s.notConnected(reason, message)
	}
	return nil
}

// cantRead notes that a system's Secret is there and can't be read. What the operator
// may not read the home has no more; what the API server fails to tell, as it may while
// it starts, stays as it was.
func (s *scope) cantRead(name string, err error) {
	s.unread = true
	cure := "it is tried again every minute"
	if apierrors.IsForbidden(err) {
		cure = "restore the ClusterRole the operator was installed with"
	} else {
		s.untold = true
	}
	s.notConnected(v1alpha1.ReasonCredentialsMissing, fmt.Sprintf("InformationSystem %s: the operator can't read its Secret: %s (%v)", name, cure, err))
}

// notConnected notes why a system is not connected, if it is the first.
func (s *scope) notConnected(reason, message string) {
	if s.unconnected == nil {
		s.unconnected = &conditions.Phase{Type: v1alpha1.ConditionIntegrationsReady, State: conditions.Waiting, Reason: reason, Message: message}
	}
}

// courierChildren are the courier and what it is told. Where it can't be told of its
// systems, or their credentials, what it was told last holds on.
func (s *scope) courierChildren() []any {
	if s.home.Courier == nil {
		return nil
	}
	var out []any
	if !s.untold {
		out = append(out, blueprint.CourierCredentials(s.home))
	}
	config, err := blueprint.CourierConfig(s.home)
	if err != nil {
		s.unspeakable = &conditions.Phase{
			Type: v1alpha1.ConditionIntegrationsReady, State: conditions.Stuck, Reason: v1alpha1.ReasonInvalidSpec, Message: err.Error(),
		}
	} else {
		out = append(out, config)
	}
	return append(out, blueprint.CourierWorkload(s.courier)...)
}

// keptOfCourier are those of the courier's children that stay as they are for now.
func (s *scope) keptOfCourier() []apply.Ref {
	var out []apply.Ref
	if s.courier.Held {
		out = append(out, apply.Ref{Group: "apps", Kind: "Deployment", Namespace: s.home.Namespace, Name: blueprint.ComponentCourier})
	}
	if s.untold {
		out = append(out, apply.Ref{Kind: "Secret", Namespace: s.home.Namespace, Name: blueprint.CourierCredentialsName})
	}
	if s.unspeakable != nil {
		out = append(out, apply.Ref{Kind: "ConfigMap", Namespace: s.home.Namespace, Name: blueprint.CourierConfigName})
	}
	return out
}

// integrationsPhase is absent where there are no integrations, and where the district
// has no database.
func (r *Reconciler) integrationsPhase(ctx context.Context, s *scope) (conditions.Phase, bool, error) {
	if s.home.Courier == nil {
		return conditions.Phase{}, false, nil
	}
	if phase, failed := base.Failure(v1alpha1.ConditionIntegrationsReady, s.result, partOfCourier); failed {
		return phase, true, nil
	}
	switch {
	case s.unspeakable != nil:
		return *s.unspeakable, true, nil
	case s.unconnected != nil:
		return *s.unconnected, true, nil
	case s.database.opened == nil:
		return conditions.Phase{
			Type: v1alpha1.ConditionIntegrationsReady, State: conditions.Waiting, Reason: v1alpha1.ReasonDatabaseNotReady,
			Message: fmt.Sprintf("what is delivered is taken from the community's database, which can't be used: see condition %s", v1alpha1.ConditionDatabaseReady),
		}, true, nil
	case s.courier.Held:
		return base.Held(v1alpha1.ConditionIntegrationsReady, blueprint.ComponentCourier), true, nil
	}
	phase, err := r.Workload(ctx, v1alpha1.ConditionIntegrationsReady, s.home.Namespace, blueprint.ComponentCourier, s.result.Inventory)
	if phase.State == conditions.Done && s.courier.Replicas > 0 {
		phase.Reason, phase.Message = v1alpha1.ReasonConnected, s.connected()
	}
	return phase, true, err
}

// connected says how many systems are, and what still keeps one from sending.
func (s *scope) connected() string {
	n := len(s.home.Courier.Systems)
	out := fmt.Sprintf("the courier delivers to %d information systems", n)
	if n == 1 {
		out = "the courier delivers to 1 information system"
	}
	if s.portal.Hooks != "" && (s.portal.Hostname == "" || s.portal.Gateway == nil) {
		out += "; none of them can send anything, since the portal has no route: give it one with spec.portal.hostname"
	}
	return out
}

func partOfCourier(ref apply.Ref) bool {
	switch ref.Name {
	case blueprint.ComponentCourier, blueprint.CourierConfigName, blueprint.CourierCredentialsName, blueprint.SecretsName(blueprint.ComponentCourier):
		return true
	}
	return false
}
