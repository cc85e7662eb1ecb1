package controllers

import (
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/leaderelection"
	"sigs.k8s.io/controller-runtime/pkg/recorder"
)

const (
	leaseName = "shequ-operator"
	// renewDeadline is controller-runtime's default.
	renewDeadline = 10 * time.Second
)

// lease is the lock of leader election, nil without it. Its event at each change
// of leader is left out: the Lease says the same, and a restart over a converged
// district then writes nothing but the Lease.
func lease(config *rest.Config, o Options) (resourcelock.Interface, error) {
	return leaderelection.NewResourceLock(config, silent{}, leaderelection.Options{
		LeaderElection: o.LeaderElection, LeaderElectionID: leaseName,
		LeaderElectionNamespace: o.LeaderElectionNamespace, RenewDeadline: renewDeadline,
	})
}

// silent provides no recorders.
type silent struct{}

// GetEventRecorderFor returns nil, with which a lock records nothing.
func (silent) GetEventRecorderFor(string) record.EventRecorder { return nil }

// GetEventRecorder is not asked for by locks.
func (silent) GetEventRecorder(string) recorder.EventRecorder { return nil }
