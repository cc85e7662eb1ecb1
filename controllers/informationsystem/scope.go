package informationsystem

import (
	"context"
	"errors"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/credentials"
)

const (
	// furthest bounds how long nobody looks at a certificate that expires later.
	furthest = 24 * time.Hour
	// barredRetry is how soon to look again whether the operator may read a Secret.
	barredRetry = time.Minute
)

// scope is what one reconcile knows.
type scope struct {
	system    *v1alpha1.InformationSystem
	consumers []string // namespace/name of the communities connected to it, sorted
	now       time.Time

	mistakes []mistake         // in the spec
	secret   map[string][]byte // what is there of what couriers need
	lacking  *credentials.Error
	barred   error     // the operator may not read the Secret
	until    time.Time // until when that is so by the clock; zero: for ever

	probed  bool     // the system is to be asked
	outcome *outcome // nil: it was not yet
}

// observe gathers all that the status depends on.
func (r *Reconciler) observe(ctx context.Context, system *v1alpha1.InformationSystem) (*scope, error) {
	s := &scope{system: system, now: r.Now()}
	var err error
	if s.consumers, err = r.consumers(ctx, system.Name); err != nil {
		return nil, err
	}
	var standards v1alpha1.CommunityStandardList
	if err := r.Cache.List(ctx, &standards, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	s.mistakes = mistakes(&system.Spec, standards.Items)
	if s.secret, err = r.Systems.Credentials(ctx, system); apierrors.IsForbidden(err) {
		s.barred = err
		return s, nil
	} else if err != nil {
		return nil, err
	}
	s.until, err = credentials.Check(&system.Spec, s.secret, s.now)
	if lacking, ok := errors.AsType[*credentials.Error](err); ok {
		s.lacking = lacking
	}
	return s, nil
}

// consumers are the communities connected to a system.
func (r *Reconciler) consumers(ctx context.Context, system string) ([]string, error) {
	var list v1alpha1.CommunityList
	if err := r.Cache.List(ctx, &list, client.MatchingFields{base.SystemIndex: system}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	var out []string
	for i := range list.Items {
		if c := &list.Items[i]; c.DeletionTimestamp.IsZero() {
			out = append(out, c.Namespace+"/"+c.Name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// expires is when the first certificate does; zero where none is known.
func (s *scope) expires() time.Time {
	if s.lacking != nil {
		return time.Time{}
	}
	return s.until
}

// again is when to look once more although nothing has happened; 0: not at all.
func (s *scope) again() time.Duration {
	if s.barred != nil {
		return barredRetry
	}
	if s.until.IsZero() {
		return 0
	}
	at := s.until
	if renew := at.Add(-renewal); s.lacking == nil && renew.After(s.now) {
		at = renew
	}
	return min(max(at.Sub(s.now), time.Second), furthest)
}
