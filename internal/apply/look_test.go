package apply

import (
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	appsv1ac "k8s.io/client-go/applyconfigurations/apps/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

func liveMeta(change func(*metav1.ObjectMeta)) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace: "home", Name: "portal", UID: "u1", Generation: 4, ResourceVersion: "40",
		Labels: map[string]string{PartOfLabel: set, "added-by": "others"},
	}
	if change != nil {
		change(&m)
	}
	return m
}

func entryOf(obj Object, version string) v1alpha1.InventoryEntry {
	return v1alpha1.InventoryEntry{
		Group: obj.Ref.Group, Kind: obj.Ref.Kind, Namespace: "home", Name: "portal", UID: "u1", Hash: obj.Hash, Version: version,
	}
}

func deploymentWith(change func(*metav1.ObjectMeta)) client.Object {
	return &appsv1.Deployment{ObjectMeta: liveMeta(change)}
}

// TestJudge holds every verdict against what leads to it.
func TestJudge(t *testing.T) {
	deployment := newObject(t, appsv1ac.Deployment("portal", "home").WithSpec(appsv1ac.DeploymentSpec().WithReplicas(1)))
	applied := entryOf(deployment, "4")
	with := func(change func(*v1alpha1.InventoryEntry)) v1alpha1.InventoryEntry {
		e := applied
		change(&e)
		return e
	}
	going := metav1.Now()
	for _, tc := range []struct {
		name  string
		live  client.Object
		entry v1alpha1.InventoryEntry
		known bool
		want  verdict
	}{
		{"as applied", deploymentWith(nil), applied, true, same},
		{"never applied, not there", nil, v1alpha1.InventoryEntry{}, false, unknown},
		{"never applied, there", deploymentWith(nil), v1alpha1.InventoryEntry{}, false, unknown},
		{"recorded without a UID, there", deploymentWith(nil), with(func(e *v1alpha1.InventoryEntry) { e.UID = "" }), true, unknown},
		{"recorded without a UID, not there", nil, with(func(e *v1alpha1.InventoryEntry) { e.UID = "" }), true, unknown},
		{"deleted", nil, applied, true, vanished},
		{"going", deploymentWith(func(m *metav1.ObjectMeta) { m.DeletionTimestamp = &going }), applied, true, same},
		{"made anew by somebody", deploymentWith(func(m *metav1.ObjectMeta) { m.UID = "u2" }), applied, true, drifted},
		{"wanted otherwise now", deploymentWith(nil), with(func(e *v1alpha1.InventoryEntry) { e.Hash = "other" }), true, outdated},
		{"spec changed", deploymentWith(func(m *metav1.ObjectMeta) { m.Generation = 5 }), applied, true, drifted},
		{"status changed", deploymentWith(func(m *metav1.ObjectMeta) { m.ResourceVersion = "41" }), applied, true, same},
		{"our label gone", deploymentWith(func(m *metav1.ObjectMeta) { delete(m.Labels, PartOfLabel) }), applied, true, drifted},
		{"others' label gone", deploymentWith(func(m *metav1.ObjectMeta) { delete(m.Labels, "added-by") }), applied, true, same},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := New(Options{})
			if got := a.judge(deployment, a.kinds[deployment.Ref.GroupKind()], live{tc.live}, tc.entry, tc.known); got != tc.want {
				t.Errorf("verdict %d, want %d", got, tc.want)
			}
		})
	}
}

func TestJudgeByEachCheck(t *testing.T) {
	a := New(Options{})
	configMap := newObject(t, corev1ac.ConfigMap("portal", "home").WithData(map[string]string{"a": "1"}))
	service := newObject(t, corev1ac.Service("portal", "home").WithSpec(corev1ac.ServiceSpec().WithSelector(map[string]string{"a": "x"})))
	namespace := newObject(t, corev1ac.Namespace("portal").WithAnnotations(map[string]string{"of": "b"}))
	liveService := func(selector map[string]string) client.Object {
		return &corev1.Service{ObjectMeta: liveMeta(nil), Spec: corev1.ServiceSpec{Selector: selector, ClusterIP: "10.0.0.1"}}
	}
	for _, tc := range []struct {
		name string
		obj  Object
		live client.Object
		want verdict
	}{
		{"ConfigMap at its version", configMap, &metav1.PartialObjectMetadata{ObjectMeta: liveMeta(nil)}, same},
		{"ConfigMap at another version", configMap, &metav1.PartialObjectMetadata{ObjectMeta: liveMeta(func(m *metav1.ObjectMeta) { m.ResourceVersion = "41" })}, drifted},
		{"Service with its selector", service, liveService(map[string]string{"a": "x"}), same},
		{"Service at another version", service, liveService(map[string]string{"a": "x"}), same},
		{"Service with a selector key more", service, liveService(map[string]string{"a": "x", "b": "y"}), drifted},
		{"Service without a selector", service, liveService(nil), drifted},
		{"Namespace as it should be", namespace, &metav1.PartialObjectMetadata{ObjectMeta: liveMeta(func(m *metav1.ObjectMeta) { m.Annotations = map[string]string{"of": "b", "more": "c"} })}, same},
		{"Namespace without its annotation", namespace, &metav1.PartialObjectMetadata{ObjectMeta: liveMeta(nil)}, drifted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			entry := entryOf(tc.obj, "40")
			if got := a.judge(tc.obj, a.kinds[tc.obj.Ref.GroupKind()], live{tc.live}, entry, true); got != tc.want {
				t.Errorf("verdict %d, want %d", got, tc.want)
			}
		})
	}
}

