package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/forms"
)

// The inputs of taking over from an earlier case.
const (
	sourceName  = "source"  // its receipt code or number
	prefillName = "prefill" // the button for that
	takenName   = "taken"   // what was taken over, as stamp writes it
	sendName    = "send"    // the button that enters the form
)

// prefillView is what came of taking over from an earlier case.
type prefillView struct {
	// Source is shown again where it led nowhere.
	Source string
	// Problem and Done are in words; empty where there is nothing to say.
	Problem, Done string
	// Taken are stamps of what was taken over.
	Taken []string
}

// Prefills reports whether anything on the form may be in an earlier case.
func (v entryView) Prefills() bool { return len(wanted(v.Form)) > 0 }

// Recipients are the systems that get something of the form's case.
func (v entryView) Recipients() []recipient { return v.q.recipients(v.Form.Form.Terms.Task) }

// asksPrefill reports whether a form was sent to be filled in from an earlier case: by
// its button, or by the key after a code, which a scanner of codes presses too.
func (q *request) asksPrefill() bool {
	return q.values().Has(prefillName) || q.values().Get(sourceName) != "" && !q.values().Has(sendName)
}

// wanted are the fields that can be taken over: all but those in which the resident
// says what this case is about.
func wanted(shown *forms.View) []store.PrefillField {
	var out []store.PrefillField
	for _, f := range shown.Fields {
		if f.Shape != "paragraph" {
			out = append(out, store.PrefillField{
				Code: f.Field.Code, Class: f.Field.Class, Reused: f.Field.Reused, Purpose: v1alpha1.PurposeCode(f.Field.Purpose),
			})
		}
	}
	return out
}

// Reuses are the fields that an item of a community reuses, for store.Config.
func Reuses(doc *content.Document, item string) (out []store.PrefillField) {
	found := doc.Item(item)
	if found == nil {
		return nil
	}
	for _, f := range found.Elements {
		if f.Reused && f.Code != "" {
			out = append(out, store.PrefillField{Code: f.Code, Class: f.Class, Reused: true, Purpose: v1alpha1.PurposeCode(f.Purpose)})
		}
	}
	return out
}

// prefill shows the form again with what an earlier case has for it: the case whose
// code or number the resident brings. Nobody is looked up, and what was typed stays.
func (q *request) prefill(form *forms.Form) error {
	typed, source := q.typed(own), strings.TrimSpace(q.values().Get(sourceName))
	empty := form.View(q.l, nil, "", &q.doc.Site, nil, "")
	known, why, status := q.earlier(form, wanted(empty), source)
	entry, taken := form.Offer(typed, known, q.grids)
	again := prefillView{Taken: q.values()[takenName]}
	switch {
	case why != "":
		again.Source, again.Problem = source, q.l.Must(why)
	case len(taken) == 0:
		again.Done = q.l.Must("desk.prefill.nothing")
	default:
		var titles []string
		for _, code := range taken {
			again.Taken = append(again.Taken, stamp(string(code), known[code]))
			titles = append(titles, q.l.Plain(q.elementTitle(string(code))))
		}
		again.Done = q.l.Must("desk.prefill.done", q.listed(titles))
	}
	shown := form.View(q.l, entry, q.values().Get(forms.TokenName), &q.doc.Site, q.grids, q.image)
	return q.showEntry(&entered{form: form, entry: entry, partial: q.values().Get("incomplete") != ""}, shown, again, status)
}

// earlier asks the store for what an earlier case has. Why says what is wrong; empty
// for nothing.
func (q *request) earlier(form *forms.Form, fields []store.PrefillField, source string) (known casework.Fields, why string, status int) {
	if source == "" || len(source) > 4*maxFind || !utf8.ValidString(source) || utf8.RuneCountInString(source) > maxFind {
		return nil, "desk.prefill.unknown", http.StatusUnprocessableEntity
	}
	known, err := q.d.Store.Prefill(q.r.Context(), q.who.Who, source, store.Prefill{
		Item: form.Terms.Item, Task: form.Terms.Task, Purpose: form.Terms.Purpose, Fields: fields,
	})
	switch {
	case err == nil:
		return known, "", http.StatusOK
	case errors.Is(err, store.ErrUnknownCase), errors.Is(err, store.ErrUnknownReceipt), errors.Is(err, store.ErrInvalid):
		return nil, "desk.prefill.unknown", http.StatusUnprocessableEntity
	case errors.Is(err, store.ErrNotYours):
		return nil, "desk.prefill.grid", http.StatusForbidden
	}
	q.d.Log.Error("nothing can be taken over", "error", err.Error())
	q.w.Header().Set("Retry-After", "10")
	return nil, "desk.prefill.down", http.StatusServiceUnavailable
}

// typed is what was typed into the form's own fields, without the inputs of the desk.
func (q *request) typed(own []string) url.Values {
	values := url.Values{}
	for name, all := range q.values() {
		if !slices.Contains(own, name) {
			values[name] = all
		}
	}
	return values
}

// mark says at each field whether its value was taken over, or could be. A value that
// was altered since is the resident's own.
func (q *request) mark(shown *forms.View, taken []string) {
	for i := range shown.Fields {
		f := &shown.Fields[i]
		switch {
		case f.Value != "" && slices.Contains(taken, stamp(f.Field.Code, f.Value)):
			f.Taken, f.Note = true, q.l.Must("desk.prefill.taken")
		case f.Field.Reused && f.Value == "":
			f.Note = q.l.Must("desk.prefill.reused")
		}
	}
}

// stamp tells a field with the value it was given from the same field with another. It
// stands beside the value itself and hides nothing.
func stamp(code, value string) string {
	sum := sha256.Sum256([]byte(code + "\n" + value))
	return code + ":" + hex.EncodeToString(sum[:6])
}
