package controllers

import (
	"context"
	"errors"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/controllers/custody"
)

// addCustody has the operator keep keys and databases, where the district has a
// server for them.
func addCustody(mgr ctrl.Manager, deps *base.Deps, o Options) error {
	if o.Settings.Database == nil {
		return nil
	}
	if o.Namespace == "" {
		return errors.New("the operator does not know its own namespace, in which it keeps keys: set --namespace or POD_NAMESPACE")
	}
	// One is enough: whoever is told looks at everything.
	changed := make(chan event.GenericEvent, 1)
	deps.DatabaseChanged = changed
	deps.Custody = custody.New(custody.Options{
		Client: mgr.GetClient(), Direct: mgr.GetAPIReader(), Recorder: deps.Recorder, Namespace: o.Namespace,
		Database: *o.Settings.Database, OIDC: o.Settings.OIDC, Now: deps.Now, Probe: o.DatabasePeriod, Retry: o.DatabasePeriod,
		Changed: func() {
			select {
			case changed <- event.GenericEvent{Object: &v1alpha1.Community{}}:
			default:
			}
		},
		Taken: func(ctx context.Context, home string) (bool, error) { return taken(ctx, mgr.GetCache(), home) },
	})
	return mgr.Add(deps.Custody)
}

// taken reports whether a Community that stays has a home of that name.
func taken(ctx context.Context, cache client.Reader, home string) (bool, error) {
	var list v1alpha1.CommunityList
	if err := cache.List(ctx, &list, client.MatchingFields{base.HomeIndex: home}, client.UnsafeDisableDeepCopy); err != nil {
		return false, err
	}
	for i := range list.Items {
		if list.Items[i].DeletionTimestamp.IsZero() {
			return true, nil
		}
	}
	return false, nil
}
