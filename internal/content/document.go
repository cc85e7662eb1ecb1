package content

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Document is everything one portal or desk serves, parsed and validated.
type Document struct {
	Site  Site
	Items []Item
	// Tasks admitted in the community from which no item comes.
	Tasks []Task
	// Revision is the SHA-256 of the files the document was read from, in hex.
	// Equal files have equal revisions in every replica.
	Revision string
}

// Item returns the item of that name, or nil.
func (d *Document) Item(name string) *Item {
	for i := range d.Items {
		if d.Items[i].Name == name {
			return &d.Items[i]
		}
	}
	return nil
}

// Admitted are all tasks admitted in the community, each once: those from which
// items come in the order of the items, then the others.
func (d *Document) Admitted() []*Task {
	var list []*Task
	seen := map[string]bool{}
	add := func(t *Task) {
		if t != nil && !seen[t.Name] {
			seen[t.Name] = true
			list = append(list, t)
		}
	}
	for i := range d.Items {
		add(d.Items[i].Task)
	}
	for i := range d.Tasks {
		add(&d.Tasks[i])
	}
	return list
}

// Slug is the name of a task as part of an address and as the name of its item:
// a namespace has no point, so that no two tasks share one and no item of a
// station's own, which has no point either, is called so.
func Slug(task string) string { return strings.Replace(task, "/", ".", 1) }

// File is one file of a document: a key of a ConfigMap.
type File struct {
	Name string
	Data []byte
}

// ErrNoContent says that a directory holds no site.json (yet).
var ErrNoContent = errors.New("no content")

// ErrNewerSchema says that a document was written for a later release.
var ErrNewerSchema = errors.New("newer schema")

// Parse reads a document from its files, in any order. It refuses what it
// can't serve correctly, naming the field and the cure; it accepts fields it
// doesn't know, because an operator one release ahead may write them.
func Parse(files []File) (*Document, error) {
	sorted, err := ordered(files)
	if err != nil {
		return nil, err
	}
	doc := &Document{Revision: revision(sorted)}
	if err := parseSite(sorted[0], &doc.Site); err != nil {
		return nil, err
	}
	for _, file := range sorted[1:] {
		if err := doc.parsePart(file); err != nil {
			return nil, err
		}
	}
	if err := doc.Validate(); err != nil {
		return nil, err
	}
	return doc, nil
}

func (d *Document) parsePart(file File) error {
	if isPart(file.Name, TasksFilePrefix) {
		var tasks []Task
		if err := decode(file, &tasks); err != nil {
			return err
		}
		if d.Tasks = append(d.Tasks, tasks...); len(d.Tasks) > maxTasks {
			return fmt.Errorf("%s: more than %d tasks; let the operator render the document again", file.Name, maxTasks)
		}
		return nil
	}
	var items []Item
	if err := decode(file, &items); err != nil {
		return err
	}
	if d.Items = append(d.Items, items...); len(d.Items) > maxItems {
		return fmt.Errorf("%s: more than %d items; offer fewer items at this station", file.Name, maxItems)
	}
	return nil
}

// parseSite looks at the version before anything else: a newer document may
// hold what this release would misread.
func parseSite(file File, site *Site) error {
	var head struct {
		SchemaVersion *int `json:"schemaVersion"`
	}
	if err := decode(file, &head); err != nil {
		return err
	}
	switch {
	case head.SchemaVersion == nil || *head.SchemaVersion < 1:
		return fmt.Errorf("%s: schemaVersion is missing; let the operator render the document again", file.Name)
	case *head.SchemaVersion > SchemaVersion:
		return fmt.Errorf("%s: %w: schemaVersion %d, this program reads up to %d; roll out the station image of the operator's release",
			file.Name, ErrNewerSchema, *head.SchemaVersion, SchemaVersion)
	}
	return decode(file, site)
}

// ordered puts site.json first and the files of items and tasks after it by name.
func ordered(files []File) ([]File, error) {
	if len(files) > maxFiles {
		return nil, fmt.Errorf("%d files, at most %d are read; mount only this community's content", len(files), maxFiles)
	}
	sorted := make([]File, 1, len(files)+1)
	found := false
	for _, file := range files {
		switch {
		case len(file.Data) > maxReadBytes:
			return nil, fmt.Errorf("%s: larger than %d bytes; split it over several files", file.Name, maxReadBytes)
		case file.Name == SiteFile && found:
			return nil, fmt.Errorf("two files named %s; mount the content of one community only", SiteFile)
		case file.Name == SiteFile:
			sorted[0], found = file, true
		case isContentFile(file.Name):
			sorted = append(sorted, file)
		}
	}
	if !found {
		return nil, fmt.Errorf("%w: no %s; mount the community's content ConfigMap", ErrNoContent, SiteFile)
	}
	sortFiles(sorted[1:])
	return sorted, nil
}

