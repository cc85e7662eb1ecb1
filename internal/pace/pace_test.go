package pace

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func configMap(name, version string) client.Object {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, ResourceVersion: version}}
}

func request(name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "n", Name: name}}
}

// handed is one item a queue handed out.
type handed struct {
	name     string
	priority int
	at       time.Duration
}

// watch hands out what a queue holds and notes when, in the clock of the test.
func watch(q priorityqueue.PriorityQueue[reconcile.Request], begin func(reconcile.Request)) *[]handed {
	start, looks := time.Now(), &[]handed{}
	go func() {
		for {
			req, priority, shutdown := q.GetWithPriority()
			if shutdown {
				return
			}
			begin(req)
			*looks = append(*looks, handed{req.Name, priority, time.Since(start)})
			q.Done(req)
		}
	}()
	return looks
}

// withQueue runs a test with a real priority queue and a clock of its own.
func withQueue(t *testing.T, test func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := priorityqueue.New[reconcile.Request]("test")
		defer q.ShutDown()
		test(t, NewFloor(time.Second), q)
	})
}

func TestLeadingEdgeIsImmediateAndSwarmIsGathered(t *testing.T) {
	withQueue(t, func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request]) {
		t.Helper()
		looks := watch(q, f.Begin)
		h := f.Handler(Self)
		// One event every 27 ms, so that none arrives in the very instant of a look:
		// whether it is gathered then or looked at anew is anybody's guess.
		for range 100 {
			h.Update(context.Background(), event.UpdateEvent{ObjectOld: configMap("a", "1"), ObjectNew: configMap("a", "2")}, q)
			time.Sleep(27 * time.Millisecond)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}
		if len(*looks) != len(want) {
			t.Fatalf("%d looks in %v, want %d", len(*looks), *looks, len(want))
		}
		for i, l := range *looks {
			if late := l.at - want[i]; late < 0 || late > 50*time.Millisecond {
				t.Errorf("look %d after %v, want %v", i, l.at, want[i])
			}
		}
	})
}

func TestObjectsDoNotWaitForEachOther(t *testing.T) {
	withQueue(t, func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request]) {
		t.Helper()
		looks := watch(q, f.Begin)
		h := f.Handler(Self)
		for _, name := range []string{"a", "b", "c"} {
			h.Create(context.Background(), event.CreateEvent{Object: configMap(name, "1")}, q)
		}
		synctest.Wait()
		if len(*looks) != 3 || (*looks)[2].at != 0 {
			t.Errorf("looks %v, want three at once", *looks)
		}
	})
}

// TestPeriodGrowsWhileChangesKeepComing: a stream costs few looks, the last of
// them after its end, and the next change is not held back.
func TestPeriodGrowsWhileChangesKeepComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := NewGrowingFloor(time.Second, 4*time.Second)
		q := priorityqueue.New[reconcile.Request]("test")
		defer q.ShutDown()
		looks := watch(q, f.Begin)
		h, slow := f.Handler(Self), f.After(50*time.Millisecond, Self)
		change := func(h handler.EventHandler) {
			h.Update(t.Context(), event.UpdateEvent{ObjectOld: configMap("a", "1"), ObjectNew: configMap("a", "2")}, q)
		}
		for range 370 { // 9.99 s
			change(h)
			time.Sleep(27 * time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		change(h) // alone
		time.Sleep(100 * time.Millisecond)
		change(slow) // does not count
		time.Sleep(10 * time.Second)
		change(h)
		for range 3 { // step by step
			time.Sleep(100 * time.Millisecond)
			change(h)
		}
		time.Sleep(1500 * time.Millisecond)
		change(h)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		want := []int{0, 1000, 3000, 7000, 11000, 29990, 30990, 40090, 41090, 42090} // in ms
		if len(*looks) != len(want) {
			t.Fatalf("%d looks in %v, want %d", len(*looks), *looks, len(want))
		}
		for i, l := range *looks {
			if late := int(l.at.Milliseconds()) - want[i]; late < 0 || late > 50 {
				t.Errorf("look %d after %v, want %d ms", i, l.at, want[i])
			}
		}
	})
}

func TestForgottenObjectStartsAnew(t *testing.T) {
	f := NewFloor(time.Minute)
	clock := time.Unix(1000, 0)
	f.now = func() time.Time { return clock }
	if got := f.wait(request("a"), true); got != 0 {
		t.Errorf("the first event waits %v", got)
	}
	f.Begin(request("a"))
	clock = clock.Add(20 * time.Second)
	if got := f.wait(request("a"), true); got != 40*time.Second {
		t.Errorf("after 20 s an event waits %v, want 40s", got)
	}
	clock = clock.Add(time.Hour)
	if got := f.wait(request("a"), true); got != 0 {
		t.Errorf("after an hour an event waits %v", got)
	}
	f.Begin(request("a"))
	f.Forget(request("a"))
	if got := f.wait(request("a"), true); got != 0 || len(f.last) != 0 {
		t.Errorf("a forgotten object waits %v, %d are remembered", got, len(f.last))
	}
}

