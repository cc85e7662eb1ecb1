package admission

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// The same terms are compiled once, however often their task is read anew.
func TestMappingsAreCompiledOnce(t *testing.T) {
	object := &v1alpha1.AdmittedTask{ObjectMeta: metav1.ObjectMeta{Namespace: "dept", Name: "a", UID: types.UID("1"), Generation: 1}}
	object.Spec.Effective.From = "2026-01-01"
	object.Spec.Data = []v1alpha1.TaskData{{Element: "income", Purpose: "benefit", Basis: v1alpha1.ConsentBasis}}
	object.Spec.Deliveries = []v1alpha1.TaskDelivery{{
		SystemRef: v1alpha1.LocalReference{Name: "register"}, Purpose: "benefit", Elements: []v1alpha1.DataElementCode{"income"},
		Mapping: []v1alpha1.FieldMapping{{Field: "a", Expression: "nothing"}},
	}}
	role := func(string) string { return v1alpha1.RoleDepartment }
	standard := &v1alpha1.CommunityStandard{}
	standard.Spec.DataElements = []v1alpha1.DataElement{{Code: "income", Type: "Decimal"}}
	broken := func(d *Docket) *Finding {
		door := &door{Snapshot: &Snapshot{Standard: standard}, place: &place{}}
		door.place.readLimits(&standard.Spec)
		return door.broken(&candidate{Task: d.Tasks[0]})
	}
	first := NewDocket([]*v1alpha1.AdmittedTask{object}, nil, role, nil)
	was := broken(first)
	if was == nil || broken(first) != was {
		t.Fatal("it was compiled again by the next community")
	}
	paused := object.DeepCopy()
	paused.Generation, paused.Spec.Suspend = 2, new(bool)
	second := NewDocket([]*v1alpha1.AdmittedTask{paused}, nil, role, first)
	if second.Tasks[0] == first.Tasks[0] || broken(second) != was {
		t.Error("it was compiled again, and its terms are the same")
	}
	changed := paused.DeepCopy()
	changed.Generation, changed.Spec.Deliveries[0].Mapping[0].Expression = 3, "income"
	third := NewDocket([]*v1alpha1.AdmittedTask{changed}, nil, role, second)
	if broken(third) != nil || broken(second) != was {
		t.Error("changed terms are taken for the others")
	}
	for range 3 * mostTypings {
		standard.Spec.DataElements[0].Type += "x"
		broken(third)
	}
	if n := len(third.Tasks[0].mappings.found); n > mostTypings {
		t.Errorf("%d are remembered", n)
	}
}
