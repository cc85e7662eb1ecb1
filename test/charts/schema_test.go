package charts

import (
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/shequ-io/shequ/internal/settings"
)

func TestValuesAreRefused(t *testing.T) {
	for set, want := range map[string]string{
		"replicas=several":                       "'/replicas': got string, want integer",
		"replica=2":                              "additional properties 'replica' not allowed",
		"image.pullPolicy=Sometimes":             "value must be one of 'Always', 'IfNotPresent', 'Never'",
		"image.digest=latest":                    "'/image/digest': 'latest' does not match pattern",
		"logLevel=loud":                          "'/logLevel': value must be one of '', 'debug', 'info', 'warn', 'error'",
		"config.stationImage=":                   "'/config/stationImage': minLength: got 0, want 1",
		"config.hostnamesuffixes={.example.org}": "'/config': additional properties 'hostnamesuffixes' not allowed",
		"config.hostnameSuffixes={example.org}":  "'/config/hostnameSuffixes/0': 'example.org' does not match pattern",
		"config.hostnameSuffixes={.Example.org}": "'/config/hostnameSuffixes/0': '.Example.org' does not match pattern",
		"config.gateway.name=public":             "'/config/gateway': missing property 'namespace'",
		"config.quota.default.cpu=lots":          "'/config/quota/default/cpu': 'lots' does not match pattern",
		"config.network.gateway[0].ports={80}":   "'/config/network/gateway/0': missing property 'cidr'",
		"config.network.oidc[0].cidr=x,config.network.oidc[0].ports={0}": "'/config/network/oidc/0/ports/0': minimum: got 0, want 1",
		"config.database.host=db":           "'/config/database': missing property 'adminSecret'",
		"config.database.adminSecret=Admin": "'/config/database/adminSecret': 'Admin' does not match pattern",
		"config.database.adminSecret=admin,config.database.connectionsPerCommunity=2": "'/config/database/connectionsPerCommunity': minimum: got 2, want 7",
		"config.oidc.clientID=desk,config.oidc.issuer=http://id.example.org":          "'/config/oidc/issuer': 'http://id.example.org' does not match pattern",
		"crds.install=perhaps":      "'/crds/install': got string, want boolean",
		"podMonitor.interval=often": "'/podMonitor/interval': 'often' does not match pattern",
	} {
		out := helm.run(t.Context(), nil, "template", "shequ", path("charts", "shequ"), "--set", set)
		if out.err == nil || !strings.Contains(out.stderr, want) {
			t.Errorf("--set %s: %v, without %q:\n%s", set, out.err, want, out.stderr)
		}
	}
}

// TestFields: the schema of values and the guide know each field of the
// configuration, and no other.
func TestFields(t *testing.T) {
	want := fields(reflect.TypeFor[settings.Settings](), "")

	var schema map[string]any
	data, err := os.ReadFile(path("charts", "shequ", "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	config := schema["properties"].(map[string]any)["config"].(map[string]any)
	have := schemaFields(schema, config, "")
	if diff := difference(t, want, have); diff != "" {
		t.Errorf("the schema's fields of the configuration (-want +have):\n%s", diff)
	}

	for _, field := range want {
		if !strings.Contains(guide(t), "| `"+field+"` |") {
			t.Errorf("docs/guides/install.md has no row for %s", field)
		}
	}
	for line := range strings.Lines(guide(t)) {
		if name, ok := strings.CutPrefix(line, "| `"); ok {
			name, _, _ = strings.Cut(name, "`")
			if !slices.Contains(want, name) {
				t.Errorf("docs/guides/install.md has a row for %s, which is no field", name)
			}
		}
	}
}

// TestExample: the guide's example is taken by the operator and by the chart.
func TestExample(t *testing.T) {
	example := block(t, "# config.yaml")
	s, err := settings.Parse([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Network.Gateway)+len(s.Network.Prometheus)+len(s.Network.OIDC) == 0 || s.Gateway == nil || len(s.HostnameSuffixes) == 0 || s.Database == nil || s.OIDC == nil {
		t.Error("the example leaves out much of what there is")
	}
	values := "config:\n"
	for line := range strings.Lines(example) {
		values += "  " + line
	}
	file := t.TempDir() + "/values.yaml"
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	objects := template(t, systemNamespace, "--values", file)
	text := objects["v1 ConfigMap shequ-system/shequ-operator-config"].Object["data"].(map[string]any)["config.yaml"].(string)
	rendered, err := settings.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if diff := difference(t, s, rendered); diff != "" {
		t.Errorf("the chart changes the example (-want +have):\n%s", diff)
	}
}

// fields are the paths of a type's fields as the file spells them; [] marks the
// elements of a list.
func fields(of reflect.Type, prefix string) []string {
	switch of.Kind() {
	case reflect.Pointer:
		return fields(of.Elem(), prefix)
	case reflect.Slice:
		return fields(of.Elem(), prefix+"[]")
	case reflect.Struct:
		if of == reflect.TypeFor[resource.Quantity]() {
			return []string{prefix}
		}
	default:
		return []string{prefix}
	}
	var out []string
	for field := range of.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		out = append(out, fields(field.Type, strings.TrimPrefix(prefix+"."+name, "."))...)
	}
	slices.Sort(out)
	return out
}

// schemaFields are the paths that a JSON schema allows.
func schemaFields(root, of map[string]any, prefix string) []string {
	if ref, ok := of["$ref"].(string); ok {
		of = root["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	if items, ok := of["items"].(map[string]any); ok {
		return schemaFields(root, items, prefix+"[]")
	}
	properties, ok := of["properties"].(map[string]any)
	if !ok {
		return []string{prefix}
	}
	var out []string
	for name, property := range properties {
		out = append(out, schemaFields(root, property.(map[string]any), strings.TrimPrefix(prefix+"."+name, "."))...)
	}
	slices.Sort(out)
	return out
}

// guide is the installation guide.
func guide(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(path("docs", "guides", "install.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// block is the guide's YAML that begins with a line.
func block(t *testing.T, first string) string {
	t.Helper()
	_, text, ok := strings.Cut(guide(t), "```yaml\n"+first+"\n")
	if !ok {
		t.Fatalf("docs/guides/install.md has no YAML that begins with %q", first)
	}
	text, _, _ = strings.Cut(text, "```")
	return text
}
