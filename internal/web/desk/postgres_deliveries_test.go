package desk_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/consign"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/store/storetest"
	"github.com/shequ-io/shequ/internal/web/desk"
)

// office is a desk on the real store, with a courier that does as it is told.
type office struct {
	*world

	home    *storetest.Database
	kept    *store.Desk
	courier *store.Courier
	rules   *consign.Rules
	item    string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	home := storetest.NewDatabase(t)
	o := &office{home: home}
	at := &clock{at: time.Date(2026, 3, 4, 2, 0, 0, 0, time.UTC)}
	o.kept = home.Desk(t, func(c *store.Config) {
		c.Now, c.Locator = at.now, firstGrid{}
		c.Reuses = func(terms store.Terms) []store.PrefillField { return desk.Reuses(&o.doc, terms.Item) }
		c.Compose = func(occasion courier.Occasion) []courier.Consignment { return o.rules.Compose(occasion) }
	})
	o.courier = home.Courier(t, func(c *store.Config) { c.Now = at.now })
	o.world = newWorld(t, func(c *desk.Config) {
		c.Store, c.Receipts, c.Seal, c.Now = o.kept, home.Keys.Receipts, home.Keys.Public, at.now
	})
	o.sample() // of content; the cases are in the other store
	o.item = o.delivered()
	// The pages' clock is the store's from here on.
	o.clock = at
	o.declare()
	var err error
	if o.rules, err = consign.New(o.list); err != nil {
		t.Fatal(err)
	}
	return o
}

// declare has the sample's task and systems declare what consign asks for.
func (o *office) declare() {
	for i := range o.list.Connections {
		o.list.Connections[i].Accepts = []string{"applicant-name", "birth-date", "employment-status", "identity-number"}
		o.list.Connections[i].Purposes = []string{"social-security-enrolment", "e-supervision-report"}
	}
	o.list.Connections[1].Accepts = []string{"applicant-name"}
	task := &o.list.Tasks[0]
	for i := range task.Deliveries {
		task.Deliveries[i].Purpose = "social-security-enrolment"
	}
	for _, code := range []string{"applicant-name", "birth-date", "employment-status", "identity-number"} {
		task.Data = append(task.Data, content.DeskDatum{Element: code, Type: "Text", Reused: code == "employment-status", Purpose: "social-security-enrolment"})
	}
}