// isPart tells whether a file is one of those that hold a list together.
func isPart(name, prefix string) bool {
	return strings.HasPrefix(name, prefix) && strings.HasSuffix(name, ".json")
}

func decode(file File, into any) error {
	err := json.Unmarshal(file.Data, into)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: not whole JSON at byte %d of %d; write the file in one piece: %w", file.Name, syntax.Offset, len(file.Data), err)
	case errors.As(err, &kind):
		return fmt.Errorf("%s: field %q holds a JSON %s where a %s belongs; let the operator render the document again", file.Name, kind.Field, kind.Value, kind.Type)
	default:
		return fmt.Errorf("%s: %w", file.Name, err)
	}
}

func revision(files []File) string {
	sum := sha256.New()
	for _, file := range files {
		fmt.Fprintf(sum, "%s %d\n", file.Name, len(file.Data))
		sum.Write(file.Data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Marshal renders a document into its files: site.json, then items-0000.json
// and so on, then those of the tasks without items, each at most MaxFileBytes.
// Equal documents give equal bytes, so that a writer can compare what it wants
// with what is there. It refuses what Parse would refuse.
func Marshal(site Site, items []Item, tasks ...Task) ([]File, error) {
	if site.SchemaVersion == 0 {
		site.SchemaVersion = SchemaVersion
	}
	if err := (&Document{Site: site, Items: items, Tasks: tasks}).Validate(); err != nil {
		return nil, err
	}
	data, err := encode(site)
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFileBytes {
		return nil, fmt.Errorf("%s would hold %d bytes, at most %d fit a ConfigMap; simplify the grids' boundaries", SiteFile, len(data), MaxFileBytes)
	}
	parts, err := MarshalParts(items, tasks)
	if err != nil {
		return nil, err
	}
	return append([]File{{Name: SiteFile, Data: data}}, parts...), nil
}

// MarshalParts writes items, and tasks without items, as files, filling one
// after the other. With no items there is still one file of them, so that a
// reader can tell "none" from "not mounted yet". It refuses what Parse would
// refuse of them.
func MarshalParts(items []Item, tasks []Task) ([]File, error) {
	c := &checker{}
	c.parts(items, tasks)
	if len(c.problems) > 0 {
		return nil, errors.Join(c.problems...)
	}
	parts, err := marshalList(ItemsFilePrefix, items)
	if err != nil || len(tasks) == 0 {
		return parts, err
	}
	more, err := marshalList(TasksFilePrefix, tasks)
	return append(parts, more...), err
}

func marshalList[T any](prefix string, list []T) ([]File, error) {
	var parts []File
	part := []byte{'['}
	flush := func() {
		parts = append(parts, File{Name: fmt.Sprintf("%s%04d.json", prefix, len(parts)), Data: append(part, "]\n"...)})
		part = []byte{'['}
	}
	for i := range list {
		one, err := encode(list[i])
		if err != nil {
			return nil, err
		}
		one = bytes.TrimRight(one, "\n")
		if len(part) > 1 && len(part)+len(one)+4 > MaxFileBytes {
			flush()
		}
		if len(part) > 1 {
			part = append(part, ',', '\n')
		}
		part = append(part, one...)
	}
	flush()
	return parts, nil
}

// encode leaves <, > and & as they are: the document is not HTML, and people
// read it with kubectl.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// Load reads the document from a directory of mounted ConfigMaps: the files of
// dir itself and of its sub-directories (one per ConfigMap). Names that begin
// with a dot are the kubelet's own and skipped.
func Load(dir string) (*Document, error) {
	paths, err := Files(dir)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: directory %s is missing; mount the community's content ConfigMap there", ErrNoContent, dir)
		}
		return nil, err
	}
	if len(paths) > maxFiles {
		return nil, fmt.Errorf("%s holds %d content files, at most %d are read; mount only this community's content", dir, len(paths), maxFiles)
	}
	files := make([]File, 0, len(paths))
	for _, path := range paths {
		file, err := readFile(path)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	doc, err := Parse(files)
	if err != nil {
		return nil, fmt.Errorf("content in %s: %w", dir, err)
	}
	return doc, nil
}
