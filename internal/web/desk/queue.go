package desk

import (
	"errors"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
)

// pageSize is how many cases a page of a queue holds.
const pageSize = 50

// queueView is a page of a queue.
type queueView struct {
	view

	View  store.View
	Tabs  []tab
	Rows  []store.Row
	Kind  casework.Kind
	ItemN string
	GridN string
	// Next is the address of the next page, First of the first; empty where this is
	// the last, or the first.
	Next, First string
	Kinds       []casework.Kind
	Items       []option
	Grids       []content.Grid
	// Own are the grids of a grid worker who has several, to choose from.
	Own []string
	// Did is what was just done to a case that is not shown any more; empty where
	// nothing was.
	Did casework.EventType
}

// option to choose from a list.
type option struct {
	Value string
	Title content.Text
}

// tab leads to a queue.
type tab struct {
	View    store.View
	Label   string
	Local   string
	Count   string // empty: not known on this page
	Current bool
	// Urgent tells that there is something in it that is late.
	Urgent bool
}

// Filtered reports whether not all of the queue is shown.
func (v queueView) Filtered() bool { return v.Kind != "" || v.ItemN != "" || v.GridN != "" }

func queuePage(q *request) error {
	of := store.View(q.r.PathValue("view"))
	if !slices.Contains(store.Views(), of) {
		q.problem(http.StatusNotFound, "nopage")
		return nil
	}
	if !slices.Contains(q.who.views(), of) {
		q.problem(http.StatusForbidden, "role")
		return nil
	}
	ask := q.r.URL.Query()
	v := queueView{
		View: of, Kind: casework.Kind(ask.Get("kind")), ItemN: ask.Get("item"), GridN: ask.Get("grid"),
		Kinds: casework.Kinds(), Items: q.items(),
	}
	if !slices.Contains(v.Kinds, v.Kind) {
		v.Kind = ""
	}
	if !slices.ContainsFunc(v.Items, func(o option) bool { return o.Value == v.ItemN }) {
		v.ItemN = ""
	}
	if q.who.Role != casework.GridWorker {
		v.Grids = slices.DeleteFunc(slices.Clone(q.doc.Site.Grids), func(g content.Grid) bool { return g.Level != unitLevel })
	}
	if !slices.ContainsFunc(v.Grids, func(g content.Grid) bool { return g.Name == v.GridN }) {
		v.GridN = ""
	}
	after := ask.Get("after")
	want := store.Query{View: of, Kind: v.Kind, Item: v.ItemN, Grid: v.GridN, After: after, Size: pageSize}
	page, err := q.d.Store.Queue(q.r.Context(), q.who.Who, want)
	if after != "" && errors.Is(err, store.ErrInvalid) {
		// An old address, or half of one: begin at the first page.
		after, want.After = "", ""
		page, err = q.d.Store.Queue(q.r.Context(), q.who.Who, want)
	}
	if err != nil {
		return err
	}
	local := "/queue/" + string(of)
	narrowed := []string{"kind", string(v.Kind), "item", v.ItemN, "grid", v.GridN}
	v.view = q.view(local+query(narrowed...), q.viewKey(of))
	v.Rows, v.Did = page.Rows, eventNamed(ask.Get("did"))
	if len(q.who.Grids) > 1 {
		v.Own = q.who.Grids
	}
	if page.Next != "" {
		v.Next = local + query(append(narrowed, "after", page.Next)...)
	}
	if after != "" {
		v.First = local + query(narrowed...)
	}
	v.Tabs = q.tabs(of, page.Counts)
	return q.show(http.StatusOK, "queue", v)
}

// InGrid reports whether a grid is the one a grid worker works in now.
func (v queueView) InGrid(name string) bool { return v.q.who.Grid == name }

// chooseGrid has a grid worker who has several work in another.
func chooseGrid(q *request) error {
	if err := q.d.Sessions.Choose(q.w, q.r, q.session, q.values().Get("grid")); err != nil {
		return err
	}
	q.to("/queue/" + string(q.who.views()[0]))
	return nil
}

// viewKey is the message that names a queue.
func (q *request) viewKey(of store.View) string {
	if of == store.OfGrid && q.who.Role == casework.GridWorker {
		return "desk.view.mygrid"
	}
	return "desk.view." + string(of)
}

// tabs of the queues a person may look at.
func (q *request) tabs(of store.View, counts map[store.View]int64) []tab {
	var out []tab
	for _, view := range q.who.views() {
		t := tab{View: view, Label: q.l.Must(q.viewKey(view)), Local: "/queue/" + string(view), Current: view == of}
		if n, known := counts[view]; known {
			if t.Count = q.l.Int(n); n >= store.MaxCount {
				t.Count = q.l.Int(store.MaxCount) + "+"
			}
			t.Urgent = view == store.LateOnes && n > 0
		}
		out = append(out, t)
	}
	return out
}

// items are all that cases can be about.
func (s *state) items() []option {
	var out []option
	for _, f := range s.doc.Site.Forms {
		out = append(out, option{f.Item, f.Title})
	}
	for _, i := range s.doc.Items {
		out = append(out, option{i.Name, i.Title})
	}
	return out
}

// findView is the search.
type findView struct {
	view

	Rows  []store.Row
	Asked bool
	Text  string // that was looked for
}

// Sought is what was looked for, to be corrected where it has a slip.
func (v findView) Sought() string { return v.Text }

// Sought is nothing where nobody has looked for anything yet.
func (view) Sought() string { return "" }

func findPage(q *request) error {
	return q.show(http.StatusOK, "find", findView{view: q.view("/find", "desk.find.title")})
}

// maxFind is how long what is looked for may be.
const maxFind = 64

// find looks cases up by number, receipt code or the hotline's number. It is a POST, so
// that no receipt code stands in an address.
func find(q *request) error {
	text := q.values().Get("q")
	v := findView{view: q.view("/find", "desk.find.title"), Asked: true}
	if text != "" && len(text) <= 4*maxFind && utf8.ValidString(text) && utf8.RuneCountInString(text) <= maxFind {
		rows, err := q.d.Store.Find(q.r.Context(), q.who.Who, text)
		if err != nil {
			return err
		}
		if len(rows) == 1 {
			q.to("/cases/" + rows[0].ID)
			return nil
		}
		v.Rows, v.Text = rows, text
	}
	return q.show(http.StatusOK, "find", v)
}
