package controllertest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
	"github.com/shequ-io/shequ/internal/conditions"
)

// patience is how long a test waits for what should be so within a second.
const patience = 30 * time.Second

// World is one test's sub-district, with a standard of its own.
type World struct {
	*testing.T

	Suite     *Suite
	Namespace string
	Standard  string
}

// World makes a sub-district and its standard. Every Community and
// ServiceStation the test leaves in it is held against the invariants.
func (s *Suite) World(t *testing.T) *World {
	t.Helper()
	w := &World{t, s, s.Env.Namespace(t, v1alpha1.RoleSubdistrict), ""}
	w.Standard = "standard-" + w.Namespace
	w.Create(NewStandard(w.Standard))
	t.Cleanup(func() { w.Eventually("sound statuses", w.sound) })
	return w
}

// sound holds what the test leaves against the invariants.
func (w *World) sound() error {
	// The test's own context has ended.
	ctx := context.Background()
	var err error
	var all []client.Object
	for _, list := range []client.ObjectList{&v1alpha1.CommunityList{}, &v1alpha1.ServiceStationList{}, &v1alpha1.TaskLedgerList{}} {
		err = errors.Join(err, w.Suite.Env.Client.List(ctx, list, client.InNamespace(w.Namespace)),
			meta.EachListItem(list, func(item runtime.Object) error {
				all = append(all, item.(client.Object))
				return nil
			}))
	}
	for _, obj := range all {
		conds, observed := Status(obj)
		if observed != obj.GetGeneration() {
			err = errors.Join(err, fmt.Errorf("%T %s: generation %d is not observed", obj, obj.GetName(), obj.GetGeneration()))
		}
		err = errors.Join(err, conditions.Check(conds, obj.GetGeneration(), observed, !obj.GetDeletionTimestamp().IsZero()))
	}
	return err
}

// Eventually waits until ask has no objection.
func (w *World) Eventually(what string, ask func() error) {
	w.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(40 * time.Millisecond) {
		if err = ask(); err == nil {
			return
		}
	}
	w.Fatalf("no %s: %v", what, err)
}

// Create makes objects.
func (w *World) Create(objects ...client.Object) {
	w.Helper()
	for _, obj := range objects {
		if err := w.Suite.Env.Client.Create(w.Context(), obj); err != nil {
			w.Fatal(err)
		}
	}
}

// Delete deletes objects.
func (w *World) Delete(objects ...client.Object) {
	w.Helper()
	for _, obj := range objects {
		if err := w.Suite.Env.Client.Delete(w.Context(), obj); err != nil {
			w.Fatal(err)
		}
	}
}

// Get reads an object as it is now.
func (w *World) Get(obj client.Object) {
	w.Helper()
	if err := w.Suite.Env.Client.Get(w.Context(), client.ObjectKeyFromObject(obj), obj); err != nil {
		w.Fatal(err)
	}
}

// Gone waits until an object is not there.
func (w *World) Gone(objects ...client.Object) {
	w.Helper()
	for _, obj := range objects {
		w.Eventually(fmt.Sprintf("end of %T %s", obj, obj.GetName()), func() error {
			err := w.Suite.Env.Client.Get(w.Context(), client.ObjectKeyFromObject(obj), obj)
			if err == nil {
				return errors.New("it is there")
			}
			return client.IgnoreNotFound(err)
		})
	}
}

// There waits until an object is there and, if asked, as it should be.
func (w *World) There(obj client.Object, as ...func() error) {
	w.Helper()
	w.Eventually(fmt.Sprintf("%T %s", obj, obj.GetName()), func() error {
		if err := w.Suite.Env.Client.Get(w.Context(), client.ObjectKeyFromObject(obj), obj); err != nil {
			return err
		}
		for _, is := range as {
			if err := is(); err != nil {
				return err
			}
		}
		return nil
	})
}

// Change edits an object as it is now.
func Change[T client.Object](w *World, obj T, edit func(T)) {
	w.Helper()
	w.Eventually("change", func() error {
		w.Get(obj)
		before, ok := obj.DeepCopyObject().(client.Object)
		if !ok {
			return errors.New("no copy")
		}
		edit(obj)
		err := w.Suite.Env.Client.Patch(w.Context(), obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}), client.FieldOwner("somebody"))
		if err != nil && !apierrors.IsConflict(err) {
			w.Fatal(err)
		}
		return err
	})
}

// Condition waits until a condition is as said, at the object's present
// generation, and its message holds every text.
func (w *World) Condition(obj client.Object, kind string, status metav1.ConditionStatus, reason string, texts ...string) {
	w.Helper()
	w.There(obj, func() error {
		conds, observed := Status(obj)
		c := meta.FindStatusCondition(conds, kind)
		if c == nil || c.Status != status || c.Reason != reason || observed != obj.GetGeneration() {
			return fmt.Errorf("conditions at generation %d of %d: %s", observed, obj.GetGeneration(), say(conds))
		}
		for _, text := range texts {
			if !strings.Contains(c.Message, text) {
				return fmt.Errorf("%s says %q, want it to say %q", kind, c.Message, text)
			}
		}
		return nil
	})
}

