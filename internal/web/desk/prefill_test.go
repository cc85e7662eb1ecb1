package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
)

// TestTakeOverFromAnEarlierCase: what the case of the resident's code has is filled in
// and marked; what was typed stays; the rest is asked for; and it is all entered.
func TestTakeOverFromAnEarlierCase(t *testing.T) {
	w := newWorld(t)
	w.sample()
	item := w.delivered()
	number := w.earlier()
	b := w.as(staff)
	before := len(w.store.order)
	form := b.fill("/enter/"+item, "source", " "+number+" ", "f.telephone", "029-8765", "answer", "zh-CN", "channel", "telephone")
	p := b.do("POST", "/en/enter/"+item, with(form, "prefill", "yes"))
	if p.status != http.StatusOK || len(w.store.order) != before {
		t.Fatalf("%d, %d cases", p.status, len(w.store.order)-before)
	}
	said := text(t, p.body)
	if !strings.Contains(said, "Taken over: Applicant's name, Identity number, Employment status.") {
		t.Errorf("says %s", said)
	}
	for _, want := range []string{`value="某居民"`, `value="11010519491231002X"`, `value="灵活就业"`, `value="029-8765"`, `value="telephone" checked`} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	if strings.Contains(p.body, "以前的说明") || strings.Count(p.body, "Taken over from the earlier case") != 3 || strings.Contains(p.body, `id="errors"`) {
		t.Errorf("marks or takes too much: %s", said)
	}
	asked := w.store.asked[0]
	if asked.Item != item || asked.Task != sampleTask || asked.Purpose != "social-security-enrolment" || codesOf(asked) != "applicant-name identity-number birth-date telephone employment-status" {
		t.Errorf("asked for %+v", asked)
	}
	for _, f := range asked.Fields {
		if f.Reused != (f.Code == "employment-status") || f.Class == "" || f.Purpose != asked.Purpose {
			t.Errorf("asked for %+v", f)
		}
	}
	// What was altered is no longer marked, also where the form comes back.
	form = b.again(p, form, "f.applicant-name", "另一位", "f.birth-date", "never")
	p = b.do("POST", "/en/enter/"+item, with(form, "send", "yes"))
	if p.status != http.StatusUnprocessableEntity || strings.Count(p.body, "Taken over from the earlier case") != 2 {
		t.Errorf("with a mistake: %d, %d marks", p.status, strings.Count(p.body, "Taken over from the earlier case"))
	}
	form = b.again(p, form, "f.birth-date", "1949-12-31")
	p = b.do("POST", "/en/enter/"+item, with(form, "send", "yes"))
	if p.status != http.StatusOK || len(w.store.order) != before+1 {
		t.Fatalf("%d %s", p.status, text(t, p.body))
	}
	fields := w.store.cases[w.store.order[before]].letter.Fields
	if fields["applicant-name"] != "另一位" || fields["identity-number"] != "11010519491231002X" || fields["employment-status"] != "灵活就业" || len(fields) != 5 {
		t.Errorf("kept %v", fields.Codes())
	}
	if strings.Contains(w.log.String(), number) || strings.Contains(w.log.String(), "1101") {
		t.Error("the log says too much")
	}
}

// again is what a form that came back carries, with what was typed before.
func (b *browser) again(p page, before url.Values, pairs ...string) url.Values {
	b.w.t.Helper()
	out := url.Values{}
	_, main, _ := strings.Cut(p.body, "<main")
	for _, input := range inputPattern.FindAllStringSubmatch(main, -1) {
		out.Add(input[1], input[2])
	}
	for name := range before {
		if strings.HasPrefix(name, "f.") {
			out.Set(name, before.Get(name))
		}
	}
	for _, f := range []string{"f.applicant-name", "f.identity-number", "f.employment-status", "f.birth-date"} {
		if _, rest, found := strings.Cut(main, `name="`+f+`"`); found {
			_, value, _ := strings.Cut(rest, `value="`)
			value, _, _ = strings.Cut(value, `"`)
			out.Set(f, value)
		}
	}
	return with(out, pairs...)
}

