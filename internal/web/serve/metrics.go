package serve

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts requests by code and route pattern: what is asked of the
// site, never by whom.
type Metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// NewMetrics registers the request metrics of one program (portal, desk).
func NewMetrics(reg prometheus.Registerer, program string) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "shequ", Subsystem: program, Name: "requests_total",
			Help: "Requests answered, by HTTP status code and route pattern.",
		}, []string{"code", "route"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Namespace: "shequ", Subsystem: program, Name: "request_duration_seconds",
			Help:    "Time from a request's arrival to the end of its answer, by route pattern.",
			Buckets: []float64{.0001, .0005, .001, .005, .025, .1, .5, 2.5},
		}, []string{"route"}),
	}
	reg.MustRegister(m.requests, m.duration)
	return m
}

func (m *Metrics) observe(status int, route string, took time.Duration) {
	m.requests.WithLabelValues(strconv.Itoa(status), route).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}
