package charts

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// annotationLimit is the most that an object's annotations may hold together;
// kubectl apply keeps the whole object in one of them.
const annotationLimit = 256 << 10

func TestKubectlApply(t *testing.T) {
	if applied.err != nil || applied.stderr != "" {
		t.Fatalf("kubectl apply -k config/default: %v\n%s", applied.err, applied.stderr)
	}
	objects := kustomize(t, "config", "default")
	before := versions(t, objects)
	kubectl.must(t, kustomized, "apply", "-k", path("config", "default"))
	for key, version := range versions(t, objects) {
		if version != before[key] {
			t.Errorf("applied again, %s is changed", key)
		}
	}
	kubectl.must(t, kustomized, "apply", "--server-side", "--force-conflicts", "-k", path("config", "default"))

	for key, object := range objects {
		data, err := json.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > annotationLimit*3/4 {
			t.Errorf("%s has %d bytes, near the %d that kubectl apply can keep in an annotation: document --server-side", key, len(data), annotationLimit)
		}
	}
}

// versions are the objects' resource versions on the server.
func versions(t *testing.T, objects map[string]*unstructured.Unstructured) map[string]string {
	t.Helper()
	out := map[string]string{}
	for key, object := range objects {
		live := object.DeepCopy()
		if err := kustomized.client.Get(t.Context(), client.ObjectKeyFromObject(object), live); err != nil {
			t.Errorf("%s is not there: %v", key, err)
		}
		out[key] = live.GetResourceVersion()
	}
	return out
}

// TestPodSecurity: the operator's pod is restricted, and the namespace would
// refuse one that is not.
func TestPodSecurity(t *testing.T) {
	deployment := &appsv1.Deployment{}
	if err := kustomized.client.Get(t.Context(), types.NamespacedName{Namespace: systemNamespace, Name: operator}, deployment); err != nil {
		t.Fatal(err)
	}
	pod := func() *corev1.Pod {
		template := deployment.Spec.Template.DeepCopy()
		template.GenerateName, template.Namespace = operator+"-", systemNamespace
		return &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	}
	if err := kustomized.client.Create(t.Context(), pod(), client.DryRunAll); err != nil {
		t.Errorf("the operator's pod is refused: %v", err)
	}
	root := pod()
	root.Spec.SecurityContext.RunAsNonRoot = ptr.To(false)
	err := kustomized.client.Create(t.Context(), root, client.DryRunAll)
	if err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted:latest"`) {
		t.Errorf("a pod that may run as root is not refused: %v", err)
	}

	spec := deployment.Spec.Template.Spec
	if len(spec.Containers) != 1 {
		t.Fatalf("%d containers", len(spec.Containers))
	}
	c := spec.Containers[0]
	if !ptr.Deref(c.SecurityContext.ReadOnlyRootFilesystem, false) {
		t.Error("the root file system can be written to")
	}
	if c.ReadinessProbe == nil || c.LivenessProbe == nil || c.Resources.Requests.Cpu().IsZero() ||
		c.Resources.Requests.Memory().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Error("probes or resources are missing")
	}
	if want := int64(65532); ptr.Deref(spec.SecurityContext.RunAsUser, 0) != want {
		t.Errorf("the user is not %d", want)
	}
}

// TestHelm goes through a release's life: install, upgrade, uninstall, install
// again. What people declared is never lost.
func TestHelm(t *testing.T) {
	dir := t.TempDir()
	s, err := start(filepath.Join(dir, "kubeconfig"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.env.Stop(); err != nil {
			t.Error(err)
		}
	})
	// As in docs/guides/install.md.
	kubectl.must(t, s, "create", "namespace", systemNamespace)
	kubectl.must(t, s, "label", "namespace", systemNamespace, "pod-security.kubernetes.io/enforce=restricted",
		"pod-security.kubernetes.io/audit=restricted", "pod-security.kubernetes.io/warn=restricted")

	// An older chart, whose Grids say something else.
	older := filepath.Join(dir, "older")
	if err := os.CopyFS(older, os.DirFS(path("charts", "shequ"))); err != nil {
		t.Fatal(err)
	}
	grids := filepath.Join(older, "templates", "crds", "shequ.io_grids.yaml")
	data, err := os.ReadFile(grids)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(data), "    - shequ\n", "    - shequ\n    - older\n", 1)
	if changed == string(data) {
		t.Fatal("the Grid's categories are not where they were")
	}
	if err := os.WriteFile(grids, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}

	notes := helm.must(t, s, "install", "shequ", older, "--namespace", systemNamespace)
	for _, want := range []string{"No hostname is allowed", "make images", "shequ.io/role=subdistrict"} {
		if !strings.Contains(notes, want) {
			t.Errorf("the notes don't say %q:\n%s", want, notes)
		}
	}
	if got := categories(t, s); len(got) != 2 {
		t.Fatalf("the older chart gives Grids the categories %v", got)
	}
	standard := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: "kept"}, Spec: v1alpha1.CommunityStandardSpec{
		Title: v1alpha1.LocalizedText{ZH: "试"},
	}}
	if err := s.client.Create(t.Context(), standard); err != nil {
		t.Fatal(err)
	}
	uid := standard.UID

	helm.must(t, s, "upgrade", "shequ", path("charts", "shequ"), "--namespace", systemNamespace, "--set", "replicas=2")
	if got := categories(t, s); len(got) != 1 {
		t.Errorf("the upgrade leaves Grids the categories %v", got)
	}
	budget := &policyv1.PodDisruptionBudget{}
	if err := s.client.Get(t.Context(), types.NamespacedName{Namespace: systemNamespace, Name: operator}, budget); err != nil {
		t.Errorf("two replicas have no PodDisruptionBudget: %v", err)
	}

	out := helm.run(t.Context(), s, "uninstall", "shequ", "--namespace", systemNamespace)
	if out.err != nil || strings.Contains(out.stderr, "arning") {
		t.Fatalf("helm uninstall: %v\n%s", out.err, out.stderr)
	}
	for _, gone := range []client.Object{
		&appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: systemNamespace, Name: operator}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: operator}},
		&rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "shequ-community-lead"}},
	} {
		if err := s.client.Get(t.Context(), client.ObjectKeyFromObject(gone), gone); !apierrors.IsNotFound(err) {
			t.Errorf("%T %s stays: %v", gone, gone.GetName(), err)
		}
	}
	if err := s.client.Get(t.Context(), client.ObjectKeyFromObject(standard), standard); err != nil || standard.UID != uid {
		t.Errorf("a CommunityStandard is lost: %v", err)
	}

	helm.must(t, s, "install", "shequ", path("charts", "shequ"), "--namespace", systemNamespace)
	if err := s.client.Get(t.Context(), client.ObjectKeyFromObject(standard), standard); err != nil || standard.UID != uid {
		t.Errorf("a CommunityStandard is lost: %v", err)
	}
}

// categories are those of the Grid's CRD.
func categories(t *testing.T, s *server) []string {
	t.Helper()
	crd := &unstructured.Unstructured{}
	crd.SetAPIVersion("apiextensions.k8s.io/v1")
	crd.SetKind("CustomResourceDefinition")
	if err := s.client.Get(t.Context(), types.NamespacedName{Name: "grids.shequ.io"}, crd); err != nil {
		t.Fatal(err)
	}
	out, _, err := unstructured.NestedStringSlice(crd.Object, "spec", "names", "categories")
	if err != nil {
		t.Fatal(err)
	}
	return out
}
