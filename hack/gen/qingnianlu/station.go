package main

import (
	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Time limits, in minutes of the clock.
const (
	hour    = 60
	day     = 24 * hour
	workday = 3 * day // one working day, whatever weekend lies in between
)

// station is the community's hall. Its floor area is not in the survey and is
// left out.
func station(c surveyed) *v1alpha1.ServiceStation {
	weekdays := []v1alpha1.Weekday{"Mon", "Tue", "Wed", "Thu", "Fri"}
	return &v1alpha1.ServiceStation{
		TypeMeta:   typeMeta("ServiceStation"),
		ObjectMeta: objectMeta(c.name),
		Spec: v1alpha1.ServiceStationSpec{
			CommunityRef: v1alpha1.LocalReference{Name: c.name},
			DisplayName:  text(c.zh+"服务站", c.en+" Service Station"),
			Type:         "Station",
			Windows: []v1alpha1.StationWindow{
				{Name: "general", Title: text("综合受理窗口", "General counter"), Items: namesOf("Certificate", "Other")},
				{Name: "agency", Title: text("代办缴费窗口", "Bills and errands"), Items: namesOf("Agency")},
				{Name: "mediation-booking", Title: text("调解与预约窗口", "Mediation and bookings"), Items: namesOf("Mediation", "Booking")},
			},
			OpeningHours: []v1alpha1.OpeningHours{
				{Days: weekdays, Opens: "09:00", Closes: "12:00"},
				{Days: weekdays, Opens: "13:30", Closes: "17:30"},
			},
			Items: items(),
			Desk:  v1alpha1.DeskSpec{Hostname: v1alpha1.Hostname(c.name + "-desk." + domain)},
		},
	}
}

func namesOf(categories ...v1alpha1.ItemCategory) []string {
	var out []string
	for _, item := range items() {
		for _, c := range categories {
			if item.Category == c {
				out = append(out, item.Name)
			}
		}
	}
	return out
}

func items() []v1alpha1.StationItem {
	var out []v1alpha1.StationItem
	out = append(out, counterItems()...)
	out = append(out, agencyItems()...)
	out = append(out, mediationItems()...)
	return append(out, bookingItems()...)
}

func texts(pairs ...string) []v1alpha1.LocalizedText {
	out := make([]v1alpha1.LocalizedText, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, v1alpha1.LocalizedText{ZH: pairs[i], EN: pairs[i+1]})
	}
	return out
}

func title(zh, en string) v1alpha1.LocalizedText { return v1alpha1.LocalizedText{ZH: zh, EN: en} }

func identityCard() []string { return []string{"本人身份证件", "Your identity card"} }

func counterSteps() []v1alpha1.LocalizedText {
	return texts("到窗口提交申请", "Apply at the counter",
		"工作人员核对材料", "Staff check the papers",
		"领取结果", "Collect the result")
}

