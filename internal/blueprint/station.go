package blueprint

import (
	"fmt"
	"strconv"

	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/settings"
)

// StationFacts is what a station's items are made of.
type StationFacts struct {
	Station  *v1alpha1.ServiceStation
	Standard *v1alpha1.CommunityStandard // nil: not found
}

// Items are the ConfigMaps that hold a station's items, each below what a
// ConfigMap can hold.
func Items(namespace string, f StationFacts) ([]any, error) {
	files, err := content.MarshalItems(stationItems(f))
	if err != nil {
		return nil, fmt.Errorf("the station's items: %w", err)
	}
	if len(files) > ItemShards {
		return nil, fmt.Errorf("the station's items fill %d ConfigMaps, at most %d can be served: shorten or split them", len(files), ItemShards)
	}
	st := f.Station
	labels := with(StationLabels(st.Namespace, st.Spec.CommunityRef.Name, st.Name), ComponentDesk)
	var out []any
	for i, file := range files {
		out = append(out, corev1ac.ConfigMap(itemsPrefix+strconv.Itoa(i), namespace).WithLabels(labels).
			WithData(map[string]string{file.Name: string(file.Data)}))
	}
	return out, nil
}

// stationItems are the station's own items, with the titles of the data
// elements their forms ask for.
func stationItems(f StationFacts) []content.Item {
	titles := elementTitles(f.Standard)
	out := []content.Item{}
	for _, it := range f.Station.Spec.Items {
		if len(undeclared(it, titles)) > 0 {
			continue
		}
		item := content.Item{
			Name: it.Name, Title: text(it.Title), Category: string(it.Category),
			Steps: texts(it.Steps), Materials: texts(it.Materials),
			AcceptWithinMinutes: it.AcceptWithinMinutes, ResolveWithinMinutes: it.ResolveWithinMinutes,
		}
		if it.Summary != nil {
			item.Summary = text(*it.Summary)
		}
		for _, code := range it.DataElements {
			item.Elements = append(item.Elements, titles[code])
		}
		out = append(out, item)
	}
	return out
}

// undeclared are the codes an item asks for that the standard does not declare.
func undeclared(item v1alpha1.StationItem, titles map[v1alpha1.DataElementCode]content.Text) []string {
	var out []string
	for _, code := range item.DataElements {
		if _, ok := titles[code]; !ok {
			out = append(out, item.Name+": "+string(code))
		}
	}
	return out
}

// UndeclaredElements are the data elements a station's items ask for that the
// standard does not declare. Such items are not served: what is not declared
// can't be collected.
func UndeclaredElements(f StationFacts) []string {
	titles := elementTitles(f.Standard)
	var out []string
	for _, item := range f.Station.Spec.Items {
		out = append(out, undeclared(item, titles)...)
	}
	return out
}

// ServedItems is how many items are served.
func ServedItems(f StationFacts) int { return len(stationItems(f)) }

func elementTitles(standard *v1alpha1.CommunityStandard) map[v1alpha1.DataElementCode]content.Text {
	titles := map[v1alpha1.DataElementCode]content.Text{}
	if standard != nil {
		for _, e := range standard.Spec.DataElements {
			titles[e.Code] = text(e.Title)
		}
	}
	return titles
}

// DeskPolicies open the desk to the gateway, and to the OIDC provider.
func DeskPolicies(namespace string, labels map[string]string, network settings.Network) []any {
	return gatewayPolicy(ComponentDesk, namespace, labels, network, network.OIDC)
}

func texts(in []v1alpha1.LocalizedText) []content.Text {
	var out []content.Text
	for _, t := range in {
		out = append(out, text(t))
	}
	return out
}
