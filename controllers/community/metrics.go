package community

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// The chains, as the label chain and fields of the status name them.
const (
	chainAudit      = "audit"
	chainDeliveries = "deliveries"
)

// Metrics show what is in no status.
type Metrics struct {
	heads *prometheus.GaugeVec
}

// NewMetrics registers the controller's metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	return &Metrics{heads: promauto.With(reg).NewGaugeVec(prometheus.GaugeOpts{
		Name: "shequ_community_head_confirmed_timestamp_seconds",
		Help: "When the head of a chain of a community (audit, deliveries) was last read and was the published one or went on from it, as Unix time. Absent without a database.",
	}, []string{"namespace", "community", "chain"})}
}

// confirmed notes when a chain was; zero: there is none.
func (m *Metrics) confirmed(community client.Object, chain string, at time.Time) {
	if at.IsZero() {
		m.heads.DeleteLabelValues(community.GetNamespace(), community.GetName(), chain)
		return
	}
	m.heads.WithLabelValues(community.GetNamespace(), community.GetName(), chain).Set(float64(at.Unix()))
}

// forget drops a community that is gone.
func (m *Metrics) forget(namespace, name string) {
	m.heads.DeletePartialMatch(prometheus.Labels{"namespace": namespace, "community": name})
}
