package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

var (
	systemConditions = prometheus.NewDesc("shequ_systems",
		"Number of InformationSystems by condition and its status.",
		[]string{"condition", "status"}, nil)
	systemReady = prometheus.NewDesc("shequ_system_ready",
		"Whether an InformationSystem is declared as couriers need it and has its credentials: 1 yes, 0 no.",
		[]string{"system"}, nil)
	systemReachable = prometheus.NewDesc("shequ_system_reachable",
		"Whether an InformationSystem answered the operator's last probe: 1 yes, 0 no. Absent without a probe, and before the first.",
		[]string{"system"}, nil)
	systemConsumers = prometheus.NewDesc("shequ_system_communities",
		"Number of Communities connected to an InformationSystem.",
		[]string{"system"}, nil)
)

func (c *Collector) systems(ctx context.Context, ch chan<- prometheus.Metric) {
	var list v1alpha1.InformationSystemList
	if err := c.reader.List(ctx, &list, client.UnsafeDisableDeepCopy); err != nil {
		ch <- prometheus.NewInvalidMetric(systemConditions, err)
		return
	}
	conds := tally{}
	for i := range list.Items {
		s := &list.Items[i]
		conds.conditions(s.Status.Conditions)
		for kind, desc := range map[string]*prometheus.Desc{v1alpha1.ConditionReady: systemReady, v1alpha1.ConditionReachable: systemReachable} {
			if c := meta.FindStatusCondition(s.Status.Conditions, kind); c != nil && c.Status != metav1.ConditionUnknown {
				gauge(ch, desc, truth(c.Status == metav1.ConditionTrue), s.Name)
			}
		}
		if s.Status.Consumers != nil {
			gauge(ch, systemConsumers, float64(*s.Status.Consumers), s.Name)
		}
	}
	conds.send(ch, systemConditions)
}
