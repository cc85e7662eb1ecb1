package main

import (
	"cmp"
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier/hooks"
	"github.com/shequ-io/shequ/internal/courier/rounds"
	"github.com/shequ-io/shequ/internal/courier/senders"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// courierProgram carries what waits to information systems, and takes what they send.
const courierProgram = "courier"

func (s secrets) courierKeys() (keys store.CourierKeys, err error) {
	raw, err := s.read(courierKey)
	if err != nil {
		return keys, err
	}
	if keys.Open, err = seal.ParsePrivateKey(raw); err != nil {
		return keys, err
	}
	if keys.Public, err = s.sealingKey(); err != nil {
		return keys, err
	}
	keys.Receipts, err = s.read(receiptsKey)
	return keys, err
}

// deliver runs the courier until ctx ends. Then nothing more is begun; what is under
// way ends, or is given back, while the ports drain.
func deliver(ctx context.Context, o options, log *slog.Logger, started func(public, admin string)) error {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	keys, err := o.secrets.courierKeys()
	if err != nil {
		return err
	}
	kept, err := store.OpenCourier(ctx, store.Config{URI: o.secrets.uri, Log: log}, keys)
	if err != nil {
		return err
	}
	defer kept.Close()
	systems := senders.New(senders.Config{Credentials: o.credentials, Timeout: o.timeout, Log: log})
	defer systems.Close()
	metrics := rounds.NewMetrics(registry)
	work := rounds.New(kept, rounds.Config{Systems: systems, Metrics: metrics, Log: log})
	metrics.Watch(work, kept)

	var known atomic.Bool
	file := courierFile(o.courier, log, func(c *content.Courier) {
		if systems.Use(c) {
			work.Nudge()
		}
		if !known.Swap(true) {
			debug.FreeOSMemory()
			letGo()
		}
	})
	file.every = cmp.Or(o.every, mountedPeriod)
	health := serve.NewHealth(func() error {
		if !known.Load() {
			return content.ErrNoCourier
		}
		return nil
	})
	following, stop := context.WithCancel(context.WithoutCancel(ctx))
	var wait sync.WaitGroup
	defer wait.Wait()
	defer stop()
	wait.Go(func() { file.run(following) })
	wait.Go(func() { systems.Run(following, file.every, work.Nudge) })
	wait.Go(func() { rest(following) })
	wait.Go(func() { work.Run(ctx) })
	server := serve.Server{
		Listen: o.listen, ListenAdmin: o.metrics, Admin: serve.Admin(health, registry), Health: health, Log: log,
		Public:     hooks.New(hooks.Config{Store: kept, Key: systems.Webhook, Orders: systems.Orders, Metrics: registry, Log: log}),
		DrainDelay: o.drainDelay, DrainTimeout: o.drainTimeout, Ready: started,
	}
	return server.Run(ctx)
}
