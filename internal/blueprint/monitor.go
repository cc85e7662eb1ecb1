package blueprint

import (
	"github.com/shequ-io/shequ/api/v1alpha1"
)

const monitorName = "community"

// Monitor has Prometheus operator scrape every program of a home namespace. It
// is plain values, since its types are in a module that nothing else here needs.
func Monitor(h Home) any {
	return map[string]any{
		"apiVersion": "monitoring.coreos.com/v1",
		"kind":       "PodMonitor",
		"metadata": map[string]any{
			"name": monitorName, "namespace": h.Namespace,
			"labels": CommunityLabels(h.Community.Namespace, h.Community.Name),
		},
		"spec": map[string]any{
			"selector": map[string]any{
				"matchExpressions": []any{map[string]any{"key": v1alpha1.ComponentLabel, "operator": "Exists"}},
			},
			"podMetricsEndpoints": []any{map[string]any{"port": "metrics", "path": "/metrics"}},
		},
	}
}
