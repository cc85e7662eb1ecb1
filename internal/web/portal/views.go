package portal

import (
	"slices"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// homeItems is how many services the home page shows: the first ones in the
// station's own order.
const homeItems = 6

// verdict counts the norms by what is known about them.
type verdict struct{ Met, Unmet, Unknown int64 }

func (v verdict) Total() int64 { return v.Met + v.Unmet + v.Unknown }

func judge(norms []content.Norm) verdict {
	var v verdict
	for _, n := range norms {
		switch {
		case !n.Known:
			v.Unknown++
		case n.Met:
			v.Met++
		default:
			v.Unmet++
		}
	}
	return v
}

// Kind is the kind of an item in words; nothing for one of no special kind.
func (v *view) Kind(category string) string {
	switch category {
	case "Certificate", "Agency", "Mediation", "Booking":
		return v.L.Must("category." + category)
	default:
		return ""
	}
}

// card is an item with the page it stands on.
type card struct {
	View *view
	Item content.Item
}

// Online reports whether it can be applied for here.
func (c card) Online() bool { return c.View.Takes && c.View.Site.Online(&c.Item) }

// Card passes an item on to a template part.
func (v *view) Card(item content.Item) card { return card{v, item} }

// ItemCount is how many services there are.
func (v *view) ItemCount() int64 { return int64(len(v.Items)) }

// Jump says whether links to the windows are worth their space.
func (v *view) Jump() bool { return len(v.Windows)+len(v.Offices) > 1 }

// Named are the counters of the hall, without the items no counter claims.
func (v *view) Named() []frame.Counter {
	return slices.DeleteFunc(slices.Clone(v.Windows), func(c frame.Counter) bool { return !v.L.Has(c.Title) })
}

// describe gives the page a description that names the community.
func (v *view) describe(key string) {
	v.Description = v.L.Must(key, v.L.Plain(v.Site.Community.DisplayName))
}

// figure is a number with what it counts.
type figure struct{ Value, Label string }

// figures are the community's numbers that are known.
func (v *view) figures(all bool) []figure {
	c := v.Site.Community
	list := []struct {
		key   string
		value int64
		main  bool
	}{
		{"figure.households", c.Households, true},
		{"figure.residents", c.Residents, true},
		{"figure.buildings", c.Buildings, false},
		{"figure.area", c.AreaSquareMeters, false},
		{"figure.grids", int64(len(v.Site.Grids)), true},
		{"figure.staff", staff(v.Site.Posts), true},
	}
	var out []figure
	for _, f := range list {
		if f.value > 0 && (all || f.main) {
			out = append(out, figure{v.L.Int(f.value), v.L.Must(f.key)})
		}
	}
	return out
}

func staff(posts []content.Post) int64 {
	var n int64
	for _, p := range posts {
		n += p.Count
	}
	return n
}

type homeView struct {
	*view
	Figures  []figure
	Featured []content.Item
	Norms    string
}

func home(v *view) any {
	v.describe("home.description")
	h := homeView{view: v, Figures: v.figures(false)}
	// In the order of the counters, each item once.
	seen := map[string]bool{}
	for _, w := range slices.Concat(v.Windows, v.Offices) {
		for _, item := range w.Items {
			if !seen[item.Name] && len(h.Featured) < homeItems {
				seen[item.Name] = true
				h.Featured = append(h.Featured, item)
			}
		}
	}
	h.Norms = v.L.Must("home.norms.plain")
	if v.L.Has(v.Standard) {
		h.Norms = v.L.Must("home.norms.text", v.L.Plain(v.Standard))
	}
	return h
}

func services(v *view) any {
	v.Title = v.L.Must("nav.services")
	v.describe("services.description")
	return v
}

type itemView struct {
	*view
	Item     *content.Item
	Counters []frame.Counter
}

func itemPage(v *view, item *content.Item) any {
	v.Title = v.L.Plain(item.Title)
	v.Description = v.L.Plain(item.Summary)
	v.Crumbs = []frame.Link{{Local: "/services", Label: v.L.Must("nav.services")}}
	for i := range v.Nav {
		v.Nav[i].Current = false
	}
	i := itemView{view: v, Item: item}
	for _, w := range v.Windows {
		named := v.L.Has(w.Title)
		if named && slices.ContainsFunc(w.Items, func(other content.Item) bool { return other.Name == item.Name }) {
			i.Counters = append(i.Counters, w)
		}
	}
	return i
}

func neighbours(v *view) any {
	v.Title = v.L.Must("neighbours.title")
	v.Description = v.L.Must("neighbours.description", v.L.Plain(v.Site.Community.Subdistrict))
	return v
}
