package transport

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/courier"
)

var risky = Table{
	Columns: []string{"key", "文本", "number"},
	Rows: [][]any{
		{"k1", `=HYPERLINK("http://x","y")`, int64(-3)},
		{"k2", "two\r\nlines, \"quoted\"", 1.5},
		{"k3", nil, true},
		{"k4", " ＝1+1", 1e21},
		{"k5", "it's", int64(0)},
	},
}

func TestCSV(t *testing.T) {
	got := string(must(CSV(risky, false)))
	want := "\"key\",\"文本\",\"number\"\r\n" +
		"\"k1\",\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",\"-3\"\r\n" +
		"\"k2\",\"two\r\nlines, \"\"quoted\"\"\",\"1.5\"\r\n" +
		"\"k3\",\"\",\"true\"\r\n" +
		"\"k4\",\"' ＝1+1\",\"1000000000000000000000\"\r\n" +
		"\"k5\",\"it's\",\"0\"\r\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if marked := string(must(CSV(risky, true))); marked != "\xef\xbb\xbf"+want {
		t.Error("no byte order mark")
	}
	for _, bad := range []Table{{}, {Columns: []string{"a"}, Rows: [][]any{{"a", "b"}}}, {Columns: []string{"a"}, Rows: [][]any{{[]byte("x")}}}} {
		if _, err := CSV(bad, false); err == nil {
			t.Errorf("%v is a file", bad)
		}
		if _, err := XLSX(bad); err == nil {
			t.Errorf("%v is a workbook", bad)
		}
	}
}

func TestXLSX(t *testing.T) {
	data := must(XLSX(risky))
	f := must(excelize.OpenReader(bytes.NewReader(data)))
	defer f.Close()
	for i, row := range append([][]any{{"key", "文本", "number"}}, risky.Rows...) {
		for j, cell := range row {
			at := must(excelize.CoordinatesToCellName(j+1, i+1))
			if cell == nil {
				if got, kind := must(f.GetCellValue(sheet, at)), must(f.GetCellType(sheet, at)); got != "" || kind != excelize.CellTypeUnset {
					t.Errorf("%s is %q of type %v, and should be empty", at, got, kind)
				}
				continue
			}
			if formula := must(f.GetCellFormula(sheet, at)); formula != "" {
				t.Errorf("%s is the formula %s", at, formula)
			}
			got := must(f.GetCellValue(sheet, at, excelize.Options{RawCellValue: true}))
			if text, is := cell.(string); is && strings.ReplaceAll(got, "\r", "") != strings.ReplaceAll(Inert(text), "\r", "") {
				t.Errorf("%s is %q, want %q", at, got, text)
			}
			if kind := must(f.GetCellType(sheet, at)); (kind == excelize.CellTypeSharedString) != isText(cell) {
				t.Errorf("%s of %T has type %v", at, cell, kind)
			}
		}
	}
	if again := must(XLSX(risky)); !bytes.Equal(again, data) {
		t.Error("the same table makes two files")
	}
	if _, err := XLSX(Table{Columns: []string{"a"}, Rows: [][]any{{strings.Repeat("中", maxCell+1)}}}); err == nil {
		t.Error("a text is cut off")
	}
}

func isText(cell any) bool {
	_, is := cell.(string)
	return is
}

// What is written is what a reader of RFC 4180 reads, and nothing in it is a
// formula.
func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 4).Draw(t, "width")
		table := Table{Columns: make([]string, width)}
		text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("=+-@|%'\"\t\r\n ,＝a中\u3000")), 0, 6, -1))
		for i := range table.Columns {
			table.Columns[i] = fmt.Sprintf("c%d", i)
		}
		for range rapid.IntRange(0, 3).Draw(t, "rows") {
			row := make([]any, width)
			for i := range row {
				row[i] = text.Draw(t, "cell")
			}
			table.Rows = append(table.Rows, row)
		}
		read, err := csv.NewReader(bytes.NewReader(must(CSV(table, false)))).ReadAll()
		if err != nil || len(read) != len(table.Rows)+1 {
			t.Fatalf("%d rows are read, %v", len(read), err)
		}
		for i, row := range table.Rows {
			for j, cell := range row {
				// The reader of Go makes one line break of both kinds.
				want := strings.ReplaceAll(Inert(cell.(string)), "\r\n", "\n")
				if read[i+1][j] != want {
					t.Fatalf("%q is read as %q", want, read[i+1][j])
				}
			}
		}
	})
}

