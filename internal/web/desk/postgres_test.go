package desk_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
	"github.com/shequ-io/shequ/internal/web/desk"
)

func TestMain(m *testing.M) { os.Exit(storetest.Run(m)) }

// firstGrid says that every place is in the first grid.
type firstGrid struct{}

func (firstGrid) Locate(store.Place) []casework.Candidate {
	return []casework.Candidate{{Grid: "qingnian-2-1", Level: 3}}
}

// TestOnPostgreSQL goes the whole way on the real store: entered at the counter,
// worked by station and grid, read by nobody unseen.
func TestOnPostgreSQL(t *testing.T) {
	home := storetest.NewDatabase(t)
	at := &clock{at: time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC)}
	kept := home.Desk(t, func(c *store.Config) { c.Now, c.Locator = at.now, firstGrid{} })
	w := newWorld(t, func(c *desk.Config) { c.Store, c.Receipts, c.Seal = kept, home.Keys.Receipts, home.Keys.Public })
	w.sample() // of content; the cases are in the other store
	counter, colleague, grid, leader := w.as(staff), w.as(other), w.as(worker), w.as(lead)

	form := counter.fill("/enter/help-request", "f.request-text", "一楼漏水", "f.applicant-name", "某居民", "grid", "1", "urgency", "utility", "answer", "en")
	p := counter.do("POST", "/en/enter/help-request", form)
	code := codePattern.FindString(p.body)
	if p.status != http.StatusOK || code == "" || !strings.Contains(p.body, "2026-000001") {
		t.Fatalf("%d %s", p.status, p.body)
	}
	if again := counter.do("POST", "/en/enter/help-request", form); codePattern.FindString(again.body) != code {
		t.Error("sent again, the code is another one")
	}
	found := counter.post("/en/find", url.Values{"q": {code}})
	id := strings.TrimPrefix(found.at.Path, "/en/cases/")
	if !strings.Contains(found.body, "一楼漏水") {
		t.Fatalf("%s: %s", found.at, found.body)
	}
	for _, step := range []struct {
		by      *browser
		event   casework.EventType
		choices url.Values
	}{
		{counter, casework.Register, nil},
		{counter, casework.Dispatch, url.Values{"to": {"grid:qingnian-2-1"}}},
		{grid, casework.Take, nil},
		{grid, casework.Handle, nil},
		{counter, casework.Report, nil},
		{colleague, casework.Verify, nil},
		{leader, casework.Close, nil},
		{counter, casework.Rate, url.Values{"response": {"5"}, "resolution": {"5"}, "satisfaction": {"5"}}},
	} {
		w.clock.forward(time.Minute)
		if p := step.by.press(id, step.event, step.choices); p.status != http.StatusOK || p.at.Query().Get("did") != string(step.event) {
			t.Fatalf("%s: %d %s", step.event, p.status, p.body)
		}
	}
	// A page of before is stale, and says what happened.
	stale := with(counter.form(id, casework.Reopen), "version", "3", "reason", "not-done", "id", "event-that-is-stale")
	if p := counter.do("POST", "/en/cases/"+id+"/events", stale); p.status != http.StatusConflict || !strings.Contains(p.body, "What happened meanwhile") {
		t.Errorf("%d", p.status)
	}
	for path, want := range map[string]string{"/en/queue/ended": "2026-000001", "/en/queue/open": "no cases here", "/en/queue/late": "no cases here", "/en/queue/ended?after=none": "2026-000001", "/en/figures": "no figures"} {
		if p := leader.get(path); p.status != http.StatusOK || !strings.Contains(p.body, want) {
			t.Errorf("%s: %d", path, p.status)
		}
	}
	survey := counter.fill("/survey/hall-2026", "q.overall", "5")
	for range 2 {
		if p := counter.do("POST", "/en/survey/hall-2026", survey); p.status != http.StatusOK {
			t.Errorf("survey: %d %s", p.status, p.body)
		}
	}
	reads(t, kept, id)
}

// reads checks that the trail has whoever was shown the letter, and what for.
func reads(t *testing.T, kept *store.Desk, id string) {
	t.Helper()
	entries, err := kept.Trail(context.Background(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]int{}
	for _, e := range entries {
		if e.Use.Act == casework.ShowLetter {
			shown[e.Use.Actor.Work]++
			if e.Use.Case != id || e.Use.Purpose != "help-request" || e.Use.Codes != "applicant-name,place,request-text" {
				t.Errorf("read %+v", e.Use)
			}
		}
	}
	for _, who := range []string{staff, other, worker, lead} {
		if shown[who] == 0 {
			t.Errorf("%s read the letter unseen: %v", who, shown)
		}
	}
}
