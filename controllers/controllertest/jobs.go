package controllertest

import (
	"context"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Outcome is how Jobs of a namespace end.
type Outcome int

// The outcomes.
const (
	// Succeeds is what Jobs do unless told otherwise.
	Succeeds Outcome = iota
	// Runs for ever.
	Runs
	// Fails at once.
	Fails
)

// Jobs says how the Jobs of a namespace end from now on.
func (w *World) Jobs(namespace string, o Outcome) {
	c := w.Suite.cluster
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs[namespace] = o
}

// runJobs ends every Job, as its controller would once its pod has.
func (c *cluster) runJobs(ctx context.Context) {
	var list batchv1.JobList
	if c.client.List(ctx, &list) != nil {
		return
	}
	for i := range list.Items {
		job := &list.Items[i]
		c.mu.Lock()
		outcome := c.jobs[job.Namespace]
		c.mu.Unlock()
		if len(job.Status.Conditions) > 0 || outcome == Runs {
			continue
		}
		before := job.DeepCopy()
		end(job, outcome)
		// One that is gone or changed meanwhile is met again.
		_ = c.client.Status().Patch(ctx, job, client.MergeFrom(before))
	}
}

func end(job *batchv1.Job, outcome Outcome) {
	now := metav1.Now()
	say := func(types ...batchv1.JobConditionType) {
		for _, t := range types {
			job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: t, Status: corev1.ConditionTrue, LastTransitionTime: now, Reason: "Test"})
		}
	}
	job.Status.StartTime = &now
	if outcome == Fails {
		job.Status.Failed = 1
		say(batchv1.JobFailureTarget, batchv1.JobFailed)
		return
	}
	job.Status.Succeeded, job.Status.CompletionTime = 1, &now
	say(batchv1.JobSuccessCriteriaMet, batchv1.JobComplete)
}
