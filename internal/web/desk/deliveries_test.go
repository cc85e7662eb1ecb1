package desk_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/frame"
	"github.com/shequ-io/shequ/internal/web/webtest"
)

// shipped is a world with a case that has deliveries in every state.
func shipped(t *testing.T) (w *world, id string) {
	t.Helper()
	w = newWorld(t)
	w.sample()
	item := w.delivered()
	id = w.enter(casework.Application, item, "", casework.Fields{"applicant-name": "某居民", "identity-number": "11010519491231002X"})
	w.events(id, casework.Event{Type: casework.Register, Actor: asStaff})
	w.deliver(id)
	return w, id
}

var tagPattern = regexp.MustCompile(`<[^>]*>`)

// text of a page's main part, as a reader has it.
func text(t *testing.T, body string) string {
	t.Helper()
	main := cut(body, "<main", "</main>")
	if _, err := webtest.Parse([]byte(main)); err != nil {
		t.Error(err)
	}
	return strings.Join(strings.Fields(html.UnescapeString(tagPattern.ReplaceAllString(main, " "))), " ")
}

// cut is what of a page stands from one mark to another, both of them in it.
func cut(body, from, to string) string {
	_, rest, _ := strings.Cut(body, from)
	rest, _, _ = strings.Cut(rest, to)
	return from + rest + to
}

// TestACaseSaysWhatWentWhere: of each message where it stands, what the system said,
// which elements went by their titles, what did not and why, and the record.
func TestACaseSaysWhatWentWhere(t *testing.T) {
	w, id := shipped(t)
	first := w.store.sent[0]
	for lang, wants := range map[string][]string{
		"en": {
			"Social security", "delivered", "its number SS-000017", "Applicant's name, Identity number, Telephone", "No. 41", strings.TrimPrefix(first.Message.String(), "sha256:")[:12],
			"more is needed, materials are missing", "The case was changed accordingly.",
			"waiting", "failed 3 times", "the system can't be reached, or does not answer in time", "Next try 4 Mar 10:04",
			"withheld", "1: the system takes no data for this purpose", "2: not accepted by the system",
			"to be seen to", "Send it again", "Give up", "given up",
			"rejected, not eligible", "the case is left as it is", "under way", "closed-down", "Applicant's name, not-on-any-form",
		},
		"zh-CN": {
			"社会保险系统", "已送达", "对方编号 SS-000017", "申请人姓名、公民身份号码、联系电话", "第 41 号",
			"需要补充，缺少材料", "没有送", "2 项：系统不接收这一项", "送不到，等人处理", "不接受，不符合条件", "已失败 3 次",
		},
	} {
		body := w.as(staff).get("/" + lang + "/cases/" + id).body
		section := cut(body, `<section class="sent"`, "</section>")
		said := text(t, "<main>"+section+"</main>")
		for _, want := range wants {
			if !strings.Contains(said, want) {
				t.Errorf("%s: does not say %q: %s", lang, want, said)
			}
		}
		if strings.Contains(section, "11010519491231002X") || strings.Contains(section, "某居民") {
			t.Errorf("%s: what was written stands among the deliveries", lang)
		}
		// By system, as the community is connected to them; of each the latest first.
		order := regexp.MustCompile(`<h3>([^<]*)</h3>`).FindAllStringSubmatch(section, -1)
		if len(order) != 6 || order[5][1] != "closed-down" || strings.Index(section, `class="waiting"`) > strings.Index(section, "YB-2026-000231") {
			t.Errorf("%s: order %v", lang, order)
		}
	}
	none := w.enter(casework.Opinion, "opinion", "", nil)
	if body := w.as(staff).get("/en/cases/" + none).body; strings.Contains(body, `id="sent"`) {
		t.Error("a case of which nothing went anywhere has the section")
	}
}

// TestGridWorkersDecideOnNoMessage: they see what became of their case, without buttons.
func TestGridWorkersDecideOnNoMessage(t *testing.T) {
	w, _ := shipped(t)
	id := w.enter(casework.HelpRequest, "help-request", "", casework.Fields{"request-text": "x"})
	w.events(id, casework.Event{Type: casework.Register, Actor: asStaff}, casework.Event{Type: casework.Dispatch, To: casework.Place{Grid: "qingnian-2-1"}})
	w.deliver(id)
	g := w.as(worker)
	if body := g.get("/en/cases/" + id).body; !strings.Contains(body, `id="sent"`) || strings.Contains(body, "Send it again") {
		t.Error("a grid worker's page has the buttons, or lacks the section")
	}
	dead := w.store.sent[slices.IndexFunc(w.store.sent, func(d store.Delivery) bool { return d.State == store.DeliveryDead })]
	for _, at := range []string{"/en/deliveries/replay", "/en/deliveries/give-up"} {
		if p := g.post(at, url.Values{"key": {string(dead.Key)}}); p.status != http.StatusForbidden || len(w.store.acts) != 0 {
			t.Errorf("%s: %d, %v", at, p.status, w.store.acts)
		}
	}
}

