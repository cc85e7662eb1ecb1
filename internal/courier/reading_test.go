package courier

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

var ordinary = ReadingRules{
	Accepted: `status == 200 && body.outcome == "accepted"`,
	Rejected: &Condition{
		When: `body.outcome == "rejected" || status == 410`, Code: "body.reason",
		Reasons: map[string]casework.Reason{"not-insured-here": casework.NotOurs, "7": casework.Duplicate}, Otherwise: casework.NotEligible,
	},
	MoreNeeded: &Condition{When: `has(body.outcome) && body.outcome == "more-information"`, Otherwise: casework.MaterialsMissing},
}

func TestRead(t *testing.T) {
	r := must(CompileReading(ordinary))
	for _, x := range []struct {
		status int
		body   string
		want   Outcome
		err    string
	}{
		{200, `{"outcome":"accepted"}`, Outcome{Verdict: Accepted}, ""},
		{200, `{"outcome":"rejected","reason":"not-insured-here"}`, Outcome{Verdict: Rejected, Reason: casework.NotOurs}, ""},
		{422, `{"outcome":"rejected","reason":7}`, Outcome{Verdict: Rejected, Reason: casework.Duplicate}, ""},
		{200, `{"outcome":"rejected","reason":{"a":1}}`, Outcome{Verdict: Rejected, Reason: casework.NotEligible}, ""},
		{200, `{"outcome":"rejected"}`, Outcome{Verdict: Rejected, Reason: casework.NotEligible}, ""},
		{410, ``, Outcome{Verdict: Rejected, Reason: casework.NotEligible}, ""},
		{200, `{"outcome":"more-information"}`, Outcome{Verdict: MoreNeeded, Reason: casework.MaterialsMissing}, ""},
		{410, `{"outcome":"more-information"}`, Outcome{}, "several"},
		{200, `{"outcome":"what"}`, Outcome{}, "no verdict"},
		{200, `{"outcome":true}`, Outcome{}, "no verdict"},
		{200, ``, Outcome{}, "no verdict"},
		{200, `[1,2]`, Outcome{}, "no verdict"},
		{200, `<html>secret</html>`, Outcome{}, "no JSON"},
		{200, `{"outcome":"accepted"} {}`, Outcome{}, "no JSON"},
	} {
		got, err := r.Read(Answer{Status: x.status, Body: []byte(x.body)})
		var e *AnswerError
		if got != x.want || (err == nil) != (x.err == "") || err != nil && (!errors.As(err, &e) || !strings.Contains(e.Error(), x.err) || strings.Contains(err.Error(), "secret")) {
			t.Errorf("%d %s is read as %+v, %v", x.status, x.body, got, err)
		}
	}
	byStatus := must(CompileReading(ReadingRules{}))
	for status, ok := range map[int]bool{200: true, 204: true, 299: true, 300: false, 404: false, 0: false} {
		if out, err := byStatus.Read(Answer{Status: status}); (err == nil && out.Verdict == Accepted) != ok {
			t.Errorf("%d is read as %v, %v", status, out, err)
		}
	}
}

// A reference goes on record and is shown: only what can't be anything of anybody does.
func TestReferences(t *testing.T) {
	r := must(CompileReading(ReadingRules{Reference: "body.reference"}))
	for body, want := range map[string]string{
		`{"reference":"SS-000001"}`:                       "SS-000001",
		`{"reference":"2026/03.1"}`:                       "2026/03.1",
		`{"reference":42}`:                                "42",
		`{"reference":20260302123456}`:                    "20260302123456",
		`{"reference":13800000000}`:                       "",
		`{"reference":1.5}`:                               "",
		`{"reference":-1}`:                                "",
		`{"reference":202603021234567890}`:                "", // JSON's numbers do not hold it exactly
		`{"reference":"13800000000"}`:                     "",
		`{"reference":"SS-13800000000"}`:                  "",
		`{"reference":"/61010219500203123X"}`:             "",
		`{"reference":"ID61010219500203123X.1"}`:          "",
		`{"reference":"610102500203123"}`:                 "",
		`{"reference":"测试甲"}`:                             "",
		`{"reference":"a b"}`:                             "",
		`{"reference":"-a"}`:                              "",
		`{"reference":""}`:                                "",
		`{"reference":"` + strings.Repeat("a", 64) + `"}`: strings.Repeat("a", 64),
		`{"reference":"` + strings.Repeat("a", 65) + `"}`: "",
		`{"reference":["a"]}`:                             "",
		`{"reference":true}`:                              "",
		`{"reference":null}`:                              "",
		`{}`:                                              "",
		``:                                                "",
	} {
		got, err := r.Read(Answer{Status: 200, Body: []byte(body)})
		if err != nil || got.Verdict != Accepted || got.Reference != want {
			t.Errorf("%s is read as %+v, %v", body, got, err)
		}
	}
	whole := must(CompileReading(ReadingRules{Reference: "int(body.reference)"}))
	if got, err := whole.Read(Answer{Status: 200, Body: []byte(`{"reference":"0042"}`)}); err != nil || got.Reference != "42" {
		t.Errorf("a whole number of an expression is %q, %v", got.Reference, err)
	}
}

