package desk

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

const sheet = "Sheet1"

// workbook writes figures as they are on the page: counts as numbers, what is
// hidden in the page's words.
func workbook(v figuresView) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing is kept on disk
	w := writer{f: f}
	w.text(1, 1, v.L.Must("desk.figures.title")+" "+v.Label)
	w.text(1, 2, v.L.Plain(v.Name))
	w.text(1, 3, v.L.Must("desk.figures.note"))
	w.text(1, 5, v.L.Must("desk.item"))
	for i, c := range v.Total.Cells {
		w.text(i+2, 5, c.Label)
	}
	line := 6
	for _, r := range append(v.Groups, v.Total) {
		w.text(1, line, r.Title)
		for i, c := range r.Cells {
			if c.Whole {
				w.number(i+2, line, c.N)
			} else {
				w.text(i+2, line, c.Text)
			}
		}
		line++
	}
	w.keep(f.SetColWidth(sheet, "A", "A", 36))
	w.keep(f.SetColWidth(sheet, "B", "J", 14))
	if w.err != nil {
		return nil, fmt.Errorf("write the workbook: %w", w.err)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write the workbook: %w", err)
	}
	return out.Bytes(), nil
}

// writer remembers the first error.
type writer struct {
	f   *excelize.File
	err error
}

func (w *writer) keep(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *writer) cell(column, line int) string {
	name, err := excelize.CoordinatesToCellName(column, line)
	w.keep(err)
	return name
}

func (w *writer) text(column, line int, s string) {
	w.keep(w.f.SetCellStr(sheet, w.cell(column, line), inert(s)))
}

func (w *writer) number(column, line int, n int64) {
	w.keep(w.f.SetCellInt(sheet, w.cell(column, line), n))
}

// inert keeps a text from being read as a formula, here or where the sheet is
// saved as another kind of file.
func inert(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r\n|%") || strings.HasPrefix(s, "＝") || strings.HasPrefix(s, "＋") || strings.HasPrefix(s, "－") || strings.HasPrefix(s, "＠") {
		return "'" + s
	}
	return s
}
