package desk

import (
	"html/template"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// connection to an information system, by its name; nil for none.
func (s *state) connection(system string) *content.Connection {
	at := slices.IndexFunc(s.desk.Connections, func(c content.Connection) bool { return c.Name == system })
	if at < 0 {
		return nil
	}
	return &s.desk.Connections[at]
}

// systemTitle is how a system is called; its name where the community is not, or no
// longer, connected to it. What is withheld for want of a task names none.
func (s *state) systemTitle(system string) content.Text {
	if system == "" {
		return content.Text{ZH: frame.For(content.Chinese).Must("desk.sent.nosystem"), EN: frame.For(content.English).Must("desk.sent.nosystem")}
	}
	if c := s.connection(system); c != nil && (c.Title.ZH != "" || c.Title.EN != "") {
		return c.Title
	}
	return content.Text{ZH: system, EN: system}
}

// System is a system's title for places that hold no markup.
func (v view) System(name string) string { return v.L.Plain(v.q.systemTitle(name)) }

// elementTitle is what an element is called on the community's forms; its code where
// none asks for it.
func (s *state) elementTitle(code string) content.Text {
	for i := range s.doc.Items {
		if f := named(s.doc.Items[i].Elements, code); f != nil {
			return f.Text
		}
	}
	for i := range s.doc.Site.Forms {
		if f := named(s.doc.Site.Forms[i].Fields, code); f != nil {
			return f.Text
		}
	}
	return content.Text{ZH: code, EN: code}
}

func named(fields []content.Field, code string) *content.Field {
	if at := slices.IndexFunc(fields, func(f content.Field) bool { return f.Code == code }); at >= 0 {
		return &fields[at]
	}
	return nil
}

// Elements are the titles of data elements whose codes a record names, with a comma
// between, in words.
func (v view) Elements(codes string) string {
	if codes == "" {
		return ""
	}
	var titles []string
	for code := range strings.SplitSeq(codes, ",") {
		titles = append(titles, v.L.Plain(v.q.elementTitle(code)))
	}
	return v.q.listed(titles)
}

// listed writes texts one after the other, as the language does.
func (q *request) listed(texts []string) string {
	between := "、"
	if q.l.Lang == content.English {
		between = ", "
	}
	return strings.Join(texts, between)
}

// recipient is a system that gets something of what a form asks.
type recipient struct {
	System   string
	Elements string // codes, with a comma between
}

// recipients of what a task's cases hold, in the order in which they are declared.
func (s *state) recipients(task string) []recipient {
	var out []recipient
	for _, t := range s.desk.Tasks {
		if t.Name != task || task == "" {
			continue
		}
		for _, d := range t.Deliveries {
			out = append(out, recipient{d.System, strings.Join(d.Elements, ",")})
		}
	}
	return out
}

// aboutTitle is what a case is about: its item. Work orders are of none the station
// has.
func (v view) aboutTitle(r store.Row) content.Text {
	title := v.q.itemTitle(r.Item)
	if r.Kind == casework.WorkOrder && title == (content.Text{ZH: r.Item, EN: r.Item}) {
		return content.Text{ZH: frame.For(content.Chinese).Must("desk.kind.work-order"), EN: frame.For(content.English).Must("desk.kind.work-order")}
	}
	return title
}

// About is what a case is about.
func (v view) About(r store.Row) template.HTML { return v.L.T(v.aboutTitle(r)) }

// OwnTitle reports whether what a case is about says more than its kind.
func (v view) OwnTitle(r store.Row) bool {
	return string(r.Kind) != r.Item && (r.Kind != casework.WorkOrder || v.q.itemTitle(r.Item) == v.aboutTitle(r))
}
