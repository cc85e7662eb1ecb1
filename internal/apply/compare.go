package apply

import (
	"reflect"

	"k8s.io/apimachinery/pkg/api/resource"
)

// atomicMaps are the maps that server-side apply sets as a whole: a key that
// somebody added is a foreign change.
var atomicMaps = map[string]bool{"selector": true}

// covers reports whether live already says all that intent says. What live says
// beyond it belongs to others: defaults, other field owners. Lists are compared
// place by place, since every list our intents hold is either atomic or wholly
// ours.
func covers(live, intent any) bool {
	switch want := intent.(type) {
	case map[string]any:
		have, ok := live.(map[string]any)
		if !ok {
			return len(want) == 0 && live == nil
		}
		for k, v := range want {
			if !covers(have[k], v) || (atomicMaps[k] && !sameSize(have[k], v)) {
				return false
			}
		}
		return true
	case []any:
		have, ok := live.([]any)
		if !ok || len(have) != len(want) {
			return len(want) == 0 && live == nil
		}
		for i := range want {
			if !covers(have[i], want[i]) {
				return false
			}
		}
		return true
	case string:
		have, ok := live.(string)
		return ok && (have == want || sameQuantity(have, want))
	default:
		return reflect.DeepEqual(live, intent)
	}
}

func sameSize(a, b any) bool {
	ma, okA := a.(map[string]any)
	mb, okB := b.(map[string]any)
	return okA && okB && len(ma) == len(mb)
}

// sameQuantity reports whether two strings are the same amount in two forms,
// such as 1000m and 1.
func sameQuantity(a, b string) bool {
	if a == "" || b == "" || a[0] < '0' || a[0] > '9' || b[0] < '0' || b[0] > '9' {
		return false
	}
	qa, errA := resource.ParseQuantity(a)
	qb, errB := resource.ParseQuantity(b)
	return errA == nil && errB == nil && qa.Cmp(qb) == 0
}

// coversStrings reports whether have holds every pair of want.
func coversStrings(have map[string]string, want any) bool {
	pairs, ok := want.(map[string]any)
	if !ok {
		return want == nil
	}
	for k, v := range pairs {
		if got, ok := have[k]; !ok || got != v {
			return false
		}
	}
	return true
}
