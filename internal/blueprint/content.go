package blueprint

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/norms"
)

// maxNeighbours bounds the list of a sub-district's other communities.
const maxNeighbours = 60

// SiteFacts is all a community's site shows, beside its items.
type SiteFacts struct {
	Community   *v1alpha1.Community
	Subdistrict content.Text
	Standard    *v1alpha1.CommunityStandard // nil: not found
	Norms       []norms.Result
	Station     *v1alpha1.ServiceStation // nil: none yet
	Grids       []GridFact
	Neighbours  []v1alpha1.Community
}

// GridFact is a grid with its outline in degrees times ten million.
type GridFact struct {
	Grid    *v1alpha1.Grid
	Outline [][2]int64
}

// Content is the ConfigMap the portal and the desk read.
func Content(namespace string, f SiteFacts) (*corev1ac.ConfigMapApplyConfiguration, error) {
	files, err := content.Marshal(site(f), nil)
	if err != nil {
		return nil, fmt.Errorf("the portal's content: %w", err)
	}
	labels := with(CommunityLabels(f.Community.Namespace, f.Community.Name), ComponentPortal)
	return corev1ac.ConfigMap(contentName, namespace).WithLabels(labels).
		WithData(map[string]string{content.SiteFile: string(files[0].Data)}), nil
}

func site(f SiteFacts) content.Site {
	c := f.Community
	s := content.Site{
		SchemaVersion: content.SchemaVersion,
		Community: content.Community{
			Namespace: c.Namespace, Name: c.Name,
			DisplayName: text(c.Spec.DisplayName), Subdistrict: f.Subdistrict,
			Households: c.Spec.Profile.Households, Residents: c.Spec.Profile.Residents,
			Buildings: c.Spec.Profile.Buildings, AreaSquareMeters: c.Spec.Profile.AreaSquareMeters,
		},
		Languages: languages(c.Spec.Portal.Languages),
		Suspended: c.Spec.Suspend != nil && *c.Spec.Suspend,
	}
	if contact := c.Spec.Contact; contact != nil {
		s.Community.Telephone = contact.Telephone
		if contact.Address != nil {
			s.Community.Address = text(*contact.Address)
		}
	}
	if f.Station != nil {
		s.Station = station(f.Station, c)
	}
	for _, w := range c.Spec.Workforce {
		s.Posts = append(s.Posts, content.Post{Title: textOr(w.Title, w.Post), Count: deref(w.Count)})
	}
	s.Premises, s.Facilities, s.Budget = premises(c), facilities(c), budget(c, f.Standard)
	for _, m := range c.Spec.Modules {
		s.Modules = append(s.Modules, string(m))
	}
	s.Forms, s.Surveys = forms(c, f.Standard), surveys(c)
	addNorms(&s, f)
	s.Grids = grids(f)
	s.Neighbours = neighbours(f)
	return s
}

func languages(in []v1alpha1.Language) []string {
	if len(in) == 0 {
		return []string{content.Chinese, content.English}
	}
	var out []string
	for _, l := range in {
		out = append(out, string(l))
	}
	return out
}

func station(st *v1alpha1.ServiceStation, c *v1alpha1.Community) *content.Station {
	name := c.Spec.DisplayName
	if st.Spec.DisplayName != nil {
		name = *st.Spec.DisplayName
	}
	out := &content.Station{
		Name: st.Name, DisplayName: text(name), Type: string(st.Spec.Type),
		PremisesSquareMeters: st.Spec.PremisesSquareMeters,
	}
	for _, h := range st.Spec.OpeningHours {
		o := content.Opening{Opens: string(h.Opens), Closes: string(h.Closes)}
		for _, d := range h.Days {
			o.Days = append(o.Days, string(d))
		}
		out.OpeningHours = append(out.OpeningHours, o)
	}
	for _, w := range st.Spec.Windows {
		out.Windows = append(out.Windows, content.Window{Name: w.Name, Title: textOr(w.Title, w.Name), Items: w.Items})
	}
	return out
}

func premises(c *v1alpha1.Community) []content.Premises {
	var out []content.Premises
	for _, p := range c.Spec.Premises {
		out = append(out, content.Premises{
			Name: textOr(p.Title, p.Name), OwnedSquareMeters: deref(p.OwnedSquareMeters), LeasedSquareMeters: deref(p.LeasedSquareMeters),
		})
	}
	return out
}

