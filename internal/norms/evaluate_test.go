package norms

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

func TestCommitteeBandsIncludeTheirBounds(t *testing.T) {
	for households, seats := range map[int64]string{
		1: "5", 1999: "5", 2000: "7", 4000: "7", 4001: "9", 200000: "9",
	} {
		r := find(Evaluate(Facts{Community: community(households, 1)}, xian()), RuleCommitteeSeats)
		if r.Required != seats || r.Result != v1alpha1.NormUnknown {
			t.Errorf("%d households: required %q (%s), want %s and Unknown", households, r.Required, r.Result, seats)
		}
	}
}

func TestCommitteeIsMetByAtLeastItsSeats(t *testing.T) {
	for seats, want := range map[int64]v1alpha1.NormResult{
		0: v1alpha1.NormNotMet, 6: v1alpha1.NormNotMet, 7: v1alpha1.NormMet, 9: v1alpha1.NormMet,
	} {
		c := community(2500, 1)
		c.Committee = &v1alpha1.Committee{Seats: &seats}
		if r := find(Evaluate(Facts{Community: c}, xian()), RuleCommitteeSeats); r.Result != want {
			t.Errorf("%d of 7 seats: %s, want %s", seats, r.Result, want)
		}
	}
}

func TestPremises(t *testing.T) {
	tests := []struct {
		name       string
		standard   *v1alpha1.CommunityStandardSpec
		households int64
		premises   []v1alpha1.Premises
		required   string
		actual     string
		want       v1alpha1.NormResult
	}{
		{"owned and leased add up", xian(), 2000, []v1alpha1.Premises{premises("", 96, 204)}, "300", "300", v1alpha1.NormMet},
		{"several premises add up", xian(), 2000, []v1alpha1.Premises{premises("", 100, 0), premises("", 0, 199)}, "300", "299", v1alpha1.NormNotMet},
		{"none declared", xian(), 2000, nil, "300", "", v1alpha1.NormUnknown},
		{"declared without a figure", xian(), 2000, []v1alpha1.Premises{{Name: "p"}}, "300", "", v1alpha1.NormUnknown},
		{"declared as nothing", xian(), 2000, []v1alpha1.Premises{premises("", 0, 0)}, "300", "0", v1alpha1.NormNotMet},
		{"an unknown class takes the class-less band", xian(), 2000, []v1alpha1.Premises{premises("old", 300, 0)}, "300", "300", v1alpha1.NormMet},
		{"Yulin at its bound", yulin(), 3000, []v1alpha1.Premises{premises("", 300, 0)}, "300", "300", v1alpha1.NormMet},
		{"Yulin above it", yulin(), 3001, []v1alpha1.Premises{premises("", 300, 0)}, "500", "300", v1alpha1.NormNotMet},
		{"Nanjing old", nanjing(), 2000, []v1alpha1.Premises{premises("old", 200, 0)}, "200", "200", v1alpha1.NormMet},
		{"Nanjing old and new needs the larger", nanjing(), 2000, []v1alpha1.Premises{premises("old", 200, 0), premises("new", 99, 0)}, "300", "299", v1alpha1.NormNotMet},
		{"Nanjing's named estate", nanjing(), 2000, []v1alpha1.Premises{premises("yueyahu", 400, 0)}, "400", "400", v1alpha1.NormMet},
		{"Nanjing sets nothing without a class", nanjing(), 2000, []v1alpha1.Premises{premises("", 400, 0)}, "", "400", v1alpha1.NormUnknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := community(tt.households, 1)
			c.Premises = tt.premises
			r := find(Evaluate(Facts{Community: c}, tt.standard), RulePremisesArea)
			if r.Required != tt.required || r.Actual != tt.actual || r.Result != tt.want {
				t.Errorf("required %q actual %q %s, want %q %q %s", r.Required, r.Actual, r.Result, tt.required, tt.actual, tt.want)
			}
		})
	}
}

