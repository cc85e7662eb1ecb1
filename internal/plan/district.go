package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// district is Objects with what is looked up again and again.
type district struct {
	*Objects
	labels    map[string]map[string]string // of namespaces
	standards map[string]*v1alpha1.CommunityStandard
	systems   map[string]*v1alpha1.InformationSystem
	ledgers   map[Ref]*v1alpha1.TaskLedgerStatus
	stations  map[Ref]*v1alpha1.ServiceStation // by community
	grids     map[Ref][]*v1alpha1.Grid         // by community
	notes     []string
}

func newDistrict(o *Objects) *district {
	d := &district{
		Objects: o, labels: map[string]map[string]string{},
		standards: map[string]*v1alpha1.CommunityStandard{}, systems: map[string]*v1alpha1.InformationSystem{},
		ledgers:  map[Ref]*v1alpha1.TaskLedgerStatus{},
		stations: map[Ref]*v1alpha1.ServiceStation{}, grids: map[Ref][]*v1alpha1.Grid{},
	}
	for _, n := range o.Namespaces {
		d.label(n.Name, n.Labels)
	}
	d.infer()
	for _, s := range o.Standards {
		d.standards[s.Name] = s
	}
	for _, s := range o.Systems {
		d.systems[s.Name] = s
	}
	for _, l := range o.Ledgers {
		d.ledgers[refOf(l)] = &l.Status
	}
	for _, s := range sorted(o.Stations) {
		ref := Ref{Namespace: s.Namespace, Name: s.Spec.CommunityRef.Name}
		if now := d.stations[ref]; now == nil || older(s, now) {
			d.stations[ref] = s
		}
	}
	for _, g := range sorted(o.Grids) {
		if g.Spec.CommunityRef != nil {
			ref := Ref{Namespace: g.Namespace, Name: g.Spec.CommunityRef.Name}
			d.grids[ref] = append(d.grids[ref], g)
		}
	}
	return d
}

// older reports whether an object was there before another; one in a file is
// not there yet.
func older(a, b metav1.Object) bool {
	x, y := a.GetCreationTimestamp(), b.GetCreationTimestamp()
	if x.IsZero() || y.IsZero() {
		return y.IsZero() && !x.IsZero()
	}
	return x.Time.Before(y.Time)
}

// label notes a namespace's labels, with the one every API server adds.
func (d *district) label(namespace string, labels map[string]string) {
	all := maps.Clone(labels)
	if all == nil {
		all = map[string]string{}
	}
	all[corev1.LabelMetadataName] = namespace
	d.labels[namespace] = all
}

func (d *district) role(namespace string) string { return d.labels[namespace][v1alpha1.RoleLabel] }

// infer gives a namespace that nothing declares the role of those who write the
// kinds found in it.
func (d *district) infer() {
	type evidence struct{ role, kind string }
	found := map[string][]evidence{}
	see := func(namespace, role, kind string) {
		if _, declared := d.labels[namespace]; !declared && namespace != "" {
			found[namespace] = append(found[namespace], evidence{role, kind})
		}
	}
	for _, c := range d.Communities {
		see(c.Namespace, v1alpha1.RoleSubdistrict, "Communities")
	}
	for _, s := range d.Stations {
		see(s.Namespace, v1alpha1.RoleSubdistrict, "ServiceStations")
	}
	for _, g := range d.Grids {
		see(g.Namespace, v1alpha1.RoleSubdistrict, "Grids")
	}
	for _, t := range d.Tasks {
		see(t.Namespace, v1alpha1.RoleDepartment, "AdmittedTasks")
	}
	for _, x := range d.Decisions {
		switch {
		case x.Spec.Funding != nil:
			see(x.Namespace, v1alpha1.RoleFinance, "releases of money")
		case x.Spec.Contest != nil:
			see(x.Namespace, v1alpha1.RoleSubdistrict, "contests")
		default:
			see(x.Namespace, v1alpha1.RoleCommittee, "the committee's decisions")
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(found)) {
		first := found[namespace][0]
		if i := slices.IndexFunc(found[namespace], func(e evidence) bool { return e.role != first.role }); i >= 0 {
			d.notes = append(d.notes, fmt.Sprintf("namespace %s is declared nowhere and holds %s as well as %s, so its role can't be told: what is in it counts for nothing; add the Namespace with its label %s",
				namespace, first.kind, found[namespace][i].kind, v1alpha1.RoleLabel))
			d.label(namespace, nil)
			continue
		}
		d.notes = append(d.notes, fmt.Sprintf("namespace %s is declared nowhere; its role is taken to be %s, since it holds %s", namespace, first.role, first.kind))
		d.label(namespace, map[string]string{v1alpha1.RoleLabel: first.role})
	}
}

// doors are the communities that decide, by namespace and name.
func (d *district) doors() []*v1alpha1.Community {
	var out []*v1alpha1.Community
	for _, c := range sorted(d.Communities) {
		if d.role(c.Namespace) == v1alpha1.RoleSubdistrict {
			out = append(out, c)
		}
	}
	return out
}

// misplaced says which objects count for nothing because of where they are.
func (d *district) misplaced() []string {
	wrong := map[string]map[string]int{}
	see := func(namespace, role, kind string) {
		if d.role(namespace) == role {
			return
		}
		key := fmt.Sprintf("namespace %s is not labelled %s=%s", namespace, v1alpha1.RoleLabel, role)
		if wrong[key] == nil {
			wrong[key] = map[string]int{}
		}
		wrong[key][kind]++
	}
	for _, c := range d.Communities {
		see(c.Namespace, v1alpha1.RoleSubdistrict, "Community")
	}
	for _, t := range d.Tasks {
		see(t.Namespace, v1alpha1.RoleDepartment, "AdmittedTask")
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(wrong)) {
		var kinds []string
		for _, kind := range slices.Sorted(maps.Keys(wrong[key])) {
			kinds = append(kinds, fmt.Sprintf("%d %s", wrong[key][kind], kind))
		}
		out = append(out, key+": "+strings.Join(kinds, ", ")+" there counts for nothing; ask district IT to label it, or use the right namespace")
	}
	return out
}

// snapshot is what one community's decision depends on.
func (d *district) snapshot(c *v1alpha1.Community, docket *admission.Docket, o *Options) *admission.Snapshot {
	ref := refOf(c)
	return &admission.Snapshot{
		Now: o.At, PolicyProblem: o.PolicyProblem, Community: c, Standard: d.standards[c.Spec.StandardRef.Name],
		Station: d.stations[ref], Grids: d.grids[ref], Ledger: d.ledgers[ref],
		Tasks: docket.For(ref, d.labels[c.Namespace]), Records: docket.Records, Systems: d.systems,
	}
}
