package norms

import (
	"math"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// anyInt draws ordinary figures, figures at the bounds, and figures far beyond
// what the API lets through.
func anyInt() *rapid.Generator[int64] {
	return rapid.OneOf(
		rapid.Int64Range(-3, 10),
		rapid.Int64Range(0, 200000),
		rapid.Int64(),
		rapid.SampledFrom([]int64{math.MinInt64, math.MinInt64 + 1, math.MaxInt64}),
	)
}

func anyPtr() *rapid.Generator[*int64] { return rapid.Ptr(anyInt(), true) }

var class = rapid.SampledFrom([]string{"", "old", "new", "estate"})

func anyStandard() *rapid.Generator[*v1alpha1.CommunityStandardSpec] {
	return rapid.Custom(func(t *rapid.T) *v1alpha1.CommunityStandardSpec {
		n := func(name string) int64 { return anyInt().Draw(t, name) }
		has := func(name string) bool { return rapid.IntRange(0, 3).Draw(t, name) > 0 }
		s := &v1alpha1.CommunityStandardSpec{}
		if has("committee") {
			s.Committee = &v1alpha1.CommitteeRule{}
			for range rapid.IntRange(0, 3).Draw(t, "bands") {
				s.Committee.Bands = append(s.Committee.Bands, v1alpha1.CommitteeBand{MaxHouseholds: n("max"), Seats: n("seats")})
			}
		}
		if has("premises") {
			s.Premises = &v1alpha1.PremisesRule{}
			for range rapid.IntRange(0, 4).Draw(t, "bands") {
				s.Premises.Bands = append(s.Premises.Bands, v1alpha1.PremisesBand{
					Class: class.Draw(t, "class"), MaxHouseholds: n("max"), SquareMeters: n("area")})
			}
		}
		if has("areas") {
			s.Station = &v1alpha1.StationRule{SquareMeters: n("station")}
			s.ServiceArea = &v1alpha1.ServiceAreaRule{SquareMetersPer100Households: n("service")}
		}
		if has("facilities") {
			s.Facilities = &v1alpha1.FacilityRule{Required: rapid.SliceOf(class).Draw(t, "facilities")}
		}
		if has("people") {
			s.Size = &v1alpha1.SizeRule{MinHouseholds: n("min"), MaxHouseholds: n("max")}
			s.Workers = &v1alpha1.WorkersRule{Per10000Residents: n("workers")}
		}
		if has("grid") {
			s.Grid = &v1alpha1.GridRule{MinHouseholds: n("min"), MaxHouseholds: n("max"), TeamSize: n("team"),
				HouseholdsPerTeamDay: n("day"), WorkingDaysPerMonth: n("days")}
			s.Workforce = &v1alpha1.WorkforceRule{MinutesPerWorkerDay: n("minutes"), AdministrativeSharePercent: anyPtr().Draw(t, "share")}
		}
		if has("burden") {
			s.Burden = &v1alpha1.BurdenRule{Signboards: anyPtr().Draw(t, "signboards"), Ledgers: anyPtr().Draw(t, "ledgers")}
			s.Money = &v1alpha1.MoneyRule{DistrictShareLimitPercent: anyPtr().Draw(t, "limit")}
			s.Calendar = &v1alpha1.Calendar{Holidays: []v1alpha1.Date{v1alpha1.Date(rapid.String().Draw(t, "day"))}}
		}
		return s
	})
}

func anyFacts() *rapid.Generator[Facts] {
	return rapid.Custom(func(t *rapid.T) Facts {
		c := community(anyInt().Draw(t, "households"), anyInt().Draw(t, "residents"))
		for range rapid.IntRange(0, 3).Draw(t, "premises") {
			c.Premises = append(c.Premises, v1alpha1.Premises{Class: class.Draw(t, "class"),
				OwnedSquareMeters: anyPtr().Draw(t, "owned"), LeasedSquareMeters: anyPtr().Draw(t, "leased")})
		}
		for range rapid.IntRange(0, 2).Draw(t, "posts") {
			c.Workforce = append(c.Workforce, v1alpha1.WorkforcePost{Count: anyPtr().Draw(t, "count")})
		}
		if rapid.Bool().Draw(t, "committee") {
			c.Committee = &v1alpha1.Committee{Seats: anyPtr().Draw(t, "seats")}
		}
		c.Facilities = rapid.SliceOf(class).Draw(t, "facilities")
		c.Signboards = rapid.SliceOf(rapid.String()).Draw(t, "signboards")
		for range rapid.IntRange(0, 3).Draw(t, "budget") {
			c.Budget = append(c.Budget, v1alpha1.BudgetLine{
				YearlyAmount: v1alpha1.Decimal(rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{1,12}(\.[0-9]{2})?`)).Draw(t, "amount")),
				Source:       v1alpha1.BudgetSource(rapid.SampledFrom([]string{"District", "Other", "Community", ""}).Draw(t, "source"))})
		}
		out := Facts{Community: c}
		if rapid.Bool().Draw(t, "station") {
			out.Station = &v1alpha1.ServiceStationSpec{PremisesSquareMeters: anyInt().Draw(t, "station")}
		}
		return out
	})
}

// Whatever it is given, Evaluate answers, says the same again, and keeps its
// own rules about what a verdict carries.
func TestEvaluateIsTotalAndDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts, standard := anyFacts().Draw(t, "facts"), anyStandard().Draw(t, "standard")
		results := Evaluate(facts, standard)
		if !reflect.DeepEqual(results, Evaluate(facts, standard)) {
			t.Fatal("a second evaluation differs")
		}
		for _, r := range results {
			known := r.Result != v1alpha1.NormUnknown
			// An empty list of facilities is shown as such.
			if known && r.Bound != AllOf && (r.Required == "" || r.Actual == "") {
				t.Fatalf("%s is %s without its figures: %+v", r.Rule, r.Result, r)
			}
			if (r.Gap != "") != (r.Result == v1alpha1.NormNotMet) {
				t.Fatalf("%s is %s with gap %q", r.Rule, r.Result, r.Gap)
			}
		}
		_, _, _, _ = Explain(results), Status(results), Blocking(results), Rules(standard)
		_, _ = Check(standard), Workforce(facts.Community, standard)
		met, known := Count(results)
		if met > known || known > len(results) {
			t.Fatalf("%d met of %d known of %d", met, known, len(results))
		}
	})
}

func TestGridArithmeticIsTotal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, w := anyInt().Draw(t, "households"), anyInt().Draw(t, "workers")
		rule := anyStandard().Draw(t, "standard").Grid
		if cycle, ok := VisitCycle(h, w, rule); ok && cycle.Sign() <= 0 {
			t.Fatalf("a cycle of %s days", cycle)
		}
		if visits, _ := VisitsPerMonth(w, rule); visits < 0 {
			t.Fatalf("%d visits", visits)
		}
		if least, most := GridCountBounds(h, rule); least < 0 || most < 0 {
			t.Fatalf("%d to %d grids", least, most)
		}
		if v := SizeVerdict(h, v1alpha1.GridArea(rapid.SampledFrom([]string{"", "Blocks", "Compound"}).Draw(t, "area")), rule); v.Reason == "" || v.Message == "" {
			t.Fatalf("a verdict without words: %+v", v)
		}
		var c *Calendar
		if days := c.WorkingDays(int(h), time.Month(w)); days != 0 && (days < 20 || days > 23) {
			t.Fatalf("%d working days", days)
		}
	})
}

// rank orders verdicts: what was met must not become a miss.
func rank(r v1alpha1.NormResult) int {
	return map[v1alpha1.NormResult]int{v1alpha1.NormNotMet: 0, v1alpha1.NormUnknown: 1, v1alpha1.NormMet: 2}[r]
}

// More floor, more workers and more seats never turn a rule from met to missed;
// more signboards never turn it from missed to met.
func TestMoreIsNeverWorse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		small := func(name string) int64 { return rapid.Int64Range(0, 1000).Draw(t, name) }
		area, staff, seats, more := small("area"), small("staff"), small("seats"), small("more")
		build := func(extra int64) []Result {
			a, w, s := area+extra, staff+extra, seats+extra
			c := community(rapid.Just(int64(2500)).Draw(t, "households"), 7000)
			c.Premises = []v1alpha1.Premises{premises("", a, 0)}
			c.Workforce = []v1alpha1.WorkforcePost{{Count: &w}}
			c.Committee = &v1alpha1.Committee{Seats: &s}
			return Evaluate(Facts{Community: c}, xian())
		}
		before, after := build(0), build(more)
		for i := range before {
			if rank(after[i].Result) < rank(before[i].Result) {
				t.Fatalf("%s: %s with %d more, %s before", before[i].Rule, after[i].Result, more, before[i].Result)
			}
		}
		boards := func(n int64) v1alpha1.NormResult {
			c := community(1, 1)
			c.Signboards = make([]string, n)
			return find(Evaluate(Facts{Community: c}, nanjing()), RuleSignboards).Result
		}
		if rank(boards(area+more)) > rank(boards(area)) {
			t.Fatalf("%d more signboards than %d made it better", more, area)
		}
	})
}

// More households or residents never ask for less.
func TestLargerNeverNeedsLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, more := rapid.Int64Range(1, 200000).Draw(t, "h"), rapid.Int64Range(0, 200000).Draw(t, "more")
		for _, standard := range []*v1alpha1.CommunityStandardSpec{xian(), yulin()} {
			few, _ := PremisesRequired(h, nil, standard.Premises)
			many, _ := PremisesRequired(h+more, nil, standard.Premises)
			if many < few {
				t.Fatalf("premises: %d m² for %d households, %d for %d", few, h, many, h+more)
			}
		}
		fewSeats, _ := CommitteeBandFor(h, xian().Committee)
		manySeats, _ := CommitteeBandFor(h+more, xian().Committee)
		fewArea, _ := ServiceAreaRequired(h, xian().ServiceArea)
		manyArea, _ := ServiceAreaRequired(h+more, xian().ServiceArea)
		fewWorkers, _ := WorkersRequired(h, xian().Workers)
		manyWorkers, _ := WorkersRequired(h+more, xian().Workers)
		if manySeats.Seats < fewSeats.Seats || manyArea.Cmp(fewArea) < 0 || manyWorkers.Cmp(fewWorkers) < 0 {
			t.Fatalf("%d households more than %d need less", more, h)
		}
		leastFew, mostFew := GridCountBounds(h, gridRule())
		leastMany, mostMany := GridCountBounds(h+more, gridRule())
		if leastMany < leastFew || mostMany < mostFew {
			t.Fatalf("%d households more than %d need fewer grids", more, h)
		}
		workers := rapid.Int64Range(1, 50).Draw(t, "workers")
		slow, _ := VisitCycle(h, workers, gridRule())
		fast, _ := VisitCycle(h, workers+1, gridRule())
		if fast.Cmp(slow) >= 0 {
			t.Fatalf("one worker more than %d does not shorten the cycle", workers)
		}
	})
}

// Ratios obey arithmetic and print what they are.
func TestRatioLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Ratio {
			r, _ := NewRatio(rapid.Int64().Draw(t, name), rapid.Int64Range(1, math.MaxInt64).Draw(t, name))
			return r
		}
		a, b := draw("a"), draw("b")
		if a.Add(b).Sub(b).Cmp(a) != 0 || a.Mul(b).Cmp(b.Mul(a)) != 0 {
			t.Fatalf("arithmetic of %s and %s", a, b)
		}
		if q, ok := a.Div(b); ok && q.Mul(b).Cmp(a) != 0 {
			t.Fatalf("%s ÷ %s × %s is not the same again", a, b, b)
		}
		if Int(a.Floor()).Cmp(a) > 0 || Int(a.Ceil()).Cmp(a) < 0 || a.Ceil()-a.Floor() > 1 {
			t.Fatalf("%s lies not between %d and %d", a, a.Floor(), a.Ceil())
		}
	})
}
