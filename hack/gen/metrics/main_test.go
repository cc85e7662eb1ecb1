package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/testenv"
)

func TestReferenceIsUpToDate(t *testing.T) {
	want, err := render()
	if err != nil {
		t.Fatal(err)
	}
	have, err := os.ReadFile(filepath.Join(testenv.Root(), target))
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != want {
		t.Errorf("%s is out of date: run go run ./hack/gen/metrics\nwant:\n%s", target, want)
	}
}

// declares finds where a metric is made.
var declares = regexp.MustCompile(`prometheus\.(NewDesc\(|(Counter|Gauge|Histogram|Summary)Opts\{)`)

// A metric made anywhere but where render looks would go undocumented.
func TestEveryMetricIsRendered(t *testing.T) {
	known := []string{
		"controllers/admission/metrics.go", "controllers/community/metrics.go", "controllers/informationsystem/metrics.go", "internal/apply/metrics.go",
		"internal/clerk/metrics.go", "internal/clerk/payments_metrics.go",
		"internal/courier/hooks/hooks.go", "internal/courier/rounds/metrics.go",
		"internal/metrics/burden.go", "internal/metrics/collector.go", "internal/metrics/systems.go",
		"internal/web/resident/metrics.go", "internal/web/serve/metrics.go", "internal/web/source/metrics.go",
	}
	var found []string
	for _, dir := range []string{"cmd", "controllers", "internal"} {
		err := filepath.WalkDir(filepath.Join(testenv.Root(), dir), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			if err == nil && declares.Match(data) {
				relative, _ := filepath.Rel(testenv.Root(), path)
				found = append(found, filepath.ToSlash(relative))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(found)
	if !slices.Equal(found, known) {
		t.Errorf("metrics are made in %v, rendered are those of %v: add the missing ones to programs()", found, known)
	}
}

func TestEveryMetricIsOurs(t *testing.T) {
	for _, p := range programs() {
		if len(p.descs) == 0 {
			t.Errorf("%s has no metric", p.title)
		}
		for _, d := range p.descs {
			m, err := read(d)
			if err != nil {
				t.Error(err)
			}
			if !strings.HasPrefix(m.name, "shequ_") || m.help == "" || strings.Contains(m.help, "|") {
				t.Errorf("metric %+v does not fit the table", m)
			}
		}
	}
}
