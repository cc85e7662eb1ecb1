package norms

import (
	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// xian is Xi'an's norms, as far as the survey of Qingnian Road gives them, with
// the national indicators beside them.
func xian() *v1alpha1.CommunityStandardSpec {
	return &v1alpha1.CommunityStandardSpec{
		Title: v1alpha1.LocalizedText{ZH: "西安市社区建设标准", EN: "Xi'an community norms"},
		Committee: &v1alpha1.CommitteeRule{Bands: []v1alpha1.CommitteeBand{
			{MaxHouseholds: 1999, Seats: 5, Chairs: 1, ViceChairs: ptr.To[int64](1), Members: ptr.To[int64](3)},
			{MaxHouseholds: 4000, Seats: 7, Chairs: 1, ViceChairs: ptr.To[int64](2), Members: ptr.To[int64](4)},
			{Seats: 9, Chairs: 1, ViceChairs: ptr.To[int64](3), Members: ptr.To[int64](5)},
		}},
		Premises:    &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{{SquareMeters: 300}}},
		ServiceArea: &v1alpha1.ServiceAreaRule{SquareMetersPer100Households: 30},
		Size:        &v1alpha1.SizeRule{MinHouseholds: 1000, MaxHouseholds: 3000},
		Workers:     &v1alpha1.WorkersRule{Per10000Residents: 18},
		Grid:        gridRule(),
		Workforce:   &v1alpha1.WorkforceRule{MinutesPerWorkerDay: 480, AdministrativeSharePercent: ptr.To[int64](60)},
	}
}

func gridRule() *v1alpha1.GridRule {
	return &v1alpha1.GridRule{
		MinHouseholds: 500, MaxHouseholds: 800, TeamSize: 2, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20,
	}
}

// yulin asks for floor area by households, and for one department, three
// rooms, three stations and one place.
func yulin() *v1alpha1.CommunityStandardSpec {
	return &v1alpha1.CommunityStandardSpec{
		Title: v1alpha1.LocalizedText{ZH: "榆林市社区建设标准"},
		Premises: &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{
			{MaxHouseholds: 3000, SquareMeters: 300},
			{SquareMeters: 500},
		}},
		Facilities: &v1alpha1.FacilityRule{Required: []string{
			"department", "room-1", "room-2", "room-3", "station-1", "station-2", "station-3", "place",
		}},
		Grid: gridRule(),
	}
}

// nanjing has three classes of premises, a station of its own and caps on
// ledgers and signboards.
func nanjing() *v1alpha1.CommunityStandardSpec {
	return &v1alpha1.CommunityStandardSpec{
		Title: v1alpha1.LocalizedText{ZH: "南京市白下区社区建设标准"},
		Premises: &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{
			{Class: "old", SquareMeters: 200},
			{Class: "new", SquareMeters: 300},
			{Class: "yueyahu", SquareMeters: 400},
		}},
		Station: &v1alpha1.StationRule{SquareMeters: 150},
		Burden:  &v1alpha1.BurdenRule{Ledgers: ptr.To[int64](6), Signboards: ptr.To[int64](2)},
		Money:   &v1alpha1.MoneyRule{Currency: "CNY", DistrictShareLimitPercent: ptr.To[int64](50)},
	}
}

// community is the least a Community says.
func community(households, residents int64) *v1alpha1.CommunitySpec {
	return &v1alpha1.CommunitySpec{
		Profile: v1alpha1.CommunityProfile{Households: households, Residents: residents},
	}
}

func premises(class string, owned, leased int64) v1alpha1.Premises {
	return v1alpha1.Premises{Name: "p", Class: class, OwnedSquareMeters: &owned, LeasedSquareMeters: &leased}
}

// find returns the result of a rule, or a zero Result.
func find(results []Result, rule string) Result {
	for _, r := range results {
		if r.Rule == rule {
			return r
		}
	}
	return Result{}
}
