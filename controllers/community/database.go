package community

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	batchv1ac "k8s.io/client-go/applyconfigurations/batch/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/controllers/custody"
	"github.com/shequ-io/shequ/internal/apply"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
	"github.com/shequ-io/shequ/internal/district"
)

const (
	// troubleRetry is how soon to look again at trouble whose end no event tells of.
	troubleRetry = time.Minute
	// pendingRetry is the same for a database that is being made.
	pendingRetry = 2 * time.Second
)

// database is what is known of a community's database.
type database struct {
	// opened is nil while it can't be used; trouble says why.
	opened  *custody.Opened
	trouble error
	// migration of the wanted image, and how far it has come.
	migration blueprint.Migration
	progress  base.Migration
	// again: the migration failed while the server was away, and is made anew.
	again bool
}

// observeDatabase makes sure of the database, where the district has a server. What
// is wrong with it is no error: everything else goes on.
func (r *Reconciler) observeDatabase(ctx context.Context, s *scope) error {
	if r.Custody == nil {
		return nil
	}
	if err := r.claim(ctx, s); err != nil {
		return err
	}
	d := &database{}
	var err error
	if d.migration, err = blueprint.MigrationFor(s.home, r.Settings.StationImage); err != nil {
		return err
	}
	if d.progress, err = r.Migration(ctx, s.home.Namespace, d.migration.Name); err != nil {
		return err
	}
	c := s.community
	d.opened, d.trouble = r.Custody.Open(ctx, custody.Tenant{
		Community: c.Namespace + "/" + c.Name, Home: s.home.Namespace, Courier: s.home.Courier != nil,
	})
	if d.trouble != nil && !known(d.trouble) {
		return fmt.Errorf("open the database: %w", d.trouble)
	}
	failed := d.progress.FailedAt
	d.again = d.opened != nil && !failed.IsZero() && failed.Before(r.Custody.UpSince(ctx))
	s.database, s.home.Database, s.portal.Secrets = d, true, true
	// Nothing runs while the community is suspended, so nothing can meet a schema it
	// does not know.
	s.portal.Held = !d.progress.Done && s.portal.Replicas > 0
	s.courier.Held = !d.progress.Done && s.courier.Replicas > 0
	return nil
}

// claim puts the finalizer on before anything is made that its children's inventory
// does not hold.
func (r *Reconciler) claim(ctx context.Context, s *scope) error {
	if controllerutil.ContainsFinalizer(s.community, v1alpha1.Finalizer) {
		return nil
	}
	after := s.community.DeepCopy()
	controllerutil.AddFinalizer(after, v1alpha1.Finalizer)
	patch := client.MergeFromWithOptions(s.community, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, after, patch, client.FieldOwner(Owner)); err != nil {
		return fmt.Errorf("put the finalizer on: %w", err)
	}
	if len(s.community.Status.Inventory) > 0 {
		r.FinalizerRestored(s.community)
	}
	s.community.ResourceVersion, s.community.Finalizers = after.ResourceVersion, after.Finalizers
	return nil
}

// databaseChildren are the programs' Secrets and the migration, in that order.
func (s *scope) databaseChildren() []any {
	d := s.database
	if d == nil || d.opened == nil {
		return nil
	}
	out := blueprint.Secrets(s.home, d.opened.Secrets)
	for _, obj := range d.migration.Objects {
		if _, job := obj.(*batchv1ac.JobApplyConfiguration); job && d.again {
			continue // taken back now, and made anew once it is gone
		}
		out = append(out, obj)
	}
	return out
}

// kept are the children that stay as they are: all of the database while it can't
// be used, the portal while its schema is not there, and earlier migrations until
// the next has succeeded.
func (s *scope) kept() []apply.Ref {
	d := s.database
	if d == nil {
		return nil
	}
	var out []apply.Ref
	in := func(group, kind, name string) {
		out = append(out, apply.Ref{Group: group, Kind: kind, Namespace: s.home.Namespace, Name: name})
	}
	components := []string{blueprint.ComponentPortal, blueprint.ComponentDesk, blueprint.ComponentMigrate}
	if s.portal.Held {
		in("apps", "Deployment", blueprint.ComponentPortal)
	}
	if s.home.Courier != nil {
		components = append(components, blueprint.ComponentCourier)
		out = append(out, s.keptOfCourier()...)
	}
	if d.opened == nil {
		for _, component := range components {
			in("", "Secret", blueprint.SecretsName(component))
		}
		in("", "ServiceAccount", blueprint.ComponentMigrate)
	}
	for _, e := range s.community.Status.Inventory {
		if job := (schema.GroupKind{Group: e.Group, Kind: e.Kind}) == apply.JobKind; !job {
			continue
		}
		if current := e.Name == d.migration.Name; (current && d.opened == nil) || (!current && !d.progress.Done) {
			in(e.Group, e.Kind, e.Name)
		}
	}
	return out
}

