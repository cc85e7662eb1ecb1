package courier

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
)

const purpose v1alpha1.PurposeCode = "family-doctor-appointments"

func declare(codes ...Code) []v1alpha1.TaskData {
	var out []v1alpha1.TaskData
	for _, c := range codes {
		out = append(out, v1alpha1.TaskData{Element: c, Purpose: purpose, Basis: "health-law"})
	}
	return out
}

// scene is a delivery in which everything is in order.
func scene() (Terms, System, Subject) {
	t := Terms{
		Task: "dept-health/family-doctor-appointments",
		Data: declare("applicant-name", "telephone", "address", "preferred-time", "care-need"),
		Delivery: v1alpha1.TaskDelivery{
			SystemRef: v1alpha1.LocalReference{Name: "family-health"}, Purpose: purpose,
			Elements: []Code{"applicant-name", "telephone", "preferred-time", "care-need"},
		},
	}
	s := System{
		Name: "family-health", Purposes: []v1alpha1.PurposeCode{purpose},
		Accepts: []Code{"applicant-name", "telephone", "birth-date", "preferred-time", "care-need"},
	}
	about := Subject{Case: "c-1", Version: 4, Salt: "0123456789abcdef", Fields: casework.Fields{
		"applicant-name": "测试甲", "telephone": "000", "address": "青年路 1 号", "preferred-time": "上午",
	}}
	return t, s, about
}

func TestSelect(t *testing.T) {
	for name, x := range map[string]struct {
		spoil func(*Terms, *System, *Subject)
		want  string
	}{
		"all in order":         {func(*Terms, *System, *Subject) {}, "applicant-name preferred-time telephone | absent care-need | kept address |"},
		"not declared":         {func(t *Terms, _ *System, _ *Subject) { t.Data = t.Data[1:] }, "preferred-time telephone | absent care-need | kept address | UndeclaredElement applicant-name"},
		"not accepted":         {func(_ *Terms, s *System, _ *Subject) { s.Accepts = s.Accepts[1:] }, "preferred-time telephone | absent care-need | kept address | NotAccepted applicant-name"},
		"one consent":          {func(_ *Terms, _ *System, c *Subject) { c.Revoked = []Code{"telephone", "address"} }, "applicant-name preferred-time | absent care-need | kept address | ConsentWithdrawn telephone"},
		"another purpose":      {func(t *Terms, _ *System, _ *Subject) { t.Data[1].Purpose = "newsletter" }, "applicant-name preferred-time | absent care-need | kept address | OtherPurpose telephone"},
		"purpose not allowed":  {func(_ *Terms, s *System, _ *Subject) { s.Purposes = nil }, "| absent | kept address | PurposeNotAllowed applicant-name PurposeNotAllowed care-need PurposeNotAllowed preferred-time PurposeNotAllowed telephone"},
		"no purpose":           {func(t *Terms, s *System, _ *Subject) { t.Delivery.Purpose, s.Purposes[0] = "", "" }, "| absent | kept address | PurposeNotAllowed applicant-name PurposeNotAllowed care-need PurposeNotAllowed preferred-time PurposeNotAllowed telephone"},
		"case withdrawn":       {func(_ *Terms, _ *System, c *Subject) { c.Withdrawn = true }, "| absent | kept address | CaseWithdrawn applicant-name CaseWithdrawn care-need CaseWithdrawn preferred-time CaseWithdrawn telephone"},
		"another system":       {func(_ *Terms, s *System, _ *Subject) { s.Name = "hotline-12345" }, "| absent | kept address | WrongSystem applicant-name WrongSystem care-need WrongSystem preferred-time WrongSystem telephone"},
		"undeclared in case":   {func(_ *Terms, _ *System, c *Subject) { c.Fields["nickname"] = "x" }, "applicant-name preferred-time telephone | absent care-need | kept address | UndeclaredElement "},
		"forbidden in case":    {func(_ *Terms, _ *System, c *Subject) { c.Fields["religion"] = "x" }, "applicant-name preferred-time telephone | absent care-need | kept address | Forbidden "},
		"forbidden in Chinese": {func(_ *Terms, _ *System, c *Subject) { c.Fields["民族"] = "x" }, "applicant-name preferred-time telephone | absent care-need | kept address | Forbidden "},
		"forbidden everywhere": {func(t *Terms, s *System, c *Subject) {
			t.Data = append(t.Data, declare("ethnic-group")...)
			t.Delivery.Elements = append(t.Delivery.Elements, "ethnic-group")
			s.Accepts = append(s.Accepts, "ethnic-group")
			c.Fields["ethnic-group"] = "x"
		}, "applicant-name preferred-time telephone | absent care-need | kept address | Forbidden ethnic-group"},
		"blank is none":  {func(_ *Terms, _ *System, c *Subject) { c.Fields["telephone"] = " \t" }, "applicant-name preferred-time | absent care-need telephone | kept address |"},
		"named twice":    {func(t *Terms, _ *System, _ *Subject) { t.Delivery.Elements = append(t.Delivery.Elements, "telephone") }, "applicant-name preferred-time telephone | absent care-need | kept address |"},
		"nothing at all": {func(t *Terms, s *System, c *Subject) { *t, *s, *c = Terms{}, System{}, Subject{} }, "| absent | kept |"},
	} {
		t.Run(name, func(t *testing.T) {
			terms, system, about := scene()
			x.spoil(&terms, &system, &about)
			out := Select(terms, system, about)
			if got := describe(out); got != x.want {
				t.Errorf("got  %s\nwant %s", got, x.want)
			}
			for code, value := range out.Payload {
				if value != about.Fields[code] {
					t.Errorf("%s has another value than in the case", code)
				}
			}
		})
	}
}

