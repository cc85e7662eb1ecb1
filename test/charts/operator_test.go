package charts

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/settings"
)

const (
	subdistrict = "qingnianlu"
	home        = "anding" // a community of the sample
	patience    = time.Minute
)

// TestOperatorWorks runs the operator with the ServiceAccount's permissions and
// nothing more, and follows one community of the sample through its life. No
// request may be forbidden: what TestOperatorMay calls exact is also enough.
func TestOperatorWorks(t *testing.T) {
	kubectl.must(t, kustomized, "apply", "--server-side", "-f", httpRoutes(t))
	refused := runOperator(t)
	for _, file := range []string{"00-namespace.yaml", "standard.yaml", "subdistrict-grid.yaml", home} {
		kubectl.must(t, kustomized, "apply", "-f", path("config", "samples", subdistrict, file))
	}
	namespace := blueprint.HomeNamespace(subdistrict, home)
	community := &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Namespace: subdistrict, Name: home}}
	route := &unstructured.Unstructured{}
	route.SetAPIVersion("gateway.networking.k8s.io/v1")
	route.SetKind("HTTPRoute")
	route.SetNamespace(namespace)
	route.SetName(blueprint.ComponentPortal)
	portal := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: blueprint.ComponentPortal}}

	eventually(t, "the home's namespace and access are ready", func() error {
		return errors.Join(ready(t, community, &community.Status.Conditions, v1alpha1.ConditionNamespaceReady),
			ready(t, community, &community.Status.Conditions, v1alpha1.ConditionAccessReady))
	})
	desk := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: blueprint.ComponentDesk}}
	for _, object := range []client.Object{portal, desk, route} {
		eventually(t, fmt.Sprintf("%T %s is made", object, object.GetName()), func() error { return get(t, object) })
	}
	grid := &v1alpha1.Grid{ObjectMeta: metav1.ObjectMeta{Namespace: subdistrict, Name: home}}
	eventually(t, "the grid is judged", func() error {
		return ready(t, grid, &grid.Status.Conditions, v1alpha1.ConditionBoundaryValid)
	})
	standard := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: community.Spec.StandardRef.Name}}
	eventually(t, "the standard is judged", func() error {
		return ready(t, standard, &standard.Status.Conditions, v1alpha1.ConditionReady)
	})
	eventually(t, "the operator leads", func() error {
		return get(t, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: operator}})
	})

	// What is deleted comes back, with an event; what is no longer wanted goes.
	if err := kustomized.client.Delete(t.Context(), portal); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the portal is back", func() error { return get(t, portal) })
	eventually(t, "an event says so", func() error {
		list := &eventsv1.EventList{}
		if err := kustomized.client.List(t.Context(), list, client.InNamespace(subdistrict)); err != nil {
			return err
		}
		for i := range list.Items {
			if list.Items[i].Reason == "DriftCorrected" {
				return nil
			}
		}
		return fmt.Errorf("none of %d events", len(list.Items))
	})
	kubectl.must(t, kustomized, "patch", "community", home, "--namespace", subdistrict, "--type=json", "--patch",
		`[{"op": "remove", "path": "/spec/portal/hostname"}]`)
	eventually(t, "the route is gone", func() error { return gone(t, route) })

	// Under Retain the programs go, and the namespace stays.
	for _, kind := range []string{"servicestation", "community"} {
		kubectl.must(t, kustomized, "delete", kind, home, "--namespace", subdistrict, "--wait=false")
	}
	for _, object := range []client.Object{community, portal, desk} {
		eventually(t, fmt.Sprintf("%T %s is gone", object, object.GetName()), func() error { return gone(t, object) })
	}
	if err := get(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}}); err != nil {
		t.Error(err)
	}
	if err := refused(); err != nil {
		t.Error(err)
	}
}

