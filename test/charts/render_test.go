package charts

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pmezard/go-difflib/difflib"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/internal/settings"
	"github.com/shequ-io/shequ/internal/testenv"
)

// Marks of Helm, which kustomize has no part in. Nothing else may differ.
var (
	helmLabels = []string{
		"app.kubernetes.io/instance", "app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart",
	}
	helmAnnotations = []string{"checksum/config", "helm.sh/resource-policy"}
)

func TestLint(t *testing.T) {
	for _, values := range [][]string{nil, allValues} {
		helm.must(t, nil, append([]string{"lint", "--strict", path("charts", "shequ")}, values...)...)
	}
}

// allValues turns on all there is.
var allValues = []string{
	"--set", "namespace.create=true,podMonitor.enabled=true,podMonitor.labels.release=prometheus,replicas=3,logLevel=debug",
	"--set", "prometheusRule.enabled=true,prometheusRule.labels.release=prometheus",
	"--set", "imagePullSecrets[0].name=registry,priorityClassName=system-cluster-critical,nodeSelector.a=b",
	"--set-json", `tolerations=[{"key":"a","operator":"Exists"}]`,
	"--set-json", `affinity={"nodeAffinity":{}}`,
}

// TestSameObjects: the chart and config/default are one installation. The one
// difference is the Namespace, which helm install needs before it renders.
func TestSameObjects(t *testing.T) {
	base := kustomize(t, "config", "default")
	for _, test := range []struct {
		name   string
		values []string
		want   map[string]*unstructured.Unstructured
	}{
		{"default values", nil, without(base, "v1 Namespace /"+systemNamespace)},
		{"with the namespace", []string{"--set", "namespace.create=true"}, base},
		{"without the kinds", []string{"--set", "crds.install=false"}, without(base, "v1 Namespace /"+systemNamespace,
			"apiextensions.k8s.io/v1 CustomResourceDefinition /")},
		{"with what Prometheus needs", []string{"--set", "namespace.create=true,podMonitor.enabled=true,prometheusRule.enabled=true"},
			joined(base, kustomize(t, "config", "prometheus"))},
	} {
		t.Run(test.name, func(t *testing.T) {
			have := template(t, systemNamespace, test.values...)
			if missing := names(test.want, have); len(missing) > 0 {
				t.Errorf("only kustomize renders %v", missing)
			}
			if extra := names(have, test.want); len(extra) > 0 {
				t.Errorf("only the chart renders %v", extra)
			}
			for key, object := range have {
				if want, ok := test.want[key]; ok {
					if diff := difference(t, bare(t, want), bare(t, object)); diff != "" {
						t.Errorf("%s differs (-want +have):\n%s", key, diff)
					}
				}
			}
		})
	}
}

// TestOtherNamespace: nothing points to shequ-system any more, the ledger's
// policy included.
func TestOtherNamespace(t *testing.T) {
	objects := template(t, "district", append(allValues, "--set", "podMonitor.enabled=true")...)
	for key, object := range objects {
		data, err := yaml.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), systemNamespace) {
			t.Errorf("%s still names %s", key, systemNamespace)
		}
	}
	policy := objects["admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy /shequ-ledger-writer"]
	variables, _, err := unstructured.NestedSlice(policy.Object, "spec", "variables")
	if err != nil || len(variables) == 0 {
		t.Fatalf("no variables in the ledger's policy: %v", err)
	}
	want := map[string]any{"name": "operator", "expression": "'system:serviceaccount:district:shequ-operator'"}
	if diff := difference(t, want, variables[0]); diff != "" {
		t.Errorf("the ledger's writer (-want +have):\n%s", diff)
	}
}

