package grid

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
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

// env is the API server of every test of this package; the operator's grid
// controller runs against it.
var env *testenv.Env

// written counts the writes of that controller.
var written = &writes{counts: map[string]int{}}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) (code int) {
	log.SetLogger(logr.FromSlogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	flag.Parse()
	if flag.Lookup("test.fuzz").Value.String() != "" {
		return m.Run() // fuzzing needs no API server, in none of its processes
	}
	var err error
	if env, err = testenv.New(context.Background(), testenv.Options{}); err != nil {
		fail(err)
		return code
	}
	defer func() { fail(env.Stop()) }()
	stop, err := startOperator(written)
	if err != nil {
		fail(err)
		return code
	}
	defer func() { fail(stop()) }()
	fail(flag.Set("test.parallel", "8")) // tests mostly wait
	return max(code, m.Run())
}

// startOperator runs the grid controller until it is stopped.
func startOperator(counter *writes) (stop func() error, err error) {
	operator := rest.CopyConfig(env.Operator())
	operator.Wrap(counter.wrap)
	mgr, err := ctrl.NewManager(operator, ctrl.Options{
		Scheme:  env.Scheme,
		Metrics: metricsserver.Options{BindAddress: "0"},
		Cache:   cache.Options{DefaultTransform: cache.TransformStripManagedFields(), ReaderFailOnMissingInformer: true},
		Client:  client.Options{Cache: &client.CacheOptions{EnableReadYourWritesConsistency: ptr.To(true)}},
		// A panic ends the tests; tests may start a second operator.
		Controller: config.Controller{RecoverPanic: ptr.To(false), SkipNameValidation: ptr.To(true)},
	})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	if err := base.Index(ctx, mgr.GetFieldIndexer()); err != nil {
		cancel()
		return nil, err
	}
	deps := &base.Deps{
		Client: mgr.GetClient(), Cache: mgr.GetCache(), Direct: mgr.GetAPIReader(), Boundaries: base.NewBoundaries(),
		Recorder: mgr.GetEventRecorder("shequ-operator"),
	}
	if err := Setup(mgr, deps); err != nil {
		cancel()
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	mgr.GetCache().WaitForCacheSync(ctx)
	return func() error { cancel(); return <-ended }, nil
}

// writes counts write requests by path; events are left out.
type writes struct {
	mu     sync.Mutex
	counts map[string]int
}

func (w *writes) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.Method != http.MethodGet && !strings.Contains(req.URL.Path, "/events") {
			w.mu.Lock()
			w.counts[req.URL.Path]++
			w.mu.Unlock()
		}
		return next.RoundTrip(req)
	})
}

// in is the number of writes in a namespace, and the largest number to one path.
func (w *writes) in(namespace string) (total, most int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, n := range w.counts {
		if strings.Contains(path, "/namespaces/"+namespace+"/") {
			total, most = total+n, max(most, n)
		}
	}
	return total, most
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
