package desk

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/web/frame"
)

// sentences the courier gives as why something is not delivered, as its source has
// them.
func sentences(t *testing.T) []string {
	t.Helper()
	var out []string
	pattern := regexp.MustCompile(`Why: +(?:fmt\.Sprintf\()?"([^"]{12,})"`)
	for _, dir := range []string{"transport", "rounds"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "courier", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range pattern.FindAllStringSubmatch(string(data), -1) {
				out = append(out, found[1])
			}
		}
	}
	if len(out) < 30 {
		t.Fatalf("only %d sentences found", len(out))
	}
	return out
}

// TestTheCouriersSentencesAreUnderstood: whoever is at the desk reads in their own
// language why something does not arrive, and what helps.
func TestTheCouriersSentencesAreUnderstood(t *testing.T) {
	// Those that are part of another sentence, and those that nobody at a desk can do
	// anything about.
	others := []string{"look at the mapping", "it is too long", "it is no JSON", "its acknowledgement", "it has no request hash", "it is to another message", "it is of another service",
		"what became of it can't be kept", "it failed %d times", "the key makes no name"}
	for _, s := range sentences(t) {
		if diagnose(s) == elsewise && !slices.ContainsFunc(others, func(o string) bool { return strings.Contains(s, o) }) {
			t.Errorf("nobody at the desk understands: %s", s)
		}
	}
	for why, want := range map[string]trouble{
		"the system refuses the message with status 422: look at the mapping, or ask who runs it":                                   refusedIt,
		"not delivered: the message is longer than the limit":                                                                       refusedIt,
		"the system's answer can't be read: it is no JSON; ask who runs it, then replay the message":                                misread,
		"the system's answer can't be read: no verdict fits; correct how its answers are read, then replay the message":             misread,
		"it failed 400 times in more than a week; when this is mended, replay it: the system did not answer in time":                unreachable,
		"the file has lain there for a week and nobody has acknowledged it; ask who runs the system, then replay the message":       unacknowledged,
		"the system answers with status 404, as where nothing is at an address; correct its address, or ask who runs it":            misplaced,
		"the security server does not know our certificate; register it, or put the right one into the Secret":                      notLetIn,
		"the system shows a certificate that is not trusted for its address; put its authority into ca.crt, or correct the address": untrusted,
		"unfit": unfit, "other-key": unopened, "unreadable": unopened, "": elsewise, "a word nobody knows": elsewise,
	} {
		if got := diagnose(why); got != want {
			t.Errorf("%q is %s, want %s", why, got, want)
		}
	}
	for _, is := range append([]trouble{elsewise}, known()...) {
		for _, lang := range []string{"zh-CN", "en"} {
			for _, of := range []string{"desk.why.", "desk.cure."} {
				if _, err := frame.For(lang).M(of + string(is)); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

func known() []trouble {
	var out []trouble
	for _, s := range symptoms {
		out = append(out, s.is)
	}
	return out
}
