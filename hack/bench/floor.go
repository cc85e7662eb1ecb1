package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
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
// time, each community's in order.
func measureFloor(ctx context.Context, d *district, ours *outcome, workers int) (time.Duration, error) {
	cluster, admin, err := freshCluster(ctx)
	if err != nil {
		return 0, err
	}
	defer down(ctx, cluster)
	_, kubeconfig, err := cluster.OperatorFiles(ctx)
	if err != nil {
		return 0, err
	}
	config, err := restConfig(kubeconfig)
	if err != nil {
		return 0, err
	}
	bare, err := rest.HTTPClientFor(config)
	if err != nil {
		return 0, err
	}
	if err := d.prepare(ctx, admin); err != nil {
		return 0, err
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
		return 0, err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, name := range order {
		g.Go(func() error {
			for _, w := range groups[name] {
				if err := send(ctx, bare, config.Host, w); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for _, s := range ours.statuses {
		g.Go(func() error {
			return send(ctx, bare, config.Host, write{http.MethodPatch, s.path, "", "application/merge-patch+json", s.body})
		})
	}
	err = g.Wait()
	return time.Since(start), err
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
