package transport

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/shequ-io/shequ/internal/courier"
)

// Table is what a file holds: a header and rows of as many cells.
type Table struct {
	Columns []string
	// Rows of cells: string, int64, float64 or bool; nil is an empty cell.
	Rows [][]any
}

// The columns of a message that are no fields.
const (
	columnKey      = "idempotency-key"
	columnCase     = "case"
	columnPurpose  = "purpose"
	columnSequence = "sequence"
)

var errOwnColumn = errors.New("a field is called " + columnKey + ", which is the courier's own column; let the mapping call it something else")

// rows makes the table of a message: one row, its fields after what is said of it. A
// field that is called like a column of ours takes its place, for no column is there
// twice; the key alone stays, by which the acknowledgement is found.
func rows(m courier.Message, key courier.Key) (Table, error) {
	t := Table{Rows: [][]any{{}}}
	add := func(name string, value any) {
		t.Columns, t.Rows[0] = append(t.Columns, name), append(t.Rows[0], value)
	}
	named := map[string]bool{}
	for _, f := range m.Fields {
		named[f.Name] = true
	}
	for _, f := range []courier.Field{
		{Name: columnKey, Value: string(key)}, {Name: columnCase, Value: m.Case}, {Name: columnPurpose, Value: string(m.Purpose)}, {Name: columnSequence, Value: m.Version},
	} {
		if !named[f.Name] {
			add(f.Name, f.Value)
		}
	}
	for _, f := range m.Fields {
		add(f.Name, f.Value)
	}
	if named[columnKey] {
		return Table{}, errOwnColumn
	}
	return t, nil
}

const (
	byteOrderMark = "\xef\xbb\xbf"
	maxFile       = 32 << 20
	// maxCell is what a spreadsheet takes, in characters.
	maxCell = 32767
)

var errTable = fmt.Errorf("a table needs columns, as many cells in every row, and at most %d bytes; correct the mapping", maxFile)

func (t Table) check() error {
	if len(t.Columns) == 0 {
		return errTable
	}
	for _, r := range t.Rows {
		if len(r) != len(t.Columns) {
			return errTable
		}
	}
	return nil
}

// CSV writes a table as RFC 4180 has it, in UTF-8, every cell in quotes. Mark puts
// a byte order mark before it, without which some spreadsheets take Chinese for
// something else. Texts a spreadsheet would take for a formula have an apostrophe
// before them; numbers have none.
func CSV(t Table, mark bool) ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if mark {
		b.WriteString(byteOrderMark)
	}
	header := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c
	}
	for _, row := range append([][]any{header}, t.Rows...) {
		for i, cell := range row {
			text, err := written(cell)
			if err != nil {
				return nil, err
			}
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(`"` + strings.ReplaceAll(text, `"`, `""`) + `"`)
		}
		b.WriteString("\r\n")
	}
	if b.Len() > maxFile {
		return nil, errTable
	}
	return b.Bytes(), nil
}

var errCell = errors.New("a cell is no text, number or boolean; correct the mapping")

// written is a cell as text.
func written(cell any) (string, error) {
	switch v := cell.(type) {
	case nil:
		return "", nil
	case string:
		return Inert(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(v), nil
	}
	return "", errCell
}

// Inert keeps a text from being read as a formula: one that begins like it, also
// after blanks or in full width, has an apostrophe before it, and so has one that
// begins with apostrophes and then like it. Taking one apostrophe off such a text
// gives back what it was.
func Inert(s string) string {
	rest := strings.TrimLeft(s, "' \u00a0\u3000")
	first, _ := utf8.DecodeRuneInString(rest)
	if rest != "" && strings.ContainsRune("=+-@|%\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}

const sheet = "Sheet1"

// XLSX writes a table as a workbook of one sheet. Texts are texts there, never
// formulas, and those that look like one are marked as in CSV, since a sheet is
// often saved as another kind of file. Numbers are numbers.
func XLSX(t Table) ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing is kept on disk
	// Without it the time at which it was written would be in it, and the same
	// message would be two files.
	err := f.SetDocProps(&excelize.DocProperties{Creator: "shequ", Created: "2006-01-02T15:04:05Z", Modified: "2006-01-02T15:04:05Z"})
	if err != nil {
		return nil, errSheet
	}
	header := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		header[i] = c
	}
	for line, row := range append([][]any{header}, t.Rows...) {
		for column, cell := range row {
			if err := set(f, column+1, line+1, cell); err != nil {
				return nil, err
			}
		}
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		return nil, errSheet
	}
	if out.Len() > maxFile {
		return nil, errTable
	}
	return out.Bytes(), nil
}

var errSheet = errors.New("the table does not fit into a workbook; deliver fewer rows and columns, or use CSV")

func set(f *excelize.File, column, line int, cell any) error {
	name, err := excelize.CoordinatesToCellName(column, line)
	if err != nil {
		return errSheet
	}
	switch v := cell.(type) {
	case nil:
		return nil
	case string:
		if v = Inert(v); utf8.RuneCountInString(v) > maxCell {
			return errSheet
		}
		err = f.SetCellStr(sheet, name, v)
	case int64:
		err = f.SetCellInt(sheet, name, v)
	case float64:
		err = f.SetCellFloat(sheet, name, v, -1, 64)
	case bool:
		err = f.SetCellBool(sheet, name, v)
	default:
		return errCell
	}
	if err != nil {
		return errSheet
	}
	return nil
}
