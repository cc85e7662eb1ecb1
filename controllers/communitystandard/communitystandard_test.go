package communitystandard

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

const patience = 30 * time.Second

func eventually(t *testing.T, what string, ask func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = ask(); err == nil {
			return
		}
	}
	t.Fatalf("no %s: %v", what, err)
}

// unique makes a name that no earlier run of a test has used: standards are no
// namespace's.
func unique(name string) string { return fmt.Sprintf("%s-%d", name, time.Now().UnixNano()) }

// create makes a standard whose status, when the test ends, is held against the
// invariants of a status.
func create(t *testing.T, name string, edit func(*v1alpha1.CommunityStandardSpec)) *v1alpha1.CommunityStandard {
	t.Helper()
	st := &v1alpha1.CommunityStandard{ObjectMeta: metav1.ObjectMeta{Name: name}}
	st.Spec.Title.ZH = "标准"
	edit(&st.Spec)
	if err := env.Client.Create(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		eventually(t, "sound status", func() error {
			left := &v1alpha1.CommunityStandard{}
			if err := env.Client.Get(context.Background(), client.ObjectKeyFromObject(st), left); err != nil {
				return client.IgnoreNotFound(err)
			}
			return conditions.Check(left.Status.Conditions, left.Generation, left.Status.ObservedGeneration, !left.DeletionTimestamp.IsZero())
		})
	})
	return st
}

// change edits an object's spec, or its status where sub is "status".
func change(t *testing.T, obj client.Object, sub string, edit func()) {
	t.Helper()
	if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(obj), obj); err != nil {
		t.Fatal(err)
	}
	patch := client.MergeFrom(obj.DeepCopyObject().(client.Object))
	edit()
	var err error
	if sub == "status" {
		err = env.Client.Status().Patch(t.Context(), obj, patch)
	} else {
		err = env.Client.Patch(t.Context(), obj, patch)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// expect waits for a condition in the form "Type=Status Reason" and a text in
// its message, at the standard's own generation.
func expect(t *testing.T, st *v1alpha1.CommunityStandard, want, text string) {
	t.Helper()
	eventually(t, want, func() error {
		if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(st), st); err != nil {
			return err
		}
		kind, _, _ := strings.Cut(want, "=")
		c := meta.FindStatusCondition(st.Status.Conditions, kind)
		if c == nil || st.Status.ObservedGeneration != st.Generation {
			return fmt.Errorf("%+v", st.Status)
		}
		if is := fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason); is != want || !strings.Contains(c.Message, text) {
			return fmt.Errorf("it is %s and says %q", is, c.Message)
		}
		return nil
	})
}

func expectCounts(t *testing.T, st *v1alpha1.CommunityStandard, communities, conforming int64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d communities, %d conforming", communities, conforming), func() error {
		if err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(st), st); err != nil {
			return err
		}
		if n, m := ptr.Deref(st.Status.Communities, -1), ptr.Deref(st.Status.Conforming, -1); n != communities || m != conforming {
			return fmt.Errorf("counts %d and %d", n, m)
		}
		return nil
	})
}

func TestReady(t *testing.T) {
	t.Parallel()
	st := create(t, unique("ready"), func(s *v1alpha1.CommunityStandardSpec) {
		s.Size = &v1alpha1.SizeRule{MinHouseholds: 1000, MaxHouseholds: 3000}
		s.Grid = &v1alpha1.GridRule{MinHouseholds: 500, MaxHouseholds: 800}
		s.Burden = &v1alpha1.BurdenRule{Ledgers: ptr.To[int64](6), Signboards: ptr.To[int64](2)}
	})
	expect(t, st, "Ready=True Ready", "4 rules")
	if *st.Status.Rules != 4 || *st.Status.Communities != 0 || *st.Status.Conforming != 0 {
		t.Errorf("counts %+v", st.Status)
	}
	change(t, st, "", func() { st.Spec.Grid = nil })
	expect(t, st, "Ready=True Ready", "3 rules")
	at := st.ResourceVersion
	time.Sleep(3 * time.Second)
	expect(t, st, "Ready=True Ready", "")
	if st.ResourceVersion != at {
		t.Error("written at rest")
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	st := create(t, unique("invalid"), func(s *v1alpha1.CommunityStandardSpec) {
		s.Calendar = &v1alpha1.Calendar{TimeZone: "Asia/Xian", Holidays: []v1alpha1.Date{"2026-10-10"}, MakeUpDays: []v1alpha1.Date{"2026-10-10", "2026-10-12"}}
		s.Premises = &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{{SquareMeters: 300}, {SquareMeters: 200}}}
	})
	for _, text := range []string{"Asia/Xian", "both a holiday and a make-up day", "2026-10-12 is a Monday", "spec.premises.bands[1] is never reached"} {
		expect(t, st, "Ready=False InvalidSpec", text)
		expect(t, st, "Stalled=True InvalidSpec", text)
	}
	change(t, st, "", func() {
		st.Spec.Calendar = &v1alpha1.Calendar{TimeZone: "Asia/Shanghai", Holidays: []v1alpha1.Date{"2026-10-01"}, MakeUpDays: []v1alpha1.Date{"2026-10-10"}}
		st.Spec.Premises.Bands = st.Spec.Premises.Bands[:1]
	})
	expect(t, st, "Ready=True Ready", "1 rule ")
}

