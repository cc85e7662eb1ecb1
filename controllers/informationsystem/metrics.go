package informationsystem

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// Metrics show what is in no status.
type Metrics struct {
	probes *prometheus.CounterVec
	expiry *prometheus.GaugeVec
}

// NewMetrics registers the controller's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		probes: f.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_system_probes_total",
			Help: "Probes of an InformationSystem by result: answered, unanswered.",
		}, []string{"system", "result"}),
		expiry: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "shequ_system_certificate_expiry_timestamp_seconds",
			Help: "When the first certificate in the Secret of an InformationSystem expires, as Unix time. Absent where there is none, or none that can be used.",
		}, []string{"system"}),
	}
}

func (m *Metrics) probed(system string, answered bool) {
	result := "unanswered"
	if answered {
		result = "answered"
	}
	m.probes.WithLabelValues(system, result).Inc()
}

func (m *Metrics) unprobed(system string) {
	m.probes.DeletePartialMatch(prometheus.Labels{"system": system})
}

// expires notes when a system's first certificate does; zero: there is none.
func (m *Metrics) expires(system string, at time.Time) {
	if at.IsZero() {
		m.expiry.DeleteLabelValues(system)
		return
	}
	m.expiry.WithLabelValues(system).Set(float64(at.Unix()))
}
