package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/plan"
)

const plainTask = `apiVersion: shequ.io/v1alpha1
kind: AdmittedTask
metadata: {name: plain, namespace: civil-affairs}
spec:
  title: {zh: 事项}
  category: Assist
  legalBasis: [{id: law, title: {zh: 法}, level: National}]
  target: {subdistrictSelector: {matchLabels: {city: north}}}
  effective: {from: "2026-01-01"}
  workload: {casesPerYear: 10, minutesPerCase: 10}
  funding: {perCase: "5", source: 市级}
`

func TestHelp(t *testing.T) {
	for _, c := range [][]string{
		{"--help"}, {"plan"}, {"explain"}, {"approve"}, {"reject"}, {"fund"}, {"contest"}, {"rule"}, {"export"}, {"import"}, {"top"}, {"top", "communities"}, {"top", "tasks"},
	} {
		r := kubectl(t, append(c, "--help")...)
		expect(t, r, 0, "kubectl shequ")
		if c[0] != "--help" && len(c) == 1 && c[0] != "top" && !strings.Contains(r.out, "Examples:") {
			t.Errorf("%v has no example", c)
		}
	}
	expect(t, kubectl(t, "version"), 0, "kubectl-shequ dev", "shequ.io/v1alpha1")
	expect(t, kubectl(t, "plant"), 1, "unknown command")
}

func TestExitCodes(t *testing.T) {
	files, all := district(t), write(t, "proposals.yaml", testdata(t, "proposals.yaml"))
	task := write(t, "plain.yaml", plainTask)
	expect(t, kubectl(t, "plan", "--offline", "-f", files, "-f", task, "--at", at), 0, "civil-affairs/plain", "4 admitted", "Assumed: the guidance committee approves 1 task now")
	expect(t, kubectl(t, "plan", "--offline", "-f", files, "-f", task, "--at", at, "--strict"), 2, "AwaitingApproval")
	expect(t, kubectl(t, "plan", "--offline", "-f", files, "-f", all, "--at", at), 2, "CapacityExceeded", "spec.workload.casesPerYear = ")
	expect(t, kubectl(t, "plan", "--offline", "-f", task, "--at", at), 2, "nothing could be checked", "add the communities' files")
	expect(t, kubectl(t, "plan", "-f", files, "--at", at), 1, "error:")
	expect(t, kubectl(t, "plan", "--offline", "--base", files, "-f", task, "--at", at), 0, "1 task in 2 communities; 2 decisions: 2 admitted", "150 ->")
	expect(t, kubectl(t, "plan", "--base", files, "-f", task, "--at", at), 1, "--base takes the cluster's place")
}

func TestOutputs(t *testing.T) {
	files, all := district(t), write(t, "proposals.yaml", testdata(t, "proposals.yaml"))
	r := kubectl(t, "plan", "--offline", "-f", files, "-f", all, "--at", at, "-o", "json")
	var p plan.Plan
	if err := json.Unmarshal([]byte(r.out), &p); err != nil || r.code != 2 || len(p.Tasks) != 4 || len(p.Communities) != 2 || r.err != "" {
		t.Errorf("%d, %v, %s", r.code, err, r.err)
	}
	if n := len(p.Communities[0].Ledger.Months); n != 24 {
		t.Errorf("a ledger of %d months", n)
	}
	expect(t, kubectl(t, "plan", "--offline", "-f", files, "-f", all, "--at", at, "-o", "markdown"), 2, "### ❌", "#### Burden per community")
	expect(t, kubectl(t, "plan", "--offline", "-f", files, "-f", all, "--at", at, "--community", "street/anding"), 2, "street/anding 安定社区")
}

