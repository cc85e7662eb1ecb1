package desk_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
)

func TestACaseGoesRound(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.HelpRequest, "activity-room", "", casework.Fields{"request-text": "x"})
	counter, colleague, grid := w.as(staff), w.as(other), w.as(worker)
	for _, step := range []struct {
		by      *browser
		event   casework.EventType
		choices url.Values
		want    casework.Step
	}{
		{counter, casework.Register, url.Values{"urgency": {"utility"}}, casework.Registered},
		{counter, casework.Dispatch, url.Values{"to": {"grid:qingnian-2-1"}}, casework.Dispatched},
		{grid, casework.Take, nil, casework.Dispatched},
		{grid, casework.Pause, url.Values{"reason": {"unsafe-now"}}, casework.Dispatched},
		{grid, casework.Resume, nil, casework.Dispatched},
		{grid, casework.Handle, nil, casework.Handled},
		{counter, casework.Report, nil, casework.Reported},
		{colleague, casework.Verify, nil, casework.Verified},
		{colleague, casework.Close, nil, casework.Closed},
		{counter, casework.Rate, url.Values{"response": {"5"}, "resolution": {"4"}, "satisfaction": {"3"}}, casework.Closed},
		{counter, casework.Reopen, url.Values{"reason": {"not-done"}}, casework.Registered},
		{counter, casework.Transfer, url.Values{"reason": {"not-ours"}, "to": {"system:property-repairs"}}, casework.Transferred},
		{counter, casework.Return, url.Values{"reason": {"not-ours"}}, casework.Registered},
		{colleague, casework.Withdraw, url.Values{"reason": {"no-longer-needed"}}, casework.Withdrawn},
	} {
		p := step.by.press(id, step.event, step.choices)
		if got := w.store.cases[id].c; got.Step != step.want || p.status != http.StatusOK || p.at.Query().Get("did") != string(step.event) {
			t.Fatalf("%s: %d at %s, the case is %s", step.event, p.status, p.at, got.Step)
		}
		if !strings.Contains(p.body, "Done: ") {
			t.Errorf("%s: nothing says that it was done", step.event)
		}
	}
	c := w.store.cases[id].c
	if c.Urgency != casework.Utility || c.Ratings != (casework.Ratings{Response: 5, Resolution: 4, Satisfaction: 3}) || c.Version != 15 {
		t.Errorf("%+v", c)
	}
	for _, turn := range c.History {
		e := turn.Event
		if ofCounter := e.Type == casework.Rate || e.Type == casework.Reopen || e.Type == casework.Withdraw; ofCounter != (e.Actor.Role == casework.Resident && e.Type != casework.Collect) {
			t.Errorf("%s by %s", e.Type, e.Actor.Role)
		}
	}
}

func TestSentTwiceCountsOnce(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	b := w.as(staff)
	form := b.form(id, casework.Register)
	for range 3 {
		if p := b.send(id, form, nil); p.status != http.StatusOK {
			t.Fatal(p.status)
		}
	}
	if c := w.store.cases[id].c; c.Version != 2 {
		t.Errorf("version %d", c.Version)
	}
	// The id with another choice is another event, and refused.
	p := b.send(id, form, url.Values{"urgency": {"emergency"}})
	if p.status != http.StatusConflict || !strings.Contains(p.body, "This step was used before") {
		t.Errorf("%d", p.status)
	}
}

func TestStalePagesLoseNothing(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	b := w.as(staff)
	form := b.form(id, casework.Reject)
	w.events(id, casework.Event{Type: casework.Register, Actor: asOther})
	p := b.send(id, form, url.Values{"reason": {"duplicate"}})
	for _, want := range []string{"What happened meanwhile", "The case changed while you were looking", other, `<option value="duplicate" selected>`} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if p.status != http.StatusConflict || w.store.cases[id].c.Step != casework.Registered {
		t.Errorf("%d, the case is %s", p.status, w.store.cases[id].c.Step)
	}
	if zh := b.do("POST", "/zh-CN/cases/"+id+"/events", with(form, "reason", "duplicate")); !strings.Contains(zh.body, "这期间发生的") {
		t.Error("nothing in Chinese")
	}
	// The page it was shown on can be used at once.
	if p := b.press(id, casework.Reject, url.Values{"reason": {"duplicate"}}); p.status != http.StatusOK || w.store.cases[id].c.Step != casework.Rejected {
		t.Errorf("%d", p.status)
	}
}

