package casework

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// shelf keeps a case as a database would: an update succeeds only on the version
// it was made from, and an event id is there once.
type shelf struct {
	mu      sync.Mutex
	c       Case
	entries []Entry
	head    Head
}

func (s *shelf) read() Case {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.c
}

func (s *shelf) write(from int64, c Case) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c.Version != from {
		return false
	}
	s.c = c
	var e Entry
	e, s.head = Append(s.head, c.History[len(c.History)-1])
	s.entries = append(s.entries, e)
	return true
}

// Real goroutines on one shelf: of each version one event wins, and none that
// was told it won is missing.
func TestGoroutinesLoseNothing(t *testing.T) {
	f := opened(t, HelpRequest, resident).do(clerk, Register).do(clerk, Dispatch)
	s := shelf{c: f.c}
	const actors, rounds = 8, 40
	won := make([][]string, actors)
	var group sync.WaitGroup
	for a := range actors {
		group.Go(func() {
			for i := range rounds {
				typ := []EventType{Pause, Resume}[(a+i)%2]
				e := Event{ID: fmt.Sprintf("actor-%02d-%04d", a, i), Type: typ, Actor: clerk, Purpose: "service"}
				if typ == Pause {
					e.Reason = UnsafeNow
				}
				for range 20 {
					c := s.read()
					e.Version = c.Version
					next, _, err := Apply(c, e, t0.Add(time.Duration(i)*time.Minute))
					if err == nil && s.write(c.Version, next) {
						won[a] = append(won[a], e.ID)
						break
					}
				}
			}
		})
	}
	group.Wait()
	ids := map[string]int{}
	for _, x := range s.c.History {
		ids[x.Event.ID]++
	}
	total := 0
	for _, list := range won {
		total += len(list)
		for _, id := range list {
			if ids[id] != 1 {
				t.Errorf("%s won and is there %d times", id, ids[id])
			}
		}
	}
	if len(s.c.History) != total+3 || len(s.entries) != total || total < rounds {
		t.Errorf("%d turns and %d entries for %d events", len(s.c.History), len(s.entries), total)
	}
	if _, err := Replay(s.c.History); err != nil {
		t.Error(err)
	}
}
