package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lines of real streams, shortened.
const (
	good = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: chatter\n"}
{"Action":"run","Package":"p","Test":"TestA/one"}
{"Action":"pass","Package":"p","Test":"TestA/one"}
{"Action":"run","Package":"p","Test":"TestA/two"}
{"Action":"output","Package":"p","Test":"TestA/two","Output":"    a_test.go:2: no browser here\n"}
{"Action":"skip","Package":"p","Test":"TestA/two"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`
	bad = `{"Action":"start","Package":"q"}
{"Action":"run","Package":"q","Test":"TestC"}
{"Action":"run","Package":"q","Test":"TestC/one"}
{"Action":"output","Package":"q","Test":"TestC/one","Output":"    c_test.go:3: want 1\n"}
{"Action":"output","Package":"q","Test":"TestC/one","Output":"    --- FAIL: TestC/one (0.00s)\n"}
{"Action":"fail","Package":"q","Test":"TestC/one"}
{"Action":"output","Package":"q","Test":"TestC","Output":"--- FAIL: TestC (0.00s)\n"}
{"Action":"fail","Package":"q","Test":"TestC"}
{"Action":"output","Package":"q","Output":"FAIL\n"}
{"Action":"output","Package":"q","Output":"FAIL\tq\t0.2s\n"}
{"Action":"fail","Package":"q"}
`
	notBuilt = `{"ImportPath":"r [r.test]","Action":"build-output","Output":"r.go:1: undefined: x\n"}
{"ImportPath":"r [r.test]","Action":"build-fail"}
{"Action":"start","Package":"r"}
{"Action":"output","Package":"r","Output":"FAIL\tr [build failed]\n"}
{"Action":"fail","Package":"r","FailedBuild":"r [r.test]"}
`
	mainFailed = `{"Action":"start","Package":"s"}
{"Action":"output","Package":"s","Output":"no API server\n"}
{"Action":"output","Package":"s","Output":"FAIL\ts\t0.2s\n"}
{"Action":"fail","Package":"s"}
`
	timedOut = `{"Action":"start","Package":"t"}
{"Action":"run","Package":"t","Test":"TestD"}
{"Action":"run","Package":"t","Test":"TestD/slow"}
{"Action":"output","Package":"t","Test":"TestD/slow","Output":"panic: test timed out after 1s\n"}
{"Action":"output","Package":"t","Output":"FAIL\tt\t1.0s\n"}
{"Action":"fail","Package":"t"}
`
	cutOff = `{"Action":"start","Package":"u"}
{"Action":"run","Package":"u","Test":"TestE"}
`
)

func TestStreams(t *testing.T) {
	for name, c := range map[string]struct {
		stream       string
		want         Counts
		shown, quiet string
	}{
		"passed, with a skip":         {good, Counts{2, 0, 1}, "no browser here", "chatter"},
		"a subtest failed":            {bad, Counts{0, 1, 0}, "want 1", ""},
		"not built":                   {notBuilt, Counts{0, 1, 0}, "undefined: x", ""},
		"TestMain failed":             {mainFailed, Counts{0, 1, 0}, "no API server", ""},
		"timed out":                   {timedOut, Counts{0, 1, 0}, "test timed out", ""},
		"cut off":                     {cutOff, Counts{0, 1, 0}, "the results end before", ""},
		"one after the other":         {good + bad + mainFailed, Counts{2, 2, 1}, "FAIL\tq\t0.2s", "chatter"},
		"the go command's own words":  {"go: no such module\n" + good, Counts{2, 0, 1}, "go: no such module", ""},
		"nothing":                     {"", Counts{}, "", ""},
		"a package without any tests": {`{"Action":"output","Package":"v","Output":"?   \tv\t[no test files]\n"}` + "\n" + `{"Action":"skip","Package":"v"}` + "\n", Counts{}, "[no test files]", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			got, err := run(t.Context(), options{}, strings.NewReader(c.stream), &out)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("counts are %v, want %v", got, c.want)
			}
			if !strings.Contains(out.String(), c.shown) {
				t.Errorf("%q is not in:\n%s", c.shown, out.String())
			}
			if c.quiet != "" && strings.Contains(out.String(), c.quiet) {
				t.Errorf("%q is in:\n%s", c.quiet, out.String())
			}
			if !strings.HasSuffix("\n"+out.String(), "\n"+c.want.String()+"\n") {
				t.Errorf("the last line is not the tally:\n%s", out.String())
			}
		})
	}
}

func TestVerboseShowsAllAsItComes(t *testing.T) {
	var out bytes.Buffer
	if _, err := run(t.Context(), options{verbose: true}, strings.NewReader(good), &out); err != nil {
		t.Fatal(err)
	}
	if strings.Count(out.String(), "chatter") != 1 || strings.Count(out.String(), "no browser here") != 1 {
		t.Error(out.String())
	}
}

func TestCommands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "events.json")
	if err := os.WriteFile(file, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    options
		want Counts
	}{
		"a run that passes":           {options{command: []string{"cat", file}}, Counts{2, 0, 1}},
		"a run that dies by itself":   {options{command: []string{"sh", "-c", "cat " + file + "; exit 2"}}, Counts{2, 1, 1}},
		"a check that passes":         {options{check: "lint", command: []string{"true"}}, Counts{1, 0, 0}},
		"a check that fails":          {options{check: "lint", command: []string{"false"}}, Counts{0, 1, 0}},
		"a check of what is not here": {options{check: "lint", command: []string{"./nothing-here"}}, Counts{0, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			got, err := run(context.Background(), c.o, nil, &out)
			if err != nil || got != c.want {
				t.Errorf("run = %v, %v, want %v\n%s", got, err, c.want, out.String())
			}
		})
	}
}

func TestSum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "counts")
	for _, stream := range []string{good, bad, good} {
		if _, err := run(t.Context(), options{record: path}, strings.NewReader(stream), &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := run(t.Context(), options{sum: path}, nil, &out); err != nil {
		t.Fatal(err)
	}
	if out.String() != "4 passed, 1 failed, 2 skipped\n" {
		t.Errorf("the sum is %q", out.String())
	}
}

func TestSumOfNothingFails(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(t.TempDir(), "damaged")
	if err := os.WriteFile(damaged, []byte("many\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{empty, damaged, filepath.Join(t.TempDir(), "missing")} {
		if _, err := run(t.Context(), options{sum: path}, nil, &bytes.Buffer{}); err == nil {
			t.Errorf("%s was taken for a good run", path)
		}
	}
}
