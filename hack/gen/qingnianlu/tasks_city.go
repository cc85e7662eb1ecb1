package main

import (
	"slices"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// cityTasks are those about the streets and their safety: statistics, market
// supervision, emergency management and urban management.
func cityTasks() []proposal {
	return slices.Concat(statisticsTasks(), marketTasks(), emergencyTasks(), urbanTasks())
}

func statisticsTasks() []proposal {
	return []proposal{
		{
			dept: statistics, name: "population-sample-survey", category: assist, said: at(2),
			title:     title("人口变动情况抽样调查协助", "Sample survey of the population"),
			documents: []string{"statistics-law"}, verbs: publicising(),
			load: []part{visits(2, 1, 30)},
		},
		{
			dept: statistics, name: "labour-force-survey", category: assist, said: at(2),
			title:     title("月度劳动力调查协助", "Monthly labour force survey"),
			documents: []string{"statistics-law"}, verbs: publicising(),
			load: []part{perThousand(6, 90)},
		},
		{
			dept: statistics, name: "economic-census-2028", category: campaign, said: at(5), from: "2028-07-01", until: "2029-06-30",
			title:     title("第六次全国经济普查宣传与清查协助", "Sixth National Economic Census"),
			documents: []string{"economic-census-regulations", "statistics-law"}, verbs: publicising(),
			periods: v1alpha1.PeriodsOnce,
			load:    []part{perYear(60, 120)},
			meant:   v1alpha1.LedgerNotYetEffective,
			why:     "It begins on 2028-07-01, and keeps its place until then.",
		},
	}
}

func marketTasks() []proposal {
	return []proposal{
		{
			dept: market, name: "food-safety-publicity", category: campaign, said: at(2), until: "2027-12-31",
			title:     title("食品安全宣传", "Food safety publicity"),
			documents: []string{"food-safety-law"}, verbs: publicising(),
			load: []part{perYear(24, 240)},
		},
		{
			dept: market, name: "food-stall-discovery", category: assist, said: at(1),
			title:     title("食品“三小”经营问题发现上报", "Reporting problems of small food businesses"),
			documents: []string{"food-safety-law"}, verbs: discovering(),
			load: []part{perThousand(16, 60)},
			data: fields{collect: "business-name business-licence", years: 2},
		},
		{
			dept: market, name: "consumer-complaints", category: assist, said: at(1),
			title:     title("消费投诉登记与调解协助", "Consumers' complaints"),
			documents: []string{"consumer-law"},
			load:      []part{perThousand(6, 75)},
			data:      fields{collect: "applicant-name telephone request-text", reuse: "business-name", years: 2},
			service:   online(15, "消费凭证", "The receipt"),
		},
	}
}

func emergencyTasks() []proposal {
	return []proposal{
		{
			dept: emergency, name: "fire-safety-publicity", category: campaign, said: at(1), until: "2028-12-31",
			title:     title("消防安全入户宣传", "Fire safety publicity from door to door"),
			documents: []string{"fire-law", "shaanxi-fire-regulations"}, verbs: publicising(),
			load: []part{perYear(24, 180), visits(50, 1, 8)},
		},
		{
			dept: emergency, name: "fire-hazard-discovery", category: assist, said: at(1),
			title:     title("消防隐患发现上报", "Reporting fire hazards"),
			documents: []string{"fire-law", "shaanxi-fire-regulations"}, verbs: discovering(),
			load: []part{perThousand(22, 105), reports(12, 45, 6), ledgers(1)},
			data: fields{collect: "hazard-kind hazard-place", years: 2},
		},
		{
			dept: emergency, name: "flood-season-publicity", category: campaign, said: at(2), until: "2028-09-30",
			title:     title("防汛避险宣传与预警通知", "Flood season publicity and warnings"),
			documents: []string{"flood-law", "emergency-law"}, verbs: publicising(),
			load: []part{perYear(20, 240)},
		},
		{
			dept: emergency, name: "winter-heating-safety", category: campaign, said: at(5), until: "2027-03-31",
			title:     title("冬季取暖防一氧化碳中毒宣传", "Carbon monoxide: winter publicity"),
			documents: []string{"emergency-law", "gas-regulations"}, verbs: publicising(),
			periods: v1alpha1.PeriodsOnce,
			load:    []part{perYear(24, 120), visits(20, 1, 8)},
		},
	}
}

func urbanTasks() []proposal {
	return []proposal{
		{
			dept: urban, name: "waste-sorting-publicity", category: campaign, said: at(1), until: "2028-12-31",
			title:     title("生活垃圾分类入户宣传", "Waste sorting publicity from door to door"),
			documents: []string{"xian-waste-regulations"}, verbs: publicising(),
			load: []part{perYear(24, 180), visits(50, 1, 10)},
			why:  "The sub-district contests it for one community, and the committee dismissed that.",
		},
		{
			dept: urban, name: "city-appearance-discovery", category: assist, said: at(1), periods: v1alpha1.PeriodsHalfYearly,
			title:     title("市容环境问题发现上报", "Reporting problems of streets and yards"),
			documents: []string{"city-appearance-regulations", "xian-appearance-regulations"}, verbs: discovering(),
			load: []part{perThousand(40, 75)},
			data: fields{reuse: "hazard-place", years: 1},
			why:  "The sub-district contests it for one community; the committee has not ruled yet.",
		},
		{
			dept: urban, name: "bulky-waste-appointments", category: assist, said: at(3),
			title:     title("大件垃圾上门收运预约登记", "Bulky waste: appointments"),
			documents: []string{"xian-waste-regulations"},
			load:      []part{perThousand(10, 15)},
			data:      fields{collect: person("preferred-time"), years: 1},
			service:   online(3),
		},
	}
}
