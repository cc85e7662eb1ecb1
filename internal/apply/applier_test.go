package apply

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// stale is a cache that shows nothing while it is blind.
type stale struct {
	client.Client

	blind bool
}

func (s *stale) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if s.blind {
		return apierrors.NewNotFound(schema.GroupResource{}, key.Name)
	}
	return s.Client.Get(ctx, key, obj, opts...)
}

// Apply gives what is made a UID, as an API server does and the fake does not.
func (s *stale) Apply(ctx context.Context, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
	if err := s.Client.Apply(ctx, obj, opts...); err != nil {
		return err
	}
	made, ok := obj.(metav1.Object)
	if !ok {
		return errors.New("an apply configuration without metadata")
	}
	live := &corev1.Service{}
	if err := s.Client.Get(ctx, client.ObjectKey{Namespace: made.GetNamespace(), Name: made.GetName()}, live); err != nil {
		return err
	}
	if live.UID == "" {
		live.UID = types.UID("uid-of-" + live.Name)
		if err := s.Update(ctx, live); err != nil {
			return err
		}
	}
	made.SetUID(live.UID)
	made.SetResourceVersion(live.ResourceVersion)
	return nil
}

func services(t *testing.T, names ...string) []Object {
	t.Helper()
	var out []Object
	for _, name := range names {
		out = append(out, newObject(t, corev1ac.Service(name, "home").WithSpec(corev1ac.ServiceSpec().WithSelector(map[string]string{"app": name}))))
	}
	return out
}

func newApplier(t *testing.T, funcs interceptor.Funcs) (*Applier, *stale) {
	t.Helper()
	s := &stale{Client: interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme.Scheme).Build(), funcs)}
	return New(Options{Client: s, Direct: s.Client}), s
}

func request(desired []Object, last Result) Request {
	req := Request{SetID: set, Owner: "test", Desired: desired, Inventory: last.Inventory, Drift: v1alpha1.DriftCorrect}
	for _, obj := range desired {
		req.Recorded = append(req.Recorded, obj.Ref)
	}
	return req
}

func TestApplyWritesOnceThenNothing(t *testing.T) {
	a, _ := newApplier(t, interceptor.Funcs{})
	desired := services(t, "a", "b")
	res := a.Apply(t.Context(), request(desired, Result{}))
	if res.Writes != 2 || len(res.Inventory) != 2 || res.Err() != nil || res.Inventory[0].UID+res.Inventory[0].Hash == "" {
		t.Fatalf("first: %+v", res)
	}
	if res = a.Apply(t.Context(), request(desired, res)); res.Writes != 0 || len(res.Corrected)+len(res.Pruned) != 0 {
		t.Errorf("again: %+v", res)
	}
}

// A cache that is behind brings no second write, and says so.
func TestApplyBelievesItselfWhileTheCacheIsBehind(t *testing.T) {
	a, s := newApplier(t, interceptor.Funcs{})
	desired := services(t, "a")
	s.blind = true
	first := a.Apply(t.Context(), request(desired, Result{}))
	res := a.Apply(t.Context(), request(desired, first))
	if res.Writes != 0 || !res.Lagging || len(res.Inventory) != 1 {
		t.Errorf("with a blind cache: %+v", res)
	}
	s.blind = false
	if res = a.Apply(t.Context(), request(desired, first)); res.Writes != 0 || res.Lagging {
		t.Errorf("with sight again: %+v", res)
	}
	s.blind = true // shown before and gone now: deleted
	if res = a.Apply(t.Context(), request(desired, first)); res.Writes != 1 || len(res.Corrected) != 1 {
		t.Errorf("after a deletion: %+v", res)
	}
}

func TestApplyGoesOnAfterAFailure(t *testing.T) {
	a, _ := newApplier(t, interceptor.Funcs{Apply: func(ctx context.Context, c client.WithWatch, obj runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
		if named, ok := obj.(interface{ GetName() string }); ok && named.GetName() == "a" {
			return errors.New("not today")
		}
		return c.Apply(ctx, obj, opts...)
	}})
	res := a.Apply(t.Context(), request(services(t, "a", "b"), Result{}))
	if len(res.Failed) != 1 || res.Writes != 1 || res.Err() == nil {
		t.Errorf("%+v", res)
	}
	// What failed is in the inventory, without a UID: it is not lost, and not made.
	if len(res.Inventory) != 2 || res.Inventory[0].UID != "" || res.Inventory[1].UID == "" {
		t.Errorf("inventory %+v", res.Inventory)
	}
}

