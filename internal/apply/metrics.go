package apply

import "github.com/prometheus/client_golang/prometheus"

// Results of an apply, the values of the label result.
const (
	resultApplied   = "applied"
	resultNoop      = "noop"
	resultCorrected = "corrected"
	resultPruned    = "pruned"
	resultFailed    = "failed"
)

// Metrics counts applies by kind of child and result.
type Metrics struct {
	applies *prometheus.CounterVec
}

// NewMetrics registers the apply metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{applies: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "shequ_apply_total",
		Help: "Children looked at, by kind and result: applied, noop (already so, nothing sent), corrected (a foreign change was put back), pruned, failed.",
	}, []string{"kind", "result"})}
	reg.MustRegister(m.applies)
	return m
}

func (m *Metrics) count(kind, result string) {
	if m != nil {
		m.applies.WithLabelValues(kind, result).Inc()
	}
}
