package custody

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/internal/district"
	"github.com/shequ-io/shequ/internal/settings"
)

// What callers tell apart where CloudNativePG makes the databases.
var (
	// ErrDatabasePending: CloudNativePG has been asked and has not made it yet.
	ErrDatabasePending = errors.New("CloudNativePG has not made the database yet")
	// ErrCloudNativePG: it can't be asked.
	ErrCloudNativePG = errors.New("CloudNativePG can't be asked for the database")
)

const (
	// clusterOwner writes Database objects, and no other field of them.
	clusterOwner = "shequ-custody"
	// clusterPeriod is how long an object that was as it should be is believed to
	// be so.
	clusterPeriod = 10 * time.Minute
	databasePart  = "community-database"
	retain        = "retain"
)

// DatabaseKind is CloudNativePG's, which this package speaks by its public schema
// alone: the module is no dependency.
var DatabaseKind = schema.GroupVersionKind{Group: "postgresql.cnpg.io", Version: "v1", Kind: "Database"}

// cluster keeps one Database object for each community in the namespace of a
// CloudNativePG Cluster. Nil keeps none.
type cluster struct {
	settings.CloudNativePG

	write client.Client
	read  client.Reader
	now   func() time.Time

	mu   sync.Mutex
	seen map[string]time.Time // homes whose object was as it should be, and when
}

// ensure makes the object of a home what it should be. Where the database is there,
// that is all; where it is not, the error says how far CloudNativePG is.
func (c *cluster) ensure(ctx context.Context, home string, d district.Database, there bool) error {
	if c.fresh(home) && there {
		return nil
	}
	want := c.object(home, d)
	have, err := c.get(ctx, home)
	if err != nil {
		return err
	}
	if have == nil || !covers(have, want) {
		if err := c.write.Apply(ctx, client.ApplyConfigurationFromUnstructured(want), client.FieldOwner(clusterOwner), client.ForceOwnership); err != nil {
			return c.refused(home, err)
		}
		have = nil
	}
	if there {
		c.mu.Lock()
		c.seen[home] = c.now()
		c.mu.Unlock()
		return nil
	}
	return fmt.Errorf("%w: Database %s/%s %s", ErrDatabasePending, c.Namespace, home, progress(have))
}

func (c *cluster) fresh(home string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, ok := c.seen[home]
	return ok && c.now().Sub(at) < clusterPeriod
}

// object is the Database a home should have. What becomes of the database is never
// CloudNativePG's to decide: whoever deletes the object deletes no case.
func (c *cluster) object(home string, d district.Database) *unstructured.Unstructured {
	u := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{
		"cluster": map[string]any{"name": c.Cluster},
		"name":    d.Name,
		"owner":   d.Owner.Role,
		// As in the operator's own CREATE DATABASE.
		"template": "template0", "encoding": "UTF8", "locale": "C",
		"connectionLimit":       int64(d.Connections),
		"databaseReclaimPolicy": retain,
	}}}
	u.SetGroupVersionKind(DatabaseKind)
	u.SetNamespace(c.Namespace)
	u.SetName(home)
	u.SetLabels(map[string]string{managedLabel: managedBy, partLabel: databasePart})
	return u
}

// get is the object of a home; nil where there is none.
func (c *cluster) get(ctx context.Context, home string) (*unstructured.Unstructured, error) {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(DatabaseKind)
	switch err := c.read.Get(ctx, client.ObjectKey{Namespace: c.Namespace, Name: home}, u); {
	case apierrors.IsNotFound(err):
		return nil, nil //nolint:nilnil // nil is what there is
	case err != nil:
		return nil, c.refused(home, err)
	}
	return u, nil
}

// refused says of an error of the API server what cures it, where it is one that
// time alone does not.
func (c *cluster) refused(home string, err error) error {
	var cure string
	switch {
	case meta.IsNoMatchError(err):
		cure = "install CloudNativePG, or leave database.cloudNativePG out of the operator's configuration"
	case apierrors.IsNotFound(err):
		cure = "make the namespace and the Cluster in it that database.cloudNativePG names"
	case apierrors.IsForbidden(err):
		cure = "let the operator get, create, patch and delete databases.postgresql.cnpg.io there"
	case apierrors.IsInvalid(err):
		cure = "an object of that name asks for another database, or of another Cluster, which can't be changed: delete it, its database stays"
	default:
		return err
	}
	return fmt.Errorf("%w: Database %s/%s: %w: %s", ErrCloudNativePG, c.Namespace, home, err, cure)
}

// covers reports whether an object has every label and field that is wanted.
func covers(have, want *unstructured.Unstructured) bool {
	spec, _, _ := unstructured.NestedMap(have.Object, "spec")
	wanted, _, _ := unstructured.NestedMap(want.Object, "spec")
	for field, value := range wanted {
		if !apiequality.Semantic.DeepEqual(spec[field], value) {
			return false
		}
	}
	labels := have.GetLabels()
	for key, value := range want.GetLabels() {
		if labels[key] != value {
			return false
		}
	}
	return have.GetDeletionTimestamp() == nil
}

// progress is how far an object is; nil is one that was only just written.
func progress(u *unstructured.Unstructured) string {
	if u == nil {
		return "was written just now"
	}
	observed, _, _ := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
	applied, known, _ := unstructured.NestedBool(u.Object, "status", "applied")
	message, _, _ := unstructured.NestedString(u.Object, "status", "message")
	switch {
	case observed != u.GetGeneration() || !known:
		return "is waiting for it: see whether its operator and the Cluster run"
	case !applied:
		return "has status.applied false: " + message
	default:
		return "is applied, and the server does not show the database: see whether database.adminSecret leads to that Cluster"
	}
}

// release takes the object of a home back, so that its database can be dropped
// without being made again. It reports true once the object is gone.
func (c *cluster) release(ctx context.Context, home string) (bool, error) {
	if c == nil {
		return true, nil
	}
	c.mu.Lock()
	delete(c.seen, home)
	c.mu.Unlock()
	u, err := c.get(ctx, home)
	switch {
	case meta.IsNoMatchError(err):
		return true, nil // nobody is left who could make it again
	case err != nil:
		return false, err
	case u == nil:
		return true, nil
	case u.GetDeletionTimestamp() != nil:
		return false, nil
	}
	if policy, _, _ := unstructured.NestedString(u.Object, "spec", "databaseReclaimPolicy"); policy != retain {
		// Dropped by CloudNativePG, the database would take with it the mark by which
		// its roles and its key are found.
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"databaseReclaimPolicy":"`+retain+`"}}`))
		if err := c.write.Patch(ctx, u, patch, client.FieldOwner(clusterOwner)); err != nil {
			return false, err
		}
	}
	uid := u.GetUID()
	return false, client.IgnoreNotFound(c.write.Delete(ctx, u, client.Preconditions{UID: &uid}))
}
