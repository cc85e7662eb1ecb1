package main

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/consign"
)

// consigning composes what turns deliver, by the newest desk.json. It may be asked
// while that is replaced.
type consigning struct {
	rules atomic.Pointer[consign.Rules]
	once  sync.Once
	read  chan struct{}
}

func newConsigning() *consigning { return &consigning{read: make(chan struct{})} }

// ready is closed once there are rules: what a turn delivers is decided with it, and
// without rules that would be nothing.
func (c *consigning) ready() <-chan struct{} { return c.read }

// use takes a new desk.json. Of a delivery that is not as it should be nothing goes;
// the log names it, and the others work.
func (c *consigning) use(station *content.Desk, log *slog.Logger) {
	rules, err := consign.New(station)
	if err != nil {
		log.Error("a delivery that desk.json names is not used", "error", err.Error())
	}
	c.rules.Store(rules)
	c.once.Do(func() { close(c.read) })
}

// Compose is for store.Config.
func (c *consigning) Compose(o courier.Occasion) []courier.Consignment {
	rules := c.rules.Load()
	if rules == nil {
		return nil
	}
	return rules.Compose(o)
}
