package controllertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

// cluster does what a cluster does beside the API server, as far as tests need
// it: it makes Deployments available, ends Jobs, and looks at every status
// meanwhile.
type cluster struct {
	client client.Client
	cancel context.CancelFunc
	ended  chan struct{}

	mu       sync.Mutex
	held     map[string]bool
	jobs     map[string]Outcome
	breaches map[string]error
}

func startCluster(c client.Client) *cluster {
	ctx, cancel := context.WithCancel(context.Background())
	out := &cluster{client: c, cancel: cancel, ended: make(chan struct{}), held: map[string]bool{}, jobs: map[string]Outcome{}, breaches: map[string]error{}}
	go func() {
		defer close(out.ended)
		for ctx.Err() == nil {
			out.rollOut(ctx)
			out.runJobs(ctx)
			out.inspect(ctx)
			time.Sleep(100 * time.Millisecond)
		}
	}()
	return out
}

// end returns every breach that was seen.
func (c *cluster) end() error {
	c.cancel()
	<-c.ended
	var errs []error
	for what, err := range c.breaches {
		errs = append(errs, fmt.Errorf("the status of %s broke its invariants: %w", what, err))
	}
	return errors.Join(errs...)
}

func (c *cluster) hold(namespace string, on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.held[namespace] = on
}

func (c *cluster) holds(namespace string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held[namespace]
}

// rollOut makes every Deployment available, as its controller would once its
// pods run.
func (c *cluster) rollOut(ctx context.Context) {
	var list appsv1.DeploymentList
	if c.client.List(ctx, &list) != nil {
		return
	}
	for i := range list.Items {
		d := &list.Items[i]
		if c.holds(d.Namespace) || d.Status.ObservedGeneration >= d.Generation {
			continue
		}
		before := d.DeepCopy()
		n := int32(1)
		if d.Spec.Replicas != nil {
			n = *d.Spec.Replicas
		}
		d.Status = appsv1.DeploymentStatus{ObservedGeneration: d.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n}
		// One that is gone or changed meanwhile is met again.
		_ = c.client.Status().Patch(ctx, d, client.MergeFrom(before))
	}
}

// inspect holds every status that was ever written against the invariants.
func (c *cluster) inspect(ctx context.Context) {
	for _, list := range []client.ObjectList{
		&v1alpha1.CommunityList{}, &v1alpha1.ServiceStationList{}, &v1alpha1.TaskLedgerList{}, &v1alpha1.AdmittedTaskList{}, &v1alpha1.InformationSystemList{},
	} {
		if c.client.List(ctx, list) != nil {
			continue
		}
		// A list of ours holds objects of ours: there is nothing to fail.
		_ = meta.EachListItem(list, func(item runtime.Object) error {
			c.look(item.(client.Object))
			return nil
		})
	}
}

func (c *cluster) look(obj client.Object) {
	conds, observed := Status(obj)
	if observed == 0 {
		return
	}
	// An object whose deletion nobody has looked at yet still speaks of before.
	deleting := !obj.GetDeletionTimestamp().IsZero() && observed == obj.GetGeneration() && meta.FindStatusCondition(conds, v1alpha1.ConditionReady).Reason == v1alpha1.ReasonDeleting
	if err := conditions.Check(conds, obj.GetGeneration(), observed, deleting); err != nil {
		c.breaches[fmt.Sprintf("%T %s/%s", obj, obj.GetNamespace(), obj.GetName())] = err
	}
}

// Status is an object's conditions and the generation they speak of.
func Status(obj client.Object) (conds []metav1.Condition, observed int64) {
	switch o := obj.(type) {
	case *v1alpha1.Community:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.ServiceStation:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.TaskLedger:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.AdmittedTask:
		return o.Status.Conditions, o.Status.ObservedGeneration
	case *v1alpha1.InformationSystem:
		return o.Status.Conditions, o.Status.ObservedGeneration
	default:
		panic(fmt.Sprintf("%T has no status of ours", obj))
	}
}
