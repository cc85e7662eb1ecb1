package v1alpha1_test

import (
	"strings"
	"testing"
)

func TestCommunity(t *testing.T) { communityTable.run(t) }

const validCommunity = `
apiVersion: shequ.io/v1alpha1
kind: Community
metadata: {name: qingnian}
spec:
  displayName: {zh: 青年社区}
  standardRef: {name: xian-2014}
  profile: {households: 2000, residents: 5600}
`

// fullCommunity has every field of a Community.
const fullCommunity = `
spec:
  displayName: {zh: 青年社区, en: Qingnian}
  contact: {address: {zh: 青年路1号}, telephone: 029-8888 0000}
  profile: {households: 2000, residents: 5600, buildings: 40, areaSquareMeters: 210000}
  premises:
  - {name: office, title: {zh: 办公用房}, class: old, ownedSquareMeters: 120, leasedSquareMeters: 0}
  - {name: hall, class: new, leasedSquareMeters: 200}
  facilities: [library, canteen]
  workforce: [{post: community-worker, title: {zh: 社区工作者}, count: 12}, {post: volunteer, count: 0}]
  committee: {seats: 7}
  budget: [{name: office, yearlyAmount: "15000.50", source: District}]
  signboards: [青年社区居民委员会, 青年社区服务站]
  modules: [Applications, HelpRequests, Opinions, Disclosure, Payments, Volunteers, Mediation, Bookings]
  surveys:
  - name: canteen
    title: {zh: 食堂意见}
    from: "2026-03-01"
    until: "2026-03-31"
    questions:
    - {name: often, title: {zh: 您多久来一次}, type: Choice, choices: [{zh: 每天}, {zh: 每周}]}
    - {name: why, title: {zh: 为什么}, type: Text}
  portal:
    hostname: qingnian.example.org
    gatewayRef: {namespace: gateways, name: district, sectionName: https}
    replicas: 2
    languages: [en, zh-CN]
  integrations: [{system: social-security}]
  access: [{group: "oidc:qingnian-leads", role: Lead}, {group: qingnian-staff, role: Worker}]
  quota: {cpu: "4", memory: 8Gi, storage: 20Gi, pods: 30}
  deletionPolicy: Delete
  drift: Warn
  suspend: true
`

