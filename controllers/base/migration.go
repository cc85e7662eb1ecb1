package base

import (
	"context"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

// Migration is how far a migration's Job has come.
type Migration struct {
	// Done: the schema is that of the Job's image.
	Done bool
	// FailedAt is when the Job gave up; zero where it did not.
	FailedAt time.Time
}

// Migration looks at a migration's Job. One that is not there is not done.
func (d *Deps) Migration(ctx context.Context, namespace, name string) (Migration, error) {
	job := &batchv1.Job{}
	err := d.Cache.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, job)
	if apierrors.IsNotFound(err) || (err == nil && job.DeletionTimestamp != nil) {
		return Migration{}, nil
	}
	if err != nil {
		return Migration{}, err
	}
	var m Migration
	for _, c := range job.Status.Conditions {
		switch {
		case c.Status != corev1.ConditionTrue:
		case c.Type == batchv1.JobComplete:
			m.Done = true
		case c.Type == batchv1.JobFailed:
			m.FailedAt = c.LastTransitionTime.Time
		}
	}
	return m, nil
}

// Held is the phase of a program whose new revision waits for the database.
func Held(condition, component string) conditions.Phase {
	return conditions.Phase{
		Type: condition, State: conditions.Waiting, Reason: v1alpha1.ReasonRolloutInProgress,
		Message: fmt.Sprintf("the %s is rolled out once the community's database is ready: see condition %s of the Community", component, v1alpha1.ConditionDatabaseReady),
	}
}
