package conditions

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"pgregory.net/rapid"
)

func phase(t string, s State) Phase {
	return Phase{Type: t, State: s, Reason: "Because", Message: "so it is"}
}

func TestSetSummarises(t *testing.T) {
	for _, tc := range []struct {
		name   string
		phases []Phase
		ready  metav1.ConditionStatus
		also   string
	}{
		{"all done", []Phase{phase("A", Done), phase("B", Done)}, metav1.ConditionTrue, ""},
		{"one waits", []Phase{phase("A", Done), phase("B", Waiting)}, metav1.ConditionFalse, "Reconciling"},
		{"one stuck", []Phase{phase("A", Waiting), phase("B", Stuck)}, metav1.ConditionFalse, "Stalled"},
		{"advisory only", []Phase{phase("NormsMet", Advisory)}, metav1.ConditionTrue, ""},
		{"nobody can tell", []Phase{phase("NormsMet", AdvisoryUnknown)}, metav1.ConditionTrue, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := Set(nil, 3, tc.phases, Summary{Message: "all is well"})
			if c := meta.FindStatusCondition(got, "Ready"); c == nil || c.Status != tc.ready {
				t.Fatalf("Ready = %+v, want %s", c, tc.ready)
			}
			for _, other := range []string{"Reconciling", "Stalled"} {
				if want := other == tc.also; meta.IsStatusConditionTrue(got, other) != want {
					t.Errorf("%s is there: %t, want %t", other, !want, want)
				}
			}
			if err := Check(got, 3, 3, false); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSetRemovesWhatNoLongerApplies(t *testing.T) {
	before := Set(nil, 1, []Phase{phase("A", Stuck), phase("RouteReady", Done)}, Summary{})
	after := Set(before, 2, []Phase{phase("A", Done)}, Summary{Message: "ready"})
	for _, gone := range []string{"RouteReady", "Stalled"} {
		if meta.FindStatusCondition(after, gone) != nil {
			t.Errorf("%s is still there", gone)
		}
	}
	if len(before) != 4 {
		t.Errorf("Set changed its argument: %d conditions, want 4", len(before))
	}
}

func TestSetKeepsTransitionTimeAndIsStable(t *testing.T) {
	one := Set(nil, 1, []Phase{phase("A", Done)}, Summary{Message: "ready"})
	two := Set(one, 2, []Phase{phase("A", Done)}, Summary{Message: "ready"})
	for i := range two {
		if !two[i].LastTransitionTime.Equal(&one[i].LastTransitionTime) {
			t.Errorf("%s: the time of transition moved without a transition", two[i].Type)
		}
	}
}

func TestDeletingKeepsInvariants(t *testing.T) {
	before := Set(nil, 1, []Phase{phase("A", Stuck)}, Summary{})
	got := Deleting(before, 2, "waiting for namespace c-x to go")
	if err := Check(got, 2, 2, true); err != nil {
		t.Error(err)
	}
}

func TestCheckFindsBreaches(t *testing.T) {
	good := Set(nil, 1, []Phase{phase("A", Done)}, Summary{Message: "ready"})
	for _, tc := range []struct {
		name, want string
		spoil      func([]metav1.Condition) []metav1.Condition
		observed   int64
		deleting   bool
	}{
		{"no Ready", "no Ready", func([]metav1.Condition) []metav1.Condition { return nil }, 1, false},
		{"twice", "twice", func(c []metav1.Condition) []metav1.Condition { return append(c, c[0]) }, 1, false},
		{"reason", "CamelCase", func(c []metav1.Condition) []metav1.Condition { c[0].Reason = "not ready"; return c }, 1, false},
		{"message", "no message", func(c []metav1.Condition) []metav1.Condition { c[0].Message = ""; return c }, 1, false},
		{"detail False", "while A is False", func(c []metav1.Condition) []metav1.Condition { c[1].Status = "False"; return c }, 1, false},
		{"Ready False alone", "exactly one", func(c []metav1.Condition) []metav1.Condition { c[0].Status = "False"; return c }, 1, false},
		{"future", "not in 1..1", func(c []metav1.Condition) []metav1.Condition { c[0].ObservedGeneration = 2; return c }, 1, false},
		{"not observed", "observedGeneration 0", func(c []metav1.Condition) []metav1.Condition { return c }, 0, false},
		{"deleting", "being deleted", func(c []metav1.Condition) []metav1.Condition { return c }, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			conds := tc.spoil(append([]metav1.Condition(nil), good...))
			err := Check(conds, 1, tc.observed, tc.deleting)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Check = %v, want a breach that says %q", err, tc.want)
			}
		})
	}
}

func TestEverySetKeepsInvariants(t *testing.T) {
	names := []string{"A", "B", "C", "D"}
	rapid.Check(t, func(rt *rapid.T) {
		var conds []metav1.Condition
		for gen := int64(1); gen <= rapid.Int64Range(1, 4).Draw(rt, "generations"); gen++ {
			var phases []Phase
			for _, n := range names {
				if rapid.Bool().Draw(rt, n) {
					phases = append(phases, phase(n, State(rapid.IntRange(0, 2).Draw(rt, "state "+n))))
				}
			}
			phases = append(phases, phase("NormsMet", rapid.SampledFrom([]State{Done, Advisory, AdvisoryUnknown}).Draw(rt, "norms")))
			conds = Set(conds, gen, phases, Summary{Message: "ready"})
			if err := Check(conds, gen, gen, false); err != nil {
				rt.Fatal(err)
			}
		}
	})
}
