package privacy_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/internal/privacy"
)

func TestEveryTermIsForbidden(t *testing.T) {
	for _, class := range privacy.Classes() {
		terms := privacy.Terms(class)
		if len(terms) < 5 {
			t.Errorf("%s has %d terms, want Chinese and English ones", class, len(terms))
		}
		for _, term := range terms {
			got, found, ok := privacy.Forbidden("innocent", "x "+strings.ToUpper(term))
			if !ok || got != class {
				t.Errorf("%q is %q (by %q, %v), want %q", term, got, found, ok, class)
			}
		}
		for _, phrase := range privacy.Innocents(class) {
			if got, found, ok := privacy.Forbidden(phrase); ok {
				t.Errorf("%q is %q by %q, want it to pass", phrase, got, found)
			}
		}
	}
}

func TestTermsNamedByTheContract(t *testing.T) {
	for text, want := range map[string]privacy.Class{
		"民族成分": privacy.Ethnicity, "Ethnicity": privacy.Ethnicity,
		"宗教信仰": privacy.Religion, "religion": privacy.Religion, "Faith": privacy.Religion,
		"政治面貌": privacy.Politics, "Political opinion": privacy.Politics,
		"指纹": privacy.Biometrics, "人脸": privacy.Biometrics, "虹膜": privacy.Biometrics,
		"fingerprint": privacy.Biometrics, "Facial features": privacy.Biometrics,
		"face-recognition": privacy.Biometrics, "iris": privacy.Biometrics, "Biometric data": privacy.Biometrics,
		"轨迹": privacy.Movement, "行踪": privacy.Movement,
		"trajectory": privacy.Movement, "location-history": privacy.Movement,
		"重点人员": privacy.KeyPerson, "key-person": privacy.KeyPerson,
		"孕周": privacy.Reproduction, "生育状况": privacy.Reproduction, "pregnancy": privacy.Reproduction,
		"Fertility": privacy.Reproduction, "contraception": privacy.Reproduction,
	} {
		if got, _, ok := privacy.Forbidden(text); !ok || got != want {
			t.Errorf("%q is %q (%v), want %q", text, got, ok, want)
		}
	}
}

func TestInnocent(t *testing.T) {
	for _, text := range lines(t, "innocent.txt") {
		if class, term, ok := privacy.Forbidden(text); ok {
			t.Errorf("%q is %q by %q, want it to pass", text, class, term)
		}
	}
}

func TestEvasive(t *testing.T) {
	for _, line := range lines(t, "evasive.txt") {
		class, text := evasion(t, line)
		if got, _, ok := privacy.Forbidden(text); !ok || string(got) != class {
			t.Errorf("%q is %q (%v), want %q", text, got, ok, class)
		}
	}
}

// TestSeparatorsAndCase hides a term between any signs, in any case and width.
func TestSeparatorsAndCase(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.SampledFrom(privacy.Classes()).Draw(t, "class")
		term := rapid.SampledFrom(privacy.Terms(class)).Draw(t, "term")
		var hidden strings.Builder
		for _, letter := range term {
			form := rapid.SampledFrom([]string{
				string(letter), strings.ToUpper(string(letter)), fullWidth(letter),
			}).Draw(t, "form")
			hidden.WriteString(form)
			hidden.WriteString(rapid.SampledFrom([]string{"", "", " ", "-", "_", ".", "·", "\u200b", "　"}).Draw(t, "sign"))
		}
		// The signs may set another forbidden term free, as in "cont race p".
		got, other, ok := privacy.Forbidden(hidden.String())
		if !ok || got != class && !strings.Contains(term, other) {
			t.Fatalf("%q hides %q and is %q (%v), want %q", hidden.String(), term, got, ok, class)
		}
	})
}

func FuzzForbidden(f *testing.F) {
	f.Add("民族", "Iris Road")
	f.Add("\xff", "")
	f.Fuzz(func(t *testing.T, a, b string) {
		classA, termA, okA := privacy.Forbidden(a)
		classB, termB, okB := privacy.Forbidden(b)
		class, term, ok := privacy.Forbidden(a, b)
		wantClass, wantTerm := classA, termA
		if !okA {
			wantClass, wantTerm = classB, termB
		}
		if ok != (okA || okB) || class != wantClass || term != wantTerm {
			t.Errorf("texts are not looked at one by one: %q, %q", a, b)
		}
	})
}

