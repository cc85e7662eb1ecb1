package admission

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// TestNotesFit: whatever the tasks are called and however many there are, the
// API server takes the event.
func TestNotesFit(t *testing.T) {
	for _, tc := range []struct{ reasons, tasks, name int }{
		{1, 1, 10}, {1, 1, 300}, {1, 400, 10}, {3, 2, 40}, {12, 30, 20}, {22, 18, 10}, {22, 18, 300},
	} {
		changed := map[v1alpha1.LedgerReason][]string{}
		for i := range tc.reasons {
			reason := v1alpha1.LedgerReason(fmt.Sprintf("%s-%02d", v1alpha1.LedgerVisitCapacityExceeded, i))
			for j := range tc.tasks {
				changed[reason] = append(changed[reason], fmt.Sprintf("%s-%d", strings.Repeat("n", tc.name), j))
			}
		}
		note := sum(changed)
		if len(note) > noteLength {
			t.Errorf("%+v: a note of %d bytes", tc, len(note))
		}
		if n := strings.Count(note, "VisitCapacityExceeded"); n != tc.reasons {
			t.Errorf("%+v: %d reasons are named in %s", tc, n, note)
		}
	}
	names := []string{"dept/first", "dept/second", "dept/third", "dept/fourth"}
	for _, tc := range []struct {
		most, room int
		want       string
	}{
		{4, 100, "dept/first, dept/second, dept/third, dept/fourth"},
		{3, 100, "dept/first, dept/second, dept/third and 1 more"},
		{4, 30, "dept/first and 3 more"},
		{4, 20, "4 tasks"},
	} {
		if got := few(names, tc.most, tc.room); got != tc.want {
			t.Errorf("few(%d, %d) = %q, want %q", tc.most, tc.room, got, tc.want)
		}
	}
}
