package grid

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The files of a whole sub-district come at once, or one by one from the units
// up: each grid is written about twice, not once for each of its neighbours. At
// rest nothing is written, nor by an operator that starts anew. It runs by
// itself, so that the others' grids are at rest too.
func TestSwarm(t *testing.T) {
	t.Run("at once", func(t *testing.T) {
		swarm(t, func(w world, objects []client.Object) {
			var all sync.WaitGroup
			for _, o := range objects {
				all.Go(func() {
					if err := env.Client.Create(w.Context(), o); err != nil {
						w.Error(err)
					}
				})
			}
			all.Wait()
		})
	})
	t.Run("one by one", func(t *testing.T) {
		swarm(t, func(w world, objects []client.Object) {
			slices.Reverse(objects)
			for _, o := range objects {
				w.create(o)
				time.Sleep(50 * time.Millisecond)
			}
		})
	})
	t.Run("anew", func(t *testing.T) {
		anew := &writes{counts: map[string]int{}}
		stop, err := startOperator(anew)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if err := stop(); err != nil {
			t.Error(err)
		}
		if len(anew.counts) > 0 {
			t.Errorf("an operator that starts anew writes %v", anew.counts)
		}
	})
}

func swarm(t *testing.T, apply func(world, []client.Object)) {
	t.Helper()
	const communities, units = 6, 10
	w := newWorld(t)
	objects := []client.Object{w.community("east"), w.standard(), w.grid("d", 1, "", rect(0, 0, 600, 100), communities*units*640)}
	for c := range communities {
		name := fmt.Sprintf("c%d", c)
		objects = append(objects, w.grid(name, 2, "d", rect(c*100, 0, c*100+100, 100), units*640))
	}
	for c := range communities {
		for u := range units {
			x := c*100 + u*10
			objects = append(objects, w.grid(fmt.Sprintf("c%d-u%d", c, u), 3, fmt.Sprintf("c%d", c), rect(x, 0, x+10, 100), 640))
		}
	}
	grids := len(objects) - 2
	apply(w, slices.Clone(objects))
	for _, o := range objects[2:] {
		w.expect(o.GetName(), "Ready=True Ready", "")
	}
	w.expect("d", "RollUpMatches=True RollUpMatches", "6 grids")
	w.quiet(4 * time.Second)
	total, most := written.in(w.namespace)
	t.Logf("%d writes for %d grids, %d to one of them at most", total, grids, most)
	if total > 5*grids/2 || most > 6 {
		t.Errorf("%d writes for %d grids, %d to one of them: too many", total, grids, most)
	}
}
