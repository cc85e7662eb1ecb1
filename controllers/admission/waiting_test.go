package admission

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// A first ledger waits until nothing has changed for a while, and does not take for quiet
// what the operator slept through.
func TestCalm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, req := newWaiting(), reconcile.Request{}
		left := func(want time.Duration) {
			t.Helper()
			synctest.Wait()
			if got := w.calm(req, quiet, quietLimit); got != want {
				t.Errorf("%v are left, want %v", got, want)
			}
		}
		start := func() (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- w.Start(ctx) }()
			return func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}
		}
		stop := start()
		left(quiet)
		time.Sleep(2 * time.Second)
		left(quiet - 2*time.Second)
		w.put(nil) // it concerns nobody who is known
		left(quiet)
		time.Sleep(quiet)
		left(0)
		stop()
		time.Sleep(quiet) // asleep
		left(quiet)
		time.Sleep(quiet)
		left(quiet)
		stop = start()
		time.Sleep(quiet)
		left(0)
		// However much happens, it does not wait for ever.
		for range int(quietLimit / time.Second) {
			w.put(nil)
			time.Sleep(time.Second)
		}
		left(0)
		stop()
	})
}
