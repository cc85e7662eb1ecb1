package node

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	eventsv1 "k8s.io/api/events/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/test/internal/live"
)

// told waits for an event about an intent object of the sample.
func told(t *testing.T, kind, name, reason, text string, since time.Time) {
	t.Helper()
	live.Eventually(t, 30*time.Second, func(ctx context.Context) error {
		var list eventsv1.EventList
		if err := cluster.Client.List(ctx, &list, client.InNamespace(live.Subdistrict)); err != nil {
			return err
		}
		for _, e := range list.Items {
			last := e.EventTime.Time
			if e.Series != nil {
				last = e.Series.LastObservedTime.Time
			}
			if e.Regarding.Kind == kind && e.Regarding.Name == name && e.Reason == reason &&
				strings.Contains(e.Note, text) && !last.Before(since) {
				return nil
			}
		}
		return fmt.Errorf("no event %s about %s %s says %q", reason, kind, name, text)
	})
}

// restore undoes a test's change after it, whatever became of it.
func restore(t *testing.T, name string, edit func(*v1alpha1.Community)) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c := &v1alpha1.Community{}
	if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: live.Subdistrict, Name: name}, c); err != nil {
		t.Error(err)
		return
	}
	before := c.DeepCopy()
	edit(c)
	if err := cluster.Client.Patch(ctx, c, client.MergeFrom(before)); err != nil {
		t.Error(err)
	}
}

func wantCondition(t *testing.T, name string, conds []metav1.Condition, kind string, status metav1.ConditionStatus, reason string) {
	t.Helper()
	c := meta.FindStatusCondition(conds, kind)
	if c == nil || c.Status != status || c.Reason != reason {
		t.Errorf("%s: condition %s is %+v, want %s, %s", name, kind, c, status, reason)
	}
}

func TestADeletedDeploymentComesBack(t *testing.T) {
	settled(t)
	c := community(t, "tangfangjie")
	for _, component := range []string{"portal", "desk"} {
		t.Run(component, func(t *testing.T) {
			dep := &appsv1.Deployment{}
			get(t, c.Status.Namespace, component, dep)
			since, old := time.Now().Add(-time.Second), dep.UID
			if err := cluster.Client.Delete(t.Context(), dep); err != nil {
				t.Fatal(err)
			}
			live.Eventually(t, time.Minute, func(ctx context.Context) error {
				now := &appsv1.Deployment{}
				if err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(dep), now); err != nil {
					return err
				}
				if now.UID == old || now.Status.AvailableReplicas != 1 {
					return fmt.Errorf("Deployment %s has %d replicas available", now.Name, now.Status.AvailableReplicas)
				}
				return nil
			})
			kind := map[string]string{"portal": "Community", "desk": "ServiceStation"}[component]
			told(t, kind, c.Name, "DriftCorrected", "Deployment "+c.Status.Namespace+"/"+component, since)
			ready(t)
			name := c.Spec.DisplayName.ZH
			base, err := address(t.Context(), c.Status.Namespace, component)
			if err != nil {
				t.Fatal(err)
			}
			live.Eventually(t, soon, func(ctx context.Context) error { return shows(ctx, base+"/", "zh-CN", name) })
		})
	}
}

func TestAnEditedNetworkPolicyIsPutBack(t *testing.T) {
	settled(t)
	c := community(t, "lianhulu-1")
	var list networkingv1.NetworkPolicyList
	if err := cluster.Client.List(t.Context(), &list, client.InNamespace(c.Status.Namespace)); err != nil {
		t.Fatal(err)
	}
	for _, p := range list.Items {
		if p.Spec.PodSelector.Size() > 0 && len(p.Spec.PodSelector.MatchLabels) > 0 {
			continue
		}
		since, want := time.Now().Add(-time.Second), p.Spec.DeepCopy()
		change(t, &p, func(p *networkingv1.NetworkPolicy) {
			p.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
			p.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
		})
		live.Eventually(t, 30*time.Second, func(ctx context.Context) error {
			now := &networkingv1.NetworkPolicy{}
			if err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(&p), now); err != nil {
				return err
			}
			if !equality.Semantic.DeepEqual(now.Spec, *want) {
				return fmt.Errorf("NetworkPolicy %s is open: %v", p.Name, now.Spec)
			}
			return nil
		})
		told(t, "Community", c.Name, "DriftCorrected", "NetworkPolicy "+c.Status.Namespace+"/"+p.Name, since)
	}
}

func TestAStrippedFinalizerAndInventoryComeBack(t *testing.T) {
	settled(t)
	c := community(t, "lianhulu-2")
	since, want := time.Now().Add(-time.Second), c.Annotations[v1alpha1.InventoryAnnotation]
	if want == "" {
		t.Fatal("the Community has no inventory")
	}
	change(t, c, func(c *v1alpha1.Community) {
		c.Finalizers = nil
		delete(c.Annotations, v1alpha1.InventoryAnnotation)
	})
	live.Eventually(t, 30*time.Second, func(ctx context.Context) error {
		now := &v1alpha1.Community{}
		if err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(c), now); err != nil {
			return err
		}
		if len(now.Finalizers) == 0 || now.Annotations[v1alpha1.InventoryAnnotation] == "" {
			return fmt.Errorf("finalizers %v, inventory %q", now.Finalizers, now.Annotations[v1alpha1.InventoryAnnotation])
		}
		return nil
	})
	told(t, "Community", c.Name, "FinalizerRestored", "finalizer", since)
	told(t, "Community", c.Name, "InventoryRestored", "inventory", since)
}
