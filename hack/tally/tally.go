package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// event is one line of go test -json; see go doc test2json.
type event struct {
	Action      string `json:"Action"`
	Package     string `json:"Package"`
	ImportPath  string `json:"ImportPath"`
	Test        string `json:"Test"`
	Output      string `json:"Output"`
	FailedBuild string `json:"FailedBuild"`
}

// one is what is known of a test, or of a package as a whole when its name is
// empty.
type one struct {
	output   strings.Builder
	children int
	failed   bool
	failures int // of children
}

type key struct{ pkg, test string }

// tally follows a stream of events.
type tally struct {
	out     io.Writer
	verbose bool
	counts  Counts
	seen    map[key]*one
	builds  map[string]*strings.Builder
	open    map[string]bool // packages that have not ended
}

func newTally(out io.Writer, verbose bool) *tally {
	return &tally{
		out: out, verbose: verbose, seen: map[key]*one{},
		builds: map[string]*strings.Builder{}, open: map[string]bool{},
	}
}

// read takes a stream to its end. What is no event, such as a complaint of the
// go command, is shown as it is.
func (t *tally) read(in io.Reader) error {
	r := bufio.NewReader(in)
	for {
		line, err := r.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil && e.Action != "" {
				t.event(e)
			} else {
				t.print(line)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) print(text string) { _, _ = io.WriteString(t.out, text) }

func (t *tally) event(e event) {
	if e.Package != "" {
		t.open[e.Package] = true
	}
	switch e.Action {
	case "run":
		t.begin(e)
	case "output":
		t.output(e)
	case "build-output":
		t.build(e.ImportPath).WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(e)
		} else {
			t.endTest(e)
		}
	}
}

func (t *tally) at(pkg, test string) *one {
	k := key{pkg, test}
	if t.seen[k] == nil {
		t.seen[k] = &one{}
	}
	return t.seen[k]
}

func (t *tally) build(path string) *strings.Builder {
	if t.builds[path] == nil {
		t.builds[path] = &strings.Builder{}
	}
	return t.builds[path]
}

func (t *tally) begin(e event) {
	t.at(e.Package, e.Test)
	if p, ok := parent(e.Test); ok {
		t.at(e.Package, p).children++
	}
}

func parent(test string) (string, bool) {
	i := strings.LastIndexByte(test, '/')
	if i < 0 {
		return "", false
	}
	return test[:i], true
}

func (t *tally) output(e event) {
	if t.verbose {
		t.print(e.Output)
		return
	}
	if e.Test == "" && isPackageLine(e.Output) {
		t.print(e.Output)
		return
	}
	if e.Output != "PASS\n" && e.Output != "FAIL\n" && !strings.HasPrefix(e.Output, "=== ") {
		t.at(e.Package, e.Test).output.WriteString(e.Output)
	}
}

// isPackageLine recognises the lines go test ends each package with. A package
// that failed is announced when its output is shown.
func isPackageLine(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "?   \t") || strings.HasPrefix(line, "FAIL\t") ||
		strings.HasPrefix(line, "\t") && strings.Contains(line, "coverage:")
}

// endTest counts a test: one with subtests only if it failed by itself, since
// the subtests count already.
func (t *tally) endTest(e event) {
	o := t.at(e.Package, e.Test)
	switch {
	case e.Action == "fail":
		o.failed = true
		if p, ok := parent(e.Test); ok {
			t.at(e.Package, p).failures++
		}
		t.at(e.Package, "").failures++
		if o.failures == 0 {
			t.counts.Failed++
		}
		t.show(e, o)
	case o.children > 0 && e.Action == "pass":
	case e.Action == "skip":
		t.counts.Skipped++
		t.show(e, o)
	default:
		t.counts.Passed++
	}
	delete(t.seen, key{e.Package, e.Test})
}

// endPackage counts a package that failed without a failed test: one that was
// not built, or whose TestMain, init or deadline ended it.
func (t *tally) endPackage(e event) {
	delete(t.open, e.Package)
	o := t.at(e.Package, "")
	if e.Action == "fail" {
		if b := t.builds[e.FailedBuild]; b != nil {
			t.print(b.String())
		}
		if unfinished := t.unfinished(e.Package); unfinished > 0 {
			t.counts.Failed += unfinished
		} else if o.failures == 0 {
			t.counts.Failed++
		}
		t.show(e, o)
	}
	delete(t.seen, key{e.Package, ""})
}

// unfinished counts the tests a package left without a result, and shows what
// they had said.
func (t *tally) unfinished(pkg string) int {
	n := 0
	for k, o := range t.seen {
		if k.pkg != pkg || k.test == "" {
			continue
		}
		t.show(event{Action: "did not end", Package: pkg, Test: k.test}, o)
		if o.children == 0 {
			n++
		}
		delete(t.seen, k)
	}
	return n
}

// show prints what a test or package said.
func (t *tally) show(e event, o *one) {
	if t.verbose || o.output.Len() == 0 {
		return
	}
	if e.Test != "" && !strings.Contains(o.output.String(), "--- ") {
		t.print(fmt.Sprintf("--- %s: %s\n", e.Action, e.Test))
	}
	t.print(o.output.String())
}

// finish counts the packages whose stream was cut off, and returns the counts.
func (t *tally) finish() Counts {
	for pkg := range t.open {
		t.print("FAIL\t" + pkg + "\tthe results end before the package did\n")
		t.counts.Failed++
	}
	t.open = map[string]bool{}
	return t.counts
}
