package grid

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

const patience = 20 * time.Second

// world is one test's sub-district.
type world struct {
	*testing.T
	namespace string
}

// newWorld makes a sub-district. Every grid the test leaves in it is held
// against the invariants of a status.
func newWorld(t *testing.T) world {
	t.Helper()
	w := world{t, env.Namespace(t, v1alpha1.RoleSubdistrict)}
	t.Cleanup(func() { w.eventually("sound statuses", w.sound) })
	return w
}

func (w world) sound() error {
	var list v1alpha1.GridList
	if err := env.Client.List(context.Background(), &list, client.InNamespace(w.namespace)); err != nil {
		return err
	}
	for i := range list.Items {
		g := &list.Items[i]
		if g.Status.ObservedGeneration != g.Generation {
			return fmt.Errorf("%s: generation %d is not observed", g.Name, g.Generation)
		}
		if err := conditions.Check(g.Status.Conditions, g.Generation, g.Status.ObservedGeneration, !g.DeletionTimestamp.IsZero()); err != nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	return nil
}

func (w world) eventually(what string, ask func() error) {
	w.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = ask(); err == nil {
			return
		}
	}
	w.Fatalf("no %s: %v", what, err)
}

func (w world) create(objects ...client.Object) {
	w.Helper()
	for _, o := range objects {
		if err := env.Client.Create(w.Context(), o); err != nil {
			w.Fatal(err)
		}
	}
}

func (w world) delete(objects ...client.Object) {
	w.Helper()
	for _, o := range objects {
		if err := env.Client.Delete(w.Context(), o); err != nil {
			w.Fatal(err)
		}
	}
}

// change edits a grid as it is now.
func (w world) change(name string, edit func(*v1alpha1.Grid)) {
	w.Helper()
	g := w.get(name)
	before := g.DeepCopy()
	edit(g)
	if err := env.Client.Patch(w.Context(), g, client.MergeFrom(before)); err != nil {
		w.Fatal(err)
	}
}

func (w world) get(name string) *v1alpha1.Grid {
	w.Helper()
	g := &v1alpha1.Grid{}
	if err := env.Client.Get(w.Context(), types.NamespacedName{Namespace: w.namespace, Name: name}, g); err != nil {
		w.Fatal(err)
	}
	return g
}

// expect waits until a grid's condition is as said, in the form
// "Type=Status Reason", and its message holds a text.
func (w world) expect(name, want, text string) *v1alpha1.Grid {
	w.Helper()
	var g *v1alpha1.Grid
	w.eventually(fmt.Sprintf("%s of %s that says %q", want, name, text), func() error {
		g = w.get(name)
		if g.Status.ObservedGeneration != g.Generation {
			return fmt.Errorf("generation %d is not observed", g.Generation)
		}
		kind, _, _ := strings.Cut(want, "=")
		c := meta.FindStatusCondition(g.Status.Conditions, kind)
		if is := said(c); is != want {
			return fmt.Errorf("it is %s, all: %s", is, all(g))
		}
		if c != nil && !strings.Contains(c.Message, text) {
			return fmt.Errorf("it says %q", c.Message)
		}
		return nil
	})
	return g
}

// said is a condition in the form of expect; "Type" alone stands for absence
// there.
func said(c *metav1.Condition) string {
	if c == nil {
		return "absent"
	}
	return fmt.Sprintf("%s=%s %s", c.Type, c.Status, c.Reason)
}

func all(g *v1alpha1.Grid) string {
	var out []string
	for i := range g.Status.Conditions {
		out = append(out, said(&g.Status.Conditions[i])+" ("+g.Status.Conditions[i].Message+")")
	}
	return strings.Join(out, ", ")
}

// absent waits until a grid is looked at and has no such condition.
func (w world) absent(name, kind string) {
	w.Helper()
	w.eventually("absence of "+kind, func() error {
		g := w.get(name)
		if g.Status.ObservedGeneration != g.Generation {
			return fmt.Errorf("generation %d is not observed", g.Generation)
		}
		if c := meta.FindStatusCondition(g.Status.Conditions, kind); c != nil {
			return fmt.Errorf("it is %s", said(c))
		}
		return nil
	})
}

