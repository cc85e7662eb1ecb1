package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// TestPagesByRole asks for every page as everybody. A page that is not somebody's
// says so; it never shows a word of a resident to who may not see it.
func TestPagesByRole(t *testing.T) {
	w := newWorld(t)
	shown, dispatched := w.sample()
	w.delivered()
	w.publish()
	const file = "/files/0f0e0d0c-0b0a-4908-8706-050403020100"
	pages := []string{
		"/", "/queue/mine", "/queue/station", "/queue/grid", "/queue/late", "/queue/open", "/queue/ended", "/queue/none",
		"/find", "/cases/" + shown, "/cases/" + dispatched, "/cases/none", "/cases/" + shown + file, "/cases/" + shown + "/files/none",
		"/enter", "/enter/hardship-letter", "/enter/hardship-letter/blank", "/enter/opinion", "/enter/none", "/survey/hall-2026", "/survey/none",
		"/figures", "/figures.xlsx", "/services", "/deliveries", "/deliveries/give-up", "/report", "/report.xlsx",
		"/cases/" + shown + "/supplement", "/cases/" + dispatched + "/supplement", "/cases/none/supplement",
	}
	// What each is answered, in the order of pages: o is the page, r not for this
	// role, g another grid's, n not there, a no access, s the page to sign in.
	want := map[string]string{}
	want[lead] = "ooooooon" + "ooonon" + "oooonon" + "ooooooo" + "oon"
	want[staff] = "oooor" + "oon" + "ooonon" + "oooonon" + "ooooooo" + "oon"
	want[worker] = "ooror" + "ron" + "ogongg" + "onnonon" + "rrorrrr" + "gon"
	want[viewer] = "orrrr" + "rrr" + "rrrrrr" + "rrrrrrr" + "ooorroo" + "rrr"
	want[unknown] = strings.Repeat("a", len(pages))
	want[""] = strings.Repeat("s", len(pages))
	for who, codes := range want {
		b := w.as(who)
		for i, path := range pages {
			p := b.get("/en" + path)
			got := code(p)
			if got != codes[i:i+1] {
				t.Errorf("%s as %q: %s (%d), want %s", path, who, got, p.status, codes[i:i+1])
			}
			if got != "o" && (strings.Contains(p.body, "某居民") || strings.Contains(p.body, "3200")) {
				t.Errorf("%s as %q shows what was written", path, who)
			}
			if who == viewer && got == "o" && strings.Contains(p.body, "2026-0001") {
				t.Errorf("%s shows a viewer a case", path)
			}
			headers(t, path, p)
		}
	}
}

func code(p page) string {
	switch {
	case strings.HasSuffix(p.at.Path, "/sign-in"):
		return "s"
	case strings.Contains(p.body, "use this desk yet"):
		return "a"
	case strings.Contains(p.body, "not for your position"):
		return "r"
	case strings.Contains(p.body, "is not with your grid"):
		return "g"
	case p.status == http.StatusNotFound:
		return "n"
	case p.status == http.StatusOK:
		return "o"
	}
	return "?"
}

func headers(t *testing.T, path string, p page) {
	t.Helper()
	policy := p.header.Get("Content-Security-Policy")
	if p.header.Get("Cache-Control") != "no-store" || p.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("%s: %v", path, p.header)
	}
	if code(p) == "o" && strings.Contains(path, "/files/") &&
		(!strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") || !strings.Contains(policy, "sandbox")) {
		t.Errorf("%s: %v", path, p.header)
	}
}

