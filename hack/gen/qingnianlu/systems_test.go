package main

import (
	"fmt"
	"slices"
	"testing"

	v1alpha1 "github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
)

// readingOf compiles how a system's answers are read.
func readingOf(t *testing.T, s *v1alpha1.InformationSystem) *courier.Reading {
	t.Helper()
	reading, err := courier.CompileReading(rulesOf(s.Spec.Reading))
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return reading
}

func rulesOf(r *v1alpha1.SystemReading) courier.ReadingRules {
	condition := func(a *v1alpha1.AnswerRule) *courier.Condition {
		out := &courier.Condition{When: a.When, Code: a.Code, Otherwise: reasons[a.Otherwise], Reasons: map[string]casework.Reason{}}
		for _, w := range a.Reasons {
			out.Reasons[w.Word] = reasons[w.Reason]
		}
		return out
	}
	return courier.ReadingRules{Accepted: r.Accepted, Rejected: condition(r.Rejected), MoreNeeded: condition(r.MoreNeeded), Reference: r.Reference}
}

// reasons by the names the API has for them.
var reasons = map[v1alpha1.CaseReason]casework.Reason{
	"NotOurs": casework.NotOurs, "NotEligible": casework.NotEligible, "NotAdmitted": casework.NotAdmitted,
	"Duplicate": casework.Duplicate, "MaterialsMissing": casework.MaterialsMissing, "NothingFound": casework.NothingFound,
	"OutsideBoundary": casework.OutsideBoundary, "WaitingForDepartment": casework.WaitingForDepartment,
}

// TestAnswersAreUnderstood reads what the simulated systems say as the sample does.
func TestAnswersAreUnderstood(t *testing.T) {
	s := load(t)
	read := map[string]*courier.Reading{}
	for name, system := range s.systems {
		read[name] = readingOf(t, system)
	}
	for _, row := range []struct{ system, body, want string }{
		{"social-security", `{"outcome":"accepted","reference":"SS-000001"}`, "accepted"},
		{"social-security", `{"outcome":"rejected","reason":"not-insured-here"}`, "rejected not-ours"},
		{"social-security", `{"outcome":"rejected","reason":"purpose-not-allowed"}`, "rejected not-admitted"},
		{"social-security", `{"outcome":"rejected","reason":"a word of next year's"}`, "rejected not-eligible"},
		{"social-security", `{"outcome":"more-information","reason":"social-security-number-missing"}`, "more-needed materials-missing"},
		{"civil-affairs-relief", `{"outcome":"rejected","reason":"income-above-limit"}`, "rejected not-eligible"},
		{"medical-insurance", `{"outcome":"rejected","reason":"identity-number-malformed"}`, "rejected materials-missing"},
		{residence, `{"outcome":"answered","answer":"yes"}`, "accepted"},
		{residence, `{"outcome":"answered","answer":"no"}`, "rejected outside-boundary"},
		{residence, `{"outcome":"rejected","reason":"purpose-not-allowed"}`, "rejected not-admitted"},
		{residence, `{"outcome":"answered"}`, ""},
		{residence, `{"outcome":"accepted","reference":"RR-000001"}`, ""},
		{"family-health", `{"outcome":"rejected","reason":"fully-booked"}`, "more-needed waiting-for-department"},
		{"family-health", `{"outcome":"rejected","reason":"telephone-malformed"}`, "rejected materials-missing"},
		{"family-health", `{"outcome":"more-information","reason":"elements-missing"}`, "more-needed materials-missing"},
		{"remote-education", `{"outcome":"rejected","reason":"course-full"}`, "more-needed waiting-for-department"},
		{propertyManagement, `{"idempotency-key":"k","outcome":"accepted","reference":"PM-000001","reason":""}`, "accepted"},
		{propertyManagement, `{"idempotency-key":"k","outcome":"rejected","reference":"","reason":"address-unknown"}`, "rejected outside-boundary"},
		{propertyManagement, `{"outcome":"unreadable"}`, ""},
		{hotline, `{"outcome":"rejected","reason":"work-order-closed"}`, "rejected duplicate"},
		{utilityBills, `{"outcome":"rejected","reason":"already-paid"}`, "rejected duplicate"},
		{supervision, `{"outcome":"accepted","reference":"ES-000001","revision":2}`, "accepted"},
	} {
		got := ""
		if out, err := read[row.system].Read(courier.Answer{Status: 200, Body: []byte(row.body)}); err == nil {
			got = fmt.Sprint(out.Verdict)
			if out.Reason != "" {
				got += " " + string(out.Reason)
			}
		}
		if got != row.want {
			t.Errorf("%s saying %s is read as %q, want %q", row.system, row.body, got, row.want)
		}
	}
}

// A payment's reference is the number that stands on the biller's statement.
func TestReceiptsAreRead(t *testing.T) {
	s := load(t)
	out, err := readingOf(t, s.systems[utilityBills]).Read(courier.Answer{
		Status: 200, Body: []byte(`{"outcome":"accepted","reference":"UB-000007","receipt":{"number":"R-00000007"}}`),
	})
	if err != nil || out.Verdict != courier.Accepted || out.Reference != "R-00000007" {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestMappingsCompile compiles what each delivery sends, by the standard's types.
func TestMappingsCompile(t *testing.T) {
	s := load(t)
	types := map[v1alpha1.DataElementCode]v1alpha1.DataElementType{}
	for _, e := range s.standard.Spec.DataElements {
		types[e.Code] = e.Type
	}
	mapped := 0
	for ref, task := range s.tasks {
		for i := range task.Spec.Deliveries {
			d := &task.Spec.Deliveries[i]
			var elements []courier.Element
			for _, code := range d.Elements {
				elements = append(elements, courier.Element{Code: code, Type: types[code]})
			}
			var rules []courier.Rule
			for _, m := range d.Mapping {
				rules = append(rules, courier.Rule{Field: m.Field, Expression: m.Expression})
			}
			if _, err := courier.Compile(elements, rules); err != nil {
				t.Errorf("%s to %s: %v", ref.Name, d.SystemRef.Name, err)
			}
			if rules != nil {
				mapped++
			}
		}
	}
	if mapped == 0 {
		t.Error("no delivery says what a system's fields are made of")
	}
}

// TestOneItemIsDeliveredToFour holds the sample to what the demo and the test on a
// real node show: entered once, delivered to four systems by three protocols, and
// one of them alone decides on the case.
func TestOneItemIsDeliveredToFour(t *testing.T) {
	s := load(t)
	task := s.tasks[v1alpha1.NamespacedReference{Namespace: humanResources, Name: "social-security-enrolment"}]
	if task.Spec.Service == nil || task.Spec.Service.OnlineApplication != v1alpha1.OnlineOffered {
		t.Error("residents can't enter it at the portal")
	}
	var told, systems []string
	for _, d := range task.Spec.Deliveries {
		systems = append(systems, d.SystemRef.Name)
		if d.OnRejection == v1alpha1.TellStaff {
			told = append(told, d.SystemRef.Name)
		}
	}
	want := []string{"social-security", "medical-insurance", residence, "civil-affairs-relief"}
	if !slices.Equal(systems, want) || !slices.Equal(told, want[1:]) {
		t.Errorf("delivered to %v, of which %v tell staff", systems, told)
	}
}
