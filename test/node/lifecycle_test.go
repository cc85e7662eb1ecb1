package node

import (
	"context"
	"fmt"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/test/internal/live"
)

// A Community deleted by mistake comes back with its home and all in it.
func TestRetainedHomeIsAdopted(t *testing.T) {
	c := settled(t)
	one := community(t, "xibeiyilu")
	home := &corev1.Namespace{}
	get(t, "", one.Status.Namespace, home)
	kept := &corev1.ConfigMap{}
	kept.Name, kept.Namespace, kept.Data = "kept", home.Name, map[string]string{"by": "the community"}
	if err := cluster.Client.Create(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
	if err := cluster.Client.Delete(t.Context(), one); err != nil {
		t.Fatal(err)
	}
	// Whatever happens, the sample is whole again afterwards.
	t.Cleanup(func() {
		if err := c.ApplySample(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	live.Eventually(t, time.Minute, func(ctx context.Context) error {
		if err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(one), &v1alpha1.Community{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the Community is not gone (%w)", err)
		}
		dep := &appsv1.Deployment{}
		if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: home.Name, Name: "portal"}, dep); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the portal's Deployment is not gone (%w)", err)
		}
		return nil
	})
	retained := &corev1.Namespace{}
	get(t, "", home.Name, retained)
	if retained.UID != home.UID || retained.DeletionTimestamp != nil || retained.Annotations[v1alpha1.RetainedAnnotation] != "true" {
		t.Errorf("the home is not retained as it was: %+v", retained.ObjectMeta)
	}
	var policies networkingv1.NetworkPolicyList
	if err := cluster.Client.List(t.Context(), &policies, client.InNamespace(home.Name)); err != nil || len(policies.Items) == 0 {
		t.Errorf("the retained home is not closed: %d NetworkPolicies, %v", len(policies.Items), err)
	}

	since := time.Now().Add(-time.Second)
	if err := c.ApplySample(t.Context()); err != nil {
		t.Fatal(err)
	}
	ready(t)
	again := community(t, one.Name)
	if again.UID == one.UID || again.Status.Namespace != home.Name {
		t.Errorf("Community %s lives in %s, want a new one in %s", again.UID, again.Status.Namespace, home.Name)
	}
	get(t, "", home.Name, retained)
	if retained.UID != home.UID || retained.Annotations[v1alpha1.RetainedAnnotation] == "true" ||
		retained.Annotations[v1alpha1.HomeOfUIDAnnotation] != string(again.UID) {
		t.Errorf("the home was not adopted: %+v", retained.ObjectMeta)
	}
	get(t, home.Name, kept.Name, kept)
	told(t, "Community", one.Name, "Adopted", home.Name, since)
	noOrphans(t, again)
	base, err := address(t.Context(), home.Name, "portal")
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, soon, func(ctx context.Context) error { return shows(ctx, base+"/", "zh-CN", one.Spec.DisplayName.ZH) })
	if err := cluster.Client.Delete(t.Context(), kept); err != nil {
		t.Error(err)
	}
}

func TestSuspendScalesToZero(t *testing.T) {
	settled(t)
	c := community(t, "qingnianlu-3")
	change(t, c, func(c *v1alpha1.Community) { c.Spec.Suspend = ptr.To(true) })
	t.Cleanup(func() {
		restore(t, c.Name, func(c *v1alpha1.Community) { c.Spec.Suspend = nil })
	})
	live.Eventually(t, time.Minute, func(ctx context.Context) error {
		for _, component := range []string{"portal", "desk", "courier"} {
			dep := &appsv1.Deployment{}
			if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: c.Status.Namespace, Name: component}, dep); err != nil {
				return err
			}
			running, err := pods(ctx, c.Status.Namespace, component)
			if err != nil {
				return err
			}
			if ptr.Deref(dep.Spec.Replicas, 1) != 0 || len(running) != 0 {
				return fmt.Errorf("%s has %d pods, and %d replicas are wanted", component, len(running), ptr.Deref(dep.Spec.Replicas, 1))
			}
		}
		return cluster.AllReady(ctx)
	})
	now := community(t, c.Name)
	wantCondition(t, c.Name, now.Status.Conditions, v1alpha1.ConditionReady, "True", v1alpha1.ReasonSuspended)
	change(t, now, func(c *v1alpha1.Community) { c.Spec.Suspend = nil })
	base, err := address(t.Context(), c.Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, time.Minute, func(ctx context.Context) error { return shows(ctx, base+"/", "zh-CN", c.Spec.DisplayName.ZH) })
}
