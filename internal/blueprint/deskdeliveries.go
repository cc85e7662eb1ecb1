package blueprint

import (
	"cmp"
	"slices"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
)

// connections are the systems the community is connected to, as they declare
// themselves now: what a system no longer takes it no longer gets.
func connections(c *v1alpha1.Community, systems []*v1alpha1.InformationSystem) []content.Connection {
	reports := map[string]string{}
	for _, i := range c.Spec.Integrations {
		if i.Report != nil {
			reports[i.System] = string(i.Report.Purpose)
		}
	}
	var out []content.Connection
	for _, s := range systems {
		out = append(out, content.Connection{
			Name: s.Name, Title: text(s.Spec.DisplayName), Accepts: sorted(s.Spec.Accepts), Purposes: sorted(s.Spec.AllowedPurposes),
			Report: reports[s.Name], Orders: slices.Contains(s.Spec.Sends, v1alpha1.SendsWorkOrders),
		})
	}
	slices.SortFunc(out, func(a, b content.Connection) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func sorted[T ~string](in []T) []string {
	var out []string
	for _, v := range in {
		out = append(out, string(v))
	}
	slices.Sort(out)
	return out
}

// billers are whom residents may pay: with the module, and where the system that
// takes the payments is there.
func billers(c *v1alpha1.Community, systems []*v1alpha1.InformationSystem) []content.Biller {
	if !slices.Contains(c.Spec.Modules, v1alpha1.ModulePayments) {
		return nil
	}
	var out []content.Biller
	for _, b := range c.Spec.Billers {
		if slices.ContainsFunc(systems, func(s *v1alpha1.InformationSystem) bool { return s.Name == b.System }) {
			out = append(out, content.Biller{Name: b.Name, Title: text(b.DisplayName), System: b.System, Purpose: string(b.Purpose)})
		}
	}
	slices.SortFunc(out, func(a, b content.Biller) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// deskTasks are those whose cases the station has. One that delivers nothing is among
// them: of a task that is not, nobody knows any more what it delivers.
func deskTasks(tasks []*v1alpha1.AdmittedTask, standard *v1alpha1.CommunityStandard) []content.DeskTask {
	elements := declared(standard)
	var out []content.DeskTask
	for _, t := range tasks {
		if t.Spec.Service == nil {
			continue
		}
		task := content.DeskTask{Name: t.Namespace + "/" + t.Name}
		for _, d := range t.Spec.Data {
			datum := content.DeskDatum{Element: string(d.Element), Reused: d.Use == v1alpha1.UseReuse, Purpose: string(d.Purpose)}
			if e, ok := elements[d.Element]; ok {
				datum.Type = string(e.Type)
			}
			task.Data = append(task.Data, datum)
		}
		for _, d := range t.Spec.Deliveries {
			task.Deliveries = append(task.Deliveries, deskDelivery(&d))
		}
		out = append(out, task)
	}
	slices.SortFunc(out, func(a, b content.DeskTask) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func deskDelivery(d *v1alpha1.TaskDelivery) content.DeskDelivery {
	out := content.DeskDelivery{
		System: d.SystemRef.Name, Purpose: string(d.Purpose), TellOnly: d.OnRejection == v1alpha1.TellStaff,
	}
	for _, e := range d.Elements { // in the order in which they are declared
		out.Elements = append(out.Elements, string(e))
	}
	for _, m := range d.Mapping {
		out.Mapping = append(out.Mapping, content.FieldRule{Field: m.Field, Expression: m.Expression})
	}
	return out
}
