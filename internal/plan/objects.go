package plan

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Objects is a district, as files or a cluster have it. Nothing in it is
// changed.
type Objects struct {
	Namespaces  []*corev1.Namespace
	Standards   []*v1alpha1.CommunityStandard
	Systems     []*v1alpha1.InformationSystem
	Communities []*v1alpha1.Community
	Stations    []*v1alpha1.ServiceStation
	Grids       []*v1alpha1.Grid
	Tasks       []*v1alpha1.AdmittedTask
	Decisions   []*v1alpha1.TaskDecision
	Ledgers     []*v1alpha1.TaskLedger
}

// Add adds an object, and reports whether it is of a kind a plan depends on.
func (o *Objects) Add(object runtime.Object) bool {
	switch x := object.(type) {
	case *corev1.Namespace:
		o.Namespaces = append(o.Namespaces, x)
	case *v1alpha1.CommunityStandard:
		o.Standards = append(o.Standards, x)
	case *v1alpha1.InformationSystem:
		o.Systems = append(o.Systems, x)
	case *v1alpha1.Community:
		o.Communities = append(o.Communities, x)
	case *v1alpha1.ServiceStation:
		o.Stations = append(o.Stations, x)
	case *v1alpha1.Grid:
		o.Grids = append(o.Grids, x)
	case *v1alpha1.AdmittedTask:
		o.Tasks = append(o.Tasks, x)
	case *v1alpha1.TaskDecision:
		o.Decisions = append(o.Decisions, x)
	case *v1alpha1.TaskLedger:
		o.Ledgers = append(o.Ledgers, x)
	default:
		return false
	}
	return true
}

// TaskRefs are the tasks' names.
func (o *Objects) TaskRefs() []Ref {
	out := make([]Ref, 0, len(o.Tasks))
	for _, t := range o.Tasks {
		out = append(out, refOf(t))
	}
	return out
}

// Overlay is the district as it would be if files were applied to it. A ledger
// that is there stays as it is: only the operator writes it.
func Overlay(base, files *Objects) *Objects {
	return &Objects{
		Namespaces:  overlay(base.Namespaces, files.Namespaces),
		Standards:   overlay(base.Standards, files.Standards),
		Systems:     overlay(base.Systems, files.Systems),
		Communities: overlay(base.Communities, files.Communities),
		Stations:    overlay(base.Stations, files.Stations),
		Grids:       overlay(base.Grids, files.Grids),
		Tasks:       overlay(base.Tasks, files.Tasks),
		Decisions:   overlay(base.Decisions, files.Decisions),
		Ledgers:     overlay(files.Ledgers, base.Ledgers),
	}
}

// object is a pointer to a kind.
type object interface {
	metav1.Object
	runtime.Object
}

func refOf(o metav1.Object) Ref { return Ref{Namespace: o.GetNamespace(), Name: o.GetName()} }

func compareRefs(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}

// overlay puts upper over lower. What was there already keeps its age.
func overlay[T object](lower, upper []T) []T {
	over := make(map[Ref]T, len(upper))
	for _, o := range upper {
		over[refOf(o)] = o
	}
	out := make([]T, 0, len(lower)+len(upper))
	for _, o := range lower {
		next, ok := over[refOf(o)]
		if !ok {
			out = append(out, o)
			continue
		}
		delete(over, refOf(o))
		if next.GetCreationTimestamp().Time.IsZero() {
			next, _ = next.DeepCopyObject().(T)
			next.SetCreationTimestamp(o.GetCreationTimestamp())
		}
		out = append(out, next)
	}
	for _, o := range upper {
		if _, left := over[refOf(o)]; left {
			out = append(out, o)
		}
	}
	return out
}

// sorted is a list by namespace and name, without what is being deleted.
func sorted[T object](in []T) []T {
	out := slices.DeleteFunc(slices.Clone(in), func(o T) bool { return o.GetDeletionTimestamp() != nil })
	slices.SortFunc(out, func(a, b T) int { return compareRefs(refOf(a), refOf(b)) })
	return out
}
