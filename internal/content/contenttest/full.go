package contenttest

import (
	"fmt"
	"math"
	"strings"

	"github.com/shequ-io/shequ/internal/content"
)

// Full is an imaginary community that uses every field, with texts as long as
// a careful clerk might write them, some of them in Chinese only.
func Full() content.Document {
	doc := content.Document{Site: content.Site{
		SchemaVersion: content.SchemaVersion,
		Languages:     []string{content.Chinese, content.English},
		Suspended:     true,
		Community: content.Community{
			Namespace: "sample-street", Name: "long-name",
			DisplayName:      text("滨河新城历史文化街区第一居民社区", "Riverside New Town Historic Quarter First Residential Community"),
			Subdistrict:      text("滨河新城街道", "Riverside New Town Sub-district"),
			Address:          text("示范市示范区滨河新城历史文化街区文化北路与滨河东路交叉口西北角便民服务中心一层", "Ground floor, Convenience Centre, north-west corner of Culture North Road and Riverside East Road, Sample District, Sample City"),
			Telephone:        "000-0000 0000",
			Households:       4537,
			Residents:        10182,
			Buildings:        68,
			AreaSquareMeters: 1_250_000,
		},
		Station: fullStation(),
		Posts: []content.Post{
			{Title: text("社区党组织书记、居民委员会主任", "Secretary of the Party organisation and committee chair"), Count: 1},
			{Title: text("副主任", "Deputy chairs"), Count: 3},
			{Title: text("委员", "Members"), Count: 5},
			{Title: text("公益性岗位", ""), Count: 6},
		},
		Seats:    &content.Seats{Required: 9, Actual: 9},
		Standard: content.Standard{Name: "sample-standard", Title: text("示范市社区建设标准", "Sample City community standard")},
		Norms:    fullNorms(),
		Premises: []content.Premises{
			{Name: text("便民服务中心", "Convenience centre"), OwnedSquareMeters: 320, LeasedSquareMeters: 120},
			{Name: text("老年活动室", "Room for older residents"), OwnedSquareMeters: 85},
			{Name: text("社区图书角", ""), LeasedSquareMeters: 40},
		},
		Facilities: []content.Text{text("图书室", "Reading room"), text("老年日间照料室", "Day-care room for older people"), text("卫生服务站", "Health station"), text("健身广场", "Fitness square"), text("多功能活动厅", "")},
		Budget: []content.Budget{
			{Name: text("办公经费", "Office expenses"), YearlyAmount: "15000.00", Currency: "CNY", Source: "District"},
			{Name: text("惠民项目资金", "Projects for residents"), YearlyAmount: "200000.50", Currency: "CNY", Source: "示范市财政专项，按户数分配"},
		},
		Neighbours: []content.Neighbour{
			{Name: "second", DisplayName: text("滨河新城第二社区", "Riverside New Town Second Community"), URL: "https://second.communities.example/"},
			{Name: "third", DisplayName: text("滨河新城第三社区", "")},
		},
		Modules: []string{"Applications", "HelpRequests", "Opinions", "Disclosure", "Payments", "Volunteers", "Mediation", "Bookings"},
		Forms:   Requests(), Surveys: []content.Survey{Survey()},
	}}
	doc.Site.Grids = fullGrids()
	doc.Items, doc.Tasks = fullItems(), fullTasks()
	return doc
}

func fullStation() *content.Station {
	return &content.Station{
		Name: "hall", DisplayName: text("滨河新城第一社区一站式便民服务大厅", "Riverside New Town First Community one-stop service hall"),
		Type: "Centre", PremisesSquareMeters: 180,
		OpeningHours: []content.Opening{
			{Days: []string{"Mon", "Tue", "Wed", "Thu", "Fri"}, Opens: "08:30", Closes: "12:00"},
			{Days: []string{"Mon", "Tue", "Wed", "Thu"}, Opens: "13:30", Closes: "18:00"},
			{Days: []string{"Fri"}, Opens: "13:30", Closes: "17:00"},
			{Days: []string{"Sat"}, Opens: "09:00", Closes: "13:00"},
		},
		Windows: []content.Window{
			{Name: "general", Title: text("综合受理窗口（1–3号）", "General counters 1–3"), Items: []string{"elder-allowance", "arrives-later"}},
			{Name: "agency", Title: text("代办服务窗口", ""), Items: []string{"agency-00", "agency-01", "elder-allowance"}},
			{Name: "empty", Title: text("咨询台", "Information desk")},
		},
	}
}

func fullNorms() []content.Norm {
	return []content.Norm{
		{Rule: "PremisesArea", Title: text("办公服务用房面积", "Office and service floor area"), Required: "500", Actual: "565", Unit: text("平方米", "m²"), Met: true, Known: true, Source: "示范文件〔2014〕1号"},
		{Rule: "StationArea", Title: text("服务站面积", "Station floor area"), Required: "150", Actual: "180", Unit: text("平方米", "m²"), Met: true, Known: true},
		{Rule: "CommunitySize", Title: text("社区规模", "Community size"), Required: "1000–3000", Actual: "4537", Unit: text("户", "households"), Known: true, Source: "示范文件〔2014〕1号第三条第二款关于合理确定社区规模的规定"},
		{Rule: "Signboards", Title: text("对外挂牌数量", ""), Required: "2", Unit: text("块", "")},
	}
}

