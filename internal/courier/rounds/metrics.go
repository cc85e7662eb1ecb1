package rounds

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// Backlog counts what waits.
type Backlog interface {
	Backlog(ctx context.Context) ([]store.SystemBacklog, error)
}

// Metrics are those of deliveries. Their labels are systems, of which a community has
// as many as it is connected to, and words of short lists.
type Metrics struct {
	delivered, retried, dead, withheld *prometheus.CounterVec
	lag                                *prometheus.HistogramVec

	mu      sync.Mutex
	held    map[string]Held // by system; empty: it is sent to
	rounds  *Rounds
	backlog Backlog

	measuring sync.Mutex // and nothing of the others: a database may be slow
	latest    []store.SystemBacklog
	known     bool
	measured  time.Time
}

var (
	waitingGauge = prometheus.NewDesc("shequ_deliveries_waiting", "Number of messages that wait to be delivered, by system.", []string{"system"}, nil)
	deadGauge    = prometheus.NewDesc("shequ_deliveries_dead",
		"Number of messages that wait until somebody at the desk replays them or gives them up, by system.", []string{"system"}, nil)
	oldestGauge = prometheus.NewDesc("shequ_deliveries_oldest_age_seconds",
		"Age of the oldest message that is not delivered, by system.", []string{"system"}, nil)
	breakerGauge = prometheus.NewDesc("shequ_deliveries_breaker_open",
		"Whether a system is left alone since it failed too often in a row (1), tried with one message at a time (0.5), or sent to (0).", []string{"system"}, nil)
	heldGauge = prometheus.NewDesc("shequ_deliveries_held",
		"Whether nothing is sent to a system (1) by reason: unknown, credentials, settings. The log says how to mend it.", []string{"system", "reason"}, nil)
)

// lags from half a second to a week, in seconds.
var lags = []float64{0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 86400}

func newMetrics() *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, append([]string{"system"}, labels...))
	}
	return &Metrics{
		held:      map[string]Held{},
		delivered: counter("shequ_deliveries_delivered_total", "Number of messages a system has answered, by system and verdict: accepted, rejected, more-needed.", "verdict"),
		retried: counter("shequ_deliveries_retried_total",
			"Number of tries after which a message waited to be tried again, by system and reason: unavailable, busy, unreadable, unacknowledged.", "reason"),
		dead: counter("shequ_deliveries_dead_total",
			"Number of messages that were left to somebody at the desk, by system and reason: refused, unreadable, unacknowledged, too-often.", "reason"),
		withheld: counter("shequ_deliveries_elements_withheld_total", "Number of data elements that did not go with a delivered message, by system and reason.", "reason"),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "shequ_deliveries_duration_seconds", Help: "Time from the turn at the desk until the system has answered, by system.", Buckets: lags,
		}, []string{"system"}),
	}
}

// NewMetrics registers the metrics of deliveries.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := newMetrics()
	r.MustRegister(m)
	return m
}

// Watch has rounds and their outbox shown.
func (m *Metrics) Watch(r *Rounds, b Backlog) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rounds, m.backlog = r, b
}

func (m *Metrics) hold(system string, e *HeldError) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held[system] = ""
	if e != nil {
		m.held[system] = e.Held
	}
}

// count counts what a try came to.
func (m *Metrics) count(system string, f *finding) {
	s := &f.settlement
	switch {
	case s.Delivered != nil:
		m.delivered.WithLabelValues(system, string(s.Delivered.Verdict)).Inc()
		m.lag.WithLabelValues(system).Observe(max(s.At.Sub(s.Parcel.Entered).Seconds(), 0))
		for part := range strings.SplitSeq(s.Parcel.Refused, ",") {
			why, text, _ := strings.Cut(part, ":")
			if n, err := strconv.ParseInt(text, 10, 64); err == nil && slices.Contains(courier.Whys(), courier.Why(why)) {
				m.withheld.WithLabelValues(system, why).Add(float64(n))
			}
		}
	case s.Dead:
		m.dead.WithLabelValues(system, string(f.what)).Inc()
	default:
		m.retried.WithLabelValues(system, string(f.what)).Inc()
	}
}

func (m *Metrics) parts() []prometheus.Collector {
	return []prometheus.Collector{m.delivered, m.retried, m.dead, m.withheld, m.lag}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{waitingGauge, deadGauge, oldestGauge, breakerGauge, heldGauge} {
		ch <- d
	}
	for _, p := range m.parts() {
		p.Describe(ch)
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	for _, p := range m.parts() {
		p.Collect(ch)
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	m.mu.Lock()
	held, rounds, backlog := maps.Clone(m.held), m.rounds, m.backlog
	m.mu.Unlock()
	now := time.Now()
	counts, ok := m.measure(backlog, now)
	of := map[string]store.SystemBacklog{}
	for _, b := range counts {
		of[b.System] = b
	}
	for system, why := range held {
		if _, waits := of[system]; !waits {
			if ok && why == HeldUnknown {
				delete(held, system) // it was taken away, and nobody waits for it
				continue
			}
			of[system] = store.SystemBacklog{} // nothing waits for it
		}
		for _, reason := range []Held{HeldUnknown, HeldCredentials, HeldSettings} {
			value := 0.0
			if why == reason {
				value = 1
			}
			gauge(heldGauge, value, system, string(reason))
		}
	}
	if rounds != nil {
		for system, state := range rounds.breakers(now) {
			if _, there := held[system]; !there {
				continue
			}
			gauge(breakerGauge, map[courier.BreakerState]float64{courier.BreakerHalfOpen: 0.5, courier.BreakerOpen: 1}[state], system)
		}
	}
	if !ok {
		return // nothing is better than what is no longer so
	}
	for system, b := range of {
		age := 0.0
		if !b.Oldest.IsZero() {
			age = max(now.Sub(b.Oldest).Seconds(), 0)
		}
		gauge(waitingGauge, float64(b.Waiting), system)
		gauge(deadGauge, float64(b.Dead), system)
		gauge(oldestGauge, age, system)
	}
}

const (
	// measureAgain is how old a count may be: several may scrape.
	measureAgain   = 20 * time.Second
	measureTimeout = 5 * time.Second
)

// measure counts what waits, unless that was done a moment ago.
func (m *Metrics) measure(backlog Backlog, now time.Time) ([]store.SystemBacklog, bool) {
	if backlog == nil {
		return nil, false
	}
	m.measuring.Lock()
	defer m.measuring.Unlock()
	if now.Sub(m.measured) >= measureAgain {
		ctx, cancel := context.WithTimeout(context.Background(), measureTimeout)
		defer cancel()
		var err error
		m.latest, err = backlog.Backlog(ctx)
		m.known, m.measured = err == nil, now
	}
	return m.latest, m.known
}
