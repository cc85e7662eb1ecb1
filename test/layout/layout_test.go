// Package layout holds the repository to its own rules: which package may
// import which, how long a file may be, and what a package must say of itself.
//
// It builds and runs nothing of the product.
package layout

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/shequ-io/shequ/"

// list is a package as go list tells it.
type list struct {
	ImportPath   string   `json:"ImportPath"`
	Dir          string   `json:"Dir"`
	Name         string   `json:"Name"`
	Deps         []string `json:"Deps"`
	Imports      []string `json:"Imports"`
	TestImports  []string `json:"TestImports"`
	XTestImports []string `json:"XTestImports"`
	GoFiles      []string `json:"GoFiles"`
}

func root(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
}

func packages(t *testing.T) []list {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Name,Deps,Imports,TestImports,XTestImports,GoFiles", "./...")
	cmd.Dir, cmd.Stderr = root(t), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []list
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p list
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// rule forbids packages to depend on others: on the module's own, which start
// with "./", directly or through others; on the rest directly, since what a
// library needs within is not ours to say. All are prefixes, but for those that
// end in $.
type rule struct {
	why     string
	of, not []string
}

func (r rule) concerns(path string) bool { return hasPrefix(path, r.of) }

func hasPrefix(path string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool {
		if own, is := strings.CutPrefix(p, "./"); is {
			p = module + own
		}
		if alone, is := strings.CutSuffix(p, "$"); is {
			return path == alone
		}
		return path == p || strings.HasPrefix(path, p+"/")
	})
}

func (r rule) breaches(p list) []string {
	if !r.concerns(p.ImportPath) {
		return nil
	}
	out := slices.DeleteFunc(slices.Clone(p.Deps), func(d string) bool { return !strings.HasPrefix(d, module) || !hasPrefix(d, r.not) })
	for _, d := range p.Imports {
		if !strings.HasPrefix(d, module) && hasPrefix(d, r.not) {
			out = append(out, d)
		}
	}
	return out
}

// pure packages decide; they talk to nobody.
var pure = []string{"./internal/norms", "./internal/admission", "./internal/blueprint", "./internal/privacy", "./internal/casework", "./internal/seal", "./internal/boundary", "./internal/content", "./internal/plan", "./internal/policies", "./internal/courier$", "./internal/courier/consign", "./internal/credentials", "./internal/payments"}

// delivering packages send to systems and hear from them.
var delivering = []string{"./internal/courier/transport", "./internal/courier/rounds", "./internal/courier/senders", "./internal/courier/hooks"}

var rules = []rule{
	{"the API imports nothing of the product", []string{"./api"}, []string{"./controllers", "./internal", "./cmd"}},
	{"internal packages are below controllers and commands", []string{"./internal"}, []string{"./controllers", "./cmd"}},
	{"controllers are below commands", []string{"./controllers"}, []string{"./cmd"}},
	// What an expression of a mapping means they have to know; that package is pure.
	{"controllers run no pages, keep no cases and deliver nothing", []string{"./controllers"}, append([]string{"./internal/web", "./internal/store", "./internal/clerk"}, delivering...)},
	{"the data plane knows no controllers", []string{"./internal/web", "./internal/courier", "./internal/store", "./internal/casework", "./cmd/station"}, []string{"./controllers", "./internal/apply"}},
	{"pure packages have no client, no HTTP and no SQL", pure, []string{
		"sigs.k8s.io/controller-runtime", "k8s.io/client-go/kubernetes", "k8s.io/client-go/rest", "k8s.io/client-go/tools", "k8s.io/client-go/dynamic",
		"net/http", "database/sql", "github.com/jackc/pgx",
	}},
	{"pure packages stand on the API and each other", pure, append([]string{
		"./internal/apply", "./internal/conditions", "./internal/metrics", "./internal/pace", "./internal/web", "./internal/store", "./internal/clerk", "./internal/testenv",
	}, delivering...)},
	{"the station's programs need no Kubernetes client", []string{"./cmd/station", "./internal/web"}, []string{"sigs.k8s.io/controller-runtime", "k8s.io/client-go"}},
}

func TestImports(t *testing.T) {
	for _, p := range packages(t) {
		for _, r := range rules {
			// Packages that serve tests alone may stand on anything.
			if hasPrefix(p.ImportPath, []string{"./internal/testenv", "./internal/web/webtest"}) {
				continue
			}
			for _, d := range r.breaches(p) {
				t.Errorf("%s depends on %s: %s", p.ImportPath, d, r.why)
			}
		}
	}
}

