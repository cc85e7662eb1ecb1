package show_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
	"github.com/shequ-io/shequ/internal/plan"
	"github.com/shequ-io/shequ/internal/plan/show"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.FixedZone("", 8*60*60))

// district is the one package plan is tested with.
func district(t *testing.T) *plan.Objects {
	t.Helper()
	out := &plan.Objects{}
	for _, name := range []string{"district.yaml", "proposals.yaml"} {
		data, err := os.ReadFile(filepath.Join("..", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		for document := range strings.SplitSeq(string(data), "\n---\n") {
			var kind metav1.TypeMeta
			if err := yaml.Unmarshal([]byte(document), &kind); err != nil {
				t.Fatal(err)
			}
			object := map[string]runtime.Object{
				"Namespace": &corev1.Namespace{}, "CommunityStandard": &v1alpha1.CommunityStandard{}, "Community": &v1alpha1.Community{},
				"Grid": &v1alpha1.Grid{}, "AdmittedTask": &v1alpha1.AdmittedTask{}, "TaskDecision": &v1alpha1.TaskDecision{},
			}[kind.Kind]
			if err := yaml.UnmarshalStrict([]byte(document), object); err != nil {
				t.Fatal(err)
			}
			out.Add(object)
		}
	}
	for _, d := range out.Decisions {
		if d.Spec.Approval != nil {
			d.Spec.Approval.TaskDigest = admission.Digest(&out.Tasks[0].Spec)
		}
	}
	return out
}

func proposed(o *plan.Objects) []plan.Ref { return o.TaskRefs()[1:] }

func compute(t *testing.T) *plan.Plan {
	t.Helper()
	o := district(t)
	p, err := plan.Compute(o, plan.Options{At: now, Proposed: proposed(o)})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func golden(t *testing.T, name string, write func(io.Writer) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run go test ./internal/plan/show -update and read what it wrote", err)
	}
	if out.String() != string(want) {
		t.Errorf("%s is not as the golden file has it; see what -update changes:\n%s", name, &out)
	}
	return out.String()
}

func TestPlanAsTable(t *testing.T) {
	out := golden(t, "plan.txt", func(w io.Writer) error { return show.Text(w, compute(t)) })
	for line := range strings.Lines(out) {
		if strings.TrimRight(line, " \n") != strings.TrimRight(line, "\n") {
			t.Errorf("blanks at the end of %q", line)
		}
	}
}

func TestPlanAsMarkdown(t *testing.T) {
	out := golden(t, "plan.md", func(w io.Writer) error { return show.Markdown(w, compute(t)) })
	// A title with a bar in it is still one cell.
	var bars []int
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "| civil-affairs/") && strings.Contains(line, "2,") {
			bars = append(bars, strings.Count(line, "|")-strings.Count(line, `\|`))
		}
	}
	for _, n := range bars {
		if n != bars[0] {
			t.Errorf("rows of one table have %v bars", bars)
		}
	}
}

func TestPlanAsJSON(t *testing.T) {
	golden(t, "plan.json", func(w io.Writer) error { return show.JSON(w, compute(t)) })
}

func TestExplanation(t *testing.T) {
	o := district(t)
	e, err := plan.Explain(o, proposed(o)[0], plan.Options{At: now})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "explain.txt", func(w io.Writer) error { return show.Explanation(w, e) })
}

func TestTop(t *testing.T) {
	o := district(t)
	for _, c := range compute(t).Communities {
		o.Ledgers = append(o.Ledgers, &v1alpha1.TaskLedger{ObjectMeta: metav1.ObjectMeta{Namespace: c.Ref.Namespace, Name: c.Ref.Name}, Status: c.Ledger})
	}
	golden(t, "top-communities.txt", func(w io.Writer) error { return show.Communities(w, plan.TopCommunities(o, plan.ByShare)) })
	golden(t, "top-tasks.txt", func(w io.Writer) error { return show.Tasks(w, plan.TopTasks(o, plan.ByMinutes)) })
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "社区": 4, "（一）": 6, "é": 1, "e\u0301": 1, "ＡＢ": 4, "ｱ": 1, "a社": 3, "→": 1} {
		if got := show.Width(text); got != want {
			t.Errorf("%q is %d wide, want %d", text, got, want)
		}
	}
}

// Every cell of a column starts where its title starts, Chinese or not.
func TestColumnsAreAligned(t *testing.T) {
	table := show.NewTable("NAME", ">COUNT", "EMPTY", "LAST")
	table.Add("安定社区", "1", "", "一")
	table.Add("a", "1,000", "", "x")
	table.Add("青年路第一社区 (new)", "", "", "y")
	var out bytes.Buffer
	if err := table.Text(&out); err != nil {
		t.Fatal(err)
	}
	at := map[int]bool{}
	for line := range strings.Lines(out.String()) {
		line = strings.TrimRight(line, "\n")
		last := line[strings.LastIndex(line, " ")+1:]
		at[show.Width(strings.TrimSuffix(line, last))] = true
		if strings.Contains(line, "EMPTY") {
			t.Error("an empty column is shown")
		}
	}
	if len(at) != 1 {
		t.Errorf("the last column starts at %v:\n%s", at, &out)
	}
}

// What somebody wrote into a title steers neither a terminal nor a comment.
func TestTextsOfOthersAreHarmless(t *testing.T) {
	evil := "\x1b[31m\r\u202eTitle | <img src=x> [a](http://b) @team `x` *b* #1\nnext"
	table := show.NewTable("TITLE", "END")
	table.Add(evil, "end")
	var text, markdown bytes.Buffer
	if err := table.Text(&text); err != nil {
		t.Fatal(err)
	}
	if err := table.Markdown(&markdown); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(text.String(), "\x1b\r\u202e") || strings.Count(text.String(), "\n") != 2 {
		t.Errorf("%q", &text)
	}
	for _, bad := range []string{"\x1b", "<img", "[a](", "@team", " *b", " `x", "#1"} {
		if strings.Contains(markdown.String(), bad) {
			t.Errorf("%q is in %q", bad, &markdown)
		}
	}
	if strings.Count(markdown.String(), "\n") != 3 {
		t.Errorf("%q", &markdown)
	}
}
