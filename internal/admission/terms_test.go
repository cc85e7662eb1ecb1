package admission_test

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// Data of no forbidden class is taken in, by whatever code the class goes.
func TestForbiddenDataStaysOut(t *testing.T) {
	for _, code := range []v1alpha1.DataElementCode{
		"ethnic-group", "minzu", "religion", "zongjiao-xinyang", "political-status", "zhengzhi-mianmao", "fingerprint", "face-scan", "zhi-wen",
		"location-history", "trajectory", "guiji", "key-person", "zhongdian-renyuan", "pregnancy", "huai-yun",
	} {
		s := newScene()
		s.Standard.Spec.DataElements = append(s.Standard.Spec.DataElements, v1alpha1.DataElement{Code: code, Title: v1alpha1.LocalizedText{ZH: "甲"}, Type: "Text"})
		collect(code)(s.spec)
		a := find(t, settled(t, s.doorstep().Snapshot), subject)
		if a.Entry.Reason != v1alpha1.LedgerProhibited || a.Entry.AdmittedAt != nil || !strings.Contains(a.Entry.Message, "take "+string(code)+" out of spec.data") {
			t.Errorf("%s is %s: %s", code, a.Entry.Reason, a.Entry.Message)
		}
	}
}

// What should never have got past the API server stays out, and what would cure
// it does.
func TestBrokenTerms(t *testing.T) {
	cures := cureCounter{}
	for name, row := range map[string]struct {
		edit   func(s *v1alpha1.AdmittedTaskSpec)
		reason v1alpha1.LedgerReason
		cures  int
	}{
		"forbidden data": {func(s *v1alpha1.AdmittedTaskSpec) { collect("religion")(s) }, "Prohibited", 1},
		"forbidden and baseless data": {func(s *v1alpha1.AdmittedTaskSpec) {
			collect("religion")(s)
			s.Data = append(s.Data, v1alpha1.TaskData{Element: "income", Use: v1alpha1.UseReuse, Purpose: "a", Basis: "nothing"})
		}, "Prohibited", 2},
		"an undeclared delivery": {func(s *v1alpha1.AdmittedTaskSpec) {
			s.Deliveries = []v1alpha1.TaskDelivery{{SystemRef: v1alpha1.LocalReference{Name: "register"}, Purpose: "a", Elements: []v1alpha1.DataElementCode{"income", "name"}}}
		}, "Prohibited", 2},
		"a campaign without an end": {func(s *v1alpha1.AdmittedTaskSpec) {
			s.Category, s.Effective.From = v1alpha1.CategoryCampaign, "2026-12-01"
		}, "Prohibited", 1},
		"an end before the beginning": {func(s *v1alpha1.AdmittedTaskSpec) {
			s.Effective = v1alpha1.TaskWindow{From: "2027-02-01", Until: "2027-01-31"}
		}, "Prohibited", 1},
		"an end on no day":      {func(s *v1alpha1.AdmittedTaskSpec) { s.Effective.Until = "2027-02-30" }, "Prohibited", 0},
		"a beginning on no day": {func(s *v1alpha1.AdmittedTaskSpec) { s.Effective.From = "soon" }, "Prohibited", 0},
		"no beginning":          {func(s *v1alpha1.AdmittedTaskSpec) { s.Effective.From = "" }, "Prohibited", 0},
		"the power to punish":   {func(s *v1alpha1.AdmittedTaskSpec) { powers(s, "Penalise, Inspect", "Penalise, Inspect") }, "Prohibited", 2},
		"a prohibited item that punishes": {func(s *v1alpha1.AdmittedTaskSpec) {
			s.CatalogueCode = "fines"
			powers(s, "Penalise", "Inspect")
		}, "Prohibited", 2},
		"verbs nothing grants":    {func(s *v1alpha1.AdmittedTaskSpec) { powers(s, "Inspect, Discover", "") }, "AuthorityMissing", 2},
		"a basis below municipal": {func(s *v1alpha1.AdmittedTaskSpec) { s.LegalBasis[0].Level = v1alpha1.LevelDistrict }, "LegalBasisExpired", 1},
		"no basis":                {func(s *v1alpha1.AdmittedTaskSpec) { s.LegalBasis = nil }, "LegalBasisExpired", 1},
		"a basis that ends on no day": {func(s *v1alpha1.AdmittedTaskSpec) {
			s.LegalBasis = append(s.LegalBasis[:0:0], v1alpha1.LegalBasis{ID: "law", Level: v1alpha1.LevelNational, Expires: "2027-13-01"})
		}, "LegalBasisExpired", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			row.edit(s.spec)
			d := s.doorstep()
			r := settled(t, d.Snapshot)
			a := find(t, r, subject)
			if a.Entry.Reason != row.reason || a.Entry.AdmittedAt != nil {
				t.Fatalf("is %s: %s", a.Entry.Reason, a.Entry.Message)
			}
			if len(a.Findings[0].Changes) != row.cures {
				t.Errorf("%d cures, want %d: %+v", len(a.Findings[0].Changes), row.cures, a.Findings[0])
			}
			cures.verify(t, d, &r)
		})
	}
}

