package informationsystem

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/testenv"
)

// env is the API server of every test of this package; the operator's
// informationsystem controller runs against it, and no other.
var env *testenv.Env

// stop ends the operator that runs.
var stop func() error

// logged is all the operator has logged.
var logged record

type record struct {
	mu   sync.Mutex
	text []byte
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text = append(r.text, p...)
	return len(p), nil
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return string(r.text)
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	log.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	var err error
	if env, err = testenv.New(context.Background(), testenv.Options{}); err != nil {
		fail(err)
		return code
	}
	defer func() { fail(env.Stop()) }()
	if stop, err = startOperator(); err != nil {
		fail(err)
		return code
	}
	defer func() { fail(stop()) }()
	fail(flag.Set("test.parallel", "12")) // tests mostly wait
	return max(code, m.Run())
}

// startOperator runs the informationsystem controller until it is stopped.
func startOperator() (stop func() error, err error) {
	mgr, err := ctrl.NewManager(env.Operator(), ctrl.Options{
		Scheme:  env.Scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		Cache:   cache.Options{DefaultTransform: cache.TransformStripManagedFields(), ReaderFailOnMissingInformer: true},
		Client:  client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		Controller: config.Controller{
			RecoverPanic: ptr.To(false), // a panic ends the tests
			// One test starts the operator again.
			SkipNameValidation: ptr.To(true),
		},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	abort := func(err error) (func() error, error) {
		cancel()
		return nil, err
	}
	if err := base.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		return abort(err)
	}
	deps := &base.Deps{
		Client: mgr.GetClient(), Cache: mgr.GetCache(), Direct: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("shequ-operator"), Now: time.Now,
	}
	options := cache.Options{Scheme: mgr.GetScheme(), Mapper: mgr.GetRESTMapper(), HTTPClient: mgr.GetHTTPClient()}
	if deps.Systems, err = base.NewSystemSecrets(ctx, mgr.GetConfig(), options, mgr.GetAPIReader()); err != nil {
		return abort(err)
	}
	if err := mgr.Add(deps.Systems); err != nil {
		return abort(err)
	}
	if err := Setup(mgr, deps, NewMetrics(prometheus.NewRegistry())); err != nil {
		return abort(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	mgr.GetCache().WaitForCacheSync(ctx)
	return func() error { cancel(); return <-ended }, nil
}
