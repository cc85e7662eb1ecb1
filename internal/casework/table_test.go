package casework

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// golden compares a text with a file of testdata.
func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (write it with -update and read what changed); now:\n%s", path, got)
	}
}

// The whole table, as it is and as it is written down.
func TestTransitions(t *testing.T) {
	var b strings.Builder
	for _, k := range Kinds() {
		fmt.Fprintf(&b, "%s\n", k)
		for _, r := range tables[k] {
			var notes []string
			if r.place != anywhere {
				notes = append(notes, "to "+string(r.place))
				if r.event == Return {
					notes[0] = "was at " + string(r.place)
				}
			}
			if r.paused {
				notes = append(notes, "also while paused")
			}
			from := r.from
			if from == "" {
				from = "-"
			}
			line := fmt.Sprintf("  %-11s  %-8s  %-11s  %-42s  %s", from, r.event, r.to, join(r.roles), strings.Join(notes, ", "))
			fmt.Fprintln(&b, strings.TrimRight(line, " "))
		}
		fmt.Fprintln(&b)
	}
	golden(t, "transitions.txt", b.String())
}

// A step and an event lead to one step only, and every step can be reached and
// be left for an end.
func TestTablesAreSound(t *testing.T) {
	for _, k := range Kinds() {
		reach, leave := map[Step]bool{"": true}, map[Step]bool{Closed: true, Rejected: true, Withdrawn: true}
		for range tables[k] {
			for _, r := range tables[k] {
				reach[r.to] = reach[r.to] || reach[r.from]
				leave[r.from] = leave[r.from] || leave[r.to]
			}
		}
		for i, r := range tables[k] {
			if !reach[r.from] || !leave[r.from] || !leave[r.to] {
				t.Errorf("%s: %+v leads from nowhere or to nowhere", k, r)
			}
			if len(r.roles) == 0 || !slices.Contains(Steps(), r.to) {
				t.Errorf("%s: %+v is for nobody or to no step", k, r)
			}
			for _, role := range r.roles {
				if n := count(r.roles, role); n != 1 {
					t.Errorf("%s: %+v names a role %d times", k, r, n)
				}
			}
			for _, o := range tables[k][i+1:] {
				if r.event == o.event && r.from == o.from && (r.place == o.place || r.place == anywhere || o.place == anywhere) {
					t.Errorf("%s: %+v and %+v are for the same", k, r, o)
				}
			}
		}
		if tables[k][0].event != Collect {
			t.Errorf("%s does not begin with a collect", k)
		}
	}
}

func count[T comparable](list []T, x T) int {
	n := 0
	for _, e := range list {
		if e == x {
			n++
		}
	}
	return n
}

// The way the package's comment draws is the table's.
func TestTheDocDrawsTheTables(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	concept, err := os.ReadFile("../../docs/concepts/casework.md")
	if err != nil {
		t.Fatal(err)
	}
	forward := []EventType{Collect, Register, Dispatch, Handle, Report, Verify, Close}
	for _, k := range Kinds() {
		var way []string
		for _, s := range []Step{Collected, Registered, Dispatched, Handled, Reported, Verified, Closed} {
			leads := slices.ContainsFunc(tables[k], func(r rule) bool { return r.to == s && slices.Contains(forward, r.event) })
			passed := slices.ContainsFunc(tables[k], func(r rule) bool { return r.from == Registered && r.event == Handle })
			switch {
			case leads && s == Dispatched && passed:
				way = append(way, "[dispatched]")
			case leads:
				way = append(way, string(s))
			}
		}
		line := fmt.Sprintf("%-13s %s\n", k+":", strings.Join(way, " → "))
		for name, text := range map[string]string{"doc.go": string(doc), "casework.md": string(concept)} {
			if !strings.Contains(text, line) {
				t.Errorf("%s does not draw %q", name, line)
			}
		}
	}
}