// TestOperatorMayNot: what the operator may write it may not use to get further.
func TestOperatorMayNot(t *testing.T) {
	user, groups := serviceAccount(systemNamespace, operator)
	c, err := kustomized.as(rest.ImpersonationConfig{UserName: user, Groups: groups})
	if err != nil {
		t.Fatal(err)
	}
	for role, allowed := range map[string]bool{
		"shequ-community-viewer": true, "shequ-community-worker": true, "shequ-community-lead": true,
		// Not among them: Kubernetes' admin, edit and view, which are empty here
		// since their aggregation is a controller's work.
		"cluster-admin": false, "shequ-subdistrict-editor": false, "shequ-committee-editor": false,
		// It allows nothing that the operator is not allowed itself.
		"shequ-viewer": true,
	} {
		binding := parse(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: test, namespace: default}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: `+role+`}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: anybody}]
`)["rbac.authorization.k8s.io/v1 RoleBinding default/test"]
		err := c.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(binding), client.FieldOwner("test"), client.DryRunAll)
		if allowed && err != nil {
			t.Errorf("it can't bind %s: %v", role, err)
		}
		if !allowed && !apierrors.IsForbidden(err) {
			t.Errorf("it binds %s: %v", role, err)
		}
	}
	// It may read Secrets, since it can't be told beforehand in which namespaces
	// there will be homes; that it asks for their metadata alone, the tests of
	// controllers/custody hold it to. It may not change what is there.
	if err := c.Update(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: corev1.NamespaceDefault, Name: "any"}}); !apierrors.IsForbidden(err) {
		t.Errorf("it updates secrets: %v", err)
	}
}

// runOperator runs the operator as it is installed, until the test ends. The
// result tells which of its requests were forbidden.
func runOperator(t *testing.T, change ...func(*settings.Settings)) (refused func() error) {
	t.Helper()
	config := rest.CopyConfig(kustomized.env.Config)
	user, groups := serviceAccount(systemNamespace, operator)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: groups}
	var (
		mu  sync.Mutex
		all []error
	)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(request)
			if err == nil && response.StatusCode == http.StatusForbidden {
				mu.Lock()
				defer mu.Unlock()
				all = append(all, fmt.Errorf("forbidden: %s %s", request.Method, request.URL.Path))
			}
			return response, err
		})
	})
	s := settings.Defaults()
	s.StationImage = "shequ.io/station:dev"
	s.HostnameSuffixes = []string{".shequ.example"}
	s.Gateway = &v1alpha1.GatewayReference{Namespace: "gateways", Name: "public"}

	for _, c := range change {
		c(&s)
	}

	ctx, cancel := context.WithCancel(context.Background())
	mgr, err := controllers.NewManager(ctx, config, controllers.Options{
		Namespace: systemNamespace, Settings: s, MetricsAddress: "0", ProbeAddress: "0", Registry: prometheus.NewRegistry(), Several: true,
		LeaderElection: true, LeaderElectionNamespace: systemNamespace,
	})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		return errors.Join(all...)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// httpRoutes is the file of Gateway API's CRD.
func httpRoutes(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "-C", path(), "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/gateway-api").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "config", "crd", "standard", "gateway.networking.k8s.io_httproutes.yaml")
}

func get(t *testing.T, object client.Object) error {
	t.Helper()
	return kustomized.client.Get(t.Context(), client.ObjectKeyFromObject(object), object)
}

func gone(t *testing.T, object client.Object) error {
	t.Helper()
	key := types.NamespacedName{Namespace: object.GetNamespace(), Name: object.GetName()}
	live := object.DeepCopyObject().(client.Object)
	if err := kustomized.client.Get(t.Context(), key, live); !apierrors.IsNotFound(err) {
		return fmt.Errorf("it is there, deleted at %v: %w", live.GetDeletionTimestamp(), err)
	}
	return nil
}

// ready reports why a condition of an object is not true.
func ready(t *testing.T, object client.Object, conditions *[]metav1.Condition, kind string) error {
	t.Helper()
	if err := get(t, object); err != nil {
		return err
	}
	if !meta.IsStatusConditionTrue(*conditions, kind) {
		return fmt.Errorf("%s is not True: %+v", kind, *conditions)
	}
	return nil
}

func eventually(t *testing.T, what string, holds func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = holds(); err == nil {
			return
		}
	}
	t.Fatalf("it never comes to pass that %s: %v", what, err)
}