// TestEveryReasonHasWords, in both languages, and none reads like a program's.
func TestEveryReasonHasWords(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		l := frame.For(lang)
		for _, why := range courier.Whys() {
			if words, err := l.M("desk.whynot." + string(why)); err != nil || words == "" || strings.Contains(words, string(why)) {
				t.Errorf("%s: %s: %q %v", lang, why, words, err)
			}
		}
		for _, v := range []courier.Verdict{courier.Accepted, courier.Rejected, courier.MoreNeeded} {
			if _, err := l.M("desk.verdict." + string(v)); err != nil {
				t.Error(err)
			}
		}
		for _, s := range []store.DeliveryState{
			store.DeliveryWaiting, store.DeliveryUnderWay, store.DeliveryDead, store.DeliveryDelivered, store.DeliveryWithheld, store.DeliveryGivenUp,
		} {
			if _, err := l.M("desk.delivery." + string(s)); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestWhatWaitsIsListed(t *testing.T) {
	w, id := shipped(t)
	w.stop(70)
	b := w.as(lead)
	p := b.get("/en/deliveries")
	said := text(t, p.body)
	for _, want := range []string{"Social security 0 18", "20 days ago", "E-supervision 0 0 none", "closed-down 1 0"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q: %.1500s", want, said)
		}
	}
	if n := strings.Count(p.body, "Give up</a>"); n != 50 {
		t.Errorf("%d on the first page", n)
	}
	if len(p.body) > 110_000 {
		t.Errorf("a full page weighs %d bytes", len(p.body))
	}
	next := regexp.MustCompile(`href="/en(/deliveries\?after=[^"]+)"`).FindStringSubmatch(p.body)
	if next == nil {
		t.Fatal("no next page")
	}
	second := b.get("/en" + next[1])
	if n := strings.Count(second.body, "Give up</a>"); n != 21 || !strings.Contains(second.body, "Back to the first page") {
		t.Errorf("%d on the second page", n)
	}
	if p := b.get("/en/deliveries?after=half"); p.status != http.StatusOK || strings.Count(p.body, "Give up</a>") != 50 {
		t.Errorf("an old address: %d", p.status)
	}
	if !strings.Contains(p.body, `href="/en/cases/`+id+`"`) {
		t.Error("no way to the case")
	}
	w.list.Connections, w.store.sent = nil, nil
	w.desk.Use(&w.doc, w.list)
	if said := text(t, b.get("/en/deliveries").body); !strings.Contains(said, "connected to no system") || !strings.Contains(said, "None. Everything is on its way") {
		t.Errorf("with nothing: %s", said)
	}
	w.store.fail(true)
	if p := b.get("/en/deliveries"); p.status != http.StatusServiceUnavailable {
		t.Errorf("with the store down: %d", p.status)
	}
}

// TestDecideOnMessages: from the list and from a case's page, once, and never without
// the session's token.
func TestDecideOnMessages(t *testing.T) {
	w, id := shipped(t)
	w.stop(3)
	b := w.as(staff)
	var dead []string
	for _, d := range w.store.sent {
		if d.State == store.DeliveryDead {
			dead = append(dead, string(d.Key))
		}
	}
	if p := b.do("POST", "/en/deliveries/replay", url.Values{"key": {dead[1]}}); p.status != http.StatusForbidden || len(w.store.acts) != 0 {
		t.Fatalf("without a token: %d %v", p.status, w.store.acts)
	}
	p := b.post("/en/deliveries/replay", url.Values{"key": {dead[1]}})
	if p.at.Path != "/en/deliveries" || !strings.Contains(p.body, "Done: it is sent again.") || strings.Contains(p.body, dead[1]) {
		t.Errorf("%s: %d", p.at, p.status)
	}
	if p := b.post("/en/deliveries/replay", url.Values{"key": {dead[1], "none"}}); !strings.Contains(p.body, "Nothing was done") {
		t.Errorf("twice: %s", p.at)
	}
	// Giving up is asked once more, and can be left.
	ask := b.get("/en/deliveries/give-up?key=" + dead[2])
	if ask.status != http.StatusOK || !strings.Contains(ask.body, "Give it up") || len(w.store.acts) != 1 {
		t.Fatalf("ask: %d %v", ask.status, w.store.acts)
	}
	if p := b.post("/en/deliveries/give-up", url.Values{"key": {dead[2]}}); !strings.Contains(p.body, "that is on record") {
		t.Errorf("%s", p.at)
	}
	for _, key := range []string{dead[2], "", "00000000-0000-8000-8000-000000000000", `"><script>`} {
		if p := b.get("/en/deliveries/give-up?key=" + url.QueryEscape(key)); p.at.Query().Get("did") != "nothing" {
			t.Errorf("ask about %q: %s", key, p.at)
		}
		if p := b.post("/en/deliveries/give-up", url.Values{"key": {key}}); p.at.Query().Get("did") != "nothing" {
			t.Errorf("give up %q: %s", key, p.at)
		}
	}
	// From a case's page, back to it.
	page := b.get("/en/cases/" + id)
	link := regexp.MustCompile(`href="/en(/deliveries/give-up\?[^"]*)"`).FindStringSubmatch(page.body)
	if link == nil {
		t.Fatal("the case's page has no way to give up")
	}
	ask = b.get("/en" + strings.ReplaceAll(link[1], "&amp;", "&"))
	if !strings.Contains(ask.body, `name="case" value="`+id+`"`) {
		t.Errorf("%s", ask.at)
	}
	if p := b.post("/en/deliveries/replay", url.Values{"key": {dead[0]}, "case": {id}}); p.at.Path != "/en/cases/"+id || !strings.Contains(p.body, "it is sent again") {
		t.Errorf("%s", p.at)
	}
	if p := b.post("/en/deliveries/replay", url.Values{"key": dead}); p.at.Query().Get("did") != "replay" {
		t.Errorf("all: %s", p.at)
	}
	want := []string{"replay " + dead[1], "give-up " + dead[2], "replay " + dead[0], "replay " + dead[3]}
	if !slices.Equal(w.store.acts, want) {
		t.Errorf("%v, want %v", w.store.acts, want)
	}
	w.store.fail(true)
	if p := b.post("/en/deliveries/replay", url.Values{"key": {dead[0]}}); p.status != http.StatusServiceUnavailable || !strings.Contains(p.body, dead[0]) {
		t.Errorf("with the store down: %d", p.status)
	}
}

// TestTransfersSayWhatASystemGets: choosing one to which nothing goes is no accident.
func TestTransfersSayWhatASystemGets(t *testing.T) {
	w, id := shipped(t)
	w.store.cases[id].Terms.Task = sampleTask
	said := text(t, w.as(staff).get("/en/cases/"+id).body)
	if !strings.Contains(said, "Social security Medical insurance Property repairs (nothing is declared to go there)") {
		t.Errorf("%s", said)
	}
}

// TestWorkOrders: they say where they come from and what is answered by itself.
func TestWorkOrders(t *testing.T) {
	w, _ := shipped(t)
	id := w.enter(casework.HelpRequest, "hotline", "", casework.Fields{"request-text": "x"})
	k := w.store.cases[id]
	k.c.Kind, k.Channel, k.Terms.System, k.Terms.Reference = casework.WorkOrder, store.HotlineChannel, "hotline-12345", "GD-000\u202e042"
	b := w.as(staff)
	said := text(t, b.get("/en/cases/"+id).body)
	for _, want := range []string{"12345 work order no. GD-000042", "Came by the 12345 hotline", "Number there GD-000042", "goes back to the 12345 hotline by itself"} {
		if !strings.Contains(said, want) {
			t.Errorf("does not say %q: %s", want, said)
		}
	}
	if said := text(t, b.get("/en/queue/open?kind=work-order").body); strings.Count(said, "12345 work order") != 2 { // the filter's, and the row's
		t.Errorf("the queue: %s", said)
	}
	w.events(id, casework.Event{Type: casework.Register, Actor: asStaff})
	p := b.press(id, casework.Transfer, url.Values{"to": {"system:property-repairs"}, "reason": {"not-ours"}})
	if said := text(t, p.body); p.status != http.StatusOK || !strings.Contains(said, "Transferred → Property repairs") {
		t.Errorf("%d %s", p.status, said)
	}
}
