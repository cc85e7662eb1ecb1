package frame

import (
	"slices"

	"github.com/shequ-io/shequ/internal/content"
)

// HoursRow is one line of the weekly table: neighbouring days with equal hours.
type HoursRow struct {
	Days  string
	Spans []Span // none: closed
}

// Span is a time from which to which the station is open.
type Span struct{ Opens, Closes string }

// Week turns opening rules into the lines of a table that holds in any week.
func (l *Locale) Week(openings []content.Opening) []HoursRow {
	days := make([][]Span, len(content.Weekdays))
	for _, o := range openings {
		for i, day := range content.Weekdays {
			if slices.Contains(o.Days, day) {
				days[i] = append(days[i], Span{o.Opens, o.Closes})
			}
		}
	}
	for i := range days {
		days[i] = merge(days[i])
	}
	var rows []HoursRow
	for first := 0; first < len(days); {
		last := first
		for last+1 < len(days) && slices.Equal(days[last+1], days[first]) {
			last++
		}
		rows = append(rows, HoursRow{Days: l.days(first, last), Spans: days[first]})
		first = last + 1
	}
	return rows
}

// merge sorts the spans of a day and joins those that touch or overlap.
func merge(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int {
		if a.Opens < b.Opens || a.Opens == b.Opens && a.Closes < b.Closes {
			return -1
		}
		return 1
	})
	var merged []Span
	for _, s := range spans {
		if n := len(merged); n > 0 && s.Opens <= merged[n-1].Closes {
			merged[n-1].Closes = max(merged[n-1].Closes, s.Closes)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

func (l *Locale) days(first, last int) string {
	from, to := l.Must("day."+content.Weekdays[first]), l.Must("day."+content.Weekdays[last])
	switch last - first {
	case 0:
		return from
	case 1:
		return l.Must("day.and", from, to)
	default:
		return l.Must("day.to", from, to)
	}
}
