package main

import (
	"slices"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// livelihoodTasks are those of human resources, healthcare security and housing.
func livelihoodTasks() []proposal {
	return slices.Concat(socialSecurityTasks(), employmentTasks(), medicalTasks(), housingTasks())
}

func socialSecurityTasks() []proposal {
	return []proposal{
		{
			dept: humanResources, name: "social-security-enrolment", category: assist, said: at(1),
			title:     title("城乡居民社会保险参保登记", "Social security: enrolment and changes"),
			documents: []string{"social-insurance-law"},
			load:      []part{perThousand(50, 45)},
			data:      fields{collect: person("birth-date identity-number social-security-number insurance-status"), years: 5},
			sends:     enrolled(),
			service:   online(3),
		},
		{
			dept: humanResources, name: "pension-entitlement-check", category: assist, said: at(1),
			title:     title("养老保险待遇领取资格确认", "Pension: yearly confirmation of entitlement"),
			documents: []string{"social-insurance-law"},
			load:      []part{perThousand(45, 30)},
			data:      fields{collect: person("pension-status"), reuse: "identity-number social-security-number", years: 2},
			sends:     sent("social-security", "applicant-name identity-number social-security-number pension-status"),
			service:   counter(1),
		},
		{
			dept: humanResources, name: "retiree-services", category: assist, said: at(2),
			title:     title("企业退休人员社会化服务", "Services for retired employees"),
			documents: []string{"social-insurance-law"},
			load:      []part{perThousand(20, 40)},
			data:      fields{collect: person(""), reuse: "social-security-number pension-status", years: 2},
			service:   counter(5),
		},
	}
}

// enrolled is what goes where when somebody enrols, once, for the insurances under
// one law: to the two that insure; to the register, which says whether somebody is
// registered here; and to civil affairs, since the government pays the
// contributions of who has the minimum living allowance. Social security decides
// on the case, the others tell staff.
func enrolled() []sending {
	return []sending{
		{
			system: "social-security", elements: "applicant-name birth-date identity-number social-security-number",
			mapping: []v1alpha1.FieldMapping{
				{Field: "applicant-name", Expression: "applicant_name.trim()"},
				// The system has days without dashes, such as 19500203.
				{Field: "birth-date", Expression: "birth_date.substring(0, 4) + birth_date.substring(5, 7) + birth_date.substring(8, 10)"},
				{Field: "identity-number", Expression: "identity_number.trim()"},
				{Field: "social-security-number", Expression: "social_security_number"},
			},
		},
		{system: "medical-insurance", elements: "applicant-name birth-date identity-number insurance-status", tell: true},
		{system: residence, elements: "identity-number address", tell: true},
		{system: "civil-affairs-relief", elements: "applicant-name identity-number", tell: true},
	}
}

func employmentTasks() []proposal {
	return []proposal{
		{
			dept: humanResources, name: "employment-registration", category: assist, said: at(1),
			title:     title("就业失业登记", "Employment and unemployment registration"),
			documents: []string{"employment-law", "unemployment-insurance-regulations"},
			load:      []part{perThousand(35, 75), reports(12, 60, 8)},
			data: fields{
				collect: person("employment-status unemployed-since skill-level"), reuse: "identity-number social-security-number", years: 3,
			},
			sends:   sent("social-security", "applicant-name identity-number employment-status unemployed-since"),
			service: online(3, "解除劳动关系证明", "Proof that the employment ended"),
		},
		{
			dept: humanResources, name: "hardship-employment", category: assist, said: at(1),
			title:     title("就业困难人员认定与援助", "Help into work for people who find none"),
			documents: []string{"employment-law"},
			load:      []part{perThousand(8, 90)},
			data:      fields{collect: person(""), reuse: "identity-number employment-status unemployed-since skill-level", years: 3},
			service:   counter(10, "就业失业登记证明", "Proof of registration"),
		},
		{
			dept: humanResources, name: "skills-training", category: assist, said: at(2),
			title:     title("职业技能培训报名", "Enrolment for vocational training"),
			documents: []string{"vocational-education-law"},
			load:      []part{perThousand(12, 25)},
			data:      fields{collect: "applicant-name telephone training-wish", reuse: "employment-status skill-level", years: 1},
			service:   online(5),
		},
		{
			dept: humanResources, name: "flexible-work-subsidy", category: assist, said: at(2),
			title:     title("灵活就业人员社会保险补贴受理", "Social insurance subsidy for flexible work"),
			documents: []string{"employment-law"},
			load:      []part{perThousand(15, 40)},
			data: fields{
				collect: person(""), reuse: "identity-number social-security-number employment-status benefit-kind bank-account", years: 3,
			},
			sends:   sent("social-security", "applicant-name identity-number social-security-number bank-account"),
			service: online(20, "缴费凭证", "Receipts of contributions"),
		},
		{
			dept: humanResources, name: "start-up-loans", category: assist, said: at(3),
			title:     title("创业担保贷款申请初审", "Guaranteed loans for start-ups: first check"),
			documents: []string{"employment-law"},
			load:      []part{perThousand(2, 120)},
			data:      fields{collect: person(""), reuse: "identity-number employment-status business-name", years: 5},
			service:   counter(15, "营业执照", "The business licence"),
		},
	}
}

func medicalTasks() []proposal {
	return []proposal{
		{
			dept: medical, name: "medical-insurance-enrolment", category: assist, said: at(1),
			title:     title("城乡居民基本医疗保险参保登记与缴费指导", "Residents' medical insurance: enrolment"),
			documents: []string{"social-insurance-law"},
			load:      []part{perThousand(75, 25)},
			data:      fields{collect: person("birth-date"), reuse: "identity-number insurance-status", years: 2},
			sends:     sent("medical-insurance", "applicant-name birth-date identity-number insurance-status"),
			service:   online(3),
		},
		{
			dept: medical, name: "medical-relief", category: assist, said: at(1),
			title:     title("医疗救助申请受理", "Medical relief"),
			documents: []string{"social-assistance-measures"},
			load:      []part{perThousand(6, 150)},
			data: fields{
				collect: person("medical-expenses"), reuse: "identity-number household-income allowance-certificate bank-account", years: 5,
			},
			sends:   sent("medical-insurance", "applicant-name identity-number medical-expenses bank-account"),
			service: counter(20, "医疗费用票据", "Bills of the treatment"),
		},
	}
}

func housingTasks() []proposal {
	return []proposal{
		{
			dept: housing, name: "low-rent-housing", category: assist, said: at(1),
			title:     title("公共租赁住房（廉租住房）申请受理", "Low-rent public housing: applications"),
			documents: []string{"public-rental-measures"},
			load:      []part{perThousand(6, 240), ledgers(1)},
			data: fields{
				collect: person("tenure floor-area rent-amount"), reuse: "identity-number household-size household-income household-assets", years: 5,
			},
			service: counter(30, "住房情况证明", "Proof of your housing", "收入证明", "Proof of income"),
		},
		{
			dept: housing, name: "rent-subsidy-review", category: assist, said: at(2),
			title:     title("住房租赁补贴年度复核", "Rent subsidies: yearly review"),
			documents: []string{"public-rental-measures"},
			load:      []part{perThousand(6, 75), visits(1, 1, 25)},
			data:      fields{collect: person(""), reuse: "rent-amount household-income bank-account", years: 5},
		},
		{
			dept: housing, name: "property-supervision", category: assist, said: at(1),
			title:     title("物业服务质量监督与评议", "Supervision of property management"),
			documents: []string{"property-regulations", "xian-property-regulations"},
			verbs:     supervising(),
			load:      []part{perThousand(14, 120), reports(4, 120, 5)},
			data:      fields{collect: "applicant-name telephone property-address request-text", years: 2},
			sends:     sent("property-management", "property-address request-text"),
			service:   online(15),
		},
		{
			dept: housing, name: "owners-assembly-guidance", category: assist, said: at(2),
			title:     title("业主大会成立与换届指导协助", "Guidance for owners' assemblies"),
			documents: []string{"civil-code", "xian-property-regulations"},
			load:      []part{perYear(12, 480)},
			data:      fields{collect: "applicant-name telephone", reuse: "property-address", years: 2},
			why:       "The sub-district contests it for one community, and the committee upheld that.",
		},
		{
			dept: housing, name: "repair-fund-votes", category: assist, said: at(3),
			title:     title("住宅专项维修资金使用表决协助", "Votes on the use of repair funds"),
			documents: []string{"civil-code"},
			load:      []part{perYear(10, 300)},
			data:      fields{collect: "applicant-name telephone", reuse: "repair-place property-address floor-area", years: 3},
		},
		{
			dept: housing, name: "old-estate-renewal", category: campaign, said: at(3), until: "2028-06-30",
			title:       title("老旧小区改造意见征询", "Renewal of old estates: asking residents"),
			documents:   []string{"civil-code", "property-regulations"},
			communities: []string{"qingnianlu-2", "qingnianlu-3", "lianhulu-1", "lianhulu-2", "lianhulu-4", "tangfangjie", "xibeiyilu"},
			verbs:       publicising(), periods: v1alpha1.PeriodsOnce,
			load: []part{visits(60, 1, 10)},
			data: fields{collect: "telephone renovation-wish", consent: "renovation-wish", years: 2},
		},
	}
}
