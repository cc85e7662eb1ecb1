package blueprint

import (
	"fmt"
	"sort"
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
	// Tasks admitted in the station's community, by namespace and name.
	Tasks []AdmittedFact
	// Systems the community is connected to, of those that exist.
	Systems []*v1alpha1.InformationSystem
}

// Offer is what a station serves, and what it can't.
type Offer struct {
	// Items served: the station's own, then those of admitted tasks.
	Items []content.Item
	// Tasks that are admitted and have no item here; they are disclosed.
	Tasks []content.Task
	// Served are the tasks whose items are served, in the order of the facts.
	Served []v1alpha1.NamespacedReference
	// Undeclared are the data elements that the standard does not declare, with
	// the item that asks for each. Such an item is not served: what is not declared
	// can't be collected.
	Undeclared []string
	// Overflow are the admitted tasks that no longer fit the ConfigMaps; nothing
	// of them is published.
	Overflow []string

	labels map[string]string
	files  []content.File
}

// Own is how many of the items are the station's own.
func (o *Offer) Own() int { return len(o.Items) - len(o.Served) }

// MakeOffer works out what a station serves. It fails when the station's own
// items alone can't be published.
func MakeOffer(f StationFacts) (*Offer, error) {
	st := f.Station
	labels := with(StationLabels(st.Namespace, st.Spec.CommunityRef.Name, st.Name), ComponentDesk)
	whole, err := offer(f, len(f.Tasks))
	if err == nil && len(whole.files) > ItemShards {
		// Whatever departments ask for, the station's own items stay: of the tasks
		// there are as many as fit, the first ones.
		fit := sort.Search(len(f.Tasks), func(n int) bool {
			some, wrong := offer(f, n+1)
			return wrong != nil || len(some.files) > ItemShards
		})
		whole, err = offer(f, fit)
		for _, t := range f.Tasks[fit:] {
			whole.Overflow = append(whole.Overflow, t.Task.Namespace+"/"+t.Task.Name)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the station's items: %w", err)
	}
	if len(whole.files) > ItemShards {
		return nil, fmt.Errorf("the station's items fill %d ConfigMaps, at most %d can be served: shorten or split them", len(whole.files), ItemShards)
	}
	whole.labels = labels
	return whole, nil
}

// offer is what there would be to serve with the first n tasks alone.
func offer(f StationFacts, n int) (*Offer, error) {
	titles := declared(f.Standard)
	o := &Offer{Items: []content.Item{}}
	o.addOwn(f.Station, titles)
	for _, t := range f.Tasks[:n] {
		o.addTask(t, &f, titles)
	}
	var err error
	o.files, err = content.MarshalParts(o.Items, o.Tasks)
	return o, err
}

// ConfigMaps hold the items, each below what a ConfigMap can hold.
func (o *Offer) ConfigMaps(namespace string) []any {
	var out []any
	for i, file := range o.files {
		out = append(out, corev1ac.ConfigMap(itemsPrefix+strconv.Itoa(i), namespace).WithLabels(o.labels).
			WithData(map[string]string{file.Name: string(file.Data)}))
	}
	return out
}

// addOwn adds the station's own items, with the titles of the data elements
// their forms ask for.
func (o *Offer) addOwn(st *v1alpha1.ServiceStation, titles elements) {
	for _, it := range st.Spec.Items {
		if missing := titles.undeclared(it.Name, it.DataElements); len(missing) > 0 {
			o.Undeclared = append(o.Undeclared, missing...)
			continue
		}
		item := content.Item{
			Name: it.Name, Title: text(it.Title), Category: string(it.Category),
			Steps: texts(it.Steps), Materials: texts(it.Materials), Elements: titles.ownForm(&it),
			AcceptWithinMinutes: it.AcceptWithinMinutes, ResolveWithinMinutes: it.ResolveWithinMinutes,
			Online:  it.OnlineApplication != v1alpha1.OnlineCounterOnly,
			Purpose: string(it.Purpose), RetentionDays: it.RetentionDays,
		}
		if it.Summary != nil {
			item.Summary = text(*it.Summary)
		}
		o.Items = append(o.Items, item)
	}
}

// DeskPolicies open the desk to the gateway, and to the OIDC provider.
func DeskPolicies(namespace string, labels map[string]string, network settings.Network) []any {
	return gatewayPolicy(ComponentDesk, namespace, labels, network.Gateway, network.OIDC)
}

func texts(in []v1alpha1.LocalizedText) []content.Text {
	var out []content.Text
	for _, t := range in {
		out = append(out, text(t))
	}
	return out
}
