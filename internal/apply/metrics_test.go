package apply

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestMetricsCount(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	m.count("Service", resultApplied)
	m.count("Service", resultApplied)
	m.count("Service", resultNoop)
	if got := testutil.ToFloat64(m.applies.WithLabelValues("Service", resultApplied)); got != 2 {
		t.Errorf("applied %v, want 2", got)
	}
	problems, err := testutil.GatherAndLint(registry)
	if err != nil || len(problems) > 0 {
		t.Errorf("lint: %v, %v", problems, err)
	}
	var none *Metrics
	none.count("Service", resultApplied) // counts nothing, and does not panic
}