// Test support stays out of what is shipped.
func TestNothingShippedNeedsTests(t *testing.T) {
	for _, p := range packages(t) {
		if p.Name != "main" || !hasPrefix(p.ImportPath, []string{"./cmd"}) {
			continue
		}
		for _, d := range p.Deps {
			if d == "testing" || hasPrefix(d, []string{"./internal/testenv", "./controllers/controllertest", "./internal/content/contenttest", "./internal/web/webtest", "./internal/store/storetest", "./internal/district/districttest", "./internal/web/session/oidctest"}) {
				t.Errorf("%s ships %s", p.ImportPath, d)
			}
		}
	}
}

func TestRuleFindsABreach(t *testing.T) {
	r := rule{"", []string{"./internal/norms"}, []string{"sigs.k8s.io/controller-runtime", "./controllers"}}
	p := list{
		ImportPath: module + "internal/norms",
		Deps:       []string{"fmt", "sigs.k8s.io/controller-runtime/pkg/log", module + "controllers/base", module + "controllersish"},
		Imports:    []string{"fmt", "sigs.k8s.io/controller-runtime/pkg/client", "sigs.k8s.io/controller-runtime-tools"},
	}
	if got := r.breaches(p); len(got) != 2 {
		t.Errorf("breaches %v, want two", got)
	}
	if p.ImportPath += "ish"; r.breaches(p) != nil {
		t.Error("a breach of a package the rule is not about")
	}
	r.of = []string{"./internal/norms$"}
	if p.ImportPath = module + "internal/norms"; len(r.breaches(p)) != 2 {
		t.Error("no breach of the package alone")
	}
	if p.ImportPath += "/below"; r.breaches(p) != nil {
		t.Error("a breach of a package below the one that is meant alone")
	}
}

// files are the repository's, by path from its root.
func files(t *testing.T) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", "ls-files", "--cached", "--others", "--exclude-standard")
	cmd.Dir = root(t)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if info, err := os.Stat(filepath.Join(cmd.Dir, name)); err == nil && info.Mode().IsRegular() {
			all = append(all, name)
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d files", len(all))
	}
	return all
}

const maxLines = 500

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

func TestNoFileIsTooLong(t *testing.T) {
	for _, name := range files(t) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(data, []byte("\n")); n > maxLines && !generated.Match(data) {
			t.Errorf("%s has %d lines, at most %d are read in one go: divide it", name, n, maxLines)
		}
	}
}

// machine is a path that is only right on somebody's machine. Written in parts,
// so that this file holds none.
var machine = regexp.MustCompile(`(?:^|[\s"'=(:` + "`" + `])(?:/work` + `/(?:main|shared)|/root` + `/(?:\.cache|go)|/home` + `/[a-z]+/|/Users` + `/[A-Za-z])`)

func TestNoFileNamesAMachine(t *testing.T) {
	for _, text := range []string{"cd /work" + "/main", `"/root` + `/go/pkg"`, "/home" + "/someone/src", "=/Users" + "/Someone"} {
		if !machine.MatchString(text) {
			t.Errorf("the rule overlooks %q", text)
		}
	}
	for _, name := range files(t) {
		data, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.ReplaceAll(data, []byte("/home"+"/nonroot/"), nil) // a container's
		if found := machine.Find(data); found != nil {
			t.Errorf("%s names a path of one machine: %q", name, found)
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.GoFiles) == 0 {
			continue // tests alone
		}
		text, made := packageDoc(t, p)
		if !made && sentences(text) < 2 {
			t.Errorf("%s: %q: say what the package is, and what it is not", p.ImportPath, text)
		}
	}
}

// packageDoc is a package's comment; made, when all its files are generated.
func packageDoc(t *testing.T, p list) (text string, made bool) {
	t.Helper()
	set, made := token.NewFileSet(), true
	for _, name := range p.GoFiles {
		file, err := parser.ParseFile(set, filepath.Join(p.Dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		made = made && ast.IsGenerated(file)
		text += " " + file.Doc.Text()
	}
	return text, made
}

var sentenceEnd = regexp.MustCompile(`[.:!?](\s|$)`)

func sentences(text string) int { return len(sentenceEnd.FindAllString(text, -1)) }

func TestSentences(t *testing.T) {
	for text, want := range map[string]int{"": 0, "Package a does b": 0, "Package a does b.": 1, "Package a does b.\nIt is no c.": 2} {
		if got := sentences(text); got != want {
			t.Errorf("sentences(%q) = %d, want %d", text, got, want)
		}
	}
}
