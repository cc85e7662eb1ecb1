package v1alpha1_test

import (
	"strings"
	"testing"
)

func TestServiceStation(t *testing.T) { stationTable.run(t) }

const validStation = `
apiVersion: shequ.io/v1alpha1
kind: ServiceStation
metadata: {name: qingnian}
spec:
  communityRef: {name: qingnian}
`

var stationTable = table{valid: validStation, role: "subdistrict", rows: []row{
	{"every field", `
spec:
  displayName: {zh: 青年社区服务站, en: Qingnian service station}
  type: Workstation
  premisesSquareMeters: 180
  windows: [{name: w1, title: {zh: 一号窗口}, items: [residence-proof]}, {name: w2}]
  openingHours: [{days: [Mon, Tue, Wed, Thu, Fri], opens: "09:00", closes: "17:30"}, {days: [Sat], opens: "09:00", closes: "24:00"}]
  items:
  - name: residence-proof
    title: {zh: 居住证明}
    category: Certificate
    summary: {zh: 为居民开具居住证明}
    dataElements: [applicant-name]
    materials: [{zh: 身份证}]
    steps: [{zh: 受理}, {zh: 出具}]
    acceptWithinMinutes: 30
    resolveWithinMinutes: 1440
  desk: {hostname: desk.example.org, gatewayRef: {namespace: g, name: g}, replicas: 1}
  suspend: false
`, ""},
	{"a name of 63 characters", "metadata: {name: " + strings.Repeat("q", 63) + "}", ""},
	{"a name of 64 characters", "metadata: {name: " + strings.Repeat("q", 64) + "}",
		"a station's name may have at most 63 characters: it becomes a label"},
	{"no community", "spec: {communityRef: null}", "spec.communityRef: Required value"},
	{"an unknown type", "spec: {type: Palace}", `spec.type: Unsupported value: "Palace"`},
	{"a window with the station's own item", "spec: {windows: [{name: w, items: [a]}], items: [{name: a, title: {zh: 甲}}]}", ""},
	{"a window with an item nobody declared", "spec: {windows: [{name: w, items: [b]}], items: [{name: a, title: {zh: 甲}}]}",
		"a window may only name items the station declares in spec.items"},
	{"a window with items where there are none", "spec: {windows: [{name: w, items: [b]}]}",
		"a window may only name items the station declares in spec.items"},
	{"two windows of one name", "spec: {windows: [{name: w}, {name: w}]}", "spec.windows[1]: Duplicate value"},
	{"doors that close before they open", "spec: {openingHours: [{days: [Mon], opens: \"17:00\", closes: \"09:00\"}]}",
		"opens must be before closes; split hours that pass midnight into two spans"},
	{"hours without a leading zero", "spec: {openingHours: [{days: [Mon], opens: \"9:00\", closes: \"17:00\"}]}", "opens"},
	{"an eighth day", "spec: {openingHours: [{days: [Fun], opens: \"09:00\", closes: \"17:00\"}]}", `Unsupported value: "Fun"`},
	{"a hundred and twenty-nine items", "spec: {items: " + repeated(129, "{name: i#, title: {zh: 甲}}") + "}",
		"spec.items: Too many: 129: must have at most 128 items"},
	{"a desk in upper case", "spec: {desk: {hostname: Desk.example.org}}", "spec.desk.hostname in body should match"},
	{"a time limit of nothing", "spec: {items: [{name: a, title: {zh: 甲}, acceptWithinMinutes: 0}]}",
		"should be greater than or equal to 1"},
}, changes: []row{
	{"more items", "spec: {items: [{name: a, title: {zh: 甲}}]}", ""},
	{"another community", "spec: {communityRef: {name: anding}}",
		"a station can't move to another community; declare another ServiceStation there"},
}}
