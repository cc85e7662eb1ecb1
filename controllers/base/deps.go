// Package base is what every controller needs and none should have its own of:
// the pipeline that records, applies and prunes children, the wording of
// failures, the state of workloads, claims on hostnames, and field indexes.
//
// It reconciles nothing by itself and writes no status.
package base

import (
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/custody"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/settings"
)

// Deps is what the controllers share.
type Deps struct {
	// Client writes, and reads the object a reconcile is of: such a read waits
	// until the cache shows the operator's own last write to it.
	Client client.Client
	// Cache reads everything else. It never waits: a list that waited for every
	// write under way would bring the controllers to a common halt, and what it
	// does not show yet comes as an event. Lists are read in place, without a copy:
	// what they hold must not be changed.
	Cache client.Reader
	// Direct reads from the API server; for the rare question the cache can't
	// answer safely.
	Direct client.Reader
	// Applier writes children.
	Applier *apply.Applier
	// Settings is the operator's configuration.
	Settings settings.Settings
	// GatewayAPI tells whether Gateway API is installed.
	GatewayAPI func() bool
	// Monitoring tells whether PodMonitors can be made.
	Monitoring func() bool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Boundaries keeps parsed grid boundaries.
	Boundaries *Boundaries
	// Docket keeps the tasks and what was said about them.
	Docket *Docket
	// Custody keeps keys and databases; nil where the district has no database.
	Custody *custody.Custody
	// Systems reads the Secrets of InformationSystems.
	Systems *SystemSecrets
	// DatabaseChanged tells that the database's server came or went.
	DatabaseChanged <-chan event.GenericEvent
	// Now is the clock; never nil.
	Now func() time.Time
}

// Kind is the GroupKind of one of our kinds.
func Kind(name string) schema.GroupKind {
	return schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: name}
}

// Gateway is the gateway a program's route attaches to: its own, else the
// district's; nil while Gateway API is not installed.
func (d *Deps) Gateway(own *v1alpha1.GatewayReference) *v1alpha1.GatewayReference {
	if !d.GatewayAPI() {
		return nil
	}
	if own != nil {
		return own
	}
	return d.Settings.Gateway
}