// TestPagesAreWhole looks at every page of somebody in both languages as a careful
// reader of HTML would.
func TestPagesAreWhole(t *testing.T) {
	w := newWorld(t)
	shown, dispatched := w.sample()
	item := w.delivered()
	w.deliver(shown)
	w.stop(3)
	w.publish()
	dead := w.store.sent[slices.IndexFunc(w.store.sent, func(d store.Delivery) bool { return d.State == store.DeliveryDead })]
	for who, paths := range map[string][]string{
		lead:    {"/queue/mine", "/queue/late", "/queue/ended", "/queue/open?kind=opinion", "/cases/" + shown, "/cases/" + dispatched, "/figures", "/find", "/enter", "/services", "/deliveries", "/deliveries?did=give-up", "/report", "/report?month=2026-01", "/deliveries/give-up?key=" + string(dead.Key)},
		staff:   {"/queue/open", "/cases/" + shown + "?did=handle", "/enter/help-request", "/enter/water-bill", "/enter/" + item, "/cases/" + shown + "?sent=replay", "/cases/" + shown + "/supplement", "/cases/" + shown + "?written=done", "/enter/opinion/blank", "/survey/hall-2026?kept=1"},
		worker:  {"/queue/grid", "/cases/" + dispatched, "/cases/" + shown, "/cases/" + dispatched + "/supplement"},
		viewer:  {"/figures?month=2025-11", "/report?month=2025-12", "/queue/mine"},
		unknown: {"/"},
		"":      {"/sign-in", "/sign-in?to=//evil.example"},
	} {
		b := w.as(who)
		for _, path := range paths {
			for _, lang := range []string{"zh-CN", "en"} {
				p := b.get("/" + lang + path)
				parsed, err := webtest.Parse([]byte(p.body))
				if err != nil {
					t.Errorf("%s: %v", path, err)
					continue
				}
				for _, problem := range parsed.Problems(lang) {
					t.Errorf("/%s%s as %q: %s", lang, path, who, problem)
				}
				if lang == "en" && regexp.MustCompile(`[，。；：（）]`).MatchString(english(parsed.Text())) {
					t.Errorf("%s: Chinese punctuation in English", path)
				}
			}
		}
	}
}

// english is a page's text without what residents wrote in Chinese.
func english(text string) string {
	return regexp.MustCompile(`[三子一希某].*[。，：].*`).ReplaceAllString(text, "")
}

// TestButtonsAreWhatCaseworkAllows goes round the loop as everybody: each page has
// exactly the buttons that casework takes, and each button works.
func TestButtonsAreWhatCaseworkAllows(t *testing.T) {
	actors := map[string]casework.Actor{lead: asLead, staff: asStaff, other: asOther, worker: asWorker}
	for _, c := range loops() {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.enter(c.kind, c.item, "", nil)
			browsers := map[string]*browser{}
			for who := range actors {
				browsers[who] = w.as(who)
			}
			for _, next := range append([]casework.Event{{}}, c.events...) {
				if next.Type != "" {
					w.events(id, next)
				}
				k := w.store.cases[id]
				for who, actor := range actors {
					p := browsers[who].get("/en/cases/" + id)
					if p.status != http.StatusOK {
						if who != worker || k.c.Place.Grid == actor.Grid {
							t.Fatalf("%s at %s: %d", who, k.c.Step, p.status)
						}
						continue
					}
					if got, want := buttons(p.body), possible(k.c, actor, w.clock.now()); !slices.Equal(got, want) {
						t.Errorf("%s at %s after %s: buttons %v, casework takes %v", who, k.c.Step, next.Type, got, want)
					}
				}
			}
		})
	}
}

type loop struct {
	name   string
	kind   casework.Kind
	item   string
	events []casework.Event
}

