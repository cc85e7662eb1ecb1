package courier

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/casework"
)

var elements = []Element{
	{"applicant-name", "Text"}, {"telephone", "Text"}, {"preferred-time", "Text"}, {"care-need", "Text"}, {"birth-date", "Date"},
	{"household-size", "Integer"}, {"lives-alone", "Boolean"}, {"household-income", "Decimal"}, {"in", "Text"}, {"2nd-telephone", "Text"},
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

var familyHealth = []Rule{
	{"requestId", "delivery.key"},
	{"person.姓名", "applicant_name.trim()"},
	{"person.phone", "telephone"},
	{"person.born", `birth_date.substring(0, 4) + birth_date.substring(5, 7) + birth_date.substring(8, 10)`},
	{"slot", `preferred_time == null ? "any" : preferred_time`},
	{"need", "care_need"},
	{"household", "household_size"},
	{"alone", "lives_alone"},
	{"income", "double(household_income) * 2.0"},
	{"version", "delivery.version"},
	{"other", `(_in == null ? "" : _in) + (_2nd_telephone == null ? "-" : _2nd_telephone)`},
}

func fields() casework.Fields {
	return casework.Fields{
		"applicant-name": " 测试甲 <&> ", "telephone": "000", "birth-date": "1950-02-03", "household-size": "3",
		"lives-alone": "true", "household-income": "12.5", "unknown": "never",
	}
}

var aFacts = Facts{Case: "c-1", Task: "dept-health/family-doctor-appointments", System: "family-health", Purpose: purpose, Version: 4}

func TestMessageAsJSON(t *testing.T) {
	var b strings.Builder
	for _, rules := range [][]Rule{familyHealth, nil} {
		m := must(Compile(elements, rules))
		out, used, err := m.Map(aFacts, fields())
		if err != nil {
			t.Fatal(err)
		}
		message := Message{Facts: aFacts, Fields: out, Codes: used, Salt: "0123456789abcdef"}
		body := must(message.JSON())
		fmt.Fprintf(&b, "%s\n%v\n%s\n\n", body, used, must(message.Hash()))
		if again := must(message.JSON()); string(again) != string(body) {
			t.Error("the same message has two forms")
		}
		if strings.Contains(string(body), "never") || slices.Contains(m.Uses(), "unknown") {
			t.Error("a field that is not declared goes along")
		}
	}
	golden(t, "messages.txt", b.String())
}

func TestMistakes(t *testing.T) {
	var b strings.Builder
	for _, r := range []Rule{
		{"f", "phone"},
		{"f", `delivery.key + identity_number`},
		{"f", "applicant_name +"},
		{"f", "applicant_name + 1"},
		{"f", "[applicant_name]"},
		{"f", "dyn(applicant_name)"},
		{"f", "null"},
		{"f", "telephone == null ? null : telephone"},
		{"f", ""},
		{"f", strings.Repeat("1+", 600) + "1"},
		{"f", `telephone.matches(applicant_name)`},
		{"f", `[1, 2, 3].map(x, x * 2).size()`},
		{"f", `"ab".replace("", applicant_name)`},
		{"f", "applicant_name + \n\"民族: \""},
		{"f", "\"Religion: \" + applicant_name"},
		{"f", `string(b"宗教信仰")`},
		{"f", `"\u6c11\u65cf"`},
		{"f", "ethnic_group"},
		{"f", "民族"},
		{"f", `"re" + "ligion"`}, // not seen: no list reads what a mapping might mean
		{"民族", "applicant_name"},
		{"person.religion", "applicant_name"},
		{"eth.nic", "applicant_name"},
		{"Ｐｏｌｉｔｉｃｓ", "applicant_name"},
		{"with space", "applicant_name"},
		{"", "applicant_name"},
		{".a", "applicant_name"},
		{"=cmd()", "applicant_name"},
		{"-a", "applicant_name"},
		{strings.Repeat("x", 200), "applicant_name"},
	} {
		_, err := Compile(elements, []Rule{r})
		var e *MistakesError
		if err != nil && (!errors.As(err, &e) || len(e.Mistakes) == 0) {
			t.Errorf("%v is no MistakesError with mistakes", err)
		}
		if line := []rune(r.Expression); len(line) > 60 {
			r.Expression = string(line[:60]) + "…"
		}
		fmt.Fprintf(&b, "%.40s: %s\n", r.Field, r.Expression)
		if err == nil {
			fmt.Fprintln(&b, "    nothing wrong")
			continue
		}
		for line := range strings.Lines(err.Error()) {
			fmt.Fprintf(&b, "    %s\n", strings.TrimSpace(line))
		}
	}
	golden(t, "mistakes.txt", b.String())
}

func TestNamesDoNotClash(t *testing.T) {
	for _, names := range [][]string{{"a", "a"}, {"a", "A"}, {"a", "a.b"}, {"a.b.c", "a.b"}} {
		if _, err := Compile(elements, []Rule{{names[0], "telephone"}, {names[1], "telephone"}}); err == nil {
			t.Errorf("%v go together", names)
		}
	}
	if _, err := Compile(elements, []Rule{{"a.b", "telephone"}, {"a.c", "telephone"}, {"ab", "telephone"}}); err != nil {
		t.Error(err)
	}
}

func TestElementsAreChecked(t *testing.T) {
	for _, e := range [][]Element{{{"religion", "Text"}}, {{"photo", "File"}}, {{"a", "Text"}, {"a", "Text"}}} {
		if _, err := Compile(e, nil); err == nil {
			t.Errorf("%v can be mapped", e)
		}
	}
	if _, err := Compile(elements, slices.Repeat([]Rule{{"a", "telephone"}}, maxRules+1)); err == nil {
		t.Error("any number of fields")
	}
	if m, err := Compile(nil, nil); err != nil || len(m.Uses()) != 0 {
		t.Error("a delivery of nothing", err)
	}
}

// What can't be made says which field and what is missing, and repeats no value.
func TestWhatCannotBeMapped(t *testing.T) {
	for name, x := range map[string]struct {
		rule   Rule
		spoil  casework.Fields
		missed []Code
	}{
		"missing":         {Rule{"f", `care_need + telephone`}, nil, []Code{"care-need"}},
		"not a number":    {Rule{"f", `household_size`}, casework.Fields{"household-size": "secret"}, nil},
		"not a boolean":   {Rule{"f", `lives_alone`}, casework.Fields{"lives-alone": "secret"}, nil},
		"not a decimal":   {Rule{"f", `double(household_income)`}, casework.Fields{"household-income": "secret"}, nil},
		"infinite":        {Rule{"f", `1.0 / (double(household_income) - 12.5)`}, nil, nil},
		"division by 0":   {Rule{"f", `1 / (household_size - 3)`}, nil, nil},
		"no proper regex": {Rule{"f", `"secret".matches(telephone.substring(0, 9))`}, casework.Fields{"telephone": "(((secret"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Compile(elements, []Rule{x.rule})
			if err != nil {
				t.Fatal(err)
			}
			in := fields()
			maps.Copy(in, x.spoil)
			_, _, err = m.Map(aFacts, in)
			var e *MapError
			if !errors.As(err, &e) || !slices.Equal(e.Missing, x.missed) {
				t.Fatalf("%v (%+v)", err, e)
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "中") {
				t.Errorf("it repeats a value: %v", err)
			}
		})
	}
}

// A mapping can send nothing of what was not selected.
func TestMappingSendsOnlyTheSelection(t *testing.T) {
	pool := []string{"applicant-name", "telephone", "care-need", "birth-date"}
	rapid.Check(t, func(t *rapid.T) {
		terms, system, about := scene()
		terms.Delivery.Elements = nil
		about.Fields = casework.Fields{}
		for _, name := range pool {
			about.Fields[Code(name)] = "value of " + name
			if rapid.Bool().Draw(t, "deliver "+name) {
				terms.Delivery.Elements = append(terms.Delivery.Elements, Code(name))
			}
		}
		system.Accepts = slices.DeleteFunc(system.Accepts, func(Code) bool { return rapid.Bool().Draw(t, "accept") })
		var rules []Rule
		for i, name := range rapid.SliceOfN(rapid.SampledFrom(pool), 1, 6).Draw(t, "rules") {
			rules = append(rules, Rule{fmt.Sprintf("f%d", i), Variable(Code(name))})
		}
		m := must(Compile(elements, rules))
		message, chosen, sent, err := Compose(m, terms, system, about)
		if err != nil {
			t.Fatal(err)
		}
		body := string(must(message.JSON()))
		for _, name := range pool {
			_, selected := chosen.Payload[Code(name)]
			inside := strings.Contains(body, "value of "+name)
			if inside != slices.Contains(message.Codes, Code(name)) || inside && (!selected || !sent) {
				t.Fatalf("%s: selected %v, in the message %v, codes %v", name, selected, inside, message.Codes)
			}
		}
	})
}

func FuzzCompile(f *testing.F) {
	f.Add("name", "applicant_name + telephone")
	f.Add("a.b", `delivery.key.substring(-1, 99999)`)
	f.Fuzz(func(t *testing.T, field, expression string) {
		m, err := Compile(elements, []Rule{{field, expression}})
		if err != nil {
			return
		}
		out, _, err := m.Map(aFacts, fields())
		if err != nil {
			return
		}
		if _, err := (Message{Facts: aFacts, Fields: out}).JSON(); err != nil {
			t.Error(err)
		}
	})
}

func TestKeys(t *testing.T) {
	seen := map[Key]bool{}
	for _, k := range []Key{
		NewKey("c", "d/t", "s", "p", 1), NewKey("c", "d/t", "s", "p", 2), NewKey("c2", "d/t", "s", "p", 1), NewKey("c", "d/t2", "s", "p", 1),
		NewKey("c", "d/t", "s2", "p", 1), NewKey("c\ntask:3:d/t", "", "s", "p", 1), NewKey("", "", "", "", 0), NewKey("c", "d/t", "s", "q", 1),
	} {
		if seen[k] || len(k) != 36 || k[14] != '8' || !strings.ContainsRune("89ab", rune(k[19])) {
			t.Errorf("key %s", k)
		}
		seen[k] = true
	}
	// A system remembers keys for years: they must not change.
	if k := NewKey("c", "d/t", "s", "p", 1); k != "0eb941b7-4562-8737-b7cd-a65988a29a28" {
		t.Errorf("the key is now %s", k)
	}
}

func BenchmarkSelectAndMap(b *testing.B) {
	terms, system, about := scene()
	m := must(Compile(elements, familyHealth[:3]))
	b.ReportAllocs()
	for b.Loop() {
		message, _, _, err := Compose(m, terms, system, about)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := message.JSON(); err != nil {
			b.Fatal(err)
		}
	}
}

// A hash without salt could be tried out on all telephone numbers there are.
func TestHashNeedsSalt(t *testing.T) {
	m := Message{Facts: aFacts, Fields: []Field{{"a", "1"}}, Salt: "0123456789abcdef"}
	one := must(m.Hash())
	m.Salt = "0123456789abcdeg"
	if other := must(m.Hash()); other == one {
		t.Error("the salt is not hashed")
	}
	m.Salt = "short"
	if _, err := m.Hash(); err == nil {
		t.Error("a short salt is taken")
	}
}
