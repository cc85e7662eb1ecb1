package content

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Files lists the content files under dir, as Load reads them: dir's own and
// those one level down, sorted.
func Files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, entry.Name())
		if isContentFile(entry.Name()) {
			paths = append(paths, path)
			continue
		}
		// A sub-directory may itself be a symbolic link. What is not a
		// directory, or went away meanwhile, holds no content.
		below, err := os.ReadDir(path)
		if err != nil {
			continue
		}
		for _, file := range below {
			if isContentFile(file.Name()) {
				paths = append(paths, filepath.Join(path, file.Name()))
			}
		}
	}
	slices.Sort(paths)
	return paths, nil
}

func isContentFile(name string) bool {
	return name == SiteFile || isPart(name, ItemsFilePrefix) || isPart(name, TasksFilePrefix)
}

// readFile reads one byte more than allowed at most, so that a huge file costs
// no memory before it is refused.
func readFile(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxReadBytes+1))
	if err != nil {
		return File{}, fmt.Errorf("read %s: %w", path, err)
	}
	return File{Name: filepath.Base(path), Data: data}, nil
}

// sortFiles orders by name. Files of one name (from several ConfigMaps) are
// ordered by content, so that the order never depends on where they are mounted.
func sortFiles(files []File) {
	slices.SortStableFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.Data, b.Data))
	})
}