func fullGrids() []content.Grid {
	const columns, rows = 3, 2
	var grids []content.Grid
	for i := range columns * rows {
		x, y := int64(1089_000_000+i%columns*40_000), int64(342_000_000+i/columns*30_000)
		grid := content.Grid{
			Name: fmt.Sprintf("grid-%02d", i+1), Title: text(fmt.Sprintf("滨河新城第%d网格", i+1), fmt.Sprintf("Riverside grid %d", i+1)),
			Code: fmt.Sprintf("610104001001%03d", i+1), Level: 3, Households: 750, Workers: 2, VisitCycleDays: "75",
			Outline: [][2]int64{{x, y}, {x + 40_000, y}, {x + 40_000, y + 30_000}, {x, y + 30_000}},
		}
		grids = append(grids, grid)
	}
	// One crescent with many points, and one grid nobody has drawn.
	grids[5].Outline = crescent(1089_099_000, 342_045_000, 14_500, 600)
	grids = append(grids, content.Grid{Name: "grid-07", Title: text("沿河商户单元", "Riverside shops"), Level: 3, Households: 37, Workers: 1})
	return grids
}

// crescent is a shape whose centre lies outside of it.
func crescent(x, y int64, radius float64, points int) [][2]int64 {
	outline := make([][2]int64, 0, points)
	for i := range points / 2 {
		a := math.Pi * (0.25 + 1.5*float64(i)/float64(points/2-1))
		outline = append(outline, [2]int64{x + int64(radius*math.Cos(a)), y + int64(radius*math.Sin(a))})
	}
	for i := range points / 2 {
		a := math.Pi * (1.75 - 1.5*float64(i)/float64(points/2-1))
		outline = append(outline, [2]int64{x + int64(0.6*radius*math.Cos(a)), y + int64(0.6*radius*math.Sin(a))})
	}
	return outline
}

// fullTasks are admitted tasks that bring no item.
func fullTasks() []content.Task {
	return []content.Task{
		{
			Name: "market-supervision/food-safety-publicity", Title: text("食品安全宣传周", "Food safety publicity week"),
			Department: text("示范区市场监督管理局", "Sample District Market Supervision Bureau"), Category: "Campaign", Verbs: []string{"Publicise"},
			Authority:  "示范食安办函〔2026〕5号",
			LegalBasis: []content.LegalBasis{{Text: text("《中华人民共和国食品安全法》", "Food Safety Law of the People's Republic of China"), Level: "National"}},
			Funding:    text("每个社区每年 800 元", "CNY 800 per community a year"), FundingSource: "区级财政", FundingPeriods: "Once",
			YearlyFunding: "800.00", Currency: "CNY", YearlyMinutes: 960, From: "2026-11-02", Until: "2026-11-22",
		},
		{
			Name: "market-supervision/street-stalls", Title: text("流动摊点情况巡查登记并协助劝导", ""),
			Department: text("示范区市场监督管理局", "Sample District Market Supervision Bureau"), Category: "Assist", Verbs: []string{"Discover", "Inspect", "Supervise", "Remediate"},
			LegalBasis: []content.LegalBasis{{Text: text("示范市流动摊点管理办法", ""), DocumentNumber: "示范市政府令第 7 号", Level: "Municipal"}}, From: "2025-03-01",
		},
		{
			Name: "old-operator/plain", Title: text("居民自治组织换届协助", "Help with elections of self-government bodies"), Category: "Own",
			LegalBasis: []content.LegalBasis{{Text: text("《中华人民共和国城市居民委员会组织法》", "Organic Law of the Urban Residents' Committees"), Level: "National"}}, From: "2024-01-01",
		},
	}
}

