package courier

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	celast "github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/shequ-io/shequ/internal/privacy"
)

const (
	// maxExpression is the longest expression, in characters.
	maxExpression = 1000
	// maxCost of one evaluation, in CEL's units: about one for each step and for
	// each ten characters that are read.
	maxCost = 50_000
	// maxSize of an element's value, in characters: what casework takes.
	maxSize = 4000
	// maxValue is the longest value of a field, in bytes.
	maxValue = 64 << 10
)

// Mistake is something wrong in a mapping or reading, where it is, and how to
// mend it.
type Mistake struct {
	// Where: the name of the field, or what the expression is for.
	Where string
	// Line and Column in its expression, from 1; 0 where it is not about a place.
	Line, Column int
	Wrong        string
	Cure         string
}

// String says it in a line.
func (m Mistake) String() string {
	where := m.Where
	if m.Line > 0 {
		where = fmt.Sprintf("%s, line %d, column %d", where, m.Line, m.Column)
	}
	return fmt.Sprintf("%s: %s; %s", where, m.Wrong, m.Cure)
}

// MistakesError is everything that is wrong in a mapping or reading.
type MistakesError struct{ Mistakes []Mistake }

// Error says it in a line for each.
func (e *MistakesError) Error() string {
	lines := make([]string, len(e.Mistakes))
	for i, m := range e.Mistakes {
		lines[i] = m.String()
	}
	return strings.Join(lines, "\n")
}

// language is CEL with some variables: without macros but has (so nothing in it
// loops), without functions that make a text longer than what they are given but
// concatenation, and with trim and substring.
func language(variables ...cel.EnvOption) (*cel.Env, error) {
	return cel.NewEnv(append([]cel.EnvOption{
		cel.ClearMacros(),
		cel.Macros(cel.HasMacro),
		cel.ParserExpressionSizeLimit(maxExpression),
		cel.ParserRecursionLimit(50),
		cel.Function("trim", cel.MemberOverload("string_trim", []*cel.Type{cel.StringType}, cel.StringType,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return types.String(strings.TrimSpace(text(v))) }))),
		cel.Function("substring", cel.MemberOverload("string_substring", []*cel.Type{cel.StringType, cel.IntType, cel.IntType}, cel.StringType,
			cel.FunctionBinding(substring))),
	}, variables...)...)
}

func text(v ref.Val) string {
	s, _ := v.Value().(string)
	return s
}

// substring of the characters from one to before another, from 0. What lies
// outside of the text is left out, since a resident's text may be shorter than
// whoever wrote the mapping thought.
func substring(args ...ref.Val) ref.Val {
	runes := []rune(text(args[0]))
	from, _ := args[1].Value().(int64)
	to, _ := args[2].Value().(int64)
	to = min(max(to, 0), int64(len(runes)))
	from = min(max(from, 0), to)
	return types.String(runes[from:to])
}

// sizes tells the checker how long values are at most.
type sizes struct{}

// EstimateSize of what CEL does not know: no text is longer than an element's.
func (sizes) EstimateSize(checker.AstNode) *checker.SizeEstimate {
	return &checker.SizeEstimate{Min: 0, Max: maxSize}
}

// EstimateCallCost of our own functions: they read what they are given and
// return no more.
func (sizes) EstimateCallCost(function, _ string, target *checker.AstNode, _ []checker.AstNode) *checker.CallEstimate {
	if target == nil || (function != "trim" && function != "substring") {
		return nil
	}
	size := (*target).ComputedSize()
	if size == nil {
		size = &checker.SizeEstimate{Min: 0, Max: maxSize}
	}
	return &checker.CallEstimate{
		CostEstimate: checker.CostEstimate{Min: 1, Max: 1 + size.Max/10},
		ResultSize:   &checker.SizeEstimate{Min: 0, Max: size.Max},
	}
}

// expression is one that was compiled and checked.
type expression struct {
	program cel.Program
	ast     *cel.Ast
}

