package base

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/credentials"
	"github.com/shequ-io/shequ/internal/pace"
)

// SystemSecrets reads the Secrets InformationSystems name, and tells when one
// changes. It follows the metadata of Secrets that are nobody's children; of a
// Secret's data it reads those that are named alone, directly from the API server,
// and holds no more of it than the system needs.
type SystemSecrets struct {
	cache.Cache

	direct client.Reader

	// reading lets one read at a time, so that of many communities that are told of a
	// change at once the first reads for all.
	reading sync.Mutex
	mu      sync.Mutex
	held    map[string]heldSecret // by the system's name
}

// The operator's mark on what it makes itself.
const (
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "shequ"
)

// heldSecret is what was read for a system, and of which version.
type heldSecret struct {
	generation int64
	version    string
	data       map[string][]byte
}

// NewSystemSecrets makes a SystemSecrets. It has to be added to the manager.
func NewSystemSecrets(ctx context.Context, config *rest.Config, options cache.Options, direct client.Reader) (*SystemSecrets, error) {
	foreign, err := labels.NewRequirement(apply.PartOfLabel, selection.DoesNotExist, nil)
	if err != nil {
		return nil, err
	}
	options.ByObject = map[client.Object]cache.ByObject{secretMetadata(): {Label: labels.NewSelector().Add(*foreign)}}
	options.DefaultTransform = bare
	options.ReaderFailOnMissingInformer = true
	follow, err := cache.New(config, options)
	if err != nil {
		return nil, err
	}
	// The one informer there is; it starts with the cache.
	if _, err := follow.GetInformer(ctx, secretMetadata(), cache.BlockUntilSynced(false)); err != nil {
		return nil, err
	}
	return &SystemSecrets{Cache: follow, direct: direct, held: map[string]heldSecret{}}, nil
}

func secretMetadata() *metav1.PartialObjectMetadata {
	m := &metav1.PartialObjectMetadata{}
	m.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	return m
}

// bare keeps what tells one version of a Secret from another. The annotation
// kubectl apply leaves holds what the Secret holds.
func bare(object any) (any, error) {
	if m, ok := object.(*metav1.PartialObjectMetadata); ok {
		m.Annotations, m.Labels, m.ManagedFields, m.OwnerReferences, m.Finalizers = nil, nil, nil, nil, nil
	}
	return object, nil
}

// GetCache has the manager start it among the caches, before any controller.
func (s *SystemSecrets) GetCache() cache.Cache { return s.Cache }

// Source is the events of Secrets, as PartialObjectMetadata; SystemsOfSecret says
// which InformationSystems one concerns.
func (s *SystemSecrets) Source(h handler.EventHandler) source.Source {
	return source.Kind(s.Cache, client.Object(secretMetadata()), h)
}

// Credentials are what a courier needs of the Secret a system names, by key: what
// credentials.Pick leaves of it. They are not to be changed. They are nil where the
// system names no Secret, or one that is not there, belongs to a community, or is one of
// the operator's own keys: these are no system's, whoever names them.
// Nobody is asked again until the system or its Secret changes.
func (s *SystemSecrets) Credentials(ctx context.Context, system *v1alpha1.InformationSystem) (map[string][]byte, error) {
	ref := credentials.Of(&system.Spec).Secret
	if ref == nil {
		s.Forget(system.Name)
		return nil, nil
	}
	key := client.ObjectKey{Namespace: ref.Namespace, Name: ref.Name}
	seen := secretMetadata()
	if err := s.Get(ctx, key, seen); err != nil {
		s.Forget(system.Name)
		return nil, client.IgnoreNotFound(err)
	}
	if held, ok := s.holds(system, seen); ok {
		return held, nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	if held, ok := s.holds(system, seen); ok {
		return held, nil
	}
	secret := &corev1.Secret{}
	if err := s.direct.Get(ctx, key, secret); err != nil {
		s.Forget(system.Name)
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("read Secret %s: %w", key, err)
	}
	var data map[string][]byte
	if secret.Labels[managedByLabel] != managedBy {
		data = credentials.Pick(&system.Spec, secret.Data)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held[system.Name] = heldSecret{system.Generation, version(secret), data}
	return data, nil
}

func (s *SystemSecrets) holds(system *v1alpha1.InformationSystem, seen client.Object) (map[string][]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.held[system.Name]
	return held.data, ok && held.generation == system.Generation && held.version == version(seen)
}

func version(secret client.Object) string {
	return string(secret.GetUID()) + " " + secret.GetResourceVersion()
}

// Forget lets go of what is held for a system.
func (s *SystemSecrets) Forget(system string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.held, system)
}

// SystemsOfSecret concerns the InformationSystems that name a Secret.
func SystemsOfSecret(reader client.Reader) pace.MapFunc {
	return func(ctx context.Context, secret client.Object) []reconcile.Request {
		return Requests(ctx, reader, &v1alpha1.InformationSystemList{}, client.MatchingFields{SecretIndex: client.ObjectKeyFromObject(secret).String()})
	}
}

// CommunitiesOfSystem concerns the Communities that are connected to an
// InformationSystem.
func CommunitiesOfSystem(reader client.Reader) pace.MapFunc {
	return func(ctx context.Context, system client.Object) []reconcile.Request {
		return Requests(ctx, reader, &v1alpha1.CommunityList{}, client.MatchingFields{SystemIndex: system.GetName()})
	}
}

// SystemReady says whether a system a Community is connected to is declared and has
// its credentials; system is nil where there is none of that name. Where it is not,
// the reason is one of IntegrationsReady's and the message says why, and what to do.
// Whether the system answers is not asked: couriers try until it does.
func SystemReady(name string, system *v1alpha1.InformationSystem) (reason, message string, ready bool) {
	if system == nil {
		return v1alpha1.ReasonSystemMissing, fmt.Sprintf("InformationSystem %s is not declared: ask district IT to declare it, or take it out of spec.integrations", name), false
	}
	if !system.DeletionTimestamp.IsZero() {
		return v1alpha1.ReasonSystemNotReady, fmt.Sprintf("InformationSystem %s is being deleted: take it out of spec.integrations", name), false
	}
	c := meta.FindStatusCondition(system.Status.Conditions, v1alpha1.ConditionReady)
	// Of a change nobody has looked at yet, what was said last holds: else every change
	// of a system would be one of all its communities, and back.
	if c == nil {
		return v1alpha1.ReasonSystemNotReady, fmt.Sprintf("InformationSystem %s was not looked at yet", name), false
	}
	if c.Status != metav1.ConditionTrue {
		return v1alpha1.ReasonSystemNotReady, fmt.Sprintf("InformationSystem %s is not ready (%s), which district IT has to mend: %s", name, c.Reason, c.Message), false
	}
	return v1alpha1.ReasonConnected, fmt.Sprintf("InformationSystem %s is connected", name), true
}