func fullItems() []content.Item {
	long := strings.Repeat("请在办理前仔细阅读本说明并备齐所需材料，材料不齐的，工作人员会一次性告知需要补充的内容。", 4)
	items := []content.Item{{
		Name: "elder-allowance", Title: text("八十周岁以上老年人高龄津贴申请与年度资格确认", "Old-age allowance for residents of eighty and over: application and yearly confirmation"),
		Category: "Other", Summary: text(long, strings.Repeat("Please read this before you come; if a paper is missing, staff will tell you once and completely what to add. ", 4)),
		Steps: []content.Text{
			text("本人或受委托人到窗口提出申请；行动不便的，可以请工作人员上门受理", "Apply at the counter in person or through someone you authorise; staff will visit those who can't come"),
			text("窗口受理并出具回执", "The counter accepts the application and gives you a receipt"),
			text("街道审核", ""), text("按月发放", "Paid monthly"),
		},
		Materials:           []content.Text{text("本人身份证和户口簿原件", "Identity card and household register booklet (originals)"), text("本人银行卡复印件", "A copy of your bank card")},
		Elements:            append(form(name, identityNumber, telephone), fields(text("银行账号", "Bank account number"))...),
		AcceptWithinMinutes: 1 * hour, ResolveWithinMinutes: 15*day + 90,
		Task: &content.Task{
			Name: "civil-affairs/elder-allowance", Title: text("高龄津贴发放", "Paying the old-age allowance"),
			Department: text("示范区民政局", "Sample District Civil Affairs Bureau"), Category: "Assist",
			Verbs: []string{"Publicise", "Inspect"}, Authority: "示范民函〔2018〕3号委托书",
			LegalBasis: []content.LegalBasis{
				{Text: text("《示范市老年人权益保障条例》第十条", "Sample City Regulation on the rights of older people, article 10"), Level: "Municipal"},
				{Text: text("关于做好高龄津贴发放工作的通知", ""), DocumentNumber: "示范文件〔2018〕12号", Level: "District"},
			},
			Funding: text("每件 12 元，每个社区每年 3,000 元", "CNY 12 per case, CNY 3,000 per community a year"), FundingSource: "区级财政老龄事业专项",
			FundingPeriods: "Quarterly", YearlyFunding: "7320.00", Currency: "CNY", YearlyMinutes: 7200, From: "2018-07-01",
			Data: []content.Datum{
				{Text: text("姓名", "Name"), Reused: true, Purpose: "old-age-allowance", Basis: text("《示范市老年人权益保障条例》第十条", "Sample City Regulation on the rights of older people, article 10"), RetentionDays: 1825},
				{Text: text("身份证号码", "Identity number"), Purpose: "old-age-allowance", Basis: text("《示范市老年人权益保障条例》第十条", "Sample City Regulation on the rights of older people, article 10"), RetentionDays: 1825},
				{Text: text("银行账号", "Bank account number"), Purpose: "old-age-allowance-payment", RetentionDays: 90},
				{Text: text("联系电话", "Telephone number"), Purpose: "old-age-allowance", RetentionDays: 1},
			},
		},
	}}
	for i := range 24 {
		items = append(items, content.Item{
			Name: fmt.Sprintf("agency-%02d", i), Title: text(fmt.Sprintf("代办事项（%d）", i+1), fmt.Sprintf("Agency service %d", i+1)),
			Category: []string{"Agency", "Certificate", "Booking", "Mediation", ""}[i%5],
			Summary:  text("示例事项。", ""), ResolveWithinMinutes: int64(i) * 700,
		})
	}
	return append(items, fullTaskItems()...)
}

// fullTaskItems are items as the operator makes them of admitted tasks; no window
// names them.
func fullTaskItems() []content.Item {
	register := content.Task{
		Name: "human-resources/employment-registration", Title: text("就业失业登记", "Registration of employment and unemployment"),
		Department: text("示范区人力资源和社会保障局", "Sample District Human Resources and Social Security Bureau"), Category: "Assist",
		LegalBasis: []content.LegalBasis{{Text: text("《中华人民共和国就业促进法》", "Employment Promotion Law of the People's Republic of China"), Level: "National"}},
		Funding:    text("每户每年 0.50 元", "CNY 0.50 per household a year"), FundingSource: "就业补助资金", FundingPeriods: "Yearly",
		YearlyFunding: "2268.50", Currency: "CNY", YearlyMinutes: 5400, From: "2025-01-01",
		Deliveries: []content.Delivery{
			{
				System: text("就业服务管理信息系统", "Employment services information system"), Owner: "示范区人力资源和社会保障局",
				Location: text("示范区政务数据中心", "Sample District government data centre"), Purpose: "employment-registration",
				Elements: []string{"applicant-name", "identity-number", "telephone"},
			},
			{
				System: text("社会保险核心平台", "Social insurance platform"), Owner: "示范区社会保险经办中心", Location: text("示范区政务数据中心", ""),
				Purpose: "unemployment-benefit-check", Elements: []string{"identity-number"},
			},
		},
		Data: []content.Datum{{Text: text("姓名", "Name"), Reused: true, Purpose: "employment-registration", Basis: text("《中华人民共和国就业促进法》", "Employment Promotion Law of the People's Republic of China"), RetentionDays: 1095}},
	}
	living := content.Task{
		Name: "civil-affairs/minimum-living", Title: text("最低生活保障申请受理", ""), Department: text("示范区民政局", "Sample District Civil Affairs Bureau"), Category: "Assist",
		LegalBasis: []content.LegalBasis{{Text: text("《社会救助暂行办法》", "Interim Measures for Social Assistance"), Level: "National"}}, From: "2024-06-01", Until: "2027-05-31",
	}
	return []content.Item{
		{Name: content.Slug(living.Name), Title: living.Title, Steps: []content.Text{text("提出申请", "Apply")}, ResolveWithinMinutes: 30 * day, Task: &living},
		{
			Name: content.Slug(register.Name), Title: register.Title, Materials: []content.Text{identityCard}, Elements: form(name, identityNumber, telephone), Purpose: "employment-registration", RetentionDays: 1095,
			Steps: []content.Text{text("到窗口登记", "Register at the counter"), text("领取登记凭证", "")}, AcceptWithinMinutes: 20, ResolveWithinMinutes: 5 * day, Online: true, Task: &register,
		},
	}
}