func FuzzInert(f *testing.F) {
	for _, s := range []string{"=1", " =1", "'=1", "''+", "＝1", "", "\t=1", "a=1", "\u00a0@x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := Inert(s)
		trimmed := strings.TrimLeft(out, " \u00a0\u3000\t\r\n")
		if trimmed != "" && strings.ContainsAny(trimmed[:1], "=+-@|%") || strings.HasPrefix(trimmed, "＝") {
			t.Errorf("%q can be a formula", out)
		}
		if out != s && out != "'"+s {
			t.Errorf("%q becomes %q", s, out)
		}
	})
}

func dirDrop(t *testing.T) (Drop, string) {
	t.Helper()
	path := t.TempDir()
	d := must(NewDirectory(path))
	t.Cleanup(d.Close)
	return d, path
}

func TestFilesAndAcknowledgements(t *testing.T) {
	for _, format := range []v1alpha1.FileFormat{"", v1alpha1.FormatCSV, v1alpha1.FormatXLSX} {
		d, path := dirDrop(t)
		s := must(NewFile(File{Drop: d, Format: format}))
		out, err := s.Send(t.Context(), message, message.Key())
		if err != nil || !out.Pending || out.Status != 202 {
			t.Fatal(out, err)
		}
		names := list(t, path)
		if len(names) != 1 || !strings.HasPrefix(names[0], string(message.Key())+".") {
			t.Fatalf("%v", names)
		}
		data := must(os.ReadFile(filepath.Join(path, names[0])))
		if again, err := s.Send(t.Context(), message, message.Key()); err != nil || !again.Pending || !bytes.Equal(must(os.ReadFile(filepath.Join(path, names[0]))), data) {
			t.Error("sent again it is another file", err)
		}
		if format != v1alpha1.FormatXLSX {
			want := "\"idempotency-key\",\"case\",\"purpose\",\"sequence\",\"applicant-name\",\"household.size\"\r\n\"" + string(message.Key()) +
				"\",\"c-1\",\"family-doctor-appointments\",\"4\",\"测试甲-000\",\"3\"\r\n"
			if string(data) != want {
				t.Errorf("%s", data)
			}
		}
		ack := "\xef\xbb\xbfidempotency-key,outcome,reason\nother,rejected,x\n" + string(message.Key()) + ",accepted,\n"
		if err := os.WriteFile(filepath.Join(path, names[0]+".ack"), []byte(ack), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(path, names[0])); err != nil {
			t.Fatal(err)
		}
		out, err = s.Send(t.Context(), message, message.Key())
		if err != nil || out.Pending || !strings.Contains(string(out.Body), `"outcome":"accepted"`) {
			t.Error(out, err)
		}
		if len(list(t, path)) != 1 {
			t.Error("what was acknowledged is sent again")
		}
	}
}

