package bins

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// recipe changes whenever the way programs are built changes, so that older
// results are not taken for current ones.
const recipe = "1"

// version returns the version go.mod requires of the module.
func version(gomod []byte, module string) (string, error) {
	for line := range bytes.Lines(gomod) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(string(line)), "require "))
		if len(fields) >= 2 && fields[0] == module && strings.HasPrefix(fields[1], "v") {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("go.mod does not require %s", module)
}

// expand fills the placeholders of a -X setting.
func expand(setting, version string) string {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	for len(parts) < 3 {
		parts = append(parts, "0")
	}
	return strings.NewReplacer(
		"{version}", version, "{major}", parts[0], "{minor}", parts[1],
	).Replace(setting)
}

// plan is a Binary with everything resolved that decides what gets built.
type plan struct {
	Binary
	version string
	ldflags string
	// dir is where the program is kept: <cache>/<name>-<version>-<key>.
	dir string
}

func (p plan) path() string { return filepath.Join(p.dir, p.Name) }

// resolve reads the module's pins and derives the content key: two checkouts
// with the same pins share a program, and a changed pin never finds an old one.
func (c *Cache) resolve(b Binary) (plan, error) {
	module := filepath.Join(c.Source, b.Module)
	gomod, err := os.ReadFile(filepath.Join(module, "go.mod"))
	if err != nil {
		return plan{}, err
	}
	p := plan{Binary: b, version: "dev", ldflags: "-s -w"}
	if b.VersionOf != "" {
		if p.version, err = version(gomod, b.VersionOf); err != nil {
			return plan{}, fmt.Errorf("%s: %w", module, err)
		}
	}
	for _, setting := range b.Stamp {
		p.ldflags += " -X " + expand(setting, p.version)
	}
	content, err := content(module, gomod, b)
	if err != nil {
		return plan{}, err
	}
	p.dir = filepath.Join(c.Dir, fmt.Sprintf("%s-%s-%s", b.Name, p.version, key(content, b.Package, p.ldflags)))
	return p, nil
}

// content gathers the bytes the program is made from: the pins for a program
// out of the module proxy, the sources for one of this repository.
func content(module string, gomod []byte, b Binary) ([]byte, error) {
	all := bytes.Clone(gomod)
	var files []string
	if b.VersionOf == "" {
		var err error
		if files, err = filepath.Glob(filepath.Join(module, b.Package, "*.go")); err != nil {
			return nil, err
		}
	}
	// A module without requirements has no go.sum.
	if sums := filepath.Join(module, "go.sum"); present(sums) {
		files = append(files, sums)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	return all, nil
}

func key(content []byte, pkg, ldflags string) string {
	h := sha256.New()
	for _, part := range []string{recipe, runtime.Version(), runtime.GOOS, runtime.GOARCH, pkg, ldflags, string(content)} {
		fmt.Fprintf(h, "%d:%s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}
