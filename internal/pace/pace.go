// Package pace keeps a controller from looking at one object more often than
// once a period, however many events arrive: the first event is handled at
// once, those that follow are gathered until the period is over. Where events
// keep coming, the period may grow.
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
	period, most time.Duration
	now          func() time.Time
	mu           sync.Mutex
	last         map[reconcile.Request]look
}

// look is the last look at an object.
type look struct {
	at     time.Time
	period time.Duration // that the next look keeps away
	held   int           // the changes that came within it
}

// swarm is how many changes within a period make the next one longer. What
// somebody does step by step is not meant.
const swarm = 10

// NewFloor makes a Floor.
func NewFloor(period time.Duration) *Floor { return NewGrowingFloor(period, period) }

// NewGrowingFloor makes a Floor whose period doubles, up to the most, with each
// swarm of changes in it, and is the first again after one without: an object
// that changes all the time is looked at now and then, one that changes now and
// then at once.
func NewGrowingFloor(period, most time.Duration) *Floor {
	return &Floor{period: period, most: most, now: time.Now, last: map[reconcile.Request]look{}}
}

// Begin notes that a look at an object begins now.
func (f *Floor) Begin(req reconcile.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := look{at: f.now(), period: f.period}
	if last := f.last[req]; last.held >= swarm {
		next.period = min(2*last.period, f.most)
	}
	f.last[req] = next
}

// Forget drops an object that is gone.
func (f *Floor) Forget(req reconcile.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.last, req)
}

// wait is how long an event that arrives now is held back. Only one that asks
// for a look at once makes the period grow.
func (f *Floor) wait(req reconcile.Request, atOnce bool) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	last, ok := f.last[req]
	if !ok {
		return 0
	}
	left := max(0, last.period-f.now().Sub(last.at))
	if left > 0 && atOnce {
		last.held++
		f.last[req] = last
	}
	return left
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
// come in swarms. They do not make the period grow.
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
			q.AddAfter(req, max(delay, f.wait(req, delay == 0)))
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
			after := max(h.delay, h.floor.wait(req, h.delay == 0))
			if pq, ok := q.(priorityqueue.PriorityQueue[reconcile.Request]); ok {
				pq.AddWithOpts(priorityqueue.AddOpts{After: after, Priority: ptr.To(priority)}, req)
				continue
			}
			q.AddAfter(req, after)
		}
	}
}
