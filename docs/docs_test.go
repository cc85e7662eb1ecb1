// Package docs tests what can be tested of the documents: that links lead
// somewhere, that every dependency is explained, and that rules and conditions
// are called as the code calls them. It has no code of its own.
package docs

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/norms"
	"github.com/shequ-io/shequ/internal/testenv"
)

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// find lists the files of the checkout that match, relative to its root.
func find(t *testing.T, match func(name string) bool) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(testenv.Root(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && slices.Contains([]string{".git", "bin", "dist", "out", "node_modules", "testdata"}, entry.Name()) {
			return fs.SkipDir
		}
		if !entry.IsDir() && match(entry.Name()) {
			relative, err := filepath.Rel(testenv.Root(), path)
			out = append(out, relative)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var link = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)

func documents(t *testing.T) []string {
	t.Helper()
	return find(t, func(name string) bool { return strings.HasSuffix(name, ".md") })
}

func TestLinksLeadSomewhere(t *testing.T) {
	for _, file := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, file), -1) {
			target := filepath.Join(filepath.Dir(file), m[1])
			if m[1] == "" {
				target = file
			}
			if _, err := os.Stat(filepath.Join(testenv.Root(), target)); err != nil {
				t.Errorf("%s links to %s, which is not there", file, m[1])
			} else if m[2] != "" && !slices.Contains(anchors(read(t, target)), m[2]) {
				t.Errorf("%s links to %s#%s, and there is no such heading", file, m[1], m[2])
			}
		}
	}
}

var (
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noAnchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	aLinkText = regexp.MustCompile(`\[([^]]*)\]\([^)]*\)`)
)

// anchors of a document's headings, as forges make them.
func anchors(text string) (out []string) {
	for _, m := range heading.FindAllStringSubmatch(text, -1) {
		plain := noAnchor.ReplaceAllString(strings.ToLower(aLinkText.ReplaceAllString(m[1], "$1")), "")
		out = append(out, strings.ReplaceAll(plain, " ", "-"))
	}
	return out
}

var (
	namedTarget = regexp.MustCompile("(?m)(?:`|^    )(?:[A-Z]+=\\S+ )*make ([a-z-]+(?: [a-z-]+)*)(?:`|$| +#)")
	aTarget     = regexp.MustCompile(`(?m)^([a-z-]+):`)
)

// TestTargetsAreThere holds that what a reader is told to make can be made.
func TestTargetsAreThere(t *testing.T) {
	there := map[string]bool{}
	for _, m := range aTarget.FindAllStringSubmatch(read(t, "Makefile"), -1) {
		there[m[1]] = true
	}
	named := 0
	for _, file := range documents(t) {
		for _, m := range namedTarget.FindAllStringSubmatch(read(t, file), -1) {
			for target := range strings.FieldsSeq(m[1]) {
				if named++; !there[target] {
					t.Errorf("%s says make %s, and there is no such target", file, target)
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d targets are named", named)
	}
}

var quoted = regexp.MustCompile("`([^`]+)`")

// direct is what a go.mod requires directly, and the modules its tools are in.
func direct(t *testing.T, mod string) []string {
	t.Helper()
	var parsed struct {
		Require []struct {
			Path     string `json:"Path"`
			Indirect bool   `json:"Indirect"`
		} `json:"Require"`
		Tool []struct {
			Path string `json:"Path"`
		} `json:"Tool"`
	}
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", filepath.Join(testenv.Root(), mod)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &parsed); err != nil {
		t.Fatal(err)
	}
	var modules, all []string
	for _, r := range parsed.Require {
		all = append(all, r.Path)
		if !r.Indirect {
			modules = append(modules, r.Path)
		}
	}
	for _, tool := range parsed.Tool {
		module := ""
		for _, path := range all {
			if (tool.Path == path || strings.HasPrefix(tool.Path, path+"/")) && len(path) > len(module) {
				module = path
			}
		}
		modules = append(modules, module)
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

func TestEveryDirectDependencyIsExplained(t *testing.T) {
	var required []string
	mods := find(t, func(name string) bool { return name == "go.mod" })
	for _, mod := range mods {
		required = append(required, direct(t, mod)...)
	}
	explained := map[string]bool{}
	for line := range strings.Lines(read(t, "docs/dependencies.md")) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, m := range quoted.FindAllStringSubmatch(line, -1) {
			if !strings.HasPrefix(m[1], "hack/") {
				explained[m[1]] = true
			}
		}
	}
	for _, module := range required {
		if !explained[module] {
			t.Errorf("docs/dependencies.md does not explain %s", module)
		}
	}
	for module := range explained {
		if !slices.Contains(required, module) {
			t.Errorf("docs/dependencies.md explains %s, which no go.mod requires directly", module)
		}
	}
}

func TestNormsAreCalledAsInTheCode(t *testing.T) {
	text := read(t, "docs/concepts/norms.md")
	var named []string
	for line := range strings.Lines(text) {
		if rule, _, ok := strings.Cut(strings.TrimPrefix(line, "| "), " |"); ok && rule != line && rule != "rule" {
			named = append(named, rule)
		}
	}
	if !slices.Equal(named, norms.RuleNames()) {
		t.Errorf("the rules are %v, described are %v", norms.RuleNames(), named)
	}
}

// TestConditionsAreCalledAsInTheCode holds the table of a Community's conditions
// against those its controller sets.
func TestConditionsAreCalledAsInTheCode(t *testing.T) {
	set := []string{v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled} // of every kind
	for _, file := range find(t, func(name string) bool { return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") }) {
		if filepath.Dir(file) != "controllers/community" {
			continue
		}
		for _, m := range regexp.MustCompile(`v1alpha1\.Condition([A-Z][A-Za-z]+)`).FindAllStringSubmatch(read(t, file), -1) {
			set = append(set, m[1])
		}
	}
	_, table, _ := strings.Cut(read(t, "docs/concepts/communities.md"), "\n## Conditions\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var described []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([A-Z][A-Za-z]+) \|`).FindAllStringSubmatch(table, -1) {
		described = append(described, m[1])
	}
	slices.Sort(set)
	slices.Sort(described)
	if set = slices.Compact(set); !slices.Equal(set, described) {
		t.Errorf("a Community has the conditions %v, described are %v", set, described)
	}
}

var (
	namedTest = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	aTest     = regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
)

// TestPrivacyIsTested holds that each test a rule of privacy is said to rest on is
// there.
func TestPrivacyIsTested(t *testing.T) {
	there := map[string]bool{}
	for _, file := range find(t, func(name string) bool { return strings.HasSuffix(name, "_test.go") }) {
		for _, m := range aTest.FindAllStringSubmatch(read(t, file), -1) {
			there[m[1]] = true
		}
	}
	named := namedTest.FindAllStringSubmatch(read(t, "docs/concepts/privacy.md"), -1)
	if len(named) < 10 {
		t.Errorf("only %d tests are named", len(named))
	}
	for _, m := range named {
		if !there[m[1]] {
			t.Errorf("docs/concepts/privacy.md names %s, which is nowhere", m[1])
		}
	}
}
