package clerk

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// waits counts payments somebody waits for; *store.Desk does.
type waits interface {
	PaymentsWaiting(ctx context.Context) ([]store.PaymentsWaiting, error)
}

var _ waits = (*store.Desk)(nil)

// PaymentMetrics are those of what residents pay at the counter, by biller and state or
// event: no label tells of a payment, of whoever pays, or of a position.
type PaymentMetrics struct {
	events, moved *prometheus.CounterVec

	mu     sync.Mutex
	desk   waits
	latest []store.PaymentsWaiting
	taken  time.Time
}

var (
	openPayments = prometheus.NewDesc("shequ_payments_waiting",
		"Number of payments somebody waits for, by biller and state: taken, sent (the biller has not answered), refused (to be given back).",
		[]string{"biller", "state"}, nil)
	openAmount = prometheus.NewDesc("shequ_payments_waiting_yuan",
		"What the payments somebody waits for come to in yuan, by biller and state.", []string{"biller", "state"}, nil)
)

// NewPaymentMetrics registers the metrics of a community's payments.
func NewPaymentMetrics(r prometheus.Registerer) *PaymentMetrics {
	labels := []string{"biller", "event"}
	m := &PaymentMetrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_payment_events_total",
			Help: "Number of things that happened to payments at this desk, by biller and event: take, send, confirm, refuse, return, cancel, paid-over.",
		}, labels),
		moved: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_payment_moved_yuan_total", Help: "What these events moved in the books in yuan, by biller and event.",
		}, labels),
	}
	r.MustRegister(m)
	return m
}

// Watch has a desk's payments counted.
func (m *PaymentMetrics) Watch(desk *store.Desk) { m.watch(desk) }

func (m *PaymentMetrics) watch(desk waits) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.desk = desk
}

// Booked counts a journal; it is for store.Config.Booked. Counts of the till are of no
// biller, and are not counted.
func (m *PaymentMetrics) Booked(j payments.Journal) {
	if j.Biller == "" {
		return
	}
	m.events.WithLabelValues(j.Biller, string(j.Event)).Inc()
	for _, p := range j.Postings {
		if p.Amount > 0 {
			m.moved.WithLabelValues(j.Biller, string(j.Event)).Add(yuan(p.Amount))
		}
	}
}

// yuan for a metric, which is a floating-point number by its nature.
func yuan(a payments.Amount) float64 { return float64(a) / 100 }

// Describe implements prometheus.Collector.
func (m *PaymentMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- openPayments
	ch <- openAmount
	m.events.Describe(ch)
	m.moved.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *PaymentMetrics) Collect(ch chan<- prometheus.Metric) {
	m.events.Collect(ch)
	m.moved.Collect(ch)
	for _, w := range m.count() {
		ch <- prometheus.MustNewConstMetric(openPayments, prometheus.GaugeValue, float64(w.Count), w.Biller, string(w.State))
		ch <- prometheus.MustNewConstMetric(openAmount, prometheus.GaugeValue, yuan(w.Amount), w.Biller, string(w.State))
	}
}

// count counts, unless that was done a moment ago. Where nobody can, there is nothing:
// that is better than what is no longer so.
func (m *PaymentMetrics) count() []store.PaymentsWaiting {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.desk == nil || time.Since(m.taken) < countAgain {
		return m.latest
	}
	ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
	defer cancel()
	var err error
	if m.latest, err = m.desk.PaymentsWaiting(ctx); err != nil {
		m.latest = nil
	}
	m.taken = time.Now()
	return m.latest
}
