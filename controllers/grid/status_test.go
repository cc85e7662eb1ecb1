package grid

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/boundary"
	"github.com/shequ-io/shequ/internal/conditions"
)

func parse(g *v1alpha1.Grid) (*boundary.Boundary, error) {
	return boundary.Parse(g.Spec.Boundary, g.Spec.Datum)
}

// scopeOf is a unit's scope with all that it depends on there.
func scopeOf(own, sibling, parent string) *scope {
	w := world{namespace: "qn"}
	s := &scope{
		grid: w.grid("u", 3, "c", own, 640), parent: w.grid("c", 2, "d", parent, 1280),
		siblings:  []v1alpha1.Grid{*w.grid("v", 3, "c", sibling, 640)},
		community: w.community("east"), standard: w.standard(),
		namespace: &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
			Name: "qn", Labels: map[string]string{v1alpha1.RoleLabel: v1alpha1.RoleSubdistrict},
		}},
		outline: parse,
	}
	s.grid.Generation = 1
	return s
}

func judge(t *testing.T, s *scope) v1alpha1.GridStatus {
	t.Helper()
	s.compare()
	status := s.status(s.phases())
	if err := conditions.Check(status.Conditions, s.grid.Generation, status.ObservedGeneration, false); err != nil {
		t.Error(err)
	}
	return status
}

func reason(status v1alpha1.GridStatus, kind string) string {
	c := meta.FindStatusCondition(status.Conditions, kind)
	if c == nil {
		return ""
	}
	return string(c.Status) + " " + c.Reason
}

func TestJudgement(t *testing.T) {
	none := func(*scope) {}
	for name, c := range map[string]struct {
		edit       func(*scope)
		kind, want string
	}{
		"all is there":         {none, v1alpha1.ConditionReady, "True Ready"},
		"no namespace":         {func(s *scope) { s.namespace = nil }, v1alpha1.ConditionReady, "False WrongNamespaceRole"},
		"no parent":            {func(s *scope) { s.parent = nil }, v1alpha1.ConditionReconciling, "True ParentNotFound"},
		"no community":         {func(s *scope) { s.community, s.standard = nil, nil }, v1alpha1.ConditionReady, "False CommunityNotFound"},
		"no standard":          {func(s *scope) { s.standard = nil }, v1alpha1.ConditionSizeMet, "Unknown StandardNotFound"},
		"no rule":              {func(s *scope) { s.standard.Spec.Grid = nil }, v1alpha1.ConditionSizeMet, ""},
		"a level too high":     {func(s *scope) { s.parent.Spec.Level = 1 }, v1alpha1.ConditionParentReady, "False ParentWrongLevel"},
		"another community":    {func(s *scope) { s.parent.Spec.CommunityRef.Name = "west" }, v1alpha1.ConditionParentReady, "False InvalidSpec"},
		"a sibling's mistake":  {func(s *scope) { s.siblings[0].Spec.Boundary = "?" }, v1alpha1.ConditionBoundaryValid, "True BoundaryValid"},
		"the parent's mistake": {func(s *scope) { s.parent.Spec.Boundary = "?" }, v1alpha1.ConditionBoundaryValid, "True BoundaryValid"},
		"another's area":       {func(s *scope) { s.siblings[0].Spec.Boundary = s.grid.Spec.Boundary }, v1alpha1.ConditionBoundaryValid, "False OverlapsSibling"},
		"too far out":          {func(s *scope) { s.parent.Spec.Boundary = rect(0, 0, 10, 10) }, v1alpha1.ConditionBoundaryValid, "False OutsideParent"},
		"an unknown failure": {func(s *scope) {
			s.outline = func(*v1alpha1.Grid) (*boundary.Boundary, error) { return nil, errors.New("no idea") }
		}, v1alpha1.ConditionBoundaryValid, "False BoundaryUnreadable"},
		"undivided": {func(s *scope) { s.grid.Spec.Level, s.parent.Spec.Level = 2, 1 }, v1alpha1.ConditionSizeMet, "True WithinBounds"},
		"divided": {func(s *scope) {
			s.grid.Spec.Level, s.parent.Spec.Level = 2, 1
			s.children = []v1alpha1.Grid{*s.grid}
		}, v1alpha1.ConditionSizeMet, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := scopeOf(rect(0, 0, 50, 100), rect(50, 0, 100, 100), rect(0, 0, 100, 100))
			c.edit(s)
			if got := reason(judge(t, s), c.kind); got != c.want {
				t.Errorf("%s is %q, want %q", c.kind, got, c.want)
			}
		})
	}
}

// A status follows from what is so, not from the status before it.
func TestStatusIsStable(t *testing.T) {
	s := scopeOf(rect(0, 0, 50, 100), rect(40, 0, 100, 100), rect(0, 0, 100, 100))
	s.grid.Status = judge(t, s)
	again := *s
	again.overlaps = nil
	if got := judge(t, &again); reason(got, v1alpha1.ConditionReady) != "False OverlapsSibling" || len(got.Overlaps) != 1 {
		t.Errorf("again: %+v", got)
	}
	for i, c := range again.status(again.phases()).Conditions {
		if was := s.grid.Status.Conditions[i]; c != was {
			t.Errorf("%+v became %+v", was, c)
		}
	}
}

// Whatever stands in the three boundaries, a sound status comes of it.
func FuzzBoundaries(f *testing.F) {
	good := rect(0, 0, 50, 100)
	for _, h := range hostile() {
		f.Add(h, good, good)
		f.Add(good, h, good)
		f.Add(good, good, h)
	}
	f.Add(good, rect(40, 0, 100, 100), rect(0, 0, 20, 20))
	f.Fuzz(func(t *testing.T, own, sibling, parent string) {
		status := judge(t, scopeOf(own, sibling, parent))
		for _, c := range status.Conditions {
			if strings.TrimSpace(c.Message) == "" || len(c.Message) > 4096 {
				t.Errorf("%s says %q", c.Type, c.Message)
			}
		}
		if ready := reason(status, v1alpha1.ConditionReady) == "True Ready"; ready && status.AreaSquareMeters == nil {
			t.Error("ready without an area")
		}
	})
}