func loops() []loop {
	grid := casework.Place{Grid: "qingnian-2-1"}
	resident := casework.Actor{Role: casework.Resident}
	return []loop{
		{"application", casework.Application, "residence-letter", []casework.Event{
			{Type: casework.Register, Actor: asStaff}, {Type: casework.Pause, Actor: asStaff, Reason: casework.MaterialsMissing}, {Type: casework.Resume, Actor: asOther},
			{Type: casework.Handle, Actor: asStaff}, {Type: casework.Report, Actor: asStaff}, {Type: casework.Verify, Actor: asOther}, {Type: casework.Close, Actor: asStaff},
			{Type: casework.Rate, Actor: resident, Ratings: casework.Ratings{Response: 1, Resolution: 1, Satisfaction: 1}}, {Type: casework.Reopen, Actor: resident, Reason: casework.NotDone},
		}},
		{"help", casework.HelpRequest, "activity-room", []casework.Event{
			{Type: casework.Register, Actor: asLead}, {Type: casework.Take, Actor: asOther}, {Type: casework.Return, Actor: asOther, Reason: casework.HolderUnavailable},
			{Type: casework.Dispatch, Actor: asStaff, To: grid}, {Type: casework.Take, Actor: asWorker}, {Type: casework.Pause, Actor: asWorker, Reason: casework.UnsafeNow},
			{Type: casework.Resume, Actor: asWorker}, {Type: casework.Handle, Actor: asWorker}, {Type: casework.Return, Actor: asLead, Reason: casework.NotDone},
			{Type: casework.Transfer, Actor: asStaff, Reason: casework.NotOurs, To: casework.Place{System: "property-repairs"}}, {Type: casework.Withdraw, Actor: resident, Reason: casework.NoLongerNeeded},
		}},
		{"opinion", casework.Opinion, "water-bill", []casework.Event{{Type: casework.Reject, Actor: asStaff, Reason: casework.Duplicate}}},
	}
}

var typePattern = regexp.MustCompile(`name="type" value="([a-z]+)"`)

func buttons(body string) []string {
	var out []string
	for _, found := range typePattern.FindAllStringSubmatch(body, -1) {
		out = append(out, found[1])
	}
	slices.Sort(out)
	return out
}

// possible are the events casework takes from an actor, or from the resident whom
// staff enters it for.
func possible(c casework.Case, a casework.Actor, at time.Time) []string {
	var out []string
	for _, typ := range casework.EventTypes() {
		reasons := casework.Reasons(typ)
		if len(reasons) == 0 {
			reasons = []casework.Reason{""}
		}
		for _, to := range []casework.Place{{}, {Grid: "qingnian-2-1"}, {Grid: "qingnian-2-2"}, {Station: "tangfang"}} {
			e := casework.Event{ID: "is-it-possible", Type: typ, Version: c.Version, Actor: a, Purpose: "x", Reason: reasons[0], To: to}
			if slices.Contains([]casework.EventType{casework.Rate, casework.Reopen, casework.Withdraw}, typ) {
				if a.Role == casework.GridWorker {
					continue
				}
				e.Actor = casework.Actor{Role: casework.Resident, Work: a.Work}
			}
			if typ == casework.Rate {
				e.Ratings = casework.Ratings{Response: 3, Resolution: 3, Satisfaction: 3}
			}
			if _, _, err := casework.Apply(c, e, at); err == nil {
				out = append(out, string(typ))
				break
			}
		}
	}
	slices.Sort(out)
	return out
}

// press finds the form of an event on a case's page and sends it, with choices.
func (b *browser) press(id string, event casework.EventType, choices url.Values) page {
	b.w.t.Helper()
	return b.send(id, b.form(id, event), choices)
}

var formPattern = regexp.MustCompile(`(?s)<form[^>]*events">.*?</form>`)
var inputPattern = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

func (b *browser) form(id string, event casework.EventType) url.Values {
	b.w.t.Helper()
	p := b.get("/en/cases/" + id)
	for _, form := range formPattern.FindAllString(p.body, -1) {
		values := url.Values{}
		for _, input := range inputPattern.FindAllStringSubmatch(form, -1) {
			values.Set(input[1], input[2])
		}
		if values.Get("type") == string(event) {
			return values
		}
	}
	b.w.t.Fatalf("no button %s: %v", event, buttons(p.body))
	return nil
}

func (b *browser) send(id string, form, choices url.Values) page {
	b.w.t.Helper()
	values := url.Values{}
	for _, from := range []url.Values{form, choices} {
		for k := range from {
			values.Set(k, from.Get(k))
		}
	}
	return b.do("POST", "/en/cases/"+id+"/events", values)
}
