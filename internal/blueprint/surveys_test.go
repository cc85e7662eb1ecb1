package blueprint_test

import (
	"strings"
	"testing"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/blueprint"
)

// TestCheckSurveys: what the admission policy can't read through is read here.
func TestCheckSurveys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"您满意吗？":                          "",
		"您住在民族路吗？":                       "",
		"您的ｒｅｌｉｇｉｏｎ是什么？":                 "religion",
		"您的宗\u200b教是什么？":                 "religion",
		"Are you of an éthnic minority?": "ethnicity",
	} {
		question := v1alpha1.SurveyQuestion{Name: "q", Type: "Choice", Title: v1alpha1.LocalizedText{ZH: "问"}, Choices: []v1alpha1.LocalizedText{{ZH: "是"}, {ZH: text}}}
		c := &v1alpha1.Community{Spec: v1alpha1.CommunitySpec{Surveys: []v1alpha1.Survey{
			{Name: "first", Title: v1alpha1.LocalizedText{ZH: "一"}}, {Name: "second", Title: v1alpha1.LocalizedText{ZH: "二"}, Questions: []v1alpha1.SurveyQuestion{question}},
		}}}
		err := blueprint.CheckSurveys(c)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "survey second") || !strings.Contains(err.Error(), "about "+want)):
			t.Errorf("%q: %v, want it refused for %s", text, err, want)
		}
	}
}
