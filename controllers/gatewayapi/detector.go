// Package gatewayapi finds out whether Gateway API is installed, at start or
// later, and then has the controllers watch routes and look at everything anew.
//
// It makes no routes; that is blueprint's and the controllers' work.
package gatewayapi

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/source"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
)

// Period is how often to look for Gateway API until it is there, unless told
// otherwise. A look is one discovery request.
const Period = 30 * time.Second

// Subscriber is a controller that wants to watch routes.
type Subscriber struct {
	Controller controller.Controller
	// Intent is an empty object of the controller's kind.
	Intent client.Object
	// Handlers of the controller.
	Handlers base.ChildHandler
}

// Detector looks for Gateway API.
type Detector struct {
	mapper      meta.RESTMapper
	cache       cache.Cache
	period      time.Duration
	found       atomic.Bool
	subscribers []Subscriber
}

// New makes a Detector and looks once, before any controller starts: one that
// did not know yet of a Gateway API that is there would take its routes back.
// With a period of 0 it is Period.
func New(mapper meta.RESTMapper, c cache.Cache, period time.Duration) (*Detector, error) {
	if period == 0 {
		period = Period
	}
	d := &Detector{mapper: mapper, cache: c, period: period}
	there, err := d.look()
	d.found.Store(there)
	return d, err
}

// Installed reports whether Gateway API was found and its routes are watched.
func (d *Detector) Installed() bool { return d.found.Load() }

// Available is Installed for one kind of child.
func (d *Detector) Available(gk schema.GroupKind) bool {
	return gk == apply.HTTPRouteKind && d.Installed()
}

// Subscribe adds a controller, which watches routes from its start on if they
// are there, and later if not. It must be called before Start.
func (d *Detector) Subscribe(s Subscriber) error {
	if d.Installed() {
		return d.watchRoutes(s)
	}
	d.subscribers = append(d.subscribers, s)
	return nil
}

// Start has the subscribers watch routes as soon as they can.
func (d *Detector) Start(ctx context.Context) error {
	if d.Installed() {
		return nil
	}
	tick := time.NewTicker(d.period)
	defer tick.Stop()
	for {
		there, err := d.look()
		if err != nil {
			log.FromContext(ctx).Error(err, "look for Gateway API; trying again", "in", d.period)
		}
		if there {
			return d.watch(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look asks the API server whether HTTPRoute is served.
func (d *Detector) look() (bool, error) {
	_, err := d.mapper.RESTMapping(apply.HTTPRouteKind, gatewayv1.GroupVersion.Version)
	if meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil, err
}

func (d *Detector) watch(ctx context.Context) error {
	for _, s := range d.subscribers {
		if err := d.watchRoutes(s); err != nil {
			return err
		}
	}
	d.found.Store(true)
	for _, s := range d.subscribers {
		if err := s.Controller.Watch(source.Kind(d.cache, s.Intent, s.Handlers.All)); err != nil {
			return fmt.Errorf("look at every %T anew: %w", s.Intent, err)
		}
	}
	log.FromContext(ctx).Info("Gateway API is installed; hostnames get routes")
	return nil
}

func (d *Detector) watchRoutes(s Subscriber) error {
	var route client.Object = &gatewayv1.HTTPRoute{}
	if err := s.Controller.Watch(source.Kind(d.cache, route, s.Handlers.Events)); err != nil {
		return fmt.Errorf("watch HTTPRoutes: %w", err)
	}
	return nil
}
