package desk

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/serve"
)

// view is what every page of the desk is made from.
type view struct {
	*frame.Page

	Account *account // nil while nobody is signed in
	Site    *content.Site

	q *request
}

// account is who is signed in, for the head of every page.
type account struct {
	Work, Role, CSRF string
}

// view makes the frame of a page at a local path.
func (q *request) view(local, title string) view {
	page := newPage(q.doc, q.l, q.languages)
	page.Local, page.Title, page.Nav = local, q.l.Must(title), q.navigation(local)
	v := view{Page: &page, Site: &q.doc.Site, q: q}
	if q.session != nil {
		v.Account = &account{Work: q.l.Clean(q.session.Work), CSRF: q.d.Sessions.Token(q.session)}
		switch {
		case q.who.Viewer:
			v.Account.Role = q.l.Must("desk.role.viewer")
		case q.who.Role != "":
			v.Account.Role = q.l.Must("desk.role." + string(q.who.Role))
		}
	}
	return v
}

// navigation is the desk's, for what this person may do.
func (q *request) navigation(local string) []frame.Link {
	var links []frame.Link
	add := func(may bool, to, key string, under ...string) {
		if may {
			current := slices.ContainsFunc(append(under, to), func(p string) bool { return strings.HasPrefix(local, p) })
			links = append(links, frame.Link{Local: to, Label: q.l.Must(key), Current: current})
		}
	}
	if first := q.who.views(); q.who.works() {
		add(true, "/queue/"+string(first[0]), "desk.nav.cases", "/queue", "/cases", "/find")
	}
	add(q.who.works(), "/enter", "desk.nav.enter", "/survey")
	add(q.who.counters(), "/deliveries", "desk.nav.deliveries")
	add(q.pays(), "/payments", "desk.nav.payments")
	add(q.who.figures(), "/figures", "desk.nav.figures", "/report")
	add(q.who.works() || q.who.figures(), "/services", "desk.nav.services")
	return links
}

// errPage: a page could not be made. It is a mistake of ours.
var errPage = errors.New("the page can't be made")

// show writes a page.
func (q *request) show(status int, name string, data any) error {
	body, err := templates.Render(name, data)
	if err != nil {
		return fmt.Errorf("%w: %s", errPage, name) // what a template says may quote what was typed
	}
	q.write(status, serve.HTML, body)
	return nil
}

func (q *request) write(status int, contentType string, body []byte) {
	h := q.w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Language", q.l.Lang)
	q.w.WriteHeader(status)
	// Made by html/template, or sent to be kept and never shown. Whether gosec sees that
	// it was typed by somebody depends on what it has looked at before.
	_, _ = q.w.Write(body) //nolint:gosec,nolintlint // a client that went away is no event
}

// must is for pages that show an error: where they fail too, only the log is left.
func (q *request) must(err error) {
	if err != nil {
		q.d.Log.Error("page not made", "error", err.Error())
		q.w.WriteHeader(http.StatusInternalServerError)
	}
}

// problemView says in words why something did not work.
type problemView struct {
	view

	Text   string
	Status int
	// Kept is what was typed; it can be sent again.
	Kept []keptField
	// Action it is sent to, SignIn where to sign in first; empty where that is not
	// needed.
	Action, SignIn string
	Files          bool // some were chosen, and must be chosen again
}

type keptField struct{ Name, Value string }

// problem shows why something did not work; key is one of desk.problem's.
func (q *request) problem(status int, key string) { q.must(q.shut(status, key)) }

func (q *request) shut(status int, key string) error {
	v := problemView{view: q.view("/", "desk.problem."+key+".title"), Status: status}
	v.Switch = false
	v.Text = q.l.Must("desk.problem." + key)
	return q.show(status, "problem", v)
}

// keep shows why something did not work, and keeps what was typed: the same form,
// hidden, with one button that sends it again.
func (q *request) keep(status int, key string) {
	if q.r.Method != http.MethodPost {
		q.problem(status, key)
		return
	}
	v := problemView{view: q.view("/", "desk.problem."+key+".title"), Status: status, Action: q.here()}
	v.Switch = false
	v.Text = q.l.Must("desk.problem." + key)
	for _, name := range sortedKeys(q.values()) {
		if name == "csrf" {
			continue
		}
		for _, value := range q.values()[name] {
			v.Kept = append(v.Kept, keptField{name, value})
		}
	}
	v.Files = q.post != nil && len(q.post.Uploads) > 0
	if q.session == nil {
		v.SignIn = "/sign-in/start?to=" + "/" + q.l.Lang + "/"
	}
	q.must(q.show(status, "problem", v))
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// CSRF is the token of this session's forms.
func (v view) CSRF() string {
	if v.Account == nil {
		return ""
	}
	return v.Account.CSRF
}

// Word is the page's word for one of casework's or the store's: step, closed.
func (v view) Word(of string, word any) (string, error) {
	return v.L.M("desk." + of + "." + fmt.Sprint(word))
}

// Item is the title of an item, by its name; the name where it is gone.
func (v view) Item(name string) template.HTML { return v.L.T(v.q.itemTitle(name)) }

// PlainItem is the same for places that hold no markup.
func (v view) PlainItem(name string) string { return v.L.Plain(v.q.itemTitle(name)) }

func (s *state) itemTitle(name string) content.Text {
	if item := s.doc.Item(name); item != nil {
		return item.Title
	}
	for i := range s.doc.Site.Forms {
		if s.doc.Site.Forms[i].Item == name {
			return s.doc.Site.Forms[i].Title
		}
	}
	return content.Text{ZH: name, EN: name}
}

// GridName is a grid's title for places that hold no markup.
func (v view) GridName(name string) string {
	for _, g := range v.q.doc.Site.Grids {
		if g.Name == name {
			return v.L.Plain(g.Title)
		}
	}
	return name
}

// Place says in words where a case is worked on.
func (v view) Place(p casework.Place) template.HTML {
	var title content.Text
	switch {
	case p.Grid != "":
		title = content.Text{ZH: p.Grid, EN: p.Grid}
		for _, g := range v.q.doc.Site.Grids {
			if g.Name == p.Grid {
				title = g.Title
			}
		}
	case p.Station != "":
		title = content.Text{ZH: p.Station, EN: p.Station}
		for _, n := range v.q.doc.Site.Neighbours {
			if n.Name == p.Station {
				title = n.DisplayName
			}
		}
	case p.System != "":
		title = v.q.systemTitle(p.System)
	default:
		return template.HTML(template.HTMLEscapeString(v.L.Must("desk.here"))) //nolint:gosec // escaped
	}
	return v.L.T(title)
}
