package grid

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// units are three neighbours that fill the community's grid.
func (w world) units() []client.Object {
	var out []client.Object
	for i, households := range []int64{500, 700, 800} {
		name := fmt.Sprintf("u%d", i)
		g := w.grid(name, 3, "c", rect(i*30, 0, i*30+30, 100), households)
		g.Spec.Workers = workersNamed(name, 2)
		out = append(out, g)
	}
	return out
}

func TestFigures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.create(w.units()...)
	for _, name := range []string{"d", "c", "u0", "u1", "u2"} {
		w.expect(name, "Ready=True Ready", "a clear boundary")
	}
	w.expect("u1", "SizeMet=True WithinBounds", "700")
	w.expect("u1", "ParentReady=True CommunityFound", "below Grid c")
	w.expect("d", "ParentReady=True Ready", "by itself")
	w.expect("c", "RollUpMatches=True RollUpMatches", "2000 households, as many as in the 3 grids directly below")
	w.absent("c", v1alpha1.ConditionSizeMet)
	w.absent("d", v1alpha1.ConditionSizeMet)
	w.absent("u0", v1alpha1.ConditionRollUpMatches)
	w.workersBelow("d", 6)

	u := w.get("u1").Status // 350 households a worker
	if u.HouseholdsPerWorker != "350" || u.VisitCycleDays != "70" || *u.VisitsPerMonth != 200 || u.RollUp != nil {
		t.Errorf("figures of a unit: %+v", u)
	}
	c := w.get("c").Status // 2000 households, 6 workers below
	if c.HouseholdsPerWorker != "1000/3" || c.VisitCycleDays != "200/3" || *c.VisitsPerMonth != 600 {
		t.Errorf("figures of a community's grid: %+v", c)
	}
	if r := c.RollUp; r == nil || *r.Grids != 3 || *r.Households != 2000 || *r.Workers != 6 {
		t.Errorf("roll-up of a community's grid: %+v", c.RollUp)
	}
	d := w.get("d").Status
	if r := d.RollUp; r == nil || *r.Grids != 1 || *r.Households != 2000 || *r.Workers != 6 {
		t.Errorf("roll-up of the sub-district's grid: %+v", d.RollUp)
	}
	if d.VisitCycleDays != "" || d.VisitsPerMonth != nil || d.HouseholdsPerWorker != "1000/3" {
		t.Errorf("the sub-district's grid has no standard of its own: %+v", d)
	}
	// 0.01° by 0.01° at 34.2° north: 922 m by 1109 m, about.
	if a := *c.AreaSquareMeters; a < 1_000_000 || a > 1_050_000 {
		t.Errorf("area %d m²", a)
	}
	w.quiet(3 * time.Second)
}

// The figures of the survey: one worker for 1000 households needs 200 working
// days, for 200 households 40.
func TestVisitCycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	g := w.grid("u", 3, "c", rect(0, 0, 30, 100), 1000)
	g.Spec.Workers = workersNamed("u", 1)
	w.create(g)
	if got := w.expect("u", "Ready=True Ready", "").Status.VisitCycleDays; got != "200" {
		t.Errorf("a visit to each of 1000 households takes %s days, want 200", got)
	}
	w.change("u", func(g *v1alpha1.Grid) { g.Spec.Households = 200 })
	if got := w.expect("u", "Ready=True Ready", "").Status.VisitCycleDays; got != "40" {
		t.Errorf("a visit to each of 200 households takes %s days, want 40", got)
	}
	w.change("u", func(g *v1alpha1.Grid) { g.Spec.Workers = nil })
	if got := w.expect("u", "Ready=True Ready", "").Status; got.VisitCycleDays != "" || got.HouseholdsPerWorker != "" || *got.VisitsPerMonth != 0 {
		t.Errorf("without workers: %+v", got)
	}
}

// Whatever the order in which files arrive, the same comes of it.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	var first map[string]v1alpha1.GridStatus
	for seed := range uint64(6) {
		w := newWorld(t)
		objects := append(w.district(), w.units()...)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(objects), func(i, j int) { objects[i], objects[j] = objects[j], objects[i] })
		w.create(objects...)
		got := map[string]v1alpha1.GridStatus{}
		for _, name := range []string{"d", "c", "u0", "u1", "u2"} {
			w.expect(name, "Ready=True Ready", "")
		}
		w.expect("c", "RollUpMatches=True RollUpMatches", "3 grids")
		w.expect("u1", "SizeMet=True WithinBounds", "")
		w.workersBelow("d", 6)
		for _, name := range []string{"d", "c", "u0", "u1", "u2"} {
			s := w.get(name).Status
			for i := range s.Conditions {
				s.Conditions[i].LastTransitionTime = metav1.Time{}
			}
			slices.SortFunc(s.Conditions, func(a, b metav1.Condition) int { return strings.Compare(a.Type, b.Type) })
			got[name] = s
		}
		if first == nil {
			first = got
		} else if !reflect.DeepEqual(first, got) {
			t.Errorf("order %d:\n%+v\nwant\n%+v", seed, got, first)
		}
	}
}

