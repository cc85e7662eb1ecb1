package frame

import "github.com/shequ-io/shequ/internal/content"

// Counter is a window of the hall with the items it really handles.
type Counter struct {
	ID    string       // for links within a page
	Title content.Text // empty for the items no window claims
	Items []content.Item
}

// Counters groups the items by window, in the station's order; what no window
// claims comes last. Names of items that are not (yet) there are left out.
func Counters(doc *content.Document) []Counter {
	byName := make(map[string]*content.Item, len(doc.Items))
	for i := range doc.Items {
		byName[doc.Items[i].Name] = &doc.Items[i]
	}
	var list []Counter
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
	for _, item := range doc.Items {
		if !claimed[item.Name] {
			rest.Items = append(rest.Items, item)
		}
	}
	if len(rest.Items) > 0 {
		list = append(list, rest)
	}
	return list
}
