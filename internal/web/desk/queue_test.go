package desk_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
)

var (
	casePattern = regexp.MustCompile(`href="/en/cases/([0-9a-f-]+)"`)
	nextPattern = regexp.MustCompile(`<a class="button" href="([^"]+)">Next page`)
)

func TestQueuesArePaged(t *testing.T) {
	w := newWorld(t)
	w.many(120)
	w.enter(casework.Opinion, "opinion", "", nil)
	b := w.as(staff)
	seen := map[string]bool{}
	path := "/en/queue/open?kind=application"
	pages := 0
	for path != "" {
		p := b.get(path)
		pages++
		for _, found := range casePattern.FindAllStringSubmatch(p.body, -1) {
			if seen[found[1]] {
				t.Errorf("%s stands twice", found[1])
			}
			seen[found[1]] = true
		}
		path = ""
		if next := nextPattern.FindStringSubmatch(p.body); next != nil {
			path = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	if len(seen) != 120 || pages != 3 {
		t.Errorf("%d cases on %d pages", len(seen), pages)
	}
	if p := b.get("/en/queue/open"); !strings.Contains(p.body, `All open <span class="n">121</span>`) {
		t.Error("the tab does not count")
	}
	for _, query := range []string{"?after=" + url.QueryEscape("\x00"), "?kind=none", "?item=" + strings.Repeat("x", 3000), "?grid=%27", "?after=none"} {
		if p := b.get("/en/queue/open" + query); p.status != 200 {
			t.Errorf("%s: %d", query, p.status)
		}
	}
	if text := w.log.String(); text != "" {
		t.Errorf("an address nobody made is an error of ours: %s", text)
	}
}

// The queue of late cases stands out while there is one, and not before.
func TestLateCasesStandOut(t *testing.T) {
	w := newWorld(t)
	w.enter(casework.Opinion, "opinion", "", nil)
	b := w.as(lead)
	if p := b.get("/en/queue/open"); strings.Contains(p.body, `class="late">`) || !strings.Contains(p.body, `>Late <span class="n">0</span>`) {
		t.Errorf("nothing is late:\n%s", p.body)
	}
	w.clock.forward(40 * 24 * time.Hour)
	b = w.as(lead)
	if p := b.get("/en/queue/open"); !strings.Contains(p.body, `class="late">Late <span class="n">1</span>`) {
		t.Errorf("something is late:\n%s", p.body)
	}
}
