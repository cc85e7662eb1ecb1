package desk

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/xuri/excelize/v2"
)

func workbookOf(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i := range rows {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := f.SetSheetRow(sheet, cell, &rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestReadTable(t *testing.T) {
	want := [][]string{{"回单号", "金额"}, {"R-1", "33.10"}}
	for name, data := range map[string][]byte{
		"commas": []byte("回单号,金额\nR-1,33.10\n"), "a mark": []byte("\xef\xbb\xbf回单号,金额\r\nR-1,33.10\r\n"), "semicolons": []byte("回单号;金额\nR-1;33.10"),
		"tabs": []byte("回单号\t金额\nR-1\t33.10"), "quotes": []byte("\"回单号\",\"金额\"\n\"R-1\",33.10"), "GB 18030": []byte("\xbb\xd8\xb5\xa5\xba\xc5,\xbd\xf0\xb6\xee\nR-1,33.10\n"),
		"a workbook": workbookOf(t, []any{"回单号", "金额"}, []any{"R-1", "33.10"}),
	} {
		if got, err := readTable(data); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	// What a spreadsheet computed is read as it is shown there.
	got, err := readTable(workbookOf(t, []any{"receipt", "amount"}, []any{"R-1", 0.1 + 0.2}, []any{"R-2", 33}))
	if err != nil || got[1][1] != "0.3" || got[2][1] != "33" {
		t.Errorf("%v, %v", got, err)
	}
	for name, data := range map[string][]byte{
		"half a workbook": workbookOf(t, []any{"a"})[:100], "zeros": {0, 0, 0}, "no text": {0xff, 0xff, 0xff}, "an image": []byte("\x89PNG\r\n\x1a\n\x00"),
	} {
		if got, err := readTable(data); err == nil {
			t.Errorf("%s is read as %v", name, got)
		}
	}
}

// Nothing that is uploaded brings the desk down.
func FuzzReadTable(f *testing.F) {
	f.Add([]byte("回单号,金额\nR-1,33.10\n"))
	f.Add(workbookOf(f, []any{"receipt", "amount"}, []any{"R-1", 3}))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, err := readTable(data)
		if err != nil && rows != nil {
			t.Fatal("rows of what is no table")
		}
	})
}
