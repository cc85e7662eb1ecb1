// Package order tests that intent needs no order: whatever the sequence in which
// the sample's files reach the API server, one by one or all at once, the same
// district comes of it, and then nobody writes any more.
//
// It runs the operator's binary as its own ServiceAccount against control planes
// with simulated nodes, which it starts and takes down; no pods run. What pods
// do is tested in test/node.
package order

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/shequ-io/shequ/hack/local"
	"github.com/shequ-io/shequ/test/internal/live"
)

const clusterName = "order"

// interrupted ends when the user wants the tests to, who then find their cluster
// gone.
var interrupted, _ = signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)

// start is a fresh cluster that goes with the test.
func start(t *testing.T) *live.Cluster {
	t.Helper()
	begin := time.Now()
	c, err := live.Start(interrupted, local.Sim, clusterName)
	if c != nil {
		t.Cleanup(func() {
			if err := c.Down(context.WithoutCancel(interrupted)); err != nil {
				t.Error(err)
			}
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a cluster with the operator took %s", time.Since(begin).Round(100*time.Millisecond))
	return c
}

// seed of the random orders; SHEQU_SEED repeats a run.
func seed(t *testing.T) uint64 {
	t.Helper()
	s := uint64(time.Now().UnixNano())
	if text := os.Getenv("SHEQU_SEED"); text != "" {
		var err error
		if s, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(errors.Join(errors.New("SHEQU_SEED is not a number"), err))
		}
	}
	t.Logf("to repeat these orders: SHEQU_SEED=%d", s)
	return s
}
