package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Where a rule is not Xi'an's own, its source says whose it is. Rules the survey
// gives without the document they come from have no source.
const (
	committeeLaw = "《中华人民共和国城市居民委员会组织法》（2025 年修订，2026 年 1 月 1 日起施行）"
	nationalPlan = "“十四五”城乡社区服务体系建设规划（2021—2025 年）的指标，原文未核对"
	fromNanjing  = "借用南京市白下区的做法：台账“5+1”，挂牌两块；西安市调查未给出数字。每月报表与指标的上限为本示例的假定"
	fromShenzhen = "每格 500–800 户或一个小区为调查所述；两人一组、每组每天 10 户、每月 20 个工作日借用深圳市的测算"
	fromPay      = "调查所列七级月薪的算术平均 2143 元，除以每月计薪 21.75 天、每天 8 小时；不含社会保险等单位缴费"
	lessBurden   = "民政部、中央组织部关于进一步开展社区减负工作的通知（2015 年），条目为示例，原文未核对"
	assumedShare = "本示例的假定：每日 8 小时；调查称行政事务已占六成以上，以六成为上限"
)

func standard() *v1alpha1.CommunityStandard {
	return &v1alpha1.CommunityStandard{
		TypeMeta:   typeMeta("CommunityStandard"),
		ObjectMeta: metav1.ObjectMeta{Name: standardName},
		Spec: v1alpha1.CommunityStandardSpec{
			Title: v1alpha1.LocalizedText{ZH: "西安市社区建设标准（2014）", EN: "Xi'an community norms (2014)"},
			Committee: &v1alpha1.CommitteeRule{Bands: []v1alpha1.CommitteeBand{
				band(1999, 5, 1, 1, 3), band(4000, 7, 1, 2, 4), band(0, 9, 1, 3, 5),
			}},
			Premises: &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{{SquareMeters: 300}}},
			ServiceArea: &v1alpha1.ServiceAreaRule{
				RuleMeta: warn(nationalPlan), SquareMetersPer100Households: 30,
			},
			Size: &v1alpha1.SizeRule{
				RuleMeta: warn(committeeLaw), MinHouseholds: 1000, MaxHouseholds: 3000,
			},
			Workers: &v1alpha1.WorkersRule{RuleMeta: warn(nationalPlan), Per10000Residents: 18},
			Grid: &v1alpha1.GridRule{
				RuleMeta: warn(fromShenzhen), MinHouseholds: 500, MaxHouseholds: 800,
				TeamSize: 2, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20,
			},
			Workforce: &v1alpha1.WorkforceRule{
				RuleMeta: warn(assumedShare), MinutesPerWorkerDay: 480, AdministrativeSharePercent: ptr.To[int64](60),
			},
			Calendar: calendar(),
			Burden: &v1alpha1.BurdenRule{
				RuleMeta: warn(fromNanjing), Ledgers: ptr.To[int64](6), Signboards: ptr.To[int64](2),
				MonthlyIndicators: ptr.To[int64](100), MonthlyReports: ptr.To[int64](10),
			},
			Catalogue: catalogue(),
			Money: &v1alpha1.MoneyRule{
				RuleMeta: warn(fromPay), Currency: "CNY", HourlyCost: yuan(hourlyCost), MinimumCoveragePercent: ptr.To[int64](100),
			},
			DataElements: dataElements(),
		},
	}
}

func warn(source string) v1alpha1.RuleMeta {
	return v1alpha1.RuleMeta{Effect: v1alpha1.EffectWarn, Source: source}
}

func band(maxHouseholds, seats, chairs, viceChairs, members int64) v1alpha1.CommitteeBand {
	return v1alpha1.CommitteeBand{
		MaxHouseholds: maxHouseholds, Seats: seats, Chairs: chairs, ViceChairs: &viceChairs, Members: &members,
	}
}

// calendar has the holidays of 2026 as the State Council's General Office
// announced them on 2025-11-04. Those of 2027 are left out until they are
// announced, which makes its months a little longer than they will be.
func calendar() *v1alpha1.Calendar {
	return &v1alpha1.Calendar{
		TimeZone: "Asia/Shanghai",
		Holidays: []v1alpha1.Date{
			"2026-01-01", "2026-01-02", "2026-01-03",
			"2026-02-15", "2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19",
			"2026-02-20", "2026-02-21", "2026-02-22", "2026-02-23",
			"2026-04-04", "2026-04-05", "2026-04-06",
			"2026-05-01", "2026-05-02", "2026-05-03", "2026-05-04", "2026-05-05",
			"2026-06-19", "2026-06-20", "2026-06-21",
			"2026-09-25", "2026-09-26", "2026-09-27",
			"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07",
		},
		MakeUpDays: []v1alpha1.Date{
			"2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10",
		},
	}
}

// catalogue lists the work that must not enter communities.
func catalogue() []v1alpha1.CatalogueItem {
	item := func(code, zh, en string) v1alpha1.CatalogueItem {
		return v1alpha1.CatalogueItem{Code: code, Title: title(zh, en), Basis: lessBurden}
	}
	return []v1alpha1.CatalogueItem{
		item("market-enforcement", "市场监管执法检查", "Enforcement of market rules"),
		item("city-enforcement", "城市管理执法", "Enforcement of city management"),
		item("demolition", "拆迁拆违", "Demolition and clearance"),
		item("investment-promotion", "招商引资", "Promotion of investment"),
		item("tax-collection", "协税护税", "Help with the collection of taxes"),
		item("revenue-targets", "经济创收指标", "Targets of revenue"),
	}
}
