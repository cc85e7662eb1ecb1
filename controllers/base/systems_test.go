package base

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// store is a cluster's Secrets, read directly and by the cache, which may lag behind.
type store struct {
	cache.Cache
	client.Client

	reads  []string      // directly
	behind client.Reader // what the cache shows; nil: what is
}

func newStore(t *testing.T) *store {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return &store{Client: fake.NewClientBuilder().WithScheme(scheme).Build()}
}

// metadata is the cache's side of a store.
type metadata struct {
	cache.Cache

	of *store
}

func (m metadata) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	if m.of.behind != nil {
		return m.of.behind.Get(ctx, key, obj, opts...)
	}
	return m.of.Client.Get(ctx, key, obj, opts...)
}

// direct is the API server's side of a store.
type direct struct {
	client.Reader

	of *store
}

func (d direct) Get(ctx context.Context, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
	d.of.reads = append(d.of.reads, key.String())
	return d.of.Client.Get(ctx, key, obj, opts...)
}

func (s *store) secrets() *SystemSecrets {
	return &SystemSecrets{Cache: metadata{of: s}, direct: direct{of: s}, held: map[string]heldSecret{}}
}

func system() *v1alpha1.InformationSystem {
	s := &v1alpha1.InformationSystem{ObjectMeta: metav1.ObjectMeta{Name: "a", Generation: 1}}
	s.Spec.Protocol.HTTP = &v1alpha1.HTTPProtocol{Auth: v1alpha1.HTTPAuth{
		Type: v1alpha1.AuthOAuth2, SecretRef: v1alpha1.NamespacedReference{Namespace: "shequ-system", Name: "one"},
	}}
	return s
}

// A Secret is read once for each of its versions, however often it is asked for, and
// nothing is held of it but what the system needs.
func TestCredentialsAreReadOnce(t *testing.T) {
	ctx, s := t.Context(), newStore(t)
	secrets, sys := s.secrets(), system()
	ask := func(want string, reads int) {
		t.Helper()
		for range 3 {
			got, err := secrets.Credentials(ctx, sys)
			if err != nil || fmt.Sprintf("%s", got) != want || len(s.reads) != reads {
				t.Errorf("%s (%v) after %d reads, want %s after %d", got, err, len(s.reads), want, reads)
			}
		}
	}
	ask("map[]", 0)
	if got, _ := secrets.Credentials(ctx, sys); got != nil {
		t.Error("there is something of a Secret that is not there")
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shequ-system", Name: "one"}, Data: map[string][]byte{"client-id": []byte("x"), "other": []byte("y")}}
	if err := s.Create(ctx, secret); err != nil {
		t.Fatal(err)
	}
	ask("map[client-id:x]", 1)
	secret.Data["client-id"] = []byte("z")
	if err := s.Update(ctx, secret); err != nil {
		t.Fatal(err)
	}
	ask("map[client-id:z]", 2)
	sys.Generation, sys.Spec.Protocol.HTTP.Auth.Type = 2, v1alpha1.AuthHMAC
	ask("map[]", 3)
	if err := s.Delete(ctx, secret); err != nil {
		t.Fatal(err)
	}
	ask("map[]", 3)
	if len(secrets.held) != 0 {
		t.Errorf("held although gone: %v", slices.Collect(maps.Keys(secrets.held)))
	}
	if !slices.Equal(slices.Compact(s.reads), []string{"shequ-system/one"}) {
		t.Errorf("read %v", s.reads)
	}
}

// Of many that ask at once the first reads for all.
func TestCredentialsAreReadOnceForMany(t *testing.T) {
	ctx, s := t.Context(), newStore(t)
	secrets, sys := s.secrets(), system()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shequ-system", Name: "one"}, Data: map[string][]byte{"client-id": []byte("x")}}
	if err := s.Create(ctx, secret); err != nil {
		t.Fatal(err)
	}
	var many sync.WaitGroup
	for range 20 {
		many.Go(func() {
			if got, err := secrets.Credentials(ctx, sys); err != nil || string(got["client-id"]) != "x" {
				t.Errorf("%s: %v", got, err)
			}
		})
	}
	many.Wait()
	if len(s.reads) != 1 {
		t.Errorf("%d reads", len(s.reads))
	}
}

// While the cache lags behind, what is read is what is.
func TestCredentialsDoNotLagBehind(t *testing.T) {
	ctx, s := t.Context(), newStore(t)
	secrets, sys := s.secrets(), system()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shequ-system", Name: "one"}, Data: map[string][]byte{"client-id": []byte("old")}}
	if err := s.Create(ctx, secret); err != nil {
		t.Fatal(err)
	}
	s.behind = fake.NewClientBuilder().WithScheme(s.Scheme()).WithObjects(secret.DeepCopy()).Build()
	secret.Data["client-id"] = []byte("new")
	if err := s.Update(ctx, secret); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, err := secrets.Credentials(ctx, sys); err != nil || string(got["client-id"]) != "new" {
			t.Errorf("%s: %v", got, err)
		}
	}
	if err := s.Delete(ctx, secret); err != nil {
		t.Fatal(err)
	}
	if got, err := secrets.Credentials(ctx, sys); err != nil || got != nil {
		t.Errorf("%s: %v", got, err)
	}
}

