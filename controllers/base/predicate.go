package base

import (
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// SpecChanged lets through what other objects may depend on: that an object came
// to be, its spec changed, its deletion began, or it is gone. It keeps back what
// is merely there at start, since at start every object is looked at anyway.
//
// An object that was deleted and made anew while nobody watched arrives as an
// update; it counts as changed.
func SpecChanged() predicate.Predicate {
	return predicate.Funcs{
		CreateFunc: func(e event.CreateEvent) bool { return !e.IsInInitialList },
		UpdateFunc: func(e event.UpdateEvent) bool { return specChanged(e.ObjectOld, e.ObjectNew) },
	}
}

func specChanged(was, is client.Object) bool {
	return was.GetUID() != is.GetUID() || was.GetGeneration() != is.GetGeneration()
}
