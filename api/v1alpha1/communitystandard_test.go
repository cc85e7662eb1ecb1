package v1alpha1_test

import (
	"testing"

	"github.com/shequ-io/shequ/internal/privacy"
)

func TestCommunityStandard(t *testing.T) { standardTable.run(t) }

const validStandard = `
apiVersion: shequ.io/v1alpha1
kind: CommunityStandard
metadata: {name: xian-2014}
spec:
  title: {zh: 西安市社区标准, en: "Xi'an community standard"}
`

const fullStandard = `
spec:
  committee:
    effect: Enforce
    source: 示例文件〔2014〕1号
    bands:
    - {maxHouseholds: 1999, seats: 5, chairs: 1, viceChairs: 1, members: 3}
    - {maxHouseholds: 4000, seats: 7, chairs: 1, viceChairs: 2, members: 4}
    - {seats: 9, chairs: 1, viceChairs: 3, members: 5}
  premises: {bands: [{class: old, maxHouseholds: 3000, squareMeters: 300}, {squareMeters: 500}]}
  station: {squareMeters: 150}
  serviceArea: {squareMetersPer100Households: 30}
  facilities: {required: [library]}
  size: {minHouseholds: 1000, maxHouseholds: 3000}
  workers: {per10000Residents: 18}
  grid: {minHouseholds: 500, maxHouseholds: 800, teamSize: 2, householdsPerTeamDay: 10, workingDaysPerMonth: 20}
  workforce: {minutesPerWorkerDay: 480, administrativeSharePercent: 60}
  calendar: {timeZone: Asia/Shanghai, holidays: ["2026-10-01"], makeUpDays: ["2026-10-10"]}
  burden: {ledgers: 6, signboards: 2, monthlyIndicators: 13, monthlyReports: 4}
  catalogue: [{code: "A-01", title: {zh: 行政执法}, basis: 示例文件}]
  dataElements:
  - {code: applicant-name, title: {zh: 申请人姓名, en: Applicant's name}, type: Text, class: Base}
  - {code: benefit-amount, title: {zh: 补贴金额（元）}, type: Decimal, class: Benefit, sensitivity: Sensitive, owner: 民政局}
  money: {currency: CNY, hourlyCost: "32.50", minimumCoveragePercent: 100, districtShareLimitPercent: 50}
`

