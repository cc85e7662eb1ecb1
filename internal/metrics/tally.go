package metrics

import (
	"slices"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// tally counts objects by two labels.
type tally map[[2]string]float64

func (t tally) add(a, b string) { t[[2]string{a, b}]++ }

func (t tally) conditions(conds []metav1.Condition) {
	for _, c := range conds {
		t.add(c.Type, string(c.Status))
	}
}

// send shows the counts, the two labels after those that are common to all.
func (t tally) send(ch chan<- prometheus.Metric, desc *prometheus.Desc, common ...string) {
	for labels, n := range t {
		gauge(ch, desc, n, append(slices.Clone(common), labels[0], labels[1])...)
	}
}
