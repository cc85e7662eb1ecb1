package transport

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/courier"
)

// Drop is where files are left: a directory, an SFTP server, a bucket.
type Drop interface {
	// Put writes a file whole or not at all: nobody ever sees a part of it under its
	// name. One of the name that is there is replaced.
	Put(ctx context.Context, name string, data []byte) error
	// Get reads a file of at most so many bytes. The error is fs.ErrNotExist where
	// there is none.
	Get(ctx context.Context, name string, most int64) ([]byte, error)
	// Close lets go of connections.
	Close()
}

// File is a system that fetches files and answers with files: a message is a file
// of one row, named by its key, and the acknowledgement is a file of that name
// with .ack after it. That is a JSON object, or a CSV with a row for the key; the
// Reading sees an object of its columns, all text.
type File struct {
	Drop   Drop
	Format v1alpha1.FileFormat // CSV when empty
	// Mark puts a byte order mark before a CSV.
	Mark   bool
	Limits Limits
}

// NewFile makes a sender, which may be used by several goroutines.
func NewFile(f File) (Sender, error) {
	if f.Format == "" {
		f.Format = v1alpha1.FormatCSV
	}
	if f.Drop == nil || !slices.Contains([]v1alpha1.FileFormat{v1alpha1.FormatCSV, v1alpha1.FormatXLSX}, f.Format) {
		return nil, errors.New("files need somewhere to be left, and the format CSV or XLSX; correct the InformationSystem")
	}
	f.Limits = f.Limits.orDefault()
	return &fileSender{f}, nil
}

type fileSender struct{ File }

// ackSuffix is what the name of an acknowledgement adds to its file's.
const ackSuffix = ".ack"

// Close implements Sender.
func (s *fileSender) Close() { s.Drop.Close() }

// Send implements Sender. Where the acknowledgement is there already, it is the
// answer and nothing is written; else the file is left and the answer is pending
// (202) until Send is called again. A system that fetched a file and has not
// acknowledged it gets it again, under the same name and with the same key.
func (s *fileSender) Send(ctx context.Context, m courier.Message, key courier.Key) (courier.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Limits.Timeout)
	defer cancel()
	name := string(key) + "." + strings.ToLower(string(s.Format))
	if !safeName(name) {
		return courier.Answer{}, &RefusedError{Why: "the key makes no name of a file; use one of the courier's"}
	}
	ack, err := s.Drop.Get(ctx, name+ackSuffix, s.Limits.Answer)
	switch {
	case err == nil:
		return acknowledged(ack, key)
	case errors.Is(err, errTooLong):
		return courier.Answer{}, &UnreadableError{Why: "its acknowledgement is too long"}
	case !errors.Is(err, fs.ErrNotExist):
		return courier.Answer{}, dropped(err)
	}
	data, err := s.encode(m, key)
	if err != nil {
		return courier.Answer{}, &RefusedError{Why: err.Error()}
	}
	if err := s.Drop.Put(ctx, name, data); err != nil {
		return courier.Answer{}, dropped(err)
	}
	return courier.Answer{Status: http.StatusAccepted, Pending: true}, nil
}

func (s *fileSender) encode(m courier.Message, key courier.Key) ([]byte, error) {
	t, err := rows(m, key)
	if err != nil {
		return nil, err
	}
	if s.Format == v1alpha1.FormatXLSX {
		return XLSX(t)
	}
	return CSV(t, s.Mark)
}

// safeName says that a name is one file's in any directory.
func safeName(name string) bool {
	return name != "" && len(name) <= 200 && name[0] != '.' && !strings.ContainsFunc(name, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r)
	})
}

// dropped is the error of a drop. Those of files and connections name paths and
// hosts, and are not repeated.
func dropped(err error) error {
	var ours *RetryableError
	switch {
	case errors.As(err, &ours):
		return ours
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &RetryableError{Why: "the file could not be left in time"}
	case errors.Is(err, fs.ErrPermission):
		return &RetryableError{Why: "the directory may not be written; give the courier's user the right, or correct the directory"}
	case errors.Is(err, fs.ErrNotExist):
		return &RetryableError{Why: "there is no such directory; make it, or correct it in the InformationSystem"}
	}
	return &RetryableError{Why: "the file could not be left; see whether there is room, and whether the server answers"}
}

var errTooLong = errors.New("the file is too long")

// acknowledged reads an acknowledgement.
func acknowledged(data []byte, key courier.Key) (courier.Answer, error) {
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte(byteOrderMark)))
	if len(data) > 0 && data[0] == '{' && json.Valid(data) {
		return courier.Answer{Status: http.StatusOK, Body: data}, nil
	}
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(all) < 2 {
		return courier.Answer{}, &UnreadableError{Why: "its acknowledgement is neither a JSON object nor a CSV of a header and rows"}
	}
	at := slices.Index(all[0], columnKey)
	for _, row := range all[1:] {
		// One that names no key is about the file as a whole.
		if at >= 0 && row[at] != string(key) && row[at] != "" {
			continue
		}
		object := map[string]string{}
		for i, column := range all[0] {
			object[column] = row[i]
		}
		body, err := json.Marshal(object)
		if err != nil {
			break
		}
		return courier.Answer{Status: http.StatusOK, Body: body}, nil
	}
	return courier.Answer{}, &UnreadableError{Why: "its acknowledgement has no row for the message"}
}
