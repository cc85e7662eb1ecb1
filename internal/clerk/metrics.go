package clerk

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
)

// census counts cases.
type census interface {
	Census(ctx context.Context) (store.Census, error)
}

// Metrics are those of a community's cases. No label tells of a person, a place, an
// item or a case: there are kind and step, and no others.
type Metrics struct {
	ended                                                *prometheus.CounterVec
	opened                                               *prometheus.CounterVec
	ratings                                              *prometheus.CounterVec
	accept, resolve                                      *prometheus.HistogramVec
	setAside, wordsRefused, lettersExpired, filesExpired prometheus.Counter
	repliesRefused                                       prometheus.Counter

	mu     sync.Mutex
	desk   census
	latest store.Census
	known  bool
	taken  time.Time
}

var (
	openCases = prometheus.NewDesc("shequ_cases_open", "Number of open cases by kind and step.", []string{"kind", "step"}, nil)
	lateCases = prometheus.NewDesc("shequ_cases_late",
		"Number of open cases by kind and step of which a clock that runs has passed its limit.", []string{"kind", "step"}, nil)
	waiting = prometheus.NewDesc("shequ_submissions_waiting", "Number of submissions that are not taken in yet.", nil, nil)
	aside   = prometheus.NewDesc("shequ_submissions_set_aside",
		"Number of submissions no case could be made of: not sealed for this community's key, or not readable. They are kept.", nil, nil)
	words = prometheus.NewDesc("shequ_words_waiting", "Number of words of residents about their cases that are not applied yet.", nil, nil)
)

// buckets from ten minutes to a month, in seconds.
var buckets = []float64{
	600, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 24 * 3600, 2 * 86400, 3 * 86400, 5 * 86400, 7 * 86400, 10 * 86400, 15 * 86400, 30 * 86400,
}

func newMetrics() *Metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	histogram := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{"kind"})
	}
	return &Metrics{
		opened: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_cases_opened_total", Help: "Number of cases this desk has taken in, by kind.",
		}, []string{"kind"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_cases_ended_total", Help: "Number of times a case ended at this desk, by kind and by the step it ended in.",
		}, []string{"kind", "step"}),
		ratings: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "shequ_case_ratings_total", Help: "Number of ratings residents gave, by kind, by what was rated (response, resolution, satisfaction) and by points, 1 to 5.",
		}, []string{"kind", "rated", "points"}),
		accept:       histogram("shequ_case_accept_duration_seconds", "Time from receiving a case until it is registered or rejected, by kind."),
		resolve:      histogram("shequ_case_resolve_duration_seconds", "Time from receiving a case, or from its reopening, until it is closed, by kind."),
		setAside:     counter("shequ_submissions_set_aside_total", "Number of times a submission was set aside because no case could be made of it."),
		wordsRefused: counter("shequ_words_refused_total", "Number of words of residents that were not allowed when they were applied."),
		repliesRefused: counter("shequ_replies_refused_total",
			"Number of answers of information systems that did not change their case: they are told only, or were not allowed any more."),
		lettersExpired: counter("shequ_letters_expired_total", "Number of letters that were deleted, their time being over."),
		filesExpired:   counter("shequ_files_expired_total", "Number of files that were deleted, their time being over."),
	}
}

// NewMetrics registers the metrics of a community's cases.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := newMetrics()
	r.MustRegister(m)
	return m
}

func (m *Metrics) parts() []prometheus.Collector {
	return []prometheus.Collector{m.opened, m.ended, m.ratings, m.accept, m.resolve, m.setAside, m.wordsRefused, m.repliesRefused, m.lettersExpired, m.filesExpired}
}

// watch has a desk counted.
func (m *Metrics) watch(desk census) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.desk = desk
}

// Applied counts a case that went a turn; it is for store.Config.Applied.
func (m *Metrics) Applied(c casework.Case) {
	last := c.History[len(c.History)-1]
	kind := string(c.Kind)
	if last.Event.Type == casework.Collect {
		m.opened.WithLabelValues(kind).Inc()
		return
	}
	if r := last.Event.Ratings; last.Event.Type == casework.Rate {
		for rated, points := range map[string]int64{"response": r.Response, "resolution": r.Resolution, "satisfaction": r.Satisfaction} {
			m.ratings.WithLabelValues(kind, rated, strconv.FormatInt(points, 10)).Inc()
		}
		return
	}
	if last.From == last.To {
		return
	}
	if last.From == casework.Collected && (last.To == casework.Registered || last.To == casework.Rejected) {
		m.accept.WithLabelValues(kind).Observe(last.At.Sub(c.History[0].At).Seconds())
	}
	if last.To.Ended() {
		m.ended.WithLabelValues(kind, string(last.To)).Inc()
	}
	if last.To == casework.Closed {
		m.resolve.WithLabelValues(kind).Observe(last.At.Sub(began(c.History)).Seconds())
	}
}

// began is when the present round did.
func began(history []casework.Turn) time.Time {
	at := history[0].At
	for _, t := range history {
		if t.Event.Type == casework.Reopen {
			at = t.At
		}
	}
	return at
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{openCases, lateCases, waiting, aside, words} {
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
	now, ok := m.count()
	if !ok {
		return // nothing is better than what is no longer so
	}
	gauge := func(d *prometheus.Desc, n int64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(n), labels...)
	}
	for _, row := range now.Open {
		gauge(openCases, row.Cases, string(row.Kind), string(row.Step))
		gauge(lateCases, row.Late, string(row.Kind), string(row.Step))
	}
	gauge(waiting, now.Waiting)
	gauge(aside, now.SetAside)
	gauge(words, now.Words)
}

const (
	// countAgain is how old a count may be: several may scrape.
	countAgain   = 20 * time.Second
	countTimeout = 5 * time.Second
)

// count counts, unless that was done a moment ago.
func (m *Metrics) count() (store.Census, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.desk == nil {
		return store.Census{}, false
	}
	if time.Since(m.taken) < countAgain {
		return m.latest, m.known
	}
	ctx, cancel := context.WithTimeout(context.Background(), countTimeout)
	defer cancel()
	var err error
	m.latest, err = m.desk.Census(ctx)
	m.known, m.taken = err == nil, time.Now()
	return m.latest, m.known
}