// A repository holds other things beside a district's objects.
func TestWhereFilesAreReadFrom(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [district.yaml]\n",
		"district.yaml":      read(t, district(t)),
		"sub/other.yaml":     "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}\n",
		"sub/task.json":      `{"apiVersion": "shequ.io/v1alpha1", "kind": "AdmittedTask", "metadata": {"name": "none", "namespace": "health"}, "spec": {"title": {"zh": "无"}, "category": "Own", "effective": {"from": "2026-01-01"}}}`,
		"sub/readme.md":      "no YAML",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, kubectl(t, "plan", "--offline", "-f", dir, "--at", at), 0, "1 task in 2 communities")
	expect(t, kubectl(t, "plan", "--offline", "-R", "-f", dir, "--at", at), 2, "2 tasks in 2 communities")
	expect(t, kubectl(t, "plan", "--offline", "-k", dir, "--at", at), 0, "1 task in 2 communities")
	expect(t, kubectl(t, "plan", "--offline", "-k", dir, "-f", write(t, "plain.yaml", plainTask), "--at", at), 0, "2 tasks in 2 communities")
	expect(t, feed(t, plainTask, "plan", "--offline", "-k", dir, "-f", "-", "--at", at, "--kubeconfig", none(t)), 0, "2 tasks in 2 communities")
	list := "apiVersion: v1\nkind: List\nitems:\n- " + strings.ReplaceAll(strings.TrimSpace(plainTask), "\n", "\n  ") + "\n"
	expect(t, kubectl(t, "plan", "--offline", "-k", dir, "-f", write(t, "list.yaml", list), "--at", at), 0, "2 tasks in 2 communities")
	elsewhere := strings.Replace(plainTask, ", namespace: civil-affairs", "", 1)
	expect(t, kubectl(t, "plan", "--offline", "-k", dir, "-f", write(t, "plain.yaml", elsewhere), "-n", "health", "--at", at), 0, "health/plain")
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Each mistake is answered with the file, the field and the cure.
func TestMistakesInFiles(t *testing.T) {
	with := func(old, replacement string) string { return strings.Replace(plainTask, old, replacement, 1) }
	for _, c := range []struct {
		name, text string
		says       []string
	}{
		{"unknown field", with("casesPerYear: 10", "casePerYear: 10"), []string{`unknown field "spec.workload.casePerYear"`, "correct the spelling"}},
		{"two unknown fields", with("casesPerYear: 10, minutesPerCase", "a: 10, b"), []string{"spec.workload.a", "spec.workload.b"}},
		{"wrong type", with("casesPerYear: 10", "casesPerYear: many"), []string{"spec.workload.casesPerYear can't be a string", "correct the value's type"}},
		{"number as money", with(`perCase: "5"`, "perCase: 5"), []string{"spec.funding.perCase can't be a number", "correct the value's type"}},
		{"money", with(`perCase: "5"`, `perCase: "5,00"`), []string{"spec.funding.perCase can't be 5,00", "16.50"}},
		{"choice", with("category: Assist", "category: Asist"), []string{"spec.category can't be Asist", "Own, Assist or Campaign"}},
		{"no choice", with("category: Assist", ""), []string{"spec.category is missing"}},
		{"day", with(`"2026-01-01"`, `"2026-02-30"`), []string{"spec.effective.from can't be 2026-02-30", "2026-01-31"}},
		{"order of days", with(`"2026-01-01"`, `"2026-01-01", until: "2025-01-01"`), []string{"spec.effective.until can't be 2025-01-01"}},
		{"level", with("level: National", "level: Global"), []string{"spec.legalBasis[0].level"}},
		{"half a workload", with(", minutesPerCase: 10", ""), []string{"minutesPerCase together with"}},
		{"negative", with("casesPerYear: 10", "casesPerYear: -1"), []string{"spec.workload.casesPerYear can't be -1; give 0 or more"}},
		{"verb", plainTask + "  scope: {verbs: [Punish]}\n", []string{"spec.scope.verbs[0] can't be Punish"}},
		{"key twice", plainTask + "  category: Own\n", []string{`"category" already`, "keep one of the two"}},
		{"no name", with("name: plain, ", ""), []string{"metadata.name is missing"}},
		{"kind", with("kind: AdmittedTask", "kind: AdmitedTask"), []string{"there is no kind AdmitedTask", "correct apiVersion and kind"}},
		{"version", with("v1alpha1", "v9"), []string{"shequ.io/v9"}},
		{"no YAML", "a: b: c", []string{"error"}},
		{"twice", plainTask + "---\n" + plainTask, []string{"AdmittedTask civil-affairs/plain is in", "keep one of them"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := kubectl(t, "plan", "--offline", "-f", write(t, "wrong.yaml", c.text))
			expect(t, r, 1, append(c.says, "wrong.yaml")...)
			if r.out != "" {
				t.Errorf("it is planned all the same: %s", r.out)
			}
		})
	}
}

func TestMistakesOnTheCommandLine(t *testing.T) {
	task := write(t, "plain.yaml", plainTask)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"plan", "--offline"}, "no files: name them with -f"},
		{[]string{"plan", "--offline", "-f", "nowhere.yaml"}, "nowhere.yaml"},
		{[]string{"plan", "--offline", "-f", task, "-o", "yaml"}, `there is no output "yaml"; use table, json or markdown`},
		{[]string{"plan", "--offline", "-f", task, "--at", "today"}, `"today" is no moment; write it as`},
		{[]string{"plan", "--offline", "-f", task, "--community", "anding"}, "write it as namespace/name"},
		{[]string{"plan", "--offline", "-f", task, "--community", "street/gone"}, "there is no Community gone"},
		{[]string{"plan", "-f", task}, "127.0.0.1:1"},
		{[]string{"plan", "extra"}, "extra"},
		{[]string{"explain", "a/b", "-o", "markdown"}, "use table or json"},
		{[]string{"top", "tasks", "--sort", "names"}, "use minutes, share, tasks or money"},
		{[]string{"top", "tasks", "-o", "wide"}, "use table or json"},
	} {
		expect(t, kubectl(t, c.args...), 1, c.says)
	}
}
