package main

import "slices"

// Purposes that something else of the sample names, too.
const (
	agencyServices    = "agency-services"
	supervisionReport = "e-supervision-report"
)

// serviceTasks are those of education, justice, health and government services.
func serviceTasks() []proposal {
	return slices.Concat(educationTasks(), justiceTasks(), healthTasks(), governmentTasks())
}

func educationTasks() []proposal {
	return []proposal{
		{
			dept: education, name: "remote-education", category: assist, said: at(2),
			title:     title("社区远程教育课程组织", "Remote education in the community"),
			documents: []string{"education-law"},
			load:      []part{perThousand(7, 150)},
			data:      fields{collect: "applicant-name telephone course-title", years: 1},
			sends:     sent("remote-education", "course-title"),
			service:   online(5),
		},
		{
			dept: education, name: "school-enrolment-help", category: assist, said: at(2),
			title:     title("义务教育入学报名协助", "Help with enrolment at school"),
			documents: []string{"compulsory-education-law"},
			load:      []part{perThousand(10, 25)},
			data:      fields{collect: person("birth-date"), reuse: "school-stage tenure", years: 1},
			service:   counter(5, "房屋权属或租赁证明", "Proof of ownership or lease"),
		},
	}
}

func justiceTasks() []proposal {
	return []proposal{
		{
			dept: justice, name: "peoples-mediation", category: own, said: at(1),
			title:     title("人民调解", "People's mediation"),
			documents: []string{"mediation-law"},
			load:      []part{perThousand(6, 360), reports(4, 60, 4), ledgers(1)},
			data:      fields{collect: "applicant-name telephone request-text preferred-time", years: 3},
			service:   online(30),
		},
		{
			dept: justice, name: "legal-aid-referral", category: assist, said: at(2),
			title:     title("法律援助申请转交", "Legal aid: passing applications on"),
			documents: []string{"legal-aid-law"},
			load:      []part{perThousand(3, 60)},
			data:      fields{collect: person("legal-aid-matter"), reuse: "identity-number household-income", years: 3},
			service:   counter(7, "经济困难情况说明", "Statement of financial hardship"),
		},
		{
			dept: justice, name: "law-publicity", category: campaign, said: at(2), until: "2028-12-31",
			title:     title("法治宣传进社区", "Law publicity in the community"),
			documents: []string{"residents-committee-law"}, verbs: publicising(),
			load: []part{perYear(12, 300)},
		},
	}
}

func healthTasks() []proposal {
	return []proposal{
		{
			dept: health, name: "family-doctor-appointments", category: assist, said: at(1),
			title:     title("家庭医生签约与预约协助", "Family doctors: contracts and appointments"),
			documents: []string{"health-law"},
			load:      []part{perThousand(35, 45)},
			data:      fields{collect: person("birth-date preferred-time"), reuse: "care-need", consent: "care-need", years: 1},
			sends:     sent("family-health", "applicant-name telephone birth-date preferred-time care-need"),
			service:   online(3),
		},
		{
			dept: health, name: "health-publicity", category: campaign, said: at(2), until: "2027-12-31",
			title:     title("爱国卫生与健康知识宣传", "Public health publicity"),
			documents: []string{"health-law"}, verbs: publicising(),
			load: []part{perYear(12, 300)},
		},
	}
}

func governmentTasks() []proposal {
	return []proposal{
		{
			dept: services, name: hotline, category: assist, said: at(1),
			title:     title("12345 便民热线工单办理", "12345 hotline: work orders"),
			documents: []string{"disclosure-regulations", "residents-committee-law"},
			load:      []part{perThousand(35, 150)},
			data:      fields{collect: "applicant-name telephone address request-text", years: 2},
			sends:     sent(hotline, "request-text"),
		},
		{
			dept: services, name: agencyServices, category: own, said: at(1),
			title:     title("便民代办与代缴", "Bills and errands for residents"),
			documents: []string{"residents-committee-law"},
			load:      []part{perThousand(85, 25)},
			data:      fields{collect: "applicant-name telephone customer-number payment-period payment-amount", years: 1},
			sends:     sent(utilityBills, "customer-number payment-period payment-amount"),
		},
		{
			dept: services, name: supervisionReport, category: assist, said: at(1),
			title:     title("电子监察月报", "E-supervision: monthly report"),
			documents: []string{"disclosure-regulations"},
			load:      []part{reports(12, 240, 35)},
		},
		{
			dept: services, name: "residence-certificates", category: own, said: at(1),
			title:     title("居民事项证明开具与档案调阅", "Certificates for residents"),
			documents: []string{"residents-committee-law", "privacy-law"},
			load:      []part{perThousand(30, 40)},
			data:      fields{collect: person("residence-since request-reason"), reuse: "identity-number", years: 1},
			sends:     []sending{{system: residence, elements: "identity-number address", tell: true}},
			service:   online(2),
		},
	}
}
