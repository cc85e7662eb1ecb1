package custody

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/settings"
)

const (
	// districtField and seedField are where the Secrets hold their keys.
	districtField = "key"
	seedField     = "seed"
	// partLabel tells the Secrets of this package from others.
	partLabel     = "app.kubernetes.io/part-of"
	managedLabel  = "app.kubernetes.io/managed-by"
	managedBy     = "shequ"
	keyPart       = "community-key"
	districtPart  = "district-key"
	pendingMarker = "shequ.io/pending"
)

// What callers tell apart.
var (
	// ErrKeyMissing: a key that something was made with is gone.
	ErrKeyMissing = errors.New("a key is missing")
	// ErrKeyUnreadable: a key is there and can't be used.
	ErrKeyUnreadable = errors.New("a key can't be read")
)

// Key is one community's key.
type Key struct {
	Seed seal.Seed
	// Made is when the Secret that holds it was made.
	Made      time.Time
	community string
	// pending: something is yet to be done with the database, unless it is taken up.
	pending bool
}

// keys are the Secrets with keys in the operator's namespace. They never change, so
// each is read once.
type keys struct {
	// write and read go to the API server: keys are in no cache.
	write     client.Client
	read      client.Reader
	recorder  events.EventRecorder
	namespace string
	name      string // of the district's key
	random    io.Reader

	mu       sync.Mutex
	district *seal.DistrictKey
	raw      []byte // district, as its Secret holds it
	held     map[string]Key
}

// SecretName is the Secret with the key of a home.
func SecretName(home string) string { return settings.KeyPrefix + home }

// KeySecret is the Secret that holds a home's wrapped seed.
func KeySecret(namespace, home, community string, wrapped []byte) *corev1.Secret {
	secret := fresh(namespace, SecretName(home), keyPart, map[string][]byte{seedField: wrapped})
	if community != "" {
		secret.Annotations = map[string]string{v1alpha1.HomeOfAnnotation: community}
	}
	return secret
}

// Wrapped is the wrapped seed a Secret holds; nil where it holds none.
func Wrapped(secret *corev1.Secret) []byte { return secret.Data[seedField] }

// DistrictKey is the district's key as a Secret holds it. The error is
// ErrKeyUnreadable.
func DistrictKey(secret *corev1.Secret) (seal.DistrictKey, error) {
	key, err := seal.ParseDistrictKey(secret.Data[districtField])
	if err != nil {
		return key, fmt.Errorf("%w: Secret %s/%s, key %s: %w", ErrKeyUnreadable, secret.Namespace, secret.Name, districtField, err)
	}
	return key, nil
}

func fresh(namespace, name, part string, data map[string][]byte) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{managedLabel: managedBy, partLabel: part}},
		Immutable:  ptr.To(true), Data: data,
	}
}

// get is the key of a home; false when there is none.
func (k *keys) get(ctx context.Context, home string) (Key, bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.held[home]; ok {
		return key, true, nil
	}
	secret, err := k.secret(ctx, SecretName(home))
	if secret == nil || err != nil {
		return Key{}, false, err
	}
	return k.open(ctx, home, secret)
}

// open unwraps a Secret's seed and holds it.
func (k *keys) open(ctx context.Context, home string, secret *corev1.Secret) (Key, bool, error) {
	district, err := k.districtKey(ctx)
	if err != nil {
		return Key{}, false, err
	}
	seed, err := district.Unwrap(Wrapped(secret), home)
	if err != nil {
		if len(k.held) == 0 {
			k.district, k.raw = nil, nil // it has opened nothing: somebody may put the right one back
		}
		return Key{}, false, fmt.Errorf("%w: Secret %s/%s: %w", ErrKeyUnreadable, k.namespace, secret.Name, err)
	}
	key := Key{Seed: seed, Made: secret.CreationTimestamp.Time, community: secret.Annotations[v1alpha1.HomeOfAnnotation], pending: secret.Annotations[pendingMarker] != ""}
	k.held[home] = key
	return key, true, nil
}

// create makes a home's key. One that somebody else made meanwhile is taken.
func (k *keys) create(ctx context.Context, home, community string) (Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	district, err := k.districtKey(ctx)
	if err != nil {
		return Key{}, err
	}
	seed, err := seal.NewSeed(k.random)
	if err != nil {
		return Key{}, err
	}
	return k.put(ctx, district, home, community, seed)
}

// put wraps a seed and writes the Secret that holds it.
func (k *keys) put(ctx context.Context, district *seal.DistrictKey, home, community string, seed seal.Seed) (Key, error) {
	wrapped, err := district.Wrap(k.random, seed, home)
	if err != nil {
		return Key{}, err
	}
	secret := KeySecret(k.namespace, home, community, wrapped)
	err = k.write.Create(ctx, secret, client.DisableReadYourWritesConsistency)
	if apierrors.IsAlreadyExists(err) {
		if secret, err = k.secret(ctx, secret.Name); err == nil && secret == nil {
			err = errors.New("it came and went")
		}
	}
	if err != nil {
		return Key{}, fmt.Errorf("make Secret %s/%s: %w", k.namespace, SecretName(home), err)
	}
	key, _, err := k.open(ctx, home, secret)
	return key, err
}

