// Package contenttest holds sample documents for tests and for looking at
// pages. It is not read by any program at run time.
//
// QingnianNo2 is the second community of Qingnian Road sub-district in Xi'an
// with the figures its survey reports; what the survey doesn't report (address,
// telephone, who sits on the committee) is left out, and the grids' boundaries
// are synthetic. Full is an imaginary community that uses every field, with
// long texts.
package contenttest

import (
	"fmt"

	"github.com/shequ-io/shequ/internal/content"
)

func text(zh, en string) content.Text { return content.Text{ZH: zh, EN: en} }

// QingnianNo2 is the real community of the samples.
func QingnianNo2() content.Document {
	return content.Document{Site: qingnianSite(), Items: qingnianItems()}
}

func qingnianSite() content.Site {
	return content.Site{
		SchemaVersion: content.SchemaVersion,
		Languages:     []string{content.Chinese, content.English},
		Community: content.Community{
			Namespace:   "qingnian-road",
			Name:        "qingnian-2",
			DisplayName: text("青年路第二社区", "Qingnian Road No.2 Community"),
			Subdistrict: text("青年路街道", "Qingnian Road Sub-district"),
			Households:  1679,
			Residents:   6788,
		},
		Station:    qingnianStation(),
		Posts:      []content.Post{{Title: text("社区工作人员", "Community staff"), Count: 10}},
		Standard:   content.Standard{Name: "xian-2014", Title: text("西安市社区建设标准（2014）", "Xi'an community standard (2014)")},
		Norms:      qingnianNorms(),
		Premises:   []content.Premises{{Name: text("社区办公服务用房", "Community office and service rooms"), OwnedSquareMeters: 96, LeasedSquareMeters: 260}},
		Budget:     qingnianBudget(),
		Grids:      qingnianGrids(),
		Neighbours: qingnianNeighbours(),
		Modules:    []string{"Applications", "HelpRequests", "Opinions", "Disclosure"},
		Forms:      Requests()[:2],
	}
}

func qingnianStation() *content.Station {
	return &content.Station{
		Name:        "qingnian-2",
		DisplayName: text("青年路第二社区服务站", "Qingnian Road No.2 Service Station"),
		Type:        "Station",
		OpeningHours: []content.Opening{
			{Days: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, Opens: "09:00", Closes: "12:00"},
			{Days: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, Opens: "14:00", Closes: "17:30"},
		},
		Windows: []content.Window{
			{Name: "certificates", Title: text("证明窗口", "Certificates"), Items: []string{"residence-letter", "hardship-letter"}},
			{Name: "agency", Title: text("代办窗口", "Agency services"), Items: []string{"water-bill", "power-bill", "gas-bill", "phone-bill", "resident-insurance"}},
			{Name: "mediation", Title: text("调解与预约", "Mediation and bookings"), Items: []string{"neighbour-mediation", "activity-room"}},
		},
	}
}

func qingnianNorms() []content.Norm {
	return []content.Norm{
		{Rule: "PremisesArea", Title: text("办公服务用房面积", "Office and service floor area"), Required: "300", Actual: "356", Unit: text("平方米", "m²"), Met: true, Known: true},
		{Rule: "CommitteeSeats", Title: text("居民委员会职数", "Residents' committee seats"), Required: "5", Unit: text("名", "seats")},
		{Rule: "CommunitySize", Title: text("社区规模", "Community size"), Required: "1000–3000", Actual: "1679", Unit: text("户", "households"), Met: true, Known: true},
		{Rule: "Workers", Title: text("社区工作者人数", "Community workers"), Required: "12.2184", Actual: "10", Unit: text("人", "workers"), Known: true},
		{Rule: "GridHouseholds", Title: text("每个网格的户数", "Households per grid"), Required: "500–800", Actual: "559–560", Unit: text("户", "households"), Met: true, Known: true},
	}
}

func qingnianBudget() []content.Budget {
	return []content.Budget{
		{Name: text("办公经费", "Office expenses"), YearlyAmount: "15000.00", Currency: "CNY"},
		{Name: text("党建经费", "Party-building expenses"), YearlyAmount: "20000.00", Currency: "CNY"},
	}
}

func qingnianGrids() []content.Grid {
	outlines := [][][2]int64{
		{{1089360000, 342700000}, {1089384000, 342699000}, {1089386000, 342722000}, {1089371000, 342726000}, {1089361000, 342724000}},
		{{1089384000, 342699000}, {1089412000, 342701000}, {1089410000, 342715000}, {1089385400, 342715100}},
		{{1089385400, 342715100}, {1089410000, 342715000}, {1089409000, 342729000}, {1089371000, 342726000}, {1089386000, 342722000}},
	}
	households := []int64{560, 560, 559}
	grids := make([]content.Grid, 0, len(outlines))
	for i := range outlines {
		grids = append(grids, content.Grid{
			Name:           fmt.Sprintf("qingnian-2-%d", i+1),
			Title:          text(fmt.Sprintf("第%d网格", i+1), fmt.Sprintf("Grid %d", i+1)),
			Level:          3,
			Households:     households[i],
			Workers:        2,
			VisitCycleDays: "56",
			Outline:        outlines[i],
		})
	}
	return grids
}

func qingnianNeighbours() []content.Neighbour {
	names := [][3]string{
		{"qingnian-1", "青年路第一社区", "Qingnian Road No.1 Community"},
		{"qingnian-3", "青年路第三社区", "Qingnian Road No.3 Community"},
		{"lianhu-1", "莲湖路第一社区", "Lianhu Road No.1 Community"},
		{"lianhu-2", "莲湖路第二社区", "Lianhu Road No.2 Community"},
		{"lianhu-4", "莲湖路第四社区", "Lianhu Road No.4 Community"},
		{"tangfang", "糖坊街社区", "Tangfang Street Community"},
		{"east-yaowangdong", "东药王洞社区", "East Yaowangdong Community"},
		{"west-yaowangdong", "西药王洞社区", "West Yaowangdong Community"},
		{"xiwuyuan", "习武园社区", "Xiwuyuan Community"},
		{"xibei-1", "西北一路社区", "Xibei No.1 Road Community"},
		{"anding", "安定社区", "Anding Community"},
	}
	neighbours := make([]content.Neighbour, 0, len(names))
	for _, n := range names {
		neighbours = append(neighbours, content.Neighbour{Name: n[0], DisplayName: text(n[1], n[2]), URL: "https://" + n[0] + ".communities.example/"})
	}
	return neighbours
}
