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

// period is how often to look for Gateway API until it is there. A look is one
// discovery request.
const period = 30 * time.Second

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
	found       atomic.Bool
	subscribers []Subscriber
}

// New makes a Detector and looks once.
func New(mapper meta.RESTMapper, c cache.Cache) (*Detector, error) {
	d := &Detector{mapper: mapper, cache: c}
	_, err := d.look()
	return d, err
}

// Installed reports whether Gateway API was found and its routes are watched.
func (d *Detector) Installed() bool { return d.found.Load() }

// Available is Installed for one kind of child.
func (d *Detector) Available(gk schema.GroupKind) bool {
	return gk == apply.HTTPRouteKind && d.Installed()
}

// Subscribe adds a controller. It must be called before Start.
func (d *Detector) Subscribe(s Subscriber) { d.subscribers = append(d.subscribers, s) }

// Start has the subscribers watch routes as soon as they can.
func (d *Detector) Start(ctx context.Context) error {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		there, err := d.look()
		if err != nil {
			log.FromContext(ctx).Error(err, "look for Gateway API; trying again", "in", period)
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
		var route client.Object = &gatewayv1.HTTPRoute{}
		if err := s.Controller.Watch(source.Kind(d.cache, route, s.Handlers.Events)); err != nil {
			return fmt.Errorf("watch HTTPRoutes: %w", err)
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
