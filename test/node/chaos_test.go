package node

import (
	"context"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/test/internal/live"
)

const fresh = "fresh" // a community and its sub-district

// members are all objects that carry an ApplySet's label, by the operator's own
// naming.
func members(t *testing.T, setID string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for gk, kind := range apply.Kinds() {
		if kind.Optional {
			continue
		}
		list := &metav1.PartialObjectMetadataList{}
		list.SetGroupVersionKind(gk.WithVersion(kind.Version))
		if err := cluster.Client.List(t.Context(), list, client.MatchingLabels{apply.PartOfLabel: setID}); err != nil {
			t.Fatal(err)
		}
		for _, o := range list.Items {
			out[apply.Ref{Group: gk.Group, Kind: gk.Kind, Namespace: o.Namespace, Name: o.Name}.String()] = true
		}
	}
	return out
}

// noOrphans checks that what carries a community's label is what its inventory
// lists.
func noOrphans(t *testing.T, c *v1alpha1.Community) {
	t.Helper()
	listed := map[string]bool{}
	for _, e := range c.Status.Inventory {
		if e.UID == "" {
			t.Errorf("the inventory lists %s %s, which was never made", e.Kind, e.Name)
		}
		listed[apply.Ref{Group: e.Group, Kind: e.Kind, Namespace: e.Namespace, Name: e.Name}.String()] = true
	}
	there := members(t, apply.SetID(v1alpha1.GroupVersion.WithKind("Community").GroupKind(), c.Namespace, c.Name))
	for ref := range there {
		if !listed[ref] {
			t.Errorf("%s is an orphan", ref)
		}
	}
	for ref := range listed {
		if !there[ref] {
			t.Errorf("%s is listed and not there", ref)
		}
	}
}

// makeFresh creates a community with its station in a sub-district of its own.
func makeFresh(t *testing.T) {
	t.Helper()
	text := func(zh, en string) v1alpha1.LocalizedText { return v1alpha1.LocalizedText{ZH: zh, EN: en} }
	for _, obj := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: fresh, Labels: map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict}}},
		&v1alpha1.Community{
			ObjectMeta: metav1.ObjectMeta{Name: fresh, Namespace: fresh},
			Spec: v1alpha1.CommunitySpec{
				DisplayName: text("新社区", "Fresh Community"), StandardRef: v1alpha1.LocalReference{Name: "xian-2014"},
				Profile: v1alpha1.CommunityProfile{Households: 1500, Residents: 4000}, DeletionPolicy: v1alpha1.DeletionDelete,
			},
		},
		&v1alpha1.ServiceStation{
			ObjectMeta: metav1.ObjectMeta{Name: fresh, Namespace: fresh},
			Spec: v1alpha1.ServiceStationSpec{
				CommunityRef: v1alpha1.LocalReference{Name: fresh},
			},
		},
	} {
		if err := cluster.Client.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
}

// The operator dies at a moment nobody chose, several times over, while a
// community comes to be; the next one goes on where it stopped.
func TestOperatorKilledMidRollout(t *testing.T) {
	settled(t)
	makeFresh(t)
	t.Cleanup(func() { removeFresh(t) })
	c := &v1alpha1.Community{}
	for _, moment := range []struct {
		name string
		come func() bool
	}{
		{"names are recorded", func() bool { return c.Annotations[v1alpha1.InventoryAnnotation] != "" }},
		{"children exist", func() bool { return len(c.Status.Inventory) > 0 }},
	} {
		live.Eventually(t, time.Minute, func(ctx context.Context) error {
			if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: fresh, Name: fresh}, c); err != nil {
				return err
			}
			if !moment.come() {
				return fmt.Errorf("it has not come to that %s", moment.name)
			}
			return nil
		})
		restartOperator(t, true)
	}
	live.Eventually(t, 2*time.Minute, func(ctx context.Context) error {
		if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: fresh, Name: fresh}, c); err != nil {
			return err
		}
		st := &v1alpha1.ServiceStation{}
		if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: fresh, Name: fresh}, st); err != nil {
			return err
		}
		if !isTrue(c.Status.Conditions, v1alpha1.ConditionReady) || !isTrue(st.Status.Conditions, v1alpha1.ConditionReady) {
			return fmt.Errorf("not Ready: %v, %v", c.Status.Conditions, st.Status.Conditions)
		}
		return nil
	})
	noOrphans(t, c)
	base, err := address(t.Context(), c.Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, soon, func(ctx context.Context) error { return shows(ctx, base+"/", "zh-CN", "新社区") })
}

func isTrue(conds []metav1.Condition, kind string) bool {
	for _, c := range conds {
		if c.Type == kind {
			return c.Status == metav1.ConditionTrue
		}
	}
	return false
}

// removeFresh deletes the sub-district with all in it; deletionPolicy Delete
// takes the home along.
func removeFresh(t *testing.T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	home := ""
	c := &v1alpha1.Community{}
	if err := cluster.Client.Get(ctx, client.ObjectKey{Namespace: fresh, Name: fresh}, c); err == nil {
		home = c.Status.Namespace
	}
	for _, obj := range []client.Object{c, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: fresh}}} {
		if err := client.IgnoreNotFound(cluster.Client.Delete(ctx, obj)); err != nil {
			t.Error(err)
		}
	}
	err := live.Within(ctx, 2*time.Minute, func(ctx context.Context) error {
		for _, name := range []string{fresh, home} {
			ns := &corev1.Namespace{}
			err := cluster.Client.Get(ctx, client.ObjectKey{Name: name}, ns)
			if name != "" && !apierrors.IsNotFound(err) {
				return fmt.Errorf("namespace %s is still there (%w)", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestNothingInTheDistrictIsAnOrphan(t *testing.T) {
	settled(t)
	for _, c := range district(t).Communities.Items {
		noOrphans(t, &c)
	}
}

// While the API server is away residents notice nothing; afterwards the
// operator goes on.
func TestAPIServerRestart(t *testing.T) {
	c := settled(t)
	one := community(t, "dongyaowangdong")
	base, err := address(t.Context(), one.Status.Namespace, "portal")
	if err != nil {
		t.Fatal(err)
	}
	down := make(chan error, 1)
	go func() {
		_, err := c.Devcluster(t.Context(), "restart", "--name", clusterName, "kube-apiserver")
		down <- err
	}()
	for served := 0; ; served++ {
		select {
		case err := <-down:
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("the portal answered %d times meanwhile", served)
			ready(t)
			checkHealing(t, one)
			return
		case <-time.After(100 * time.Millisecond):
			if err := shows(t.Context(), base+"/", "zh-CN", one.Spec.DisplayName.ZH); err != nil {
				t.Error(err)
			}
		}
	}
}

// checkHealing shows that the operator watches and writes again.
func checkHealing(t *testing.T, c *v1alpha1.Community) {
	t.Helper()
	var list networkingv1.NetworkPolicyList
	if err := cluster.Client.List(t.Context(), &list, client.InNamespace(c.Status.Namespace)); err != nil || len(list.Items) == 0 {
		t.Fatalf("%d NetworkPolicies, %v", len(list.Items), err)
	}
	if err := cluster.Client.Delete(t.Context(), &list.Items[0]); err != nil {
		t.Fatal(err)
	}
	live.Eventually(t, time.Minute, func(ctx context.Context) error {
		return cluster.Client.Get(ctx, client.ObjectKeyFromObject(&list.Items[0]), &networkingv1.NetworkPolicy{})
	})
}
