package v1alpha1_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/internal/testenv"
)

func itoa(i int) string { return strconv.Itoa(i) }

// tables has the table of every kind, by the resource's name.
func tables() map[string]table {
	return map[string]table{
		"communities":        communityTable,
		"servicestations":    stationTable,
		"grids":              gridTable,
		"communitystandards": standardTable,
		"admittedtasks":      taskTable,
		"taskdecisions":      decisionTable,
		"taskledgers":        ledgerTable,
		"informationsystems": systemTable,
	}
}

// TestEveryRuleIsShown fails for a CEL rule that no row shows a refusal of. The
// object a table begins with is what each rule accepts.
func TestEveryRuleIsShown(t *testing.T) {
	for resource, tb := range tables() {
		for _, rule := range rulesOf(readCRD(t, resource)) {
			if rule.Message == "" {
				t.Errorf("%s: a rule has no message: %s", resource, rule.Rule)
				continue
			}
			if !tb.shows(rule.Message) {
				t.Errorf("%s: no row is refused with %q", resource, rule.Message)
			}
		}
	}
}

func (tb table) shows(message string) bool {
	for _, r := range append(append([]row(nil), tb.rows...), tb.changes...) {
		if r.want != "" && strings.Contains(message, r.want) {
			return true
		}
	}
	return false
}

func readCRD(t *testing.T, resource string) *apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testenv.Root(), "config", "crd", "bases", "shequ.io_"+resource+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(data, crd); err != nil {
		t.Fatal(err)
	}
	return crd
}

func rulesOf(crd *apiextensionsv1.CustomResourceDefinition) apiextensionsv1.ValidationRules {
	return rulesIn(crd.Spec.Versions[0].Schema.OpenAPIV3Schema)
}

func rulesIn(schema *apiextensionsv1.JSONSchemaProps) apiextensionsv1.ValidationRules {
	rules := schema.XValidations
	for _, property := range schema.Properties {
		rules = append(rules, rulesIn(&property)...)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		rules = append(rules, rulesIn(schema.Items.Schema)...)
	}
	return rules
}

// TestKinds holds names, scope and columns of every kind to the contract.
func TestKinds(t *testing.T) {
	short := map[string]string{
		"communities": "cmty", "servicestations": "station", "grids": "grid", "communitystandards": "cstd",
		"admittedtasks": "atask", "taskdecisions": "tdec", "taskledgers": "ledger", "informationsystems": "isys",
	}
	for resource := range tables() {
		crd := readCRD(t, resource)
		if got := crd.Spec.Names.Categories; len(got) != 1 || got[0] != "shequ" {
			t.Errorf("%s: categories are %v, want shequ", resource, got)
		}
		if got := crd.Spec.Names.ShortNames; len(got) != 1 || got[0] != short[resource] {
			t.Errorf("%s: short names are %v, want %s", resource, got, short[resource])
		}
		if len(crd.Spec.Versions[0].AdditionalPrinterColumns) < 4 {
			t.Errorf("%s: too few columns to be of use", resource)
		}
		for _, part := range []string{"spec", "status"} {
			schema := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties[part]
			if bare := undescribed(resource+"."+part, &schema); len(bare) > 0 {
				t.Errorf("fields without a description: %v", bare)
			}
			if open := unbounded(resource+"."+part, schema); len(open) > 0 {
				t.Errorf("fields without a bound: %v", open)
			}
			if part == "status" && len(rulesIn(&schema)) > 0 {
				t.Errorf("%s: a rule over status costs time at each write", resource)
			}
		}
	}
}

func undescribed(path string, schema *apiextensionsv1.JSONSchemaProps) []string {
	var bare []string
	for name, property := range schema.Properties {
		if property.Description == "" {
			bare = append(bare, path+"."+name)
		}
		bare = append(bare, undescribed(path+"."+name, &property)...)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		bare = append(bare, undescribed(path+"[]", schema.Items.Schema)...)
	}
	return bare
}

// unbounded returns lists without maxItems and strings without maxLength, enum
// or format. A label selector is Kubernetes' own type and bounded by it.
func unbounded(path string, schema apiextensionsv1.JSONSchemaProps) []string {
	if strings.HasSuffix(path, "Selector") {
		return nil
	}
	var open []string
	switch {
	case schema.Type == "array" && schema.MaxItems == nil:
		open = append(open, path)
	case schema.Type == "string" && schema.MaxLength == nil && len(schema.Enum) == 0 && schema.Format == "":
		open = append(open, path)
	}
	for name, property := range schema.Properties {
		open = append(open, unbounded(path+"."+name, property)...)
	}
	if schema.Items != nil && schema.Items.Schema != nil {
		open = append(open, unbounded(path+"[]", *schema.Items.Schema)...)
	}
	return open
}
