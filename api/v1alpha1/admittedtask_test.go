package v1alpha1_test

import (
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/privacy"
)

func TestAdmittedTask(t *testing.T) { taskTable.run(t) }

const validTask = `
apiVersion: shequ.io/v1alpha1
kind: AdmittedTask
metadata: {name: old-age-allowance}
spec:
  title: {zh: 高龄津贴受理}
  category: Assist
  legalBasis: [{id: measure, title: {zh: 示例市高龄津贴办法}, level: Municipal}]
  target: {communities: [{namespace: qingnianlu, name: qingnian}]}
  effective: {from: "2026-01-01"}
`

const fullTask = `
spec:
  title: {zh: 高龄津贴受理, en: Old-age allowance}
  catalogueCode: B-017
  category: Campaign
  legalBasis:
  - {id: measure, title: {zh: 示例市高龄津贴办法}, documentNumber: 示例〔2024〕1号, level: Municipal, issued: "2024-01-01", expires: "2030-12-31"}
  - {id: notice, title: {zh: 区实施通知}, level: District}
  scope:
    verbs: [Discover, Publicise, Inspect, Supervise, Remediate]
    authority: {instrument: 授权书1号, verbs: [Discover, Publicise, Inspect, Supervise, Remediate], until: "2030-12-31"}
  target: {communities: null, subdistrictSelector: {matchLabels: {shequ.io/role: subdistrict}}}
  effective: {from: "2026-01-01", until: "2026-12-31"}
  workload:
    casesPerYear: 120
    minutesPerCase: 40
    visits: {householdPercent: 5, timesPerYear: 2, minutesPerVisit: 20, combinable: true}
    reports: {perYear: 12, minutesEach: 60, indicators: 3}
    ledgers: 1
  funding: {perCase: "20", perHousehold: "0.50", perCommunity: "3000", source: 民政专项, periods: Quarterly}
  data:
  - {element: applicant-name, use: Collect, purpose: old-age-allowance, basis: measure, retentionDays: 365}
  - {element: bank-account, use: Reuse, purpose: old-age-allowance, basis: consent, retentionDays: 30}
  deliveries: [{systemRef: {name: social-security}, purpose: old-age-allowance, elements: [applicant-name, bank-account]}]
  service:
    steps: [{zh: 受理}, {zh: 审核}]
    materials: [{zh: 身份证}]
    acceptWithinMinutes: 60
    resolveWithinMinutes: 14400
    onlineApplication: Offered
  suspend: true
`

const (
	noBasis      = "a task needs a legal basis at municipal level or above; add a document of level National, Provincial or Municipal to spec.legalBasis"
	noPower      = "a community has no power to punish, so a task can't ask it to; take Penalise out of spec.scope.verbs"
	noAuthority  = "authority must go with the duty: every verb needs an instrument that grants it; add the verb to spec.scope.authority.verbs or take it out of spec.scope.verbs"
	notDeclared  = "a delivery may only carry data elements the task declares; add them to spec.data or take them out of the delivery"
	notPermitted = "every data element needs a basis the task has; set basis to the id of an entry of spec.legalBasis, or to consent"
	casesOfTime  = "cases take time: give minutesPerCase together with casesPerYear or casesPerThousandResidents, or neither"
)

