package base

import (
	"context"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
)

// How soon to look again at what no event will tell of.
const (
	// LagRetry: the cache has not shown an apply yet.
	LagRetry = time.Second
	// DeleteRetry: something is still being deleted. Its end is told of, unless somebody
	// took off the labels it is followed by.
	DeleteRetry = 15 * time.Second
)

// NamespaceMetadata is an empty metadata-only namespace to get.
func NamespaceMetadata(name string) *metav1.PartialObjectMetadata {
	ns := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name}}
	ns.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Namespace"))
	return ns
}

// InPlace reads an object of the cache without a copy: it must not be changed.
func InPlace() client.GetOption { return &client.GetOptions{UnsafeDisableDeepCopy: ptr.To(true)} }

// Standard is a CommunityStandard; nil when there is none of that name.
func (d *Deps) Standard(ctx context.Context, name string) (*v1alpha1.CommunityStandard, error) {
	standard := &v1alpha1.CommunityStandard{}
	if err := d.Cache.Get(ctx, client.ObjectKey{Name: name}, standard); err != nil {
		return nil, client.IgnoreNotFound(err)
	}
	return standard, nil
}

// Stations are the stations that name a community, the one that serves it
// first: the oldest, by name where equally old.
func (d *Deps) Stations(ctx context.Context, namespace, community string) ([]v1alpha1.ServiceStation, error) {
	var list v1alpha1.ServiceStationList
	if err := d.Cache.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{CommunityIndex: community}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	slices.SortFunc(list.Items, func(a, b v1alpha1.ServiceStation) int {
		if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
			return a.CreationTimestamp.Compare(b.CreationTimestamp.Time)
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list.Items, nil
}

// Release takes the finalizer off an object that holds nothing any more.
func (d *Deps) Release(ctx context.Context, obj client.Object) error {
	latest, ok := obj.DeepCopyObject().(client.Object)
	if !ok {
		panic("a DeepCopy of a client.Object is one")
	}
	if err := d.Client.Get(ctx, client.ObjectKeyFromObject(obj), latest); err != nil {
		return client.IgnoreNotFound(err)
	}
	before, _ := latest.DeepCopyObject().(client.Object)
	if !controllerutil.RemoveFinalizer(latest, v1alpha1.Finalizer) {
		return nil
	}
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	return client.IgnoreNotFound(d.Client.Patch(ctx, latest, patch))
}

// Announce writes an event when an object became Ready, ceased to be, or got
// stuck. What merely takes its course is in the conditions; an event for each
// step of it would double the writes of a roll-out and tell nobody anything.
func (d *Deps) Announce(obj client.Object, before, after []metav1.Condition) {
	was, is := meta.FindStatusCondition(before, v1alpha1.ConditionReady), meta.FindStatusCondition(after, v1alpha1.ConditionReady)
	if is == nil {
		return
	}
	stalled := meta.IsStatusConditionTrue(after, v1alpha1.ConditionStalled)
	turned := was != nil && was.Status != is.Status
	stuckAnew := stalled && (was == nil || was.Reason != is.Reason)
	if !turned && !stuckAnew {
		return
	}
	kind := corev1.EventTypeNormal
	if stalled {
		kind = corev1.EventTypeWarning
	}
	d.Recorder.Eventf(obj, nil, kind, is.Reason, "Reconcile", "%s", is.Message)
}

// Replicas a program runs with.
func Replicas(want *int32, suspend *bool) int32 {
	if suspend != nil && *suspend {
		return 0
	}
	if want == nil {
		return 1
	}
	return *want
}

// URL is where a program is opened: its hostname when it has a route, else its
// Service inside the cluster.
func URL(p blueprint.Program) string {
	if p.Hostname != "" && p.Gateway != nil {
		return "https://" + p.Hostname + "/"
	}
	return "http://" + p.Component + "." + p.Namespace + ".svc/"
}

// Join lists words for a message.
func Join(words []string) string { return strings.Join(words, ", ") }
