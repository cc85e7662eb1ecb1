package admission

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/shequ-io/shequ/internal/admission"
)

// Metrics count what the controller does.
type Metrics struct {
	transitions *prometheus.CounterVec
	answers     prometheus.Counter
	latency     prometheus.Histogram
}

// NewMetrics registers the controller's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	f := promauto.With(reg)
	return &Metrics{
		transitions: f.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_admission_transitions_total",
			Help: "Changes of a task's answer in a community, by the new decision and reason.",
		}, []string{"decision", "reason"}),
		answers: f.NewCounter(prometheus.CounterOpts{
			Name: "shequ_admission_decisions_total",
			Help: "Answers worked out, changed or not: one for each task and community looked at.",
		}),
		latency: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "shequ_admission_latency_seconds",
			Help:    "Time from a change to the ledger that takes it into account.",
			Buckets: []float64{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
		}),
	}
}

// decided notes a decision that began with a change at a time; zero where no
// change led to it.
func (m *Metrics) decided(began time.Time, answer *admission.Result) {
	m.answers.Add(float64(len(answer.Answers)))
	if !began.IsZero() {
		m.latency.Observe(time.Since(began).Seconds())
	}
}
