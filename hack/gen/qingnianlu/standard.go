package main

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// Where a rule is not Xi'an's own, its source says whose it is. Rules the survey
// gives without the document they come from have no source.
const (
	committeeLaw = "《中华人民共和国城市居民委员会组织法》（2025 年修订，2026 年 1 月 1 日起施行）"
	nationalPlan = "“十四五”城乡社区服务体系建设规划（2021—2025 年）的指标，原文未核对"
	fromNanjing  = "借用南京市白下区的做法：台账“5+1”，挂牌两块；西安市调查未给出数字"
	fromShenzhen = "每格 500–800 户或一个小区为调查所述；两人一组、每组每天 10 户、每月 20 个工作日借用深圳市的测算"
	assumedShare = "本示例的假定：每日 8 小时；调查称行政事务已占六成以上，以六成为上限"
)

func standard() *v1alpha1.CommunityStandard {
	return &v1alpha1.CommunityStandard{
		TypeMeta:   typeMeta("CommunityStandard"),
		ObjectMeta: metav1.ObjectMeta{Name: standardName},
		Spec: v1alpha1.CommunityStandardSpec{
			Title: v1alpha1.LocalizedText{ZH: "西安市社区建设标准（2014）", EN: "Xi'an community norms (2014)"},
			Committee: &v1alpha1.CommitteeRule{Bands: []v1alpha1.CommitteeBand{
				band(1999, 5, 1, 1, 3), band(4000, 7, 1, 2, 4), band(0, 9, 1, 3, 5),
			}},
			Premises: &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{{SquareMeters: 300}}},
			ServiceArea: &v1alpha1.ServiceAreaRule{
				RuleMeta: warn(nationalPlan), SquareMetersPer100Households: 30,
			},
			Size: &v1alpha1.SizeRule{
				RuleMeta: warn(committeeLaw), MinHouseholds: 1000, MaxHouseholds: 3000,
			},
			Workers: &v1alpha1.WorkersRule{RuleMeta: warn(nationalPlan), Per10000Residents: 18},
			Grid: &v1alpha1.GridRule{
				RuleMeta: warn(fromShenzhen), MinHouseholds: 500, MaxHouseholds: 800,
				TeamSize: 2, HouseholdsPerTeamDay: 10, WorkingDaysPerMonth: 20,
			},
			Workforce: &v1alpha1.WorkforceRule{
				RuleMeta: warn(assumedShare), MinutesPerWorkerDay: 480, AdministrativeSharePercent: ptr.To[int64](60),
			},
			Calendar: &v1alpha1.Calendar{TimeZone: "Asia/Shanghai"},
			Burden: &v1alpha1.BurdenRule{
				RuleMeta: warn(fromNanjing), Ledgers: ptr.To[int64](6), Signboards: ptr.To[int64](2),
			},
			Money:        &v1alpha1.MoneyRule{Currency: "CNY"},
			DataElements: dataElements(),
		},
	}
}

func warn(source string) v1alpha1.RuleMeta {
	return v1alpha1.RuleMeta{Effect: v1alpha1.EffectWarn, Source: source}
}

func band(maxHouseholds, seats, chairs, viceChairs, members int64) v1alpha1.CommitteeBand {
	return v1alpha1.CommitteeBand{
		MaxHouseholds: maxHouseholds, Seats: seats, Chairs: chairs, ViceChairs: &viceChairs, Members: &members,
	}
}

// dataElements are the only fields the sample's forms may ask for.
func dataElements() []v1alpha1.DataElement {
	type element = v1alpha1.DataElement
	plain := func(code, zh, en string, kind v1alpha1.DataElementType, class v1alpha1.DataElementClass) element {
		return element{
			Code: v1alpha1.DataElementCode(code), Title: v1alpha1.LocalizedText{ZH: zh, EN: en}, Type: kind, Class: class,
		}
	}
	sensitive := func(code, zh, en string, kind v1alpha1.DataElementType, class v1alpha1.DataElementClass) element {
		e := plain(code, zh, en, kind, class)
		e.Sensitivity = v1alpha1.SensitivitySensitive
		return e
	}
	return []element{
		plain("applicant-name", "申请人姓名", "Applicant's name", "Text", "Base"),
		plain("birth-date", "出生日期", "Date of birth", "Date", "Base"),
		plain("agent-name", "代办人姓名", "Name of the person acting for the applicant", "Text", "Base"),
		plain("request-text", "事项说明", "What is asked for", "Text", "Base"),
		plain("request-reason", "用途", "What it is for", "Text", "Base"),
		plain("consent-given", "是否同意", "Consent given", "Boolean", "Base"),

		plain("telephone", "联系电话", "Telephone", "Text", "Contact"),
		plain("agent-telephone", "代办人电话", "Telephone of the person acting", "Text", "Contact"),
		plain("email", "电子邮箱", "Email address", "Text", "Contact"),
		plain("address", "居住地址", "Home address", "Text", "Contact"),
		plain("preferred-time", "方便联系的时间", "Time to call back", "Text", "Contact"),

		sensitive("identity-number", "公民身份号码", "Identity number", "Text", "Identity"),
		sensitive("agent-identity-number", "代办人公民身份号码", "Identity number of the person acting", "Text", "Identity"),

		plain("household-size", "家庭人口数", "People in the household", "Integer", "Household"),
		plain("children-count", "未成年子女数", "Children in the household", "Integer", "Household"),
		plain("elderly-count", "六十岁以上家庭成员数", "Household members over sixty", "Integer", "Household"),
		plain("residence-since", "入住日期", "Living here since", "Date", "Household"),

		sensitive("household-income", "家庭月收入", "Monthly household income", "Decimal", "Benefit"),
		sensitive("allowance-certificate", "最低生活保障证号", "Subsistence allowance certificate number", "Text", "Benefit"),
		sensitive("disability-certificate", "残疾人证号", "Disability certificate number", "Text", "Benefit"),
		plain("benefit-kind", "申请补助种类", "Kind of benefit", "Choice", "Benefit"),

		sensitive("care-need", "照护需要", "Care needed", "Text", "Health"),
		sensitive("medical-expenses", "自付医疗费用", "Medical expenses paid by oneself", "Decimal", "Health"),

		plain("tenure", "房屋性质", "Owned or rented", "Choice", "Property"),
		plain("property-address", "房屋坐落", "Address of the property", "Text", "Property"),
		plain("floor-area", "建筑面积", "Floor area", "Decimal", "Property"),
		plain("repair-place", "报修位置", "Place to be repaired", "Text", "Property"),

		plain("customer-number", "缴费户号", "Customer number", "Text", "Other"),
		plain("payment-period", "缴费期间", "Billing period", "Text", "Other"),
		plain("payment-amount", "缴费金额", "Amount", "Decimal", "Other"),
		plain("booking-date", "预约日期", "Date of the booking", "Date", "Other"),
		plain("booking-hours", "预约时段", "Hours of the booking", "Text", "Other"),
		plain("participants", "参加人数", "Number of people", "Integer", "Other"),
		plain("attachment", "附件", "Attachment", "File", "Other"),
	}
}
