package rounds

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/transport"
)

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		s.answer = func(n int, _ courier.Message) (courier.Answer, error) {
			switch n {
			case 1:
				return courier.Answer{}, down("no connection")
			case 2:
				return courier.Answer{}, &transport.RefusedError{Status: 422}
			}
			return accepted, nil
		}
		registry := prometheus.NewRegistry()
		m := NewMetrics(registry)
		for c := range 5 {
			o.enter(caseName(c), 1)
		}
		r, end := start(o, Config{Systems: single(s, courier.PaceRules{PerMinute: 6000}), Metrics: m})
		defer end()
		m.Watch(r, backlog{o})
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, c := range []struct {
			name, label string
			want        float64
		}{
			{"shequ_deliveries_delivered_total", "accepted", 4},
			{"shequ_deliveries_retried_total", "unavailable", 1},
			{"shequ_deliveries_dead_total", "refused", 1},
			{"shequ_deliveries_elements_withheld_total", "NotAccepted", 8},
			{"shequ_deliveries_elements_withheld_total", "OtherPurpose", 4},
			{"shequ_deliveries_dead", "s", 1},
			{"shequ_deliveries_waiting", "s", 0},
			{"shequ_deliveries_breaker_open", "s", 0},
			{"shequ_deliveries_oldest_age_seconds", "s", 60},
		} {
			if got := gauge(t, registry, c.name, c.label); got != c.want {
				t.Errorf("%s of %s is %v, want %v", c.name, c.label, got, c.want)
			}
		}
		if problems, err := testutil.GatherAndLint(registry); err != nil || len(problems) != 0 {
			t.Error(problems, err)
		}
	})
}

// A database that does not answer shows no backlog, rather than an old one.
func TestMetricsWithoutDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := newOutbox()
		o.fail(errors.New("away"))
		registry := prometheus.NewRegistry()
		m := NewMetrics(registry)
		m.Watch(New(o, Config{}), backlog{o})
		m.hold("s", nil)
		for _, family := range must(registry.Gather()) {
			if family.GetName() == "shequ_deliveries_waiting" {
				t.Error("there is a backlog")
			}
		}
	})
}

// What is put right is no longer held, and a system that was taken away no longer shown,
// though nothing waits for it any more.
func TestHeldIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, s := newOutbox(), newSystem()
		known := single(s, courier.PaceRules{})
		registry := prometheus.NewRegistry()
		m := NewMetrics(registry)
		known.hold(&HeldError{HeldSettings, "its reading does not compile"})
		r, end := start(o, Config{Systems: known, Metrics: m})
		defer end()
		m.Watch(r, backlog{o})
		o.enter("c", 1)
		time.Sleep(time.Minute)
		synctest.Wait()
		if gauge(t, registry, "shequ_deliveries_held", "settings") != 1 {
			t.Error("it is not held")
		}
		o.empty() // as when the case is withdrawn
		known.hold(nil)
		r.Nudge()
		time.Sleep(time.Minute)
		synctest.Wait()
		if gauge(t, registry, "shequ_deliveries_held", "settings") != 0 {
			t.Error("it is held although it was put right")
		}
		known.hold(&HeldError{HeldUnknown, "there is no such system"})
		o.enter("c", 2)
		time.Sleep(time.Minute)
		synctest.Wait()
		if gauge(t, registry, "shequ_deliveries_held", "unknown") != 1 || gauge(t, registry, "shequ_deliveries_waiting", "s") != 1 {
			t.Error("what waits for a system that was taken away is not shown")
		}
		o.empty()
		time.Sleep(time.Minute)
		synctest.Wait()
		for _, family := range must(registry.Gather()) {
			if strings.HasPrefix(family.GetName(), "shequ_deliveries_") && family.GetType().String() == "GAUGE" {
				t.Errorf("%s is shown of a system that is gone", family.GetName())
			}
		}
	})
}

func gauge(t *testing.T, r *prometheus.Registry, name, label string) float64 {
	t.Helper()
	for _, family := range must(r.Gather()) {
		for _, m := range family.GetMetric() {
			for _, l := range m.GetLabel() {
				if family.GetName() == name && l.GetValue() == label {
					return m.GetGauge().GetValue() + m.GetCounter().GetValue()
				}
			}
		}
	}
	t.Errorf("there is no %s of %s", name, label)
	return -1
}
