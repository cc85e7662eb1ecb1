package v1alpha1_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/privacy"
)

// asking is a survey that asks one thing; where is what of it holds the text.
func asking(t *testing.T, namespace, where, text string) error {
	t.Helper()
	texts := map[string]string{"survey": "甲", "title": "乙", "titleEN": "b", "choice": "丙", "choiceEN": "c"}
	texts[where] = text
	return create(t, env.Client, object(t, validCommunity, fmt.Sprintf(`
spec:
  surveys:
  - name: s
    title: {zh: %q}
    from: "2026-03-01"
    until: "2026-03-31"
    questions: [{name: q, title: {zh: %q, en: %q}, type: Choice, choices: [{zh: %q, en: %q}, {zh: 否}]}]
`, texts["survey"], texts["title"], texts["titleEN"], texts["choice"], texts["choiceEN"]), namespace))
}

// TestForbiddenSurveys asks the API server about every term internal/privacy lists,
// wherever a survey can hold it.
func TestForbiddenSurveys(t *testing.T) {
	namespace := env.Namespace(t, "subdistrict")
	for _, class := range privacy.Classes() {
		want := privacy.SurveyMessage(class)
		for _, term := range privacy.Terms(class) {
			check(t, asking(t, namespace, "choice", "您的"+term+"是？"), want)
			if term[0] > 127 {
				check(t, asking(t, namespace, "title", strings.Join(strings.Split(term, ""), "？")), want)
				continue
			}
			check(t, asking(t, namespace, "titleEN", "What is your "+strings.ToUpper(term)+"?"), want)
		}
		check(t, asking(t, namespace, "survey", privacy.Terms(class)[0]), want)
		check(t, asking(t, namespace, "choiceEN", privacy.Terms(class)[0]), want)
		for _, phrase := range privacy.Innocents(class) {
			check(t, asking(t, namespace, "title", phrase+"的路灯好吗？"), "")
		}
	}
}

// TestLongSurveys: the rules have time for more than anybody asks.
func TestLongSurveys(t *testing.T) {
	choices := strings.TrimSuffix(strings.Repeat("{zh: 非常满意也愿意再来并且会告诉邻居}, ", 10), ", ")
	var surveys strings.Builder
	for i := range 8 {
		fmt.Fprintf(&surveys, "  - {name: s%d, title: {zh: 关于社区服务站的意见}, from: \"2026-03-01\", until: \"2026-03-31\", questions: [", i)
		for j := range 20 {
			fmt.Fprintf(&surveys, "{name: q%d, title: {zh: 您对服务站的这一项服务满意吗？}, type: Choice, choices: [%s]}, ", j, choices)
		}
		surveys.WriteString("]}\n")
	}
	check(t, create(t, env.Client, object(t, validCommunity, "spec:\n  surveys:\n"+surveys.String(), env.Namespace(t, "subdistrict"))), "")
}
