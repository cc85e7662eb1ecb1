// Package controllertest runs the operator against a real API server for the
// tests of its controllers: one server and one operator for a package, one
// sub-district for a test. It stands in for the Deployment controller, looks
// at every status it meets for breaches of the invariants, and keeps a record
// of what the operator writes.
//
// It is for tests only, runs no pods and finalises no namespaces by itself.
package controllertest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/log"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/internal/settings"
	"github.com/shequ-io/shequ/internal/testenv"
)

// Suite is what the tests of one package share.
type Suite struct {
	Env *testenv.Env
	// Settings of the operator; those of Settings when nil.
	Settings *settings.Settings
	// Now is the operator's clock; time.Now when nil.
	Now func() time.Time
	// Namespace is the operator's own.
	Namespace string
	// Traffic is what the operator that runs now has sent.
	Traffic *Traffic

	stop    func() error
	cluster *cluster
}

// Settings of a district: suffixes, peers of every sort, no Gateway.
func Settings() settings.Settings {
	s := settings.Defaults()
	s.StationImage = "registry.example/station:test"
	s.HostnameSuffixes = []string{".shequ.example"}
	s.Network.Gateway = []settings.Peer{{NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": "gateway"}}}
	s.Network.Prometheus = []settings.Peer{{
		NamespaceLabels: map[string]string{"kubernetes.io/metadata.name": "monitoring"},
		PodLabels:       map[string]string{"app": "prometheus"},
	}}
	s.Network.OIDC = []settings.Peer{{CIDR: "10.20.0.0/24", Ports: []int32{443}}}
	return s
}

// Main is a TestMain: it starts server and operator, runs the tests, and fails
// when any status broke an invariant at any time.
func Main(m *testing.M, s *Suite) (code int) {
	log.SetLogger(logr.Discard()) // tests make errors on purpose
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	var err error
	if s.Env, err = testenv.New(context.Background(), testenv.Options{
		AddToScheme: []func(*runtime.Scheme) error{gatewayv1.Install},
	}); err != nil {
		fail(err)
		return code
	}
	defer func() { fail(s.Env.Stop()) }()
	s.cluster = startCluster(s.Env.Client)
	defer func() { fail(s.cluster.end()) }()
	if err := s.start(s.Env.Operator(), nil); err != nil {
		fail(err)
		return code
	}
	defer func() { fail(s.stop()) }()
	fail(flag.Set("test.parallel", "12")) // tests mostly wait
	return max(code, m.Run())
}

// start runs the suite's operator until stop is called.
func (s *Suite) start(as *rest.Config, fault Fault) error {
	traffic, stop, err := s.run(as, fault)
	if err != nil {
		return err
	}
	s.Traffic, s.stop = traffic, stop
	return nil
}

// run starts an operator.
func (s *Suite) run(as *rest.Config, fault Fault) (*Traffic, func() error, error) {
	options := Settings()
	if s.Settings != nil {
		options = *s.Settings
	}
	traffic := &Traffic{fault: fault}
	config := rest.CopyConfig(as)
	config.Wrap(traffic.wrap)
	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := controllers.NewManager(ctx, config, controllers.Options{
		Settings: options, MetricsAddress: "0", ProbeAddress: "0", Registry: prometheus.NewRegistry(), Several: true,
		OptionalPeriod: 200 * time.Millisecond, Now: s.Now, Quiet: 200 * time.Millisecond,
		Namespace: s.Namespace, DatabasePeriod: 200 * time.Millisecond,
	})
	if err != nil {
		cancel()
		return nil, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		cancel()
		return nil, nil, errors.Join(errors.New("the caches did not fill"), <-ended)
	}
	return traffic, func() error { cancel(); return <-ended }, nil
}

// Another runs a second operator beside the suite's, as a replica that takes
// itself for the leader would be, until the test ends.
func (s *Suite) Another(t *testing.T, as *rest.Config) *Traffic {
	t.Helper()
	traffic, stop, err := s.run(as, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return traffic
}

// With runs what a test does with another operator in place of the suite's: as
// another user, or with requests that fail. The suite's own is back when the
// test ends. Such a test must not be parallel.
func (s *Suite) With(t *testing.T, as *rest.Config, fault Fault) {
	t.Helper()
	s.Swap(t, as, fault)
	t.Cleanup(func() { s.Swap(t, s.Env.Operator(), nil) })
}

// Swap ends the operator that runs and starts another.
func (s *Suite) Swap(t *testing.T, as *rest.Config, fault Fault) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.stop = func() error { return nil }
	if err := s.start(as, fault); err != nil {
		t.Fatal(err)
	}
}

// Stop ends the operator that runs until Swap starts another.
func (s *Suite) Stop(t *testing.T) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	s.stop = func() error { return nil }
}