func TestDelayGathersASwarm(t *testing.T) {
	withQueue(t, func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request]) {
		t.Helper()
		looks := watch(q, f.Begin)
		h := f.After(5*time.Second, Self)
		for range 20 {
			h.Create(context.Background(), event.CreateEvent{Object: configMap("a", "1")}, q)
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(*looks) != 1 || (*looks)[0].at < 5*time.Second {
			t.Errorf("looks %v, want one after five seconds", *looks)
		}
	})
}

func TestPriorities(t *testing.T) {
	ctx := context.Background()
	for _, tc := range []struct {
		name string
		send func(handler.EventHandler, queue)
		want int
	}{
		{"there at start", func(h handler.EventHandler, q queue) {
			h.Create(ctx, event.CreateEvent{Object: configMap("a", "1"), IsInInitialList: true}, q)
		}, handler.LowPriority},
		{"resync", func(h handler.EventHandler, q queue) {
			h.Update(ctx, event.UpdateEvent{ObjectOld: configMap("a", "1"), ObjectNew: configMap("a", "1")}, q)
		}, handler.LowPriority},
		{"new", func(h handler.EventHandler, q queue) {
			h.Create(ctx, event.CreateEvent{Object: configMap("a", "1")}, q)
		}, 0},
		{"changed", func(h handler.EventHandler, q queue) {
			h.Update(ctx, event.UpdateEvent{ObjectOld: configMap("a", "1"), ObjectNew: configMap("a", "2")}, q)
		}, 0},
		{"deleted", func(h handler.EventHandler, q queue) {
			h.Delete(ctx, event.DeleteEvent{Object: configMap("a", "1")}, q)
		}, 0},
		{"generic", func(h handler.EventHandler, q queue) {
			h.Generic(ctx, event.GenericEvent{Object: configMap("a", "1")}, q)
		}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withQueue(t, func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request]) {
				t.Helper()
				looks := watch(q, f.Begin)
				tc.send(f.Handler(Self), q)
				synctest.Wait()
				if len(*looks) != 1 || (*looks)[0].priority != tc.want {
					t.Errorf("looks %v, want one of priority %d", *looks, tc.want)
				}
			})
		})
	}
}

func TestStartYieldsToChanges(t *testing.T) {
	withQueue(t, func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request]) {
		t.Helper()
		h := f.Handler(Self)
		for _, name := range []string{"a", "b", "c"} {
			h.Create(context.Background(), event.CreateEvent{Object: configMap(name, "1"), IsInInitialList: true}, q)
		}
		h.Update(context.Background(), event.UpdateEvent{ObjectOld: configMap("z", "1"), ObjectNew: configMap("z", "2")}, q)
		synctest.Wait()
		looks := watch(q, f.Begin)
		synctest.Wait()
		if len(*looks) != 4 || (*looks)[0].name != "z" {
			t.Errorf("looks %v, want z first of four", *looks)
		}
	})
}

func TestUpdateConcernsBeforeAndAfter(t *testing.T) {
	withQueue(t, func(t *testing.T, f *Floor, q priorityqueue.PriorityQueue[reconcile.Request]) {
		t.Helper()
		looks := watch(q, f.Begin)
		byVersion := func(_ context.Context, obj client.Object) []reconcile.Request {
			return []reconcile.Request{request("both"), request("at-" + obj.GetResourceVersion())}
		}
		f.Handler(byVersion).Update(context.Background(), event.UpdateEvent{ObjectOld: configMap("a", "1"), ObjectNew: configMap("a", "2")}, q)
		synctest.Wait()
		got := map[string]int{}
		for _, l := range *looks {
			got[l.name]++
		}
		if len(got) != 3 || got["both"] != 1 || got["at-1"] != 1 || got["at-2"] != 1 {
			t.Errorf("looks %v, want both, at-1 and at-2 once each", got)
		}
	})
}

func TestPlainQueue(t *testing.T) {
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer q.ShutDown()
	NewFloor(time.Second).Handler(Self).Delete(t.Context(), event.DeleteEvent{Object: configMap("a", "1")}, q)
	if got, _ := q.Get(); got != request("a") {
		t.Errorf("got %v from a queue without priorities, want a", got)
	}
}
