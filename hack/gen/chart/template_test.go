package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../../.."

func TestUpToDate(t *testing.T) {
	want, err := Templates(root)
	if err != nil {
		t.Fatal(err)
	}
	const cure = "run go run ./hack/gen/chart and commit what it changes"
	for path, data := range want {
		have, err := os.ReadFile(filepath.Join(root, path))
		if err != nil || string(have) != string(data) {
			t.Errorf("%s is out of date: %s", path, cure)
		}
	}
	for _, s := range sources {
		err := filepath.WalkDir(filepath.Join(root, s.to), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			if _, ok := want[filepath.ToSlash(rel)]; !ok {
				t.Errorf("%s has no source: %s", rel, cure)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestTemplate(t *testing.T) {
	tests := map[string]struct {
		source source
		in     string
		want   []string
		fails  bool
	}{
		"labels are added": {
			in:   "kind: A\nmetadata:\n  name: a\nspec: {}\n",
			want: []string{"metadata:\n  labels:\n    {{- include \"shequ.labels\" . | nindent 4 }}\n  name: a\nspec: {}"},
		},
		"labels are joined": {
			in:   "metadata:\n  name: a\n  labels:\n    b: c\n",
			want: []string{"  labels:\n    {{- include \"shequ.labels\" . | nindent 4 }}\n    b: c\n"},
		},
		"only the object's own metadata is changed": {
			in:   "metadata:\n  name: a\nspec:\n  metadata:\n    labels:\n      b: c\n",
			want: []string{"spec:\n  metadata:\n    labels:\n      b: c\n"},
		},
		"each document is a template of its own": {
			in:   "metadata:\n  name: a\n---\nmetadata:\n  name: b\n",
			want: []string{"  name: a\n---\nmetadata:\n  labels:", "  name: b\n"},
		},
		"the namespace is the release's": {
			in:   "metadata:\n  namespace: shequ-system\nsubjects:\n- kind: ServiceAccount\n  namespace: shequ-system\n# shequ-system\n",
			want: []string{"  namespace: {{ .Release.Namespace }}\nsubjects:\n- kind: ServiceAccount\n  namespace: {{ .Release.Namespace }}\n"},
		},
		"a user is of the release's namespace": {
			in:   "metadata:\n  name: a\nx: \"'system:serviceaccount:shequ-system:b'\"\n",
			want: []string{"'system:serviceaccount:{{ .Release.Namespace }}:b'"},
		},
		"what looks like a template is text": {
			in:   "metadata:\n  name: a\ndescription: a {{ b }}\n",
			want: []string{`description: a {{ "{{" }} b }}`},
		},
		"what is kept says so": {
			source: source{keep: true, when: "crds.install"},
			in:     "---\nmetadata:\n  annotations:\n    a: b\n  name: c\n",
			want:   []string{"{{- if .Values.crds.install }}\nmetadata:", "    helm.sh/resource-policy: keep\n    a: b\n", "\n{{- end }}\n"},
		},
		"labels of a value come after the chart's": {
			source: source{labels: "a.labels"},
			in:     "metadata:\n  name: a\n",
			want:   []string{"{{- include \"shequ.labels\" . | nindent 4 }}\n    {{- with .Values.a.labels }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}\n  name: a\n"},
		},
		"a namespace that would stay is an error": {
			in:    "metadata:\n  name: a\nspec:\n  host: b.shequ-system.svc\n",
			fails: true,
		},
		"an object without metadata is an error": {in: "kind: A\n", fails: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := test.source.template("x.yaml", test.in)
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			for _, want := range test.want {
				if !strings.Contains(got, want) {
					t.Errorf("there is no %q in:\n%s", want, got)
				}
			}
		})
	}
}

func TestRunIsStable(t *testing.T) {
	dir := t.TempDir()
	for _, s := range sources {
		if err := os.CopyFS(filepath.Join(dir, s.from), os.DirFS(filepath.Join(root, s.from))); err != nil {
			t.Fatal(err)
		}
	}
	stray := filepath.Join(dir, sources[0].to, "stray.yaml")
	for range 2 {
		if err := run(dir); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(stray); err == nil {
			t.Error("a template without a source was left")
		}
		if err := os.WriteFile(stray, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(t.TempDir()); err == nil {
		t.Error("a directory without sources was taken")
	}
}
