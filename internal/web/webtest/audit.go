package webtest

import (
	_ "embed"
	"encoding/json"
	"os"
	"testing"
)

// layoutScript measures what a reader would stumble over: a page that scrolls
// sideways or weighs too much, targets too small to hit, text that is hard to tell
// from its ground.
//
//go:embed layout.js
var layoutScript string

// Look checks the page that is open: its layout, what the browser complained of, and
// what axe-core finds; then it takes a picture.
func (b *Browser) Look(t *testing.T, name string) {
	t.Helper()
	for _, problem := range append(Ask[[]string](t, b, layoutScript), b.Problems()...) {
		t.Error(problem)
	}
	b.Audit(t)
	b.Shoot(t, name)
}

// Audit runs axe-core on the page that is open, from $SHEQU_AXE (hack/axe/path.sh
// prints where it is). CI promises it; elsewhere it is left out where that is not
// set.
func (b *Browser) Audit(t *testing.T) {
	t.Helper()
	path := os.Getenv("SHEQU_AXE")
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("SHEQU_AXE is not set: export SHEQU_AXE=$(hack/axe/path.sh)")
		}
		return
	}
	library, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const script = `axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(
		r => JSON.stringify(r.violations.map(v => v.impact + ' ' + v.id + ': ' + v.help + ' at ' + v.nodes.map(n => n.target.join(' ')).join(', '))))`
	Ask[bool](t, b, string(library)+"; true")
	var found []string
	if err := json.Unmarshal([]byte(Ask[string](t, b, script)), &found); err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error("axe: ", violation)
	}
}
