package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/bench/measure"
	"github.com/shequ-io/shequ/hack/local"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/admission/admissiontest"
)

const (
	clusterName   = "bench-admission"
	createWorkers = 16
)

// run is one district on one cluster, and the operator over it.
type run struct {
	options
	district *admissiontest.District
	cluster  *local.Cluster
	admin    client.WithWatch
	audit    *measure.Audit
	config   string // the operator's files
	account  string
	operator *process
	// decided is how long the operator took from nothing, and more for one task
	// more: what the floor is compared with.
	decided, more time.Duration
	made          int // tasks made so far beside the district's
}

// prepare declares the district on a fresh cluster. No operator runs yet.
func prepare(ctx context.Context, o options) (*run, error) {
	b := &run{options: o}
	b.district = admissiontest.New(o.seed, admissiontest.Options{
		Communities: o.communities, Tasks: o.tasks, Everywhere: true, Prefix: "bench", Now: time.Now().UTC(),
	})
	var err error
	if b.cluster, b.admin, err = measure.FreshCluster(ctx, clusterName); err != nil {
		return nil, err
	}
	if b.config, b.account, err = b.cluster.OperatorFiles(ctx); err == nil {
		err = b.declare(ctx)
	}
	if err == nil {
		b.audit, err = measure.OpenAudit(ctx, b.cluster)
	}
	if err != nil {
		b.close(ctx)
		return nil, err
	}
	d := b.district
	fmt.Printf("district: %d communities, %d grids, %d tasks at every door, %d decisions of the parties\n",
		len(d.Communities), len(d.Grids), len(d.Tasks), len(d.Decisions))
	return b, nil
}

func (b *run) close(ctx context.Context) {
	if b.operator != nil {
		_ = b.operator.stop()
	}
	measure.Down(ctx, b.cluster)
}

// declare creates everything, and gives communities the status they get once
// the operator has looked at them.
func (b *run) declare(ctx context.Context) error {
	for _, ns := range b.district.Namespaces {
		if err := b.admin.Create(ctx, ns.DeepCopy()); err != nil {
			return err
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(createWorkers)
	for _, o := range b.district.Objects() {
		if _, there := o.(*corev1.Namespace); there {
			continue
		}
		g.Go(func() error { return b.create(ctx, o) })
	}
	return g.Wait()
}

func (b *run) create(ctx context.Context, o client.Object) error {
	// The district is drawn for this cluster alone; its objects are the answers to
	// their own creation from here on.
	o.SetGeneration(0)
	err := b.admin.Create(ctx, o)
	for tries := 0; apierrors.IsForbidden(err) && tries < 50; tries++ {
		// The policies look at a copy of the namespaces that lags behind.
		time.Sleep(100 * time.Millisecond)
		err = b.admin.Create(ctx, o)
	}
	if err != nil {
		return fmt.Errorf("%T %s: %w", o, client.ObjectKeyFromObject(o), err)
	}
	c, ok := o.(*v1alpha1.Community)
	if !ok {
		return nil
	}
	c.Status.ObservedGeneration = c.Generation
	return b.admin.Status().Update(ctx, c)
}

// task is a small task that nobody has spoken about yet.
func (b *run) task(target v1alpha1.TaskTarget) *v1alpha1.AdmittedTask {
	b.made++
	return &v1alpha1.AdmittedTask{
		ObjectMeta: metav1.ObjectMeta{Namespace: b.district.Tasks[0].Namespace, Name: fmt.Sprintf("more-%03d", b.made)},
		Spec: v1alpha1.AdmittedTaskSpec{
			Title: v1alpha1.LocalizedText{ZH: "示例事项"}, Category: v1alpha1.CategoryAssist,
			LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "示例办法"}, Level: v1alpha1.LevelNational}},
			Target:     target, Effective: v1alpha1.TaskWindow{From: "2026-01-01"},
		},
	}
}

// everywhere targets every community.
func (b *run) everywhere() v1alpha1.TaskTarget {
	return v1alpha1.TaskTarget{SubdistrictSelector: &metav1.LabelSelector{
		MatchLabels: map[string]string{admissiontest.DistrictLabel: b.district.Options.Prefix},
	}}
}

// at targets one community.
func at(c *v1alpha1.Community) v1alpha1.TaskTarget {
	return v1alpha1.TaskTarget{Communities: []v1alpha1.NamespacedReference{{Namespace: c.Namespace, Name: c.Name}}}
}

// approval of a task's present terms.
func (b *run) approval(t *v1alpha1.AdmittedTask) *v1alpha1.TaskDecision {
	return &v1alpha1.TaskDecision{
		ObjectMeta: metav1.ObjectMeta{Namespace: b.district.Options.Prefix + "-committee", Name: "approve-" + t.Name},
		Spec: v1alpha1.TaskDecisionSpec{
			TaskRef: v1alpha1.NamespacedReference{Namespace: t.Namespace, Name: t.Name},
			Approval: &v1alpha1.Approval{
				TaskDigest: admission.Digest(&t.Spec), Verdict: v1alpha1.VerdictApprove, Document: "会议纪要", DecidedAt: metav1.Now(),
			},
		},
	}
}
