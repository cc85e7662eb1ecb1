package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/bench/measure"
)

// statuses takes the last status of every intent object.
func statuses(ctx context.Context, c client.Client) ([]status, error) {
	var out []status
	err := each(ctx, c, func(o client.Object) error {
		body, err := json.Marshal(map[string]any{"status": statusOf(o)})
		out = append(out, status{statusPath(o), body})
		return err
	})
	return out, err
}

func statusOf(o client.Object) any {
	switch o := o.(type) {
	case *v1alpha1.Community:
		return o.Status
	case *v1alpha1.ServiceStation:
		return o.Status
	case *v1alpha1.Grid:
		return o.Status
	case *v1alpha1.CommunityStandard:
		return o.Status
	default:
		return nil
	}
}

func conditionsOf(o client.Object) []metav1.Condition {
	switch o := o.(type) {
	case *v1alpha1.Community:
		return o.Status.Conditions
	case *v1alpha1.ServiceStation:
		return o.Status.Conditions
	case *v1alpha1.Grid:
		return o.Status.Conditions
	case *v1alpha1.CommunityStandard:
		return o.Status.Conditions
	default:
		return nil
	}
}

// children are the operator's applies, the last of each object, in the order in
// which the objects first came to be.
func (o *outcome) children() []write {
	place := map[string]int{}
	var out []write
	for _, w := range o.writes {
		if !w.isApply() {
			continue
		}
		if i, ok := place[w.path]; ok {
			out[i] = w
			continue
		}
		place[w.path] = len(out)
		out = append(out, w)
	}
	return out
}

// floorWrites is how much the floor's client writes, the intent objects aside.
func (o *outcome) floorWrites() int { return len(o.children()) + len(o.statuses) }

// measureFloor declares the same district on a fresh cluster and has a bare
// client write the same children and one status per intent object, some at a
// time, each community's in order. Then it waits until their pods are available.
func measureFloor(ctx context.Context, d *district, ours *outcome, workers int) (floorFigures, error) {
	var out floorFigures
	cluster, admin, err := measure.FreshCluster(ctx, clusterName)
	if err != nil {
		return out, err
	}
	defer measure.Down(ctx, cluster)
	_, kubeconfig, err := cluster.OperatorFiles(ctx)
	if err != nil {
		return out, err
	}
	config, err := measure.RESTConfig(kubeconfig)
	if err != nil {
		return out, err
	}
	bare, err := rest.HTTPClientFor(config)
	if err != nil {
		return out, err
	}
	if err := d.prepare(ctx, admin); err != nil {
		return out, err
	}
	groups := map[string][]write{}
	var order []string
	for _, w := range ours.children() {
		if len(groups[w.group()]) == 0 {
			order = append(order, w.group())
		}
		groups[w.group()] = append(groups[w.group()], w)
	}
	start := time.Now()
	if err := d.create(ctx, admin, createWorkers); err != nil {
		return out, err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, name := range order {
		g.Go(func() error {
			for _, w := range groups[name] {
				if err := send(gctx, bare, config.Host, w); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, s := range ours.statuses {
		g.Go(func() error {
			return send(gctx, bare, config.Host, write{http.MethodPatch, s.path, "", "application/merge-patch+json", s.body})
		})
	}
	if err := g.Wait(); err != nil {
		return out, err
	}
	out.written = time.Since(start)
	err = awaitPods(ctx, admin, ours)
	out.available = time.Since(start)
	return out, err
}

// floorFigures are the bare client's.
type floorFigures struct {
	written   time.Duration // the last write was answered
	available time.Duration // every Deployment it wrote has its pods
}

// awaitPods waits until every Deployment of the communities is available.
func awaitPods(ctx context.Context, c client.Client, ours *outcome) error {
	want := 0
	for _, w := range ours.children() {
		if strings.Contains(w.path, "/deployments/") {
			want++
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		var list appsv1.DeploymentList
		if err := c.List(ctx, &list, client.HasLabels{v1alpha1.CommunityNameLabel}); err != nil {
			return err
		}
		available := 0
		for i := range list.Items {
			if s := list.Items[i].Status; s.AvailableReplicas > 0 && s.ObservedGeneration == list.Items[i].Generation {
				available++
			}
		}
		if available == want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d of %d Deployments are available: %w", available, want, ctx.Err())
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func send(ctx context.Context, c *http.Client, host string, w write) error {
	req, err := http.NewRequestWithContext(ctx, w.method, host+w.path+"?"+w.query, bytes.NewReader(w.body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", w.contentType)
	req.Header.Set("Accept", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s: %s: %.300s", w.method, w.path, resp.Status, answer)
	}
	return err
}