func TestStationArea(t *testing.T) {
	for area, want := range map[int64]v1alpha1.NormResult{
		0: v1alpha1.NormUnknown, 149: v1alpha1.NormNotMet, 150: v1alpha1.NormMet,
	} {
		in := Facts{Community: community(2000, 1), Station: &v1alpha1.ServiceStationSpec{PremisesSquareMeters: area}}
		if r := find(Evaluate(in, nanjing()), RuleStationArea); r.Result != want || r.Required != "150" {
			t.Errorf("%d m²: %s of %s, want %s", area, r.Result, r.Required, want)
		}
	}
	if r := find(Evaluate(Facts{Community: community(2000, 1)}, nanjing()), RuleStationArea); r.Result != v1alpha1.NormUnknown {
		t.Errorf("no station: %s, want Unknown", r.Result)
	}
}

func TestFacilities(t *testing.T) {
	all := yulin().Facilities.Required
	tests := []struct {
		name    string
		has     []string
		missing int
		want    v1alpha1.NormResult
	}{
		{"not declared", nil, 0, v1alpha1.NormUnknown},
		{"declared as none", []string{}, 8, v1alpha1.NormNotMet},
		{"one short", all[1:], 1, v1alpha1.NormNotMet},
		{"all, and one more", append([]string{"stage"}, all...), 0, v1alpha1.NormMet},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := community(2000, 1)
			c.Facilities = tt.has
			r := find(Evaluate(Facts{Community: c}, yulin()), RuleFacilities)
			if r.Result != tt.want || len(r.Missing) != tt.missing {
				t.Errorf("%s, missing %q; want %s, %d missing", r.Result, r.Missing, tt.want, tt.missing)
			}
		})
	}
}

func TestLongListsFitTheStatusField(t *testing.T) {
	var names []string
	for i := range 64 {
		names = append(names, strings.Repeat("活", 60)+fmt.Sprint(i))
	}
	standard := &v1alpha1.CommunityStandardSpec{Facilities: &v1alpha1.FacilityRule{Required: names}}
	c := community(1, 1)
	c.Facilities = names[:40]
	r := Evaluate(Facts{Community: c}, standard)[0]
	for _, s := range []string{r.Required, r.Actual, clip(r.Missing), clip([]string{strings.Repeat("x", 400)})} {
		if n := utf8.RuneCountInString(s); n > maxListed {
			t.Errorf("%d characters, at most %d: %q", n, maxListed, s)
		}
	}
	if !strings.HasSuffix(r.Required, "(+60)") {
		t.Errorf("%q does not say how many more there are", r.Required)
	}
}

func TestSignboards(t *testing.T) {
	for _, tt := range []struct {
		boards []string
		want   v1alpha1.NormResult
		gap    string
	}{
		{nil, v1alpha1.NormUnknown, ""},
		{[]string{}, v1alpha1.NormMet, ""},
		{[]string{"a", "b"}, v1alpha1.NormMet, ""},
		{[]string{"a", "b", "c"}, v1alpha1.NormNotMet, "1"},
	} {
		c := community(2000, 1)
		c.Signboards = tt.boards
		if r := find(Evaluate(Facts{Community: c}, nanjing()), RuleSignboards); r.Result != tt.want || r.Gap != tt.gap {
			t.Errorf("%q: %s gap %q, want %s gap %q", tt.boards, r.Result, r.Gap, tt.want, tt.gap)
		}
	}
}

func TestDistrictShare(t *testing.T) {
	line := func(amount string, source v1alpha1.BudgetSource) v1alpha1.BudgetLine {
		return v1alpha1.BudgetLine{YearlyAmount: v1alpha1.Decimal(amount), Source: source}
	}
	for _, tt := range []struct {
		name   string
		lines  []v1alpha1.BudgetLine
		actual string
		want   v1alpha1.NormResult
	}{
		{"no budget", nil, "", v1alpha1.NormUnknown},
		{"nothing in it", []v1alpha1.BudgetLine{line("0", "District")}, "", v1alpha1.NormUnknown},
		{"not an amount", []v1alpha1.BudgetLine{line("1e9", "District")}, "", v1alpha1.NormUnknown},
		{"exactly half", []v1alpha1.BudgetLine{line("0.01", "District"), line("0.01", "Community")}, "50", v1alpha1.NormMet},
		{"a fen above half", []v1alpha1.BudgetLine{line("15000.01", "District"), line("15000", "Subdistrict")}, "150000100/3000001", v1alpha1.NormNotMet},
		{"a third", []v1alpha1.BudgetLine{line("1", "District"), line("2", "Municipal")}, "100/3", v1alpha1.NormMet},
		{"whoever pays the rest", []v1alpha1.BudgetLine{line("1", "Other"), line("1", "Community")}, "0", v1alpha1.NormMet},
		{"nobody says who pays", []v1alpha1.BudgetLine{line("15000", "Other"), line("20000", "Other")}, "", v1alpha1.NormUnknown},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := community(2000, 1)
			c.Budget = tt.lines
			if r := find(Evaluate(Facts{Community: c}, nanjing()), RuleDistrictShare); r.Result != tt.want || r.Actual != tt.actual {
				t.Errorf("%s %q, want %s %q", r.Result, r.Actual, tt.want, tt.actual)
			}
		})
	}
}

