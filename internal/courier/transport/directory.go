package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// partSuffix is what the name of a file adds while it is written.
const partSuffix = ".part"

// NewDirectory is a drop in a directory of this machine, such as a volume that is
// shared with the system. Nothing outside of it can be reached.
func NewDirectory(path string) (Drop, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, errors.New("the directory for files can't be opened; make it, and let the courier's user write there")
	}
	return &directory{root}, nil
}

type directory struct{ root *os.Root }

// Put implements Drop: it writes under another name, flushes and renames.
func (d *directory) Put(ctx context.Context, name string, data []byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !safeName(name) {
		return errName
	}
	f, err := d.root.OpenFile(name+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = d.root.Rename(name+partSuffix, name)
	}
	if err != nil {
		return errors.Join(err, d.root.Remove(name+partSuffix))
	}
	return d.flush()
}

// flush makes the name last, too.
func (d *directory) flush() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Get implements Drop.
func (d *directory) Get(ctx context.Context, name string, most int64) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !safeName(name) {
		return nil, errName
	}
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return bounded(f, most)
}

// Close implements Drop.
func (d *directory) Close() { _ = d.root.Close() }

var errName = fmt.Errorf("%w: a name of a file has letters, digits and . _ - only", fs.ErrInvalid)

// bounded reads all of a file, or errTooLong.
func bounded(r io.Reader, most int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(data)) > most {
		return nil, errTooLong
	}
	return data, err
}
