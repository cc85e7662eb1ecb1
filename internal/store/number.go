package store

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/text/width"
)

var numberForm = regexp.MustCompile(`^([0-9]{4})-?([0-9]{6,12})$`)

// caseNumber is how people call a case: the year it came in, in China's time, and the
// how-manieth of that year it is.
func caseNumber(year int32, n int64) string { return fmt.Sprintf("%04d-%06d", year, n) }

// parseNumber reads a case's number as people write it: in full width, with or without
// the dash.
func parseNumber(text string) (string, bool) {
	m := numberForm.FindStringSubmatch(strings.TrimSpace(width.Narrow.String(text)))
	if m == nil {
		return "", false
	}
	return m[1] + "-" + m[2], true
}