// TestWhatIsReusedCanBeTyped: without an earlier case the counter asks for what a task
// reuses, and its delivery does not lack it.
func TestWhatIsReusedCanBeTyped(t *testing.T) {
	w := newWorld(t)
	w.sample()
	item := w.delivered()
	b := w.as(staff)
	said := text(t, b.get("/en/enter/"+item).body)
	if !strings.Contains(said, "Employment status (optional)") || !strings.Contains(said, "The community may have this") {
		t.Errorf("the form says %s", said)
	}
	if !strings.Contains(said, "Delivered, once it is registered, to Social security Applicant's name, Identity number, Date of birth, Employment status Medical insurance") {
		t.Errorf("does not say where it goes: %s", said)
	}
	before := len(w.store.order)
	p := b.do("POST", "/en/enter/"+item, b.fill("/enter/"+item, "f.applicant-name", "某居民", "f.identity-number", "11010519491231002X", "f.birth-date", "1949-12-31", "f.employment-status", "灵活就业", "f.telephone", "029-8765", "send", "yes"))
	if p.status != http.StatusOK || len(w.store.order) != before+1 || w.store.cases[w.store.order[before]].letter.Fields["employment-status"] != "灵活就业" {
		t.Errorf("%d %s", p.status, text(t, p.body))
	}
}

// TestNothingToTakeOver says why in each case, loses nothing and enters nothing.
func TestNothingToTakeOver(t *testing.T) {
	w := newWorld(t)
	_, dispatched := w.sample()
	item := w.delivered()
	number := w.earlier()
	w.events(dispatched, casework.Event{Type: casework.Transfer, Actor: asStaff, To: casework.Place{Grid: "qingnian-2-2"}, Reason: casework.OutsideBoundary})
	before := len(w.store.order)
	for _, c := range []struct {
		who, item, source, want string
		button, down            bool
		status                  int
	}{
		{staff, item, "", "There is no such case", true, false, 422},
		{staff, item, "2026-999999", "There is no such case", false, false, 422},
		{staff, item, strings.Repeat("x", 500), "There is no such case", true, false, 422},
		{staff, item, "\xff", "There is no such case", true, false, 422},
		{staff, item, "某居民", "There is no such case", true, false, 422},
		{staff, item, w.store.cases[dispatched].number, "has nothing this form may use", true, false, 200},
		{worker, "help-request", w.store.cases[dispatched].number, "nothing was taken over", true, false, 422},
		{staff, item, number, "The database can't be reached", true, true, 503},
	} {
		b := w.as(c.who)
		form := b.fill("/enter/"+c.item, "source", c.source, "f.applicant-name", "typed before")
		if c.button {
			form.Set("prefill", "yes")
		}
		w.store.fail(c.down)
		p := b.do("POST", "/en/enter/"+c.item, form)
		w.store.fail(false)
		if p.status != c.status || !strings.Contains(text(t, p.body), c.want) || !strings.Contains(p.body, `value="typed before"`) {
			t.Errorf("%s, %q: %d %.600s", c.who, c.source, p.status, text(t, p.body))
		}
	}
	if len(w.store.order) != before {
		t.Errorf("%d cases more", len(w.store.order)-before)
	}
	// The button that enters the form does, whatever stands in the other field.
	b := w.as(staff)
	form := b.fill("/enter/opinion", "source", "2026-999999", "f.request-text", "x", "send", "yes")
	if p := b.do("POST", "/en/enter/opinion", form); p.status != http.StatusOK || len(w.store.order) != before+1 {
		t.Errorf("%d", p.status)
	}
	// Without a token of the session nobody is told anything.
	if p := b.do("POST", "/en/enter/"+item, url.Values{"source": {number}, "prefill": {"yes"}}); p.status != http.StatusForbidden || strings.Contains(p.body, "1101") {
		t.Errorf("without a token: %d", p.status)
	}
	if p := w.as(viewer).post("/en/enter/"+item, url.Values{"source": {number}, "prefill": {"yes"}}); p.status != http.StatusForbidden || strings.Contains(p.body, "1101") {
		t.Errorf("a viewer: %d", p.status)
	}
}
