package portal

import (
	"embed"
	"slices"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/source"
)

// Program names the portal in metrics.
const Program = "portal"

//go:embed templates/*.html
var templateFiles embed.FS

var templates = frame.Parse(templateFiles, "templates")

// view is what every page of the portal is made from.
type view struct {
	*frame.Page
	Site     *content.Site
	Items    []content.Item
	Admitted []*content.Task
	Windows  []frame.Counter
	Offices  []frame.Counter // departments with the items of their tasks
	Verdict  verdict
	Week     []frame.HoursRow
	Takes    bool // whether the portal takes anything in
}

// shared is what all pages are made from in the same way.
type shared struct {
	doc              *content.Document
	admitted         []*content.Task
	windows, offices []frame.Counter
	norms            verdict
	takes            bool
}

// page is one page without its language.
type page struct {
	local, route, template string
	fill                   func(*view) any
}

// Build renders the whole site. ended names items that were offered earlier
// and are not any more: their pages say so.
func Build(doc *content.Document, ended []string) (*serve.Tree, error) {
	return build(doc, ended, false)
}

func build(doc *content.Document, ended []string, takes bool) (*serve.Tree, error) {
	site := &doc.Site
	languages := frame.Languages(site)
	tree := serve.NewTree(languages)
	frame.AddAssets(tree, "User-agent: *\nAllow: /\n")
	base := func(l *frame.Locale) frame.Page { return newPage(doc, l, languages, "", takes) }
	if err := frame.AddFailures(tree, languages, base); err != nil {
		return nil, err
	}
	all := gather(doc, takes)
	for _, lang := range languages {
		locale := frame.For(lang)
		for _, p := range pages(doc) {
			around := newPage(doc, locale, languages, p.local, takes)
			body, err := all.render(&around, p)
			if err != nil {
				return nil, err
			}
			tree.AddPage(lang, p.local, p.route, body)
		}
	}
	for _, name := range ended {
		tree.AddGone("/services/" + name)
	}
	return tree, nil
}

// gather works out what all pages share, once and not once per page.
func gather(doc *content.Document, takes bool) *shared {
	all := &shared{doc: doc, admitted: doc.Admitted(), norms: judge(doc.Site.Norms), takes: takes}
	all.windows, all.offices = frame.Counters(doc)
	return all
}

func pages(doc *content.Document) []page {
	list := []page{
		{"/", "/", "home", home},
		{"/services", "/services", "services", services},
		{"/about", "/about", "about", about},
		{"/disclosure", "/disclosure", "disclosure", disclosure},
		{"/tasks", "/tasks", "tasks", tasksPage},
		{"/neighbours", "/neighbours", "neighbours", neighbours},
	}
	for i := range doc.Items {
		item := &doc.Items[i]
		list = append(list, page{"/services/" + item.Name, "/services/{item}", "item",
			func(v *view) any { return itemPage(v, item) }})
	}
	for i := range doc.Tasks {
		task := &doc.Tasks[i]
		list = append(list, page{"/tasks/" + content.Slug(task.Name), "/tasks/{task}", "task",
			func(v *view) any { return taskPage(v, task) }})
	}
	return list
}

func (s *shared) render(around *frame.Page, p page) ([]byte, error) {
	doc := s.doc
	v := &view{
		Page: around, Site: &doc.Site, Items: doc.Items, Admitted: s.admitted,
		Windows: s.windows, Offices: s.offices, Verdict: s.norms, Takes: s.takes,
	}
	if doc.Site.Station != nil && len(doc.Site.Station.OpeningHours) > 0 {
		v.Week = around.L.Week(doc.Site.Station.OpeningHours)
	}
	return templates.Render(p.template, p.fill(v))
}

func newPage(doc *content.Document, l *frame.Locale, languages []string, local string, takes bool) frame.Page {
	site := &doc.Site
	standard := site.Standard.Title
	if !l.Has(standard) {
		standard = content.Text{ZH: site.Standard.Name, EN: site.Standard.Name}
	}
	return frame.Page{
		L: l, Program: Program, Name: site.Community.DisplayName, Over: site.Community.Subdistrict,
		Local: local, Languages: languages, Nav: navigation(l, local, takes), Robots: true, Switch: true,
		Revision: source.Short(doc.Revision), Standard: standard,
	}
}

func navigation(l *frame.Locale, local string, takes bool) []frame.Link {
	entries := []struct{ local, key string }{
		{"/", "nav.home"}, {"/services", "nav.services"}, {"/follow", "nav.follow"}, {"/about", "nav.about"},
		{"/disclosure", "nav.disclosure"}, {"/neighbours", "nav.neighbours"},
	}
	if !takes {
		entries = slices.Delete(entries, 2, 3)
	}
	links := make([]frame.Link, 0, len(entries))
	for _, e := range entries {
		links = append(links, frame.Link{Local: e.local, Label: l.Must(e.key), Current: e.local == local})
	}
	return links
}