func powers(s *v1alpha1.AdmittedTaskSpec, asked, granted string) {
	list := map[string][]v1alpha1.TaskVerb{
		"": nil, "Inspect": {"Inspect"}, "Penalise": {"Penalise"}, "Penalise, Inspect": {"Penalise", "Inspect"}, "Inspect, Discover": {"Inspect", "Discover"},
	}
	s.Scope = &v1alpha1.TaskScope{Verbs: list[asked]}
	if granted != "" {
		s.Scope.Authority = &v1alpha1.TaskAuthority{Instrument: "1", Verbs: list[granted]}
	}
}

// Each norm that is enforced keeps new work out until the community meets it, by
// exactly as much as it is told.
func TestNormsKeepWorkOut(t *testing.T) {
	enforce := v1alpha1.RuleMeta{Effect: v1alpha1.EffectEnforce}
	cures := cureCounter{}
	for name, row := range map[string]struct {
		rule    func(s *v1alpha1.CommunityStandardSpec)
		has     func(s *scene)
		message string
	}{
		"seats": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Committee = &v1alpha1.CommitteeRule{RuleMeta: enforce, Bands: []v1alpha1.CommitteeBand{{Seats: 5, Chairs: 5}}}
		}, func(s *scene) { s.Community.Spec.Committee = &v1alpha1.Committee{Seats: ptr.To(int64(3))} },
			"Residents' committee seats: has 3, needs 5 seats"},
		"premises": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Premises = &v1alpha1.PremisesRule{RuleMeta: enforce, Bands: []v1alpha1.PremisesBand{{SquareMeters: 300}}}
		}, func(s *scene) {
			s.Community.Spec.Premises = []v1alpha1.Premises{{OwnedSquareMeters: ptr.To(int64(100))}}
		},
			"Office and service premises: has 100, needs 300 m²"},
		"service area": {func(s *v1alpha1.CommunityStandardSpec) {
			s.ServiceArea = &v1alpha1.ServiceAreaRule{RuleMeta: enforce, SquareMetersPer100Households: 33}
		}, func(s *scene) {
			s.Community.Spec.Profile.Households = 1001
			s.Community.Spec.Premises = []v1alpha1.Premises{{OwnedSquareMeters: ptr.To(int64(100))}}
		}, "Service area per 100 households: has 100, needs 330.33 m²"},
		"station": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Station = &v1alpha1.StationRule{RuleMeta: enforce, SquareMeters: 150}
		}, func(s *scene) {
			s.Station = &v1alpha1.ServiceStation{Spec: v1alpha1.ServiceStationSpec{PremisesSquareMeters: 120}}
		}, "Service station floor area: has 120, needs 150 m²"},
		"facilities": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Facilities = &v1alpha1.FacilityRule{RuleMeta: enforce, Required: []string{"clinic", "library", "hall"}}
		}, func(s *scene) { s.Community.Spec.Facilities = []string{"library"} }, "Required facilities: lacks clinic (and 1 more)"},
		"too small": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Size = &v1alpha1.SizeRule{RuleMeta: enforce, MinHouseholds: 1200, MaxHouseholds: 3000}
		}, func(*scene) {}, "Community size: has 1000, needs 1200–3000 households"},
		"too large": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Size = &v1alpha1.SizeRule{RuleMeta: enforce, MinHouseholds: 100, MaxHouseholds: 800}
		}, func(*scene) {}, "Community size: has 1000, needs 100–800 households"},
		"workers": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Workers = &v1alpha1.WorkersRule{RuleMeta: enforce, Per10000Residents: 42}
		}, func(*scene) {}, "Community workers: has 10, needs 12.6 workers"},
		"signboards": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Burden.RuleMeta, s.Burden.Signboards = enforce, ptr.To(int64(1))
		}, func(s *scene) { s.Community.Spec.Signboards = []string{"a", "b", "c"} }, "Signboards: has 3, needs 1 signboards"},
		"who pays": {func(s *v1alpha1.CommunityStandardSpec) { s.Money.RuleMeta = enforce },
			func(s *scene) {
				s.Community.Spec.Budget = []v1alpha1.BudgetLine{{Name: "a", YearlyAmount: "700", Source: "District"}, {Name: "b", YearlyAmount: "300", Source: "Community"}}
			}, "Share of budget from the district: has 70, needs 50 %"},
		"two at once": {func(s *v1alpha1.CommunityStandardSpec) {
			s.Size = &v1alpha1.SizeRule{RuleMeta: enforce, MinHouseholds: 1200, MaxHouseholds: 3000}
			s.Workers = &v1alpha1.WorkersRule{RuleMeta: enforce, Per10000Residents: 42}
		}, func(*scene) {}, "Community size: has 1000, needs 1200–3000 households (and 1 more)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			row.rule(&s.Standard.Spec)
			row.has(s)
			d := s.doorstep()
			r := settled(t, d.Snapshot)
			a := find(t, r, subject)
			if want := row.message + "; nothing new enters until the community meets the norm"; a.Entry.Message != want {
				t.Errorf("is %s %q\n want %q", a.Entry.Reason, a.Entry.Message, want)
			}
			if len(a.Findings) != 1 || len(a.Findings[0].Changes) == 0 {
				t.Errorf("findings: %+v", a.Findings)
			}
			cures.verify(t, d, &r)
		})
	}
}

