package forms_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/web/forms"
)

// counted counts what is read of it.
type counted struct {
	io.Reader

	n int
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n += n
	return n, err
}

func multipart(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	return r
}

// What is kept of a form has bounds, whatever its parts are called and however they
// are headed; and what is beyond them is not even read.
func TestHeadsAndNamesHaveBounds(t *testing.T) {
	t.Parallel()
	part := "--x\r\nContent-Disposition: form-data; name=%q%s\r\n\r\n%s\r\n"
	file := func(i int) string { return fmt.Sprintf(part, fmt.Sprint("photo", i), `; filename="a"`, "") }
	var files, names strings.Builder
	for i := range 5000 {
		files.WriteString(file(i))
		fmt.Fprintf(&names, part, fmt.Sprint(strings.Repeat("n", 6000), i), "", "v")
	}
	for name, body := range map[string]string{
		"a long line":  "--x\r\nContent-Disposition: form-data; name=\"" + strings.Repeat("a", 8<<20) + "\"\r\n\r\n1\r\n--x--",
		"many lines":   "--x\r\n" + strings.Repeat("A: b\r\n", 1<<20) + "\r\n1\r\n--x--",
		"a later one":  fmt.Sprintf(part, "a", "", "b") + "--x\r\nA: " + strings.Repeat("a", 1<<20),
		"before it":    strings.Repeat("hello\r\n", 1<<18),
		"many files":   files.String(),
		"long names":   names.String(),
		"a long value": fmt.Sprintf(part, "a", "", strings.Repeat("b", 1<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source := &counted{Reader: strings.NewReader(body)}
			post, leave, err := forms.Read(multipart(source), nil)
			leave()
			if !errors.Is(err, forms.ErrTooLarge) || post != nil {
				t.Errorf("%v", err)
			}
			if source.n > 600<<10 {
				t.Errorf("%d bytes were read", source.n)
			}
		})
	}
}

// The bounds leave room for every browser's form: long names of files, long text, and
// files of any content.
func TestWhatFits(t *testing.T) {
	t.Parallel()
	body := "--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + strings.Repeat("字", 15_000) + "\r\n" +
		"--x\r\nContent-Disposition: form-data; name=\"files\"; filename=\"" + strings.Repeat("n", 2000) + ".pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF-1.7" +
		strings.Repeat("\r\n--y", 100_000) + "\r\n--x--\r\n"
	post, leave, err := forms.Read(multipart(strings.NewReader(body)), forms.Slots(1))
	defer leave()
	if err != nil || len(post.Values.Get("text")) != 45_000 || len(post.Uploads) != 1 || !bytes.HasPrefix(post.Uploads[0].Data, []byte("%PDF")) || len(post.Uploads[0].Data) != 8+5*100_000 {
		t.Errorf("%v", err)
	}
}
