package courier

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/shequ-io/shequ/internal/casework"
)

// Answer is what a system said to a message.
type Answer struct {
	// Status as HTTP has it; 200 for a protocol without.
	Status int
	// Body is JSON, or empty.
	Body []byte
	// Evidence is what the protocol gives to prove that the answer is to this
	// message, such as the request hash of X-Road; else empty.
	Evidence string
	// Pending: the message is with the system, which has not answered yet (files).
	Pending bool
}

// Verdict is what a system decided.
type Verdict string

// The verdicts.
const (
	Accepted   Verdict = "accepted"
	Rejected   Verdict = "rejected"
	MoreNeeded Verdict = "more-needed" // the case waits for information
)

// Outcome is a system's answer as a case understands it.
type Outcome struct {
	Verdict Verdict
	// Reason of a Rejected (one a case can be rejected for) or a MoreNeeded (one it
	// can be paused for); else empty.
	Reason casework.Reason
	// Reference is the number the system has given the case; empty where it gave none
	// that may be kept.
	Reference string
}

// Condition is when a verdict is read from an answer, and which reason.
type Condition struct {
	// When is a CEL expression over status (an int) and body (JSON; null for none).
	When string
	// Code is a CEL expression for the system's own word for its reason. Empty: it
	// has none.
	Code string
	// Reasons are what the system's words mean to a case.
	Reasons map[string]casework.Reason
	// Otherwise is the reason for any other word, and for none.
	Otherwise casework.Reason
}

// ReadingRules say how to read a system's answers. Exactly one verdict is to fit.
type ReadingRules struct {
	// Accepted is a CEL expression as Condition.When. Empty: any status from 200 to 299.
	Accepted string
	// Rejected and MoreNeeded are nil for a system that never says so.
	Rejected, MoreNeeded *Condition
	// Reference is a CEL expression for the number the system gives the case. Empty: it
	// gives none.
	Reference string
}

// Reading reads answers. It is compiled once and may be used by several
// goroutines.
type Reading struct {
	branches  []branch
	reference *expression // nil: none is given
}

type branch struct {
	verdict    Verdict
	when, code *expression
	reasons    map[string]casework.Reason
	otherwise  casework.Reason
}

const acceptedByStatus = "status >= 200 && status < 300"

var answerNames = []string{"body", "status"}

// CompileReading compiles the rules. The error is a *MistakesError with
// everything that is wrong.
func CompileReading(rules ReadingRules) (*Reading, error) {
	env, err := language(cel.Variable("status", cel.IntType), cel.Variable("body", cel.DynType))
	if err != nil {
		return nil, fmt.Errorf("declare an answer to CEL: %w", err)
	}
	if rules.Accepted == "" {
		rules.Accepted = acceptedByStatus
	}
	r := &Reading{}
	mistakes := r.add(env, Accepted, Condition{When: rules.Accepted}, "")
	if rules.Rejected != nil {
		mistakes = append(mistakes, r.add(env, Rejected, *rules.Rejected, casework.Reject)...)
	}
	if rules.MoreNeeded != nil {
		mistakes = append(mistakes, r.add(env, MoreNeeded, *rules.MoreNeeded, casework.Pause)...)
	}
	if rules.Reference != "" {
		var found []Mistake
		r.reference, found = compile(env, "reference", rules.Reference, answerNames)
		mistakes = append(mistakes, found...)
	}
	if len(mistakes) > 0 {
		return nil, &MistakesError{mistakes}
	}
	return r, nil
}

// add compiles one condition, whose reasons are those of a type of events.
func (r *Reading) add(env *cel.Env, v Verdict, c Condition, event casework.EventType) []Mistake {
	where := string(v)
	when, mistakes := compile(env, where+", when", c.When, answerNames)
	if when != nil && !when.ast.OutputType().IsExactType(cel.BoolType) && !when.ast.OutputType().IsExactType(cel.DynType) {
		mistakes = append(mistakes, Mistake{Where: where + ", when", Wrong: "it is not true or false", Cure: `compare, as in body.result == "ok"`})
	}
	b := branch{verdict: v, when: when, reasons: maps.Clone(c.Reasons), otherwise: c.Otherwise}
	if c.Code != "" {
		var found []Mistake
		b.code, found = compile(env, where+", code", c.Code, answerNames)
		mistakes = append(mistakes, found...)
	}
	if allowed := casework.Reasons(event); len(allowed) > 0 {
		reasons := append(slices.Collect(maps.Values(c.Reasons)), c.Otherwise)
		if slices.ContainsFunc(reasons, func(x casework.Reason) bool { return !slices.Contains(allowed, x) }) {
			mistakes = append(mistakes, Mistake{Where: where, Wrong: "a reason is missing, or none a case can have then", Cure: "use only " + joinReasons(allowed)})
		}
	}
	r.branches = append(r.branches, b)
	return mistakes
}

func joinReasons(reasons []casework.Reason) string {
	texts := make([]string, len(reasons))
	for i, x := range reasons {
		texts[i] = string(x)
	}
	return strings.Join(texts, ", ")
}

// AnswerError says that an answer can't be read. It repeats nothing of it.
type AnswerError struct{ Wrong string }

// Error says it in a line, with the cure.
func (e *AnswerError) Error() string {
	return "the system's answer can't be read: " + e.Wrong + "; correct how its answers are read, then replay the message"
}

// Read reads an answer. A condition that can't be evaluated, such as one on a
// member the body does not have, does not fit. The error is an *AnswerError: the
// body is no JSON, or not exactly one verdict fits.
func (r *Reading) Read(a Answer) (Outcome, error) {
	variables := map[string]any{"status": int64(a.Status), "body": nil}
	if len(a.Body) > 0 {
		var body any
		if err := json.Unmarshal(a.Body, &body); err != nil {
			return Outcome{}, &AnswerError{"it is no JSON"}
		}
		variables["body"] = body
	}
	var fits []branch
	for _, b := range r.branches {
		if yes, err := b.when.eval(variables); err == nil && yes == true {
			fits = append(fits, b)
		}
	}
	switch len(fits) {
	case 0:
		return Outcome{}, &AnswerError{"no verdict fits"}
	case 1:
		out := fits[0].outcome(variables)
		out.Reference = r.number(variables)
		return out, nil
	}
	return Outcome{}, &AnswerError{"several verdicts fit"}
}

// outcome is a branch's, with the reason the system's word stands for.
func (b branch) outcome(variables map[string]any) Outcome {
	out := Outcome{Verdict: b.verdict, Reason: b.otherwise}
	if b.code == nil {
		return out
	}
	word, err := b.code.eval(variables)
	if err != nil {
		return out
	}
	if reason, known := b.reasons[fmt.Sprint(word)]; known {
		out.Reason = reason
	}
	return out
}

// referenceNumber is what a reference looks like: it goes on record, and a text with
// anything of anybody in it must not.
var referenceNumber = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9./-]{0,63}$`)

// number is the reference in an answer; empty where there is none that may be kept.
func (r *Reading) number(variables map[string]any) string {
	if r.reference == nil {
		return ""
	}
	value, err := r.reference.eval(variables)
	if err != nil {
		return ""
	}
	out, _ := value.(string)
	switch n := value.(type) {
	case int64:
		out = strconv.FormatInt(n, 10)
	case float64:
		if n == math.Trunc(n) && math.Abs(n) <= maxExact {
			out = strconv.FormatFloat(n, 'f', -1, 64)
		}
	}
	if !referenceNumber.MatchString(out) || casework.PersonalNumber(out) {
		return ""
	}
	return out
}

// maxExact is the largest number of JSON of which nothing is lost.
const maxExact = 1 << 53
