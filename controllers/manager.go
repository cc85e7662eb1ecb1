// Package controllers puts the operator together: one manager, one cache, one
// applier, and a controller for each kind. What a controller does is in its own
// package.
package controllers

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/selection"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	authentication "k8s.io/client-go/kubernetes/typed/authentication/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	crmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/admission"
	"github.com/shequ-io/shequ/controllers/admittedtask"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/controllers/community"
	"github.com/shequ-io/shequ/controllers/communitystandard"
	"github.com/shequ-io/shequ/controllers/grid"
	"github.com/shequ-io/shequ/controllers/informationsystem"
	"github.com/shequ-io/shequ/controllers/optional"
	"github.com/shequ-io/shequ/controllers/servicestation"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/metrics"
	"github.com/shequ-io/shequ/internal/settings"
)

// userAgent is how the operator is known to the API server.
const userAgent = "shequ-operator"

// Options of the operator.
type Options struct {
	Settings                settings.Settings
	MetricsAddress          string // "0" turns metrics off
	ProbeAddress            string // "0" turns probes off
	LeaderElection          bool
	LeaderElectionNamespace string
	// Registry for the operator's own metrics; controller-runtime's when nil.
	Registry crmetrics.RegistererGatherer
	// OptionalPeriod is how often to look for kinds that are not installed;
	// optional.Period when 0.
	OptionalPeriod time.Duration
	// Namespace is the operator's own, with the Secrets it keeps; needed with a
	// database.
	Namespace string
	// DatabasePeriod is how often the database's server is asked whether it is there;
	// district's own when 0.
	DatabasePeriod time.Duration
	// Now is the clock admission decides and passwords change by; time.Now when nil.
	Now func() time.Time
	// Quiet is how long nothing may have changed before a community's first ledger
	// is drawn up; admission's own when 0.
	Quiet time.Duration
	// AdmissionOnly leaves out the controllers that provision: tasks are decided
	// on, and nothing is made for them. It is for measuring admission alone.
	AdmissionOnly bool
	// Several allows more than one manager in a process, for tests.
	Several bool
}

// Scheme knows every kind the operator reads or writes.
func Scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(s))
	utilruntime.Must(v1alpha1.AddToScheme(s))
	utilruntime.Must(gatewayv1.Install(s))
	return s
}

// NewManager makes a manager with every controller added, ready to start.
func NewManager(ctx context.Context, restConfig *rest.Config, o Options) (ctrl.Manager, error) {
	restConfig = rest.CopyConfig(restConfig)
	restConfig.UserAgent = userAgent
	// The writes in flight are bounded by the applier, and the API server's
	// Priority and Fairness does the rest; a second limit here only adds delay.
	restConfig.QPS, restConfig.Burst = -1, -1
	lock, err := lease(restConfig, o)
	if err != nil {
		return nil, fmt.Errorf("leader election: %w", err)
	}
	mgr, err := ctrl.NewManager(restConfig, ctrl.Options{
		Scheme:                              Scheme(),
		Cache:                               cacheOptions(),
		Client:                              client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		Metrics:                             metricsserver.Options{BindAddress: o.MetricsAddress},
		HealthProbeBindAddress:              o.ProbeAddress,
		LeaderElection:                      o.LeaderElection,
		LeaderElectionResourceLockInterface: lock,
		// The process ends with the manager, so the lease may be let go at once.
		LeaderElectionReleaseOnCancel: true,
		Controller:                    config.Controller{SkipNameValidation: ptr.To(o.Several)},
	})
	if err != nil {
		return nil, err
	}
	if err := mgr.AddHealthzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	if err := mgr.AddReadyzCheck("ping", healthz.Ping); err != nil {
		return nil, err
	}
	if o.Registry == nil {
		o.Registry = crmetrics.Registry
	}
	return mgr, add(ctx, mgr, o)
}

// add puts the controllers into a manager.
func add(ctx context.Context, mgr ctrl.Manager, o Options) error {
	if err := base.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return fmt.Errorf("index fields: %w", err)
	}
	routes, err := optional.New(apply.HTTPRouteKind, mgr.GetRESTMapper(), mgr.GetCache(), o.OptionalPeriod)
	if err != nil {
		return fmt.Errorf("look for Gateway API: %w", err)
	}
	monitors, err := optional.New(apply.PodMonitorKind, mgr.GetRESTMapper(), mgr.GetCache(), o.OptionalPeriod)
	if err != nil {
		return fmt.Errorf("look for PodMonitors: %w", err)
	}
	deps := &base.Deps{
		Client: mgr.GetClient(), Cache: mgr.GetCache(), Direct: mgr.GetAPIReader(), Settings: o.Settings,
		GatewayAPI: routes.Installed, Monitoring: monitors.Installed, Boundaries: base.NewBoundaries(), Docket: base.NewDocket(mgr.GetCache()),
		Recorder: mgr.GetEventRecorder("shequ-operator"), Now: o.Now,
		Applier: apply.New(apply.Options{
			Client: mgr.GetClient(), Cache: mgr.GetCache(), Direct: mgr.GetAPIReader(),
			Available: optional.Available(routes, monitors), Metrics: apply.NewMetrics(o.Registry),
		}),
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	if !o.AdmissionOnly {
		if err := addSystemSecrets(ctx, mgr, deps); err != nil {
			return fmt.Errorf("follow the Secrets of systems: %w", err)
		}
		if err := addCustody(mgr, deps, o); err != nil {
			return fmt.Errorf("keys and databases: %w", err)
		}
		if err := addProvisioning(mgr, deps, o.Registry, routes, monitors); err != nil { //nolint:contextcheck // a reconcile has its own context, from the manager
			return err
		}
	}
	if err := addAdmission(ctx, mgr, deps, o); err != nil {
		return err
	}
	return o.Registry.Register(metrics.New(mgr.GetCache(), elected(mgr)))
}

