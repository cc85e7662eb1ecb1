package portal_test

import (
	"encoding/json"

	"github.com/shequ-io/shequ/internal/content"
)

// structural are the fields whose values Parse restricts to harmless ones; all
// other strings of a document may hold anything.
var structural = map[string]bool{
	"namespace": true, "name": true, "languages": true, "days": true, "opens": true, "closes": true,
	"items": true, "url": true, "yearlyAmount": true, "yearlyFunding": true, "currency": true,
}

// poison puts a text at the end of every free string of a document.
func poison(doc content.Document, attack string) content.Document {
	var out content.Document
	round(doc.Site, &out.Site, attack)
	round(doc.Items, &out.Items, attack)
	round(doc.Tasks, &out.Tasks, attack)
	out.Revision = "0123456789abcdef"
	return out
}

func round(from, to any, attack string) {
	data, err := json.Marshal(from)
	if err != nil {
		panic(err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		panic(err)
	}
	if data, err = json.Marshal(taint(tree, attack)); err != nil {
		panic(err)
	}
	if err := json.Unmarshal(data, to); err != nil {
		panic(err)
	}
}

func taint(v any, attack string) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			// A budget line's or a place's name is a text, not an identifier.
			if _, plain := value.(map[string]any); plain || !structural[key] {
				v[key] = taint(value, attack)
			}
		}
	case []any:
		for i := range v {
			v[i] = taint(v[i], attack)
		}
	case string:
		return v + attack
	}
	return v
}
