package systems

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// Columns of a file that are no elements.
const (
	ColumnKey      = "idempotency-key"
	columnCase     = "case"
	columnPurpose  = "purpose"
	columnSequence = "sequence"
	columnSalt     = "salt"
)

const maxRows = 10_000

// ackHeader are the columns of an acknowledgement.
var ackHeader = []string{ColumnKey, "outcome", "reference", "reason", "needs", "message", "again"}

// rows processes a file: UTF-8 with or without a byte order mark, a header, one
// message to a row. Without a column idempotency-key it is one message, and the
// file's name without its suffix is the key. It returns the acknowledgement; an
// error means that nothing was processed.
func (b *book) rows(name string, data []byte) ([]byte, error) {
	messages, err := readRows(name, data)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	err = w.Write(ackHeader)
	for _, m := range messages {
		answer, again, refused := b.process(m)
		row := []string{
			m.Key, string(answer.Outcome), answer.Reference, answer.Reason, strings.Join(answer.Needs, " "), answer.Message, fmt.Sprint(again),
		}
		if refused != nil {
			b.refuse("key-reused")
			row = []string{m.Key, "refused", "", "key-reused", "", refused.Error(), "false"}
		}
		err = errors.Join(err, w.Write(row))
	}
	w.Flush()
	return out.Bytes(), errors.Join(err, w.Error())
}

func readRows(name string, data []byte) ([]Message, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	all, err := r.ReadAll()
	if err != nil {
		return nil, errors.New("the file is no CSV with as many fields in every row")
	}
	if len(all) < 2 || len(all) > maxRows+1 {
		return nil, fmt.Errorf("the file needs a header and 1 to %d rows", maxRows)
	}
	header := all[0]
	seen := map[string]bool{}
	for _, column := range header {
		if column == "" || seen[column] {
			return nil, errors.New("every column needs a name of its own")
		}
		seen[column] = true
	}
	if !seen[ColumnKey] && len(all) > 2 {
		return nil, errors.New("several rows need a column " + ColumnKey)
	}
	out := make([]Message, 0, len(all)-1)
	for _, fields := range all[1:] {
		m, err := readRow(name, header, fields)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func readRow(name string, header, fields []string) (Message, error) {
	meta := http.Header{HeaderKey: {name}}
	elements := map[string]string{}
	columns := map[string]string{ColumnKey: HeaderKey, columnCase: HeaderCase, columnPurpose: HeaderPurpose, columnSequence: HeaderSequence, columnSalt: HeaderSalt}
	for i, column := range header {
		if known, is := columns[column]; is {
			meta.Set(known, fields[i])
		} else if fields[i] != "" {
			elements[column] = fields[i]
		}
	}
	if !validKey(meta.Get(HeaderKey)) {
		return Message{}, errors.New("a key is 1 to 255 visible characters")
	}
	m, err := parse([]byte("{}"), meta)
	m.Elements = elements
	m.Digest = digest([]byte(strings.Join(header, "\x1f") + "\x1e" + strings.Join(fields, "\x1f")))
	return m, err
}

// unreadable acknowledges a file that could not be read.
func unreadable(reason error) []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	err := errors.Join(w.Write(ackHeader), w.Write([]string{"", "unreadable", "", "file-malformed", "", reason.Error(), "false"}))
	if w.Flush(); err != nil || w.Error() != nil { // a buffer takes everything
		panic(errors.Join(err, w.Error()))
	}
	return out.Bytes()
}