func TestLags(t *testing.T) {
	now, past := time.Now(), time.Now().Add(-lagLimit-time.Second)
	at := func(version string) live {
		return live{deploymentWith(func(m *metav1.ObjectMeta) { m.ResourceVersion = version })}
	}
	for _, tc := range []struct {
		name string
		mem  applied
		live live
		want bool
	}{
		{"not in the cache yet", applied{at: now, resourceVersion: "40"}, live{}, true},
		{"not in the cache for too long", applied{at: past, resourceVersion: "40"}, live{}, false},
		{"the cache is older", applied{at: now, resourceVersion: "40"}, at("9"), true},
		{"the cache is older for too long", applied{at: past, resourceVersion: "40"}, at("39"), false},
		{"the cache shows it", applied{at: now, resourceVersion: "40"}, at("40"), false},
		{"the cache is newer", applied{at: now, resourceVersion: "40"}, at("100"), false},
		{"shown before, gone now", applied{at: now, resourceVersion: "40", seen: true}, live{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := New(Options{})
			ref := Ref{Kind: "Deployment", Namespace: "home", Name: "portal"}
			if got := a.lags(set, ref, tc.mem, tc.live); got != tc.want {
				t.Errorf("lags = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	m := &memory{sets: map[string]map[Ref]applied{}}
	ref := Ref{Kind: "Service", Namespace: "home", Name: "portal"}
	if _, ok := m.get(set, ref); ok {
		t.Error("an empty memory remembers")
	}
	m.put(set, ref, applied{entry: v1alpha1.InventoryEntry{UID: "u1"}, resourceVersion: "40"})
	got, ok := m.get(set, ref)
	if !ok || got.entry.UID != "u1" || got.seen || got.expired() || time.Since(got.at) > time.Minute {
		t.Errorf("remembered %+v, %t", got, ok)
	}
	m.markSeen(set, ref)
	if got, _ := m.get(set, ref); !got.seen {
		t.Error("markSeen left no mark")
	}
	m.drop(set, ref)
	if _, ok := m.get(set, ref); ok {
		t.Error("drop left it")
	}
	m.markSeen(set, ref)
	if _, ok := m.get(set, ref); ok {
		t.Error("markSeen made something up")
	}
	m.put(set, ref, applied{entry: v1alpha1.InventoryEntry{UID: "u1"}})
	m.forget(set)
	if _, ok := m.get(set, ref); ok {
		t.Error("forget left it")
	}
}

// A foreign change is reported once, however often the child's status changes
// after it.
func TestFirstSight(t *testing.T) {
	m := &memory{sets: map[string]map[Ref]applied{}}
	ref := Ref{Group: "apps", Kind: "Deployment", Namespace: "home", Name: "portal"}
	changed := func(generation int64, version string, available int32) live {
		d := &appsv1.Deployment{ObjectMeta: liveMeta(func(m *metav1.ObjectMeta) { m.Generation, m.ResourceVersion = generation, version })}
		d.Status.AvailableReplicas = available
		return live{d}
	}
	for _, tc := range []struct {
		name string
		live live
		want bool
	}{
		{"first", changed(5, "41", 0), true},
		{"again", changed(5, "41", 0), false},
		{"another status", changed(5, "42", 1), false},
		{"another change", changed(6, "43", 1), true},
	} {
		if got := m.firstSight(set, ref, tc.live); got != tc.want {
			t.Errorf("%s: firstSight = %t, want %t", tc.name, got, tc.want)
		}
	}
}
