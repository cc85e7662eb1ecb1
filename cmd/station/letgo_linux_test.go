package main

import (
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/desk"
)

// mappedFile is how much of files is mapped now, in KiB.
func mappedFile(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`RssFile:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Fatal("the kernel does not say how much of files is mapped")
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestLetGo: what rendering touched is let go, and what is needed again is there again.
func TestLetGo(t *testing.T) {
	doc := contenttest.QingnianNo2()
	render := func() {
		if _, err := desk.Build(&doc, nil); err != nil {
			t.Fatal(err)
		}
	}
	render()
	before := mappedFile(t)
	if n := letGo(); n < 1<<20 {
		t.Fatalf("it let go of %d bytes", n)
	}
	after := mappedFile(t)
	t.Logf("%d KiB were mapped, and %d are", before, after)
	if after > before*3/4 {
		t.Errorf("%d KiB were mapped, and %d still are", before, after)
	}
	render()
}
