package district

import (
	"fmt"
	"strings"
	"time"
)

// mark is what the comment on a database says, for the operator and for whoever
// looks at the server.
type mark struct {
	key  string    // fingerprint of the key it was made with
	drop time.Time // after which it may be dropped; zero: never
}

const (
	markPrefix = "shequ: "
	markKey    = "key "
	markDrop   = "drop after "
)

// String is such as "shequ: key 0123456789abcdef; drop after 2026-01-31T00:00:00Z".
func (m mark) String() string {
	var parts []string
	if m.key != "" {
		parts = append(parts, markKey+m.key)
	}
	if !m.drop.IsZero() {
		parts = append(parts, markDrop+m.drop.UTC().Format(time.RFC3339))
	}
	return markPrefix + strings.Join(parts, "; ")
}

// parseMark reads what String wrote. What it can't read says nothing: a database
// is never dropped for a comment somebody garbled.
func parseMark(text string) mark {
	var m mark
	body, ok := strings.CutPrefix(text, markPrefix)
	if !ok {
		return m
	}
	for part := range strings.SplitSeq(body, "; ") {
		if key, is := strings.CutPrefix(part, markKey); is {
			m.key = key
		}
		if at, is := strings.CutPrefix(part, markDrop); is {
			if t, err := time.Parse(time.RFC3339, at); err == nil {
				m.drop = t
			}
		}
	}
	return m
}

// comment writes a mark on a database.
func comment(name string, m mark) string {
	return fmt.Sprintf("COMMENT ON DATABASE %s IS '%s'", quote(name), strings.ReplaceAll(m.String(), "'", "''"))
}