// workersBelow waits until a grid counts so many workers below it.
func (w world) workersBelow(name string, want int64) {
	w.Helper()
	w.eventually(fmt.Sprintf("%d workers below %s", want, name), func() error {
		if r := w.get(name).Status.RollUp; r == nil || *r.Workers != want {
			return fmt.Errorf("the roll-up is %+v", r)
		}
		return nil
	})
}

// quiet watches, once all that was gathered is looked at, that nothing in the
// sub-district is written for a while.
func (w world) quiet(d time.Duration) {
	w.Helper()
	versions := func() map[string]string {
		var list v1alpha1.GridList
		if err := env.Client.List(w.Context(), &list, client.InNamespace(w.namespace)); err != nil {
			w.Fatal(err)
		}
		out := map[string]string{}
		for i := range list.Items {
			out[list.Items[i].Name] = list.Items[i].ResourceVersion
		}
		return out
	}
	time.Sleep(2*floorPeriod + gather)
	was := versions()
	before, _ := written.in(w.namespace)
	time.Sleep(d)
	for name, version := range versions() {
		if version != was[name] {
			w.Errorf("%s was written at rest", name)
		}
	}
	if after, _ := written.in(w.namespace); after != before {
		w.Errorf("%d writes at rest", after-before)
	}
}

// The objects of a test.

func (w world) grid(name string, level int32, parent, boundary string, households int64) *v1alpha1.Grid {
	g := &v1alpha1.Grid{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec:       v1alpha1.GridSpec{Level: level, Boundary: boundary, Households: households},
	}
	if level > 1 {
		g.Spec.ParentRef = &v1alpha1.LocalReference{Name: parent}
		g.Spec.CommunityRef = &v1alpha1.LocalReference{Name: "east"}
	}
	return g
}

func workersNamed(prefix string, n int) []v1alpha1.GridWorker {
	var out []v1alpha1.GridWorker
	for i := range n {
		out = append(out, v1alpha1.GridWorker{ID: fmt.Sprintf("%s-%d", prefix, i)})
	}
	return out
}

func (w world) community(name string) *v1alpha1.Community {
	return &v1alpha1.Community{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.CommunitySpec{
			DisplayName: v1alpha1.LocalizedText{ZH: "东社区"},
			StandardRef: v1alpha1.LocalReference{Name: w.namespace},
			Profile:     v1alpha1.CommunityProfile{Households: 2000, Residents: 6000},
		},
	}
}

// standard is named after the sub-district, since it is no namespace's.
func (w world) standard() *v1alpha1.CommunityStandard {
	return &v1alpha1.CommunityStandard{
		ObjectMeta: metav1.ObjectMeta{Name: w.namespace},
		Spec: v1alpha1.CommunityStandardSpec{
			Title: v1alpha1.LocalizedText{ZH: "标准"},
			Grid:  &v1alpha1.GridRule{MinHouseholds: 500, MaxHouseholds: 800},
		},
	}
}

// district is a sub-district's grid "d" with a community's grid "c" that fills
// it, the community "east" and the standard.
func (w world) district() []client.Object {
	return []client.Object{
		w.grid("d", 1, "", rect(0, 0, 100, 100), 2000), w.grid("c", 2, "d", rect(0, 0, 100, 100), 2000),
		w.community("east"), w.standard(),
	}
}

// rect is a rectangle, its sides in ten-thousandths of a degree: about ten
// metres.
func rect(x0, y0, x1, y1 int) string {
	p := func(x, y int) string { return fmt.Sprintf("[108.%04d,34.%04d]", 9000+x, 2000+y) }
	return fmt.Sprintf(`{"type":"Polygon","coordinates":[[%s,%s,%s,%s,%s]]}`, p(x0, y0), p(x1, y0), p(x1, y1), p(x0, y1), p(x0, y0))
}
