package casework

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/privacy"
)

// Fields are what a resident wrote, by the codes of data elements. They are no
// part of a Case, an Event or an Entry, and printing or logging them tells only
// how many there are. Whoever keeps them encrypts the sensitive ones.
type Fields map[v1alpha1.DataElementCode]string

const maxFieldRunes = 4000

// Item is what the domain has to know of an item.
type Item struct {
	// Elements its form may ask for, by the standard's codes.
	Elements []v1alpha1.DataElementCode
	// Required are those of them without which it can't be handled.
	Required []v1alpha1.DataElementCode
}

// FieldsError says which fields an item refuses. It names declared data elements
// only: what else a sender called his fields might say something about somebody.
type FieldsError struct {
	// Undeclared is how many fields the item does not declare.
	Undeclared int
	// Forbidden are declared elements of a class nobody may collect.
	Forbidden []v1alpha1.DataElementCode
	// Unreadable are declared elements whose value is too long, or no plain text.
	Unreadable []v1alpha1.DataElementCode
	// Missing are required elements without a value.
	Missing []v1alpha1.DataElementCode
}

// Error says it in one line, without any value.
func (e *FieldsError) Error() string {
	var parts []string
	if e.Undeclared > 0 {
		parts = append(parts, fmt.Sprintf("%d fields are not declared by the item", e.Undeclared))
	}
	for _, p := range []struct {
		what  string
		codes []v1alpha1.DataElementCode
	}{
		{"nobody may collect", e.Forbidden},
		{fmt.Sprintf("not plain text of at most %d characters", maxFieldRunes), e.Unreadable},
		{"missing", e.Missing},
	} {
		if len(p.codes) > 0 {
			parts = append(parts, p.what+": "+join(p.codes))
		}
	}
	return "the fields are refused: " + strings.Join(parts, "; ")
}

// Check refuses fields an item does not declare, fields of the classes nobody
// may collect even if it does, and values that are no plain text of at most 4000
// characters. Missing required ones are refused when complete is asked for; a
// counter may take what a resident has and pause the case. An error is a
// *FieldsError.
func (i Item) Check(fields Fields, complete bool) error {
	var e FieldsError
	for _, code := range slices.Sorted(maps.Keys(fields)) {
		switch {
		case !slices.Contains(i.Elements, code):
			e.Undeclared++
		case forbidden(code):
			e.Forbidden = append(e.Forbidden, code)
		case !plain(fields[code]):
			e.Unreadable = append(e.Unreadable, code)
		}
	}
	for _, code := range i.Required {
		if complete && strings.TrimSpace(fields[code]) == "" {
			e.Missing = append(e.Missing, code)
		}
	}
	if e.Undeclared+len(e.Forbidden)+len(e.Unreadable)+len(e.Missing) == 0 {
		return nil
	}
	return &e
}

func forbidden(code v1alpha1.DataElementCode) bool {
	_, _, found := privacy.Forbidden(string(code))
	return found
}

// plain text has no control characters but line breaks and tabs, and can be kept
// by PostgreSQL.
func plain(value string) bool {
	return utf8.ValidString(value) && utf8.RuneCountInString(value) <= maxFieldRunes &&
		!strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' })
}

// Codes are the codes of the fields, sorted.
func (f Fields) Codes() []v1alpha1.DataElementCode { return slices.Sorted(maps.Keys(f)) }

// Format prints how many fields there are, whatever the verb.
func (f Fields) Format(s fmt.State, _ rune) { fmt.Fprint(s, f.redacted()) }

// LogValue logs how many fields there are.
func (f Fields) LogValue() slog.Value { return slog.StringValue(f.redacted()) }

func (f Fields) redacted() string { return fmt.Sprintf("(%d fields)", len(f)) }