// Without its namespace nothing else is tried, and nothing is forgotten.
func TestApplyStopsAtItsNamespace(t *testing.T) {
	a, _ := newApplier(t, interceptor.Funcs{Apply: func(context.Context, client.WithWatch, runtime.ApplyConfiguration, ...client.ApplyOption) error {
		return errors.New("not today")
	}})
	desired := append([]Object{newObject(t, corev1ac.Namespace("home"))}, services(t, "a", "b")...)
	had := v1alpha1.InventoryEntry{Kind: "Service", Namespace: "home", Name: "b", UID: "u", Hash: "h"}
	res := a.Apply(t.Context(), request(desired, Result{Inventory: []v1alpha1.InventoryEntry{had}}))
	if len(res.Failed) != 1 || len(res.Inventory) != 2 || res.Inventory[1] != had {
		t.Errorf("%+v", res)
	}
}

func TestPruneInReverseAndOnlyOurs(t *testing.T) {
	var deleted []string
	a, s := newApplier(t, interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, obj client.Object, opts ...client.DeleteOption) error {
		deleted = append(deleted, obj.GetName())
		return c.Delete(ctx, obj, opts...)
	}})
	first := a.Apply(t.Context(), request(services(t, "a", "b", "c"), Result{}))
	theirs := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "home", Name: "theirs"}}
	if err := s.Create(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	req := request(services(t, "b"), first)
	req.Recorded = append(req.Recorded, Ref{Kind: "Service", Namespace: "home", Name: "theirs"}, Ref{Kind: "Gadget", Name: "of-a-kind-unknown"})
	res := a.Apply(t.Context(), req)
	if len(deleted) != 2 || deleted[0] != "c" || deleted[1] != "a" {
		t.Errorf("deleted %v, want c, then a", deleted)
	}
	if len(res.Inventory) != 1 || res.Inventory[0].Name != "b" || len(res.Failed) != 0 {
		t.Errorf("%+v", res)
	}
	if err := s.Client.Get(t.Context(), client.ObjectKeyFromObject(theirs), theirs); err != nil {
		t.Errorf("somebody else's Service is gone: %v", err)
	}
}

func TestFailedPruneIsKept(t *testing.T) {
	a, _ := newApplier(t, interceptor.Funcs{Delete: func(context.Context, client.WithWatch, client.Object, ...client.DeleteOption) error {
		return errors.New("not today")
	}})
	first := a.Apply(t.Context(), request(services(t, "a"), Result{}))
	res := a.Apply(t.Context(), Request{SetID: set, Owner: "test", Inventory: first.Inventory})
	if len(res.Failed) != 1 || len(res.Inventory) != 1 || res.Inventory[0].UID != first.Inventory[0].UID {
		t.Errorf("%+v", res)
	}
}

// What is kept is left alone, changed or not, until it is wanted or not again.
func TestKeptStaysAsItIs(t *testing.T) {
	a, s := newApplier(t, interceptor.Funcs{})
	all := services(t, "a", "b")
	first := a.Apply(t.Context(), request(all, Result{}))
	changed := &corev1.Service{}
	if err := s.Client.Get(t.Context(), client.ObjectKey{Namespace: "home", Name: "b"}, changed); err != nil {
		t.Fatal(err)
	}
	changed.Spec.Selector = map[string]string{"app": "somebody's"}
	if err := s.Update(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	req := request(all[:1], first)
	req.Kept = []Ref{all[1].Ref, {Kind: "Service", Namespace: "home", Name: "never-made"}}
	res := a.Apply(t.Context(), req)
	if res.Writes != 0 || len(res.Inventory) != 2 || len(res.Pruned)+len(res.Corrected)+len(res.Failed) != 0 {
		t.Errorf("kept: %+v", res)
	}
	if res = a.Apply(t.Context(), request(all, res)); res.Writes != 1 || len(res.Corrected) != 1 {
		t.Errorf("wanted again: %+v", res)
	}
	if res = a.Apply(t.Context(), request(all[:1], res)); len(res.Pruned) != 1 {
		t.Errorf("no longer wanted: %+v", res)
	}
}
