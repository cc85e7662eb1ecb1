package desk_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/desk"
	"github.com/shequ-io/shequ/internal/web/forms"
)

func TestReuses(t *testing.T) {
	doc := content.Document{Items: []content.Item{{Name: "enrolment", Elements: []content.Field{
		{Code: "applicant-name", Class: "Base"}, {Code: "employment-status", Class: "Benefit", Reused: true, Purpose: "enrolment"}, {Reused: true},
	}}}}
	want := []store.PrefillField{{Code: "employment-status", Class: "Benefit", Reused: true, Purpose: "enrolment"}}
	if got := desk.Reuses(&doc, "enrolment"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := desk.Reuses(&doc, "none"); got != nil {
		t.Errorf("%+v", got)
	}
}

// TestTheCodeThatLedNowhere: the page says so, and does not show it.
func TestTheCodeThatLedNowhere(t *testing.T) {
	w, id := enrolled(t)
	b := w.as(staff)
	const says, code = "nothing could be taken over", "0000-0000-0000-00000"
	if strings.Contains(b.get("/en/cases/"+id).body, says) {
		t.Error("said where there was no code")
	}
	w.store.cases[id].letter.Earlier = code
	if p := b.get("/en/cases/" + id); !strings.Contains(p.body, says) || strings.Contains(p.body, code) {
		t.Errorf("%s", text(t, p.body))
	}
}

// apply sends an application as the portal does, filled in on its form, and returns
// the case's id once it is taken in.
func (o *office) apply(values url.Values) (id string) {
	o.t.Helper()
	form := forms.ForItem(o.doc.Item(o.item))
	entry := form.Fill(values, nil, forms.Complete)
	receipt, err := casework.NewReceipt(rand.Reader)
	if err != nil || len(entry.Problems) > 0 {
		o.t.Fatal(err, entry.Problems)
	}
	hash, err := receipt.Hash(o.home.Keys.Receipts)
	if err != nil {
		o.t.Fatal(err)
	}
	plain, err := json.Marshal(entry.Letter())
	if err != nil {
		o.t.Fatal(err)
	}
	id = "0f0e0d0c-0b0a-4908-8706-0504030201ff"
	sealed, err := o.home.Keys.Public.Seal(plain, store.SubmissionContext(id))
	if err != nil {
		o.t.Fatal(err)
	}
	portal := o.home.Portal(o.t, func(c *store.Config) { c.Now = o.clock.now })
	_, err = portal.Submit(o.t.Context(), store.Submission{
		ID: id, Kind: form.Kind, Terms: form.Terms, Channel: store.PortalChannel, Language: "zh-CN", Receipt: hash, Sealed: sealed,
	})
	if err != nil {
		o.t.Fatal(err)
	}
	if got, err := o.kept.TakeIn(o.t.Context()); err != nil || got.Taken != 1 {
		o.t.Fatalf("%+v, %v", got, err)
	}
	return id
}

// TestReuseOnPostgreSQL goes the whole way on the real store: what was entered once at
// the counter is not asked at the portal again, is in the application that names the
// earlier one's code, and reaches the system.
func TestReuseOnPostgreSQL(t *testing.T) {
	o := newOffice(t)
	counter := o.as(staff)
	code := o.enrol(counter, counter.fill("/enter/"+o.item, "f.applicant-name", "某居民", "f.identity-number", "11010519491231002X", "f.employment-status", "灵活就业"))
	id := o.apply(url.Values{"f.applicant-name": {"某居民"}, "f.identity-number": {"11010519491231002X"}, "earlier": {strings.ToLower(code)}})
	p := counter.get("/en/cases/" + id)
	if said := text(t, p.body); p.status != http.StatusOK || !strings.Contains(said, "Employment status 灵活就业") || strings.Contains(said, "nothing could be taken over") {
		t.Fatalf("%d %s", p.status, said)
	}
	counter.press(id, casework.Register, nil)
	sent := o.claim("social-security")
	if len(sent) != 1 || !slices.Contains(sent[0].Codes, "employment-status") {
		t.Fatalf("%+v", sent)
	}
	entries, err := o.kept.Trail(t.Context(), 1, 100)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(entries, func(e casework.Entry) bool { return e.Use.Act == casework.Prefill })
	if at < 0 || entries[at].Use.Case == id || entries[at].Use.Actor != asSystem || entries[at].Use.Codes != "employment-status" || entries[at].Use.Task != sampleTask {
		t.Errorf("the trail has %+v", entries[max(at, 0)].Use)
	}
	if strings.Contains(o.log.String(), code) {
		t.Error("the code is in the log")
	}
}
