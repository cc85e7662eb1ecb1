package frame

import (
	"slices"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
)

// Passed is who gets what of the cases of an item, for the template "passed".
type Passed struct {
	L  *Locale
	To []Passing
}

// Passing is one system with what it gets, in words.
type Passing struct {
	System, Purpose, Location content.Text
	Owner                     string
	Elements                  []content.Text
}

// Passed tells who gets what of an item's cases once they are accepted: what a
// resident has to know before writing anything. It is nobody for no item.
func (l *Locale) Passed(item *content.Item) Passed {
	out := Passed{L: l}
	if item == nil || item.Task == nil {
		return out
	}
	for i := range item.Task.Deliveries {
		d := &item.Task.Deliveries[i]
		to := Passing{
			System: d.System, Owner: d.Owner, Location: d.Location,
			Purpose: Purpose(d.Purpose, item.Purpose, item.Title),
		}
		for _, code := range d.Elements {
			title := content.Text{EN: code}
			if at := slices.IndexFunc(item.Elements, func(f content.Field) bool { return f.Code == code }); at >= 0 {
				title = item.Elements[at].Text
			}
			to.Elements = append(to.Elements, title)
		}
		out.To = append(out.To, to)
	}
	return out
}

// Purpose is what the code of a purpose means: for that of an item's own cases what
// the item is called, for the platform's own a text, and of any other the words of
// the code, which departments choose in English.
func Purpose(code, own string, title content.Text) content.Text {
	if code == own {
		return title
	}
	if known, ok := messages["purpose."+code]; ok {
		return content.Text{ZH: known[chinese.index], EN: known[english.index]}
	}
	return content.Text{EN: strings.ReplaceAll(code, "-", " ")}
}
