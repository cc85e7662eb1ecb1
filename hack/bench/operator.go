package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers"
	"github.com/shequ-io/shequ/hack/bench/measure"
	"github.com/shequ-io/shequ/internal/settings"
)

const (
	clusterName   = "bench"
	patience      = 10 * time.Minute
	createWorkers = 16
	restTime      = 15 * time.Second
)

// outcome is what came of the operator's run.
type outcome struct {
	ready, lastWrite time.Duration
	writes           []write
	reads            int
	sent, received   int64
	failed           int
	inFlight         time.Duration
	statuses         []status
	atRest           int
	restart          restartFigures
}

// status is the last status of one intent object.
type status struct {
	path string
	body []byte
}

// measureOperator runs the operator in this process, as its own ServiceAccount,
// against a fresh cluster, and keeps what it wrote.
func measureOperator(ctx context.Context, d *district) (*outcome, error) {
	cluster, admin, err := measure.FreshCluster(ctx, clusterName)
	if err != nil {
		return nil, err
	}
	defer measure.Down(ctx, cluster)
	config, kubeconfig, err := cluster.OperatorFiles(ctx)
	if err != nil {
		return nil, err
	}
	if err := d.prepare(ctx, admin); err != nil {
		return nil, err
	}
	rec := &recorder{}
	c, stop, err := startOperator(ctx, config, kubeconfig, rec)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := d.create(ctx, admin, createWorkers); err != nil {
		return nil, errors.Join(err, stop())
	}
	if err := awaitReady(ctx, c, len(d.intents)+1); err != nil {
		return nil, errors.Join(err, stop())
	}
	out := &outcome{ready: time.Since(start)}
	if out.statuses, err = statuses(ctx, c); err != nil {
		return nil, errors.Join(err, stop())
	}
	rec.mu.Lock()
	out.lastWrite = rec.lastWrite.Sub(start)
	out.inFlight = rec.inFlight
	out.writes, out.reads, out.sent, out.received, out.failed = slices.Clone(rec.writes), rec.reads, rec.sent, rec.received, rec.failed
	rec.mu.Unlock()

	time.Sleep(restTime) // late neighbours' lists are written in this time
	rec.mu.Lock()
	settled := len(rec.writes)
	rec.mu.Unlock()
	time.Sleep(restTime)
	rec.mu.Lock()
	out.atRest = len(rec.writes) - settled
	rec.mu.Unlock()
	if err := stop(); err != nil {
		return nil, err
	}
	out.restart, err = measureRestart(ctx, cluster, config, kubeconfig)
	return out, err
}

// startOperator starts a manager with every controller and waits for its cache.
func startOperator(ctx context.Context, configFile, kubeconfig string, rec *recorder) (client.Client, func() error, error) {
	s, err := settings.Load(configFile)
	if err != nil {
		return nil, nil, err
	}
	config, err := measure.RESTConfig(kubeconfig)
	if err != nil {
		return nil, nil, err
	}
	config.WrapTransport = rec.wrap
	ctx, cancel := context.WithCancel(ctx)
	mgr, err := controllers.NewManager(ctx, config, controllers.Options{
		Settings: s, MetricsAddress: "0", ProbeAddress: "0", Registry: prometheus.NewRegistry(),
	})
	if err != nil {
		cancel()
		return nil, nil, err
	}
	done := make(chan error, 1)
	go func() { done <- mgr.Start(ctx) }()
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		cancel()
		return nil, nil, errors.Join(errors.New("the cache does not fill"), <-done)
	}
	return mgr.GetClient(), func() error { cancel(); return <-done }, nil
}

// lists are the intent kinds the operator reconciles.
func lists() []client.ObjectList {
	return []client.ObjectList{
		&v1alpha1.CommunityList{}, &v1alpha1.ServiceStationList{}, &v1alpha1.GridList{}, &v1alpha1.CommunityStandardList{},
	}
}

// awaitReady looks at the operator's own cache, which costs the API server
// nothing, until every intent object is Ready.
func awaitReady(ctx context.Context, c client.Client, want int) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		ready := 0
		err := each(ctx, c, func(o client.Object) error {
			if meta.IsStatusConditionTrue(conditionsOf(o), v1alpha1.ConditionReady) {
				ready++
			}
			return nil
		})
		if err != nil {
			return err
		}
		if ready == want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d are Ready: %w", ready, want, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func each(ctx context.Context, c client.Client, do func(client.Object) error) error {
	for _, list := range lists() {
		if err := c.List(ctx, list, client.DisableReadYourWritesConsistency, client.UnsafeDisableDeepCopy); err != nil {
			return err
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			o, ok := item.(client.Object)
			if !ok {
				return fmt.Errorf("%T is no object", item)
			}
			return do(o)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// plural is the resource of an intent object.
func plural(o client.Object) string {
	switch o.(type) {
	case *v1alpha1.Community:
		return "communities"
	case *v1alpha1.ServiceStation:
		return "servicestations"
	case *v1alpha1.Grid:
		return "grids"
	default:
		return "communitystandards"
	}
}

func statusPath(o client.Object) string {
	path := "/apis/" + v1alpha1.GroupVersion.String() + "/"
	if o.GetNamespace() != "" {
		path += "namespaces/" + o.GetNamespace() + "/"
	}
	return path + strings.Join([]string{plural(o), o.GetName(), "status"}, "/")
}
