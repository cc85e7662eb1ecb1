package courier

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/privacy"
)

// Element is a data element as a mapping has to know it.
type Element struct {
	Code Code
	// Type as the standard declares it: Integer and Boolean are an int and a bool
	// in expressions, all others text.
	Type v1alpha1.DataElementType
}

// Rule makes one field of a system.
type Rule struct {
	// Field is its name in the system: letters of any script, digits, _ and -, with
	// points between the parts of a name in an object.
	Field string
	// Expression in CEL. Elements are variables by their code with _ for - (and a _
	// before it where a code begins with a digit or is a word of CEL); one the case
	// does not have is null. delivery.key, .case, .task, .system, .purpose and
	// .version are there too. A field whose value is null is left out.
	Expression string
}

const maxRules = 128

// Mapping turns elements into a system's fields. It is compiled once and may be
// used by several goroutines.
type Mapping struct {
	elements []Element // in the order of variables
	names    []string  // of the variables of elements
	rules    []compiled
}

type compiled struct {
	field string
	*expression
	uses []string // names of elements
}

// facts are the variables beside the elements.
var facts = map[string]*cel.Type{
	"delivery.key": cel.StringType, "delivery.case": cel.StringType, "delivery.task": cel.StringType,
	"delivery.system": cel.StringType, "delivery.purpose": cel.StringType, "delivery.version": cel.IntType,
}

// Plain is the mapping of a delivery that declares none: each element under its
// own code.
func Plain(elements []Element) []Rule {
	rules := make([]Rule, len(elements))
	for i, e := range elements {
		rules[i] = Rule{Field: string(e.Code), Expression: Variable(e.Code)}
	}
	return rules
}

// celWords can't be names of variables in CEL.
var celWords = strings.Fields("as break const continue delivery else false for function if import in let loop namespace null package return true var void while " +
	"bool bytes double duration dyn getDate int list map size string timestamp type uint")

// Variable is the name of an element in expressions.
func Variable(code Code) string {
	name := strings.ReplaceAll(string(code), "-", "_")
	if slices.Contains(celWords, name) || name == "" || name[0] >= '0' && name[0] <= '9' {
		return "_" + name
	}
	return name
}

// Compile compiles the rules of a delivery of elements: without rules each goes
// under its own code. The error is a *MistakesError with everything that is wrong.
func Compile(elements []Element, rules []Rule) (*Mapping, error) {
	if len(rules) == 0 {
		rules = Plain(elements)
	}
	m := &Mapping{elements: elements}
	mistakes := m.declare()
	if len(rules) > maxRules {
		mistakes = append(mistakes, Mistake{Where: "mapping", Wrong: fmt.Sprintf("it has %d fields", len(rules)), Cure: fmt.Sprintf("send at most %d", maxRules)})
		rules = nil
	}
	env, err := m.env()
	if err != nil {
		mistakes = append(mistakes, Mistake{Where: "mapping", Wrong: "its elements can't be declared to CEL", Cure: "name each data element once"})
		return nil, &MistakesError{mistakes}
	}
	taken := map[string]string{}
	for _, r := range rules {
		found := wrongName(r.Field, taken)
		c, more := m.rule(env, r)
		found = append(found, more...)
		if mistakes = append(mistakes, found...); len(found) == 0 {
			m.rules = append(m.rules, c)
		}
	}
	if len(mistakes) > 0 {
		return nil, &MistakesError{mistakes}
	}
	return m, nil
}

// declare checks the elements and names their variables.
func (m *Mapping) declare() []Mistake {
	var out []Mistake
	for _, e := range m.elements {
		switch {
		case forbidden(e.Code):
			out = append(out, Mistake{Where: "element " + string(e.Code), Wrong: "nobody may deliver data of its class", Cure: "take it out of the delivery"})
		case e.Type == "File":
			out = append(out, Mistake{Where: "element " + string(e.Code), Wrong: "files are not delivered", Cure: "take it out of the delivery"})
		}
		m.names = append(m.names, Variable(e.Code))
	}
	return out
}

func (m *Mapping) env() (*cel.Env, error) {
	var variables []cel.EnvOption
	for i, e := range m.elements {
		if slices.Contains(m.names[:i], m.names[i]) {
			return nil, errors.New("an element is there twice")
		}
		variables = append(variables, cel.Variable(m.names[i], cel.NullableType(celType(e.Type))))
	}
	for name, typ := range facts {
		variables = append(variables, cel.Variable(name, typ))
	}
	return language(variables...)
}

func celType(t v1alpha1.DataElementType) *cel.Type {
	switch t {
	case "Integer":
		return cel.IntType
	case "Boolean":
		return cel.BoolType
	}
	return cel.StringType
}

// scalars are what a field may be.
var scalars = []*cel.Type{cel.StringType, cel.IntType, cel.DoubleType, cel.BoolType}

// rule compiles one rule and checks what it makes.
func (m *Mapping) rule(env *cel.Env, r Rule) (compiled, []Mistake) {
	where := "field " + shown(r.Field)
	e, mistakes := compile(env, where, r.Expression, m.allowed())
	if mistakes != nil {
		return compiled{}, mistakes
	}
	wrong, cure := "", "make a text, a number or a boolean; string(…) writes anything as text"
	switch out := e.ast.OutputType(); {
	case out.IsExactType(cel.NullType):
		wrong, cure = "it makes nothing", "put null last, as in a != \"\" ? a : null; an element the case does not have is null by itself"
	case out.IsExactType(cel.DynType):
		wrong = "what it makes has no certain type"
	case !slices.ContainsFunc(scalars, out.IsAssignableType):
		wrong = fmt.Sprintf("it makes a %s", out)
	}
	if wrong != "" {
		return compiled{}, []Mistake{{Where: where, Wrong: wrong, Cure: cure}}
	}
	return compiled{field: r.Field, expression: e, uses: e.uses(m.names)}, dear(env, where, e)
}

