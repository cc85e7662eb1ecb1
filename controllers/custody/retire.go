package custody

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/shequ-io/shequ/internal/district"
)

const (
	sweepPeriod = time.Hour
	// Values of pendingMarker.
	pendingShut = "shut"
	pendingDrop = "drop after "
)

// Retire shuts the database of a home whose Community is being deleted; with drop
// it is dropped after the grace period, unless a Community of the same name takes
// it up before. While the server does not answer, that is noted on the key and done
// later: a deletion waits for nothing.
func (c *Custody) Retire(ctx context.Context, home string, drop bool) error {
	after := time.Time{}
	if drop {
		after = c.o.Now().Add(dropGrace).UTC().Truncate(time.Second)
	}
	c.mu.Lock()
	delete(c.heads, home)
	c.mu.Unlock()
	err := c.server.Retire(ctx, district.Name(home), after)
	if err == nil {
		return nil
	}
	log.FromContext(ctx).Info("a database can't be shut now; it will be when its server answers", "home", home, "reason", err.Error())
	return c.keys.setPending(ctx, home, pendingText(after))
}

func pendingText(after time.Time) string {
	if after.IsZero() {
		return pendingShut
	}
	return pendingDrop + after.Format(time.RFC3339)
}

// Start looks after the server until ctx ends, and once an hour at what is pending
// and what is due. It has the form of a controller manager's Runnable.
func (c *Custody) Start(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- c.server.Start(ctx) }()
	ticker := time.NewTicker(sweepPeriod)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return <-ended
		case <-ticker.C:
		case <-c.sweep:
		}
		if err := c.Sweep(ctx); err != nil && ctx.Err() == nil {
			log.FromContext(ctx).Info("what is left of deleted communities is looked at again in an hour", "reason", err.Error())
		}
	}
}

// Sweep puts keys back that were deleted, does what could not be done when a
// Community was deleted, and drops the databases whose time is over, with their
// keys.
func (c *Custody) Sweep(ctx context.Context) error {
	if state := c.server.State(ctx); state.Err != nil {
		return state.Err
	}
	c.sweeping.Lock()
	defer c.sweeping.Unlock()
	all, err := c.keys.all(ctx)
	if err != nil {
		return err
	}
	return errors.Join(c.keys.restore(ctx, all), c.sweepPending(ctx, all), c.sweepDue(ctx))
}

func (c *Custody) sweepPending(ctx context.Context, all map[string]string) error {
	var errs []error
	for home, pending := range all {
		if pending == "" {
			continue
		}
		if taken, err := c.o.Taken(ctx, home); taken || err != nil {
			errs = append(errs, err)
			continue // whoever takes it up clears the note
		}
		var after time.Time
		if text, is := strings.CutPrefix(pending, pendingDrop); is {
			var err error
			if after, err = time.Parse(time.RFC3339, text); err != nil {
				errs = append(errs, fmt.Errorf("annotation %s of Secret %s can't be read: %w", pendingMarker, SecretName(home), err))
				continue
			}
		}
		err := c.server.Retire(ctx, district.Name(home), after)
		switch {
		case err != nil:
		case !after.IsZero() && c.o.Now().After(after):
			err = c.drop(ctx, home)
		default:
			err = c.keys.setPending(ctx, home, "")
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c *Custody) sweepDue(ctx context.Context) error {
	due, err := c.server.Due(ctx, c.o.Now())
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range due {
		home := district.Home(name)
		if taken, err := c.o.Taken(ctx, home); taken || err != nil {
			errs = append(errs, err)
			continue
		}
		// Noted first: a key whose database is gone would be found by nothing else.
		if err := c.keys.setPending(ctx, home, pendingText(c.o.Now().Add(-time.Second))); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, c.drop(ctx, home))
	}
	return errors.Join(errs...)
}

// drop drops a database whose time is over, then its key.
func (c *Custody) drop(ctx context.Context, home string) error {
	if released, err := c.cluster.release(ctx, home); !released {
		return err // dropped by the next sweep, once nobody would make it again
	}
	dropped, err := c.server.Drop(ctx, district.Name(home), c.o.Now())
	if err != nil || !dropped {
		return err
	}
	log.FromContext(ctx).Info("the grace period of a deleted community is over: its database and key go", "home", home)
	return c.keys.remove(ctx, home)
}