var communityTable = table{valid: validCommunity, role: "subdistrict", rows: []row{
	{"every field", fullCommunity, ""},
	{"a name of 63 characters", "metadata: {name: " + strings.Repeat("q", 63) + "}", ""},
	{"a name of 64 characters", "metadata: {name: " + strings.Repeat("q", 64) + "}",
		"a community's name may have at most 63 characters: it becomes a label"},

	{"no name to show", "spec: {displayName: null}", "spec.displayName: Required value"},
	{"a name in English alone", "spec: {displayName: {zh: null, en: Qingnian}}", "spec.displayName.zh: Required value"},
	{"no standard", "spec: {standardRef: null}", "spec.standardRef: Required value"},
	{"an unknown field", "spec: {mayor: true}", `unknown field "spec.mayor"`},

	{"one household", "spec: {profile: {households: 1}}", ""},
	{"no households", "spec: {profile: {households: 0}}",
		"spec.profile.households: Invalid value: 0: spec.profile.households in body should be greater than or equal to 1"},
	{"ten million households", "spec: {profile: {households: 10000000}}",
		"spec.profile.households in body should be less than or equal to 200000"},
	{"a part of a household", "spec: {profile: {households: 1.5}}", "must be of type integer"},
	{"no residents", "spec: {profile: {residents: null}}", "spec.profile.residents: Required value"},

	{"sixty-four facilities", "spec: {facilities: " + repeated(64, "f#") + "}", ""},
	{"three hundred facilities", "spec: {facilities: " + repeated(300, "f#") + "}",
		"spec.facilities: Too many: 300: must have at most 64 items"},
	{"a facility twice", "spec: {facilities: [library, library]}", `spec.facilities[1]: Duplicate value: "library"`},
	{"premises of one name", "spec: {premises: [{name: office}, {name: office}]}", "spec.premises[1]: Duplicate value"},
	{"premises of negative area", "spec: {premises: [{name: office, ownedSquareMeters: -1}]}",
		"should be greater than or equal to 0"},
	{"a post written as a title", "spec: {workforce: [{post: Community Worker, count: 1}]}", "spec.workforce[0].post"},
	{"ninety-nine seats", "spec: {committee: {seats: 99}}", ""},
	{"a hundred seats", "spec: {committee: {seats: 100}}", "spec.committee.seats in body should be less than or equal to 99"},

	{"money with a comma", `spec: {budget: [{name: a, yearlyAmount: "15,000", source: District}]}`,
		"spec.budget[0].yearlyAmount in body should match"},
	{"money as a number", `spec: {budget: [{name: a, yearlyAmount: 15000, source: District}]}`, "must be of type string"},
	{"money from nowhere", `spec: {budget: [{name: a, yearlyAmount: "1", source: Lottery}]}`,
		`spec.budget[0].source: Unsupported value: "Lottery"`},
	{"an unknown module", "spec: {modules: [Surveillance]}", `spec.modules[0]: Unsupported value: "Surveillance"`},

	{"a group of the identity provider", "spec: {access: [{group: staff, role: Viewer}]}", ""},
	{"everybody who is logged in", "spec: {access: [{group: \"system:authenticated\", role: Viewer}]}",
		`a group starting with "system:" is Kubernetes' own and would open the community to everyone; name a group of the district's identity provider`},
	{"an unknown role", "spec: {access: [{group: staff, role: Owner}]}", `spec.access[0].role: Unsupported value: "Owner"`},

	{"a host name", "spec: {portal: {hostname: a.b.example.org}}", ""},
	{"a host name in upper case", "spec: {portal: {hostname: Qingnian.example.org}}", "spec.portal.hostname in body should match"},
	{"a host name with a port", "spec: {portal: {hostname: \"qingnian.example.org:8443\"}}", "spec.portal.hostname in body should match"},
	{"a wildcard", "spec: {portal: {hostname: \"*.example.org\"}}", "spec.portal.hostname in body should match"},
	{"a host name of one label", "spec: {portal: {hostname: qingnian}}", "spec.portal.hostname in body should match"},
	{"one language", "spec: {portal: {languages: [zh-CN]}}", ""},
	{"a language twice", "spec: {portal: {languages: [en, en]}}", "each language may be named once"},
	{"an unknown language", "spec: {portal: {languages: [tlh]}}", `Unsupported value: "tlh"`},
	{"eleven replicas", "spec: {portal: {replicas: 11}}", "spec.portal.replicas in body should be less than or equal to 10"},

	{"a survey of one day", survey("from: \"2026-03-01\", until: \"2026-03-01\"", "type: Text"), ""},
	{"a survey that ends before it begins", survey("from: \"2026-03-02\", until: \"2026-03-01\"", "type: Text"),
		"until must not be before from"},
	{"a choice with nothing to choose", survey("from: \"2026-03-01\", until: \"2026-03-01\"", "type: Choice, choices: [{zh: 好}]"),
		"a Choice or Choices question needs at least two choices"},
	{"a day the calendar has not", survey("from: \"2026-02-01\", until: \"2026-02-30\"", "type: Text"),
		"a date must be a day of the calendar, written as 2026-01-31"},
	{"a date written in words", survey("from: \"1 March\", until: \"2026-03-01\"", "type: Text"), "from in body should"},

	{"an unknown deletion policy", "spec: {deletionPolicy: Orphan}", `spec.deletionPolicy: Unsupported value: "Orphan"`},
	{"an unknown drift policy", "spec: {drift: Ignore}", `spec.drift: Unsupported value: "Ignore"`},
	{"suspend written as a word", "spec: {suspend: \"yes\"}", "must be of type boolean"},
	{"a quota that is no quantity", "spec: {quota: {memory: plenty}}", "spec.quota.memory"},
	{"a quota of three pods", "spec: {quota: {pods: 3}}", "should be greater than or equal to 4"},
}}

func survey(window, question string) string {
	return "spec: {surveys: [{name: s, title: {zh: 问}, " + window + ", questions: [{name: q, title: {zh: 问}, " + question + "}]}]}"
}
