package casework

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// outcomes makes so many of one group: opened, and of those responded, rated, and
// satisfied.
func outcomes(group string, opened, responded, rated, satisfied int) []Outcome {
	out := make([]Outcome, opened)
	for i := range out {
		out[i] = Outcome{Group: group, Responded: i < responded, Resolved: i < responded/2, Rated: i < rated, Satisfied: i < satisfied}
	}
	return out
}

func write(f Figures) string {
	n := func(c Count) string {
		if c.Hidden {
			if c.N != 0 {
				return "LEAK"
			}
			return "-"
		}
		return fmt.Sprint(c.N)
	}
	p := func(s Share) string { return fmt.Sprintf("%s %d%%", s.Precision, s.Percent) }
	return fmt.Sprintf("%s: %s %s %s %s %s %s; %s, %s, %s", f.Group, n(f.Opened), n(f.Responded), n(f.Resolved), n(f.Late), n(f.Rated),
		n(f.Satisfied), p(f.Response), p(f.Resolution), p(f.Satisfaction))
}

func TestFigures(t *testing.T) {
	var all []Outcome
	all = append(all, outcomes("application", 200, 180, 100, 80)...)
	all = append(all, outcomes("help-request", 100, 97, 40, 35)...)
	all = append(all, outcomes("mediation", 4, 4, 2, 1)...)
	all = append(all, outcomes("opinion", 126, 60, 30, 4)...)
	groups, total := Publish(all)
	var b strings.Builder
	for _, g := range append(groups, total) {
		fmt.Fprintln(&b, write(g))
	}
	want := strings.TrimPrefix(`
application: - - - - - -; unknown 0%, unknown 0%, unknown 0%
help-request: 100 - 48 - 40 -; at-least 91%, exactly 48%, at-least 77%
mediation: - - - - - -; unknown 0%, unknown 0%, unknown 0%
opinion: 126 60 30 - 30 -; exactly 47%, exactly 23%, at-most 30%
: 430 341 170 - 172 120; exactly 79%, exactly 39%, exactly 69%
`, "\n")
	if b.String() != want {
		t.Errorf("figures\n%s, want\n%s", b.String(), want)
	}
	if groups, total := Publish(nil); groups != nil || !total.Opened.Hidden || total.Response.Precision != Unknown {
		t.Errorf("of nothing: %v %+v", groups, total)
	}
	if groups, _ := Publish([]Outcome{{Group: ""}}); len(groups) != 1 {
		t.Errorf("a group without a name: %v", groups)
	}
}

// Ninety-one to a hundred of a hundred read the same, and so do none to nine.
func TestSharesTellNoSmallCount(t *testing.T) {
	seen := map[string]int{}
	for n := range 101 {
		_, total := Publish(outcomes("g", 100, n, 0, 0))
		seen[write(Figures{Responded: total.Responded, Response: total.Response})]++
	}
	for n := range 20 {
		if _, total := Publish(outcomes("g", 19, n, 0, 0)); total.Response.Precision != Unknown {
			t.Errorf("%d of 19 are %s: at most and at least would both be near the middle", n, write(total))
		}
	}
	for text, n := range seen {
		if strings.Contains(text, "at-") && n != MinCount {
			t.Errorf("%q is said of %d counts, want %d", text, n, MinCount)
		}
	}
	if len(seen) != 81+2 {
		t.Errorf("%d different answers", len(seen))
	}
}

