package admission_test

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/shequ-io/shequ/controllers/controllertest"
)

// clock is the operator's: the real one, moved to a noon that tests choose days
// around.
var clock = &movedClock{offset: time.Until(time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC))}

type movedClock struct {
	mu     sync.Mutex
	offset time.Duration
}

func (c *movedClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.offset)
}

// set moves the clock to a time, and back when the test ends. Such a test must
// not be parallel.
func (c *movedClock) set(t *testing.T, at time.Time) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	was := c.offset
	t.Cleanup(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.offset = was
	})
	c.offset = time.Until(at)
}

// suite is the API server and the operator of every test of this package.
var suite = &controllertest.Suite{Now: clock.now}

func TestMain(m *testing.M) { os.Exit(controllertest.Main(m, suite)) }
