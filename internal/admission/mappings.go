package admission

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/courier"
)

// mappings remembers what is wrong with a task's deliveries, by the types their
// elements have in a standard: a task is decided on in every community, again and
// again, and compiling an expression takes a thousand times as long as deciding.
type mappings struct {
	mu    sync.Mutex
	found map[string]*Finding // nil: nothing is wrong
}

// mostTypings bounds what is remembered of a task, however often a standard changes.
const mostTypings = 16

// file is the type of an element that can't be delivered.
const file v1alpha1.DataElementType = "File"

// broken finds what the terms of a task should never have been proposed with: rules of
// the API, and deliveries from which no message can be made. Those depend on the types
// the community's standard gives to data elements.
func (d *door) broken(c *candidate) *Finding {
	if d.Standard == nil || !c.mapped && (!d.place.files || len(c.terms.Deliveries) == 0) {
		return c.broken
	}
	var key strings.Builder
	for i := range c.terms.Deliveries {
		for _, code := range c.terms.Deliveries[i].Elements {
			key.WriteString(string(d.place.typeOf(code)))
			key.WriteByte(' ')
		}
	}
	m := c.mappings
	m.mu.Lock()
	defer m.mu.Unlock()
	f, known := m.found[key.String()]
	if !known {
		f = c.check(d.place)
		if m.found == nil || len(m.found) >= mostTypings {
			m.found = map[string]*Finding{}
		}
		m.found[key.String()] = f
	}
	return f
}

// typeOf is the type of a data element; empty where the standard does not declare it.
func (p *place) typeOf(code v1alpha1.DataElementCode) v1alpha1.DataElementType {
	if e := p.elements[string(code)]; e != nil {
		return e.Type
	}
	return ""
}

// check adds the deliveries' mistakes to what else is wrong with the terms.
func (t *Task) check(p *place) *Finding {
	wrong := slices.Clone(t.prohibited)
	for i := range t.terms.Deliveries {
		wrong = append(wrong, unmappable(&t.terms.Deliveries[i], p)...)
	}
	if len(wrong) == len(t.prohibited) {
		return t.broken
	}
	return findingOf(v1alpha1.LedgerProhibited, wrong)
}

// unmappable finds why no message can be made of a delivery. While the standard lacks
// one of its elements that is not asked: the task waits for the standard.
func unmappable(x *v1alpha1.TaskDelivery, p *place) []breach {
	var elements []courier.Element
	for _, code := range x.Elements {
		typ := p.typeOf(code)
		if typ == "" {
			return nil
		}
		elements = append(elements, courier.Element{Code: code, Type: typ})
	}
	var rules []courier.Rule
	for _, f := range x.Mapping {
		rules = append(rules, courier.Rule{Field: f.Field, Expression: f.Expression})
	}
	if len(rules) == 0 && !slices.ContainsFunc(elements, func(e courier.Element) bool { return e.Type == file }) {
		return nil // each under its own code: nothing to get wrong
	}
	_, err := courier.Compile(elements, rules)
	if err == nil {
		return nil
	}
	var out []breach
	for mistake := range strings.SplitSeq(err.Error(), "\n") {
		// What to write instead the department alone knows.
		out = append(out, breach{message: fmt.Sprintf("delivery to %s for %s: %s", x.SystemRef.Name, x.Purpose, mistake)})
	}
	return out
}
