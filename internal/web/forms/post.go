package forms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"

	"github.com/shequ-io/shequ/internal/web/picture"
)

// The bounds of what is read.
const (
	// MaxFiles and MaxFileBytes bound what may come with a form.
	MaxFiles     = 3
	MaxFileBytes = 2 << 20
	// MaxBody is how many bytes a form with files may have. It is more than files
	// may have, so that whoever chose one that is too large is told so and keeps
	// what was typed.
	MaxBody = 40 << 20

	maxValues     = 300
	maxValueBytes = 64 << 10
	maxTextBytes  = 512 << 10
)

// Errors of Read. Neither holds anything that was sent.
var (
	// ErrTooLarge: more was sent than is ever read.
	ErrTooLarge = errors.New("more was sent than a form may hold")
	// ErrUnreadable: it is no form, or did not arrive as a whole.
	ErrUnreadable = errors.New("what was sent is no whole form")
)

// TableName is the input under which the desk sends a table to be read, of the size of
// any file and not kept. Forms for residents have none.
const TableName = "table"

// Upload is a file that came with a form. Its name is not kept: it may hold
// anybody's. Of a picture there are the pixels, and nothing of where, when and with
// what it was taken.
type Upload struct {
	MediaType string // image/jpeg, image/png or application/pdf
	Data      []byte
}

// Post is what was sent, before it is looked at.
type Post struct {
	Values  url.Values
	Uploads []Upload
	// Table is what came under the name TableName, as it was sent; nil for nothing.
	// Whoever reads it has to expect anything.
	Table []byte
	// Refused says why a file was not taken, once for each reason; the others were.
	Refused []Refusal
}

// Refusal is why a file was not taken.
type Refusal string

// The refusals of files.
const (
	FileTooLarge Refusal = "file.large"
	FileForeign  Refusal = "file.kind"
	FileTooMany  Refusal = "file.many"
	// FileDamaged: it calls itself a picture, and is none or not a whole one.
	FileDamaged Refusal = "file.damaged"
	// FilesBusy: too many are being sent at this moment.
	FilesBusy Refusal = "file.busy"
)

// Gate lets a bounded number of uploads in at a time. It returns how to leave, and
// an error when there is no place.
type Gate func(context.Context) (leave func(), err error)

// Read reads a form that was sent, with files where gate is not nil. Whoever calls
// it has bounded the body. The error is ErrTooLarge or ErrUnreadable. Leave must be
// called when the files are no longer held.
func Read(r *http.Request, gate Gate) (post *Post, leave func(), err error) {
	leave = func() {}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil, leave, ErrUnreadable
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		return readURL(r, leave)
	case "multipart/form-data":
		heads := boundHeads(r)
		parts, err := r.MultipartReader()
		if err != nil {
			return nil, leave, ErrUnreadable
		}
		reader := &reader{post: &Post{Values: url.Values{}}, heads: heads, gate: gate, leave: leave}
		if err := reader.all(r.Context(), parts); err != nil {
			reader.leave()
			return nil, leave, err
		}
		return reader.post, reader.leave, nil
	}
	return nil, leave, ErrUnreadable
}

func readURL(r *http.Request, leave func()) (*Post, func(), error) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxTextBytes+1))
	if err != nil {
		return nil, leave, cause(err)
	}
	if len(data) > maxTextBytes {
		return nil, leave, ErrTooLarge
	}
	values, err := url.ParseQuery(string(data))
	if err != nil || len(values) > maxValues {
		return nil, leave, ErrUnreadable
	}
	return &Post{Values: values}, leave, nil
}

// cause of a body that can't be read.
func cause(err error) error {
	if _, large := errors.AsType[*http.MaxBytesError](err); large || errors.Is(err, ErrTooLarge) {
		return ErrTooLarge
	}
	return ErrUnreadable
}

type reader struct {
	post  *Post
	heads *heads
	gate  Gate
	leave func()
	in    bool
	count int
	text  int
}

func (r *reader) all(ctx context.Context, parts *multipart.Reader) error {
	for {
		r.heads.await()
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return cause(err)
		}
		r.heads.content = true
		r.count++
		if r.text += len(part.FormName()); r.count > maxValues || r.text > maxTextBytes {
			return ErrTooLarge
		}
		if part.FileName() == "" {
			err = r.value(part)
		} else {
			err = r.file(ctx, part)
		}
		if err != nil {
			return err
		}
	}
}

func (r *reader) value(part *multipart.Part) error {
	data, err := io.ReadAll(io.LimitReader(part, maxValueBytes+1))
	if err != nil {
		return cause(err)
	}
	r.text += len(data)
	if len(data) > maxValueBytes || r.text > maxTextBytes {
		return ErrTooLarge
	}
	if part.FormName() == FilesName && len(data) == 0 {
		return nil // no file was chosen
	}
	r.post.Values.Add(part.FormName(), string(data))
	return nil
}

// file takes in one file, or notes why not and reads past it.
func (r *reader) file(ctx context.Context, part *multipart.Part) error {
	switch {
	case r.gate != nil && part.FormName() == TableName && r.post.Table == nil:
		r.post.Values.Add("file "+TableName, "") // no form of residents' declares it
	case r.gate == nil || part.FormName() != FilesName:
		r.post.Values.Add("file "+part.FormName(), "") // no form declares it
		return pass(part)
	case len(r.post.Uploads) == MaxFiles:
		return r.refuse(FileTooMany, part)
	}
	if !r.in {
		leave, err := r.gate(ctx)
		if err != nil {
			return r.refuse(FilesBusy, part)
		}
		r.in, r.leave = true, leave
	}
	data := make([]byte, MaxFileBytes+1)
	n, err := io.ReadFull(part, data)
	switch {
	case err == nil:
		return r.refuse(FileTooLarge, part)
	case !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF):
		return cause(err)
	case n == 0:
		return nil
	case part.FormName() == TableName:
		r.post.Table = data[:n]
		return nil
	}
	up := Upload{MediaType: sniff(data[:n]), Data: data[:n]}
	switch up.MediaType {
	case "":
		return r.refuse(FileForeign, part)
	case picture.JPEG, picture.PNG:
		if up.Data, err = picture.Bare(up.MediaType, up.Data); err != nil {
			return r.refuse(FileDamaged, part)
		}
	}
	r.post.Uploads = append(r.post.Uploads, up)
	return nil
}

func (r *reader) refuse(why Refusal, part io.Reader) error {
	if !slices.Contains(r.post.Refused, why) {
		r.post.Refused = append(r.post.Refused, why)
	}
	return pass(part)
}

func pass(part io.Reader) error {
	if _, err := io.Copy(io.Discard, part); err != nil {
		return cause(err)
	}
	return nil
}

// sniff tells a file's type by its content, whatever its sender calls it; empty for
// one that is not taken.
func sniff(data []byte) string {
	switch kind := http.DetectContentType(data); kind {
	case picture.JPEG, picture.PNG, "application/pdf":
		return kind
	}
	return ""
}

// Slots is a gate with n places. Whoever finds none waits as long as ctx allows.
func Slots(n int) Gate {
	places := make(chan struct{}, n)
	return func(ctx context.Context) (func(), error) {
		select {
		case places <- struct{}{}:
			return func() { <-places }, nil
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a place: %w", ctx.Err())
		}
	}
}
