package serve

import (
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Health answers the probes. Alive means the process answers at all; ready
// means it has something to serve and is not about to stop.
type Health struct {
	ready    func() error
	draining atomic.Bool
}

// NewHealth asks ready for the reason why the program can't serve yet.
func NewHealth(ready func() error) *Health { return &Health{ready: ready} }

// Drain makes the program unready for good.
func (h *Health) Drain() { h.draining.Store(true) }

func (h *Health) check() error {
	if h.draining.Load() {
		return errors.New("stopping: no new requests, please")
	}
	return h.ready()
}

// Admin serves /healthz, /readyz and /metrics, on a port of its own that the
// public never reaches.
func Admin(health *Health, gatherer prometheus.Gatherer) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if err := health.check(); err != nil {
			plain(w, http.StatusServiceUnavailable, err.Error()+"\n")
			return
		}
		plain(w, http.StatusOK, "ok\n")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(gatherer, promhttp.HandlerOpts{}))
	return mux
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", CacheNever)
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
