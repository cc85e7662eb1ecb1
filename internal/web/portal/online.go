package portal

import (
	"slices"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
	"github.com/shequ-io/shequ/internal/web/sketch"
)

// BuildTaking renders the site as Build does, for a portal that takes cases in: its
// pages lead to those of package resident, which must stand beside them.
func BuildTaking(doc *content.Document, ended []string) (*serve.Tree, error) {
	tree, err := build(doc, ended, true)
	if err != nil {
		return nil, err
	}
	if file := sketch.File(doc.Site.Grids); file != nil {
		tree.AddAsset(sketch.FileName, "image/svg+xml", file)
	}
	return tree, nil
}

// Frame is the frame of a page that is made on request, at a local path.
func Frame(doc *content.Document, l *frame.Locale, local string) frame.Page {
	return newPage(doc, l, frame.Languages(&doc.Site), local, true)
}

// Disclosure renders the page of what is disclosed, in a community with the module with
// the figures of cases; nil when nobody knows them at the moment.
func Disclosure(doc *content.Document, lang string, published *store.Disclosed) ([]byte, error) {
	all := gather(doc, true)
	around := Frame(doc, frame.For(lang), "/disclosure")
	return all.render(&around, page{"/disclosure", "/disclosure", "disclosure", func(v *view) any {
		d := disclosed(v)
		if slices.Contains(doc.Site.Modules, "Disclosure") {
			d.Cases = v.cases(published)
		}
		return d
	}})
}

// act is something a resident can do online.
type act struct{ Local, Title, Text string }

// requests are the forms beside the items, in the order they are offered.
var requests = []struct {
	kind  casework.Kind
	local string
}{{casework.HelpRequest, "/help"}, {casework.Opinion, "/opinion"}, {casework.Mediation, "/mediation"}}

// Acts are what a resident can do online, besides applying for an item; none where
// nothing is taken in.
func (v *view) Acts() []act {
	if !v.Takes {
		return nil
	}
	var list []act
	for _, r := range requests {
		if form := v.Site.Form(string(r.kind)); form != nil {
			list = append(list, act{r.local, v.L.Plain(form.Title), v.L.Must("act." + string(r.kind) + ".text")})
		}
	}
	list = append(list, act{"/follow", v.L.Must("act.follow"), v.L.Must("act.follow.text")})
	for _, s := range v.Site.Surveys {
		list = append(list, act{"/surveys/" + s.Name, v.L.Plain(s.Title), v.L.Must("act.survey.text", v.L.Date(s.From), v.L.Date(s.Until))})
	}
	return list
}

// Apply is where an item can be applied for; empty where only the counter takes it.
func (i itemView) Apply() string {
	if !i.Takes || !i.Site.Online(i.Item) {
		return ""
	}
	return "/services/" + i.Item.Name + "/apply"
}

// shownMonths is how many months of figures stand on the page.
const shownMonths = 6

// cases are the published figures, ready to be read.
type cases struct {
	Known  bool
	Months []month
}

type month struct {
	ID, Title string
	Keys      []string
	Rows      []row
}

// row is one item, or all of them, with a text for each figure.
type row struct {
	Title content.Text
	All   bool
	// Cells are the figures; none where all of them are hidden.
	Cells []cell
}

// cell is a figure in words, under the key of its heading.
type cell struct {
	Key, Text string
	Hidden    bool
}

// figureKeys are the headings of the figures, in order.
var figureKeys = [...]string{"cases.opened", "cases.response", "cases.resolution", "cases.late", "cases.satisfaction"}

func (v *view) cases(published *store.Disclosed) *cases {
	if published == nil {
		return &cases{}
	}
	c := &cases{Known: true}
	for i, p := range published.Periods {
		if i == shownMonths {
			break
		}
		from := p.From.In(frame.Zone)
		m := month{ID: "month-" + from.Format("2006-01"), Title: from.Format(v.L.Must("cases.month")), Keys: figureKeys[:]}
		for _, f := range p.Groups {
			m.Rows = append(m.Rows, v.row(v.title(f.Group), f))
		}
		total := v.row(content.Text{}, p.Total)
		total.All = true
		m.Rows = append(m.Rows, total)
		c.Months = append(c.Months, m)
	}
	return c
}

// title of what was asked for, as the site calls it now.
func (v *view) title(item string) content.Text {
	for i := range v.Items {
		if v.Items[i].Name == item {
			return v.Items[i].Title
		}
	}
	for i := range v.Site.Forms {
		if v.Site.Forms[i].Item == item {
			return v.Site.Forms[i].Title
		}
	}
	ended := v.L.Must("cases.ended", item)
	return content.Text{ZH: ended, EN: ended} // in the page's language
}

func (v *view) row(title content.Text, f casework.Figures) row {
	r := row{Title: title}
	texts := [len(figureKeys)]string{v.count(f.Opened), v.share(f.Response), v.share(f.Resolution), v.count(f.Late), v.share(f.Satisfaction)}
	hidden := [len(figureKeys)]bool{
		f.Opened.Hidden, f.Response.Precision == casework.Unknown, f.Resolution.Precision == casework.Unknown,
		f.Late.Hidden, f.Satisfaction.Precision == casework.Unknown,
	}
	for i, key := range figureKeys {
		r.Cells = append(r.Cells, cell{key, texts[i], hidden[i]})
	}
	if !slices.Contains(hidden[:], false) {
		r.Cells = nil
	}
	return r
}

func (v *view) count(c casework.Count) string {
	if c.Hidden {
		return v.L.Must("cases.hidden")
	}
	return v.L.Int(c.N)
}

func (v *view) share(s casework.Share) string {
	switch percent := v.L.Int(s.Percent); s.Precision {
	case casework.Exactly:
		return v.L.Must("cases.percent", percent)
	case casework.AtLeast:
		return v.L.Must("cases.atleast", percent)
	case casework.AtMost:
		return v.L.Must("cases.atmost", percent)
	case casework.Unknown:
	}
	return v.L.Must("cases.hidden")
}
