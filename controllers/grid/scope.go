package grid

import (
	"context"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/controllers/base"
	"github.com/shequ-io/shequ/internal/boundary"
)

// maxOverlaps is how many siblings are named, as status.overlaps may hold.
const maxOverlaps = 16

// scope is what one reconcile knows: what was observed, then what came of the
// comparisons.
type scope struct {
	grid      *v1alpha1.Grid
	namespace *metav1.PartialObjectMetadata
	parent    *v1alpha1.Grid              // nil: none is named, not found, or being deleted
	community *v1alpha1.Community         // nil: none is named, not found, or being deleted
	standard  *v1alpha1.CommunityStandard // nil: not found, or there is no community
	siblings  []v1alpha1.Grid             // of the same level, by name
	children  []v1alpha1.Grid             // one level down, by name
	below     int64                       // workers of every grid below
	outline   func(*v1alpha1.Grid) (*boundary.Boundary, error)

	own      *boundary.Boundary // nil: missing or wrong
	wrong    error              // why own is nil
	overlaps []overlap
	above    comparison
	outside  int64 // m², where above is isOutside
}

// overlap is a sibling that has an area in common with the grid.
type overlap struct {
	sibling      string
	squareMeters int64
}

// comparison of a grid with the one above it.
type comparison int

const (
	notCompared comparison = iota // one of them is not there, or no parent
	isInside
	isOutside
	parentUnreadable // the parent is there, its boundary is missing or wrong
)

// observe gathers all that the status depends on.
func (r *Reconciler) observe(ctx context.Context, g *v1alpha1.Grid) (*scope, error) {
	s := &scope{grid: g, outline: r.Boundaries.Of}
	var err error
	if s.namespace, err = r.Namespace(ctx, g.Namespace); err != nil {
		return nil, err
	}
	if err := r.observeCommunity(ctx, s); err != nil {
		return nil, err
	}
	return s, r.observeGrids(ctx, s)
}

func (r *Reconciler) observeCommunity(ctx context.Context, s *scope) error {
	if s.grid.Spec.CommunityRef == nil {
		return nil
	}
	c := &v1alpha1.Community{}
	found, err := r.find(ctx, s.grid.Namespace, s.grid.Spec.CommunityRef.Name, c)
	if err != nil || !found {
		return err
	}
	s.community = c
	s.standard, err = r.Standard(ctx, c.Spec.StandardRef.Name)
	return err
}

func (r *Reconciler) observeGrids(ctx context.Context, s *scope) error {
	g := s.grid
	if ref := g.Spec.ParentRef; ref != nil {
		parent := &v1alpha1.Grid{}
		found, err := r.find(ctx, g.Namespace, ref.Name, parent)
		if err != nil {
			return err
		}
		if found {
			s.parent = parent
		}
	}
	var err error
	if s.siblings, err = r.under(ctx, g.Namespace, parentName(g), g.Spec.Level); err != nil {
		return err
	}
	s.siblings = slices.DeleteFunc(s.siblings, func(o v1alpha1.Grid) bool { return o.Name == g.Name })
	if s.children, err = r.under(ctx, g.Namespace, g.Name, g.Spec.Level+1); err != nil {
		return err
	}
	for i := range s.children {
		child := &s.children[i]
		s.below += int64(len(child.Spec.Workers))
		grandchildren, err := r.under(ctx, g.Namespace, child.Name, child.Spec.Level+1)
		if err != nil {
			return err
		}
		for j := range grandchildren {
			s.below += int64(len(grandchildren[j].Spec.Workers))
		}
	}
	return nil
}

// find gets an object of the grid's namespace. One that is being deleted is as
// good as gone.
func (r *Reconciler) find(ctx context.Context, namespace, name string, into client.Object) (bool, error) {
	err := r.Cache.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, into)
	if err != nil {
		return false, client.IgnoreNotFound(err)
	}
	return into.GetDeletionTimestamp().IsZero(), nil
}

// under lists the grids of a level directly below a parent, by name.
func (r *Reconciler) under(ctx context.Context, namespace, parent string, level int32) ([]v1alpha1.Grid, error) {
	var list v1alpha1.GridList
	if err := r.Cache.List(ctx, &list, client.InNamespace(namespace), client.MatchingFields{base.ParentIndex: parent}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(list.Items, func(g v1alpha1.Grid) bool {
		return g.Spec.Level != level || !g.DeletionTimestamp.IsZero()
	})
	slices.SortFunc(out, func(a, b v1alpha1.Grid) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

// parentName is the grid's value in base.ParentIndex.
func parentName(g *v1alpha1.Grid) string {
	if g.Spec.ParentRef == nil {
		return base.Top
	}
	return g.Spec.ParentRef.Name
}

// compare holds the boundary against the siblings' and the parent's. What has no
// valid boundary of its own is nobody's fault but its own, and is left out.
func (s *scope) compare() {
	s.own, s.wrong = s.outline(s.grid)
	if s.wrong != nil {
		s.own = nil
		return
	}
	for i := range s.siblings {
		other, err := s.outline(&s.siblings[i])
		if err != nil {
			continue
		}
		if common, overlaps := boundary.Overlap(s.own, other); overlaps {
			s.overlaps = append(s.overlaps, overlap{s.siblings[i].Name, common})
		}
		if len(s.overlaps) == maxOverlaps {
			break // there may be more; these are enough to begin with
		}
	}
	if s.parent == nil || s.parent.Spec.Level != s.grid.Spec.Level-1 {
		return
	}
	above, err := s.outline(s.parent)
	if err != nil {
		s.above = parentUnreadable
		return
	}
	s.above = isInside
	if outside, inside := boundary.Inside(s.own, above); !inside {
		s.above, s.outside = isOutside, outside
	}
}

// workers who serve the grid: its own and those of the grids below.
func (s *scope) workers() int64 { return int64(len(s.grid.Spec.Workers)) + s.below }

// rule for grids, if the community's standard has one.
func (s *scope) rule() *v1alpha1.GridRule {
	if s.standard == nil {
		return nil
	}
	return s.standard.Spec.Grid
}

// unit reports whether the grid is one that is visited as a whole: of level 3,
// or a community's that is not divided further.
func (s *scope) unit() bool {
	return s.grid.Spec.Level == 3 || (s.grid.Spec.Level == 2 && len(s.children) == 0)
}