func TestValues(t *testing.T) {
	deployment := "apps/v1 Deployment shequ-system/shequ-operator"
	budget := "policy/v1 PodDisruptionBudget shequ-system/shequ-operator"
	annotations := []string{"spec", "template", "metadata", "annotations"}

	base := template(t, systemNamespace)
	if _, ok := base[budget]; ok {
		t.Error("a single replica has a PodDisruptionBudget, which would hold up the drain of its node")
	}
	all := template(t, systemNamespace, allValues...)
	if _, ok := all[budget]; !ok {
		t.Error("three replicas have no PodDisruptionBudget")
	}
	for _, key := range []string{"PodMonitor shequ-system/shequ-operator", "PrometheusRule shequ-system/shequ"} {
		if got := all["monitoring.coreos.com/v1 "+key]; got == nil || got.GetLabels()["release"] != "prometheus" {
			t.Errorf("%s lacks the label Prometheus selects by", key)
		}
		if base["monitoring.coreos.com/v1 "+key] != nil {
			t.Errorf("%s is there though nobody asked for it", key)
		}
	}
	if got := container(t, all[deployment])["args"].([]any); !slices.Contains(got, any("--log-level=debug")) {
		t.Errorf("args are %v", got)
	}

	changed := template(t, systemNamespace, "--set", "config.hostnameSuffixes={.example.org}")
	before, _, _ := unstructured.NestedStringMap(base[deployment].Object, annotations...)
	after, _, _ := unstructured.NestedStringMap(changed[deployment].Object, annotations...)
	if before["checksum/config"] == "" || before["checksum/config"] == after["checksum/config"] {
		t.Error("a changed configuration does not roll the operator")
	}

	digest := "sha256:" + strings.Repeat("0a", 32)
	for set, want := range map[string]string{
		"image.tag=v1":           "shequ.io/operator:v1",
		"image.digest=" + digest: "shequ.io/operator@" + digest,
		"image.repository=registry.example.org/shequ/operator": "registry.example.org/shequ/operator:dev",
	} {
		got := container(t, template(t, systemNamespace, "--set", set)[deployment])["image"]
		if got != want {
			t.Errorf("with %s the image is %v, not %s", set, got, want)
		}
	}
}

// TestOverlay: the overlay in docs/guides/install.md brings a configuration of
// its own, and rolls the operator when that changes.
func TestOverlay(t *testing.T) {
	documented := block(t, "# kustomization.yaml")
	names := map[string]bool{}
	for _, image := range []string{"a:1", "a:2"} {
		dir := resolved(t, t.TempDir())
		relative, err := filepath.Rel(dir, path("config", "default"))
		if err != nil {
			t.Fatal(err)
		}
		overlay := strings.ReplaceAll(documented, "../shequ/config/default", relative)
		for name, text := range map[string]string{"kustomization.yaml": overlay, "config.yaml": "stationImage: " + image + "\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		objects := parse(t, kubectl.must(t, nil, "kustomize", dir))
		deployment := objects["apps/v1 Deployment shequ-system/shequ-operator"]
		volumes, _, _ := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "volumes")
		name, _, _ := unstructured.NestedString(volumes[0].(map[string]any), "configMap", "name")
		config, ok := objects["v1 ConfigMap shequ-system/"+name]
		if !ok {
			t.Fatalf("the operator mounts %q, which is not there", name)
		}
		if data, _, _ := unstructured.NestedString(config.Object, "data", "config.yaml"); !strings.Contains(data, image) {
			t.Errorf("the operator mounts %q, with %q", name, data)
		}
		names[name] = true
	}
	if len(names) != 2 {
		t.Errorf("two configurations have the name %v: a change does not roll the operator", names)
	}
}

// TestConfiguration: the operator takes what is installed by default.
func TestConfiguration(t *testing.T) {
	key := "v1 ConfigMap shequ-system/shequ-operator-config"
	for name, objects := range map[string]map[string]*unstructured.Unstructured{
		"chart": template(t, systemNamespace), "kustomize": kustomize(t, "config", "default"),
	} {
		text, _, _ := unstructured.NestedString(objects[key].Object, "data", "config.yaml")
		got, err := settings.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := "shequ.io/station:dev"; got.StationImage != want {
			t.Errorf("%s: the station's image is %q, not %q", name, got.StationImage, want)
		}
	}
}

