package resident

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/casework"
)

// The outcomes that are counted.
const (
	outcomeTaken       = "taken"
	outcomeAgain       = "again"
	outcomeRefused     = "refused"
	outcomeLimited     = "limited"
	outcomeUnavailable = "unavailable"
	outcomeFound       = "found"
	outcomeUnknown     = "unknown"
)

// metrics counts what is done at the pages, never by whom.
type metrics struct {
	submissions, words   *prometheus.CounterVec
	lookups, surveyTaken *prometheus.CounterVec
}

// RegisterMetrics registers the metrics that New registers, for whoever lists them.
func RegisterMetrics(reg prometheus.Registerer) { newMetrics(reg) }

func newMetrics(reg prometheus.Registerer) *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "shequ", Subsystem: "portal", Name: name, Help: help}, labels)
	}
	m := &metrics{
		submissions: counter("submissions_total", "Forms sent, by kind of case and outcome: taken, again (it was sent before), refused (something to put right), limited, unavailable.", "kind", "outcome"),
		words:       counter("words_total", "What residents said about their cases, by event and outcome: taken, refused, unavailable.", "event", "outcome"),
		lookups:     counter("lookups_total", "Receipt codes entered, by outcome: found, unknown, refused (no receipt code), limited, unavailable.", "outcome"),
		surveyTaken: counter("survey_answers_total", "Survey forms sent, by outcome: taken, refused, limited, unavailable.", "outcome"),
	}
	if reg != nil {
		reg.MustRegister(m.submissions, m.words, m.lookups, m.surveyTaken)
	}
	return m
}

func (m *metrics) submitted(k casework.Kind, outcome string) {
	m.submissions.WithLabelValues(string(k), outcome).Inc()
}

func (m *metrics) said(t casework.EventType, outcome string) {
	m.words.WithLabelValues(string(t), outcome).Inc()
}

func (m *metrics) looked(outcome string) { m.lookups.WithLabelValues(outcome).Inc() }

func (m *metrics) answered(outcome string) { m.surveyTaken.WithLabelValues(outcome).Inc() }
