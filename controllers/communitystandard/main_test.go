package communitystandard

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/go-logr/logr"
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
// communitystandard controller runs against it, and no other, so that the tests
// write the Communities' statuses themselves.
var env *testenv.Env

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	log.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
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
	stop, err := startOperator()
	if err != nil {
		fail(err)
		return code
	}
	defer func() { fail(stop()) }()
	fail(flag.Set("test.parallel", "8")) // tests mostly wait
	return max(code, m.Run())
}

// startOperator runs the communitystandard controller until it is stopped.
func startOperator() (stop func() error, err error) {
	mgr, err := ctrl.NewManager(env.Operator(), ctrl.Options{
		Scheme:     env.Scheme,
		Metrics:    metricsserver.Options{BindAddress: "0"},
		Cache:      cache.Options{DefaultTransform: cache.TransformStripManagedFields(), ReaderFailOnMissingInformer: true},
		Client:     client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		Controller: config.Controller{RecoverPanic: ptr.To(false)}, // a panic ends the tests
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := base.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		cancel()
		return nil, err
	}
	deps := &base.Deps{Client: mgr.GetClient(), Cache: mgr.GetCache(), Direct: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("shequ-operator")}
	if err := Setup(mgr, deps); err != nil {
		cancel()
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	mgr.GetCache().WaitForCacheSync(ctx)
	return func() error { cancel(); return <-ended }, nil
}
