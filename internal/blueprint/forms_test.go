package blueprint

import (
	"slices"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/content"
)

func formStandard(codes ...v1alpha1.DataElementCode) *v1alpha1.CommunityStandard {
	standard := &v1alpha1.CommunityStandard{}
	for _, code := range codes {
		e := v1alpha1.DataElement{Code: code, Title: v1alpha1.LocalizedText{ZH: string(code)}, Type: "Text", Class: "Base"}
		switch code {
		case "telephone", "email":
			e.Class = "Contact"
		case "identity-number":
			e.Class, e.Sensitivity = "Identity", v1alpha1.SensitivitySensitive
		}
		standard.Spec.DataElements = append(standard.Spec.DataElements, e)
	}
	return standard
}

func TestFormsFollowModulesAndStandard(t *testing.T) {
	c := &v1alpha1.Community{}
	c.Spec.Modules = []v1alpha1.CommunityModule{v1alpha1.ModuleOpinions, v1alpha1.ModuleHelpRequests, v1alpha1.ModuleApplications}
	if got := forms(c, formStandard("telephone")); got != nil {
		t.Errorf("forms without a declared text: %v", got)
	}
	if got := forms(c, nil); got != nil {
		t.Errorf("forms without a standard: %v", got)
	}
	got := forms(c, formStandard("request-text", "telephone"))
	if len(got) != 2 || got[0].Kind != "help-request" || got[1].Kind != "opinion" {
		t.Fatalf("forms %+v", got)
	}
	if !got[0].Place || got[1].Place {
		t.Error("help has a place, an opinion has none")
	}
	for _, f := range got {
		if len(f.Fields) != 2 || !f.Fields[0].Required || f.Fields[1].Required {
			t.Errorf("%s asks %+v", f.Kind, f.Fields)
		}
		for _, field := range f.Fields {
			if field.Purpose == "" || field.RetentionDays == 0 {
				t.Errorf("%s: %s has no purpose or no end", f.Kind, field.Code)
			}
		}
	}
}

func TestSurveysPublishCountsOnly(t *testing.T) {
	c := &v1alpha1.Community{}
	c.Spec.Surveys = []v1alpha1.Survey{
		{Name: "words", Questions: []v1alpha1.SurveyQuestion{{Name: "why", Type: "Text"}}},
		{Name: "hall", Questions: []v1alpha1.SurveyQuestion{{Name: "why", Type: "Text"}, {Name: "overall", Type: "Scale"}}},
	}
	got := surveys(c)
	if len(got) != 1 || got[0].Name != "hall" || len(got[0].Questions) != 1 || got[0].Questions[0].Name != "overall" {
		t.Errorf("surveys %+v", got)
	}
}

// TestWhatAFormRequires: all of it, but of the ways to reach somebody the first,
// nothing that rests on consent, and nothing the community has already.
func TestWhatAFormRequires(t *testing.T) {
	titles := declared(formStandard("applicant-name", "telephone", "email", "identity-number"))
	own := titles.ownForm(&v1alpha1.StationItem{
		Purpose: "station-service", RetentionDays: 30,
		DataElements: []v1alpha1.DataElementCode{"applicant-name", "telephone", "email", "identity-number"},
	})
	if got := required(own); !slices.Equal(got, []string{"applicant-name", "telephone"}) {
		t.Errorf("the station's own item requires %v", got)
	}
	if last := own[3]; !last.Sensitive || !last.Consent || last.RetentionDays != 30 {
		t.Errorf("the identity number is asked as %+v", last)
	}
	spec := &v1alpha1.AdmittedTaskSpec{
		LegalBasis: []v1alpha1.LegalBasis{{ID: "law", Title: v1alpha1.LocalizedText{ZH: "条例"}}},
		Data: []v1alpha1.TaskData{
			{Element: "applicant-name", Use: v1alpha1.UseReuse, Basis: "law", Purpose: "allowance", RetentionDays: 700},
			{Element: "identity-number", Use: v1alpha1.UseCollect, Basis: "law", Purpose: "allowance", RetentionDays: 300},
			{Element: "telephone", Use: v1alpha1.UseCollect, Basis: v1alpha1.ConsentBasis, Purpose: "call-back", RetentionDays: 90},
			{Element: "email", Use: v1alpha1.UseCollect, Basis: "law", Purpose: "call-back", RetentionDays: 90},
		},
	}
	task := titles.taskForm(spec)
	if got := required(task); !slices.Equal(got, []string{"identity-number", "email"}) {
		t.Errorf("the task's item requires %v", got)
	}
	if !task[0].Reused || task[1].Basis.ZH != "条例" || !task[2].Consent || task[2].Basis.ZH != "" {
		t.Errorf("the task asks %+v", task)
	}
	if purpose, days := ofCase(spec.Data); purpose != "allowance" || days != 90 {
		t.Errorf("its cases are kept for %s for %d days", purpose, days)
	}
}

func required(fields []content.Field) []string {
	var out []string
	for _, f := range fields {
		if f.Required {
			out = append(out, f.Code)
		}
	}
	return out
}
