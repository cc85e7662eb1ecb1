package v1alpha1_test

import (
	"strings"
	"testing"
)

func TestGrid(t *testing.T) { gridTable.run(t) }

const validGrid = `
apiVersion: shequ.io/v1alpha1
kind: Grid
metadata: {name: qingnian-g01}
spec:
  level: 3
  parentRef: {name: qingnian}
  communityRef: {name: qingnian}
  households: 640
`

var gridTable = table{valid: validGrid, role: "subdistrict", rows: []row{
	{"every field", `
spec:
  displayName: {zh: 第一网格}
  area: Compound
  code: "610104001002001"
  boundary: '{"type":"Polygon","coordinates":[[[108.9,34.2],[109.0,34.2],[109.0,34.3],[108.9,34.2]]]}'
  datum: WGS84
  residents: 1800
  workers: [{id: qn-g01-a, role: Lead}, {id: qn-g01-b}]
  staffingModel: PropertyManagement
  provider: {name: Property service company, contractUntil: "2027-12-31"}
`, ""},
	{"a name of 63 characters", "metadata: {name: " + strings.Repeat("g", 63) + "}", ""},
	{"a name of 64 characters", "metadata: {name: " + strings.Repeat("g", 64) + "}",
		"a grid's name may have at most 63 characters: it becomes a label"},

	{"the sub-district's grid", "spec: {level: 1, parentRef: null, communityRef: null}", ""},
	{"the sub-district's grid below another", "spec: {level: 1, communityRef: null}",
		"a grid of level 1 (sub-district) has no parentRef; a grid of level 2 or 3 needs one"},
	{"the sub-district's grid of a community", "spec: {level: 1, parentRef: null}",
		"a grid of level 1 (sub-district) has no communityRef; a grid of level 2 or 3 needs one"},
	{"a unit without a parent", "spec: {parentRef: null}",
		"a grid of level 1 (sub-district) has no parentRef; a grid of level 2 or 3 needs one"},
	{"a unit without a community", "spec: {communityRef: null}",
		"a grid of level 1 (sub-district) has no communityRef; a grid of level 2 or 3 needs one"},
	{"a fourth level", "spec: {level: 4}", "spec.level in body should be less than or equal to 3"},

	{"no households", "spec: {households: 0}", "spec.households in body should be greater than or equal to 1"},
	{"ten million households", "spec: {households: 10000000}", "spec.households in body should be less than or equal to 2000000"},
	{"an unknown kind of area", "spec: {area: Village}", `spec.area: Unsupported value: "Village"`},

	{"a unit code of 17 digits", `spec: {code: "61010400100200001"}`, ""},
	{"a unit code of 16 digits", `spec: {code: "6101040010020001"}`, "a GB/T 30428 unit code has 15 or 17 digits"},
	{"a unit code with letters", `spec: {code: "61010400100200A"}`, "a GB/T 30428 unit code has 15 or 17 digits"},
	{"a boundary above 64 KiB", "spec: {boundary: " + strings.Repeat("x", 65537) + "}", "spec.boundary: Too long"},
	{"an unknown datum", "spec: {datum: GCJ02}", `spec.datum: Unsupported value: "GCJ02"`},

	{"a worker by telephone number", `spec: {workers: [{id: "13900000000"}]}`,
		"a worker's id must be a work identifier, not a telephone or identity-card number"},
	{"a worker by identity card", `spec: {workers: [{id: 61010419900101000x}]}`,
		"a worker's id must be a work identifier, not a telephone or identity-card number"},
	{"a worker by name", `spec: {workers: [{id: 某某}]}`, "spec.workers[0].id in body should match"},
	{"a worker twice", "spec: {workers: [{id: a}, {id: a}]}", "spec.workers[1]: Duplicate value"},
	{"a provider's grid without a provider", "spec: {staffingModel: PropertyManagement}",
		"staffingModel ServiceCentre or PropertyManagement needs a provider with contractUntil"},
	{"a provider without an end", "spec: {provider: {name: a}}", "spec.provider.contractUntil: Required value"},
	{"a provider until no day", "spec: {provider: {name: a, contractUntil: \"2027-02-29\"}}",
		"a date must be a day of the calendar, written as 2026-01-31"},
}}