// An attacker who knows the rule, and whether a cell is hidden for itself or as
// cover, goes through every table there is: of no cell that is hidden for itself
// is more learnt than that it is small, give or take a value.
func TestNoColumnGivesItsSmallCellsAway(t *testing.T) {
	for _, c := range []struct {
		width  int
		of     []int64 // opened in each group; nil where it is the opened that are counted
		top    int64
		column int
	}{
		{width: 2, top: 60, column: colOpened},
		{width: 3, top: 38, column: colOpened},
		{width: 2, of: []int64{100, 100}, top: 100, column: colResponded},
		{width: 2, of: []int64{25, 70}, top: 70, column: colResponded},
		{width: 3, of: []int64{21, 30, 36}, top: 36, column: colResponded},
		{width: 3, of: []int64{40, 15, 40}, top: 40, column: colResponded},
	} {
		possible := map[string][]map[int64]bool{}
		everyTable(c.width, c.top, func(counts []int64) {
			rows, all := make([]tally, c.width), tally{}
			for i, n := range counts {
				rows[i][colOpened] = n
				if c.of != nil {
					if n > c.of[i] {
						return
					}
					rows[i] = tally{colOpened: c.of[i], colResponded: n}
				}
				for column := range columns {
					all[column] += rows[i][column]
				}
			}
			groups, total := suppress(rows, &all)
			key := fmt.Appendf(nil, "%d", total[c.column])
			if total[c.column] == shown {
				key = fmt.Appendf(key, " of %d", all[c.column])
			}
			for i := range rows {
				mark := "sfnc"[groups[i][c.column]]
				if c.of != nil && c.of[i] < 2*MinCount {
					mark = '?' // no share tells which
				}
				key = append(key, ' ', mark)
				if groups[i][c.column] == shown {
					key = fmt.Append(key, counts[i])
				}
			}
			if possible[string(key)] == nil {
				possible[string(key)] = make([]map[int64]bool, c.width)
			}
			for i, n := range counts {
				if v := groups[i][c.column]; v != few && v != nearlyAll {
					continue
				}
				if possible[string(key)][i] == nil {
					possible[string(key)][i] = map[int64]bool{}
				}
				possible[string(key)][i][n] = true
			}
		})
		for key, values := range possible {
			// Beyond the largest number tried, what would be possible is cut off.
			var veil, sum int64
			if n, _ := fmt.Sscanf(key, "%d of %d", &veil, &sum); n == 2 && c.of == nil && sum > c.top {
				continue
			}
			for i, v := range values {
				if v != nil && len(v) < MinCount-1 {
					t.Errorf("%+v: %q: cell %d can only be one of %v", c, key, i, v)
				}
			}
		}
	}
}

// everyTable visits every list of so many numbers from 0 to top.
func everyTable(width int, top int64, visit func([]int64)) {
	counts := make([]int64, width)
	for {
		visit(counts)
		i := 0
		for ; i < width && counts[i] == top; i++ {
			counts[i] = 0
		}
		if i == width {
			return
		}
		counts[i]++
	}
}

// In whole figures: no difference along a column or a row is a small count.
func TestDifferencesTellNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Outcome
		for i := range rapid.IntRange(1, 6).Draw(t, "groups") {
			n := rapid.IntRange(0, 120).Draw(t, "opened")
			responded := rapid.IntRange(0, n).Draw(t, "responded")
			rated := rapid.IntRange(0, n).Draw(t, "rated")
			all = append(all, outcomes(fmt.Sprintf("g%d", i), n, responded, rated, rapid.IntRange(0, rated).Draw(t, "satisfied"))...)
		}
		groups, total := Publish(all)
		counts := func(f Figures) []Count {
			return []Count{f.Opened, f.Responded, f.Resolved, f.Late, f.Rated, f.Satisfied}
		}
		for _, f := range append(groups, total) {
			row := counts(f)
			for i, c := range row {
				of := row[within[i]]
				if !c.Hidden && c.N < MinCount || i > 0 && !c.Hidden && !of.Hidden && of.N-c.N < MinCount || c.Hidden && c.N != 0 {
					t.Fatalf("%s tells of a small count", write(f))
				}
			}
		}
		for i, sum := range counts(total) {
			hidden, rest := 0, sum.N
			for _, g := range groups {
				if c := counts(g)[i]; c.Hidden {
					hidden++
				} else {
					rest -= c.N
				}
			}
			if !sum.Hidden && (hidden == 1 || hidden > 1 && rest < 2*MinCount-1) {
				t.Fatalf("column %d: %d are hidden and come to %d", i, hidden, rest)
			}
		}
	})
}

func TestOutcome(t *testing.T) {
	if o := closed(t).do(resident, Rate).c.Outcome("g", true); o != (Outcome{Group: "g", Responded: true, Resolved: true, Late: true, Rated: true}) {
		t.Errorf("closed and rated 3: %+v", o)
	}
	f := closed(t).do(resident, Rate, func(e *Event) { e.Ratings.Satisfaction = 4 }).do(resident, Reopen)
	if o := f.c.Outcome("g", false); o != (Outcome{Group: "g", Responded: true, Rated: true, Satisfied: true}) {
		t.Errorf("reopened: %+v", o)
	}
	if o := opened(t, Opinion, resident).do(resident, Withdraw).c.Outcome("g", false); o != (Outcome{Group: "g"}) {
		t.Errorf("withdrawn: %+v", o)
	}
	if o := opened(t, Opinion, resident).do(clerk, Reject).c.Outcome("g", false); !o.Responded || o.Resolved {
		t.Errorf("rejected: %+v", o)
	}
}
