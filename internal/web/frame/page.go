package frame

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"reflect"
	"sync"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/serve"
)

//go:embed files
var files embed.FS

const (
	styleFile = "site.css"
	iconFile  = "seal.svg"
)

// Page is what the layout needs to know of any page. Programs embed it in the
// data of their own templates.
type Page struct {
	L           *Locale
	Program     string       // portal or desk, for the style sheet
	Name        content.Text // of the site
	Over        content.Text // who it belongs to: the sub-district
	Title       string       // of the page; empty on the home page
	Description string
	Local       string // path without language, beginning with a slash
	Languages   []string
	Nav         []Link
	Crumbs      []Link
	Robots      bool // whether search engines may list the page
	Switch      bool // whether the page exists in the other languages too
	Revision    string
	Standard    content.Text
	Sheets      []string // addresses of style sheets beside the shared one
	Promise     string   // of the footer, where it is not that no cookie is set
}

// Link is a place to go to.
type Link struct {
	Local   string // path without language
	Label   string
	Current bool
}

// Alternate is the same page in another language.
type Alternate struct {
	Lang, Label, Href string
	Current           bool
}

var languageNames = map[string]string{content.Chinese: "中文", content.English: "English"}

// Href is a local path in the page's language.
func (p *Page) Href(local string) string { return "/" + p.L.Lang + local }

// Alternates lists the page in every language of the site; none if there is
// only one.
func (p *Page) Alternates() []Alternate {
	if len(p.Languages) < 2 {
		return nil
	}
	local := p.Local
	if !p.Switch {
		local = "/"
	}
	list := make([]Alternate, 0, len(p.Languages))
	for _, lang := range p.Languages {
		list = append(list, Alternate{Lang: lang, Label: languageNames[lang], Href: "/" + lang + local, Current: lang == p.L.Lang})
	}
	return list
}

// Style and Icon are the addresses of the shared files.
func (p *Page) Style() string { return serve.AssetPath(styleFile, style) }

// Icon is the address of the site's icon.
func (p *Page) Icon() string { return serve.AssetPath(iconFile, icon) }

// FullTitle is what a browser tab shows.
func (p *Page) FullTitle() string {
	name := p.L.Plain(p.Name)
	if p.Title == "" {
		return name
	}
	return p.Title + " – " + name
}

var (
	style = mustRead("files/" + styleFile)
	icon  = mustRead("files/" + iconFile)
)

// functions are the little arithmetic that templates need.
var functions = template.FuncMap{
	"add":   func(a, b any) int64 { return whole(a) + whole(b) },
	"len64": func(list any) int64 { return int64(reflect.ValueOf(list).Len()) },
}

func whole(n any) int64 { return reflect.ValueOf(n).Int() }

func mustRead(name string) []byte {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // embedded at build time
	}
	return data
}

// AddAssets puts the style sheet, the icon and robots.txt into a tree.
func AddAssets(t *serve.Tree, robots string) {
	t.AddAsset(styleFile, "text/css; charset=utf-8", style)
	t.AddAsset(iconFile, "image/svg+xml", icon)
	t.AddFile("/robots.txt", "text/plain; charset=utf-8", serve.CacheContent, []byte(robots))
}

// Templates are a program's own pages within the layout.
type Templates struct {
	pages func() map[string]*template.Template
}

// Parse makes templates of every page of a program, which are read when the first of
// them is rendered: one binary holds several programs, and each should pay for its
// own pages only. What can't be read panics then. A page defines the template "main"; files
// whose name begins with an underscore hold parts that all pages may use, and so do
// such files in the directory templates of shared. The layout has parts of its own:
// "hours", and "visit" and "suspended" for data with a Site and a Week.
func Parse(from fs.FS, dir string, shared ...fs.FS) Templates {
	return Templates{sync.OnceValue(func() map[string]*template.Template { return parse(from, dir, shared) })}
}

func parse(from fs.FS, dir string, shared []fs.FS) map[string]*template.Template {
	parts, err := fs.Glob(from, dir+"/_*.html")
	if err != nil {
		panic(err)
	}
	base := template.Must(template.New("").Funcs(functions).ParseFS(files, "files/*.html"))
	if len(parts) > 0 {
		template.Must(base.ParseFS(from, parts...))
	}
	for _, more := range shared {
		template.Must(base.ParseFS(more, "templates/_*.html"))
	}
	pages, err := fs.Glob(from, dir+"/[a-z]*.html")
	if err != nil {
		panic(err)
	}
	set := map[string]*template.Template{}
	for _, file := range pages {
		page := template.Must(template.Must(base.Clone()).ParseFS(from, file))
		set[file[len(dir)+1:len(file)-len(".html")]] = page
	}
	return set
}

// Render makes one page.
func (t Templates) Render(name string, data any) ([]byte, error) {
	page, ok := t.pages()[name]
	if !ok {
		return nil, fmt.Errorf("no page template %q", name)
	}
	var out bytes.Buffer
	if err := page.ExecuteTemplate(&out, "layout", data); err != nil {
		return nil, fmt.Errorf("page %q: %w", name, err)
	}
	return out.Bytes(), nil
}

// failure is the data of an error page.
type failure struct {
	*Page
	Status int
}

// Failures are the statuses that have a page of their own.
var Failures = []int{
	http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone,
	http.StatusRequestEntityTooLarge, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable,
}

var failurePages = Parse(files, "files/failure")

// AddFailures renders the error pages; base makes the frame of one language.
func AddFailures(t *serve.Tree, languages []string, base func(*Locale) Page) error {
	for _, lang := range languages {
		for _, status := range Failures {
			page := base(For(lang))
			page.Local, page.Robots, page.Switch = "/", false, false
			page.Title = page.L.Must(fmt.Sprintf("failure.%d.title", status))
			body, err := failurePages.Render("failure", failure{Page: &page, Status: status})
			if err != nil {
				return err
			}
			t.AddError(status, lang, body)
		}
	}
	return nil
}
