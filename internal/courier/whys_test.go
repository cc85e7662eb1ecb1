package courier

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every reason an element can stay for is one of Whys: the desk has words for those,
// records are in their order, and the courier counts no others. So none is made anywhere
// but beside them.
func TestEveryWhyIsInTheSet(t *testing.T) {
	var declared []Why
	root := filepath.Join("..", "..")
	for _, dir := range []string{"api", "cmd", "controllers", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			found, err := whys(path)
			if len(found) > 0 && filepath.ToSlash(path) != "../../internal/courier/select.go" {
				t.Errorf("%s makes the reasons %q of its own; declare them beside the others in select.go", path, found)
			}
			declared = append(declared, found...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	known := Whys()
	for _, why := range declared {
		if !slices.Contains(known, why) {
			t.Errorf("%s is declared and not among Whys", why)
		}
	}
	slices.Sort(known)
	if len(declared) != len(known) || len(slices.Compact(known)) != len(declared) {
		t.Errorf("%d are declared, and Whys has %d", len(declared), len(known))
	}
}

// whys are the texts a file makes reasons of: by a constant or variable of the type, or
// by a conversion.
func whys(path string) (out []Why, err error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	add := func(e ast.Expr) {
		if text, is := e.(*ast.BasicLit); is {
			out = append(out, Why(strings.Trim(text.Value, "\"`")))
		}
	}
	is := func(e ast.Expr) bool {
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name == "Why" && file.Name.Name == "courier"
		case *ast.SelectorExpr:
			of, named := e.X.(*ast.Ident)
			return named && of.Name == "courier" && e.Sel.Name == "Why"
		}
		return false
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if is(n.Type) {
				for _, v := range n.Values {
					add(v)
				}
			}
		case *ast.CallExpr:
			if is(n.Fun) && len(n.Args) == 1 {
				add(n.Args[0])
			}
		}
		return true
	})
	return out, nil
}
