package desk

import (
	"embed"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/source"
)

// Program names the desk in metrics.
const Program = "desk"

//go:embed templates/*.html
var templateFiles embed.FS

var templates = frame.Parse(templateFiles, "templates")

// view is what the desk's page is made from.
type view struct {
	*frame.Page
	Site    *content.Site
	Week    []frame.HoursRow
	Windows []frame.Counter
	Offices []frame.Counter // departments with the items of their tasks
}

// group is a window or a department with the page it stands on.
type group struct {
	*frame.Page
	frame.Counter
}

// Group passes a window or a department on to a template part.
func (v view) Group(c frame.Counter) group { return group{v.Page, c} }

// Build renders the desk in every language of the site. It takes the names of
// ended items for the sake of a common signature; the desk links to none.
func Build(doc *content.Document, _ []string) (*serve.Tree, error) {
	languages := frame.Languages(&doc.Site)
	tree := serve.NewTree(languages)
	frame.AddAssets(tree, "User-agent: *\nDisallow: /\n")
	base := func(l *frame.Locale) frame.Page { return newPage(doc, l, languages) }
	if err := frame.AddFailures(tree, languages, base); err != nil {
		return nil, err
	}
	for _, lang := range languages {
		page := base(frame.For(lang))
		v := view{Page: &page, Site: &doc.Site}
		v.Windows, v.Offices = frame.Counters(doc)
		if doc.Site.Station != nil && len(doc.Site.Station.OpeningHours) > 0 {
			v.Week = page.L.Week(doc.Site.Station.OpeningHours)
		}
		body, err := templates.Render("desk", v)
		if err != nil {
			return nil, err
		}
		tree.AddPage(lang, "/", "/", body)
	}
	return tree, nil
}

func newPage(doc *content.Document, l *frame.Locale, languages []string) frame.Page {
	site := &doc.Site
	title := l.Must("desk.title")
	return frame.Page{
		L: l, Program: Program, Name: site.Community.DisplayName, Over: site.Community.Subdistrict,
		Title: title, Local: "/", Languages: languages, Switch: true,
		Nav:      []frame.Link{{Local: "/", Label: title, Current: true}},
		Revision: source.Short(doc.Revision), Standard: site.Standard.Title,
	}
}