func with(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for k := range form {
		out[k] = slices.Clone(form[k])
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// TestRefusalsSayWhy in words of either language, whatever was sent.
func TestRefusalsSayWhy(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	b, l := w.as(staff), w.as(lead)
	register := b.form(id, casework.Register)
	b.send(id, register, nil)
	handle := b.form(id, casework.Handle)
	b.send(id, handle, nil)
	b.press(id, casework.Report, nil)
	now := func(event, eventID string, more ...string) url.Values {
		return with(handle, append([]string{"id", eventID, "type", event, "version", "4"}, more...)...)
	}
	for name, c := range map[string]struct {
		form   url.Values
		status int
		want   string
	}{
		"own work":   {now("verify", "event-own-work"), 403, "Whoever handled it can&#39;t verify it"},
		"no reason":  {now("return", "event-no-reason"), 400, "must be chosen"},
		"no place":   {now("transfer", "event-no-place", "reason", "not-ours"), 400, "must be chosen"},
		"no such":    {now("explode", "event-no-such"), 400, "must be chosen"},
		"bad id":     {now("verify", "x"), 400, "must be chosen"},
		"not now":    {now("register", "event-not-now"), 409, "not possible at this step"},
		"resume":     {now("resume", "event-resume"), 409, "clocks are not stopped"},
		"rate":       {now("rate", "event-rate", "response", "5", "resolution", "5", "satisfaction", "5"), 409, "not possible at this step"},
		"stale":      {now("close", "event-stale", "version", "2"), 409, "changed while you were looking"},
		"no version": {now("close", "event-none", "version", "many"), 409, "changed while you were looking"},
		"as system":  {now("escalate", "event-system"), 400, "must be chosen"},
	} {
		p := b.do("POST", "/en/cases/"+id+"/events", c.form)
		if p.status != c.status || !strings.Contains(p.body, c.want) || !strings.Contains(p.body, "Not done:") {
			t.Errorf("%s: %d, want %d and %q", name, p.status, c.status, c.want)
		}
		if zh := b.do("POST", "/zh-CN/cases/"+id+"/events", c.form); zh.status != c.status || !strings.Contains(zh.body, "没有执行") {
			t.Errorf("%s in Chinese: %d", name, zh.status)
		}
	}
	if c := w.store.cases[id].c; c.Version != 4 {
		t.Errorf("something was done: version %d", c.Version)
	}
	if p := l.press(id, casework.Verify, nil); p.status != 200 {
		t.Errorf("a lead can't verify: %d", p.status)
	}
}

// TestEventsByRole sends every event as those who may do none of them.
func TestEventsByRole(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	before := w.store.cases[id].c.Version
	for who, status := range map[string]int{viewer: 403, unknown: 403, "": 403, worker: 403} {
		b := w.as(who)
		for _, typ := range casework.EventTypes() {
			form := url.Values{"type": {string(typ)}, "id": {"event-of-nobody"}, "version": {"1"}, "reason": {"not-ours"}}
			if who == viewer || who == worker {
				form.Set("csrf", b.token())
			}
			if p := b.do("POST", "/en/cases/"+id+"/events", form); p.status != status {
				t.Errorf("%s as %q: %d", typ, who, p.status)
			}
		}
	}
	if w.store.cases[id].c.Version != before {
		t.Error("something was done")
	}
}

func TestForgedPostsDoNothing(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	b := w.as(staff)
	form := b.form(id, casework.Register)
	for name, forged := range map[string]url.Values{
		"no token": with(form, "csrf", ""), "another's": with(form, "csrf", w.as(other).token()),
	} {
		p := b.do("POST", "/en/cases/"+id+"/events", forged)
		if p.status != http.StatusForbidden || !strings.Contains(p.body, "Please confirm once more") {
			t.Errorf("%s: %d", name, p.status)
		}
		// Whoever it was who typed it can go on: nothing is lost.
		if !strings.Contains(p.body, `name="version" value="1"`) {
			t.Errorf("%s: what was sent is lost", name)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "POST", w.http.URL+"/en/cases/"+id+"/events", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	answer, err := b.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden || w.store.cases[id].c.Version != 1 {
		t.Errorf("another site's form: %s", answer.Status)
	}
}

func TestWhatWasTypedOutlivesTheSessionAndTheStore(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	b := w.as(staff)
	form := with(b.form(id, casework.Reject), "reason", "duplicate")
	w.store.fail(true)
	p := b.do("POST", "/en/cases/"+id+"/events", form)
	if p.status != http.StatusServiceUnavailable || p.header.Get("Retry-After") == "" || !strings.Contains(p.body, `name="reason" value="duplicate"`) || !strings.Contains(p.body, form.Get("csrf")) {
		t.Errorf("while the store is down: %d", p.status)
	}
	for _, path := range []string{"/en/queue/open", "/en/cases/" + id, "/en/figures", "/en/figures.xlsx"} {
		if p := b.get(path); p.status != http.StatusServiceUnavailable || !strings.Contains(p.body, "The database can&#39;t be reached") {
			t.Errorf("%s: %d", path, p.status)
		}
	}
	w.store.fail(false)
	w.clock.forward(31 * time.Minute)
	p = b.do("POST", "/en/cases/"+id+"/events", form)
	if p.status != http.StatusForbidden || !strings.Contains(p.body, "You are signed out") || !strings.Contains(p.body, `name="reason" value="duplicate"`) || !strings.Contains(p.body, "/sign-in/start") {
		t.Errorf("after the session: %d %s", p.status, p.body)
	}
	if w.store.cases[id].c.Version != 1 || strings.Contains(w.log.String(), "duplicate") {
		t.Errorf("version %d, log %s", w.store.cases[id].c.Version, w.log)
	}
}

func TestAccessChangesAtOnce(t *testing.T) {
	w := newWorld(t)
	id := w.enter(casework.Application, "residence-letter", "", nil)
	b := w.as(staff)
	if p := b.get("/en/cases/" + id); p.status != http.StatusOK {
		t.Fatal(p.status)
	}
	less := *w.list
	less.Access = nil
	w.desk.Use(&w.doc, &less)
	if p := b.get("/en/cases/" + id); p.status != http.StatusForbidden || !strings.Contains(p.body, "None has been set up yet") {
		t.Errorf("without the group: %d", p.status)
	}
	more := *w.list
	more.Workers = append(more.Workers, content.GridWorker{ID: staff, Grid: "qingnian-2-3"})
	w.desk.Use(&w.doc, &more)
	if p := b.get("/en/cases/" + id); p.status != http.StatusForbidden || !strings.Contains(p.body, "not with your grid") {
		t.Errorf("as a grid worker: %d", p.status)
	}
	w.desk.Use(&w.doc, w.list)
	if p := b.get("/en/cases/" + id); p.status != http.StatusOK {
		t.Errorf("with the group again: %d", p.status)
	}
}

func TestAPositionOfSeveralGrids(t *testing.T) {
	w := newWorld(t)
	_, first := w.sample()
	list := *w.list
	list.Workers = append(list.Workers, content.GridWorker{ID: worker, Grid: "qingnian-2-2"})
	w.desk.Use(&w.doc, &list)
	b := w.as(worker)
	if p := b.get("/en/queue/grid"); !strings.Contains(p.body, first) || !strings.Contains(p.body, `<option value="qingnian-2-2">Grid 2</option>`) {
		t.Errorf("%d", p.status)
	}
	if p := b.post("/en/grid", url.Values{"grid": {"qingnian-2-2"}}); p.at.Path != "/en/queue/grid" || strings.Contains(p.body, first) || !strings.Contains(p.body, `value="qingnian-2-2" selected`) {
		t.Errorf("at %s", p.at)
	}
	if p := b.get("/en/cases/" + first); p.status != http.StatusForbidden {
		t.Errorf("the other grid's case: %d", p.status)
	}
	// A grid that is not the position's is none.
	if p := b.post("/en/grid", url.Values{"grid": {"qingnian-2-3"}}); !strings.Contains(p.body, first) {
		t.Error("does not work in the first grid")
	}
}

func TestReadsAreLogged(t *testing.T) {
	w := newWorld(t)
	shown, _ := w.sample()
	b := w.as(staff)
	w.store.reads = nil
	for _, path := range []string{"/en/queue/open", "/en/figures", "/en/find", "/en/enter"} {
		b.get(path)
	}
	if len(w.store.reads) != 0 {
		t.Errorf("lists read %v", w.store.reads)
	}
	p := b.get("/en/cases/" + shown)
	b.get("/en/cases/" + shown + "/files/0f0e0d0c-0b0a-4908-8706-050403020100")
	if len(w.store.reads) != 2 || !strings.Contains(p.body, "That you opened this page is recorded") {
		t.Errorf("%v", w.store.reads)
	}
}
