package main

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/consign"
	"github.com/shequ-io/shequ/internal/store"
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

// reports are the monthly reports that the community's systems get. The names of a
// community and of its sub-district tell it from every other of the district.
func reports(doc *content.Document, station *content.Desk) []store.Report {
	if doc == nil || station == nil {
		return nil
	}
	var out []store.Report
	for _, c := range station.Connections {
		if c.Report != "" {
			of := doc.Site.Community
			out = append(out, store.Report{System: c.Name, Purpose: v1alpha1.PurposeCode(c.Report), Community: of.Namespace + "/" + of.Name})
		}
	}
	return out
}