// kustomize renders a directory of the checkout.
func kustomize(t *testing.T, elements ...string) map[string]*unstructured.Unstructured {
	t.Helper()
	return parse(t, kubectl.must(t, nil, "kustomize", path(elements...)))
}

// template renders the chart.
func template(t *testing.T, namespace string, args ...string) map[string]*unstructured.Unstructured {
	t.Helper()
	return parse(t, helm.must(t, nil, append([]string{"template", "shequ", path("charts", "shequ"), "--namespace", namespace}, args...)...))
}

// parse reads objects by what identifies them.
func parse(t *testing.T, text string) map[string]*unstructured.Unstructured {
	t.Helper()
	list, err := testenv.Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*unstructured.Unstructured{}
	for _, object := range list {
		key := fmt.Sprintf("%s %s %s/%s", object.GetAPIVersion(), object.GetKind(), object.GetNamespace(), object.GetName())
		if out[key] != nil {
			t.Errorf("%s is rendered twice", key)
		}
		out[key] = object
	}
	return out
}

// bare is an object without Helm's marks, its configuration as data.
func bare(t *testing.T, object *unstructured.Unstructured) map[string]any {
	t.Helper()
	object = object.DeepCopy()
	for _, at := range [][]string{{"metadata"}, {"spec", "template", "metadata"}} {
		for field, marks := range map[string][]string{"labels": helmLabels, "annotations": helmAnnotations} {
			values, ok, err := unstructured.NestedStringMap(object.Object, append(slices.Clone(at), field)...)
			if err != nil || !ok {
				continue
			}
			maps.DeleteFunc(values, func(key, _ string) bool { return slices.Contains(marks, key) })
			if len(values) == 0 {
				unstructured.RemoveNestedField(object.Object, append(slices.Clone(at), field)...)
			} else if err := unstructured.SetNestedStringMap(object.Object, values, append(slices.Clone(at), field)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if text, ok, _ := unstructured.NestedString(object.Object, "data", "config.yaml"); ok {
		var config map[string]any
		if err := yaml.UnmarshalStrict([]byte(text), &config); err != nil {
			t.Fatal(err)
		}
		object.Object["data"] = map[string]any{"config.yaml": config}
	}
	return object.Object
}

// difference of two objects, line by line; empty when they are the same.
func difference(t *testing.T, want, have any) string {
	t.Helper()
	a, err := yaml.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := yaml.Marshal(have)
	if err != nil {
		t.Fatal(err)
	}
	diff, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(a)), B: difflib.SplitLines(string(b)), FromFile: "want", ToFile: "have", Context: 3,
	})
	if err != nil {
		t.Fatal(err)
	}
	return diff
}

// container is the operator's.
func container(t *testing.T, deployment *unstructured.Unstructured) map[string]any {
	t.Helper()
	containers, _, err := unstructured.NestedSlice(deployment.Object, "spec", "template", "spec", "containers")
	if err != nil || len(containers) != 1 {
		t.Fatalf("%d containers, %v", len(containers), err)
	}
	return containers[0].(map[string]any)
}

// names are the keys of one set that another lacks.
func names(of, lacking map[string]*unstructured.Unstructured) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(of)) {
		if _, ok := lacking[key]; !ok {
			out = append(out, key)
		}
	}
	return out
}

func without(objects map[string]*unstructured.Unstructured, prefixes ...string) map[string]*unstructured.Unstructured {
	out := maps.Clone(objects)
	maps.DeleteFunc(out, func(key string, _ *unstructured.Unstructured) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
	})
	return out
}

func joined(a, b map[string]*unstructured.Unstructured) map[string]*unstructured.Unstructured {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// resolved is a directory without symbolic links, which kustomize refuses.
func resolved(t *testing.T, dir string) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
