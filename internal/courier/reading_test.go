package courier

import (
	"errors"
	"strings"
	"testing"

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
		{200, `{"outcome":"accepted"}`, Outcome{Accepted, ""}, ""},
		{200, `{"outcome":"rejected","reason":"not-insured-here"}`, Outcome{Rejected, casework.NotOurs}, ""},
		{422, `{"outcome":"rejected","reason":7}`, Outcome{Rejected, casework.Duplicate}, ""},
		{200, `{"outcome":"rejected","reason":{"a":1}}`, Outcome{Rejected, casework.NotEligible}, ""},
		{200, `{"outcome":"rejected"}`, Outcome{Rejected, casework.NotEligible}, ""},
		{410, ``, Outcome{Rejected, casework.NotEligible}, ""},
		{200, `{"outcome":"more-information"}`, Outcome{MoreNeeded, casework.MaterialsMissing}, ""},
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