// counterItems are certificates, and applications the station takes for others.
func counterItems() []v1alpha1.StationItem {
	return []v1alpha1.StationItem{
		{
			Name: "residence-statement", Category: "Certificate", Title: title("居住情况说明", "Statement of residence"),
			Summary:      text("说明申请人在本社区居住，供学校、单位等使用。", "States that you live in this community, for a school or an employer."),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "address", "residence-since", "request-reason"},
			Materials:    texts(append(identityCard(), "房屋租赁合同或产权证明", "Lease or proof of ownership")...),
			Steps:        counterSteps(), AcceptWithinMinutes: 30, ResolveWithinMinutes: workday,
		},
		{
			Name: "volunteer-record", Category: "Certificate", Title: title("志愿服务记录证明", "Record of volunteer service"),
			Summary:      text("证明在本社区登记的志愿服务时长。", "Certifies the hours of volunteer service recorded here."),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "request-reason"},
			Materials:    texts(identityCard()...),
			Steps:        counterSteps(), AcceptWithinMinutes: 30, ResolveWithinMinutes: workday,
		},
		{
			Name: "student-aid-statement", Category: "Certificate", Title: title("助学申请家庭情况说明", "Household statement for student aid"),
			Summary:      text("供学生申请助学金使用。", "For a student who applies for financial aid."),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "address", "household-size", "household-income", "request-reason"},
			Materials:    texts(append(identityCard(), "学校的申请表", "The school's form")...),
			Steps:        counterSteps(), AcceptWithinMinutes: 30, ResolveWithinMinutes: 2 * workday,
		},
		{
			Name: "allowance-application", Category: "Other", Title: title("最低生活保障申请受理", "Application for subsistence allowance"),
			Summary:      text("帮助填写并转交街道办理。", "We help with the form and hand it to the sub-district."),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "identity-number", "address", "household-size", "household-income", "consent-given"},
			Materials:    texts(append(identityCard(), "收入证明", "Proof of income")...),
			Steps:        counterSteps(), AcceptWithinMinutes: day, ResolveWithinMinutes: 10 * day,
		},
		{
			Name: "senior-card", Category: "Other", Title: title("老年优待证申请受理", "Application for a senior citizen's card"),
			Summary:      text("六十周岁以上居民申请老年优待证。", "For residents of sixty and over."),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "birth-date", "address"},
			Materials:    texts(append(identityCard(), "近期证件照片一张", "One recent photograph")...),
			Steps:        counterSteps(), AcceptWithinMinutes: 30, ResolveWithinMinutes: 10 * day,
		},
		{
			Name: "home-care", Category: "Other", Title: title("居家养老服务申请受理", "Application for care at home"),
			Summary:      text("申请助餐、助浴、保洁等居家养老服务。", "Meals, bathing, cleaning and other help for older people at home."),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "birth-date", "address", "care-need", "consent-given"},
			Materials:    texts(identityCard()...),
			Steps:        counterSteps(), AcceptWithinMinutes: hour, ResolveWithinMinutes: 7 * day,
		},
	}
}

func mediationItems() []v1alpha1.StationItem {
	steps := texts("登记纠纷事项", "The dispute is registered",
		"征得双方同意后约定时间", "A time is agreed with both sides",
		"调解员主持调解", "A mediator hears both",
		"达成协议的签订调解协议书", "What is agreed is put in writing")
	elements := []v1alpha1.DataElementCode{"applicant-name", "telephone", "request-text", "preferred-time"}
	return []v1alpha1.StationItem{
		{
			Name: "mediation-neighbours", Category: "Mediation", Title: title("邻里纠纷调解", "Mediation between neighbours"),
			Summary:      text("噪声、漏水、公共空间等邻里纠纷，免费调解。", "Noise, leaks, shared space: free of charge."),
			DataElements: elements, Steps: steps, AcceptWithinMinutes: day, ResolveWithinMinutes: 15 * day,
		},
		{
			Name: "mediation-property", Category: "Mediation", Title: title("物业纠纷调解", "Mediation with property management"),
			Summary:      text("物业服务、收费、维修等纠纷，免费调解。", "Services, fees and repairs: free of charge."),
			DataElements: append([]v1alpha1.DataElementCode{"property-address"}, elements...),
			Steps:        steps, AcceptWithinMinutes: day, ResolveWithinMinutes: 30 * day,
		},
	}
}

func bookingItems() []v1alpha1.StationItem {
	book := func(name, zh, en, zhSummary, enSummary string) v1alpha1.StationItem {
		return v1alpha1.StationItem{
			Name: name, Category: "Booking", Title: title(zh, en), Summary: text(zhSummary, enSummary),
			DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "booking-date", "booking-hours", "participants", "request-reason"},
			Steps: texts("选择日期和时段", "Choose a day and hours",
				"等待确认", "Wait for the confirmation",
				"按时使用并恢复原状", "Come on time and leave it as it was"),
			AcceptWithinMinutes: 4 * hour, ResolveWithinMinutes: workday,
		}
	}
	return []v1alpha1.StationItem{
		book("book-meeting-room", "会议室预约", "Book the meeting room",
			"供居民议事和社会组织开会使用。", "For residents' meetings and associations."),
		book("book-activity-room", "活动室预约", "Book the activity room",
			"供文体活动和兴趣小组使用。", "For classes, rehearsals and clubs."),
		book("book-shared-premises", "共建单位场地预约", "Book premises shared by local enterprises",
			"预约辖区单位向居民开放的场地。", "Halls and grounds that local enterprises open to residents."),
	}
}