// claim is what waits for a system, the head of each line.
func (o *office) claim(system string) []store.Parcel {
	o.t.Helper()
	got, err := o.courier.Claim(context.Background(), system, 10, time.Minute)
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

// settle settles a parcel as change says.
func (o *office) settle(p *store.Parcel, change func(*store.Settlement)) {
	o.t.Helper()
	s := store.Settlement{Key: p.Key, Parcel: p, At: o.clock.now()}
	change(&s)
	if err := o.courier.Settle(context.Background(), []store.Settlement{s}); err != nil {
		o.t.Fatal(err)
	}
}

const theirRefusal = "the system refuses the message with status 422: look at the mapping, or ask who runs it"

func dead(s *store.Settlement) { s.Dead, s.Why = true, theirRefusal }

// enrol enters the sample's item at the counter, and returns its receipt code.
func (o *office) enrol(b *browser, form url.Values) (code string) {
	o.t.Helper()
	p := b.do("POST", "/en/enter/"+o.item, with(form, "send", "yes"))
	if code = codePattern.FindString(p.body); p.status != http.StatusOK || code == "" {
		o.t.Fatalf("%d %s", p.status, text(o.t.(*testing.T), p.body))
	}
	return code
}

// TestDeliveriesOnPostgreSQL goes the whole way on the real store: what is entered once
// goes to two systems, one accepts, one refuses; the message is sent again, given up,
// and all of that is on record; the next entry takes over what is known.
func TestDeliveriesOnPostgreSQL(t *testing.T) {
	o := newOffice(t)
	counter := o.as(staff)
	code := o.enrol(counter, counter.fill("/enter/"+o.item, "f.applicant-name", "某居民", "f.identity-number", "11010519491231002X",
		"f.birth-date", "1949-12-31", "f.employment-status", "灵活就业"))
	id := strings.TrimPrefix(counter.post("/en/find", url.Values{"q": {code}}).at.Path, "/en/cases/")
	if p := counter.press(id, casework.Register, nil); !strings.Contains(text(t, p.body), "Medical insurance waiting") {
		t.Fatalf("%d %s", p.status, text(t, p.body))
	}
	first := o.claim("social-security")
	if len(first) != 1 || len(first[0].Codes) != 4 {
		t.Fatalf("%+v", first)
	}
	if said := text(t, counter.get("/en/cases/"+id).body); !strings.Contains(said, "Social security under way") {
		t.Errorf("%s", said)
	}
	o.settle(&first[0], func(s *store.Settlement) {
		s.Delivered, s.Reference = &courier.Outcome{Verdict: courier.Accepted}, "SS-000001"
	})
	second := o.claim("medical-insurance")
	o.settle(&second[0], dead)
	if _, err := o.kept.HearSystems(t.Context()); err != nil {
		t.Fatal(err)
	}
	said := text(t, counter.get("/en/cases/"+id).body)
	for _, want := range []string{
		"accepted its number SS-000001", "No. 1", "Applicant's name, Date of birth, Employment status, Identity number",
		"Medical insurance to be seen to", "the system does not take this message", "1: not accepted by the system", "Send it again",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q: %s", want, said)
		}
	}
	o.decide(counter, id)
	reused := o.takeOver(counter, code)
	entries, err := o.kept.Trail(t.Context(), 1, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, e := range entries {
		if use := e.Use; use.Act != "" && use.Act != casework.ShowLetter {
			acts = append(acts, string(use.Act)+" "+use.Actor.Work+" "+use.Codes)
		}
	}
	want := []string{"replay-message counter-1 applicant-name", "give-up-message counter-1 applicant-name", "prefill counter-1 " + reused}
	if !slices.Equal(acts, want) {
		t.Errorf("the trail has %q, want %q", acts, want)
	}
	records, err := o.kept.DeliveryTrail(t.Context(), 1, 100)
	if err != nil || len(records) != 2 || records[1].Record.Act != courier.GivenUp {
		t.Errorf("on record: %+v, %v", records, err)
	}
}

// decide sends the dead message again, and when it comes back gives it up, by the page.
func (o *office) decide(b *browser, id string) {
	t := o.t.(*testing.T)
	t.Helper()
	list := b.get("/en/deliveries").body
	key := regexp.MustCompile(`name="key" value="([^"]+)"`).FindStringSubmatch(list)
	if key == nil || !strings.Contains(list, `href="/en/cases/`+id+`"`) || !strings.Contains(text(t, list), "Medical insurance 0 1") {
		t.Fatalf("%s", text(t, list))
	}
	if p := b.post("/en/deliveries/replay", url.Values{"key": key[1:]}); !strings.Contains(text(t, p.body), "Medical insurance 1 0") {
		t.Errorf("%s", text(t, p.body))
	}
	again := o.claim("medical-insurance")
	if len(again) != 1 {
		t.Fatalf("%d come again", len(again))
	}
	o.settle(&again[0], dead)
	if p := b.get("/en/deliveries/give-up?case=" + id + "&key=" + key[1]); !strings.Contains(text(t, p.body), "→ Medical insurance") {
		t.Errorf("%s", text(t, p.body))
	}
	if p := b.post("/en/deliveries/give-up", url.Values{"key": key[1:], "case": {id}}); p.at.Path != "/en/cases/"+id || !strings.Contains(text(t, p.body), "given up") {
		t.Errorf("%s: %s", p.at, text(t, p.body))
	}
	if p := b.post("/en/deliveries/give-up", url.Values{"key": key[1:]}); p.at.Query().Get("did") != "nothing" {
		t.Errorf("twice: %s", p.at)
	}
}

// takeOver enters the item once more, for the resident who brings the code, and
// returns the codes of what was taken over.
func (o *office) takeOver(b *browser, code string) string {
	t := o.t.(*testing.T)
	t.Helper()
	form := b.fill("/enter/"+o.item, "source", code)
	p := b.do("POST", "/en/enter/"+o.item, form)
	for _, want := range []string{`value="某居民"`, `value="11010519491231002X"`, `value="1949-12-31"`, `value="灵活就业"`} {
		if !strings.Contains(p.body, want) {
			t.Errorf("not taken over: %s", want)
		}
	}
	if strings.Contains(p.body, code) {
		t.Error("the code stands on the page")
	}
	if next := o.enrol(b, b.again(p, form)); next == code {
		t.Error("the same code")
	}
	if strings.Contains(o.log.String(), code) {
		t.Error("the code is in the log")
	}
	return "applicant-name,birth-date,employment-status,identity-number"
}

// TestPageWorkbookAndMessageAgree: the month's report is the same numbers wherever it
// is looked at, what is hidden is nowhere, and the page says when the system has it.
func TestPageWorkbookAndMessageAgree(t *testing.T) {
	o := newOffice(t)
	counter := o.as(staff)
	for i := range 14 {
		p := counter.do("POST", "/en/enter/opinion", counter.fill("/enter/opinion", "f.request-text", "x", "send", "yes"))
		if p.status != http.StatusOK {
			t.Fatalf("%d", p.status)
		}
		if i < 4 { // too few to be told
			number := regexp.MustCompile(`2026-0000\d\d`).FindString(p.body)
			id := strings.TrimPrefix(counter.post("/en/find", url.Values{"q": {number}}).at.Path, "/en/cases/")
			counter.press(id, casework.Register, nil)
		}
	}
	o.clock.forward(50 * 24 * time.Hour)
	leader := o.as(lead)
	if n, err := o.kept.PublishMonths(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d months: %v", n, err)
	}
	if said := text(t, leader.get("/en/report").body); !strings.Contains(said, "March 2026") || !strings.Contains(said, "Not on its way yet") {
		t.Errorf("%s", said)
	}
	if n, err := o.kept.Report(t.Context(), desk.Reports(&o.doc, o.list)); n != 1 || err != nil {
		t.Fatalf("%d reports: %v", n, err)
	}
	parcel := o.claim("e-supervision")
	if len(parcel) != 1 {
		t.Fatalf("%d reports go", len(parcel))
	}
	body, err := parcel[0].JSON()
	if err != nil {
		t.Fatal(err)
	}
	var sent struct {
		Period    string                  `json:"period"`
		Community string                  `json:"community"`
		Figures   map[string]*json.Number `json:"figures"`
	}
	if err := json.Unmarshal(body, &sent); err != nil {
		t.Fatal(err)
	}
	onPage := reportRow.FindAllStringSubmatch(leader.get("/en/report?month="+sent.Period).body, -1)
	rows := bookRows(t, leader.get("/en/report.xlsx?month="+sent.Period))
	names := []string{"opened", "responded", "resolved", "late", "rated", "satisfied"}
	if sent.Community != "qingnian-road/qingnian-2" || len(sent.Figures) != len(names) || len(onPage) != len(names) {
		t.Fatalf("sent %s, the page has %v", body, onPage)
	}
	for i, name := range names {
		want := "not shown"
		if n := sent.Figures[name]; n != nil {
			want = n.String()
		}
		if onPage[i][2] != want || rows[4+i][1] != want {
			t.Errorf("%s: sent %s, on the page %s, in the workbook %s", name, want, onPage[i][2], rows[4+i][1])
		}
	}
	if sent.Figures["opened"] == nil || sent.Figures["opened"].String() != "14" || sent.Figures["responded"] != nil {
		t.Errorf("sent %s", body)
	}
	o.settle(&parcel[0], func(s *store.Settlement) {
		s.Delivered, s.Reference = &courier.Outcome{Verdict: courier.Accepted}, "DZJC-000001"
	})
	if _, err := o.kept.HearSystems(t.Context()); err != nil {
		t.Fatal(err)
	}
	if said := text(t, leader.get("/en/report").body); !strings.Contains(said, "E-supervision delivered") || !strings.Contains(said, "its number DZJC-000001") {
		t.Errorf("%s", said)
	}
}
