// Package show renders plans and other results of package plan as tables, as
// JSON, and as Markdown for a pull request. Columns stay aligned under Chinese
// characters, and control characters are never passed on to a terminal.
//
// It decides nothing: what it shows is in the plan.
package show

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Align says on which side of its column a cell stands.
type Align bool

// The sides.
const (
	Left  Align = false
	Right Align = true
)

// Column is a column's title and side.
type Column struct {
	Title string
	Align Align
}

// Table is rows under columns. Columns that are empty in every row are left out.
type Table struct {
	Columns []Column
	Rows    [][]string
}

// columns makes columns of titles; one that starts with > stands on the right.
func columns(titles ...string) []Column {
	out := make([]Column, len(titles))
	for i, title := range titles {
		name, right := strings.CutPrefix(title, ">")
		out[i] = Column{Title: name, Align: Align(right)}
	}
	return out
}

// NewTable makes a table; a title that starts with > names a column on the right.
func NewTable(titles ...string) *Table { return &Table{Columns: columns(titles...)} }

// Add adds a row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, cells) }

// used are the columns with something in them.
func (t *Table) used() []int {
	var out []int
	for i := range t.Columns {
		for _, row := range t.Rows {
			if row[i] != "" {
				out = append(out, i)
				break
			}
		}
	}
	return out
}

// Text writes the table with its columns aligned by the width characters have
// in a terminal.
func (t *Table) Text(w io.Writer) error {
	used := t.used()
	widths := make([]int, len(t.Columns))
	for _, i := range used {
		widths[i] = Width(t.Columns[i].Title)
		for _, row := range t.Rows {
			widths[i] = max(widths[i], Width(plain(row[i])))
		}
	}
	var b strings.Builder
	line := func(cell func(i int) string) {
		var l strings.Builder
		for n, i := range used {
			if n > 0 {
				l.WriteString("  ")
			}
			text := cell(i)
			pad := strings.Repeat(" ", widths[i]-Width(text))
			if t.Columns[i].Align == Right {
				text = pad + text
			} else {
				text += pad
			}
			l.WriteString(text)
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(func(i int) string { return t.Columns[i].Title })
	for _, row := range t.Rows {
		line(func(i int) string { return plain(row[i]) })
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Markdown writes the table as GitHub and GitLab read it.
func (t *Table) Markdown(w io.Writer) error {
	var b strings.Builder
	used := t.used()
	for _, i := range used {
		b.WriteString("| " + markdown(t.Columns[i].Title) + " ")
	}
	b.WriteString("|\n")
	for _, i := range used {
		if t.Columns[i].Align == Right {
			b.WriteString("|--:")
		} else {
			b.WriteString("|---")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		for _, i := range used {
			b.WriteString("| " + markdown(row[i]) + " ")
		}
		b.WriteString("|\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// Width is how many columns of a terminal a text takes: a Chinese character
// takes two, a combining mark none.
func Width(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(r):
			n += 2
		default:
			n++
		}
	}
	return n
}

func isWide(r rune) bool {
	kind := width.LookupRune(r).Kind()
	return kind == width.EastAsianWide || kind == width.EastAsianFullwidth
}

// plain is a text on one line, without what would steer a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return '\uFFFD'
		}
		return r
	}, s)
}

var escaper = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`, "@", "&#64;", "#", "&#35;")

// markdown is a text on one line that Markdown takes for nothing but text: no
// link, no mention of anybody, no HTML.
func markdown(s string) string { return escaper.Replace(plain(s)) }
