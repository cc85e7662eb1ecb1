package v1alpha1_test

import (
	"testing"
)

func TestTaskDecision(t *testing.T) { decisionTable.run(t) }

const validDecision = `
apiVersion: shequ.io/v1alpha1
kind: TaskDecision
metadata: {name: allow-old-age-allowance}
spec:
  taskRef: {namespace: civil-affairs, name: old-age-allowance}
` + approvalMember

const (
	digest         = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	approvalMember = "  approval: {taskDigest: \"" + digest + "\", verdict: Approve, document: 示例纪要〔2026〕1号, decidedAt: \"2026-01-05T09:00:00Z\"}\n"
	rulingMember   = "  ruling: {contestRef: {namespace: qingnianlu, name: contest}, verdict: Uphold, document: 示例纪要〔2026〕2号, decidedAt: \"2026-01-06T09:00:00Z\"}\n"
	fundingMember  = "  funding: {period: \"2026\", amount: \"15000\", voucher: V-1}\n"

	oneThing = "a decision says exactly one thing; set one of approval, funding, contest and ruling, and write a second TaskDecision for a second one"
	record   = "a decision is a record and can't be changed; delete it to withdraw it, and create another"
)

func contestMember(namespace string) string {
	return "  contest: {communityRef: {namespace: " + namespace + ", name: qingnian}, reason: 人手不足}\n"
}

// The decisions of this table are the committee's; who may say what is in
// TestDecisionMembers.
var decisionTable = table{valid: validDecision, role: "committee", rows: []row{
	{"a ruling", "spec:\n  approval: null\n" + rulingMember, ""},
	{"a rejection", "spec: {approval: {verdict: Reject}}", ""},
	{"nothing to say", "spec: {approval: null}", oneThing},
	{"two things to say", "spec:\n" + rulingMember, oneThing},
	{"an approval that also releases money", "spec:\n" + fundingMember, oneThing},
	{"no task", "spec: {taskRef: null}", "spec.taskRef: Required value"},
	{"a task without a namespace", "spec: {taskRef: {namespace: null}}", "spec.taskRef.namespace: Required value"},
	{"an approval of no particular terms", "spec: {approval: {taskDigest: null}}", "spec.approval.taskDigest: Required value"},
	{"an approval of a short digest", "spec: {approval: {taskDigest: \"sha256:0123\"}}", "spec.approval.taskDigest"},
	{"an approval without a document", "spec: {approval: {document: null}}", "spec.approval.document: Required value"},
	{"an approval at no time", "spec: {approval: {decidedAt: null}}", "spec.approval.decidedAt: Required value"},
	{"an approval at a day, not a time", "spec: {approval: {decidedAt: \"2026-01-05\"}}", "spec.approval.decidedAt"},
	{"an unknown verdict", "spec: {approval: {verdict: Maybe}}", `spec.approval.verdict: Unsupported value: "Maybe"`},
	{"an unknown verdict on a contest", "spec:\n  approval: null\n  ruling: {contestRef: {namespace: a, name: b}, verdict: Approve, document: d, decidedAt: \"2026-01-06T09:00:00Z\"}",
		`spec.ruling.verdict: Unsupported value: "Approve"`},
}, changes: []row{
	{"nothing", "metadata: {labels: {a: b}}", ""},
	{"another verdict", "spec: {approval: {verdict: Reject}}", record},
	{"another task", "spec: {taskRef: {name: another}}", record},
	{"another member", "spec:\n  approval: null\n" + rulingMember, record},
}}

var releaseTable = table{valid: `
apiVersion: shequ.io/v1alpha1
kind: TaskDecision
metadata: {name: release-2026}
spec:
  taskRef: {namespace: civil-affairs, name: old-age-allowance}
` + fundingMember, role: "finance", rows: []row{
	{"half a year", "spec: {funding: {period: 2026-H2}}", ""},
	{"a quarter", "spec: {funding: {period: 2026-Q4}}", ""},
	{"a month", "spec: {funding: {period: 2026-12}}", ""},
	{"once", "spec: {funding: {period: once}}", ""},
	{"a fifth quarter", "spec: {funding: {period: 2026-Q5}}", "spec.funding.period in body should match"},
	{"a thirteenth month", "spec: {funding: {period: 2026-13}}", "spec.funding.period in body should match"},
	{"a negative amount", "spec: {funding: {amount: \"-1\"}}", "spec.funding.amount in body should match"},
	{"no voucher", "spec: {funding: {voucher: null}}", "spec.funding.voucher: Required value"},
}}

func TestFundingRelease(t *testing.T) { releaseTable.run(t) }