func TestNothingDeclaredIsUnknownNeverMet(t *testing.T) {
	standard := xian()
	standard.Station, standard.Facilities = nanjing().Station, yulin().Facilities
	standard.Burden, standard.Money = nanjing().Burden, nanjing().Money
	results := Evaluate(Facts{}, standard)
	for i, r := range results {
		if r.Result != v1alpha1.NormUnknown || r.Rule != ruleNames[i] {
			t.Errorf("result %d: %s %s, want %s Unknown", i, r.Rule, r.Result, ruleNames[i])
		}
		if r.Title.ZH == "" || r.Title.EN == "" || r.Unit.ZH == "" || r.Unit.EN == "" || r.Effect != v1alpha1.EffectWarn {
			t.Errorf("%s lacks a title, a unit or the default effect: %+v", r.Rule, r)
		}
	}
	if len(results) != len(ruleNames) || Evaluate(Facts{}, nil) != nil {
		t.Errorf("%d results, want %d; and none without a standard", len(results), len(ruleNames))
	}
}

func TestSummaries(t *testing.T) {
	standard := xian()
	standard.Premises.Effect, standard.Premises.Source = v1alpha1.EffectEnforce, "a document"
	c := community(2219, 6368)
	c.Premises = []v1alpha1.Premises{premises("", 200, 0)}
	c.Workforce = []v1alpha1.WorkforcePost{{Post: "community-worker", Count: ptr.To[int64](14)}}
	results := Evaluate(Facts{Community: c}, standard)

	if got := Summary(results); got != "2/4" {
		t.Errorf("summary %s, want 2/4", got)
	}
	if Conforming(results) {
		t.Error("two rules are missed, yet conforming")
	}
	want := "2 of 4 rules met; not met: PremisesArea (has 200, needs 300 m²), " +
		"ServiceArea (has 200, needs 665.7 m²); not declared, so unknown: CommitteeSeats"
	if got := Explain(results); got != want {
		t.Errorf("explained as\n%s\nwant\n%s", got, want)
	}
	blocking := Blocking(results)
	if len(blocking) != 1 || blocking[0].Rule != RulePremisesArea || blocking[0].Gap != "100" {
		t.Errorf("blocking %+v, want PremisesArea, 100 m² short", blocking)
	}
	status := Status(results)
	if len(status) != len(results) || status[1].Source != "a document" || status[1].Unit != "m²" {
		t.Errorf("status %+v", status)
	}
}

func TestRulesAndCheck(t *testing.T) {
	if got := Rules(nanjing()); strings.Join(got, " ") !=
		"PremisesArea StationArea Signboards DistrictShare Ledgers CostCoverage" {
		t.Errorf("rules of Nanjing: %q", got)
	}
	for _, good := range []*v1alpha1.CommunityStandardSpec{xian(), yulin(), nanjing(), {}, nil} {
		if got := Check(good); got != nil {
			t.Errorf("a good standard is found wanting: %q", got)
		}
	}
	bad := xian()
	bad.Committee.Bands[1].MaxHouseholds = 1999
	bad.Premises.Bands = append(bad.Premises.Bands, v1alpha1.PremisesBand{MaxHouseholds: 3000, SquareMeters: 1})
	bad.Calendar = &v1alpha1.Calendar{
		Holidays:   []v1alpha1.Date{"2026-02-30", "2026-10-10"},
		MakeUpDays: []v1alpha1.Date{"2026-10-09", "2026-10-10"},
	}
	if got := Check(bad); len(got) != 5 {
		t.Errorf("want five complaints: committee band, premises band, 30 February, a Friday, both lists; got\n%s",
			strings.Join(got, "\n"))
	}
}
