package communitystandard

import (
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/conditions"
)

func calendar(c v1alpha1.Calendar) v1alpha1.CommunityStandardSpec {
	return v1alpha1.CommunityStandardSpec{Calendar: &c}
}

func element(code v1alpha1.DataElementCode, zh, en string) v1alpha1.CommunityStandardSpec {
	return v1alpha1.CommunityStandardSpec{DataElements: []v1alpha1.DataElement{
		{Code: code, Title: v1alpha1.LocalizedText{ZH: zh, EN: en}, Type: "Text", Class: "Base"},
	}}
}

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		spec v1alpha1.CommunityStandardSpec
		want string // "" for none
	}{
		"nothing":                    {},
		"an innocent element":        {element("applicant-name", "申请人姓名", "Applicant's name"), ""},
		"a forbidden code":           {element("ethnic-group", "甲", ""), "ethnicity"},
		"a forbidden Chinese title":  {element("a", "宗教信仰", ""), "religion"},
		"a forbidden English title":  {element("a", "甲", "Fingerprint"), "take it out"},
		"a title in disguise":        {element("a", "甲", "Ｆｉｎｇｅｒ print"), "biometrics"},
		"Xi'an's time":               {calendar(v1alpha1.Calendar{TimeZone: "Asia/Shanghai"}), ""},
		"the default time zone":      {calendar(v1alpha1.Calendar{}), ""},
		"a place that is no zone":    {calendar(v1alpha1.Calendar{TimeZone: "Asia/Xian"}), "give an IANA name such as Asia/Shanghai"},
		"the operator's own zone":    {calendar(v1alpha1.Calendar{TimeZone: "Local"}), "no time zone"},
		"a file that is no zone":     {calendar(v1alpha1.Calendar{TimeZone: "../../etc/passwd"}), "no time zone"},
		"a day that does not exist":  {calendar(v1alpha1.Calendar{Holidays: []v1alpha1.Date{"2026-02-30"}}), "2026-02-30"},
		"a make-up day on a Monday":  {calendar(v1alpha1.Calendar{MakeUpDays: []v1alpha1.Date{"2026-10-12"}}), "Monday"},
		"a make-up day on a holiday": {calendar(v1alpha1.Calendar{Holidays: []v1alpha1.Date{"2026-10-10"}, MakeUpDays: []v1alpha1.Date{"2026-10-10"}}), "take it out of one"},
		"a band nobody reaches": {v1alpha1.CommunityStandardSpec{Premises: &v1alpha1.PremisesRule{Bands: []v1alpha1.PremisesBand{
			{SquareMeters: 300}, {MaxHouseholds: 3000, SquareMeters: 200},
		}}}, "spec.premises.bands[1] is never reached"},
	} {
		got := strings.Join(mistakes(&c.spec), "; ")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestEveryMistakeIsSaid(t *testing.T) {
	spec := element("ethnic-group", "甲", "")
	spec.Calendar = &v1alpha1.Calendar{TimeZone: "Asia/Xian", MakeUpDays: []v1alpha1.Date{"2026-10-12"}}
	got := said(mistakes(&spec))
	for _, want := range []string{"ethnic-group", "Asia/Xian", "2026-10-12"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not mention %s", got, want)
		}
	}
	if many := said(make([]string, 25)); !strings.HasSuffix(many, "and 5 more") {
		t.Errorf("of 25 mistakes it says %q", many)
	}
}

func TestConforms(t *testing.T) {
	norms := func(results ...v1alpha1.NormResult) *v1alpha1.Community {
		c := &v1alpha1.Community{}
		for _, r := range results {
			c.Status.Norms = append(c.Status.Norms, v1alpha1.NormStatus{Rule: "r", Result: r})
		}
		return c
	}
	const met, not, unknown = v1alpha1.NormMet, v1alpha1.NormNotMet, v1alpha1.NormUnknown
	for _, c := range []struct {
		community *v1alpha1.Community
		want      bool
	}{
		{norms(), false}, {norms(unknown), false}, {norms(met), true},
		{norms(met, unknown), true}, {norms(met, not), false}, {norms(not), false},
	} {
		if got := conforms(c.community); got != c.want {
			t.Errorf("%+v: %v", c.community.Status.Norms, got)
		}
	}
}

func TestStatusIsSound(t *testing.T) {
	for _, found := range [][]string{nil, {"one", "two"}} {
		s := &scope{standard: &v1alpha1.CommunityStandard{}, mistakes: found}
		s.standard.Generation = 3
		status := s.status(s.phases())
		if err := conditions.Check(status.Conditions, 3, status.ObservedGeneration, false); err != nil {
			t.Errorf("with mistakes %v: %v", found, err)
		}
	}
}
