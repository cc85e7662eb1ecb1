package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// namespace is the one that config/default installs into.
const namespace = "shequ-system"

// source is a directory of config and where its files go in the chart.
type source struct {
	from, to string
	// when is the value that turns the files on; always when empty.
	when string
	// keep has Helm leave the objects on uninstall.
	keep bool
	// labels is the value with more labels for the objects; none when empty.
	labels string
}

var sources = []source{
	{from: "config/crd/bases", to: "charts/shequ/templates/crds", when: "crds.install", keep: true},
	{from: "config/policy", to: "charts/shequ/templates/policy"},
	{from: "config/rbac", to: "charts/shequ/templates/rbac"},
	{from: "config/prometheus/rules", to: "charts/shequ/templates/rules", when: "prometheusRule.enabled", labels: "prometheusRule.labels"},
}

// Templates returns the generated templates of the chart by their path below
// root.
func Templates(root string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, s := range sources {
		files, err := filepath.Glob(filepath.Join(root, s.from, "*.yaml"))
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("there is no YAML in %s: run this in the root of the checkout", s.from)
		}
		for _, file := range files {
			name := filepath.Base(file)
			if name == "kustomization.yaml" {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			text, err := s.template(name, string(data))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			out[path.Join(s.to, name)] = []byte(text)
		}
	}
	return out, nil
}

// template turns one file into a template.
func (s source) template(name, text string) (string, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{{- /* Copied from %s by hack/gen/chart: change it there. */}}\n", path.Join(s.from, name))
	if s.when != "" {
		fmt.Fprintf(&b, "{{- if .Values.%s }}\n", s.when)
	}
	text = strings.TrimPrefix(text, "---\n")
	for i, document := range strings.Split(text, "\n---\n") {
		if i > 0 {
			b.WriteString("---\n")
		}
		document, err := s.document(document)
		if err != nil {
			return "", err
		}
		b.WriteString(strings.TrimRight(document, "\n") + "\n")
	}
	if s.when != "" {
		b.WriteString("{{- end }}\n")
	}
	return b.String(), nil
}

// document turns one object into its template.
func (s source) document(text string) (string, error) {
	// What looks like a template in a description is text.
	text = strings.ReplaceAll(text, "{{", `{{ "{{" }}`)
	text = strings.ReplaceAll(text, "  namespace: "+namespace+"\n", "  namespace: {{ .Release.Namespace }}\n")
	text = strings.ReplaceAll(text, "system:serviceaccount:"+namespace+":", "system:serviceaccount:{{ .Release.Namespace }}:")
	lines := strings.Split(text, "\n")
	for _, line := range lines {
		if strings.Contains(line, namespace) && !strings.HasPrefix(strings.TrimSpace(line), "#") {
			return "", fmt.Errorf("%q names the namespace in a way that is not replaced", strings.TrimSpace(line))
		}
	}
	start := slices.Index(lines, "metadata:") + 1
	if start == 0 {
		return "", errors.New("an object has no metadata")
	}
	end := start
	for end < len(lines) && strings.HasPrefix(lines[end], "  ") {
		end++
	}
	metadata := lines[start:end]
	if s.keep {
		metadata = under(metadata, "  annotations:", "    helm.sh/resource-policy: keep")
	}
	if s.labels != "" {
		metadata = under(metadata, "  labels:", "    {{- with .Values."+s.labels+" }}\n    {{- toYaml . | nindent 4 }}\n    {{- end }}")
	}
	metadata = under(metadata, "  labels:", `    {{- include "shequ.labels" . | nindent 4 }}`)
	return strings.Join(slices.Concat(lines[:start], metadata, lines[end:]), "\n"), nil
}

// under puts a line first under a key, which it adds where it is missing.
func under(lines []string, key, line string) []string {
	if i := slices.Index(lines, key); i >= 0 {
		return slices.Insert(slices.Clone(lines), i+1, line)
	}
	return append([]string{key, line}, lines...)
}
