package bins

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const gomod = `module example.org/pins

go 1.26.0

tool example.org/tool/cmd/tool

require (
	example.org/other v0.1.0 // indirect
	example.org/tool v1.36.3 // indirect
)

require example.org/single v2.0.0

replace example.org/other => example.org/fork v9.9.9
`

func TestVersion(t *testing.T) {
	for module, want := range map[string]string{
		"example.org/tool": "v1.36.3", "example.org/single": "v2.0.0", "example.org/other": "v0.1.0",
		"example.org/missing": "", "example.org/too": "",
	} {
		got, err := version([]byte(gomod), module)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v", module, got, err)
		}
	}
}

func TestExpand(t *testing.T) {
	if got := expand("p.v={version} {major}/{minor}", "v1.36.3"); got != "p.v=v1.36.3 1/36" {
		t.Error(got)
	}
	if got := expand("{major}/{minor}", "v2"); got != "2/0" {
		t.Error(got)
	}
}

func writePins(t *testing.T, dir, gosum string) {
	t.Helper()
	for name, data := range map[string]string{"go.mod": gomod, "go.sum": gosum} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The key must be the same for the same pins anywhere, and change with them.
func TestKeyFollowsContent(t *testing.T) {
	resolve := func(gosum string, change func(*Binary)) plan {
		source := t.TempDir()
		if err := os.Mkdir(filepath.Join(source, "m"), 0o755); err != nil {
			t.Fatal(err)
		}
		writePins(t, filepath.Join(source, "m"), gosum)
		b := Binary{Name: "tool", Module: "m", Package: "example.org/tool/cmd/tool", VersionOf: "example.org/tool"}
		change(&b)
		p, err := (&Cache{Source: source, Dir: "cache"}).resolve(b)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	same := func(*Binary) {}
	first := resolve("sum", same)
	if !strings.HasPrefix(first.path(), "cache/tool-v1.36.3-") || filepath.Base(first.path()) != "tool" {
		t.Errorf("the path is %s", first.path())
	}
	if again := resolve("sum", same); again.dir != first.dir {
		t.Errorf("the same pins gave %s and %s", first.dir, again.dir)
	}
	for name, other := range map[string]plan{
		"go.sum":  resolve("other sum", same),
		"package": resolve("sum", func(b *Binary) { b.Package = "example.org/tool/cmd/other" }),
		"stamp":   resolve("sum", func(b *Binary) { b.Stamp = []string{"p.v={version}"} }),
	} {
		if other.dir == first.dir {
			t.Errorf("a changed %s did not change the key", name)
		}
	}
}

func TestProfiles(t *testing.T) {
	for profile, want := range map[string][]string{
		"assets": {"etcd", "kube-apiserver", "kubectl"},
		"sim":    {"etcd", "kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler", "kwok"},
	} {
		list, err := Profile(profile)
		if err != nil || !slices.Equal(names(list), want) {
			t.Errorf("%s: %v, %v", profile, names(list), err)
		}
	}
	node, err := Profile("node")
	if err != nil || slices.Contains(names(node), "kwok") || slices.Contains(names(node), "helm") {
		t.Errorf("node builds what it does not need: %v, %v", names(node), err)
	}
	if all, err := Profile("all"); err != nil || len(all) != len(catalog) {
		t.Errorf("all: %v, %v", names(all), err)
	}
	if _, err := Profile("nope"); err == nil {
		t.Error("an unknown profile was accepted")
	}
}

// Every program must be pinned by the module it is said to come from.
func TestCatalogIsPinned(t *testing.T) {
	c := &Cache{Source: filepath.Join("..", ".."), Dir: "cache"}
	for _, b := range catalog {
		p, err := c.resolve(b)
		if err != nil {
			t.Errorf("%s: %v", b.Name, err)
			continue
		}
		if strings.ContainsAny(p.ldflags, "{}") {
			t.Errorf("%s: unfilled ldflags %s", b.Name, p.ldflags)
		}
	}
}

// What is in the cache is used without building, and sets are made of it.
func TestEnsureUsesTheCache(t *testing.T) {
	source, dir := t.TempDir(), t.TempDir()
	writePins(t, source, "sum")
	b := Binary{Name: "tool", Module: ".", Package: "example.org/tool", VersionOf: "example.org/tool"}
	var progress bytes.Buffer
	c := &Cache{Source: source, Dir: dir, Progress: &progress}
	p, err := c.resolve(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.path(), []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	paths, err := c.Ensure(t.Context(), []Binary{b})
	if err != nil || paths["tool"] != p.path() || progress.Len() > 0 {
		t.Fatalf("%v, %v, %q", paths, err, progress.String())
	}
	for range 2 {
		set, err := c.Directory(paths, []Binary{b})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(filepath.Join(set, "tool")); err != nil || string(data) != "program" {
			t.Errorf("the set holds %q, %v", data, err)
		}
	}
}