// compile compiles an expression and checks what can be checked beforehand. Names
// are what it may use, for the cure. The mistakes are nil where there are none.
func compile(env *cel.Env, where, source string, names []string) (*expression, []Mistake) {
	if n := utf8.RuneCountInString(source); n > maxExpression || strings.TrimSpace(source) == "" {
		return nil, []Mistake{{Where: where, Wrong: "the expression is empty or too long", Cure: fmt.Sprintf("write 1 to %d characters", maxExpression)}}
	}
	ast, issues := env.Compile(source)
	if issues.Err() != nil {
		var out []Mistake
		for _, e := range issues.Errors() {
			out = append(out, Mistake{
				Where: where, Line: e.Location.Line(), Column: e.Location.Column() + 1,
				Wrong: flat(e.Message), Cure: cure(e.Message, names),
			})
		}
		return nil, out
	}
	if m := literals(where, ast); m != nil {
		return nil, m
	}
	program, err := env.Program(ast, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, []Mistake{{Where: where, Wrong: flat(err.Error()), Cure: "correct the expression"}}
	}
	return &expression{program: program, ast: ast}, nil
}

// dear says that an expression may cost more than is allowed.
func dear(env *cel.Env, where string, e *expression) []Mistake {
	cost, err := env.EstimateCost(e.ast, sizes{})
	if err == nil && cost.Max <= maxCost {
		return nil
	}
	return []Mistake{{
		Where: where, Wrong: fmt.Sprintf("the expression may cost more than %d units", maxCost),
		Cure: "compare and join fewer long texts, and match shorter patterns",
	}}
}

// literals refuses texts in an expression that name a forbidden class.
func literals(where string, ast *cel.Ast) []Mistake {
	var out []Mistake
	info := ast.NativeRep().SourceInfo()
	root := celast.NavigateAST(ast.NativeRep())
	for _, e := range celast.MatchDescendants(root, celast.KindMatcher(celast.LiteralKind)) {
		written := text(e.AsLiteral())
		if raw, is := e.AsLiteral().Value().([]byte); is {
			written = string(raw) // string(b"…") makes a text of it
		}
		if class, _, found := privacy.Forbidden(written); found {
			at := info.GetStartLocation(e.ID())
			out = append(out, Mistake{
				Where: where, Line: at.Line(), Column: at.Column() + 1,
				Wrong: fmt.Sprintf("a text in the expression is about %s", class), Cure: "nobody may deliver such data; take it out",
			})
		}
	}
	return out
}

// flat is a message of CEL's in one line. That no container is searched says nothing.
func flat(message string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(message, "(in container '')", "")), " ")
}

func cure(message string, names []string) string {
	switch {
	case strings.Contains(message, "undeclared reference"):
		return "use only " + strings.Join(names, ", ") + ", and the functions of CEL's standard, trim and substring"
	case strings.Contains(message, "no matching overload"):
		return "turn the values into one type first, as string(…) or int(…) do"
	case strings.Contains(message, "Syntax error"), strings.Contains(message, "mismatched"):
		return "write a CEL expression, such as " + `name.trim() + "，" + address`
	}
	return "correct the expression"
}

// uses are the variables an expression names, sorted.
func (e *expression) uses(variables []string) []string {
	var out []string
	for _, r := range e.ast.NativeRep().ReferenceMap() {
		if name := strings.TrimPrefix(r.Name, "."); slices.Contains(variables, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var (
	errEvaluation = errors.New("the expression can't be evaluated")
	errValue      = errors.New("the value is no text, number or boolean, or too long")
)

// eval evaluates; nil without an error is CEL's null. Errors hold nothing of what
// CEL says, for that may repeat a value.
func (e *expression) eval(variables map[string]any) (any, error) {
	out, _, err := e.program.Eval(variables)
	if err != nil {
		return nil, errEvaluation
	}
	switch v := out.Value().(type) {
	case string:
		if len(v) <= maxValue && utf8.ValidString(v) {
			return v, nil
		}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
	case int64, bool:
		return v, nil
	}
	if out.Type() == types.NullType {
		return nil, nil
	}
	return nil, errValue
}
