package main

import (
	"context"
	"time"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/open311"
	"github.com/shequ-io/shequ/internal/web/portal"
	"github.com/shequ-io/shequ/internal/web/resident"
)

// newPortal makes the portal that takes in what residents send. It holds no key
// that opens any of it.
func newPortal(ctx context.Context, s setting) (*program, error) {
	sealing, err := s.secrets.sealingKey()
	if err != nil {
		return nil, err
	}
	receipts, err := s.secrets.read(receiptsKey)
	if err != nil {
		return nil, err
	}
	kept, err := store.OpenPortal(ctx, store.Config{URI: s.secrets.uri, Log: s.log})
	if err != nil {
		return nil, err
	}
	pages, err := resident.New(resident.Config{
		Store: kept, Seal: sealing, ReceiptsKey: receipts, TrustedProxies: s.proxies, Log: s.log, Metrics: s.registry,
	})
	if err != nil {
		return nil, err
	}
	reports, err := open311.New(open311.Config{
		Store: kept, Seal: sealing, Receipts: receipts, Limiter: pages.Limiter(), Log: s.log,
	})
	if err != nil {
		return nil, err
	}
	routes := pages.Routes()
	routes.Add(reports.Route())
	return &program{
		build: portal.BuildTaking, routes: routes, close: kept.Close,
		use: func(doc *content.Document) {
			pages.Use(doc)
			reports.Serve(doc, time.Now())
		},
	}, nil
}
