package desk_test

import (
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
)

// supplement opens the form of a case and returns what it carries as a browser would
// send it, with changes.
func (b *browser) supplement(id string, pairs ...string) url.Values {
	b.w.t.Helper()
	p := b.get("/en/cases/" + id + "/supplement")
	if p.status != http.StatusOK {
		b.w.t.Fatalf("%d", p.status)
	}
	return b.again(p, url.Values{"f.telephone": {valueOf(p.body, "f.telephone")}, "f.request-reason": {""}}, pairs...)
}

// valueOf is what an input of a page has in it.
func valueOf(body, name string) string {
	_, rest, _ := strings.Cut(body, `name="`+name+`"`)
	_, rest, _ = strings.Cut(rest, `value="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// enrolled is a world with an open case that was paused since something is missing.
func enrolled(t *testing.T) (w *world, id string) {
	t.Helper()
	w = newWorld(t)
	w.sample()
	id = w.enter(casework.Application, w.delivered(), "", casework.Fields{"applicant-name": "某居民", "identity-number": "11010519491231002X", "telephone": "029-8765"})
	w.events(id, casework.Event{Type: casework.Register, Actor: asStaff}, casework.Event{Type: casework.Pause, Actor: asStaff, Reason: casework.MaterialsMissing})
	return w, id
}

// TestSupplementAndCorrect: the form has what is there, and what differs from it is
// changed and nothing else.
func TestSupplementAndCorrect(t *testing.T) {
	w, id := enrolled(t)
	b := w.as(staff)
	if p := b.get("/en/cases/" + id); !strings.Contains(p.body, `href="/en/cases/`+id+`/supplement"`) {
		t.Error("no link leads there")
	}
	before := len(w.store.reads)
	form := b.supplement(id, "f.birth-date", "1949年12月31日", "f.telephone", "029-4321")
	if form.Get("f.applicant-name") != "某居民" || len(form["was"]) != 3 {
		t.Errorf("the form has %v", slices.Sorted(maps.Keys(form)))
	}
	if reads := w.store.reads[before:]; !slices.Equal(reads, []string{id}) {
		t.Errorf("logged %v", reads)
	}
	p := b.do("POST", "/en/cases/"+id+"/supplement", form)
	if p.at.Path != "/en/cases/"+id || !strings.Contains(text(t, p.body), "Supplemented or corrected. Its clocks are still stopped") {
		t.Errorf("%d %s: %s", p.status, p.at, text(t, p.body))
	}
	want := casework.Fields{"birth-date": "1949-12-31", "telephone": "029-4321"}
	if len(w.store.changes) != 1 || !reflect.DeepEqual(w.store.changes[0].Fields, want) {
		t.Fatalf("%d changes", len(w.store.changes))
	}
	// Sent twice it is done once.
	b.do("POST", "/en/cases/"+id+"/supplement", form)
	if len(w.store.changes) != 1 {
		t.Error("sent twice, done twice")
	}
	// Nothing to do is nothing done.
	if p := b.do("POST", "/en/cases/"+id+"/supplement", b.supplement(id)); !strings.Contains(text(t, p.body), "Nothing was changed.") || len(w.store.changes) != 1 {
		t.Errorf("%s", text(t, p.body))
	}
	// Cleared it is taken out.
	b.do("POST", "/en/cases/"+id+"/supplement", b.supplement(id, "f.telephone", " "))
	if _, there := w.store.cases[id].letter.Fields["telephone"]; there || len(w.store.changes) != 2 {
		t.Error("what was cleared is still there")
	}
	if strings.Contains(w.log.String(), "029") || strings.Contains(w.log.String(), "1949") {
		t.Error("the log says too much")
	}
}

// TestSupplementsAtOnce: what a colleague corrected while the form was open stays.
func TestSupplementsAtOnce(t *testing.T) {
	w, id := enrolled(t)
	b, c := w.as(staff), w.as(other)
	first, second := b.supplement(id, "f.telephone", "029-1111"), c.supplement(id, "f.employment-status", "灵活就业")
	b.do("POST", "/en/cases/"+id+"/supplement", first)
	c.do("POST", "/en/cases/"+id+"/supplement", second)
	fields := w.store.cases[id].letter.Fields
	if fields["telephone"] != "029-1111" || fields["employment-status"] != "灵活就业" || len(fields) != 4 {
		t.Errorf("kept %v", fields.Codes())
	}
}

// TestSupplementIsChecked: what can't be taken stays on the page, with a reason.
func TestSupplementIsChecked(t *testing.T) {
	w, id := enrolled(t)
	b := w.as(staff)
	for name, x := range map[string]struct {
		pairs  []string
		status int
		says   string
	}{
		"a wrong day":        {[]string{"f.birth-date", "never"}, http.StatusUnprocessableEntity, "Date of birth"},
		"needed and taken":   {[]string{"f.applicant-name", ""}, http.StatusUnprocessableEntity, "Applicant"},
		"undeclared":         {[]string{"f.household-size", "3"}, http.StatusUnprocessableEntity, ""},
		"forbidden":          {[]string{"f.religion", "x"}, http.StatusUnprocessableEntity, ""},
		"a place":            {[]string{"grid", "1"}, http.StatusUnprocessableEntity, ""},
		"of another case":    {[]string{"token", "x"}, http.StatusUnprocessableEntity, "expired"},
		"of an old form":     {[]string{"edition", "x"}, http.StatusUnprocessableEntity, ""},
		"of another session": {[]string{"csrf", "x"}, http.StatusForbidden, ""},
	} {
		p := b.do("POST", "/en/cases/"+id+"/supplement", b.supplement(id, append(x.pairs, "f.telephone", "029-4321")...))
		if p.status != x.status || !strings.Contains(p.body, "029-4321") {
			t.Errorf("%s: %d %s", name, p.status, text(t, p.body))
		}
		if x.status == http.StatusUnprocessableEntity && !strings.Contains(p.body, `id="errors"`) {
			t.Errorf("%s: no reason: %s", name, text(t, p.body))
		}
	}
	if len(w.store.changes) != 0 {
		t.Errorf("%d changes", len(w.store.changes))
	}
	// What was wrong before holds up nothing else, and stays as it is.
	w.store.cases[id].letter.Fields["identity-number"] = "?"
	delete(w.store.cases[id].letter.Fields, "applicant-name")
	b.do("POST", "/en/cases/"+id+"/supplement", b.supplement(id, "f.telephone", "029-4321"))
	if len(w.store.changes) != 1 || len(w.store.changes[0].Fields) != 1 {
		t.Errorf("%d changes", len(w.store.changes))
	}
	// The form was open too long: sent once more, it is taken.
	form := b.supplement(id, "f.telephone", "029-5555")
	w.clock.forward(13 * time.Hour)
	b = w.as(staff)
	p := b.post("/en/cases/"+id+"/supplement", with(form, "csrf", b.token()))
	if p.status != http.StatusUnprocessableEntity || !strings.Contains(p.body, "029-5555") {
		t.Fatalf("%d", p.status)
	}
	form.Set("token", valueOf(p.body, "token"))
	b.post("/en/cases/"+id+"/supplement", with(form, "csrf", b.token()))
	if got := w.store.cases[id].letter.Fields["telephone"]; got != "029-5555" {
		t.Errorf("kept %q", got)
	}
	w.store.fail(true)
	if p := b.post("/en/cases/"+id+"/supplement", with(form, "csrf", b.token())); p.status != http.StatusServiceUnavailable || !strings.Contains(p.body, "029-5555") {
		t.Errorf("while the store is down: %d", p.status)
	}
}

// TestNothingToSupplement: a case that has ended, or whose item asks for nothing, has
// no link and no form.
func TestNothingToSupplement(t *testing.T) {
	w, id := enrolled(t)
	b := w.as(staff)
	form := b.supplement(id, "f.telephone", "029-4321")
	w.events(id, casework.Event{Type: casework.Resume, Actor: asStaff}, casework.Event{Type: casework.Reject, Actor: asStaff, Reason: casework.NotEligible})
	retired := w.enter(casework.Application, "no-such-item", "", casework.Fields{"applicant-name": "某居民"})
	for _, of := range []string{id, retired} {
		if strings.Contains(b.get("/en/cases/"+of).body, "/supplement") {
			t.Error("a link leads there")
		}
		if p := b.get("/en/cases/" + of + "/supplement"); p.status != http.StatusConflict || strings.Contains(p.body, "某居民") {
			t.Errorf("%d %s", p.status, text(t, p.body))
		}
		if p := b.do("POST", "/en/cases/"+of+"/supplement", form); p.status != http.StatusConflict || len(w.store.changes) != 0 {
			t.Errorf("sent: %d", p.status)
		}
	}
}

// TestSupplementOnPostgreSQL goes the whole way on the real store: a system asks for
// more, the case waits, what is missing is added by the page, the case goes on, and
// the system gets it under another key.
func TestSupplementOnPostgreSQL(t *testing.T) {
	o := newOffice(t)
	counter := o.as(staff)
	code := o.enrol(counter, counter.fill("/enter/"+o.item, "f.applicant-name", "某居民", "f.identity-number", "11010519491231002X", "f.birth-date", "1949-12-31"))
	id := strings.TrimPrefix(counter.post("/en/find", url.Values{"q": {code}}).at.Path, "/en/cases/")
	counter.press(id, casework.Register, nil)
	first := o.claim("social-security")
	if len(first) != 1 || slices.Contains(first[0].Codes, "employment-status") {
		t.Fatalf("%d messages", len(first))
	}
	o.settle(&first[0], func(s *store.Settlement) {
		s.Delivered, s.Reference = &courier.Outcome{Verdict: courier.MoreNeeded, Reason: casework.MaterialsMissing}, "SS-000001"
	})
	if _, err := o.kept.HearSystems(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := counter.do("POST", "/en/cases/"+id+"/supplement", counter.supplement(id, "f.employment-status", "灵活就业"))
	if said := text(t, p.body); !strings.Contains(said, "Its clocks are still stopped") || !strings.Contains(said, "Employment status 灵活就业") {
		t.Fatalf("%d %s", p.status, said)
	}
	if waiting := o.claim("social-security"); len(waiting) != 0 {
		t.Errorf("%d messages before the case goes on", len(waiting))
	}
	counter.press(id, casework.Resume, nil)
	second := o.claim("social-security")
	if len(second) != 1 || second[0].Key == first[0].Key || !slices.Contains(second[0].Codes, "employment-status") {
		t.Fatalf("%d messages, then", len(second))
	}
	if body, err := second[0].JSON(); err != nil || !strings.Contains(string(body), "灵活就业") {
		t.Errorf("the system does not get what was added: %v", err)
	}
	o.settle(&second[0], func(s *store.Settlement) { s.Delivered = &courier.Outcome{Verdict: courier.Accepted} })
	records, err := o.kept.DeliveryTrail(t.Context(), 1, 10)
	if err != nil || len(records) != 2 || records[0].Record.Key != first[0].Key || records[1].Record.Key != second[0].Key {
		t.Errorf("on record: %+v, %v", records, err)
	}
	entries, err := o.kept.Trail(t.Context(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(entries, func(e casework.Entry) bool { return e.Use.Act == casework.Supplement })
	if at < 0 || entries[at].Use.Actor != asStaff || entries[at].Use.Codes != "employment-status" || entries[at].Use.Purpose != "social-security-enrolment" || entries[at].Use.Task != sampleTask {
		t.Errorf("the trail has %+v", entries[max(at, 0)].Use)
	}
}
