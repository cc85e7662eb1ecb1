package desk

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// maxStatement is how many bytes a form with a biller's statement may have.
const maxStatement = 4 << 20

// maxUnzipped bounds what a workbook is unpacked to, in bytes: it is held in memory.
const maxUnzipped = 32 << 20

// errTable: a file is neither a workbook nor a table of text.
var errTable = errors.New("the file is no table; save it as .xlsx or .csv")

// readTable reads the rows of a workbook's first sheet, or of a table of text in UTF-8
// or GB 18030 with commas, semicolons or tabs. Nothing in it is evaluated. The error
// is errTable, and holds nothing of the file.
func readTable(data []byte) ([][]string, error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return readWorkbook(data)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
		if err != nil {
			return nil, errTable
		}
		data = decoded
	}
	if bytes.IndexByte(data, 0) >= 0 || bytes.ContainsRune(data, utf8.RuneError) {
		return nil, errTable
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(data), -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, errTable
	}
	return rows, nil
}

// separator is what a table of text has most of in its first lines.
func separator(data []byte) rune {
	beginning := data[:min(len(data), 4<<10)]
	best := ','
	for _, s := range []rune{';', '\t'} {
		if bytes.Count(beginning, []byte(string(s))) > bytes.Count(beginning, []byte(string(best))) {
			best = s
		}
	}
	return best
}

func readWorkbook(data []byte) (rows [][]string, err error) {
	// What is sent may be anything, and a broken workbook must not end the request.
	defer func() {
		if recover() != nil {
			rows, err = nil, errTable
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped})
	if err != nil {
		return nil, errTable
	}
	defer func() { _ = f.Close() }() // nothing is kept on disk
	sheets := f.GetSheetList()
	if len(sheets) == 0 {
		return nil, errTable
	}
	if rows, err = f.GetRows(sheets[0]); err != nil {
		return nil, errTable
	}
	return rows, nil
}

// paymentsFile is the day as a workbook: its payments, and the books below them.
func paymentsFile(q *request) error {
	day := q.day(q.r.URL.Query().Get("day"))
	list, err := q.till().Payments(q.r.Context(), q.who.Who, day)
	if err != nil {
		return err
	}
	books, err := q.till().Books(q.r.Context(), q.who.Who, day, nil)
	if err != nil {
		return err
	}
	v := booksView{view: q.view("/payments", "desk.pay.title"), Day: day}
	data, err := paymentsBook(v, list.Taken, books)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Disposition", `attachment; filename="payments-`+day+`.xlsx"`)
	q.write(http.StatusOK, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", data)
	return nil
}

func paymentsBook(v booksView, list []store.Payment, books store.PaymentBooks) ([]byte, error) {
	f := excelize.NewFile()
	defer func() { _ = f.Close() }() // nothing is kept on disk
	w := writer{f: f}
	w.text(1, 1, v.L.Must("desk.pay.title")+" "+v.DayText())
	w.text(1, 2, v.L.Plain(v.Name))
	for i, key := range []string{"number", "time", "biller", "amount", "means", "state", "receipt", "work"} {
		w.text(i+1, 4, v.L.Must("desk.pay.col."+key))
	}
	line := 5
	for _, p := range list {
		for i, text := range []string{p.Number, v.Time(p.Taken), v.PlainBiller(p.Biller), "", v.L.Must("desk.pay.means." + string(p.Means)), v.Stands(p), p.Receipt, p.Work} {
			w.text(i+1, line, text)
		}
		w.amount(4, line, p.Amount)
		line++
	}
	line++
	for i, key := range []string{"account", "opening", "in", "out", "closing"} {
		w.text(i+1, line, v.L.Must("desk.pay.col."+key))
	}
	for _, b := range books.Balances {
		line++
		w.text(1, line, v.AccountName(b.Account))
		for i, a := range []payments.Amount{b.Opening, b.In, b.Out, b.Closing} {
			w.amount(i+2, line, a)
		}
	}
	w.keep(f.SetColWidth(sheet, "A", "A", 30))
	w.keep(f.SetColWidth(sheet, "B", "H", 16))
	if w.err != nil {
		return nil, fmt.Errorf("write the workbook: %w", w.err)
	}
	out, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write the workbook: %w", err)
	}
	return out.Bytes(), nil
}

// amount writes yuan as a number, from its digits: no float comes between.
func (w *writer) amount(column, line int, a payments.Amount) {
	w.keep(w.f.SetCellDefault(sheet, w.cell(column, line), strings.TrimSuffix(a.String(), ".00")))
}