// Where no single figure can be cut far enough, several are, none further than
// it must; the money has to cover what is left.
func TestSeveralLevers(t *testing.T) {
	cures := cureCounter{}
	s := newScene()
	s.Community.Spec.Workforce[0].Count = ptr.To(int64(1))                           // 5760 minutes in the tightest month, 69120 a year
	s.spec.Workload = &v1alpha1.TaskWorkload{CasesPerYear: 7000, MinutesPerCase: 11, // 77000
		Visits:  &v1alpha1.VisitLoad{HouseholdPercent: 80, TimesPerYear: 5, MinutesPerVisit: 10}, // 80000
		Reports: &v1alpha1.ReportLoad{PerYear: 12, MinutesEach: 6000}}                            // 72000
	s.spec.Funding = &v1alpha1.TaskFunding{PerCommunity: "1000000", Source: "city"}
	d := s.doorstep()
	r := settled(t, d.Snapshot)
	a := find(t, r, subject)
	want := "needs 19084 min in 2027-02, 5760 of 5760 left; fits with at most 5647 cases a year (asks 7000) and " +
		"visits to at most 1% of households (asks 80%) and at most 1 reports a year (asks 12), or 3 more posts in the community"
	if a.Entry.Reason != v1alpha1.LedgerCapacityExceeded || a.Entry.Message != want {
		t.Errorf("%s %q, want %q", a.Entry.Reason, a.Entry.Message, want)
	}
	cures.verify(t, d, &r)
	if cures["CapacityExceeded AdmittedTask spec.workload.reports.perYear "] == 0 {
		t.Errorf("reports were not cut: %v", cures)
	}
}

// A task that stands in the way of nothing it needs is not told to change: of
// several contests all have to be dismissed.
func TestSeveralContests(t *testing.T) {
	cures := cureCounter{}
	s := newScene()
	s.decisions = append(s.decisions, objection("b"), objection("a"), objection("c"),
		ruling("r1", "c", v1alpha1.VerdictUphold, now.AddDate(0, 0, -3)), ruling("r2", "c", v1alpha1.VerdictDismiss, now.AddDate(0, 0, -2)))
	d := s.doorstep()
	r := settled(t, d.Snapshot)
	a := find(t, r, subject)
	if want := "the sub-district contests it (street/a) (and 1 more); it waits for the committee's ruling"; a.Entry.Message != want {
		t.Errorf("%q, want %q", a.Entry.Message, want)
	}
	if len(a.Findings[0].Changes) != 2 {
		t.Errorf("%+v", a.Findings)
	}
	cures.verify(t, d, &r)
}
