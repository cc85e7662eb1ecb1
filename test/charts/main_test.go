// Package charts tests what an existing cluster is given: config/default and
// charts/shequ. Both are rendered and compared and applied to real API servers;
// the permissions they grant are asked for one by one, and the operator works
// with them.
//
// No pod runs here, and what the operator makes of its input is tested beside
// its controllers.
package charts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	apiruntime "k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/testenv"
)

const (
	systemNamespace = "shequ-system"
	operator        = "shequ-operator"
)

// What every test uses, set by TestMain.
var (
	helm, kubectl tool
	// kustomized is a server to which config/default was applied with kubectl.
	kustomized *server
	// applied is what kubectl said.
	applied output
)

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	home, err := os.MkdirTemp("", "shequ-charts-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	if helm, err = find("helm", home); err != nil {
		return 1, err
	}
	if kubectl, err = find("kubectl", home); err != nil {
		return 1, err
	}
	if kustomized, err = start(filepath.Join(home, "kustomized.kubeconfig")); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, kustomized.env.Stop()) }()
	applied = kubectl.run(context.Background(), kustomized, "apply", "-k", path("config", "default"))
	return m.Run(), nil
}

// path is a path in the checkout.
func path(elements ...string) string {
	return filepath.Join(append([]string{testenv.Root()}, elements...)...)
}

// server is an API server with nothing of Shequ's.
type server struct {
	env        *envtest.Environment
	kubeconfig string
	client     client.Client
}

func start(kubeconfig string) (*server, error) {
	if os.Getenv(testenv.AssetsVariable) == "" {
		return nil, errors.New(testenv.AssetsVariable + " is not set, so there is no API server to install into: run make test, " +
			"or set it to the directory that go -C hack/devcluster run . assets prints")
	}
	s := &server{env: &envtest.Environment{}, kubeconfig: kubeconfig}
	config, err := s.env.Start()
	if err != nil {
		return nil, fmt.Errorf("start an API server: %w", err)
	}
	config.QPS = -1
	if err := os.WriteFile(kubeconfig, s.env.KubeConfig, 0o600); err != nil {
		return nil, errors.Join(err, s.env.Stop())
	}
	if s.client, err = s.as(rest.ImpersonationConfig{}); err != nil {
		return nil, errors.Join(err, s.env.Stop())
	}
	return s, nil
}

// as is a client that acts as somebody else.
func (s *server) as(who rest.ImpersonationConfig) (client.Client, error) {
	scheme := apiruntime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	config := rest.CopyConfig(s.env.Config)
	config.Impersonate = who
	return client.New(config, client.Options{Scheme: scheme})
}

// tool is a command line program that keeps its files in a directory of ours.
type tool struct {
	path string
	env  []string
}

// find asks the development cluster's module for a program, which it builds
// where it is missing.
func find(name, home string) (tool, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("go", "-C", path("hack", "devcluster"), "run", ".", "bin", name)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	found := strings.TrimSpace(stdout.String())
	if err == nil {
		_, err = os.Stat(found)
	}
	if err != nil {
		return tool{}, fmt.Errorf("there is no %s to test with: run make test, which builds it (%w)\n%s", name, err, stderr.String())
	}
	return tool{path: found, env: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + home,
		"KUBECACHEDIR=" + filepath.Join(home, "kube"),
		"HELM_CACHE_HOME=" + filepath.Join(home, "helm", "cache"),
		"HELM_CONFIG_HOME=" + filepath.Join(home, "helm", "config"),
		"HELM_DATA_HOME=" + filepath.Join(home, "helm", "data"),
	}}, nil
}

// output is what a program said and how it ended.
type output struct {
	stdout, stderr string
	err            error
}

// run runs a program against a server, or against none.
func (p tool) run(ctx context.Context, s *server, args ...string) output {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Stdout, cmd.Stderr, cmd.Env = &stdout, &stderr, p.env
	if s != nil {
		cmd.Env = append(cmd.Env, "KUBECONFIG="+s.kubeconfig)
	}
	err := cmd.Run()
	return output{stdout.String(), stderr.String(), err}
}

// must runs a program that has to succeed without a warning, and returns what it
// printed.
func (p tool) must(t *testing.T, s *server, args ...string) string {
	t.Helper()
	out := p.run(t.Context(), s, args...)
	if out.err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(p.path), strings.Join(args, " "), out.err, out.stderr)
	}
	if out.stderr != "" {
		t.Errorf("%s %s warns:\n%s", filepath.Base(p.path), strings.Join(args, " "), out.stderr)
	}
	return out.stdout
}