// What kubectl apply notes on a Secret is what the Secret holds.
func TestMetadataIsBare(t *testing.T) {
	m := secretMetadata()
	m.Name, m.ResourceVersion, m.UID = "a", "7", "u"
	m.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "SENTINEL"}
	m.Labels, m.ManagedFields = map[string]string{"SENTINEL": "x"}, []metav1.ManagedFieldsEntry{{Manager: "SENTINEL"}}
	out, err := bare(m)
	if err != nil || strings.Contains(fmt.Sprintf("%+v", out), "SENTINEL") || version(m) != "u 7" || m.Name != "a" {
		t.Errorf("%+v: %v", out, err)
	}
}

func TestSystemReady(t *testing.T) {
	ready := func(status metav1.ConditionStatus, reason, message string) *v1alpha1.InformationSystem {
		s := system()
		s.Status.ObservedGeneration = 1
		s.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: status, Reason: reason, Message: message}}
		return s
	}
	stale, going := ready("True", "Ready", "it is"), ready("True", "Ready", "it is")
	stale.Generation = 2
	now := metav1.NewTime(time.Unix(0, 0))
	going.DeletionTimestamp = &now
	for name, test := range map[string]struct {
		system       *v1alpha1.InformationSystem
		reason, says string
		is           bool
	}{
		"ready":   {ready("True", "Ready", "it is"), v1alpha1.ReasonConnected, "connected", true},
		"missing": {nil, v1alpha1.ReasonSystemMissing, "InformationSystem a is not declared: ask district IT", false},
		"lacking": {
			ready("False", "CredentialsMissing", "Secret x is not there; make it"), v1alpha1.ReasonSystemNotReady,
			"InformationSystem a is not ready (CredentialsMissing), which district IT has to mend: Secret x is not there; make it", false,
		},
		"new":     {system(), v1alpha1.ReasonSystemNotReady, "was not looked at yet", false},
		"changed": {stale, v1alpha1.ReasonConnected, "connected", true},
		"going":   {going, v1alpha1.ReasonSystemNotReady, "is being deleted: take it out of spec.integrations", false},
	} {
		t.Run(name, func(t *testing.T) {
			reason, message, is := SystemReady("a", test.system)
			if reason != test.reason || is != test.is || !strings.Contains(message, test.says) {
				t.Errorf("%v, %s: %s", is, reason, message)
			}
		})
	}
}

// The district's key is no system's, though its field has the name of one's.
func TestTheOperatorsKeysAreNoCredentials(t *testing.T) {
	s, sys := newStore(t), system()
	sys.Spec.Protocol.HTTP.Auth.Type = v1alpha1.AuthHMAC
	err := s.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shequ-system", Name: "one", Labels: map[string]string{"app.kubernetes.io/managed-by": "shequ"}},
		Data:       map[string][]byte{"key": []byte("the district's")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := s.secrets().Credentials(t.Context(), sys); got != nil || err != nil {
		t.Errorf("it gives %s away, %v", got, err)
	}
}