// What an InformationSystem declares is what is read.
func TestRulesOf(t *testing.T) {
	declared := &v1alpha1.SystemReading{
		Accepted: `body.outcome == "accepted"`, Reference: "body.reference",
		Rejected: &v1alpha1.AnswerRule{
			When: `body.outcome == "rejected"`, Code: "body.reason", Otherwise: "NotEligible",
			Reasons: []v1alpha1.AnswerReason{{Word: "not-insured-here", Reason: "NotOurs"}},
		},
		MoreNeeded: &v1alpha1.AnswerRule{When: `body.outcome == "more"`, Otherwise: "WaitingForDepartment"},
	}
	r := must(CompileReading(RulesOf(declared)))
	for body, want := range map[string]Outcome{
		`{"outcome":"accepted","reference":"A-1"}`:            {Verdict: Accepted, Reference: "A-1"},
		`{"outcome":"rejected","reason":"not-insured-here"}`:  {Verdict: Rejected, Reason: casework.NotOurs},
		`{"outcome":"rejected","reason":"?","reference":"B"}`: {Verdict: Rejected, Reason: casework.NotEligible, Reference: "B"},
		`{"outcome":"more"}`:                                  {Verdict: MoreNeeded, Reason: casework.WaitingForDepartment},
	} {
		if got, err := r.Read(Answer{Status: 200, Body: []byte(body)}); err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", body, got, err)
		}
	}
	none := must(CompileReading(RulesOf(nil)))
	if got, err := none.Read(Answer{Status: 204}); err != nil || got != (Outcome{Verdict: Accepted}) {
		t.Errorf("without a reading: %+v, %v", got, err)
	}
	declared.Rejected.Otherwise = "Because"
	if _, err := CompileReading(RulesOf(declared)); err == nil {
		t.Error("a reason nobody knows compiles")
	}
}

// The words an InformationSystem may use are those a case knows, and no others.
func TestReasonsAreThoseOfCases(t *testing.T) {
	known := append(casework.Reasons(casework.Reject), casework.Reasons(casework.Pause)...)
	for declared, r := range reasons {
		if !slices.Contains(known, r) {
			t.Errorf("%s is %q, for which no case is rejected or waits", declared, r)
		}
	}
	for _, r := range known {
		if !slices.Contains(slices.Collect(maps.Values(reasons)), r) {
			t.Errorf("no system can say %q", r)
		}
	}
}

func TestMistakesInReadings(t *testing.T) {
	for name, r := range map[string]ReadingRules{
		"no boolean":         {Accepted: "status"},
		"unknown variable":   {Accepted: "code == 200"},
		"no such reason":     {Rejected: &Condition{When: "true", Otherwise: "rude"}},
		"a reason to pause":  {Rejected: &Condition{When: "true", Otherwise: casework.UnsafeNow}},
		"a reason to reject": {MoreNeeded: &Condition{When: "true", Otherwise: casework.NotEligible}},
		"no reason":          {MoreNeeded: &Condition{When: "true"}},
		"in the table":       {Rejected: &Condition{When: "true", Otherwise: casework.NotOurs, Reasons: map[string]casework.Reason{"x": "y"}}},
		"code":               {Rejected: &Condition{When: "true", Code: "body.", Otherwise: casework.NotOurs}},
		"reference":          {Reference: "number"},
		"empty":              {Rejected: &Condition{Otherwise: casework.NotOurs}},
	} {
		_, err := CompileReading(r)
		var e *MistakesError
		if !errors.As(err, &e) || len(e.Mistakes) != 1 || e.Mistakes[0].Cure == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(200, `{"outcome":"accepted"}`)
	r := must(CompileReading(ordinary))
	f.Fuzz(func(t *testing.T, status int, body string) {
		out, err := r.Read(Answer{Status: status, Body: []byte(body)})
		if (err == nil) != (out.Verdict != "") {
			t.Errorf("%+v, %v", out, err)
		}
	})
}
