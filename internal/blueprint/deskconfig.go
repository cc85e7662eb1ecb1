package blueprint

import (
	"cmp"
	"fmt"
	"slices"

	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/settings"
)

// unitLevel is that of the grids cases go to.
const unitLevel = 3

// volunteer is the role of a grid's position that sees no cases.
const volunteer v1alpha1.GridWorkerRole = "Volunteer"

// DeskFacts is what the desk's configuration is made of.
type DeskFacts struct {
	Community *v1alpha1.Community
	Standard  *v1alpha1.CommunityStandard // nil: not found
	// Grids of the community.
	Grids []v1alpha1.Grid
	// Systems the community is connected to, of those that exist.
	Systems []*v1alpha1.InformationSystem
	// Tasks that are admitted, and those that wait and have been: the cases in hand go
	// on.
	Tasks []*v1alpha1.AdmittedTask
	// OIDC is the district's; nil: nobody signs in.
	OIDC *settings.OIDC
	// Today is the date by which a provider's contract is over, as 2006-01-02.
	Today string
	// URL browsers reach the desk at; "" where it has no route.
	URL string
}

// DeskConfig is the ConfigMap that says who may work as what at the desk, where the
// grids run, and what information systems get. Volunteers are not in it: they see no cases. Nor are the people of
// a provider whose contract is over.
func DeskConfig(namespace string, labels map[string]string, f DeskFacts) (*corev1ac.ConfigMapApplyConfiguration, error) {
	d := content.Desk{Access: grants(f.Community), Calendar: deskCalendar(f.Standard), ExternalURL: f.URL}
	if o := f.OIDC; o != nil {
		d.OIDC = &content.OIDC{Issuer: o.Issuer, ClientID: o.ClientID, GroupsClaim: o.GroupsClaim, WorkClaim: o.WorkClaim, CA: o.CA}
	}
	for _, i := range f.Community.Spec.Integrations {
		d.Systems = append(d.Systems, i.System)
	}
	slices.Sort(d.Systems)
	d.Connections, d.Billers = connections(f.Community, f.Systems), billers(f.Community, f.Systems)
	d.Tasks = deskTasks(f.Tasks, f.Standard)
	for _, g := range units(f.Grids) {
		d.Workers = append(d.Workers, gridWorkers(g, f.Today)...)
		if g.Spec.Boundary != "" {
			d.Boundaries = append(d.Boundaries, content.GridBoundary{
				Grid: g.Name, Level: int64(g.Spec.Level), Datum: string(g.Spec.Datum), GeoJSON: g.Spec.Boundary,
			})
		}
	}
	data, err := content.MarshalDesk(d)
	if err != nil {
		return nil, err
	}
	if len(data) > content.MaxFileBytes {
		return nil, fmt.Errorf("the boundaries of the community's grids and the deliveries of its tasks fill %d bytes, of which a ConfigMap holds %d: draw the grids with fewer points, or shorten the mappings", len(data), content.MaxFileBytes)
	}
	return corev1ac.ConfigMap(DeskConfigName, namespace).WithLabels(with(labels, ComponentDesk)).
		WithData(map[string]string{content.DeskFile: string(data)}), nil
}

func grants(c *v1alpha1.Community) []content.Grant {
	var out []content.Grant
	for _, a := range c.Spec.Access {
		out = append(out, content.Grant{Group: a.Group, Role: string(a.Role)})
	}
	slices.SortFunc(out, func(a, b content.Grant) int { return cmp.Compare(a.Group, b.Group) })
	return out
}

func deskCalendar(standard *v1alpha1.CommunityStandard) content.Calendar {
	if standard == nil || standard.Spec.Calendar == nil {
		return content.Calendar{}
	}
	c := standard.Spec.Calendar
	out := content.Calendar{TimeZone: c.TimeZone}
	for _, day := range c.Holidays {
		out.Holidays = append(out.Holidays, string(day))
	}
	for _, day := range c.MakeUpDays {
		out.MakeUpDays = append(out.MakeUpDays, string(day))
	}
	return out
}

// units are the grids cases go to, by name: those of the unit level, or all where
// the community has none of them.
func units(grids []v1alpha1.Grid) []*v1alpha1.Grid {
	var all, units []*v1alpha1.Grid
	for i := range grids {
		all = append(all, &grids[i])
		if grids[i].Spec.Level == unitLevel {
			units = append(units, &grids[i])
		}
	}
	if len(units) > 0 {
		all = units
	}
	slices.SortFunc(all, func(a, b *v1alpha1.Grid) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

func gridWorkers(g *v1alpha1.Grid, today string) []content.GridWorker {
	if p := g.Spec.Provider; p != nil && string(p.ContractUntil) < today {
		return nil
	}
	var out []content.GridWorker
	for _, w := range g.Spec.Workers {
		if w.Role != volunteer {
			out = append(out, content.GridWorker{ID: w.ID, Grid: g.Name})
		}
	}
	slices.SortFunc(out, func(a, b content.GridWorker) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