// TestRulesOfTheCRDs holds the CEL of the CRDs to the list. When it fails, copy
// the wanted rule and message into the marker of the type.
func TestRulesOfTheCRDs(t *testing.T) {
	want := map[string]string{privacy.TitleRule(): privacy.TitleMessage()}
	for _, class := range privacy.Classes() {
		want[privacy.Rule(class)] = privacy.Message(class)
	}
	got := rules(t, "communitystandards", "spec", "dataElements")
	for rule, message := range want {
		if got[rule] != message {
			t.Errorf("DataElement lacks rule=`%s`,message=%q", rule, message)
		}
	}
	if len(got) != len(want) {
		t.Errorf("DataElement has %d rules, want %d", len(got), len(want))
	}
	for resource, path := range map[string][]string{
		"admittedtasks":      {"spec", "data", "element"},
		"informationsystems": {"spec", "accepts"},
	} {
		if got := rules(t, resource, path...); got[privacy.CodeRule()] != privacy.CodeMessage() {
			t.Errorf("%v of %s lacks rule=`%s`,message=%q", path, resource, privacy.CodeRule(), privacy.CodeMessage())
		}
	}
	if got := rules(t, "admittedtasks", "spec", "deliveries", "mapping", "field"); got[privacy.FieldRule()] != privacy.FieldMessage() {
		t.Errorf("field of a mapping lacks rule=`%s`,message=%q", privacy.FieldRule(), privacy.FieldMessage())
	}
}

// TestRulesOfThePolicy holds the policy over surveys to the list. When it fails, copy
// the wanted expression and message into config/policy/survey-terms.yaml.
func TestRulesOfThePolicy(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("..", "..", "config", "policy", "survey-terms.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var policy struct {
		Spec struct {
			Variables   []struct{ Name, Expression string }
			Validations []struct{ Expression, Message string }
		} `json:"spec"`
	}
	first, _, _ := strings.Cut(string(data), "\n---\n")
	if err := yaml.Unmarshal([]byte(first), &policy); err != nil {
		t.Fatal(err)
	}
	if v := policy.Spec.Variables; len(v) != 1 || v[0].Name != "texts" || v[0].Expression != privacy.SurveyTexts() {
		t.Errorf("want the one variable texts: %s", privacy.SurveyTexts())
	}
	if got, want := len(policy.Spec.Validations), len(privacy.Classes()); got != want {
		t.Fatalf("%d validations, want %d", got, want)
	}
	for i, class := range privacy.Classes() {
		got := policy.Spec.Validations[i]
		if got.Expression != privacy.SurveyRule(class) || got.Message != privacy.SurveyMessage(class) {
			t.Errorf("validation %d wants\n  - expression: >-\n      %s\n    message: %s", i, privacy.SurveyRule(class), privacy.SurveyMessage(class))
		}
	}
}

// rules returns the rules and messages of a property, or of its items.
func rules(t *testing.T, resource string, path ...string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "config", "crd", "bases", "shequ.io_"+resource+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	type schema struct {
		Properties  map[string]*schema `json:"properties"`
		Items       *schema            `json:"items"`
		Validations []struct {
			Rule, Message string
		} `json:"x-kubernetes-validations"`
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema *schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(data, &crd); err != nil {
		t.Fatal(err)
	}
	at := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	for _, name := range path {
		if at = at.Properties[name]; at.Items != nil {
			at = at.Items
		}
	}
	result := map[string]string{}
	for _, v := range at.Validations {
		result[v.Rule] = v.Message
	}
	return result
}

func lines(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var result []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		if line := scanner.Text(); line != "" && !strings.HasPrefix(line, "#") {
			result = append(result, line)
		}
	}
	return result
}

func evasion(t *testing.T, line string) (class, text string) {
	t.Helper()
	class, quoted, _ := strings.Cut(line, ` "`)
	text, err := strconv.Unquote(`"` + quoted)
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return class, text
}

func fullWidth(letter rune) string {
	if letter > ' ' && letter < 127 {
		return string(letter + 0xfee0)
	}
	return string(letter)
}
