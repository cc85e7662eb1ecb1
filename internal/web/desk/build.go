package desk

import (
	"embed"
	"net/http"
	"slices"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/sketch"
	"github.com/shequ-io/shequ/internal/web/source"
)

// Program names the desk in metrics.
const Program = "desk"

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed files/desk.css
var deskStyle []byte

//go:embed files/payments.css
var paymentStyle []byte

var style = slices.Concat(deskStyle, paymentStyle)

const styleFile = "desk.css"

var templates = frame.Parse(templateFiles, "templates", forms.Parts())

// offered is what the station offers, by counter.
type offered struct {
	view

	// Unbuilt tells that this desk works no cases.
	Unbuilt bool
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
func (v offered) Group(c frame.Counter) group { return group{v.Page, c} }

func newOffered(v view, doc *content.Document) offered {
	o := offered{view: v}
	o.Windows, o.Offices = frame.Counters(doc)
	if doc.Site.Station != nil && len(doc.Site.Station.OpeningHours) > 0 {
		o.Week = v.L.Week(doc.Site.Station.OpeningHours)
	}
	return o
}

// Build renders a desk that works no cases, in every language of the site. It takes
// the names of ended items for the sake of a common signature; the desk links to
// none.
func Build(doc *content.Document, _ []string) (*serve.Tree, error) {
	languages := frame.Languages(&doc.Site)
	tree, err := around(doc, languages)
	if err != nil {
		return nil, err
	}
	for _, lang := range languages {
		page := newPage(doc, frame.For(lang), languages)
		page.Promise = ""
		v := newOffered(view{Page: &page, Site: &doc.Site}, doc)
		v.Unbuilt = true
		body, err := templates.Render("desk", v)
		if err != nil {
			return nil, err
		}
		tree.AddPage(lang, "/", "/", body)
	}
	return tree, nil
}

// BuildAround renders what stands around the routes of a desk that works cases:
// style sheets and the pages of errors.
func BuildAround(doc *content.Document, _ []string) (*serve.Tree, error) {
	return around(doc, frame.Languages(&doc.Site))
}

func around(doc *content.Document, languages []string) (*serve.Tree, error) {
	tree := serve.NewTree(languages)
	frame.AddAssets(tree, "User-agent: *\nDisallow: /\n")
	tree.AddAsset(styleFile, "text/css; charset=utf-8", style)
	if _, file := forms.MapImage(doc.Site.Grids); file != nil {
		tree.AddAsset(sketch.FileName, "image/svg+xml", file)
	}
	base := func(l *frame.Locale) frame.Page { return newPage(doc, l, languages) }
	return tree, frame.AddFailures(tree, languages, base)
}

func servicesPage(q *request) error {
	return q.show(http.StatusOK, "desk", newOffered(q.view("/services", "desk.nav.services"), q.doc))
}

func newPage(doc *content.Document, l *frame.Locale, languages []string) frame.Page {
	site := &doc.Site
	title := l.Must("desk.title")
	return frame.Page{
		L: l, Program: Program, Name: site.Community.DisplayName, Over: site.Community.Subdistrict,
		Title: title, Local: "/", Languages: languages, Switch: true,
		Nav:      []frame.Link{{Local: "/", Label: title, Current: true}},
		Revision: source.Short(doc.Revision), Standard: site.Standard.Title,
		Sheets: []string{serve.AssetPath(styleFile, style)}, Promise: l.Must("desk.promise"),
	}
}
