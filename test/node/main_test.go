// Package node tests Shequ where it really runs: a node of a real cluster on
// this machine, the operator as its pod, and the sample's twelve communities as
// pods that answer over HTTP.
//
// It needs Linux and root and takes the machine's network for a while, so it
// starts only where SHEQU_NODE_TEST=1 says so; hack/test.sh decides. It tests no
// enforcement of NetworkPolicies: profile node has none.
package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/local"
	"github.com/shequ-io/shequ/test/internal/live"
)

const (
	variable    = "SHEQU_NODE_TEST"
	clusterName = "e2e" // hack/test.sh takes it down, too
)

// cluster is nil where it was not asked for.
var cluster *live.Cluster

func TestMain(m *testing.M) {
	if os.Getenv(variable) != "1" {
		os.Exit(m.Run()) // every test skips and says why
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/node:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	start := time.Now()
	c, err := live.Start(ctx, local.Node, clusterName)
	if c != nil {
		defer func() { err = errors.Join(err, c.Down(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return 1, err
	}
	if err := c.ApplySample(ctx); err != nil {
		return 1, err
	}
	if err := live.Within(ctx, 5*time.Minute, c.AllReady); err != nil {
		return 1, fmt.Errorf("the sample does not get Ready: %w", err)
	}
	fmt.Fprintf(os.Stdout, "%d communities, %d stations, %d grids are Ready %s after the start\n",
		live.Communities, live.Stations, live.Grids, time.Since(start).Round(time.Second))
	cluster = c
	// An interrupt ends the tests at once, but not before the cluster is down.
	go func() {
		<-ctx.Done()
		if err := c.Down(context.WithoutCancel(ctx)); err != nil {
			fmt.Fprintln(os.Stderr, "test/node:", err)
		}
		os.Exit(130)
	}()
	return m.Run(), nil
}

// settled is the cluster with all of the sample Ready, as each test finds and
// must leave it.
func settled(t *testing.T) *live.Cluster {
	t.Helper()
	if cluster == nil {
		t.Skipf("needs a real node, and that Linux and root: make test runs it there (%s=1)", variable)
	}
	ready(t)
	t.Cleanup(func() {
		// The test's own context is over by now.
		if err := live.Within(context.Background(), 2*time.Minute, cluster.AllReady); err != nil {
			t.Errorf("the test leaves the district not Ready: %v", err)
		}
	})
	return cluster
}

func ready(t *testing.T) {
	t.Helper()
	live.Eventually(t, 2*time.Minute, cluster.AllReady)
}

func district(t *testing.T) *live.District {
	t.Helper()
	d, err := cluster.District(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func community(t *testing.T, name string) *v1alpha1.Community {
	t.Helper()
	c := &v1alpha1.Community{}
	get(t, live.Subdistrict, name, c)
	return c
}

func get(t *testing.T, namespace, name string, obj client.Object) {
	t.Helper()
	if err := cluster.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, obj); err != nil {
		t.Fatal(err)
	}
}

// change patches an object as a person would, once.
func change[T client.Object](t *testing.T, obj T, edit func(T)) {
	t.Helper()
	before, ok := obj.DeepCopyObject().(T)
	if !ok {
		t.Fatalf("the copy of a %T is another type", obj)
	}
	edit(obj)
	if err := cluster.Client.Patch(t.Context(), obj, client.MergeFrom(before), client.FieldOwner("kubectl-edit")); err != nil {
		t.Fatal(err)
	}
}

// pods of a program of a community, those that are going left out.
func pods(ctx context.Context, namespace, component string) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := cluster.Client.List(ctx, &list, client.InNamespace(namespace),
		client.MatchingLabels{v1alpha1.ComponentLabel: component})
	var out []corev1.Pod
	for _, p := range list.Items {
		if p.DeletionTimestamp == nil {
			out = append(out, p)
		}
	}
	return out, err
}
