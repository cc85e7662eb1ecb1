package main

import (
	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// documents are the laws and regulations tasks rest on, by the id tasks name
// them by. Numbers of documents are left out.
func documents() map[string]v1alpha1.LegalBasis {
	out := map[string]v1alpha1.LegalBasis{}
	add := func(level v1alpha1.LegalLevel, id, zh, en string) {
		out[id] = v1alpha1.LegalBasis{ID: id, Title: title(zh, en), Level: level}
	}
	for _, d := range [][3]string{
		{"residents-committee-law", "中华人民共和国城市居民委员会组织法", "Organic Law of the Urban Residents' Committees"},
		{"social-assistance-measures", "社会救助暂行办法", "Interim Measures for Social Assistance"},
		{"elderly-law", "中华人民共和国老年人权益保障法", "Law on the Protection of the Rights and Interests of the Elderly"},
		{"minors-law", "中华人民共和国未成年人保护法", "Law on the Protection of Minors"},
		{"volunteer-regulations", "志愿服务条例", "Regulations on Volunteer Services"},
		{"charity-law", "中华人民共和国慈善法", "Charity Law"},
		{"social-insurance-law", "中华人民共和国社会保险法", "Social Insurance Law"},
		{"employment-law", "中华人民共和国就业促进法", "Employment Promotion Law"},
		{"unemployment-insurance-regulations", "失业保险条例", "Regulations on Unemployment Insurance"},
		{"vocational-education-law", "中华人民共和国职业教育法", "Vocational Education Law"},
		{"public-rental-measures", "公共租赁住房管理办法", "Measures for the Administration of Public Rental Housing"},
		{"property-regulations", "物业管理条例", "Regulations on Property Management"},
		{"civil-code", "中华人民共和国民法典", "Civil Code"},
		{"disabled-persons-law", "中华人民共和国残疾人保障法", "Law on the Protection of Disabled Persons"},
		{"barrier-free-law", "中华人民共和国无障碍环境建设法", "Law on the Building of a Barrier-free Environment"},
		{"veterans-law", "中华人民共和国退役军人保障法", "Law on the Support of Veterans"},
		{"statistics-law", "中华人民共和国统计法", "Statistics Law"},
		{"economic-census-regulations", "全国经济普查条例", "Regulations on the National Economic Census"},
		{"food-safety-law", "中华人民共和国食品安全法", "Food Safety Law"},
		{"consumer-law", "中华人民共和国消费者权益保护法", "Law on the Protection of Consumers"},
		{"fire-law", "中华人民共和国消防法", "Fire Protection Law"},
		{"flood-law", "中华人民共和国防洪法", "Flood Control Law"},
		{"emergency-law", "中华人民共和国突发事件应对法", "Emergency Response Law"},
		{"gas-regulations", "城镇燃气管理条例", "Regulations on Urban Gas"},
		{"city-appearance-regulations", "城市市容和环境卫生管理条例", "Regulations on City Appearance and Environmental Sanitation"},
		{"education-law", "中华人民共和国教育法", "Education Law"},
		{"compulsory-education-law", "中华人民共和国义务教育法", "Compulsory Education Law"},
		{"mediation-law", "中华人民共和国人民调解法", "People's Mediation Law"},
		{"legal-aid-law", "中华人民共和国法律援助法", "Legal Aid Law"},
		{"health-law", "中华人民共和国基本医疗卫生与健康促进法", "Law on Basic Healthcare and Health Promotion"},
		{"disclosure-regulations", "中华人民共和国政府信息公开条例", "Regulations on the Disclosure of Government Information"},
		{"privacy-law", "中华人民共和国个人信息保护法", "Personal Information Protection Law"},
	} {
		add(v1alpha1.LevelNational, d[0], d[1], d[2])
	}
	add(v1alpha1.LevelProvincial, "shaanxi-fire-regulations", "陕西省消防条例", "Fire Protection Regulations of Shaanxi Province")
	add(v1alpha1.LevelMunicipal, "xian-waste-regulations", "西安市生活垃圾分类管理条例", "Regulations of Xi'an on the Sorting of Household Waste")
	add(v1alpha1.LevelMunicipal, "xian-property-regulations", "西安市物业管理条例", "Regulations of Xi'an on Property Management")
	add(v1alpha1.LevelMunicipal, "xian-appearance-regulations", "西安市城市市容和环境卫生管理条例", "Regulations of Xi'an on City Appearance and Environmental Sanitation")

	// A plan for 2021 to 2025 is a basis no longer.
	add(v1alpha1.LevelNational, "service-plan-2021", "“十四五”城乡社区服务体系建设规划", "Plan for Urban and Rural Community Services 2021-2025")
	plan := out["service-plan-2021"]
	plan.Expires = "2025-12-31"
	out[plan.ID] = plan
	return out
}

func legalBasis(ids []string) []v1alpha1.LegalBasis {
	all := documents()
	out := make([]v1alpha1.LegalBasis, 0, len(ids))
	for _, id := range ids {
		out = append(out, all[id])
	}
	return out
}
