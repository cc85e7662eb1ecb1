package base

import (
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

// gracePeriod is how long a first status may be held back.
const gracePeriod = 5 * time.Second

// passing are reasons that go away by themselves while an object comes up.
var passing = []string{v1alpha1.ReasonRolloutInProgress, v1alpha1.ReasonCommunityNotReady, v1alpha1.ReasonMigrationRunning}

// Grace holds back the very first status of an object that is merely coming up:
// most often it is Ready a moment later, and one status write says all. Whatever
// needs somebody's attention is never held back.
type Grace struct {
	mu    sync.Mutex
	since map[types.UID]time.Time
}

// NewGrace makes an empty Grace.
func NewGrace() *Grace {
	return &Grace{since: map[types.UID]time.Time{}}
}

// Left is how long the status may still wait; 0 means write it now.
func (g *Grace) Left(uid types.UID, observed int64, phases []conditions.Phase) time.Duration {
	comingUp := observed == 0 && slices.ContainsFunc(phases, func(p conditions.Phase) bool { return p.State == conditions.Waiting }) &&
		!slices.ContainsFunc(phases, func(p conditions.Phase) bool {
			return p.State == conditions.Stuck || (p.State == conditions.Waiting && !slices.Contains(passing, p.Reason))
		})
	g.mu.Lock()
	defer g.mu.Unlock()
	if !comingUp {
		delete(g.since, uid)
		return 0
	}
	start, ok := g.since[uid]
	if !ok {
		start = time.Now()
		g.since[uid] = start
	}
	return max(0, gracePeriod-time.Since(start))
}
