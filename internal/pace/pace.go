// Package pace keeps a controller from looking at one object more often than
// once a period, however many events arrive: the first event is handled at
// once, those that follow are gathered until the period is over.
//
// It is not a rate limiter for failures; the workqueue's own does that.
package pace

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// Floor is the least time between two looks at one object.
type Floor struct {
	period time.Duration
	now    func() time.Time
	mu     sync.Mutex
	last   map[reconcile.Request]time.Time
}

// NewFloor makes a Floor.
func NewFloor(period time.Duration) *Floor {
	return &Floor{period: period, now: time.Now, last: map[reconcile.Request]time.Time{}}
}

// Begin notes that a look at an object begins now.
func (f *Floor) Begin(req reconcile.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last[req] = f.now()
}

// Forget drops an object that is gone.
func (f *Floor) Forget(req reconcile.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.last, req)
}

// wait is how long an event that arrives now is held back.
func (f *Floor) wait(req reconcile.Request) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.last[req]
	if !ok {
		return 0
	}
	return max(0, f.period-f.now().Sub(last))
}

// MapFunc says which objects an event concerns.
type MapFunc func(context.Context, client.Object) []reconcile.Request

// Self maps an object to itself.
func Self(_ context.Context, obj client.Object) []reconcile.Request {
	return []reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(obj)}}
}

// Handler enqueues what an event concerns, before and after an update, no
// sooner than the floor allows.
func (f *Floor) Handler(concerns MapFunc) handler.EventHandler {
	return f.After(0, concerns)
}

// After is Handler with an additional delay, for events that matter little and
// come in swarms.
func (f *Floor) After(delay time.Duration, concerns MapFunc) handler.EventHandler {
	return &eventHandler{floor: f, delay: delay, concerns: concerns}
}

// DiffFunc says which objects two versions of an object say different things of.
type DiffFunc func(was, is client.Object) []reconcile.Request

// Differing is After for updates alone, of what a change concerns rather than
// all the object does.
func (f *Floor) Differing(delay time.Duration, concerns DiffFunc) handler.EventHandler {
	return handler.Funcs{UpdateFunc: func(_ context.Context, e event.UpdateEvent, q queue) {
		for _, req := range concerns(e.ObjectOld, e.ObjectNew) {
			q.AddAfter(req, max(delay, f.wait(req)))
		}
	}}
}

type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]

type eventHandler struct {
	floor    *Floor
	delay    time.Duration
	concerns MapFunc
}

func (h *eventHandler) Create(ctx context.Context, e event.CreateEvent, q queue) {
	// What is merely there at start yields to what changes.
	priority := 0
	if e.IsInInitialList {
		priority = handler.LowPriority
	}
	h.add(ctx, q, priority, e.Object)
}

func (h *eventHandler) Update(ctx context.Context, e event.UpdateEvent, q queue) {
	priority := 0
	if e.ObjectOld.GetResourceVersion() == e.ObjectNew.GetResourceVersion() {
		priority = handler.LowPriority // a resync
	}
	h.add(ctx, q, priority, e.ObjectOld, e.ObjectNew)
}

func (h *eventHandler) Delete(ctx context.Context, e event.DeleteEvent, q queue) {
	h.add(ctx, q, 0, e.Object)
}

func (h *eventHandler) Generic(ctx context.Context, e event.GenericEvent, q queue) {
	h.add(ctx, q, 0, e.Object)
}

func (h *eventHandler) add(ctx context.Context, q queue, priority int, objs ...client.Object) {
	seen := map[reconcile.Request]bool{}
	for _, obj := range objs {
		for _, req := range h.concerns(ctx, obj) {
			if seen[req] {
				continue
			}
			seen[req] = true
			after := max(h.delay, h.floor.wait(req))
			if pq, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
				pq.AddWithOpts(priorityqueue.AddOpts{After: after, Priority: ptr.To(priority)}, req)
				continue
			}
			q.AddAfter(req, after)
		}
	}
}
