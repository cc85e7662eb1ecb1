// Package optional finds out whether a kind that is not Kubernetes' own is
// installed, at start or later, and then has the controllers watch it and look
// at everything anew: Gateway API's HTTPRoute and Prometheus operator's
// PodMonitor.
//
// It makes no objects of these kinds; that is blueprint's and the controllers'
// work.
package optional

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/apply"
)

// Period is how often to look for a kind until it is there, unless told
// otherwise. A look is one discovery request.
const Period = 30 * time.Second

// Subscriber is a controller that wants to watch the kind.
type Subscriber struct {
	Controller controller.Controller
	// Intent is an empty object of the controller's kind.
	Intent client.Object
	// Handlers of the controller.
	Handlers base.ChildHandler
}

// Detector looks for one kind.
type Detector struct {
	kind        schema.GroupKind
	mapper      meta.RESTMapper
	cache       cache.Cache
	period      time.Duration
	found       atomic.Bool
	subscribers []Subscriber
}

// New makes a Detector of a kind among apply.Kinds and looks once, before any
// controller starts: one that did not know yet of a Gateway API that is there
// would take its routes back. With a period of 0 it is Period.
func New(kind schema.GroupKind, mapper meta.RESTMapper, c cache.Cache, period time.Duration) (*Detector, error) {
	if period == 0 {
		period = Period
	}
	d := &Detector{kind: kind, mapper: mapper, cache: c, period: period}
	there, err := d.look()
	d.found.Store(there)
	return d, err
}

// Installed reports whether the kind was found and is watched.
func (d *Detector) Installed() bool { return d.found.Load() }

// Available makes one question of several detectors: whether a kind is
// installed.
func Available(detectors ...*Detector) func(schema.GroupKind) bool {
	return func(gk schema.GroupKind) bool {
		return slices.ContainsFunc(detectors, func(d *Detector) bool { return d.kind == gk && d.Installed() })
	}
}

// Subscribe adds a controller, which watches the kind from its start on if it is
// there, and later if not. It must be called before Start.
func (d *Detector) Subscribe(s Subscriber) error {
	if d.Installed() {
		return d.watchKind(s)
	}
	d.subscribers = append(d.subscribers, s)
	return nil
}

// Start has the subscribers watch the kind as soon as they can.
func (d *Detector) Start(ctx context.Context) error {
	if d.Installed() {
		return nil
	}
	tick := time.NewTicker(d.period)
	defer tick.Stop()
	for {
		there, err := d.look()
		if err != nil {
			log.FromContext(ctx).Error(err, "look for an optional kind; trying again", "kind", d.kind.String(), "in", d.period)
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

// look asks the API server whether the kind is served.
func (d *Detector) look() (bool, error) {
	_, err := d.mapper.RESTMapping(d.kind, apply.Kinds()[d.kind].Version)
	if meta.IsNoMatchError(err) {
		return false, nil
	}
	return err == nil, err
}

func (d *Detector) watch(ctx context.Context) error {
	for _, s := range d.subscribers {
		if err := d.watchKind(s); err != nil {
			return err
		}
	}
	d.found.Store(true)
	for _, s := range d.subscribers {
		if err := s.Controller.Watch(source.Kind(d.cache, s.Intent, s.Handlers.All)); err != nil {
			return fmt.Errorf("look at every %T anew: %w", s.Intent, err)
		}
	}
	log.FromContext(ctx).Info("an optional kind is installed and used from now on", "kind", d.kind.String())
	return nil
}

func (d *Detector) watchKind(s Subscriber) error {
	child := apply.Kinds()[d.kind].New(d.kind)
	if err := s.Controller.Watch(source.Kind(d.cache, child, s.Handlers.Events)); err != nil {
		return fmt.Errorf("watch %s: %w", d.kind, err)
	}
	return nil
}