func TestMissingThings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.grid("u", 3, "c", rect(0, 0, 30, 100), 640)
	w.create(u)
	w.expect("u", "ParentReady=False ParentNotFound", "there is no Community east")
	w.expect("u", "Reconciling=True ParentNotFound", "apply it, or correct spec.parentRef")
	w.expect("u", "Ready=False ParentNotFound", "there is no Grid c")
	w.absent("u", v1alpha1.ConditionStalled)
	w.absent("u", v1alpha1.ConditionSizeMet)

	c := w.grid("c", 2, "d", rect(0, 0, 100, 100), 640)
	w.create(c)
	w.expect("u", "Ready=False CommunityNotFound", "apply it, or correct spec.communityRef")
	w.expect("c", "Ready=False ParentNotFound", "Grid d")
	east := w.community("east")
	w.create(east)
	w.expect("u", "Ready=True Ready", "")
	w.expect("u", "SizeMet=Unknown StandardNotFound", "apply it")
	standard := w.standard()
	w.create(standard)
	w.expect("u", "SizeMet=True WithinBounds", "")
	w.create(w.grid("d", 1, "", rect(0, 0, 100, 100), 640))
	w.expect("c", "Ready=True Ready", "")

	// And back.
	w.delete(standard)
	w.expect("u", "SizeMet=Unknown StandardNotFound", "")
	w.delete(east)
	w.expect("u", "Ready=False CommunityNotFound", "")
	w.delete(c)
	w.expect("u", "Ready=False ParentNotFound", "")
	w.create(w.community("east"), w.grid("c", 2, "d", rect(0, 0, 100, 100), 640))
	w.expect("u", "Ready=True Ready", "")
}

func TestStandardChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	standard := w.standard()
	standard.Spec.Grid = nil
	w.create(w.grid("d", 1, "", rect(0, 0, 100, 100), 640), w.grid("c", 2, "d", rect(0, 0, 100, 100), 640), w.community("east"), standard)
	w.expect("c", "Ready=True Ready", "")
	w.absent("c", v1alpha1.ConditionSizeMet)

	before := standard.DeepCopy()
	standard.Spec.Grid = &v1alpha1.GridRule{MinHouseholds: 1000, MaxHouseholds: 2000}
	if err := env.Client.Patch(t.Context(), standard, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.expect("c", "SizeMet=False TooSmall", "640 households, at least 1000")

	other := w.standard()
	other.Name += "-other"
	w.create(other)
	east := &v1alpha1.Community{}
	if err := env.Client.Get(t.Context(), types.NamespacedName{Namespace: w.namespace, Name: "east"}, east); err != nil {
		t.Fatal(err)
	}
	unlike := east.DeepCopy()
	east.Spec.StandardRef.Name = other.Name
	if err := env.Client.Patch(t.Context(), east, client.MergeFrom(unlike)); err != nil {
		t.Fatal(err)
	}
	w.expect("c", "SizeMet=True WithinBounds", "")
}

func TestSize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.expect("c", "SizeMet=False TooLarge", "split it into 3 to 4 grids") // undivided, it is a unit
	w.create(w.grid("u", 3, "c", rect(0, 0, 30, 100), 75))
	w.absent("c", v1alpha1.ConditionSizeMet)
	w.expect("u", "SizeMet=False TooSmall", "75 households, at least 500")
	w.expect("u", "Ready=True Ready", "") // a norm that is not met keeps nobody
	w.change("u", func(g *v1alpha1.Grid) { g.Spec.Area = v1alpha1.GridCompound })
	w.expect("u", "SizeMet=True OneCompound", "")
	w.change("u", func(g *v1alpha1.Grid) { g.Spec.Area = v1alpha1.GridBlocks; g.Spec.Households = 900 })
	w.expect("u", "SizeMet=False TooLarge", "too few for two")
	w.delete(w.grid("u", 3, "c", "", 0))
	w.expect("c", "SizeMet=False TooLarge", "")
}

func TestRollUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.create(w.units()...)
	w.expect("c", "RollUpMatches=True RollUpMatches", "")
	w.change("u0", func(g *v1alpha1.Grid) { g.Spec.Households = 600; g.Spec.Workers = workersNamed("u0", 5) })
	w.expect("c", "RollUpMatches=False RollUpDiffers", "2000 households are declared here, 2100 in the 3 grids directly below, 100 more")
	w.expect("c", "Ready=True Ready", "")
	w.workersBelow("d", 9) // two levels down
	w.delete(w.grid("u2", 3, "c", "", 0))
	w.expect("c", "RollUpMatches=False RollUpDiffers", "1300 in the 2 grids directly below, 700 fewer")
	// A unit that moves away counts no more.
	w.create(w.grid("c2", 2, "d", rect(0, 200, 100, 300), 600))
	w.change("u0", func(g *v1alpha1.Grid) { g.Spec.ParentRef.Name = "c2" })
	w.expect("c", "RollUpMatches=False RollUpDiffers", "700 in the 1 grid directly below, 1300 fewer")
	w.expect("c2", "RollUpMatches=True RollUpMatches", "1 grid")
	w.expect("u0", "BoundaryValid=False OutsideParent", "")
}

func TestWrongPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.create(w.grid("direct", 3, "d", rect(0, 0, 30, 30), 640))
	w.expect("direct", "ParentReady=False ParentWrongLevel", "Grid d is of level 1")
	w.expect("direct", "Stalled=True ParentWrongLevel", "name one of level 2")
	w.create(w.grid("self", 2, "self", rect(0, 0, 30, 30), 640))
	w.expect("self", "Ready=False ParentWrongLevel", "")
	west := w.grid("foreign", 3, "c", rect(0, 0, 30, 30), 640)
	west.Spec.CommunityRef.Name = "west"
	w.create(w.community("west"), west)
	w.expect("foreign", "ParentReady=False InvalidSpec", "Grid c above is of Community east, this grid of Community west")
	w.change("foreign", func(g *v1alpha1.Grid) { g.Spec.CommunityRef.Name = "east" })
	w.change("direct", func(g *v1alpha1.Grid) { g.Spec.ParentRef.Name = "c"; g.Spec.Boundary = rect(30, 0, 60, 30) })
	w.expect("foreign", "Ready=True Ready", "")
	w.expect("direct", "Ready=True Ready", "")
	if r := w.get("d").Status.RollUp; *r.Grids != 1 {
		t.Errorf("what is of the wrong level counts: %+v", r)
	}
}

func TestWrongNamespaceRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.expect("c", "Ready=True Ready", "")
	w.label("")
	w.expect("c", "Ready=False WrongNamespaceRole", "ask district IT to label it")
	w.expect("c", "ParentReady=False WrongNamespaceRole", "")
	w.expect("d", "Stalled=True WrongNamespaceRole", "")
	w.absent("c", v1alpha1.ConditionBoundaryValid)
	if s := w.get("c").Status; s.AreaSquareMeters != nil || s.RollUp != nil || s.VisitsPerMonth != nil {
		t.Errorf("what counts for nothing has figures: %+v", s)
	}
	w.label(v1alpha1.RoleSubdistrict)
	w.expect("c", "Ready=True Ready", "")
	w.expect("d", "Ready=True Ready", "")
}

func (w world) label(role string) {
	w.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
	value := `"` + role + `"`
	if role == "" {
		value = "null"
	}
	patch := fmt.Sprintf(`{"metadata":{"labels":{%q:%s}}}`, v1alpha1.RoleLabel, value)
	if err := env.Client.Patch(w.Context(), ns, client.RawPatch(types.MergePatchType, []byte(patch))); err != nil {
		w.Fatal(err)
	}
}

// A grid that a foreign finalizer holds counts no more, and nothing of ours
// holds it.
func TestDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	held := w.grid("held", 3, "c", rect(0, 0, 50, 50), 640)
	held.Finalizers = []string{"example.org/hold"}
	w.create(held, w.grid("next", 3, "c", rect(25, 0, 75, 50), 640))
	w.expect("next", "Ready=False OverlapsSibling", "held")
	w.delete(held)
	w.expect("held", "Ready=False Deleting", "example.org/hold")
	w.expect("next", "Ready=True Ready", "")
	w.quiet(2 * time.Second)
	w.change("held", func(g *v1alpha1.Grid) { g.Finalizers = nil })
	w.eventually("end of the grid", func() error {
		err := env.Client.Get(t.Context(), client.ObjectKeyFromObject(held), held)
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("still there: %w", err)
	})
}

// A status somebody else has written is put right.
func TestStatusIsOurs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(w.district()...)
	w.expect("c", "Ready=True Ready", "")
	g := w.get("c")
	before := g.DeepCopy()
	g.Status.VisitCycleDays, g.Status.Overlaps = "1", []string{strings.Repeat("x", 253)}
	if err := env.Client.Status().Patch(t.Context(), g, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	w.eventually("healed status", func() error {
		if s := w.get("c").Status; s.VisitCycleDays != "" || len(s.Overlaps) != 0 {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
}
