package v1alpha1_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/privacy"
	"github.com/shequ-io/shequ/internal/testenv"
)

// TestForbiddenTerms asks the API server about every term internal/privacy
// lists, as a title and, where it can be one, as a code.
func TestForbiddenTerms(t *testing.T) {
	for _, class := range privacy.Classes() {
		for _, term := range privacy.Terms(class) {
			check(t, declare(t, "a", term, ""), privacy.Message(class))
			if term[0] > 127 {
				continue
			}
			check(t, declare(t, "a", "甲", "The "+strings.ToUpper(term)), privacy.Message(class))
			check(t, declare(t, "x-"+term, "甲", ""), privacy.Message(class))
			check(t, create(t, env.Client, object(t, validSystem, "spec: {accepts: [x-"+term+"]}", "")), privacy.CodeMessage())
		}
		for _, phrase := range privacy.Innocents(class) {
			check(t, declare(t, "a", phrase, ""), "")
		}
	}
}

// TestInnocentTitles asks about titles that only look like a forbidden class.
func TestInnocentTitles(t *testing.T) {
	for _, title := range privacyLines(t, "innocent.txt") {
		check(t, declare(t, "a", title, ""), "")
	}
}

// TestEvasiveTitles asks about titles that hide a forbidden class. What CEL can't
// read through is refused for its letters.
func TestEvasiveTitles(t *testing.T) {
	for _, line := range privacyLines(t, "evasive.txt") {
		class, quoted, _ := strings.Cut(line, " \"")
		title, err := strconv.Unquote("\"" + quoted)
		if err != nil {
			t.Fatal(err)
		}
		err = declare(t, "a", title, "")
		if err == nil {
			t.Errorf("%q is accepted; it is %s", title, class)
			continue
		}
		if !strings.Contains(err.Error(), privacy.Message(privacy.Class(class))) &&
			!strings.Contains(err.Error(), privacy.TitleMessage()) {
			t.Errorf("%q is refused with %v; want it to say %s", title, err, class)
		}
	}
}

func declare(t *testing.T, code, zh, en string) error {
	t.Helper()
	title := map[string]any{"zh": zh}
	if en != "" {
		title["en"] = en
	}
	standard := object(t, validStandard, "", "")
	standard.Object["spec"].(map[string]any)["dataElements"] = []any{
		map[string]any{"code": code, "title": title, "type": "Text", "class": "Other"},
	}
	return create(t, env.Client, standard)
}

func privacyLines(t *testing.T, name string) []string {
	t.Helper()
	file, err := os.Open(filepath.Join(testenv.Root(), "internal", "privacy", "testdata", name))
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