func describe(s Selection) string {
	words := []string{}
	for _, c := range s.Payload.Codes() {
		words = append(words, string(c))
	}
	words = append(words, "|", "absent")
	for _, c := range s.Absent {
		words = append(words, string(c))
	}
	words = append(words, "|", "kept")
	for _, c := range s.Kept {
		words = append(words, string(c))
	}
	words = append(words, "|")
	for _, r := range s.Refused {
		words = append(words, string(r.Why), string(r.Code))
	}
	return strings.Join(words, " ")
}

var someCodes = []Code{"applicant-name", "telephone", "income", "care-need", "religion", "民族", "face-data", "zongjiao", "birth-date", ""}

func codes(t *rapid.T, label string) []Code {
	return rapid.SliceOfN(rapid.SampledFrom(someCodes), 0, 8).Draw(t, label)
}

// anything draws declarations that need not fit each other.
func anything(t *rapid.T) (Terms, System, Subject) {
	purposes := []v1alpha1.PurposeCode{purpose, "other", ""}
	terms := Terms{Task: "dept/x", Delivery: v1alpha1.TaskDelivery{
		SystemRef: v1alpha1.LocalReference{Name: rapid.SampledFrom([]string{"s", "s", "s", "other", ""}).Draw(t, "to")},
		Purpose:   rapid.SampledFrom(purposes).Draw(t, "purpose"), Elements: codes(t, "elements"),
	}}
	for _, c := range codes(t, "data") {
		terms.Data = append(terms.Data, v1alpha1.TaskData{Element: c, Purpose: rapid.SampledFrom(purposes).Draw(t, "for")})
	}
	system := System{Name: "s", Accepts: codes(t, "accepts"), Purposes: rapid.SliceOfN(rapid.SampledFrom(purposes), 0, 3).Draw(t, "allowed")}
	about := Subject{Case: "c", Fields: casework.Fields{}, Withdrawn: rapid.IntRange(0, 9).Draw(t, "withdrawn") == 0, Revoked: codes(t, "revoked")}
	for _, c := range codes(t, "has") {
		about.Fields[c] = rapid.SampledFrom([]string{"", " ", "a value", "值"}).Draw(t, "value")
	}
	return terms, system, about
}

// Whatever is declared: the payload holds nothing outside of the intersection,
// and nothing is dropped without being told of.
func TestPayloadIsTheIntersection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms, system, about := anything(t)
		out := Select(terms, system, about)
		for code, value := range out.Payload {
			declared := slices.IndexFunc(terms.Data, func(d v1alpha1.TaskData) bool { return d.Element == code })
			switch {
			case !slices.Contains(terms.Delivery.Elements, code), !slices.Contains(system.Accepts, code), declared < 0,
				!slices.Contains(system.Purposes, terms.Delivery.Purpose), terms.Delivery.Purpose == "", terms.Data[declared].Purpose != terms.Delivery.Purpose,
				terms.Delivery.SystemRef.Name != system.Name, about.Withdrawn, slices.Contains(about.Revoked, code), forbidden(code),
				strings.TrimSpace(value) == "", value != about.Fields[code]:
				t.Fatalf("%q goes to the system", code)
			}
		}
		all := append(slices.Clone(terms.Delivery.Elements), about.Fields.Codes()...)
		slices.Sort(all)
		told := len(out.Payload) + len(out.Refused) + len(out.Absent) + len(out.Kept)
		if all = slices.Compact(all); told != len(all) {
			t.Fatalf("%d elements, and %d are told of", len(all), told)
		}
		var counted int64
		for _, n := range out.Counts() {
			counted += n
		}
		if counted != int64(len(out.Refused)) {
			t.Fatalf("%d counted of %d", counted, len(out.Refused))
		}
	})
}

func TestNothingPrintsAValue(t *testing.T) {
	terms, system, about := scene()
	message, chosen, sent, err := Compose(must(Compile(elements, nil)), terms, system, about)
	if err != nil || !sent {
		t.Fatal(sent, err)
	}
	for _, text := range []string{
		fmt.Sprintf("%v %+v %#v %s %q", message, message, message, message, message), fmt.Sprintf("%v %+v %#v", chosen, chosen, chosen),
		message.LogValue().String(), chosen.LogValue().String(),
	} {
		if strings.Contains(text, "测试甲") || strings.Contains(text, "000") {
			t.Errorf("a value is printed: %s", text)
		}
	}
}

func FuzzSelect(f *testing.F) {
	f.Add("applicant-name,religion", "applicant-name", "telephone,民族", "x")
	f.Fuzz(func(t *testing.T, asked, accepts, has, value string) {
		split := func(s string) (out []Code) {
			for c := range strings.SplitSeq(s, ",") {
				out = append(out, Code(c))
			}
			return out
		}
		terms := Terms{Data: declare(split(asked)...), Delivery: v1alpha1.TaskDelivery{
			SystemRef: v1alpha1.LocalReference{Name: "s"}, Purpose: purpose, Elements: split(asked),
		}}
		about := Subject{Fields: casework.Fields{}}
		for _, c := range split(has) {
			about.Fields[c] = value
		}
		out := Select(terms, System{Name: "s", Accepts: split(accepts), Purposes: []v1alpha1.PurposeCode{purpose}}, about)
		for c := range out.Payload {
			if forbidden(c) || !slices.Contains(split(accepts), c) || !slices.Contains(split(asked), c) {
				t.Errorf("%q goes to the system", c)
			}
		}
	})
}
