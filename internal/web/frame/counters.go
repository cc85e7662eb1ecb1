package frame

import (
	"strings"

	"github.com/shequ-io/shequ/internal/content"
)

// Counter is a window of the hall with the items it really handles, or a
// department with the items of its tasks that any window handles.
type Counter struct {
	ID    string       // for links within a page
	Title content.Text // empty for the own items no window claims
	Items []content.Item
}

// Counters groups the items by window, in the station's order; what no window
// claims of the station's own comes last. Names of items that are not (yet)
// there are left out. Departments are the groups of what is left: the items of
// their tasks.
func Counters(doc *content.Document) (list, departments []Counter) {
	byName := make(map[string]*content.Item, len(doc.Items))
	for i := range doc.Items {
		byName[doc.Items[i].Name] = &doc.Items[i]
	}
	claimed := map[string]bool{}
	if doc.Site.Station != nil {
		for _, w := range doc.Site.Station.Windows {
			counter := Counter{ID: "window-" + w.Name, Title: w.Title}
			for _, name := range w.Items {
				if item := byName[name]; item != nil {
					counter.Items = append(counter.Items, *item)
					claimed[name] = true
				}
			}
			list = append(list, counter)
		}
	}
	rest := Counter{ID: "other"}
	var unclaimed []content.Item
	for _, item := range doc.Items {
		switch {
		case claimed[item.Name]:
		case item.Task != nil:
			unclaimed = append(unclaimed, item)
		default:
			rest.Items = append(rest.Items, item)
		}
	}
	if len(rest.Items) > 0 {
		list = append(list, rest)
	}
	return list, byDepartment(unclaimed)
}

func byDepartment(items []content.Item) []Counter {
	var list []Counter
	at := map[string]int{}
	for _, item := range items {
		id, title := Department(item.Task)
		if _, ok := at[id]; !ok {
			at[id] = len(list)
			list = append(list, Counter{ID: id, Title: title})
		}
		list[at[id]].Items = append(list[at[id]].Items, item)
	}
	return list
}

// Department is the department a task is of: an id for links within a page and
// its name, which is that of its namespace where nothing better is known.
func Department(t *content.Task) (id string, title content.Text) {
	namespace, _, _ := strings.Cut(t.Name, "/")
	if t.Department == (content.Text{}) {
		return "department-" + namespace, content.Text{ZH: namespace, EN: namespace}
	}
	return "department-" + namespace, t.Department
}