// restore puts the keys back that are known and no longer there: they are worth more
// than whatever deleted them.
func (k *keys) restore(ctx context.Context, there map[string]string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.held) == 0 {
		return nil
	}
	errs := []error{k.restoreDistrict(ctx)}
	for home, key := range k.held {
		if _, is := there[home]; is {
			continue
		}
		_, err := k.put(ctx, k.district, home, key.community, key.Seed)
		if err == nil {
			k.restored(SecretName(home))
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// restoreDistrict puts the key back that has opened those that are held.
func (k *keys) restoreDistrict(ctx context.Context) error {
	secret, err := k.secret(ctx, k.name)
	if secret != nil || err != nil {
		return err
	}
	secret = fresh(k.namespace, k.name, districtPart, map[string][]byte{districtField: k.raw})
	if err := k.write.Create(ctx, secret, client.DisableReadYourWritesConsistency); err != nil {
		return fmt.Errorf("put Secret %s/%s back: %w", k.namespace, k.name, err)
	}
	k.restored(k.name)
	return nil
}

func (k *keys) restored(name string) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.namespace, Name: name}}
	k.recorder.Eventf(secret, nil, corev1.EventTypeWarning, "KeyRestored", "RestoreKey",
		"Secret %s was deleted and is put back from the operator's memory: back it up, a restart would have lost it", name)
}

// districtKey reads the district's key, and makes it where nothing was ever wrapped
// with one.
func (k *keys) districtKey(ctx context.Context) (*seal.DistrictKey, error) {
	if k.district != nil {
		return k.district, nil
	}
	secret, err := k.secret(ctx, k.name)
	if err == nil && secret == nil {
		secret, err = k.createDistrictKey(ctx)
	}
	if err != nil {
		return nil, err
	}
	key, err := DistrictKey(secret)
	if err != nil {
		return nil, err
	}
	k.district, k.raw = &key, slices.Clone(secret.Data[districtField])
	return k.district, nil
}

func (k *keys) createDistrictKey(ctx context.Context) (*corev1.Secret, error) {
	wrapped, err := k.all(ctx)
	if err != nil {
		return nil, err
	}
	if n := len(wrapped); n > 0 {
		return nil, fmt.Errorf("%w: Secret %s/%s is gone, and %d communities' keys are wrapped with it: restore it from its backup", ErrKeyMissing, k.namespace, k.name, n)
	}
	raw, err := seal.NewDistrictKey(k.random)
	if err != nil {
		return nil, err
	}
	secret := fresh(k.namespace, k.name, districtPart, map[string][]byte{districtField: raw})
	if err := k.write.Create(ctx, secret, client.DisableReadYourWritesConsistency); err != nil {
		return nil, fmt.Errorf("make Secret %s/%s: %w", k.namespace, k.name, err)
	}
	k.recorder.Eventf(secret, nil, corev1.EventTypeWarning, "BackUpThisKey", "CreateKey",
		"the district's key was made: back Secret %s up now and keep it apart from the database's backups; without it nothing that residents write can ever be read again", k.name)
	return secret, nil
}

// all are the names of the homes that have a key, with what is pending for each.
func (k *keys) all(ctx context.Context) (map[string]string, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	if err := k.read.List(ctx, list, client.InNamespace(k.namespace), client.MatchingLabels{partLabel: keyPart}); err != nil {
		return nil, fmt.Errorf("list the communities' keys: %w", err)
	}
	out := map[string]string{}
	for i := range list.Items {
		if home, is := strings.CutPrefix(list.Items[i].Name, settings.KeyPrefix); is { // a copy may have any name
			out[home] = list.Items[i].Annotations[pendingMarker]
		}
	}
	return out, nil
}

// setPending notes on a key what is yet to be done with its database; "" for
// nothing.
func (k *keys) setPending(ctx context.Context, home, what string) error {
	meta := &metav1.PartialObjectMetadata{}
	meta.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	key := types.NamespacedName{Namespace: k.namespace, Name: SecretName(home)}
	if err := k.read.Get(ctx, key, meta); err != nil {
		return client.IgnoreNotFound(err)
	}
	k.mu.Lock()
	if held, ok := k.held[home]; ok {
		held.pending = what != ""
		k.held[home] = held
	}
	k.mu.Unlock()
	if meta.Annotations[pendingMarker] == what {
		return nil
	}
	before := meta.DeepCopy()
	if meta.Annotations == nil {
		meta.Annotations = map[string]string{}
	}
	meta.Annotations[pendingMarker] = what
	if what == "" {
		delete(meta.Annotations, pendingMarker)
	}
	return client.IgnoreNotFound(k.write.Patch(ctx, meta, client.MergeFrom(before), client.DisableReadYourWritesConsistency))
}

// remove deletes a home's key.
func (k *keys) remove(ctx context.Context, home string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, home)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: k.namespace, Name: SecretName(home)}}
	return client.IgnoreNotFound(k.write.Delete(ctx, secret, client.DisableReadYourWritesConsistency))
}

// forget has a key read again when it is next asked for.
func (k *keys) forget(home string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.held, home)
}

// secret reads a Secret of the operator's namespace; nil when it is not there.
func (k *keys) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	err := k.read.Get(ctx, types.NamespacedName{Namespace: k.namespace, Name: name}, secret)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read Secret %s/%s: %w", k.namespace, name, err)
	}
	return secret, nil
}

func randomOr(r io.Reader) io.Reader {
	if r == nil {
		return rand.Reader
	}
	return r
}
