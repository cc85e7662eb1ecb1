package consign

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/privacy"
)

var (
	pool     = []string{"applicant-name", "telephone", "household-size", "lives-alone", "care-need", "in", "religion", "民族", "face-data", "nickname"}
	kinds    = map[string]string{"household-size": "Integer", "lives-alone": "Boolean"}
	allowed  = []string{"applicant-name", "telephone", "household-size", "lives-alone", "care-need", "in", "nickname"}
	purposes = []string{purpose, "reminders", ""}
	systems  = []string{"family-health", "social-security", "nobody"}
)

// value of an element, that shows where it comes up; another one where it is varied.
func value(code string, varied bool) string {
	switch kinds[code] {
	case "Integer":
		return map[bool]string{false: "314159", true: "271828"}[varied]
	case "Boolean":
		return strconv.FormatBool(varied)
	}
	return fmt.Sprintf("VALUE OF %s %t", code, varied)
}

// most leaves out one in five.
func most(t *rapid.T, from []string, label string) []string {
	return slices.DeleteFunc(slices.Clone(from), func(string) bool { return rapid.IntRange(0, 4).Draw(t, label) == 4 })
}

// elements of a delivery: now and then one nobody may deliver is among them.
func elements(t *rapid.T) []string {
	out := most(t, allowed, "elements")
	if rapid.IntRange(0, 9).Draw(t, "forbidden too") == 9 {
		out = append(out, rapid.SampledFrom(pool).Draw(t, "forbidden"))
	}
	return slices.Compact(slices.Sorted(slices.Values(out)))
}

// prying expressions try to look at more than is delivered.
func prying(t *rapid.T, delivered []string, label string) string {
	name := func(of []string) string {
		if len(of) == 0 || rapid.IntRange(0, 9).Draw(t, label+" pries") == 9 {
			of = pool
		}
		return courier.Variable(courier.Code(rapid.SampledFrom(of).Draw(t, label+" element")))
	}
	a, b := name(delivered), name(delivered)
	return rapid.SampledFrom([]string{
		a, a + ".trim()", a + " + " + b, a + " == " + b, a + " == null ? \"none\" : \"some\"", a + " == " + b + " ? delivery.key : \"no\"",
		"string(" + a + ") + string(" + b + ")", a + ".substring(0, 3) + " + b, "delivery." + a, "payload." + a, "elements[\"" + a + "\"]",
		"has(delivery." + a + ")", "." + a, "dyn(" + a + ")", "[" + a + ", " + b + "][1]", "{\"a\": " + a + "}.a", "string({\"a\": " + a + "}[\"a\"])",
		"size(" + a + ") > size(" + b + ") ? 1 : 2", "delivery.system + delivery.purpose", "string(delivery.version)", a + " + 1", "\"" + a + "\"",
	}).Draw(t, label)
}

func anyPurpose(t *rapid.T) string {
	return rapid.SampledFrom([]string{purpose, purpose, purpose, "reminders", ""}).Draw(t, "purpose")
}

// anyDesk declares deliveries that need not fit tasks, systems or each other.
func anyDesk(t *rapid.T) *content.Desk {
	d := &content.Desk{}
	for _, name := range most(t, systems[:2], "connected") {
		d.Connections = append(d.Connections, content.Connection{Name: name, Accepts: most(t, pool, "accepts"), Purposes: most(t, purposes, "takes")})
	}
	x := content.DeskTask{Name: task}
	for _, code := range most(t, pool, "data") {
		x.Data = append(x.Data, content.DeskDatum{Element: code, Type: kinds[code], Purpose: anyPurpose(t)})
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "deliveries") {
		to := content.DeskDelivery{
			System: rapid.SampledFrom(systems).Draw(t, "system"), Purpose: anyPurpose(t), Elements: elements(t),
		}
		for j := range rapid.IntRange(0, 2).Draw(t, "fields") {
			to.Mapping = append(to.Mapping, content.FieldRule{Field: fmt.Sprintf("f%d", j), Expression: prying(t, to.Elements, fmt.Sprintf("expression %d.%d", i, j))})
		}
		x.Deliveries = append(x.Deliveries, to)
	}
	d.Tasks = []content.DeskTask{x}
	return d
}

// may says from the declarations alone whether an element may go; what the package
// under test works out it does not ask.
func may(d *content.Desk, x *content.DeskDelivery, code string) bool {
	_, _, forbidden := privacy.Forbidden(code)
	used := slices.ContainsFunc(d.Tasks[0].Data, func(e content.DeskDatum) bool { return e.Element == code && e.Purpose == x.Purpose })
	taken := slices.ContainsFunc(d.Connections, func(c content.Connection) bool {
		return c.Name == x.System && slices.Contains(c.Accepts, code) && slices.Contains(c.Purposes, x.Purpose)
	})
	return !forbidden && used && taken && x.Purpose != "" && slices.Contains(x.Elements, code)
}

// distinct deliveries: a second one for the same does not count.
func distinct(d *content.Desk) []*content.DeskDelivery {
	var out []*content.DeskDelivery
	for i := range d.Tasks[0].Deliveries {
		x := &d.Tasks[0].Deliveries[i]
		if !slices.ContainsFunc(out, func(o *content.DeskDelivery) bool { return o.System == x.System && o.Purpose == x.Purpose }) {
			out = append(out, x)
		}
	}
	return out
}

