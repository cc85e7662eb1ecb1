package desk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

// overtaken are the fields of a change that somebody else has changed to something else
// since the form was opened.
func (q *request) overtaken(s *entered, detail *store.Detail, changed casework.Fields, was []string) []v1alpha1.DataElementCode {
	_, now := q.opened(s.form, detail, "")
	var out []v1alpha1.DataElementCode
	for _, code := range changed.Codes() {
		if stamped(was, string(code)) != stamped(now, string(code)) && detail.Letter.Fields[code] != changed[code] {
			out = append(out, code)
		}
	}
	return out
}

// stamped is the stamp of a field among some; empty for none.
func stamped(stamps []string, code string) string {
	at := slices.IndexFunc(stamps, func(s string) bool { return strings.HasPrefix(s, code+":") })
	if at < 0 {
		return ""
	}
	return stamps[at]
}

// among are those of some fields that others name too; what is not there is empty.
func among(all, named casework.Fields) casework.Fields {
	out := casework.Fields{}
	for code := range named {
		out[code] = all[code]
	}
	return out
}

// supplementOver shows what was typed beside what somebody else has put there since.
// Sent once more, it takes the place of that knowingly.
func (q *request) supplementOver(s *entered, detail store.Detail, was []string, theirs []v1alpha1.DataElementCode) error {
	current, now := q.opened(s.form, &detail, "")
	shown := s.form.View(q.l, s.entry, s.token, &q.doc.Site, nil, "")
	for i := range shown.Fields {
		f := &shown.Fields[i]
		if !slices.Contains(theirs, v1alpha1.DataElementCode(f.Field.Code)) {
			continue
		}
		was = slices.DeleteFunc(was, func(stamp string) bool { return strings.HasPrefix(stamp, f.Field.Code+":") })
		if stamp := stamped(now, f.Field.Code); stamp != "" {
			was = append(was, stamp)
		}
		if f.Error = q.l.Must("desk.supplement.cleared"); current.Fields[i].Value != "" {
			f.Error = q.l.Must("desk.supplement.over", q.valueText(f.Field, current.Fields[i].Value))
		}
		shown.Problems = append(shown.Problems, forms.ProblemView{Target: f.ID, Text: q.l.Must("desk.supplement.of", q.l.Plain(f.Field.Text), f.Error)})
	}
	return q.showSupplement(http.StatusConflict, detail, shown, was)
}
