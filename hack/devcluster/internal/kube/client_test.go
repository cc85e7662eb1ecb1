package kube

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWait(t *testing.T) {
	calls := 0
	err := Wait(t.Context(), 5*time.Second, "it", func(context.Context) error {
		if calls++; calls < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

// The error must tell what was missing, not merely that the time was up.
func TestWaitSaysWhatIsMissing(t *testing.T) {
	err := Wait(t.Context(), 120*time.Millisecond, "the node", func(ctx context.Context) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errors.New("it has a taint")
	})
	if err == nil || !strings.Contains(err.Error(), "the node: not within 120ms: it has a taint") {
		t.Error(err)
	}
}

func TestWaitEndsAtOnce(t *testing.T) {
	start := time.Now()
	fatal := Wait(t.Context(), time.Minute, "it", func(context.Context) error {
		return &FatalError{errors.New("it died")}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cancelled := Wait(ctx, time.Minute, "it", func(context.Context) error { return errors.New("not yet") })
	if fatal == nil || !errors.Is(cancelled, context.Canceled) || time.Since(start) > 10*time.Second {
		t.Errorf("%v, %v after %s", fatal, cancelled, time.Since(start))
	}
}

func TestMessage(t *testing.T) {
	for body, want := range map[string]string{
		`{"kind":"Status","message":"pods \"x\" not found"}`: `pods "x" not found`,
		"[-]etcd failed\n": "[-]etcd failed",
	} {
		if got := message([]byte(body)); got != want {
			t.Errorf("%q gives %q", body, got)
		}
	}
}