var taskTable = table{valid: validTask, role: "department", rows: append([]row{
	{"every field", fullTask, ""},
	{"a name of 63 characters", "metadata: {name: " + strings.Repeat("a", 63) + "}", ""},
	{"a name of 64 characters", "metadata: {name: " + strings.Repeat("a", 64) + "}",
		"a task's name may have at most 63 characters: it becomes a label"},
	{"an unknown category", "spec: {category: Extra}", `spec.category: Unsupported value: "Extra"`},

	{"a national basis", basis("{id: a, title: {zh: 法}, level: National}"), ""},
	{"a basis below a municipal one", basis("{id: a, title: {zh: 法}, level: Municipal}, {id: b, title: {zh: 通知}, level: Subdistrict}"), ""},
	{"no basis", "spec: {legalBasis: null}", noBasis},
	{"an empty list of bases", basis(""), noBasis},
	{"a district's notice alone", basis("{id: a, title: {zh: 通知}, level: District}"), noBasis},
	{"a sub-district's notice alone", basis("{id: a, title: {zh: 通知}, level: Subdistrict}"), noBasis},
	{"a basis of no known level", basis("{id: a, title: {zh: 通知}, level: Village}"), `Unsupported value: "Village"`},
	{"a basis named consent", basis("{id: consent, title: {zh: 法}, level: Municipal}"),
		"the id consent stands for the consent of the person concerned; choose another id for the document"},
	{"a basis that expires before it is issued",
		basis("{id: a, title: {zh: 法}, level: Municipal, issued: \"2026-01-02\", expires: \"2026-01-01\"}"),
		"a document can't expire before it is issued; correct issued or expires"},
	{"two bases of one id", basis(strings.Repeat("{id: a, title: {zh: 法}, level: Municipal},", 2)), "spec.legalBasis[1]: Duplicate value"},

	{"a verb with authority", scope("Discover", "Discover, Inspect"), ""},
	{"a verb without authority", "spec: {scope: {verbs: [Inspect]}}", noAuthority},
	{"a verb the authority does not grant", scope("Inspect", "Discover"), noAuthority},
	{"penalise", scope("Penalise", "Discover"), noPower},
	{"penalise beside what is granted", scope("Discover, Penalise", "Discover"), noPower},
	{"authority to penalise", scope("Discover", "Discover, Penalise"),
		"the power to punish can't be granted to a community; take Penalise out of spec.scope.authority.verbs"},
	{"an unknown verb", scope("Arrest", "Discover"), `Unsupported value: "Arrest"`},
	{"authority without an instrument", "spec: {scope: {verbs: [Discover], authority: {verbs: [Discover]}}}",
		"spec.scope.authority.instrument: Required value"},

	{"no target, which matches none", "spec: {target: null}", ""},
	{"an empty target, which matches none", "spec: {target: {communities: null}}", ""},
	{"a selector", "spec: {target: {communities: null, subdistrictSelector: {matchLabels: {district: lianhu}}}}", ""},
	{"names and a selector", "spec: {target: {subdistrictSelector: {}}}",
		"name communities or select sub-districts, not both; split the task in two to do both"},
	{"a thousand communities", "spec: {target: {communities: " + repeated(1000, "{namespace: a, name: c#}") + "}}", ""},
	{"a thousand and one communities", "spec: {target: {communities: " + repeated(1001, "{namespace: a, name: c#}") + "}}",
		"spec.target.communities: Too many: 1001: must have at most 1000 items"},
	{"a community twice", "spec: {target: {communities: " + repeated(2, "{namespace: a, name: b}") + "}}",
		"spec.target.communities[1]: Duplicate value"},

	{"a task of one day", "spec: {effective: {until: \"2026-01-01\"}}", ""},
	{"an end before the beginning", "spec: {effective: {until: \"2025-12-31\"}}",
		"a task can't end before it begins; set until to from or a later day"},
	{"a campaign with an end", "spec: {category: Campaign, effective: {until: \"2026-01-21\"}}", ""},
	{"a campaign without an end", "spec: {category: Campaign}", "a campaign must have an end; set spec.effective.until"},
	{"a beginning on no day", "spec: {effective: {from: \"2026-02-30\"}}",
		"a date must be a day of the calendar, written as 2026-01-31"},

	{"cases per year", "spec: {workload: {casesPerYear: 1, minutesPerCase: 1}}", ""},
	{"cases per thousand residents", "spec: {workload: {casesPerThousandResidents: 1, minutesPerCase: 1}}", ""},
	{"cases counted twice", "spec: {workload: {casesPerYear: 1, casesPerThousandResidents: 1, minutesPerCase: 1}}",
		"give the number of cases per year or per thousand residents, not both"},
	{"cases that take no time", "spec: {workload: {casesPerYear: 1}}", casesOfTime},
	{"time for no cases", "spec: {workload: {minutesPerCase: 1}}", casesOfTime},
	{"hours instead of minutes", "spec: {workload: {casesPerYear: 1, minutesPerCase: 0.5}}", "must be of type integer"},
	{"visits to more than all households", "spec: {workload: {visits: {householdPercent: 101, timesPerYear: 1, minutesPerVisit: 1}}}",
		"householdPercent in body should be less than or equal to 100"},
	{"visits without a length", "spec: {workload: {visits: {householdPercent: 10, timesPerYear: 1}}}", "minutesPerVisit: Required value"},
	{"ledgers below nothing", "spec: {workload: {ledgers: -1}}", "should be greater than or equal to 0"},

	{"funding", "spec: {funding: {perCase: \"1.50\", source: 专项}}", ""},
	{"funding of no amount", "spec: {funding: {source: 专项}}",
		"funding names no amount; give perCase, perHousehold or perCommunity, or leave funding out"},
	{"funding from nowhere", "spec: {funding: {perCase: \"1\"}}", "spec.funding.source: Required value"},
	{"funding in words", "spec: {funding: {perCase: plenty, source: 专项}}", "spec.funding.perCase in body should match"},
	{"funding by the week", "spec: {funding: {perCase: \"1\", source: 专项, periods: Weekly}}", `Unsupported value: "Weekly"`},

	{"data on a basis the task has", data("applicant-name", "measure"), ""},
	{"data by consent", data("applicant-name", "consent"), ""},
	{"data on a basis the task has not", data("applicant-name", "notice"), notPermitted},
	{"data without a purpose", "spec: {data: [{element: a, use: Collect, basis: measure, retentionDays: 1}]}", "purpose: Required value"},
	{"data kept for ever", "spec: {data: [{element: a, use: Collect, purpose: a, basis: measure}]}", "retentionDays: Required value"},
	{"data sold", "spec: {data: [{element: a, use: Sell, purpose: a, basis: measure, retentionDays: 1}]}", `Unsupported value: "Sell"`},
	{"a data element twice", "spec: {data: " + repeated(2, "{element: a, use: Reuse, purpose: a, basis: measure, retentionDays: 1}") + "}",
		"spec.data[1]: Duplicate value"},

	{"a delivery of a declared element", deliver("a"), ""},
	{"a delivery of an undeclared element", deliver("a, b"), notDeclared},
	{"a delivery where nothing is declared",
		"spec: {deliveries: [{systemRef: {name: s}, purpose: a, elements: [a]}]}", notDeclared},
	{"a delivery of nothing", deliver(""), "should have at least 1 items"},
	{"a mapping", mapping("person.姓名", "a"), ""},
	{"a field twice", "spec: {data: [{element: a, use: Reuse, purpose: a, basis: measure, retentionDays: 1}], " +
		"deliveries: [{systemRef: {name: s}, purpose: a, elements: [a], mapping: " + repeated(2, "{field: a, expression: a}") + "}]}",
		"spec.deliveries[0].mapping[1]: Duplicate value"},
	{"a field without an expression", mapping("a", ""), "should be at least 1 chars long"},

	{"an unknown way to apply", "spec: {service: {onlineApplication: AppOnly}}", `Unsupported value: "AppOnly"`},
	{"seventeen steps", "spec: {service: {steps: " + repeated(17, "{zh: 步}") + "}}", "Too many: 17: must have at most 16 items"},
}, append(forbiddenData(), forbiddenFields()...)...)}