// Absent waits until an object has no condition of a type.
func (w *World) Absent(obj client.Object, kind string) {
	w.Helper()
	w.There(obj, func() error {
		conds, _ := Status(obj)
		if c := meta.FindStatusCondition(conds, kind); c != nil {
			return fmt.Errorf("%s is %s: %s", kind, c.Status, c.Message)
		}
		return nil
	})
}

func say(conds []metav1.Condition) string {
	var out []string
	for _, c := range conds {
		out = append(out, fmt.Sprintf("%s=%s (%s: %s)", c.Type, c.Status, c.Reason, c.Message))
	}
	return strings.Join(out, "\n\t")
}

// Ready waits until objects are ready.
func (w *World) Ready(objects ...client.Object) {
	w.Helper()
	for _, obj := range objects {
		w.Condition(obj, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady)
	}
}

// Events of the sub-district with a reason, or any without one, whose note holds a text.
func (w *World) Events(reason, text string) []eventsv1.Event {
	w.Helper()
	var list eventsv1.EventList
	if err := w.Suite.Env.Client.List(w.Context(), &list, client.InNamespace(w.Namespace)); err != nil {
		w.Fatal(err)
	}
	var out []eventsv1.Event
	for _, e := range list.Items {
		if (reason == "" || e.Reason == reason) && strings.Contains(e.Note, text) {
			out = append(out, e)
		}
	}
	return out
}

// Event waits for an event.
func (w *World) Event(reason, text string) {
	w.Helper()
	w.Eventually("event "+reason+" about "+text, func() error {
		if len(w.Events(reason, text)) > 0 {
			return nil
		}
		var others []string
		for _, e := range w.Events("", "") {
			others = append(others, e.Reason+": "+e.Note)
		}
		return fmt.Errorf("there are %q", others)
	})
}

// Home is the home namespace of one of the sub-district's communities.
func (w *World) Home(community string) string {
	return blueprint.HomeNamespace(w.Namespace, community)
}

// Hold keeps the Deployments of a namespace from becoming available, or lets
// them.
func (w *World) Hold(namespace string, on bool) { w.Suite.cluster.hold(namespace, on) }

// Settle waits until the operator has sent no write about the namespaces for
// longer than any of its delays.
func (w *World) Settle(namespaces ...string) {
	w.Helper()
	last, since := -1, time.Now()
	w.Eventually("rest", func() error {
		if n := len(w.Suite.Traffic.Writes(namespaces...)); n != last {
			last, since = n, time.Now()
		}
		if quiet := time.Since(since); quiet < 2500*time.Millisecond {
			return fmt.Errorf("%d writes, the last %v ago: %v", last, quiet, w.Suite.Traffic.Writes(namespaces...))
		}
		return nil
	})
}

// Finalise ends a namespace's deletion, as the namespace controller would once
// it is empty.
func (w *World) Finalise(name string) {
	w.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	w.There(ns, func() error {
		if ns.DeletionTimestamp == nil {
			return errors.New("it is not being deleted")
		}
		return nil
	})
	ns.Spec.Finalizers = nil
	if err := w.Suite.Env.Client.SubResource("finalize").Update(w.Context(), ns); err != nil {
		w.Fatal(err)
	}
}

// NewStandard is a standard with a few rules and one data element.
func NewStandard(name string) *v1alpha1.CommunityStandard {
	return &v1alpha1.CommunityStandard{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.CommunityStandardSpec{
			Title:        v1alpha1.LocalizedText{ZH: "试行标准", EN: "Trial standard"},
			DataElements: []v1alpha1.DataElement{{Code: "applicant-name", Title: v1alpha1.LocalizedText{ZH: "申请人姓名"}, Type: "Text", Class: "Base"}},
			Size:         &v1alpha1.SizeRule{MinHouseholds: 1000, MaxHouseholds: 3000},
		},
	}
}

// Community is a community of the sub-district, not yet created.
func (w *World) Community(name string) *v1alpha1.Community {
	return &v1alpha1.Community{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: name},
		Spec: v1alpha1.CommunitySpec{
			DisplayName: v1alpha1.LocalizedText{ZH: "试社区", EN: "Trial Community"},
			StandardRef: v1alpha1.LocalReference{Name: w.Standard},
			Profile:     v1alpha1.CommunityProfile{Households: 1500, Residents: 4000},
		},
	}
}

// Station is the station of a community, not yet created.
func (w *World) Station(community string) *v1alpha1.ServiceStation {
	return &v1alpha1.ServiceStation{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.Namespace, Name: community},
		Spec: v1alpha1.ServiceStationSpec{
			CommunityRef: v1alpha1.LocalReference{Name: community},
			Items: []v1alpha1.StationItem{{
				Name: "residence-certificate", Title: v1alpha1.LocalizedText{ZH: "居住证明"}, DataElements: []v1alpha1.DataElementCode{"applicant-name"},
			}},
			Windows: []v1alpha1.StationWindow{{Name: "one", Items: []string{"residence-certificate"}}},
		},
	}
}
