package admission_test

import (
	"context"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/testenv"
)

// These tests move the clock or the policies of all, so they are not parallel.

// TestExpired: at midnight in China a task's last day is over, and what it held
// is there for the next in the queue, without anybody doing anything.
func TestExpired(t *testing.T) {
	d := newDistrict(t)
	last := d.propose("last", func(s *spec) {
		s.Workload.CasesPerYear, s.Effective.Until = 60_000, "2026-11-30"
	})
	d.admitted(last)
	next := d.propose("next", func(s *spec) { s.Workload.CasesPerYear = 60_000; s.Effective.From = "2026-11-20" })
	d.says(next, refused, v1alpha1.LedgerCapacityExceeded)

	midnight := time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)
	clock.set(t, midnight.Add(-6*time.Second))
	// The operator sleeps till the midnight it knew of. A change wakes it up, as
	// the passing day would have.
	d.Create(d.approval(d.task("unknown"), v1alpha1.VerdictApprove))
	woken := d.propose("small")
	d.admitted(woken)
	d.admitted(last)
	began := time.Now()
	d.says(last, ended, v1alpha1.LedgerExpired)
	d.admitted(next)
	if now := clock.now(); now.Before(midnight) {
		t.Errorf("the task ended at %v, before midnight", now)
	}
	if took := time.Since(began); took > 12*time.Second {
		t.Errorf("it took %v from six seconds before midnight", took)
	}
}

// TestPolicyMissing: while a policy is missing or altered nothing new enters,
// and what is in stays in.
func TestPolicyMissing(t *testing.T) {
	d := newDistrict(t)
	before := d.propose("before")
	d.admitted(before)
	objects, err := testenv.Policies()
	if err != nil {
		t.Fatal(err)
	}
	for _, obj := range objects {
		if obj.GetName() != v1alpha1.PolicyDecisionMembers || obj.GetKind() != "ValidatingAdmissionPolicyBinding" {
			continue
		}
		restore := func() error {
			again := obj.DeepCopy()
			again.SetResourceVersion("")
			again.SetUID("")
			return suite.Env.Client.Create(context.Background(), again)
		}
		d.Delete(obj)
		t.Cleanup(func() {
			// The other tests need it, however this one ended.
			if err := restore(); err != nil && !apierrors.IsAlreadyExists(err) {
				t.Error(err)
			}
		})
		task := d.propose("after")
		if e := d.says(task, waits, v1alpha1.LedgerPolicyMissing); !strings.Contains(e.Message, v1alpha1.PolicyDecisionMembers) {
			t.Errorf("the message does not name what is missing: %s", e.Message)
		}
		d.admitted(before)
		if err := restore(); err != nil {
			t.Fatal(err)
		}
		d.admitted(task)
		return
	}
	t.Fatal("there is no binding to take away")
}
