package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/shequ-io/shequ/internal/clerk"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/session"
)

// staffed is the desk at which cases are worked, with the clerk behind it.
type staffed struct {
	setting

	pages *desk.Desk
	clerk *clerk.Clerk
	kept  *store.Desk
	file  *mounted[content.Desk]
	post  *consigning // nil where nothing is delivered
	land  ground
	way   trust

	// Both come when they come, and the pages need them together.
	mu      sync.Mutex
	doc     *content.Document
	station *content.Desk
	// known is closed once the content has come.
	known chan struct{}
}

// newDesk makes the desk that works cases.
func newDesk(ctx context.Context, s setting) (*program, error) {
	d := &staffed{setting: s, known: make(chan struct{})}
	keys, sessionKey, err := s.secrets.deskKeys()
	if err != nil {
		return nil, err
	}
	var delivers bool
	if keys.Courier, delivers, err = s.secrets.sealingToCourier(); err != nil {
		return nil, err
	}
	metrics, paid := clerk.NewMetrics(s.registry), clerk.NewPaymentMetrics(s.registry)
	// One connection for the pages and one for the clerk: neither waits for the other,
	// and two hundred communities stay within what a server allows.
	config := store.Config{
		URI: s.secrets.uri, MaxConns: 1, Log: s.log, Calendar: d.land.Calendar, Locator: &d.land, Applied: metrics.Applied,
		Booked: paid.Booked, Reuses: d.reuses,
	}
	jobsConfig := clerk.Config{Ended: d.ended, Metrics: metrics, Log: s.log}
	if delivers {
		d.post = newConsigning()
		config.Compose, jobsConfig.Reports, jobsConfig.Statements = d.post.Compose, d.reports, d.statements
	}
	if d.kept, err = store.OpenDesk(ctx, config, keys); err != nil {
		return nil, err
	}
	jobs, err := store.OpenDesk(ctx, config, keys)
	if err != nil {
		return nil, err
	}
	paid.Watch(jobs)
	if d.clerk, err = clerk.New(jobs, jobsConfig); err != nil {
		return nil, err
	}
	sessions, err := session.New(session.Config{Key: sessionKey, Secret: s.secrets.clientSecret, Client: d.way.client(), Log: s.log})
	if err != nil {
		return nil, err
	}
	d.pages, err = desk.New(desk.Config{Store: d.kept, Sessions: sessions, Seal: keys.Public, Receipts: keys.Receipts, Forms: sessionKey, Log: s.log})
	if err != nil {
		return nil, err
	}
	d.file = deskFile(s.desk, s.log, d.useDesk)
	return &program{build: desk.BuildAround, routes: d.pages.Routes(), use: d.useContent, ready: d.ready, run: d.run, close: func() {
		d.kept.Close()
		jobs.Close()
	}}, nil
}

func (s secrets) deskKeys() (keys store.Keys, sessions []byte, err error) {
	if keys.Open, err = s.openingKey(); err != nil {
		return keys, nil, err
	}
	keys.Public = keys.Open.Public()
	if keys.Receipts, err = s.read(receiptsKey); err != nil {
		return keys, nil, err
	}
	sessions, err = s.read(sessionKey)
	return keys, sessions, err
}

func (d *staffed) useContent(doc *content.Document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doc == nil {
		close(d.known)
	}
	d.doc = doc
	d.useBoth()
}

func (d *staffed) useDesk(station *content.Desk) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.station = station
	if d.post != nil {
		d.post.use(station, d.log)
	}
	d.useBoth()
}

func (d *staffed) useBoth() {
	if d.doc == nil || d.station == nil {
		return
	}
	if err := d.land.use(d.station, d.doc.Site.Station); err != nil {
		d.log.Error("a part of desk.json is not used", "error", err.Error())
	}
	if provider := d.station.OIDC; provider != nil {
		if err := d.way.use(provider.CA); err != nil {
			d.log.Error("the identity provider is trusted as before", "error", err.Error())
		}
	}
	d.pages.Use(d.doc, d.station)
}

// ready returns why nobody can work here yet: without desk.json it is not known who
// may sign in, and every page asks for patience.
func (d *staffed) ready() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.station == nil {
		return errors.New("no desk.json is in use, and nobody can sign in: mount the ConfigMap desk-config at --desk; where it is mounted, the log says what is wrong with it")
	}
	return nil
}

// ended are the surveys whose last day is over.
func (d *staffed) ended() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doc == nil {
		return nil
	}
	var out []string
	today := time.Now().In(frame.Zone).Format(time.DateOnly)
	for _, s := range d.doc.Site.Surveys {
		if s.Until < today {
			out = append(out, s.Name)
		}
	}
	return out
}

// reports are the monthly reports of the community as it is now.
func (d *staffed) reports() []store.Report {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doc == nil || d.station == nil {
		return nil
	}
	return desk.Reports(d.doc, d.station)
}

// statements are of the billers that are asked for them.
func (d *staffed) statements() []store.StatementSource {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doc == nil || d.station == nil {
		return nil
	}
	return desk.StatementSources(d.doc, d.station)
}

// reuses is what the item of an application reuses now.
func (d *staffed) reuses(terms store.Terms) []store.PrefillField {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.doc == nil {
		return nil
	}
	return desk.Reuses(d.doc, terms.Item)
}

// contentWait is how long the clerk waits for the content, which says what applications
// reuse. Nobody's application waits longer because the content can't be read.
const contentWait = time.Minute

// run does the station's own jobs and follows the desk's file until ctx ends.
func (d *staffed) run(ctx context.Context) {
	var wait sync.WaitGroup
	wait.Go(func() { d.file.run(ctx) })
	wait.Go(func() {
		if d.post != nil {
			// A word the clerk applies may deliver something, too.
			select {
			case <-d.post.ready():
			case <-ctx.Done():
				return
			}
		}
		select {
		case <-d.known:
		case <-time.After(contentWait):
		case <-ctx.Done():
			return
		}
		if err := d.clerk.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
			d.log.Error("the clerk ended; the pages go on without", "error", err.Error())
		}
	})
	wait.Wait()
}