// databasePhase is absent where the district has no server.
func (s *scope) databasePhase() (conditions.Phase, bool) {
	d := s.database
	if d == nil {
		return conditions.Phase{}, false
	}
	if phase, failed := base.Failure(v1alpha1.ConditionDatabaseReady, s.result, partOfDatabase); failed {
		return phase, true
	}
	if d.trouble != nil {
		return troublePhase(d.trouble), true
	}
	phase := conditions.Phase{Type: v1alpha1.ConditionDatabaseReady, State: conditions.Waiting, Reason: v1alpha1.ReasonMigrationRunning}
	job := s.home.Namespace + "/" + d.migration.Name
	switch {
	case d.progress.Done:
		phase.State, phase.Reason = conditions.Done, v1alpha1.ReasonProvisioned
		phase.Message = fmt.Sprintf("database %s at %s is in place, with the schema Job %s brought it to", d.opened.Name, d.opened.Address, job)
	case d.again:
		phase.Message = fmt.Sprintf("Job %s failed while the server was away and is made anew", job)
	case !d.progress.FailedAt.IsZero():
		phase.State, phase.Reason = conditions.Stuck, v1alpha1.ReasonMigrationFailed
		phase.Message = fmt.Sprintf("Job %s gave up, so the programs stay as they are: see why with \"kubectl logs --namespace %s job/%s\"; when that is cured, delete the Job and it is made anew", job, s.home.Namespace, d.migration.Name)
	default:
		phase.Message = fmt.Sprintf("Job %s brings database %s to the schema of the programs", job, d.opened.Name)
	}
	return phase, true
}

// troubles says of each trouble what it is called and whether only a person can
// help.
var troubles = []struct {
	is     error
	state  conditions.State
	reason string
	cure   string
}{
	{district.ErrAdminMissing, conditions.Stuck, v1alpha1.ReasonAdminSecretMissing, "make it with the key dsn, a URI of a role that may create databases and roles"},
	{district.ErrAdminInvalid, conditions.Stuck, v1alpha1.ReasonAdminSecretInvalid, "correct the Secret that database.adminSecret names"},
	{district.ErrUnreachable, conditions.Waiting, v1alpha1.ReasonServerUnreachable, "start it, or let the operator reach it; programs that run go on and take nothing in meanwhile"},
	{district.ErrForeign, conditions.Stuck, v1alpha1.ReasonDatabaseNotOurs, ""},
	{district.ErrOtherKey, conditions.Stuck, v1alpha1.ReasonKeyMissing, ""},
	{custody.ErrDatabasePending, conditions.Waiting, v1alpha1.ReasonDatabasePending, ""},
	{custody.ErrCloudNativePG, conditions.Stuck, v1alpha1.ReasonCloudNativePG, ""},
	{custody.ErrKeyMissing, conditions.Stuck, v1alpha1.ReasonKeyMissing, ""},
	{custody.ErrKeyUnreadable, conditions.Stuck, v1alpha1.ReasonKeyUnreadable, ""},
	{custody.ErrClientSecret, conditions.Stuck, v1alpha1.ReasonClientSecretMissing, "make it, or leave oidc.clientSecret out of the operator's configuration"},
	{district.ErrRefused, conditions.Waiting, v1alpha1.ReasonServerRefuses, "give the role of the operator's dsn what it lacks"},
}

// known reports whether a trouble is one a condition tells of.
func known(err error) bool {
	for _, t := range troubles {
		if errors.Is(err, t.is) {
			return true
		}
	}
	return false
}

func troublePhase(err error) conditions.Phase {
	phase := conditions.Phase{Type: v1alpha1.ConditionDatabaseReady, State: conditions.Waiting, Reason: v1alpha1.ReasonServerRefuses, Message: err.Error()}
	for _, t := range troubles {
		if !errors.Is(err, t.is) {
			continue
		}
		phase.State, phase.Reason = t.state, t.reason
		if t.cure != "" {
			phase.Message = strings.TrimSuffix(phase.Message, ".") + ": " + t.cure
		}
		break
	}
	return phase
}

// databaseRequeue is when to look at the database again though nothing happens; 0
// for never.
func (s *scope) databaseRequeue() time.Duration {
	switch d := s.database; {
	case d == nil:
		return 0
	case errors.Is(d.trouble, custody.ErrDatabasePending):
		return pendingRetry
	case d.opened == nil || s.unread:
		return troubleRetry
	case s.headAgain > 0:
		return min(s.headAgain, max(time.Second, d.opened.Next.Sub(s.now)))
	default:
		return max(time.Second, d.opened.Next.Sub(s.now))
	}
}

func partOfDatabase(ref apply.Ref) bool {
	return !partOfCourier(ref) && (ref.Kind == "Secret" || ref.GroupKind() == apply.JobKind || ref.Name == blueprint.ComponentMigrate)
}
