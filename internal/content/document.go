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
		var items []Item
		if err := decode(file, &items); err != nil {
			return nil, err
		}
		doc.Items = append(doc.Items, items...)
		if len(doc.Items) > maxItems {
			return nil, fmt.Errorf("%s: more than %d items; offer fewer items at this station", file.Name, maxItems)
		}
	}
	if err := doc.Validate(); err != nil {
		return nil, err
	}
	return doc, nil
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

// ordered puts site.json first and the item files after it by name.
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
		case isItemsFile(file.Name):
			sorted = append(sorted, file)
		}
	}
	if !found {
		return nil, fmt.Errorf("%w: no %s; mount the community's content ConfigMap", ErrNoContent, SiteFile)
	}
	sortFiles(sorted[1:])
	return sorted, nil
}

func isItemsFile(name string) bool {
	return strings.HasPrefix(name, ItemsFilePrefix) && strings.HasSuffix(name, ".json")
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
// and so on, each at most MaxFileBytes. Equal documents give equal bytes, so
// that a writer can compare what it wants with what is there. It refuses what
// Parse would refuse.
func Marshal(site Site, items []Item) ([]File, error) {
	if site.SchemaVersion == 0 {
		site.SchemaVersion = SchemaVersion
	}
	if err := (&Document{Site: site, Items: items}).Validate(); err != nil {
		return nil, err
	}
	data, err := encode(site)
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFileBytes {
		return nil, fmt.Errorf("%s would hold %d bytes, at most %d fit a ConfigMap; simplify the grids' boundaries", SiteFile, len(data), MaxFileBytes)
	}
	parts, err := MarshalItems(items)
	if err != nil {
		return nil, err
	}
	return append([]File{{Name: SiteFile, Data: data}}, parts...), nil
}

// MarshalItems writes items as files, filling one after the other. With no items there is still one
// file, so that a reader can tell "none" from "not mounted yet".
func MarshalItems(items []Item) ([]File, error) {
	var parts []File
	part := []byte{'['}
	flush := func() {
		parts = append(parts, File{Name: fmt.Sprintf("%s%04d.json", ItemsFilePrefix, len(parts)), Data: append(part, "]\n"...)})
		part = []byte{'['}
	}
	for i := range items {
		one, err := encode(items[i])
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
