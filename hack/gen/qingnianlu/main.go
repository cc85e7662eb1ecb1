// Command qingnianlu writes the sample config/samples/qingnianlu: the twelve
// communities of Qingnian Road sub-district in Xi'an as a district's IT and a
// sub-district office would declare them. Run it at the root of the repository:
//
//	go run ./hack/gen/qingnianlu
//
// The figures of the communities are those of a published survey, in
// config/samples/qingnianlu.csv. What the survey does not say is left out, with
// exceptions that a sample needs and that are made up: the division into grids
// with their codes and boundaries, the items of the stations, host names, and
// what the district asks of the communities. Nobody is named: posts are counted,
// positions have work identifiers.
//
// The tasks are of the kinds the surveys list and rest on real laws. Their loads
// are estimates that fit the survey's workforce and cases; their money is what
// the loads cost; approvals, releases, contests and rulings are an example's.
// Some tasks are meant to stay out, each for a reason its file names.
//
// The same input gives the same bytes, on every machine.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	table := flag.String("csv", "config/samples/qingnianlu.csv", "the survey's table")
	out := flag.String("out", "config/samples/qingnianlu", "directory to write; the sample it held is removed")
	flag.Parse()
	if err := run(*table, *out); err != nil {
		fmt.Fprintln(os.Stderr, "qingnianlu:", err)
		os.Exit(1)
	}
}

func run(table, out string) error {
	communities, err := readSurvey(table)
	if err != nil {
		return err
	}
	files, err := render(communities)
	if err != nil {
		return err
	}
	if err := clearOut(out); err != nil {
		return err
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := filepath.Join(out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}

// clearOut removes what an earlier run wrote. A directory that is not this
// program's is left alone.
func clearOut(out string) error {
	made, err := os.ReadFile(filepath.Join(out, kustomizationFile))
	switch {
	case err == nil && bytes.HasPrefix(made, []byte(header)):
		return os.RemoveAll(out)
	case err == nil:
		return fmt.Errorf("%s was not written by this program; name another directory", out)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	held, err := os.ReadDir(out)
	if err == nil && len(held) > 0 {
		return fmt.Errorf("%s holds something else; name another directory", out)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