// allowed are the names expressions may use: those of elements first.
func (m *Mapping) allowed() []string {
	return slices.Concat(slices.Sorted(slices.Values(m.names)), slices.Sorted(maps.Keys(facts)))
}

var fieldName = regexp.MustCompile(`^[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_-]*(\.[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_-]*)*$`)

const maxFieldName = 120

// shown is a field's name as a mistake may repeat it.
func shown(field string) string {
	if len(field) > maxFieldName || !fieldName.MatchString(field) {
		return "(of no proper name)"
	}
	return field
}

// wrongName says what is wrong with the name of a field, and remembers it.
func wrongName(field string, taken map[string]string) []Mistake {
	where := "field " + shown(field)
	if shown(field) != field {
		return []Mistake{{Where: where, Wrong: "a field has no proper name", Cure: fmt.Sprintf("write letters, digits, _ and -, with points between the parts, at most %d bytes", maxFieldName)}}
	}
	if class, _, found := privacy.Forbidden(field); found {
		return []Mistake{{Where: where, Wrong: "its name is about " + string(class), Cure: "nobody may deliver such data; take the field out"}}
	}
	folded := strings.ToLower(field)
	for at := range taken {
		if at == folded || strings.HasPrefix(at, folded+".") || strings.HasPrefix(folded, at+".") {
			return []Mistake{{Where: where, Wrong: "it is there twice, or is a text and an object at once, as " + taken[at], Cure: "give each field a name of its own"}}
		}
	}
	taken[folded] = field
	return nil
}

// Uses are the codes of the elements the mapping looks at, sorted. No other goes
// to the system, whatever the delivery declares.
func (m *Mapping) Uses() []Code {
	var out []Code
	for i, e := range m.elements {
		if m.looksAt(m.names[i]) {
			out = append(out, e.Code)
		}
	}
	slices.Sort(out)
	return out
}

func (m *Mapping) looksAt(name string) bool {
	return slices.ContainsFunc(m.rules, func(c compiled) bool { return slices.Contains(c.uses, name) })
}

// MapError says which field could not be made. It holds no value.
type MapError struct {
	Field string
	// Missing are elements its expression looks at and the case does not have.
	Missing []Code
	Wrong   string
}

// Error says it in a line, with the cure.
func (e *MapError) Error() string {
	if len(e.Missing) > 0 {
		return fmt.Sprintf("field %s: %s; the case has no %s: let the mapping ask, as in %s == null ? \"\" : %[4]s", e.Field, e.Wrong, join(e.Missing), Variable(e.Missing[0]))
	}
	return fmt.Sprintf("field %s: %s; correct the mapping, or the case's value", e.Field, e.Wrong)
}

func join(codes []Code) string {
	texts := make([]string, len(codes))
	for i, c := range codes {
		texts[i] = string(c)
	}
	return strings.Join(texts, ", ")
}

// Map makes the fields of a message, in the order of the rules, and names the
// elements they were made from. It looks at no field of the payload the mapping
// does not declare. The error is a *MapError.
func (m *Mapping) Map(f Facts, payload casework.Fields) (fields []Field, used []Code, err error) {
	variables := map[string]any{
		"delivery.key": string(f.Key()), "delivery.case": f.Case, "delivery.task": f.Task,
		"delivery.system": f.System, "delivery.purpose": string(f.Purpose), "delivery.version": f.Version,
	}
	for i, e := range m.elements {
		if !m.looksAt(m.names[i]) {
			continue // what is wrong with its value is nothing to this message
		}
		value, ok := typed(e.Type, payload[e.Code])
		if !ok {
			return nil, nil, &MapError{Field: "of " + string(e.Code), Wrong: fmt.Sprintf("the value is no %s", e.Type)}
		}
		variables[m.names[i]] = value
	}
	seen := map[Code]bool{}
	for _, c := range m.rules {
		value, err := c.eval(variables)
		if err != nil {
			return nil, nil, &MapError{Field: c.field, Wrong: err.Error(), Missing: m.missing(c, variables)}
		}
		// What an expression looks at shows in what it leaves out, too.
		for i, e := range m.elements {
			if slices.Contains(c.uses, m.names[i]) && variables[m.names[i]] != types.NullValue {
				seen[e.Code] = true
			}
		}
		if value != nil {
			fields = append(fields, Field{Name: c.field, Value: value})
		}
	}
	for code := range seen {
		used = append(used, code)
	}
	slices.Sort(used)
	return fields, used, nil
}

// missing are the elements an expression looks at that are null.
func (m *Mapping) missing(c compiled, variables map[string]any) []Code {
	var out []Code
	for i, e := range m.elements {
		if variables[m.names[i]] == types.NullValue && slices.Contains(c.uses, m.names[i]) {
			out = append(out, e.Code)
		}
	}
	return out
}

// typed is a value as expressions see it; not ok where it is not of the type.
func typed(t v1alpha1.DataElementType, value string) (any, bool) {
	if strings.TrimSpace(value) == "" {
		return types.NullValue, true
	}
	switch t {
	case "Integer":
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		return n, err == nil
	case "Boolean":
		b, err := strconv.ParseBool(strings.TrimSpace(value))
		return b, err == nil
	}
	return value, true
}
