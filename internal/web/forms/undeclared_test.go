package forms_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/content/contenttest"
	"github.com/shequ-io/shequ/internal/web/forms"
	"github.com/shequ-io/shequ/internal/web/frame"
)

// inputs are names of inputs no form has: of data nobody may collect and of data this
// form does not ask for, in both languages and several spellings.
var inputs = []string{
	"f.ethnic-group", "f.religion", "f.political-status", "f.fingerprint", "f.location-history", "f.key-person", "f.pregnancy",
	"f.民族", "f.宗教信仰", "f.政治面貌", "f.指纹", "f.行踪轨迹", "f.重点人员", "f.怀孕",
	"f.nickname", "f.小名", "f.birth-date", "f.出生日期", "f.姓名", "f.Applicant-Name", "f.applicant-name ", "f.ａpplicant-name", "f.applicant_name",
	"applicant-name", "姓名", "民族", "religion", "f.", "", "c.applicant-name", "c.religion", "c.民族", "files", "utility", "grid",
}

// Whoever posts a field the form does not ask for is told that it was not taken, and
// not what it was: neither its name nor its value goes any further, at the portal or
// at the desk.
func TestPostedFieldsAreDeclared(t *testing.T) {
	name := field("applicant-name", "Text")
	banned := content.Field{Text: content.Text{ZH: "民族", EN: "A"}, Code: "a", Type: "Text"}
	known := content.Field{Text: content.Text{ZH: "甲", EN: "Religion"}, Code: "b", Type: "Text", Reused: true}
	of := item(name, banned, known)
	doc := contenttest.QingnianNo2()
	for where, form := range map[string]*forms.Form{"portal": forms.ForItem(of), "desk": forms.ForDesk(of)} {
		if len(form.Fields) != 1 {
			t.Errorf("%s asks for %+v", where, form.Fields)
		}
		for _, input := range append([]string{"f.a", "f.b"}, inputs...) {
			for _, strict := range []forms.Strictness{forms.Complete, forms.Partial} {
				values := url.Values{"f.applicant-name": {"测试甲"}, input: {"a value of it"}}
				e := form.Fill(sent(t, values), nil, strict)
				if len(e.Fields) != 1 || e.Fields["applicant-name"] != "测试甲" {
					t.Errorf("%s: %q is taken", where, input)
				}
				if len(e.Problems) != 1 || e.Problems[0].Key != "undeclared" || e.Problems[0].N != 1 || e.Problems[0].Field != nil {
					t.Errorf("%s: %q is refused with %+v", where, input, e.Problems)
				}
				for _, language := range []string{"zh-CN", "en"} {
					v := form.View(frame.For(language), e, "", &doc.Site, nil, "")
					if len(v.Problems) != 1 || strings.Contains(v.Problems[0].Text, "value") || len(input) > 3 && strings.Contains(v.Problems[0].Text, input[2:]) {
						t.Errorf("%s: %q is told of as %+v", where, input, v.Problems)
					}
				}
			}
		}
	}
}

// sent is a form on its way from a browser.
func sent(t *testing.T, values url.Values) url.Values {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	post, leave, err := forms.Read(r, nil)
	defer leave()
	if err != nil {
		t.Fatal(err)
	}
	return post.Values
}
