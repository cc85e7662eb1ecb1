// Package testenv starts a real API server for tests, with Shequ's CRDs and
// admission policies installed and in force. It starts no operator and no
// controller of Kubernetes: namespaces are never finalised, owners never
// collected.
//
// It needs KUBEBUILDER_ASSETS, which make test sets.
package testenv

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	shequv1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// AssetsVariable names the environment variable with the directory of etcd and
// kube-apiserver.
const AssetsVariable = "KUBEBUILDER_ASSETS"

// Env is a running API server.
type Env struct {
	// Config is the cluster administrator's.
	Config *rest.Config
	// Client is the cluster administrator's.
	Client client.Client
	// Scheme knows Kubernetes' own kinds and Shequ's.
	Scheme *apiruntime.Scheme

	server *envtest.Environment
}

// Options says what an Env has beside Shequ's CRDs and policies.
type Options struct {
	// CRDs are further files or directories of CRDs, such as Gateway API's.
	CRDs []string
	// AddToScheme registers further kinds with the scheme.
	AddToScheme []func(*apiruntime.Scheme) error
	// WithoutPolicies leaves the admission policies out.
	WithoutPolicies bool
	// Configure changes the API server before it starts, for example to write an
	// audit log.
	Configure func(*envtest.APIServer)
}

// Main is a TestMain: it starts an API server, hands it to use, runs the tests
// and stops it. The result is the exit code.
func Main(m *testing.M, options Options, use func(*Env)) int {
	env, err := New(context.Background(), options)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	use(env)
	code := m.Run()
	if err := env.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// Start starts an API server that stops with the test.
func Start(t testing.TB, options Options) *Env {
	t.Helper()
	env, err := New(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	return env
}

// New starts an API server. The caller stops it.
func New(ctx context.Context, options Options) (*Env, error) {
	if os.Getenv(AssetsVariable) == "" {
		return nil, errors.New(AssetsVariable + " is not set, so there is no API server to test against: run make test, " +
			"or set it to the directory that go -C hack/devcluster run . assets prints")
	}
	env := &Env{Scheme: apiruntime.NewScheme()}
	for _, add := range append([]func(*apiruntime.Scheme) error{
		clientgoscheme.AddToScheme, shequv1alpha1.AddToScheme,
	}, options.AddToScheme...) {
		if err := add(env.Scheme); err != nil {
			return nil, fmt.Errorf("registering kinds: %w", err)
		}
	}
	env.server = &envtest.Environment{
		Scheme:                env.Scheme,
		CRDDirectoryPaths:     append([]string{filepath.Join(Root(), "config", "crd", "bases")}, options.CRDs...),
		ErrorIfCRDPathMissing: true,
	}
	if options.Configure != nil {
		options.Configure(env.server.ControlPlane.GetAPIServer())
	}
	if err := env.start(ctx, options); err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	return env, nil
}

func (e *Env) start(ctx context.Context, options Options) error {
	config, err := e.server.Start()
	if err != nil {
		return fmt.Errorf("starting the API server: %w", err)
	}
	// The server is the only thing between a test and its answer.
	config.QPS = -1
	e.Config = config
	if e.Client, err = client.New(config, client.Options{Scheme: e.Scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	if options.WithoutPolicies {
		return nil
	}
	return e.installPolicies(ctx)
}

// Stop stops the API server and removes its data.
func (e *Env) Stop() error {
	return e.server.Stop()
}

// Namespace creates a namespace of a role (one of the api package's Role
// constants, or none when empty) and returns its name, which is new.
func (e *Env) Namespace(t testing.TB, role string) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	if role != "" {
		namespace.GenerateName = role + "-"
		namespace.Labels = map[string]string{shequv1alpha1.RoleLabel: role}
	}
	if err := e.Client.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	return namespace.Name
}

// As returns a configuration that acts as another user, with the permissions of
// the groups alone. The group system:masters may do everything that no policy
// forbids.
func (e *Env) As(user string, groups ...string) *rest.Config {
	config := rest.CopyConfig(e.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	return config
}

// Operator returns a configuration that acts as the operator does where it is
// installed, but with every permission.
func (e *Env) Operator() *rest.Config {
	return e.As(shequv1alpha1.OperatorUsername, "system:masters")
}

// Root is the directory of the checkout.
func Root() string {
	_, file, _, ok := runtime.Caller(0)
	if !ok {
		panic("the test binary does not know its sources; build it without -trimpath")
	}
	return filepath.Join(filepath.Dir(file), "..", "..")
}
