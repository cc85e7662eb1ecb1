package desk

import (
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
)

// caseView is one case.
type caseView struct {
	view
	store.Detail

	Written   []written
	Point     string // where it is about, in degrees; empty for nowhere
	Turns     []casework.Turn
	Forward   []action
	Aside     []action
	Residents []action
	// Sent is what went to systems, or is to, by system. Moved is what was just done to
	// a message; empty where nothing was.
	Sent  []sentTo
	Moved string
	// Supplements tells that what was written can be added to and corrected.
	Supplements bool
	// Supplemented is what came of that just now; empty where nothing did.
	Supplemented string
	// Did is what was just done; empty where nothing was.
	Did casework.EventType
	// Attempt is what was tried and not done; nil where nothing was.
	Attempt *attempt
}

// written is one field, as the resident wrote it.
type written struct {
	Title     content.Text
	Value     string
	Sensitive bool
}

// attempt is something that was tried and refused.
type attempt struct {
	casework.Event

	Resident bool
	Cause    casework.Cause
	Why      string
	// Meanwhile are the turns since the version that was seen.
	Meanwhile []casework.Turn
}

// Tried reports whether an action is the one that was tried.
func (v caseView) Tried(a action) bool {
	return v.Attempt != nil && v.Attempt.Type == a.Event && v.Attempt.Resident == a.Resident
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

func casePage(q *request) error {
	id := q.r.PathValue("case")
	if !idPattern.MatchString(id) {
		return store.ErrUnknownCase
	}
	return q.showCase(http.StatusOK, id, eventNamed(q.r.URL.Query().Get("did")), nil)
}

// eventNamed is the event of that name; empty where there is none.
func eventNamed(name string) casework.EventType {
	if t := casework.EventType(name); slices.Contains(casework.EventTypes(), t) {
		return t
	}
	return ""
}

// showCase reads a case and shows it. The read is logged by the store.
func (q *request) showCase(status int, id string, did casework.EventType, tried *attempt) error {
	detail, err := q.d.Store.Case(q.r.Context(), q.who.Who, id)
	if err != nil {
		return err
	}
	v := caseView{view: q.view("/cases/"+id, "desk.case.title"), Detail: detail, Did: did, Attempt: tried}
	v.Title = detail.Number + " " + v.L.Plain(v.aboutTitle(detail.Row))
	v.Turns = slices.Clone(detail.Case.History)
	slices.Reverse(v.Turns)
	v.Written = q.written(&detail)
	v.Supplements = !fixed(&detail) && q.supplementForm(&detail) != nil
	if came := q.r.URL.Query().Get("written"); came == supplementDone || came == supplementSame {
		v.Supplemented = came
	}
	sent, err := q.d.Store.Deliveries(q.r.Context(), q.who.Who, id)
	if err != nil {
		return err
	}
	v.Sent = q.sent(sent)
	if moved := q.r.URL.Query().Get("sent"); slices.Contains(didOnes, moved) {
		v.Moved = moved
	}
	if p := detail.Letter.Place; p != nil {
		v.Point = fmt.Sprintf("%.5f, %.5f", float64(p.Latitude)/1e7, float64(p.Longitude)/1e7)
	}
	if tried != nil {
		for _, t := range detail.Case.History {
			if t.Number > tried.Version {
				tried.Meanwhile = append(tried.Meanwhile, t)
			}
		}
		tried.Why = q.why(&detail.Case, tried)
	}
	for _, a := range actions(detail.Case, q.who, q.places(detail.Among, detail.Terms.Task), q.d.Now()) {
		if a.ID, err = q.d.newID(); err != nil {
			return err
		}
		switch {
		case a.Resident:
			v.Residents = append(v.Residents, a)
		case a.Forward:
			v.Forward = append(v.Forward, a)
		default:
			v.Aside = append(v.Aside, a)
		}
	}
	return q.show(status, "case", v)
}

// written pairs what was written with the titles of its fields, in the order of
// the form; what the form does not know any more comes last.
func (q *request) written(d *store.Detail) []written {
	var fields []content.Field
	if item := q.doc.Item(d.Item); item != nil {
		fields = item.Elements
	}
	for _, f := range q.doc.Site.Forms {
		if f.Item == d.Item {
			fields = f.Fields
		}
	}
	var out []written
	seen := map[string]bool{}
	for _, f := range fields {
		for code, value := range d.Letter.Fields {
			if string(code) == f.Code {
				out = append(out, written{f.Text, q.valueText(&f, value), f.Sensitive})
				seen[f.Code] = true
			}
		}
	}
	for _, code := range d.Letter.Fields.Codes() {
		if !seen[string(code)] {
			out = append(out, written{q.elementTitle(string(code)), d.Letter.Fields[code], false})
		}
	}
	return out
}

// valueText is what was written as people read it: yes and no are kept as words of
// programs.
func (q *request) valueText(f *content.Field, value string) string {
	switch {
	case f.Type == "Boolean" && value == "true":
		return q.l.Must("form.yes")
	case f.Type == "Boolean" && value == "false":
		return q.l.Must("form.no")
	}
	return value
}

// Percent of a limit that is spent, 0 to 100.
func (caseView) Percent(r casework.Reading) int64 {
	limit := time.Duration(r.Limit.Minutes) * time.Minute
	if limit <= 0 {
		return 0
	}
	return min(100, int64(r.Spent*100/limit))
}

// Span writes a span of time to the minute.
func (v caseView) Span(d time.Duration) (string, error) {
	if d < time.Minute {
		return v.L.M("desk.limit.none")
	}
	return v.L.Minutes(int64(d / time.Minute))
}

// extensions of the files that are taken in, by media type.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "application/pdf": ".pdf",
}

// file sends a file that came with a case, to be kept and not shown: whatever is in
// it, no page of ours opens it.
func file(q *request) error {
	id, name := q.r.PathValue("case"), q.r.PathValue("file")
	if !idPattern.MatchString(id) || !idPattern.MatchString(name) {
		return store.ErrUnknownFile
	}
	info, data, err := q.d.Store.File(q.r.Context(), q.who.Who, id, name)
	if err != nil {
		return err
	}
	mediaType := "application/octet-stream"
	extension := extensions[info.MediaType]
	if extension != "" {
		mediaType = info.MediaType
	}
	q.w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	q.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": info.ID + extension}))
	q.write(http.StatusOK, mediaType, data)
	return nil
}