func basis(list string) string { return "spec: {legalBasis: [" + list + "]}" }

func scope(verbs, granted string) string {
	return "spec: {scope: {verbs: [" + verbs + "], authority: {instrument: 授权书, verbs: [" + granted + "]}}}"
}

func data(element, basis string) string {
	return "spec: {data: [{element: " + element + ", use: Collect, purpose: a, basis: " + basis + ", retentionDays: 1}]}"
}

func deliver(elements string) string {
	return "spec: {data: [{element: a, use: Reuse, purpose: a, basis: measure, retentionDays: 1}], " +
		"deliveries: [{systemRef: {name: s}, purpose: a, elements: [" + elements + "]}]}"
}

func mapping(field, expression string) string {
	return "spec: {data: [{element: a, use: Reuse, purpose: a, basis: measure, retentionDays: 1}], " +
		"deliveries: [{systemRef: {name: s}, purpose: a, elements: [a], mapping: [{field: \"" + field + "\", expression: \"" + expression + "\"}]}]}"
}

// forbiddenFields name what nobody may deliver, in both languages and in disguise.
func forbiddenFields() []row {
	var rows []row
	for _, field := range []string{
		"民族", "宗教信仰", "政治面貌", "指纹", "行踪轨迹", "重点人员", "怀孕", "person.民_族", "ethnicGroup", "person.Religion", "face_scan", "key-person", "preg.nancy",
	} {
		rows = append(rows, row{"a field called " + field, mapping(field, "a"), privacy.FieldMessage()})
	}
	return append(rows, row{"a field called 民族路", mapping("address.民族路", "a"), ""})
}

func forbiddenData() []row {
	var rows []row
	for _, code := range []string{
		"ethnic-group", "religion", "political-status", "fingerprint", "face-scan", "location-history", "key-person", "pregnancy",
		"minzu", "zongjiao-xinyang", "zhengzhi-mianmao", "zhi-wen", "guiji", "zhongdian-renyuan", "huai-yun",
	} {
		rows = append(rows, row{"a task that collects " + code, data(code, "measure"), privacy.CodeMessage()})
	}
	// A code holds no Chinese, so that no class can be named in it.
	return append(rows, row{"a task that collects 民族", data("民族", "measure"), "spec.data[0].element in body should match"})
}
