package systems

import (
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/sftp"
)

const (
	maxFile  = 4 << 20
	maxFiles = 200_000 // acknowledgements stay until somebody removes them
)

// tree is the files of an SFTP server, in memory. It knows the operations senders
// need, and tells when a file got the name it is to be read under.
type tree struct {
	now     func() time.Time
	renamed func(name string) // called unlocked, after a file got another name

	mu    sync.Mutex
	files map[string]*file // by absolute path
	dirs  map[string]bool
}

type file struct {
	name    string
	data    []byte
	changed time.Time
	dir     bool
}

// The methods of fs.FileInfo.

func (f *file) Name() string       { return path.Base(f.name) }
func (f *file) Size() int64        { return int64(len(f.data)) }
func (f *file) ModTime() time.Time { return f.changed }
func (f *file) IsDir() bool        { return f.dir }
func (f *file) Sys() any           { return nil }
func (f *file) Mode() fs.FileMode {
	if f.dir {
		return fs.ModeDir | 0o750
	}
	return 0o640
}

func newTree(now func() time.Time, dirs ...string) *tree {
	t := &tree{now: now, files: map[string]*file{}, dirs: map[string]bool{"/": true}}
	for _, dir := range dirs {
		for ; dir != "/"; dir = path.Dir(dir) {
			t.dirs[dir] = true
		}
	}
	return t
}

// Fileread opens a file for reading, as it is now.
func (t *tree) Fileread(r *sftp.Request) (io.ReaderAt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, there := t.files[clean(r.Filepath)]
	if !there {
		return nil, os.ErrNotExist
	}
	return strings.NewReader(string(f.data)), nil
}

// Filewrite opens a file for writing; an older one of the name is replaced.
func (t *tree) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := clean(r.Filepath)
	old, there := t.files[name]
	flags := r.Pflags()
	switch {
	case t.dirs[name] || !t.dirs[path.Dir(name)] || there && flags.Excl || !there && len(t.files) >= maxFiles:
		return nil, os.ErrPermission
	case there && !flags.Trunc:
		return &writing{tree: t, file: old}, nil
	}
	f := &file{name: name, changed: t.now()}
	t.files[name] = f
	return &writing{tree: t, file: f}, nil
}

// writing is a file that is open.
type writing struct {
	tree *tree
	file *file
}

// WriteAt writes within the largest size of a file.
func (w *writing) WriteAt(data []byte, at int64) (int, error) {
	if at < 0 || at > maxFile || at+int64(len(data)) > maxFile {
		return 0, sftp.ErrSSHFxFailure
	}
	w.tree.mu.Lock()
	defer w.tree.mu.Unlock()
	if end := int(at) + len(data); end > len(w.file.data) {
		w.file.data = append(w.file.data, make([]byte, end-len(w.file.data))...)
	}
	w.file.changed = w.tree.now()
	return copy(w.file.data[at:], data), nil
}

// Filecmd renames, removes and makes directories; attributes are not kept.
func (t *tree) Filecmd(r *sftp.Request) error {
	name := clean(r.Filepath)
	switch r.Method {
	case "Setstat":
		return nil
	case "Rename":
		return t.rename(name, clean(r.Target), false)
	case "Remove":
		t.mu.Lock()
		defer t.mu.Unlock()
		if _, there := t.files[name]; !there {
			return os.ErrNotExist
		}
		delete(t.files, name)
		return nil
	case "Mkdir":
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.dirs[path.Dir(name)] || path.Dir(name) == "/" || t.files[name] != nil || len(t.dirs) >= maxFiles {
			return os.ErrPermission
		}
		t.dirs[name] = true
		return nil
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
}

// PosixRename renames over a file that is there.
func (t *tree) PosixRename(r *sftp.Request) error {
	return t.rename(clean(r.Filepath), clean(r.Target), true)
}

func (t *tree) rename(from, to string, over bool) error {
	t.mu.Lock()
	f, there := t.files[from]
	_, taken := t.files[to]
	switch {
	case !there:
		t.mu.Unlock()
		return os.ErrNotExist
	case taken && !over || t.dirs[to] || !t.dirs[path.Dir(to)]:
		t.mu.Unlock()
		return sftp.ErrSSHFxFailure
	}
	delete(t.files, from)
	// A handle that is still open writes to what no longer has a name.
	t.files[to] = &file{name: to, data: slices.Clone(f.data), changed: f.changed}
	t.mu.Unlock()
	t.renamed(to)
	return nil
}

// Filelist lists a directory, or describes one file.
func (t *tree) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := clean(r.Filepath)
	f, there := t.files[name]
	switch {
	case r.Method == "List" && t.dirs[name]:
		return t.list(name), nil
	case r.Method == "List" || r.Method == "Readlink":
		return nil, os.ErrNotExist
	case t.dirs[name]:
		return listing{&file{name: name, dir: true}}, nil
	case !there:
		return nil, os.ErrNotExist
	}
	copied := *f
	return listing{&copied}, nil
}

func (t *tree) list(dir string) listing {
	var out listing
	for name, f := range t.files {
		if path.Dir(name) == dir {
			copied := *f
			out = append(out, &copied)
		}
	}
	for name := range t.dirs {
		if name != "/" && path.Dir(name) == dir {
			out = append(out, &file{name: name, dir: true})
		}
	}
	slices.SortFunc(out, func(a, b os.FileInfo) int { return strings.Compare(a.Name(), b.Name()) })
	return out
}

// listing is a directory that is being read.
type listing []os.FileInfo

// ListAt copies entries from an offset on.
func (l listing) ListAt(into []os.FileInfo, from int64) (int, error) {
	if from < 0 || from >= int64(len(l)) {
		return 0, io.EOF
	}
	n := copy(into, l[from:])
	if int(from)+n == len(l) {
		return n, io.EOF
	}
	return n, nil
}

// take removes a file and returns what it held; false: it is gone.
func (t *tree) take(name string) ([]byte, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, there := t.files[name]
	if !there {
		return nil, false
	}
	delete(t.files, name)
	return f.data, true
}

// put writes a file whole.
func (t *tree) put(name string, data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.files[name] = &file{name: name, data: data, changed: t.now()}
}

func clean(name string) string { return path.Clean("/" + name) }
