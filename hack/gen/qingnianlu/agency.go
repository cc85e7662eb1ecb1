package main

import (
	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// agencyItems are the fifteen agency services: what the station does for
// residents at somebody else's counter.
func agencyItems() []v1alpha1.StationItem {
	return []v1alpha1.StationItem{
		bill("pay-water", "水费代缴", "Pay the water bill"),
		bill("pay-electricity", "电费代缴", "Pay the electricity bill"),
		bill("pay-gas", "燃气费代缴", "Pay the gas bill"),
		bill("pay-heating", "采暖费代缴", "Pay the heating bill"),
		bill("pay-television", "有线电视费代缴", "Pay the cable television bill"),
		bill("pay-landline", "固定电话费代缴", "Pay the landline bill"),
		bill("pay-mobile", "手机话费代缴", "Top up a mobile phone"),
		bill("pay-broadband", "宽带费代缴", "Pay the broadband bill"),
		bill("pay-property-fee", "物业费代缴", "Pay the property management fee"),
		contribution("insurance-medical", "城乡居民医疗保险代缴", "Pay residents' medical insurance"),
		contribution("insurance-pension", "城乡居民养老保险代缴", "Pay residents' pension insurance"),
		errand("transit-card", "公交卡充值代办", "Top up a transit card",
			[]v1alpha1.DataElementCode{"applicant-name", "telephone", "payment-amount"}, "公交卡", "The transit card"),
		errand("subscription", "报刊订阅代办", "Subscribe to newspapers and magazines",
			[]v1alpha1.DataElementCode{"applicant-name", "telephone", "address", "payment-period"}, "订阅清单", "The list of titles"),
		errand("parcel", "包裹寄递代办", "Send a parcel",
			[]v1alpha1.DataElementCode{"applicant-name", "telephone", "address", "identity-number"}, "待寄物品", "What is to be sent"),
		errand("home-repair", "家庭维修预约代办", "Arrange a repair at home",
			[]v1alpha1.DataElementCode{"applicant-name", "telephone", "address", "repair-place", "preferred-time"}, "", ""),
	}
}

func bill(name, zh, en string) v1alpha1.StationItem {
	return v1alpha1.StationItem{
		Name: name, Category: "Agency", Title: title(zh, en),
		DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "customer-number", "payment-period", "payment-amount"},
		Materials:    texts("缴费通知单或户号", "The bill, or the customer number"),
		Steps: texts("提供户号并交款", "Give the customer number and the money",
			"工作人员代缴", "Staff pay the bill",
			"领取收据", "Collect the receipt"),
		AcceptWithinMinutes: 30, ResolveWithinMinutes: workday,
	}
}

func contribution(name, zh, en string) v1alpha1.StationItem {
	item := bill(name, zh, en)
	item.DataElements = []v1alpha1.DataElementCode{"applicant-name", "telephone", "identity-number", "payment-period", "payment-amount"}
	item.Materials = texts(identityCard()...)
	item.ResolveWithinMinutes = 2 * workday
	return item
}

func errand(name, zh, en string, elements []v1alpha1.DataElementCode, zhBring, enBring string) v1alpha1.StationItem {
	item := v1alpha1.StationItem{
		Name: name, Category: "Agency", Title: title(zh, en), DataElements: elements,
		Steps: texts("到窗口或电话登记", "Register at the counter or by telephone",
			"工作人员代办", "Staff run the errand",
			"领取结果和票据", "Collect the result and the receipt"),
		AcceptWithinMinutes: hour, ResolveWithinMinutes: 2 * workday,
	}
	if zhBring != "" {
		item.Materials = texts(zhBring, enBring)
	}
	return item
}
