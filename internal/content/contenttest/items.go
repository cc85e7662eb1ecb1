package contenttest

import "github.com/shequ-io/shequ/internal/content"

const (
	hour = 60
	day  = 24 * hour
)

var (
	identityCard = text("居民身份证原件", "Your identity card (original)")
	lastBill     = text("最近一期账单或户号", "Your last bill or customer number")
	amount       = text("应缴金额（现金或银行卡）", "The amount due, in cash or by card")
)

func qingnianItems() []content.Item {
	items := []content.Item{
		{
			Name: "residence-letter", Title: text("居住情况说明", "Letter confirming residence"), Category: "Certificate", Online: true, Purpose: "station-service", RetentionDays: year,
			Summary:             text("说明您住在本社区，供学校、单位等要求时使用。", "Confirms that you live in this community, for a school, employer or other body that asks for it."),
			Materials:           []content.Text{identityCard, text("房产证、租赁合同或水电费单据任一", "A property certificate, a tenancy agreement or a utility bill")},
			Elements:            form(name, address, reason),
			Steps:               []content.Text{text("在证明窗口说明用途", "Say at the counter what the letter is for"), text("工作人员核对材料并登记", "A member of staff checks your papers and registers the request"), text("当场领取盖章的说明", "Take the stamped letter with you")},
			AcceptWithinMinutes: 30, ResolveWithinMinutes: 1 * day,
		},
		{
			Name: "hardship-letter", Title: text("家庭经济困难情况说明", "Letter on financial hardship"), Category: "Certificate", Online: true, Purpose: "station-service", RetentionDays: year,
			Summary:             text("申请助学、减免等时，由社区说明家庭经济情况。", "States a household's financial situation when applying for study aid or a reduction of fees."),
			Materials:           []content.Text{identityCard, text("收入情况材料", "Papers on your income")},
			Elements:            form(name, householdSize, householdIncome),
			Steps:               []content.Text{text("填写纸质表格", "Fill in the paper form"), text("工作人员核实", "Staff verify the details"), text("领取说明", "Collect the letter")},
			AcceptWithinMinutes: 1 * day, ResolveWithinMinutes: 7 * day,
		},
		{
			Name: "neighbour-mediation", Title: text("邻里纠纷调解", "Mediation between neighbours"), Category: "Mediation",
			Summary:             text("噪声、漏水、公共空间等纠纷，请人民调解员居中调解，免费。", "Noise, leaks, shared spaces: the people's mediator helps both sides agree, free of charge."),
			Steps:               []content.Text{text("到窗口或打电话说明情况", "Tell us at the counter or by telephone"), text("约定双方都方便的时间", "We agree a time that suits both sides"), text("调解并签订协议书", "Mediation, and a written agreement")},
			AcceptWithinMinutes: 1 * day, ResolveWithinMinutes: 15 * day,
		},
		{
			Name: "activity-room", Title: text("活动室预约", "Booking the activity room"), Category: "Booking",
			Summary:             text("居民小组、兴趣班可免费借用活动室。", "Resident groups and classes may use the activity room free of charge."),
			Elements:            fields(text("联系人姓名和电话", "Name and telephone number of a contact"), text("使用时间", "Date and time"), text("参加人数", "How many people will come")),
			AcceptWithinMinutes: 2 * hour, ResolveWithinMinutes: 1 * day,
		},
		{
			Name: "resident-insurance", Title: text("城乡居民医疗保险参保登记", "Enrolment in residents' health insurance"), Category: "Agency", Online: true, Purpose: "station-service", RetentionDays: year,
			Summary:   text("协助填写并代为递交参保登记材料。", "We help you fill in the enrolment papers and hand them in for you."),
			Materials: []content.Text{identityCard, text("户口簿", "Household register booklet")},
			Elements:  form(name, identityNumber, telephone),
			Steps:     []content.Text{text("核对身份", "Identity check"), text("填写登记表", "Fill in the enrolment form"), text("代为递交并告知结果", "We hand it in and tell you the result")}, ResolveWithinMinutes: 15 * day,
		},
	}
	bills := []struct{ name, zh, en string }{
		{"water-bill", "代缴水费", "Pay a water bill"},
		{"power-bill", "代缴电费", "Pay an electricity bill"},
		{"gas-bill", "代缴燃气费", "Pay a gas bill"},
		{"phone-bill", "代缴电话费", "Pay a telephone bill"},
	}
	for _, b := range bills {
		items = append(items, content.Item{
			Name: b.name, Title: text(b.zh, b.en), Category: "Agency",
			Summary:   text("在窗口缴纳，当场出具收据。", "Pay at the counter and take a receipt with you."),
			Materials: []content.Text{lastBill, amount}, ResolveWithinMinutes: 20,
		})
	}
	return items
}

// fields are data elements by their titles alone, as earlier releases wrote them.
func fields(titles ...content.Text) []content.Field {
	out := make([]content.Field, len(titles))
	for i, t := range titles {
		out[i] = content.Field{Text: t}
	}
	return out
}