func facilities(c *v1alpha1.Community) []content.Text {
	var out []content.Text
	for _, f := range c.Spec.Facilities {
		out = append(out, content.Text{ZH: f})
	}
	return out
}

// defaultCurrency is that of a standard that names none.
const defaultCurrency = "CNY"

func currency(standard *v1alpha1.CommunityStandard) string {
	if standard != nil && standard.Spec.Money != nil && standard.Spec.Money.Currency != "" {
		return standard.Spec.Money.Currency
	}
	return defaultCurrency
}

func budget(c *v1alpha1.Community, standard *v1alpha1.CommunityStandard) []content.Budget {
	var out []content.Budget
	for _, b := range c.Spec.Budget {
		out = append(out, content.Budget{
			Name: textOr(b.Title, b.Name), YearlyAmount: string(b.YearlyAmount), Currency: currency(standard), Source: string(b.Source),
		})
	}
	return out
}

// addNorms discloses the standard, rule by rule, met or not.
func addNorms(s *content.Site, f SiteFacts) {
	s.Standard = content.Standard{Name: f.Community.Spec.StandardRef.Name}
	if f.Standard != nil {
		s.Standard.Title = text(f.Standard.Spec.Title)
	}
	for _, n := range f.Norms {
		s.Norms = append(s.Norms, content.Norm{
			Rule: n.Rule, Title: text(n.Title), Required: n.Required, Actual: n.Actual, Unit: text(n.Unit),
			Met: n.Result == v1alpha1.NormMet, Known: n.Result != v1alpha1.NormUnknown, Source: n.Source,
		})
		if n.Rule == norms.RuleCommitteeSeats && n.Result != v1alpha1.NormUnknown {
			required, errR := strconv.ParseInt(n.Required, 10, 64)
			actual, errA := strconv.ParseInt(n.Actual, 10, 64)
			if errR == nil && errA == nil {
				s.Seats = &content.Seats{Required: required, Actual: actual}
			}
		}
	}
}

func grids(f SiteFacts) []content.Grid {
	var rule *v1alpha1.GridRule
	if f.Standard != nil {
		rule = f.Standard.Spec.Grid
	}
	leaf := leafLevel(f.Grids)
	var out []content.Grid
	for _, fact := range f.Grids {
		g := fact.Grid
		if g.Spec.Level != leaf {
			continue
		}
		cycle := ""
		if days, ok := norms.VisitCycle(g.Spec.Households, int64(len(g.Spec.Workers)), rule); ok {
			cycle = norms.Round(days, 1)
		}
		out = append(out, content.Grid{
			Name: g.Name, Title: textOr(g.Spec.DisplayName, g.Name), Code: g.Spec.Code, Level: int64(g.Spec.Level),
			Households: g.Spec.Households, Workers: int64(len(g.Spec.Workers)),
			VisitCycleDays: cycle, Outline: fact.Outline,
		})
	}
	slices.SortFunc(out, func(a, b content.Grid) int {
		return cmp.Or(cmp.Compare(a.Level, b.Level), strings.Compare(a.Name, b.Name))
	})
	return out
}

// leafLevel is the level residents know as their grid: the lowest there is. The
// grid of the community as a whole would only cover the others on the map.
func leafLevel(facts []GridFact) int32 {
	var leaf int32
	for _, f := range facts {
		leaf = max(leaf, f.Grid.Spec.Level)
	}
	return leaf
}

func neighbours(f SiteFacts) []content.Neighbour {
	var out []content.Neighbour
	for _, n := range f.Neighbours {
		if n.Name == f.Community.Name {
			continue
		}
		one := content.Neighbour{Name: n.Name, DisplayName: text(n.Spec.DisplayName)}
		if n.Spec.Portal.Hostname != "" {
			one.URL = "https://" + string(n.Spec.Portal.Hostname) + "/"
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b content.Neighbour) int { return strings.Compare(a.Name, b.Name) })
	if len(out) > maxNeighbours {
		out = out[:maxNeighbours]
	}
	return out
}

func text(t v1alpha1.LocalizedText) content.Text { return content.Text{ZH: t.ZH, EN: t.EN} }

func textOr(t *v1alpha1.LocalizedText, name string) content.Text {
	if t == nil || t.ZH == "" {
		return content.Text{ZH: name}
	}
	return text(*t)
}

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}
