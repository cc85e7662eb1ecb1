// Package prometheus tests the alerts: that each has a runbook, and stands on metrics and
// labels there are. It has no code of its own, and evaluates no expression.
package prometheus

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/internal/testenv"
)

const runbooks = "https://github.com/shequ-io/shequ/blob/main/docs/runbooks/"

// rule is an alert as Prometheus reads it.
type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func alerts(t *testing.T) []rule {
	t.Helper()
	var object struct {
		Spec struct {
			Groups []struct {
				Rules []rule `json:"rules"`
			} `json:"groups"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "config/prometheus/rules/alerts.yaml")), &object); err != nil {
		t.Fatal(err)
	}
	var out []rule
	for _, g := range object.Spec.Groups {
		out = append(out, g.Rules...)
	}
	if len(out) == 0 {
		t.Fatal("there are no alerts")
	}
	return out
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestEveryAlertHasItsRunbook: and every runbook its alert, which it is called after.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	var known []string
	for _, a := range alerts(t) {
		known = append(known, a.Alert+".md")
		if a.For == "" || a.Annotations["summary"] == "" || !slices.Contains([]string{"critical", "warning"}, a.Labels["severity"]) {
			t.Errorf("%s lacks how long, how grave or what", a.Alert)
		}
		if want := runbooks + a.Alert + ".md"; a.Annotations["runbook_url"] != want {
			t.Errorf("%s leads to %s, want %s", a.Alert, a.Annotations["runbook_url"], want)
		}
		text := read(t, "docs/runbooks/"+a.Alert+".md")
		if !strings.HasPrefix(text, "# "+a.Alert+"\n") || !strings.Contains(text, "    kubectl ") || strings.Count(text, "\n") > 45 {
			t.Errorf("the runbook of %s is not called so, says nothing to look at, or is long", a.Alert)
		}
	}
	entries, err := os.ReadDir(filepath.Join(testenv.Root(), "docs", "runbooks"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(known, e.Name()) {
			t.Errorf("docs/runbooks/%s is of no alert", e.Name())
		}
	}
}

var (
	row       = regexp.MustCompile("(?m)^\\| `(shequ_[a-z_]+)` \\| [a-z]+ \\| ([^|]*) \\|")
	selector  = regexp.MustCompile(`\b((?:shequ|controller_runtime)_[a-z_]+)(?:\{([^}]*)\})?`)
	matcher   = regexp.MustCompile(`([a-z_]+)\s*(?:=~|!~|!=|=)`)
	by        = regexp.MustCompile(`by \(([^)]*)\)`)
	mentioned = regexp.MustCompile(`\$labels\.([a-z_]+)`)
)

// labels of each metric: those of docs/reference/metrics.md, which is made of the code,
// and of the one that is controller-runtime's.
func labels(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{"controller_runtime_reconcile_errors_total": {"controller"}}
	for _, m := range row.FindAllStringSubmatch(read(t, "docs/reference/metrics.md"), -1) {
		out[m[1]] = strings.FieldsFunc(m[2], func(r rune) bool { return strings.ContainsRune("`, ", r) })
	}
	if len(out) < 50 {
		t.Fatalf("only %d metrics are known", len(out))
	}
	return out
}

// TestAlertsStandOnWhatThereIs: every metric is one of ours, and has the labels that are
// asked for. The label namespace of what communities' programs show is Prometheus' own.
func TestAlertsStandOnWhatThereIs(t *testing.T) {
	known := labels(t)
	for _, a := range alerts(t) {
		found := selector.FindAllStringSubmatch(a.Expr, -1)
		if len(found) == 0 {
			t.Errorf("%s stands on nothing", a.Alert)
		}
		var have []string
		for _, m := range found {
			of, there := known[m[1]]
			if !there {
				t.Errorf("%s stands on %s, which nobody shows", a.Alert, m[1])
			}
			have = append(append(have, of...), "namespace")
			for _, l := range matcher.FindAllStringSubmatch(m[2], -1) {
				if !slices.Contains(of, l[1]) {
					t.Errorf("%s: %s has no label %s", a.Alert, m[1], l[1])
				}
			}
		}
		var grouped []string
		for _, m := range by.FindAllStringSubmatch(a.Expr, -1) {
			grouped = append(grouped, strings.Split(m[1], ", ")...)
		}
		for _, l := range grouped {
			if !slices.Contains(have, l) {
				t.Errorf("%s groups by %s, which none of its metrics has", a.Alert, l)
			}
		}
		for _, m := range mentioned.FindAllStringSubmatch(a.Annotations["summary"], -1) {
			if !slices.Contains(grouped, m[1]) {
				t.Errorf("the summary of %s tells %s, by which nothing is grouped", a.Alert, m[1])
			}
		}
	}
}
