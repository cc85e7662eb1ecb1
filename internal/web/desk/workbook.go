package desk

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	sheet = "Sheet1"
	// xlsx is the media type of a workbook.
	xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// workbook writes figures as they are on the page: counts as numbers, what is
// hidden in the page's words.
func workbook(v figuresView) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing is kept on disk
	w := writer{f: f}
	w.head(v.view, v.L.Must("desk.figures.title")+" "+v.Label)
	w.text(1, 5, v.L.Must("desk.item"))
	for i, c := range v.Total.Cells {
		w.text(i+2, 5, c.Label)
	}
	line := 6
	for _, r := range append(v.Groups, v.Total) {
		w.text(1, line, r.Title)
		for i, c := range r.Cells {
			w.figure(i+2, line, c)
		}
		line++
	}
	w.keep(f.SetColWidth(sheet, "B", "J", 14))
	return w.bytes()
}

// reportBook writes a month's report as it is on the page: the figures as numbers, and
// below them which system has it.
func reportBook(v reportView) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing is kept on disk
	w := writer{f: f}
	w.head(v.view, v.L.Must("desk.report.title")+" "+v.Label)
	line := 5
	for _, c := range v.Cells {
		w.text(1, line, c.Label)
		w.figure(2, line, c)
		line++
	}
	line++
	for _, to := range v.Recipients {
		words, err := v.Goes(to)
		w.keep(err)
		w.text(1, line, v.System(to.System))
		w.text(2, line, words)
		if to.Sent != nil {
			answer, err := v.Message(to.Sent).Answer()
			w.keep(err)
			w.text(3, line, answer)
			w.text(4, line, v.L.Clean(to.Sent.Reference))
		}
		line++
	}
	w.keep(f.SetColWidth(sheet, "B", "D", 18))
	return w.bytes()
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

// head says whose figures they are, and how to read them.
func (w *writer) head(v view, title string) {
	w.text(1, 1, title)
	w.text(1, 2, v.L.Plain(v.Name))
	w.text(1, 3, v.L.Must("desk.figures.note"))
	w.keep(w.f.SetColWidth(sheet, "A", "A", 36))
}

func (w *writer) figure(column, line int, c cell) {
	if c.Whole {
		w.number(column, line, c.N)
	} else {
		w.text(column, line, c.Text)
	}
}

func (w *writer) bytes() ([]byte, error) {
	if w.err != nil {
		return nil, fmt.Errorf("write the workbook: %w", w.err)
	}
	out, err := w.f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write the workbook: %w", err)
	}
	return out.Bytes(), nil
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
