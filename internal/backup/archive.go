// Package backup puts one community's database and wrapped key into one file, and a
// file back into a server. The file opens nothing by itself: what residents wrote in
// it is sealed, and the key to it is wrapped with the district's, which is kept
// elsewhere.
//
// It runs PostgreSQL's own pg_dump and pg_restore. It reads and writes no Secret;
// whoever calls it does.
package backup

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// format is the version of the file.
const format = 1

// The parts of a file, in the order in which they stand.
const (
	manifestName = "manifest.json"
	keyName      = "key"
	dumpName     = "database.dump"
)

// maxSmall is the most that is read of a part that is small.
const maxSmall = 64 << 10

// Manifest says what a file holds.
type Manifest struct {
	Format int `json:"format"`
	// Community is its namespace and name, and Home its home namespace.
	Community string `json:"community"`
	Home      string `json:"home"`
	Database  string `json:"database"`
	// Key is the fingerprint of the key the database was made with.
	Key   string    `json:"key"`
	Taken time.Time `json:"taken"`
	// Server is the version of PostgreSQL it was taken from.
	Server string `json:"server"`
}

// Write writes a file of its parts; dump is the path of what pg_dump wrote.
func Write(w io.Writer, m Manifest, key []byte, dump string) error {
	m.Format = format
	manifest, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the backup's manifest: %w", err)
	}
	t := tar.NewWriter(w)
	for _, part := range []struct {
		name string
		data []byte
	}{{manifestName, append(manifest, '\n')}, {keyName, key}} {
		if err := t.WriteHeader(header(part.name, int64(len(part.data)), m.Taken)); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
		if _, err := t.Write(part.data); err != nil {
			return fmt.Errorf("write the backup: %w", err)
		}
	}
	if err := appendFile(t, dump, m.Taken); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return t.Close()
}

func header(name string, size int64, at time.Time) *tar.Header {
	return &tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: at, Typeflag: tar.TypeReg, Format: tar.FormatPAX}
}

func appendFile(t *tar.Writer, path string, at time.Time) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.WriteHeader(header(dumpName, info.Size(), at)); err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

// Read reads a file; the dump is put into a directory and its path returned. What
// is cut off, out of order or not of this format is an error.
func Read(r io.Reader, dir string) (m Manifest, key []byte, dump string, err error) {
	t := tar.NewReader(r)
	data, err := small(t, manifestName)
	if err != nil {
		return m, nil, "", err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, nil, "", fmt.Errorf("the backup's manifest can't be read: %w", err)
	}
	switch {
	case m.Format > format:
		return m, nil, "", fmt.Errorf("the backup has format %d and this program knows %d: use a newer one", m.Format, format)
	case m.Format < 1 || m.Community == "" || m.Home == "" || m.Database == "" || m.Key == "":
		return m, nil, "", errors.New("the backup's manifest does not say what it is of: take it from where it came from again")
	}
	if key, err = small(t, keyName); err != nil {
		return m, nil, "", err
	}
	if err := next(t, dumpName); err != nil {
		return m, nil, "", err
	}
	dump = filepath.Join(dir, dumpName)
	f, err := os.OpenFile(dump, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return m, nil, "", err
	}
	_, err = io.Copy(f, t) //nolint:gosec // a tar is not compressed: it unpacks to what it is
	if err = errors.Join(err, f.Close()); err != nil {
		return m, nil, "", fmt.Errorf("the backup is cut off or can't be unpacked: %w", err)
	}
	return m, key, dump, nil
}

func next(t *tar.Reader, name string) error {
	h, err := t.Next()
	if err != nil {
		return fmt.Errorf("this is no whole backup of a community: %s is missing: %w", name, err)
	}
	if h.Name != name || h.Typeflag != tar.TypeReg {
		return fmt.Errorf("this is no backup of a community: there is %q where %s should be", h.Name, name)
	}
	return nil
}

func small(t *tar.Reader, name string) ([]byte, error) {
	if err := next(t, name); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(t, maxSmall+1))
	if err != nil {
		return nil, fmt.Errorf("the backup's %s can't be read: %w", name, err)
	}
	if len(data) > maxSmall {
		return nil, fmt.Errorf("the backup's %s is larger than it can be: this is no backup of a community", name)
	}
	return data, nil
}
