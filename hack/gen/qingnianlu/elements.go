package main

import (
	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
)

// dataElements are the only fields the sample's forms, tasks and systems may name.
func dataElements() []v1alpha1.DataElement {
	return append(elementsOfPeople(), elementsOfThings()...)
}

func plain(code, zh, en string, kind v1alpha1.DataElementType, class v1alpha1.DataElementClass) v1alpha1.DataElement {
	return v1alpha1.DataElement{Code: v1alpha1.DataElementCode(code), Title: title(zh, en), Type: kind, Class: class}
}

func sensitive(code, zh, en string, kind v1alpha1.DataElementType, class v1alpha1.DataElementClass) v1alpha1.DataElement {
	out := plain(code, zh, en, kind, class)
	out.Sensitivity = v1alpha1.SensitivitySensitive
	return out
}

// elementsOfPeople are about persons and their households.
func elementsOfPeople() []v1alpha1.DataElement {
	return []v1alpha1.DataElement{
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
		plain("emergency-telephone", "紧急联系电话", "Telephone in an emergency", "Text", "Contact"),
		plain("preferred-time", "方便联系的时间", "Time to call back", "Text", "Contact"),

		sensitive("identity-number", "公民身份号码", "Identity number", "Text", "Identity"),
		sensitive("agent-identity-number", "代办人公民身份号码", "Identity number of the person acting", "Text", "Identity"),
		sensitive("social-security-number", "社会保障号码", "Social security number", "Text", "Identity"),

		plain("household-size", "家庭人口数", "People in the household", "Integer", "Household"),
		plain("children-count", "未成年子女数", "Children in the household", "Integer", "Household"),
		plain("elderly-count", "六十岁以上家庭成员数", "Household members over sixty", "Integer", "Household"),
		plain("residence-since", "入住日期", "Living here since", "Date", "Household"),
		sensitive("living-alone", "是否独居", "Living alone", "Boolean", "Household"),
		plain("school-stage", "就读学段", "Stage of school", "Choice", "Household"),

		sensitive("household-income", "家庭月收入", "Monthly household income", "Decimal", "Benefit"),
		sensitive("allowance-certificate", "最低生活保障证号", "Subsistence allowance certificate number", "Text", "Benefit"),
		sensitive("disability-certificate", "残疾人证号", "Disability certificate number", "Text", "Benefit"),
		sensitive("household-assets", "家庭财产情况", "Household assets", "Text", "Benefit"),
		sensitive("bank-account", "本人银行账号", "Bank account", "Text", "Benefit"),
		sensitive("veteran-card", "退役军人优待证号", "Veteran's card number", "Text", "Benefit"),
		plain("service-end-date", "退役时间", "End of service", "Date", "Benefit"),
		plain("insurance-status", "参保状态", "Insurance status", "Choice", "Benefit"),
		plain("pension-status", "养老待遇状态", "Pension status", "Choice", "Benefit"),
		plain("hardship-kind", "困难类型", "Kind of hardship", "Choice", "Benefit"),
		plain("benefit-kind", "申请补助种类", "Kind of benefit", "Choice", "Benefit"),

		sensitive("care-need", "照护需要", "Care needed", "Text", "Health"),
		sensitive("care-level", "照护等级", "Level of care", "Choice", "Health"),
		plain("assistive-device", "所需辅助器具", "Assistive device needed", "Choice", "Health"),
		sensitive("medical-expenses", "自付医疗费用", "Medical expenses paid by oneself", "Decimal", "Health"),
	}
}

// elementsOfThings are about homes, work, businesses and bookings.
func elementsOfThings() []v1alpha1.DataElement {
	return []v1alpha1.DataElement{
		plain("tenure", "房屋性质", "Owned or rented", "Choice", "Property"),
		plain("property-address", "房屋坐落", "Address of the property", "Text", "Property"),
		plain("floor-area", "建筑面积", "Floor area", "Decimal", "Property"),
		plain("rent-amount", "月租金", "Monthly rent", "Decimal", "Property"),
		plain("renovation-wish", "改造意愿", "Wishes for the renewal", "Text", "Property"),
		plain("repair-place", "报修位置", "Place to be repaired", "Text", "Property"),

		plain("customer-number", "缴费户号", "Customer number", "Text", "Other"),
		plain("payment-period", "缴费期间", "Billing period", "Text", "Other"),
		plain("payment-amount", "缴费金额", "Amount", "Decimal", "Other"),
		plain("booking-date", "预约日期", "Date of the booking", "Date", "Other"),
		plain("booking-hours", "预约时段", "Hours of the booking", "Text", "Other"),
		plain("participants", "参加人数", "Number of people", "Integer", "Other"),
		plain("employment-status", "就业状态", "Employment status", "Choice", "Other"),
		plain("unemployed-since", "失业日期", "Unemployed since", "Date", "Other"),
		plain("skill-level", "职业技能等级", "Level of skills", "Choice", "Other"),
		plain("training-wish", "培训意向", "Training wished for", "Text", "Other"),
		plain("course-title", "课程名称", "Course", "Text", "Other"),
		plain("volunteer-skill", "服务特长", "What a volunteer can do", "Text", "Other"),
		plain("volunteer-hours", "志愿服务时长", "Hours of volunteer service", "Integer", "Other"),
		plain("legal-aid-matter", "法律援助事项", "Matter of legal aid", "Choice", "Other"),
		plain("business-name", "经营户名称", "Name of the business", "Text", "Other"),
		plain("business-licence", "营业执照编号", "Business licence number", "Text", "Other"),
		plain("hazard-kind", "隐患种类", "Kind of hazard", "Choice", "Other"),
		plain("hazard-place", "隐患位置", "Place of the hazard", "Text", "Other"),
		plain("attachment", "附件", "Attachment", "File", "Other"),
	}
}
