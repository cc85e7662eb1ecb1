package norms

import (
	"math"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

func TestVisitCycle(t *testing.T) {
	for _, tt := range []struct {
		households, workers int64
		want                string
		ok                  bool
	}{
		{1000, 1, "200", true}, {200, 1, "40", true}, {2000, 2, "200", true},
		{2095, 3, "419/3", true}, {725, 2, "72.5", true},
		{1000, 0, "0", false}, {0, 2, "0", false}, {-5, -1, "0", false},
	} {
		got, ok := VisitCycle(tt.households, tt.workers, gridRule())
		if got.String() != tt.want || ok != tt.ok {
			t.Errorf("%d households, %d workers: %s %t, want %s %t", tt.households, tt.workers, got, ok, tt.want, tt.ok)
		}
	}
	if _, ok := VisitCycle(1000, 1, nil); ok {
		t.Error("a cycle without a rule")
	}
	if got, ok := VisitCycle(1000, 1, &v1alpha1.GridRule{}); !ok || got.String() != "200" {
		t.Errorf("a rule without figures gives %s, want the API's defaults and 200", got)
	}
}

func TestVisitsPerMonth(t *testing.T) {
	for workers, want := range map[int64]int64{0: 0, -3: 0, 1: 100, 2: 200, 3: 300, math.MaxInt64: math.MaxInt64} {
		if got, ok := VisitsPerMonth(workers, gridRule()); got != want || !ok {
			t.Errorf("%d workers: %d, want %d", workers, got, want)
		}
	}
	odd := &v1alpha1.GridRule{TeamSize: 3, HouseholdsPerTeamDay: 1, WorkingDaysPerMonth: 20}
	if got, _ := VisitsPerMonth(1, odd); got != 6 {
		t.Errorf("a third of a team makes %d whole visits in 20 days, want 6", got)
	}
	if _, ok := VisitsPerMonth(2, nil); ok {
		t.Error("visits without a rule")
	}
}

func TestSizeVerdict(t *testing.T) {
	for _, tt := range []struct {
		households int64
		area       v1alpha1.GridArea
		rule       *v1alpha1.GridRule
		result     v1alpha1.NormResult
		reason     string
		message    string
	}{
		{500, "Blocks", gridRule(), v1alpha1.NormMet, "WithinBounds", "500 households, within 500–800"},
		{800, "", gridRule(), v1alpha1.NormMet, "WithinBounds", "800 households, within 500–800"},
		{499, "Blocks", gridRule(), v1alpha1.NormNotMet, "TooSmall", "499 households, at least 500: " +
			"join it with a neighbour, or declare area: Compound if it is one compound"},
		{801, "Blocks", gridRule(), v1alpha1.NormNotMet, "TooLarge", "801 households, at most 800: " +
			"too many for one grid and too few for two: move the boundary with a neighbour"},
		{1000, "Blocks", gridRule(), v1alpha1.NormNotMet, "TooLarge", "1000 households, at most 800: split it into 2 grids"},
		{4537, "Blocks", gridRule(), v1alpha1.NormNotMet, "TooLarge", "4537 households, at most 800: split it into 6 to 9 grids"},
		{75, "Compound", gridRule(), v1alpha1.NormMet, "OneCompound", "one compound of 75 households, valid at any size"},
		{9000, "Compound", nil, v1alpha1.NormMet, "OneCompound", "one compound of 9000 households, valid at any size"},
		{600, "Blocks", nil, v1alpha1.NormUnknown, "NoGridRule", "the standard sets no grid size"},
	} {
		got := SizeVerdict(tt.households, tt.area, tt.rule)
		if got != (GridSize{tt.result, tt.reason, tt.message}) {
			t.Errorf("%d %s: %+v, want %s %s %q", tt.households, tt.area, got, tt.result, tt.reason, tt.message)
		}
	}
}

func TestGridCountBounds(t *testing.T) {
	for households, want := range map[int64][2]int64{
		0: {0, 0}, -1: {0, 0}, 75: {1, 1}, 500: {1, 1}, 800: {1, 1}, 801: {2, 1}, 1000: {2, 2}, 3775: {5, 7},
	} {
		if least, most := GridCountBounds(households, gridRule()); least != want[0] || most != want[1] {
			t.Errorf("%d households: %d to %d, want %d to %d", households, least, most, want[0], want[1])
		}
	}
}

func TestWorkforce(t *testing.T) {
	rule := xian().Workforce
	all, _ := MinutesPerMonth(14, rule, 20)
	administrative, _ := AdministrativeMinutes(all, rule)
	if all != 134400 || administrative != 80640 {
		t.Errorf("14 workers: %d minutes, %d administrative; want 134400 and 80640", all, administrative)
	}
	if part, _ := AdministrativeMinutes(101, &v1alpha1.WorkforceRule{AdministrativeSharePercent: ptr.To[int64](33)}); part != 33 {
		t.Errorf("33 %% of 101 minutes is %d whole ones, want 33", part)
	}
	if huge, _ := MinutesPerMonth(math.MaxInt64, rule, 31); huge != math.MaxInt64 {
		t.Errorf("overflow gives %d", huge)
	}

	c := community(2219, 6368)
	if Workforce(c, xian()) != nil || Workforce(nil, xian()) != nil || Workforce(c, yulin()) != nil {
		t.Error("working time without posts, community or rule")
	}
	c.Workforce = []v1alpha1.WorkforcePost{{Count: ptr.To[int64](10)}, {Count: ptr.To[int64](4)}}
	if got := Workforce(c, xian()); *got.MinutesPerMonth != all || *got.AdministrativeMinutesPerMonth != administrative {
		t.Errorf("status says %d and %d", *got.MinutesPerMonth, *got.AdministrativeMinutesPerMonth)
	}
}

func TestCalendar(t *testing.T) {
	plain, err := NewCalendar(nil)
	if err != nil {
		t.Fatal(err)
	}
	for month, want := range map[time.Month]int64{time.January: 22, time.February: 20, time.October: 22} {
		if got := plain.WorkingDays(2026, month); got != want {
			t.Errorf("%s 2026 has %d working days, want %d", month, got, want)
		}
	}
	calendar, err := NewCalendar(&v1alpha1.Calendar{
		Holidays:   []v1alpha1.Date{"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-05"},
		MakeUpDays: []v1alpha1.Date{"2026-10-10", "2026-10-08"},
	})
	if err != nil {
		t.Fatal(err)
	}
	// Three of the holidays are weekdays; one make-up day is a Saturday, the
	// other a Thursday that was a working day anyway.
	if got := calendar.WorkingDays(2026, time.October); got != 20 {
		t.Errorf("October 2026 has %d working days, want 20", got)
	}
	broken, err := NewCalendar(&v1alpha1.Calendar{Holidays: []v1alpha1.Date{"2026-02-30", "2026-02-02", "soon"}})
	if err == nil || broken.WorkingDays(2026, time.February) != 19 {
		t.Errorf("days that don't exist: error %v; the others must still count", err)
	}
	var none *Calendar
	if none.WorkingDays(2024, time.February) != 21 {
		t.Error("a nil calendar is Monday to Friday; February 2024 has 21 of them")
	}
}
