package community_test

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/shequ-io/shequ/api/v1alpha1"
)

// TestSurveyInDisguise: what the admission policy can't read through is not published.
func TestSurveyInDisguise(t *testing.T) {
	w := world(t)
	c := w.Community("one")
	c.Spec.Surveys = []v1alpha1.Survey{{
		Name: "s", Title: v1alpha1.LocalizedText{ZH: "问"}, From: "2026-03-01", Until: "2026-03-31",
		Questions: []v1alpha1.SurveyQuestion{{Name: "q", Type: "Scale", Title: v1alpha1.LocalizedText{ZH: "您的ｒｅｌｉｇｉｏｎ？"}}},
	}}
	w.Create(c)
	w.Condition(c, v1alpha1.ConditionPortalReady, metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec, "survey s", "religion", "take the question")
}