func counted(t rapid.TB, refused string) int {
	total := 0
	for part := range strings.SplitSeq(refused, ",") {
		if part == "" {
			continue
		}
		why, n, _ := strings.Cut(part, ":")
		count, err := strconv.Atoi(n)
		if err != nil || !slices.Contains(courier.Whys(), courier.Why(why)) {
			t.Fatalf("refused %q", refused)
		}
		total += count
	}
	return total
}

func body(t rapid.TB, m *courier.Message) string {
	if m == nil {
		return ""
	}
	out, err := m.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Whatever a department writes into its mappings: each element of each delivery goes
// or is counted, and nothing that may not go has any bearing on what does.
func TestEveryElementIsAccountedFor(t *testing.T) {
	c := worked(t, casework.Application, register)
	sent := 0
	rapid.Check(t, func(t *rapid.T) {
		d := anyDesk(t)
		r, _ := New(d)
		o := occasion(c)
		o.Fields = casework.Fields{}
		for _, code := range most(t, pool, "has") {
			o.Fields[courier.Code(code)] = value(code, false)
		}
		deliveries, out := distinct(d), r.Compose(o)
		if len(out) != len(deliveries) {
			t.Fatalf("%d consignments of %d deliveries", len(out), len(deliveries))
		}
		for i, x := range deliveries {
			account(t, d, x, &o, &out[i])
			if out[i].Message != nil {
				sent++
			}
		}
		// Other values of what does not go: the same messages.
		for i, x := range deliveries {
			varied := o
			varied.Fields = casework.Fields{}
			for code, v := range o.Fields {
				if varied.Fields[code] = v; out[i].Message != nil && !slices.Contains(out[i].Message.Codes, code) || !may(d, x, string(code)) {
					varied.Fields[code] = value(string(code), true)
				}
			}
			again := r.Compose(varied)
			if body(t, again[i].Message) != body(t, out[i].Message) || again[i].Refused != out[i].Refused {
				t.Fatalf("what does not go to %s changes what does", x.System)
			}
		}
	})
	if sent == 0 {
		t.Error("nothing was ever sent, so nothing was tested")
	}
}

// account holds one consignment against what is declared.
func account(t rapid.TB, d *content.Desk, x *content.DeskDelivery, o *courier.Occasion, out *courier.Consignment) {
	if out.System != x.System || string(out.Purpose) != x.Purpose || out.Key() != courier.NewKey(o.Case.ID, task, x.System, out.Purpose, o.Case.Version) {
		t.Fatalf("%+v is not the delivery to %s", out.Facts, x.System)
	}
	goes, stays := 0, 0
	text := body(t, out.Message)
	for _, code := range pool {
		_, has := o.Fields[courier.Code(code)]
		named := slices.Contains(x.Elements, code)
		declared := slices.ContainsFunc(d.Tasks[0].Data, func(e content.DeskDatum) bool { return e.Element == code })
		_, _, forbidden := privacy.Forbidden(code)
		switch goesThere := may(d, x, code); {
		case goesThere && has:
			goes++
		case !goesThere && named, has && !named && (forbidden || !declared):
			stays++
		}
		inside := out.Message != nil && slices.Contains(out.Message.Codes, courier.Code(code))
		if (inside || kinds[code] != "Boolean" && strings.Contains(text, value(code, false))) && !may(d, x, code) {
			t.Fatalf("%s goes to %s: %s", code, x.System, text)
		}
		if kinds[code] == "" && strings.Contains(text, value(code, false)) && !inside {
			t.Fatalf("%s is in the message and not on record", code)
		}
	}
	if out.Message == nil {
		stays += goes
	} else if len(out.Message.Codes) == 0 || out.Message.Facts != out.Facts {
		t.Fatalf("a message of nothing, or of something else: %+v", out.Message.Facts)
	}
	if n := counted(t, out.Refused); n != stays {
		t.Fatalf("%d elements stay, and %q are counted", stays, out.Refused)
	}
}

// Any expression at all: what is delivered is all it can see.
func FuzzCompose(f *testing.F) {
	f.Add("name", "applicant_name + telephone")
	f.Add("person.姓名", "address == null ? applicant_name : telephone")
	f.Add("x", `has(delivery.case) ? string(household_size) : ""`)
	f.Add("民族", `"\u5b97\u6559" + applicant_name`)
	c := worked(f, casework.Application, register)
	f.Fuzz(func(t *testing.T, field, expression string) {
		d := desk()
		d.Tasks[0].Deliveries = d.Tasks[0].Deliveries[:1]
		d.Tasks[0].Deliveries[0].Mapping = []content.FieldRule{{Field: field, Expression: expression}}
		r, err := New(d)
		if r == nil || len(r.tasks[task]) != 1 {
			t.Fatal("no rules")
		}
		o := occasion(c)
		first := r.Compose(o)
		o.Fields = casework.Fields{"applicant-name": "测试甲", "telephone": "000", "address": "elsewhere", "household-size": "9", "religion": "x"}
		second := r.Compose(o)
		if len(first) != 1 || len(second) != 1 || body(t, first[0].Message) != body(t, second[0].Message) {
			t.Fatal("what is not delivered has a bearing on what is")
		}
		if first[0].Message != nil && err != nil || first[0].Message == nil && first[0].Refused != "NotAccepted:1,NotMapped:2" {
			t.Fatalf("%q refused, %v", first[0].Refused, err)
		}
	})
}
