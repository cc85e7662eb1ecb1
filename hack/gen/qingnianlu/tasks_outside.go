package main

import (
	"slices"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// outsideTasks are those that stay out of some or all communities, each for a
// reason of its own. They are decided on last and take nobody's place.
func outsideTasks() []proposal {
	return slices.Concat(refusedForTheirTerms(), refusedForTheirLoad(), waitingTasks())
}

func refusedForTheirTerms() []proposal {
	return []proposal{
		{
			dept: market, name: "shop-inspection", category: assist, said: at(6), code: "market-enforcement",
			title:     title("食品经营单位日常检查", "Routine inspection of food businesses"),
			documents: []string{"food-safety-law"}, verbs: inspecting(),
			load:  []part{perYear(60, 60)},
			meant: v1alpha1.LedgerProhibited,
			why:   "The standard's catalogue keeps its code market-enforcement out of communities.",
		},
		{
			dept: market, name: "shop-owner-census", category: assist, said: said{meeting: 6, rejected: true},
			title:     title("沿街商户基础信息普查", "Census of shops along the streets"),
			documents: []string{"consumer-law"}, verbs: discovering(),
			load:  []part{perYear(24, 60)},
			data:  fields{reuse: "business-name business-licence", years: 1},
			meant: v1alpha1.LedgerRejected,
			why:   "The committee rejected it.",
		},
		{
			dept: civilAffairs, name: "fifteen-minute-circle", category: assist, said: at(6),
			title:     title("一刻钟便民生活圈设施登记", "Register of facilities within fifteen minutes"),
			documents: []string{"service-plan-2021"},
			load:      []part{perYear(12, 120)},
			meant:     v1alpha1.LedgerLegalBasisExpired,
			why:       "Its only basis is a plan that ended on 2025-12-31.",
		},
		{
			dept: emergency, name: "gas-appliance-inspection", category: assist, said: at(6), granted: "2026-06-30",
			title:     title("居民燃气用具安全检查", "Inspection of gas appliances at home"),
			documents: []string{"gas-regulations"}, verbs: inspecting(),
			load:  []part{perYear(48, 60)},
			meant: v1alpha1.LedgerAuthorityMissing,
			why:   "The authority to inspect ended on 2026-06-30.",
		},
		{
			dept: medical, name: "insurance-fund-publicity", category: assist, said: at(6), paid: 60,
			title:     title("医疗保障基金安全宣传", "Publicity for the safety of insurance funds"),
			documents: []string{"social-insurance-law"}, verbs: publicising(),
			load:  []part{perYear(12, 180), visits(10, 1, 5)},
			meant: v1alpha1.LedgerFundingBelowCost,
			why:   "The money covers 60 % of what it costs.",
		},
	}
}

func refusedForTheirLoad() []proposal {
	return []proposal{
		{
			dept: urban, name: "waste-sorting-checks", category: assist, said: at(6),
			title:     title("生活垃圾分类每两月逐户发放提示", "Waste sorting: a leaflet at every door every other month"),
			documents: []string{"xian-waste-regulations"}, verbs: publicising(),
			load:  []part{ownVisits(100, 6, 1)},
			meant: v1alpha1.LedgerVisitCapacityExceeded,
			why:   "The grids' teams can't make so many rounds of their own, however short; only Anding's can.",
		},
		{
			dept: services, name: "station-record-books", category: assist, said: at(6),
			title:     title("服务站工作台账统一补录", "Record books for everything the station does"),
			documents: []string{"disclosure-regulations"},
			load:      []part{perYear(12, 60), ledgers(3)},
			meant:     v1alpha1.LedgerLedgerLimit,
			why:       "It asks for three ledgers; one is left of the six.",
		},
		{
			dept: services, name: "evaluation-indicators", category: assist, said: at(6),
			title:     title("社区综合考评指标月报", "Monthly evaluation in 358 indicators"),
			documents: []string{"disclosure-regulations"},
			load:      []part{reports(12, 120, 358)},
			meant:     v1alpha1.LedgerIndicatorLimit,
			why:       "It asks for 358 figures a month, as one surveyed city's campaign did.",
		},
		{
			dept: services, name: "weekly-briefs", category: assist, said: at(6),
			title:     title("社区工作每周简报", "Weekly brief on the community's work"),
			documents: []string{"disclosure-regulations"},
			load:      []part{reports(52, 30, 0)},
			meant:     v1alpha1.LedgerReportLimit,
			why:       "It asks for five reports a month; the limit leaves three.",
		},
		{
			dept: health, name: "health-file-home-visits", category: assist, said: at(6),
			title:     title("居民健康档案信息采集", "Health files: asking residents again"),
			documents: []string{"health-law"},
			load:      []part{perYear(60, 20)},
			data:      fields{collect: person("birth-date care-need"), years: 1},
			meant:     v1alpha1.LedgerDuplicateCollection,
			why:       "Another task asks for care-need already; reusing it would do.",
		},
		{
			dept: housing, name: "compound-patrols", category: assist, said: at(6),
			title:     title("小区物业每日双人巡查", "Two workers round the estates every day"),
			documents: []string{"xian-property-regulations"}, verbs: inspecting(),
			load:  []part{perYear(250, 960)},
			meant: v1alpha1.LedgerCapacityExceeded,
			why:   "Two workers' whole days: seven communities of twelve have no such time left.",
		},
	}
}

func waitingTasks() []proposal {
	return []proposal{
		{
			dept: civilAffairs, name: "community-canteens", category: assist, from: "2026-11-16",
			title:     title("社区助餐点就餐登记", "Community canteens: registration"),
			documents: []string{"elderly-law"},
			load:      []part{perThousand(15, 10)},
			data:      fields{collect: person("birth-date"), reuse: "care-level", consent: "care-level", years: 1},
			service:   online(3),
			meant:     v1alpha1.LedgerAwaitingApproval,
			why:       "The committee has not decided yet; the money is there.",
		},
		{
			dept: education, name: "holiday-school", category: assist,
			said:      said{meeting: 5, before: []part{perYear(20, 120)}},
			title:     title("假期学校组织", "Holiday school"),
			documents: []string{"minors-law", "education-law"},
			load:      []part{perYear(40, 120)},
			data:      fields{collect: "applicant-name telephone", reuse: "participants school-stage", years: 1},
			service:   online(5),
			meant:     v1alpha1.LedgerAwaitingApproval,
			why:       "The committee approved twenty sessions; the department has doubled them since.",
		},
		{
			dept: justice, name: "mediation-training", category: assist, said: said{meeting: 5, released: []string{"-"}},
			title:     title("人民调解员培训组织", "Training of mediators"),
			documents: []string{"mediation-law"},
			load:      []part{perYear(6, 240)},
			meant:     v1alpha1.LedgerFundingNotReleased,
			why:       "The finance bureau has released nothing.",
		},
		{
			dept: statistics, name: "household-income-diaries", category: assist, periods: v1alpha1.PeriodsHalfYearly,
			said:      said{meeting: 4, released: []string{"2026-H1"}},
			title:     title("住户收支记账户辅导", "Help for households that keep diaries for statistics"),
			documents: []string{"statistics-law"},
			load:      []part{perYear(24, 90)},
			meant:     v1alpha1.LedgerFundingNotReleased,
			why:       "The money was released for the first half of 2026 only.",
		},
		{
			dept: disability, name: "assistive-devices", category: assist, said: at(5),
			title:     title("残疾人辅助器具适配申请", "Assistive devices"),
			documents: []string{"disabled-persons-law"},
			load:      []part{perThousand(3, 75)},
			data:      fields{collect: person("assistive-device"), reuse: "disability-certificate", years: 3},
			sends:     sent("disabled-persons-services", "applicant-name assistive-device disability-certificate"),
			service:   counter(20, "残疾人证", "Your disability certificate"),
			meant:     v1alpha1.LedgerSystemMissing,
			why:       "It delivers to an information system nobody has declared.",
		},
		{
			dept: emergency, name: "summer-drills", category: assist, said: at(4), suspended: true,
			title:     title("应急疏散演练组织", "Evacuation drills"),
			documents: []string{"emergency-law"}, verbs: publicising(),
			load:  []part{perYear(4, 480)},
			meant: v1alpha1.LedgerSuspended,
			why:   "The department has suspended it.",
		},
	}
}
