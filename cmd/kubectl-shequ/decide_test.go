package main

import (
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/admission"
)

// printed reads the one decision a command printed.
func printed(t *testing.T, r result) *v1alpha1.TaskDecision {
	t.Helper()
	var d v1alpha1.TaskDecision
	if err := yaml.UnmarshalStrict([]byte(r.out), &d); err != nil || r.code != 0 || r.err != "" {
		t.Fatalf("%+v: %v", r, err)
	}
	if d.APIVersion != "shequ.io/v1alpha1" || d.Kind != "TaskDecision" || strings.Contains(r.out, "creationTimestamp") || strings.Contains(r.out, "status") {
		t.Errorf("%s", r.out)
	}
	return &d
}

func TestApproveFromAFile(t *testing.T) {
	file := write(t, "plain.yaml", plainTask)
	var task v1alpha1.AdmittedTask
	if err := yaml.UnmarshalStrict([]byte(plainTask), &task); err != nil {
		t.Fatal(err)
	}
	digest := admission.Digest(&task.Spec)
	for word, verdict := range map[string]v1alpha1.ApprovalVerdict{"approve": "Approve", "reject": "Reject"} {
		d := printed(t, kubectl(t, word, "plain", "-n", "civil-affairs", "-f", file, "--document", "委〔2026〕17号", "--decided-at", at))
		if d.Name != word+"-civil-affairs-plain-"+string(digest)[7:15] || d.Namespace != "committee" {
			t.Errorf("%s/%s", d.Namespace, d.Name)
		}
		a := d.Spec.Approval
		if a.Verdict != verdict || a.TaskDigest != digest || a.Document != "委〔2026〕17号" || a.DecidedAt.UTC().Format("2006-01-02T15:04:05Z") != "2026-11-22T02:00:00Z" {
			t.Errorf("%+v", a)
		}
	}
	d := printed(t, kubectl(t, "approve", "civil-affairs/plain", "-f", file, "--document", "1", "--decision-namespace", "guidance", "--name", "mine"))
	if d.Name != "mine" || d.Namespace != "guidance" || d.Spec.Approval.DecidedAt.IsZero() {
		t.Errorf("%+v", d)
	}
}

func TestFund(t *testing.T) {
	d := printed(t, kubectl(t, "fund", "plain", "-n", "civil-affairs", "--period", "2026-H1", "--amount", "1200.50", "--voucher", "V-1"))
	if d.Namespace != "finance" || !strings.HasPrefix(d.Name, "fund-civil-affairs-plain-2026-h1-") || *d.Spec.Funding != (v1alpha1.FundingRelease{Period: "2026-H1", Amount: "1200.50", Voucher: "V-1"}) {
		t.Errorf("%+v", d)
	}
	again := printed(t, kubectl(t, "fund", "plain", "-n", "civil-affairs", "--period", "2026-H1", "--amount", "1200.50", "--voucher", "V-2"))
	if again.Name == d.Name {
		t.Error("two vouchers have one name")
	}
}

func TestContestAndRule(t *testing.T) {
	r := kubectl(t, "contest", "plain", "-n", "civil-affairs", "--community", "street/anding", "--reason", "no worker is trained for it")
	d := printed(t, r)
	if d.Namespace != "street" || d.Name != "contest-civil-affairs-plain-anding" || d.Spec.Contest.CommunityRef.Name != "anding" || d.Spec.TaskRef.Name != "plain" {
		t.Errorf("%+v", d)
	}
	file := write(t, "contest.yaml", r.out)
	ruling := printed(t, kubectl(t, "rule", "street/"+d.Name, "-f", file, "--verdict", "uphold", "--document", "9"))
	if ruling.Namespace != "committee" || ruling.Spec.TaskRef != d.Spec.TaskRef || ruling.Spec.Ruling.ContestRef.Name != d.Name || ruling.Spec.Ruling.Verdict != "Uphold" {
		t.Errorf("%+v", ruling)
	}
	if !strings.HasPrefix(ruling.Name, "rule-street-contest-civil-affairs-plain-anding-uphold-") {
		t.Error(ruling.Name)
	}
}

func TestMistakesInDecisions(t *testing.T) {
	file := write(t, "plain.yaml", plainTask)
	long := strings.Repeat("长", 301)
	for _, c := range []struct {
		args, says string
	}{
		{"approve plain -n civil-affairs -f " + file, "--document is missing"},
		{"approve plain -n civil-affairs -f " + file + " --document " + long, "--document has 301 characters; give at most 300"},
		{"approve other -n civil-affairs -f " + file + " --document 1", "the files have no AdmittedTask other in namespace civil-affairs"},
		{"approve plain -n civil-affairs -f " + file + " --document 1 --decided-at now", "is no moment"},
		{"approve", "arg"},
		{"fund plain -n d --amount 1 --voucher 1", "is no period; give 2026, 2026-H1"},
		{"fund plain -n d --period 2026-Q5 --amount 1 --voucher 1", "is no period"},
		{"fund plain -n d --period 2026 --amount 1,5 --voucher 1", "is no amount"},
		{"fund plain -n d --period 2026 --amount 1", "--voucher is missing"},
		{"contest plain -n d --reason no", "--community:"},
		{"contest plain -n d --community a/b", "--reason is missing"},
		{"rule a/b --verdict maybe --document 1", "give uphold or dismiss"},
		{"rule b --verdict uphold --document 1", "namespace/name"},
		{"rule a/b --verdict uphold --document 1 -f " + file, "the files have no TaskDecision b in namespace a"},
	} {
		expect(t, kubectl(t, strings.Fields(c.args)...), 1, c.says)
	}
	approval := kubectl(t, "approve", "plain", "-n", "civil-affairs", "-f", file, "--document", "1")
	d := printed(t, approval)
	expect(t, kubectl(t, "rule", "committee/"+d.Name, "-f", write(t, "d.yaml", approval.out), "--verdict", "uphold", "--document", "1"), 1, "contests nothing")
}

func TestNames(t *testing.T) {
	safe := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	long := strings.Repeat("a-", 130)
	for _, words := range [][]string{{"a"}, {"approve", "dept", "task.with.dots", "0123abcd"}, {"fund", "d", "t", "2026-H1"}, {long, long}, {"委员会", "x"}, {"-a-", "."}} {
		name := objectName(words...)
		if !safe.MatchString(name) || len(name) > maxName || name != objectName(words...) {
			t.Errorf("%v: %q", words, name)
		}
	}
	if objectName(long, "b") == objectName(long, "c") {
		t.Error("two long names are one")
	}
}
