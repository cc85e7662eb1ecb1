package open311

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shequ-io/shequ/internal/content"
)

// datatype is what the specification calls the type of a declared field.
func datatype(f *content.Field) string {
	switch {
	case f.Type == "Integer" || f.Type == "Decimal":
		return "number"
	case f.Type == "Date":
		return "datetime"
	case f.Type == "Boolean":
		return "singlevaluelist"
	case manyLines(f):
		return "text"
	}
	return "string"
}

// manyLines reports whether a field is for more than one line of text: the standard
// has one type for both, and the last word of a code tells those that ask for a story.
func manyLines(f *content.Field) bool {
	words := strings.Split(f.Code, "-")
	return slices.Contains([]string{"text", "reason", "description", "remarks"}, words[len(words)-1])
}

// typeNotes help to fill in a field.
var typeNotes = map[string]message{
	"Integer": {"整数", "A whole number"},
	"Decimal": {"数字", "A number"},
	"Date":    {"日期，如 2026-01-31", "A date such as 2026-01-31"},
}

type option struct {
	key  string
	name message
}

// options of a field that has a list of values.
func options(f *content.Field) []option {
	if f.Type == "Boolean" {
		return []option{{"true", sayYes}, {"false", sayNo}}
	}
	return nil
}

var (
	integerPattern = regexp.MustCompile(`^-?[0-9]{1,18}$`)
	decimalPattern = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,6})?$`)
)

// read checks a value against its field's type and returns it as it is kept; wrong
// says what is the matter, and is nil when nothing is.
func read(f *content.Field, raw string) (kept string, wrong *message) {
	raw = strings.TrimSpace(strings.ReplaceAll(raw, "\r\n", "\n"))
	switch f.Type {
	case "Integer":
		return matching(raw, integerPattern, &sayInteger)
	case "Decimal":
		return matching(raw, decimalPattern, &sayDecimal)
	case "Date":
		return readDate(raw)
	case "Boolean":
		if raw != "true" && raw != "false" {
			return "", &sayChoice
		}
	default:
		if !manyLines(f) && strings.ContainsAny(raw, "\r\n") {
			return "", &sayLine
		}
	}
	return raw, nil
}

func matching(raw string, pattern *regexp.Regexp, otherwise *message) (string, *message) {
	if !pattern.MatchString(raw) {
		return "", otherwise
	}
	return raw, nil
}

// readDate takes a day, alone or with a time: clients have one field for both.
func readDate(raw string) (string, *message) {
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05"} {
		if day, err := time.Parse(layout, raw); err == nil && day.Year() > 1000 {
			return day.Format(time.DateOnly), nil
		}
	}
	return "", &sayDate
}
