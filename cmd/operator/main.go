// Command operator is the manager: it reconciles Communities, ServiceStations,
// Grids and CommunityStandards of one district.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/internal/settings"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "operator:", err)
		os.Exit(1)
	}
}

func run() error {
	var (
		config    = flag.String("config", "/etc/shequ/config.yaml", "the district's configuration file")
		metrics   = flag.String("metrics-bind-address", ":9090", "address of /metrics; 0 turns it off")
		probes    = flag.String("health-probe-bind-address", ":8081", "address of /healthz and /readyz")
		elect     = flag.Bool("leader-elect", false, "run only while holding the lease shequ-operator")
		namespace = flag.String("namespace", os.Getenv("POD_NAMESPACE"), "the operator's own namespace, in which it keeps keys")
		leaderNS  = flag.String("leader-election-namespace", os.Getenv("POD_NAMESPACE"), "namespace of the lease; found out inside a cluster")
		level     = flag.String("log-level", "info", "debug, info, warn or error")
	)
	flag.Parse() // --kubeconfig comes from controller-runtime

	var lvl slog.Level
	if err := lvl.UnmarshalText([]byte(*level)); err != nil {
		return fmt.Errorf("--log-level: %w", err)
	}
	handler := slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: lvl})
	ctrl.SetLogger(logr.FromSlogHandler(handler))

	s, err := settings.Load(*config)
	if err != nil {
		return err
	}
	restConfig, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	mgr, err := controllers.NewManager(ctx, restConfig, controllers.Options{
		Settings: s, MetricsAddress: *metrics, ProbeAddress: *probes,
		LeaderElection: *elect, LeaderElectionNamespace: *leaderNS, Namespace: *namespace,
	})
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}