// addSystemSecrets has the operator follow the Secrets InformationSystems name.
func addSystemSecrets(ctx context.Context, mgr ctrl.Manager, deps *base.Deps) (err error) {
	options := cache.Options{Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient()}
	if deps.Systems, err = base.NewSystemSecrets(ctx, mgr.GetConfig(), options, mgr.GetAPIReader()); err != nil {
		return err
	}
	return mgr.Add(deps.Systems)
}

// addProvisioning adds the controllers of what a community provisions.
func addProvisioning(mgr ctrl.Manager, deps *base.Deps, registry prometheus.Registerer, routes, monitors *optional.Detector) error {
	communities, c, err := community.Setup(mgr, deps, community.NewMetrics(registry))
	if err != nil {
		return fmt.Errorf("community controller: %w", err)
	}
	for _, d := range []*optional.Detector{routes, monitors} {
		if err := d.Subscribe(optional.Subscriber{Controller: communities, Intent: &v1alpha1.Community{}, Handlers: c.Handler()}); err != nil {
			return err
		}
		if err := mgr.Add(d); err != nil {
			return err
		}
	}
	stations, s, err := servicestation.Setup(mgr, deps)
	if err != nil {
		return fmt.Errorf("servicestation controller: %w", err)
	}
	if err := routes.Subscribe(optional.Subscriber{Controller: stations, Intent: &v1alpha1.ServiceStation{}, Handlers: s.Handler()}); err != nil {
		return err
	}
	if err := grid.Setup(mgr, deps); err != nil {
		return fmt.Errorf("grid controller: %w", err)
	}
	if err := communitystandard.Setup(mgr, deps); err != nil {
		return fmt.Errorf("communitystandard controller: %w", err)
	}
	if err := informationsystem.Setup(mgr, deps, informationsystem.NewMetrics(registry)); err != nil {
		return fmt.Errorf("informationsystem controller: %w", err)
	}
	return nil
}

// addAdmission adds the controllers of tasks and their ledgers.
func addAdmission(ctx context.Context, mgr ctrl.Manager, deps *base.Deps, o Options) error {
	users, err := authentication.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return err
	}
	me, err := users.SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("ask the API server who the operator is, for the policy that lets it alone write ledgers: %w", err)
	}
	err = admission.Setup(mgr, deps, admission.Options{
		Operator: me.Status.UserInfo.Username, Metrics: admission.NewMetrics(o.Registry), Now: o.Now, Quiet: o.Quiet,
	})
	if err != nil {
		return fmt.Errorf("admission controller: %w", err)
	}
	if err := admittedtask.Setup(mgr, deps, o.Now); err != nil {
		return fmt.Errorf("admittedtask controller: %w", err)
	}
	return nil
}

// elected reports whether this replica is the leader by now.
func elected(mgr ctrl.Manager) func() bool {
	return func() bool {
		select {
		case <-mgr.Elected():
			return true
		default:
			return false
		}
	}
}

// cacheOptions keeps the cache small: no managedFields, and of the children's
// kinds only what is labelled as a member of an ApplySet.
func cacheOptions() cache.Options {
	member, err := labels.NewRequirement(apply.PartOfLabel, selection.Exists, nil)
	utilruntime.Must(err)
	children := cache.ByObject{Label: labels.NewSelector().Add(*member)}
	byObject := map[client.Object]cache.ByObject{}
	for gk, kind := range apply.Kinds() {
		// All namespaces are followed, for their roles; and the cache can't be told
		// of a kind whose CRD is not installed.
		if gk.Kind != "Namespace" && !kind.Optional {
			byObject[kind.New(gk)] = children
		}
	}
	return cache.Options{
		ByObject:         byObject,
		DefaultTransform: cache.TransformStripManagedFields(),
		// A kind that nobody set up a watch for is a mistake, not a new informer.
		ReaderFailOnMissingInformer: true,
	}
}