// A month's report in which a count is not shown goes as a file, too, and a mapping may
// call a field like a column of ours; but for the key, by which it is acknowledged.
func TestColumns(t *testing.T) {
	of := func(fields ...courier.Field) courier.Message {
		return courier.Message{Facts: courier.Facts{Case: "c-1", Purpose: "p", Version: 202601}, Fields: fields}
	}
	for want, m := range map[string]courier.Message{
		"\"idempotency-key\",\"case\",\"purpose\",\"sequence\",\"period\",\"figures.late\"\r\n\"k\",\"c-1\",\"p\",\"202601\",\"2026-01\",\"\"\r\n": of(courier.Field{Name: "period", Value: "2026-01"}, courier.Field{Name: "figures.late"}),
		"\"idempotency-key\",\"purpose\",\"sequence\",\"case\"\r\n\"k\",\"p\",\"202601\",\"GZ-1\"\r\n":                                             of(courier.Field{Name: "case", Value: "GZ-1"}),
		"": of(courier.Field{Name: "idempotency-key", Value: "x"}),
	} {
		d, path := dirDrop(t)
		s := must(NewFile(File{Drop: d}))
		out, err := s.Send(t.Context(), m, "k")
		if want == "" {
			if told(out, err) != "refused 0" || !strings.Contains(err.Error(), "call it something else") {
				t.Error(err)
			}
			continue
		}
		if err != nil || !out.Pending {
			t.Fatal(out, err)
		}
		if got := string(must(os.ReadFile(filepath.Join(path, "k.csv")))); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func list(t *testing.T, path string) []string {
	t.Helper()
	var names []string
	for _, e := range must(os.ReadDir(path)) {
		names = append(names, e.Name())
	}
	return names
}

func TestAcknowledgements(t *testing.T) {
	key := string(message.Key())
	for ack, want := range map[string]string{
		`{"outcome":"accepted"}`:                          `{"outcome":"accepted"}`,
		"idempotency-key,outcome\n" + key + ",rejected\n": `{"idempotency-key":"` + key + `","outcome":"rejected"}`,
		"outcome\naccepted\n":                             `{"outcome":"accepted"}`,
		"idempotency-key,outcome\n,unreadable\n":          `{"idempotency-key":"","outcome":"unreadable"}`,
		"idempotency-key,outcome\nother,accepted\n":       "",
		"idempotency-key,outcome\n":                       "",
		"a,b\n1\n":                                        "",
		"":                                                "",
		"{":                                               "",
		`"`:                                               "",
		strings.Repeat("x", 2000):                         "",
	} {
		d, path := dirDrop(t)
		if err := os.WriteFile(filepath.Join(path, key+".csv.ack"), []byte(ack), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := send(t, must(NewFile(File{Drop: d, Limits: Limits{Answer: 1000}})))
		if string(out.Body) != want || (told(out, err) == "unreadable") != (want == "") {
			t.Errorf("%.60q is read as %s, %v", ack, out.Body, err)
		}
	}
}

// A file is there whole or not at all: whoever looks sees what was, or what is.
func TestNobodySeesHalfAFile(t *testing.T) {
	d, path := dirDrop(t)
	long := [][]byte{bytes.Repeat([]byte("a"), 1<<20), bytes.Repeat([]byte("b"), 1<<20)}
	stop, done := make(chan struct{}), make(chan error)
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			data, err := os.ReadFile(filepath.Join(path, "x.csv"))
			if err == nil && !bytes.Equal(data, long[0]) && !bytes.Equal(data, long[1]) {
				done <- fmt.Errorf("%d bytes are seen", len(data))
				return
			}
		}
	}()
	for i := range 20 {
		if err := d.Put(t.Context(), "x.csv", long[i%2]); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if names := list(t, path); !slices.Equal(names, []string{"x.csv"}) {
		t.Error(names)
	}
}

func TestDirectoryIsNotLeft(t *testing.T) {
	d, path := dirDrop(t)
	for _, name := range []string{"", "..", "../x", "a/b", ".hidden", "/etc/passwd", "a b", "中", strings.Repeat("x", 300)} {
		if err := d.Put(t.Context(), name, nil); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := d.Get(t.Context(), name, 1); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%q: %v", name, err)
		}
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(path, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), "link", 10); err == nil {
		t.Error("a link leads out of the directory")
	}
	if _, err := NewDirectory(filepath.Join(path, "none")); err == nil {
		t.Error("a directory that is not there")
	} else {
		clean(t, err)
	}
}

// failing is a drop that can't.
type failing struct{ get, put error }

func (f failing) Put(context.Context, string, []byte) error          { return f.put }
func (f failing) Get(context.Context, string, int64) ([]byte, error) { return nil, f.get }
func (failing) Close()                                               {}

func TestDropsThatFail(t *testing.T) {
	path := func(err error) error { return &fs.PathError{Op: "open", Path: secret, Err: err} }
	for name, x := range map[string]struct {
		drop failing
		why  string
	}{
		"no room":      {failing{fs.ErrNotExist, path(errors.New("disk full"))}, "room"},
		"not allowed":  {failing{fs.ErrNotExist, path(fs.ErrPermission)}, "right"},
		"no directory": {failing{fs.ErrNotExist, path(fs.ErrNotExist)}, "no such directory"},
		"can't look":   {failing{path(errors.New("broken")), nil}, "server"},
		"late":         {failing{fs.ErrNotExist, context.DeadlineExceeded}, "in time"},
		"ours":         {failing{&RetryableError{Why: "so and so"}, nil}, "so and so"},
	} {
		out, err := send(t, must(NewFile(File{Drop: x.drop})))
		if told(out, err) != "retry" || !strings.Contains(err.Error(), x.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := must(NewFile(File{Drop: failing{}}))
	if out, err := s.Send(t.Context(), message, "../x"); told(out, err) != "refused 0" {
		t.Error(err)
	}
	for _, bad := range []File{{}, {Drop: failing{}, Format: "ODS"}} {
		if _, err := NewFile(bad); err == nil {
			t.Errorf("%+v is a system", bad)
		}
	}
	odd := message
	odd.Fields = []courier.Field{{Name: "a", Value: struct{}{}}}
	s = must(NewFile(File{Drop: failing{get: fs.ErrNotExist}, Limits: Limits{Timeout: time.Second}}))
	if out, err := s.Send(t.Context(), odd, odd.Key()); told(out, err) != "refused 0" {
		t.Error(err)
	}
}