var standardTable = table{valid: validStandard, rows: append([]row{
	{"every field", fullStandard, ""},
	{"no title", "spec: {title: null}", "spec.title: Required value"},
	{"an unknown effect", "spec: {station: {squareMeters: 1, effect: Ignore}}", `spec.station.effect: Unsupported value: "Ignore"`},

	{"seats that do not add up", committee("{seats: 6, chairs: 1, viceChairs: 1, members: 3}"),
		"seats must equal chairs + viceChairs + members"},
	{"a band without an end before the last", committee("{seats: 1, chairs: 1}, {seats: 2, chairs: 1, members: 1}"),
		"only the last band may leave out maxHouseholds"},
	{"a last band with an end", committee("{maxHouseholds: 2000, seats: 1, chairs: 1}"),
		"the last band must leave out maxHouseholds, so that every community has a band"},
	{"bands out of order", committee("{maxHouseholds: 4000, seats: 1, chairs: 1}, {maxHouseholds: 2000, seats: 1, chairs: 1}, {seats: 1, chairs: 1}"),
		"bands must be in ascending order of maxHouseholds"},
	{"two bands of one end", committee("{maxHouseholds: 2000, seats: 1, chairs: 1}, {maxHouseholds: 2000, seats: 1, chairs: 1}, {seats: 1, chairs: 1}"),
		"bands must be in ascending order of maxHouseholds"},
	{"no band at all", committee(""), "should have at least 1 items"},
	{"a community of one size", "spec: {size: {minHouseholds: 1000, maxHouseholds: 1000}}", ""},
	{"a community smaller than its least", "spec: {size: {minHouseholds: 3000, maxHouseholds: 1000}}",
		"minHouseholds must not be above maxHouseholds"},
	{"a grid smaller than its least", "spec: {grid: {minHouseholds: 800, maxHouseholds: 500}}",
		"minHouseholds must not be above maxHouseholds"},
	{"a share above all", "spec: {workforce: {administrativeSharePercent: 101}}", "should be less than or equal to 100"},
	{"a holiday the calendar has not", "spec: {calendar: {holidays: [\"2026-06-31\"]}}",
		"a date must be a day of the calendar, written as 2026-01-31"},
	{"a holiday twice", "spec: {calendar: {holidays: [\"2026-10-01\", \"2026-10-01\"]}}", "Duplicate value"},
	{"a currency in words", "spec: {money: {currency: RMB¥}}", "spec.money.currency"},
	{"money with three places", `spec: {money: {hourlyCost: "1.005"}}`, "spec.money.hourlyCost in body should match"},
	{"money below nothing", `spec: {money: {hourlyCost: "-1"}}`, "spec.money.hourlyCost in body should match"},
	{"a catalogue code twice", "spec: {catalogue: [{code: a, title: {zh: 甲}, basis: b}, {code: a, title: {zh: 乙}, basis: b}]}",
		"spec.catalogue[1]: Duplicate value"},
	{"a catalogue item without a basis", "spec: {catalogue: [{code: a, title: {zh: 甲}}]}", "spec.catalogue[0].basis: Required value"},

	{"a code in upper case", element("Name", "姓名", "Name"), "spec.dataElements[0].code in body should match"},
	{"a code twice", "spec: {dataElements: " + repeated(2, "{code: a, title: {zh: 甲}, type: Text, class: Base}") + "}",
		"spec.dataElements[1]: Duplicate value"},
	{"a class that does not exist", "spec: {dataElements: [{code: a, title: {zh: 甲}, type: Text, class: Religion}]}",
		`spec.dataElements[0].class: Unsupported value: "Religion"`},
	{"an unknown type", "spec: {dataElements: [{code: a, title: {zh: 甲}, type: Blob, class: Base}]}",
		`spec.dataElements[0].type: Unsupported value: "Blob"`},
	{"two hundred and fifty-six elements", "spec: {dataElements: " + repeated(256, "{code: e#, title: {zh: 甲}, type: Text, class: Base}") + "}", ""},
	{"two hundred and fifty-seven elements", "spec: {dataElements: " + repeated(257, "{code: e#, title: {zh: 甲}, type: Text, class: Base}") + "}",
		"spec.dataElements: Too many: 257: must have at most 256 items"},
	{"a title in full width", element("a", "姓名", "Ｎａｍｅ"), privacy.TitleMessage()},
	{"a title with the separator", element("a", "姓|名", "Name"), privacy.TitleMessage()},
	{"a title with an invisible character", element("a", "指\u200b纹", "Name"), privacy.TitleMessage()},
}, forbiddenRows()...)}

func committee(bands string) string {
	return "spec: {committee: {bands: [" + bands + "]}}"
}

func element(code, zh, en string) string {
	return "spec: {dataElements: [{code: " + code + ", title: {zh: \"" + zh + "\", en: \"" + en + "\"}, type: Text, class: Other}]}"
}

// forbiddenRows has, for each forbidden class, an element named in each of the
// three places a class can be named in.
func forbiddenRows() []row {
	named := map[privacy.Class][3]string{
		privacy.Ethnicity:    {"ethnic-group", "民族", "Ethnic group"},
		privacy.Religion:     {"faith", "宗教信仰", "Religious belief"},
		privacy.Politics:     {"political-status", "政治面貌", "Political outlook"},
		privacy.Biometrics:   {"face-recognition-id", "人脸照片", "Facial image"},
		privacy.Movement:     {"location-history", "行动轨迹", "Trajectory"},
		privacy.KeyPerson:    {"key-person", "重点人员类别", "Key person category"},
		privacy.Reproduction: {"pregnancy", "孕期", "Contraceptive method"},
	}
	var rows []row
	for _, class := range privacy.Classes() {
		names := named[class]
		rows = append(rows,
			row{string(class) + " by code", element(names[0], "甲", "A"), privacy.Message(class)},
			row{string(class) + " by Chinese title", element("a", names[1], "A"), privacy.Message(class)},
			row{string(class) + " by English title", element("a", "甲", names[2]), privacy.Message(class)},
		)
	}
	return rows
}
