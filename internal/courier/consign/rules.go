package consign

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
)

// Rules are what a desk.json says of deliveries, compiled once. They may be used by
// several goroutines.
type Rules struct {
	systems map[string]connection
	tasks   map[string][]delivery // by namespace/name; an admitted task without any is there too
}

type connection struct {
	courier.System

	orders bool // it sends work orders, and gets their answers
}

type delivery struct {
	terms    courier.Terms
	mapping  *courier.Mapping // nil: it does not compile
	tellOnly bool
}

// New compiles the deliveries of all tasks. The rules are there with an error, too:
// it has a line for each delivery that is not as it should be and names it. Nothing
// of such a delivery goes; the others work.
func New(desk *content.Desk) (*Rules, error) {
	r := &Rules{systems: map[string]connection{}, tasks: map[string][]delivery{}}
	if desk == nil {
		return r, nil
	}
	for i := range desk.Connections {
		c := &desk.Connections[i]
		r.systems[c.Name] = connection{
			System: courier.System{Name: c.Name, Accepts: typed[courier.Code](c.Accepts), Purposes: typed[v1alpha1.PurposeCode](c.Purposes)},
			orders: c.Orders,
		}
	}
	var wrong []error
	for i := range desk.Tasks {
		t := &desk.Tasks[i]
		var found []error
		r.tasks[t.Name], found = deliveries(t)
		wrong = append(wrong, found...)
	}
	return r, errors.Join(wrong...)
}

// deliveries of a task, in its order.
func deliveries(t *content.DeskTask) ([]delivery, []error) {
	var out []delivery
	var wrong []error
	types := map[string]v1alpha1.DataElementType{}
	terms := courier.Terms{Task: t.Name}
	for _, d := range t.Data {
		types[d.Element] = v1alpha1.DataElementType(d.Type)
		terms.Data = append(terms.Data, v1alpha1.TaskData{Element: courier.Code(d.Element), Purpose: v1alpha1.PurposeCode(d.Purpose)})
	}
	for i := range t.Deliveries {
		x := &t.Deliveries[i]
		terms.Delivery = v1alpha1.TaskDelivery{
			SystemRef: v1alpha1.LocalReference{Name: x.System}, Purpose: v1alpha1.PurposeCode(x.Purpose), Elements: typed[courier.Code](x.Elements),
		}
		if slices.ContainsFunc(out, func(o delivery) bool { return same(o.terms.Delivery, terms.Delivery) }) {
			// It would have the other's key, and the system would take it for that.
			wrong = append(wrong, fmt.Errorf("task %s delivers to %s for %s twice, and the second is left out: deliver all elements at once", t.Name, x.System, x.Purpose))
			continue
		}
		mapping, err := compile(x, types)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("task %s delivers nothing to %s for %s: %s", t.Name, x.System, x.Purpose, strings.ReplaceAll(err.Error(), "\n", "; ")))
		}
		out = append(out, delivery{terms: terms, mapping: mapping, tellOnly: x.TellOnly})
	}
	return out, wrong
}

func same(a, b v1alpha1.TaskDelivery) bool {
	return a.SystemRef == b.SystemRef && a.Purpose == b.Purpose
}

func compile(x *content.DeskDelivery, types map[string]v1alpha1.DataElementType) (*courier.Mapping, error) {
	var elements []courier.Element
	for _, e := range x.Elements {
		elements = append(elements, courier.Element{Code: courier.Code(e), Type: types[e]})
	}
	var rules []courier.Rule
	for _, f := range x.Mapping {
		rules = append(rules, courier.Rule{Field: f.Field, Expression: f.Expression})
	}
	return courier.Compile(elements, rules)
}

func typed[T ~string](in []string) []T {
	out := make([]T, len(in))
	for i, s := range in {
		out[i] = T(s)
	}
	return out
}
