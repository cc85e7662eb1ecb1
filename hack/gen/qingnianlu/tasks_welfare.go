package main

import (
	"slices"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

const (
	own      = v1alpha1.CategoryOwn
	assist   = v1alpha1.CategoryAssist
	campaign = v1alpha1.CategoryCampaign
)

// The verbs of most tasks that have any.
func discovering() []v1alpha1.TaskVerb       { return []v1alpha1.TaskVerb{v1alpha1.VerbDiscover} }
func publicising() []v1alpha1.TaskVerb       { return []v1alpha1.TaskVerb{v1alpha1.VerbPublicise} }
func supervising() []v1alpha1.TaskVerb       { return []v1alpha1.TaskVerb{v1alpha1.VerbSupervise} }
func inspecting() []v1alpha1.TaskVerb        { return []v1alpha1.TaskVerb{v1alpha1.VerbInspect} }
func person(more string) string              { return "applicant-name telephone address " + more }
func at(meeting int) said                    { return said{meeting: meeting} }
func sent(system, elements string) []sending { return []sending{{system: system, elements: elements}} }

// welfareTasks are those of civil affairs, the Disabled Persons' Federation and
// veterans affairs.
func welfareTasks() []proposal {
	return slices.Concat(reliefTasks(), elderlyTasks(), neighbourhoodTasks(), disabilityTasks(), veteransTasks())
}

func reliefTasks() []proposal {
	return []proposal{
		{
			dept: civilAffairs, name: "minimum-living-allowance", category: assist, said: at(1),
			title:     title("最低生活保障申请受理与初审", "Minimum living allowance: applications"),
			documents: []string{"social-assistance-measures"},
			load:      []part{perThousand(10, 240), reports(12, 60, 6), ledgers(1)},
			data: fields{
				collect: person("household-size household-income household-assets allowance-certificate"),
				reuse:   "identity-number", years: 5,
			},
			sends:   sent("civil-affairs-relief", "applicant-name identity-number household-size household-income household-assets"),
			service: counter(20, "收入和财产证明", "Proof of income and assets", "家庭成员身份证件", "Identity papers of the household"),
		},
		{
			dept: civilAffairs, name: "allowance-review", category: assist, said: at(1),
			title:     title("最低生活保障年度复核", "Minimum living allowance: yearly review"),
			documents: []string{"social-assistance-measures"},
			load:      []part{perThousand(10, 120), visits(3, 2, 25)},
			data:      fields{collect: person(""), reuse: "household-income household-assets allowance-certificate", years: 5},
		},
		{
			dept: civilAffairs, name: "temporary-relief", category: assist, said: at(1),
			title:     title("临时救助申请受理", "Temporary relief"),
			documents: []string{"social-assistance-measures"},
			load:      []part{perThousand(5, 180)},
			data:      fields{collect: person("hardship-kind"), reuse: "identity-number household-income", years: 5},
			sends:     sent("civil-affairs-relief", "applicant-name identity-number household-income"),
			service:   counter(7, "困难情况证明", "Proof of the hardship"),
		},
	}
}

func elderlyTasks() []proposal {
	return []proposal{
		{
			dept: civilAffairs, name: "old-age-allowance", category: assist, said: at(1),
			title:     title("高龄老人津贴申请受理", "Old-age allowance"),
			documents: []string{"elderly-law"},
			load:      []part{perThousand(20, 45)},
			data:      fields{collect: person("birth-date bank-account"), reuse: "identity-number", years: 3},
			sends:     sent("civil-affairs-relief", "applicant-name birth-date identity-number bank-account"),
			service:   online(15, "本人银行卡", "Your bank card"),
		},
		{
			dept: civilAffairs, name: "elderly-care-visits", category: own, said: at(1),
			title:     title("独居、高龄老人定期探访", "Regular visits to older people who live alone"),
			documents: []string{"elderly-law"},
			load:      []part{visits(6, 12, 25), ledgers(1)},
			data: fields{
				collect: person("emergency-telephone living-alone care-need"), consent: "emergency-telephone living-alone care-need", years: 1,
			},
		},
		{
			dept: civilAffairs, name: "home-care-assessment", category: assist, said: at(2),
			title:     title("居家养老服务需求评估协助", "Assessment for care at home"),
			documents: []string{"elderly-law"},
			load:      []part{perThousand(8, 90)},
			data:      fields{collect: person("birth-date care-level"), reuse: "care-need", consent: "care-level care-need", years: 2},
			service:   counter(15),
		},
	}
}

func neighbourhoodTasks() []proposal {
	return []proposal{
		{
			dept: civilAffairs, name: "child-welfare-visits", category: assist, said: at(2),
			title:     title("困境儿童关爱探访", "Visits to children in need"),
			documents: []string{"minors-law"},
			load:      []part{visits(1, 6, 30)},
			data:      fields{collect: "telephone address children-count school-stage", years: 1},
		},
		{
			dept: civilAffairs, name: "volunteer-services", category: own, said: at(1),
			title:     title("志愿服务组织与时长记录", "Volunteer services and their hours"),
			documents: []string{"volunteer-regulations"},
			load:      []part{perThousand(12, 120), reports(4, 120, 4)},
			data:      fields{collect: "applicant-name telephone volunteer-skill volunteer-hours", consent: "volunteer-skill", years: 3},
			service:   online(3),
		},
		{
			dept: civilAffairs, name: "self-government-meetings", category: own, said: at(1),
			title:     title("居民议事协商与居务公开", "Residents' meetings and disclosure of affairs"),
			documents: []string{"residents-committee-law"},
			load:      []part{perYear(36, 240)},
		},
		{
			dept: civilAffairs, name: "charity-matching", category: own, said: at(3),
			title:     title("社区慈善捐赠登记与发放", "Donations received and handed out"),
			documents: []string{"charity-law"},
			load:      []part{perThousand(4, 75)},
			data:      fields{collect: "applicant-name telephone participants", years: 2},
		},
	}
}

func disabilityTasks() []proposal {
	return []proposal{
		{
			dept: disability, name: "disability-certificate", category: assist, said: at(1),
			title:     title("残疾人证申领、换领协助", "Disability certificates"),
			documents: []string{"disabled-persons-law"},
			load:      []part{perThousand(8, 75)},
			data:      fields{collect: person("birth-date disability-certificate"), reuse: "identity-number", years: 5},
			service:   counter(20, "近期证件照片两张", "Two recent photographs", "医疗机构的诊断材料", "A medical report"),
		},
		{
			dept: disability, name: "disability-allowances", category: assist, said: at(1),
			title:     title("困难残疾人生活补贴和重度残疾人护理补贴", "Living and nursing allowances for disabled persons"),
			documents: []string{"disabled-persons-law", "social-assistance-measures"},
			load:      []part{perThousand(10, 90)},
			data: fields{
				collect: person("benefit-kind"),
				reuse:   "identity-number disability-certificate household-income bank-account", years: 5,
			},
			sends:   sent("civil-affairs-relief", "applicant-name identity-number disability-certificate bank-account"),
			service: online(15, "残疾人证", "Your disability certificate"),
		},
		{
			dept: disability, name: "barrier-free-requests", category: assist, said: at(3),
			title:     title("家庭无障碍改造需求登记", "Requests for a barrier-free home"),
			documents: []string{"barrier-free-law"},
			load:      []part{perThousand(3, 90)},
			data:      fields{collect: person("repair-place"), reuse: "disability-certificate", years: 3},
			service:   counter(30, "残疾人证", "Your disability certificate"),
		},
	}
}

func veteransTasks() []proposal {
	return []proposal{
		{
			dept: veterans, name: "veterans-registration", category: assist, said: at(1),
			title:     title("退役军人建档立卡与优待证申领", "Veterans: registration and preferential cards"),
			documents: []string{"veterans-law"},
			load:      []part{perThousand(12, 75)},
			data:      fields{collect: person("veteran-card service-end-date"), reuse: "identity-number", years: 5},
			service:   counter(20, "退役证件", "Proof of service"),
		},
		{
			dept: veterans, name: "veterans-visits", category: assist, said: at(2),
			title:     title("优抚对象走访慰问", "Visits to veterans and their families"),
			documents: []string{"veterans-law"},
			load:      []part{visits(2, 2, 20)},
			data:      fields{collect: person(""), reuse: "veteran-card", years: 1},
		},
	}
}