func TestCounts(t *testing.T) {
	t.Parallel()
	namespace := env.Namespace(t, v1alpha1.RoleSubdistrict)
	community := func(name, standard string) *v1alpha1.Community {
		c := &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
		c.Spec.DisplayName.ZH, c.Spec.StandardRef.Name = "社区", standard
		c.Spec.Profile = v1alpha1.CommunityProfile{Households: 2000, Residents: 6000}
		if err := env.Client.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return c
	}
	say := func(c *v1alpha1.Community, results ...v1alpha1.NormResult) {
		change(t, c, "status", func() {
			c.Status.Norms = nil
			for i, r := range results {
				c.Status.Norms = append(c.Status.Norms, v1alpha1.NormStatus{Rule: fmt.Sprintf("Rule%d", i), Result: r})
			}
		})
	}
	name := unique("counted")
	early := community("early", name) // before its standard
	st := create(t, name, func(*v1alpha1.CommunityStandardSpec) {})
	other := create(t, unique("other"), func(*v1alpha1.CommunityStandardSpec) {})
	expectCounts(t, st, 1, 0)
	late := community("late", name)
	expectCounts(t, st, 2, 0)
	say(early, v1alpha1.NormMet, v1alpha1.NormUnknown)
	say(late, v1alpha1.NormMet, v1alpha1.NormNotMet)
	expectCounts(t, st, 2, 1)
	say(late, v1alpha1.NormMet)
	expectCounts(t, st, 2, 2)
	change(t, late, "", func() { late.Spec.StandardRef.Name = other.Name })
	expectCounts(t, st, 1, 1)
	expectCounts(t, other, 1, 1)
	if err := env.Client.Delete(t.Context(), early); err != nil {
		t.Fatal(err)
	}
	expectCounts(t, st, 0, 0)
	expect(t, st, "Ready=True Ready", "")
}

// A standard goes although communities name it; somebody else's finalizer is
// named.
func TestDeletion(t *testing.T) {
	t.Parallel()
	st := create(t, unique("going"), func(*v1alpha1.CommunityStandardSpec) {})
	change(t, st, "", func() { st.Finalizers = []string{"example.org/hold"} })
	expect(t, st, "Ready=True Ready", "")
	if err := env.Client.Delete(t.Context(), st); err != nil {
		t.Fatal(err)
	}
	expect(t, st, "Ready=False Deleting", "example.org/hold")
	change(t, st, "", func() { st.Finalizers = nil })
	eventually(t, "end of the standard", func() error {
		err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(st), st)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there: %w", err)
	})
}

// Twelve communities whose norms change together cost a standard one or two
// writes.
func TestSwarm(t *testing.T) {
	t.Parallel()
	namespace := env.Namespace(t, v1alpha1.RoleSubdistrict)
	st := create(t, unique("swarm"), func(*v1alpha1.CommunityStandardSpec) {})
	expectCounts(t, st, 0, 0)
	watch, err := client.NewWithWatch(env.Config, client.Options{Scheme: env.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	events, err := watch.Watch(t.Context(), &v1alpha1.CommunityStandardList{}, client.MatchingFields{"metadata.name": st.Name},
		&client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: st.ResourceVersion}})
	if err != nil {
		t.Fatal(err)
	}
	written := make(chan int, 1)
	go func() {
		n := 0
		for range events.ResultChan() {
			n++
		}
		written <- n
	}()
	for i := range 12 {
		c := &v1alpha1.Community{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("c%d", i)}}
		c.Spec.DisplayName.ZH, c.Spec.StandardRef.Name = "社区", st.Name
		c.Spec.Profile = v1alpha1.CommunityProfile{Households: 2000, Residents: 6000}
		if err := env.Client.Create(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		change(t, c, "status", func() { c.Status.Norms = []v1alpha1.NormStatus{{Rule: "Size", Result: v1alpha1.NormMet}} })
		time.Sleep(100 * time.Millisecond)
	}
	expectCounts(t, st, 12, 12)
	time.Sleep(gather + floorPeriod)
	events.Stop()
	if n := <-written; n < 1 || n > 2 {
		t.Errorf("%d writes", n)
	}
}
