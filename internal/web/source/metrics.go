package source

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/content"
)

// Metrics tells which content a program serves and whether it is the newest.
type Metrics struct {
	info    *prometheus.GaugeVec
	valid   prometheus.Gauge
	items   prometheus.Gauge
	reloads *prometheus.CounterVec
	loadedS prometheus.Gauge
}

// NewMetrics registers the content metrics of one program (portal, desk).
func NewMetrics(reg prometheus.Registerer, program string) *Metrics {
	gauge := func(name, help string) prometheus.GaugeOpts {
		return prometheus.GaugeOpts{Namespace: "shequ", Subsystem: program, Name: name, Help: help}
	}
	m := &Metrics{
		info:    prometheus.NewGaugeVec(gauge("content_info", "The revision of the content being served; always 1."), []string{"revision"}),
		valid:   prometheus.NewGauge(gauge("content_valid", "Whether the newest content could be read; 0 means an older one is served, or none.")),
		items:   prometheus.NewGauge(gauge("content_items", "Items in the content being served.")),
		loadedS: prometheus.NewGauge(gauge("content_loaded_timestamp_seconds", "When the content being served was loaded.")),
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Namespace: "shequ", Subsystem: program, Name: "content_reloads_total",
			Help: "Attempts to load changed content, by result (success, failure).",
		}, []string{"result"}),
	}
	reg.MustRegister(m.info, m.valid, m.items, m.loadedS, m.reloads)
	m.reloads.WithLabelValues("success")
	m.reloads.WithLabelValues("failure")
	return m
}

func (m *Metrics) loaded(doc *content.Document) {
	m.info.Reset()
	m.info.WithLabelValues(Short(doc.Revision)).Set(1)
	m.items.Set(float64(len(doc.Items)))
	m.loadedS.SetToCurrentTime()
	m.reloads.WithLabelValues("success").Inc()
}

func (m *Metrics) good() { m.valid.Set(1) }

func (m *Metrics) bad() {
	m.valid.Set(0)
	m.reloads.WithLabelValues("failure").Inc()
}
