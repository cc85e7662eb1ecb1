package casework

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

var form = Item{
	Elements: []v1alpha1.DataElementCode{"applicant-name", "address", "household-size", "ethnic-group"},
	Required: []v1alpha1.DataElementCode{"applicant-name"},
}

func TestFields(t *testing.T) {
	for _, c := range []struct {
		name     string
		fields   Fields
		complete bool
		want     string
	}{
		{"as declared", Fields{"applicant-name": "某某", "address": "one line\nand another"}, true, ""},
		{"taken at the counter without", Fields{"address": "x"}, false, ""},
		{"nothing", nil, true, "missing: applicant-name"},
		{"blank", Fields{"applicant-name": " \t"}, true, "missing: applicant-name"},
		{"undeclared", Fields{"applicant-name": "a", "13800000000": "b", "Zhang San": "c"}, true, "2 fields are not declared by the item"},
		{"forbidden, though declared", Fields{"applicant-name": "a", "ethnic-group": "Han"}, true, "nobody may collect: ethnic-group"},
		{"a zero byte", Fields{"applicant-name": "a\x00"}, true, "not plain text of at most 4000 characters: applicant-name"},
		{"no text", Fields{"applicant-name": "\xff"}, true, "not plain text of at most 4000 characters: applicant-name"},
		{"too long", Fields{"applicant-name": strings.Repeat("长", 4001)}, true, "not plain text of at most 4000 characters: applicant-name"},
		{"long", Fields{"applicant-name": strings.Repeat("长", 4000)}, true, ""},
		{"much at once", Fields{"x": "", "address": "\x01"}, true, "1 fields are not declared by the item; not plain text of at most 4000 characters: address; missing: applicant-name"},
	} {
		err := form.Check(c.fields, c.complete)
		var refused *FieldsError
		switch {
		case c.want == "":
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
			}
		case !errors.As(err, &refused) || err.Error() != "the fields are refused: "+c.want:
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if codes := (Fields{"b": "", "a": ""}).Codes(); !slices.Equal(codes, []v1alpha1.DataElementCode{"a", "b"}) {
		t.Errorf("codes %v", codes)
	}
}

// No value, and no name a sender made up, is in an error, a log or a print.
func TestValuesAreNeverTold(t *testing.T) {
	const secret = "秘密-secret"
	rapid.Check(t, func(t *rapid.T) {
		fields := Fields{}
		for range rapid.IntRange(1, 5).Draw(t, "fields") {
			code := rapid.SampledFrom(append(slices.Clone(form.Elements), secret, "x"+secret)).Draw(t, "code")
			fields[code] = secret + rapid.SampledFrom([]string{"", "\x00", strings.Repeat("x", 4000)}).Draw(t, "value")
		}
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "fields", fields)
		text := fmt.Sprint(form.Check(fields, true)) + fmt.Sprintf("%v %+v %#v %s %q %x %d", fields, fields, fields, fields, fields, fields, fields) + log.String()
		if strings.Contains(text, "secret") || strings.Contains(text, "秘密") || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Fatal("told")
		}
	})
}

func TestRouteTo(t *testing.T) {
	for name, c := range map[string]struct {
		candidates []Candidate
		want       Routing
	}{
		"nowhere":            {nil, Routing{Why: NoGrid}},
		"in no unit grid":    {[]Candidate{{"sub", 1}, {"community", 2}, {"", 3}}, Routing{Why: NoGrid}},
		"in one":             {[]Candidate{{"sub", 1}, {"g1", 3}, {"community", 2}}, Routing{Grid: "g1"}},
		"named twice":        {[]Candidate{{"g1", 3}, {"g1", 3}}, Routing{Grid: "g1"}},
		"on a border":        {[]Candidate{{"g2", 3}, {"g1", 3}}, Routing{Why: SeveralGrids, Among: []string{"g1", "g2"}}},
		"where three meet":   {[]Candidate{{"g2", 3}, {"g3", 3}, {"g1", 3}}, Routing{Why: SeveralGrids, Among: []string{"g1", "g2", "g3"}}},
		"of an unknown kind": {[]Candidate{{"g9", 4}}, Routing{Why: NoGrid}},
	} {
		slices.Reverse(c.candidates)
		if got := RouteTo(c.candidates); got.Grid != c.want.Grid || got.Why != c.want.Why || !slices.Equal(got.Among, c.want.Among) {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
