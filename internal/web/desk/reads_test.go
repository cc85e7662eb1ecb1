package desk_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/payments"
	"github.com/shequ-io/shequ/internal/store"
)

// What residents wrote, or paid with, in TestEveryReadingIsRecorded.
var personal = []string{"某居民", "11010519491231002X", "029-8765", "一楼水管爆裂", "%PDF-1.7 their papers", payments.Masked(customer)}

// customer whose bill is paid; pages show the end of the number alone.
const customer = "100023"

// readings are the acts by which somebody is shown something of a resident's.
var readings = []casework.Act{casework.ShowLetter, casework.ShowFile, casework.Prefill, payments.ActShow}

// reading is a desk with something of residents to read.
type reading struct {
	*office

	application, help, file, payment string // identifiers; of a file with its case's
	number                           string // of the application
	count                            string // path of a closing of the till
	seen                             int    // entries of the trail
}

func newReading(t *testing.T) *reading {
	t.Helper()
	r := &reading{office: newOffice(t)}
	r.doc.Site.Modules = append(r.doc.Site.Modules, "Payments")
	r.list.Billers = []content.Biller{{Name: utilities, Title: content.Text{ZH: "公用事业缴费平台", EN: "Utility bills"}, System: "utility-bills", Purpose: "agency-services"}}
	r.list.Connections = append(r.list.Connections, content.Connection{
		Name: "utility-bills", Accepts: []string{"customer-number", "payment-amount", "payment-period"}, Purposes: []string{"agency-services"},
	})
	r.desk.Use(&r.doc, r.list)
	counter := r.as(staff)
	code := r.enrol(counter, counter.fill("/enter/"+r.item, "f.applicant-name", "某居民", "f.identity-number", "11010519491231002X", "f.telephone", "029-8765"))
	found := counter.post("/en/find", url.Values{"q": {code}})
	r.application = strings.TrimPrefix(found.at.Path, "/en/cases/")
	r.number = regexp.MustCompile(`2026-[0-9]{6}`).FindString(found.body)
	r.help, r.file = "0f0e0d0c-0b0a-4908-8706-0504030201ee", "0f0e0d0c-0b0a-4908-8706-0504030201ef"
	r.ask()
	counter.press(r.help, casework.Register, nil)
	counter.press(r.help, casework.Dispatch, url.Values{"to": {"grid:qingnian-2-1"}})
	at := counter.take(customer, "33.50").at.Path
	r.payment = strings.TrimPrefix(at, "/en/payments/of/")
	leader := r.as(lead)
	r.count = strings.TrimPrefix(leader.post("/en/payments/books/till", leader.books("counted", "33.50")).at.Path, "/en")
	r.uses()
	return r
}

// ask sends a request for help with a file, as the portal does, and takes it in.
func (r *reading) ask() {
	r.t.Helper()
	must := func(err error) {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	receipt, err := casework.NewReceipt(rand.Reader)
	must(err)
	hash, err := receipt.Hash(r.home.Keys.Receipts)
	must(err)
	plain, err := json.Marshal(store.Letter{Fields: casework.Fields{"request-text": "一楼水管爆裂", "applicant-name": "某居民"}, Place: &store.Place{Longitude: 1089000000, Latitude: 342000000}})
	must(err)
	letter, err := r.home.Keys.Public.Seal(plain, store.SubmissionContext(r.help))
	must(err)
	papers, err := r.home.Keys.Public.Seal([]byte("%PDF-1.7 their papers"), store.FileContext(r.file))
	must(err)
	portal := r.home.Portal(r.t, func(c *store.Config) { c.Now = r.clock.now })
	_, err = portal.Submit(r.t.Context(), store.Submission{
		ID: r.help, Kind: casework.HelpRequest, Terms: store.Terms{Item: "help-request", Purpose: "help-request"}, Channel: store.PortalChannel,
		Language: "zh-CN", Receipt: hash, Sealed: letter, Files: []store.File{{ID: r.file, MediaType: "application/pdf", Size: 21, Sealed: papers}},
	})
	must(err)
	if got, err := r.kept.TakeIn(r.t.Context()); err != nil || got.Taken != 1 {
		r.t.Fatalf("%+v, %v", got, err)
	}
}

// uses are those that were recorded since the last call.
func (r *reading) uses() (out []casework.Use) {
	r.t.Helper()
	for {
		entries, err := r.kept.Trail(context.Background(), int64(r.seen)+1, 1000)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(entries) == 0 {
			return out
		}
		r.seen += len(entries)
		for _, e := range entries {
			if slices.Contains(readings, e.Use.Act) {
				out = append(out, e.Use)
			}
		}
	}
}

// visit is a way to ask for a route.
type visit struct {
	path string
	form url.Values // nil: it is opened
}

// visits are ways to every route of the desk, by its pattern; a path's {case}, {file},
// {payment} and {count} are filled in. Whoever adds a route adds it here.
func (r *reading) visits() map[string][]visit {
	stale := func(event casework.EventType) url.Values {
		return url.Values{"id": {"event-of-yesterday"}, "type": {string(event)}, "version": {"1"}}
	}
	open := func(paths ...string) (out []visit) {
		for _, p := range paths {
			out = append(out, visit{path: p})
		}
		return out
	}
	return map[string][]visit{
		"/{lang}/{$}":          open("/"),
		"/{lang}/queue/{view}": open("/queue/mine", "/queue/station", "/queue/grid", "/queue/late", "/queue/open", "/queue/ended"),
		"/{lang}/grid":         {{"/grid", url.Values{"grid": {"qingnian-2-1"}}}},
		"/{lang}/find":         {{"/find", nil}, {"/find", url.Values{"q": {r.number}}}, {"/find", url.Values{"q": {"某居民"}}}},
		"/{lang}/cases/{case}": open("/cases/"+r.application, "/cases/"+r.help),
		"/{lang}/cases/{case}/events": {
			{"/cases/" + r.application + "/events", stale(casework.Take)}, {"/cases/" + r.help + "/events", stale(casework.Handle)},
			{"/cases/" + r.help + "/events", url.Values{"type": {"nonsense"}}},
		},
		"/{lang}/cases/{case}/supplement": {
			{"/cases/" + r.application + "/supplement", nil}, {"/cases/" + r.help + "/supplement", nil},
			{"/cases/" + r.application + "/supplement", url.Values{"f.birth-date": {"never"}}},
		},
		"/{lang}/cases/{case}/files/{file}": open("/cases/" + r.help + "/files/" + r.file),
		"/{lang}/deliveries":                open("/deliveries"),
		"/{lang}/deliveries/replay":         {{"/deliveries/replay", url.Values{"key": {"x"}, "case": {r.application}}}},
		"/{lang}/deliveries/give-up":        {{"/deliveries/give-up?key=x&case=" + r.application, nil}, {"/deliveries/give-up", url.Values{"key": {"x"}, "case": {r.application}}}},
		"/{lang}/figures":                   open("/figures"),
		"/{lang}/figures.xlsx":              open("/figures.xlsx?month=2026-02"),
		"/{lang}/report":                    open("/report"),
		"/{lang}/report.xlsx":               open("/report.xlsx?month=2026-02"),
		"/{lang}/enter":                     open("/enter"),
		"/{lang}/enter/{item}": {
			{"/enter/" + r.item, nil}, {"/enter/" + r.item, url.Values{"source": {r.number}, "prefill": {"yes"}}},
		},
		"/{lang}/enter/{item}/blank":           open("/enter/" + r.item + "/blank"),
		"/{lang}/survey/{survey}":              {{"/survey/hall-2026", nil}, {"/survey/hall-2026", url.Values{}}},
		"/{lang}/services":                     open("/services"),
		"/{lang}/sign-in":                      open("/sign-in"),
		"/{lang}/sign-out":                     nil, // ends the session, and shows nothing
		"/sign-in/start":                       nil, // lead to the provider
		"/sign-in/callback":                    nil,
		"/{lang}/payments":                     open("/payments"),
		"/{lang}/payments/take":                {{"/payments/take", nil}, {"/payments/take", url.Values{"customer": {"x"}}}},
		"/{lang}/payments/books":               open("/payments/books"),
		"/{lang}/payments/books/till":          {{"/payments/books/till", url.Values{"counted": {"x"}}}},
		"/{lang}/payments/books/pay-over":      {{"/payments/books/pay-over", url.Values{"amount": {"x"}}}},
		"/{lang}/payments/books/statement":     {{"/payments/books/statement", url.Values{"table": {"x"}}}},
		"/{lang}/payments/books/fetch":         {{"/payments/books/fetch", url.Values{"biller": {utilities}}}},
		"/{lang}/payments/books/check":         open("/payments/books/check"),
		"/{lang}/payments/till/{count}":        open(r.count),
		"/{lang}/payments/day.xlsx":            open("/payments/day.xlsx"),
		"/{lang}/payments/of/{payment}":        open("/payments/of/" + r.payment),
		"/{lang}/payments/of/{payment}/events": {{"/payments/of/" + r.payment + "/events", stale("cancel")}},
	}
}

// TestEveryReadingIsRecorded asks for every route as everybody, on the real store.
// Whenever an answer has a word of a resident in it, the trail has got an entry of
// whoever asked; and no route shows one that is not known to.
func TestEveryReadingIsRecorded(t *testing.T) {
	r := newReading(t)
	visits := r.visits()
	if declared := patterns(t); !slices.Equal(declared, slices.Sorted(maps.Keys(visits))) {
		t.Fatalf("the desk has the routes\n%v, visited are\n%v", declared, slices.Sorted(maps.Keys(visits)))
	}
	shown := map[string]bool{}
	for _, who := range []string{lead, staff, other, worker, viewer, unknown, ""} {
		b := r.as(who)
		for pattern, all := range visits {
			for _, v := range all {
				r.uses()
				p := r.goTo(b, v)
				at := slices.IndexFunc(personal, func(word string) bool { return strings.Contains(p.body, word) })
				if at < 0 {
					continue
				}
				if v.form.Get("q") == personal[at] {
					continue // what was typed comes back
				}
				shown[pattern] = true
				if !slices.ContainsFunc(r.uses(), func(u casework.Use) bool { return u.Actor.Work == who && who != "" }) {
					t.Errorf("%s (%v) as %q shows %q, and nobody has recorded it", v.path, v.form, who, personal[at])
				}
			}
		}
	}
	want := []string{
		"/{lang}/cases/{case}", "/{lang}/cases/{case}/events", "/{lang}/cases/{case}/files/{file}", "/{lang}/cases/{case}/supplement",
		"/{lang}/deliveries/give-up", "/{lang}/deliveries/replay", // lead back to the case
		"/{lang}/enter/{item}", "/{lang}/find", "/{lang}/payments/of/{payment}", "/{lang}/payments/of/{payment}/events",
	}
	if got := slices.Sorted(maps.Keys(shown)); !slices.Equal(got, want) {
		t.Errorf("words of residents are on %v, want them on %v", got, want)
	}
}

// goTo goes where a visit leads.
func (r *reading) goTo(b *browser, v visit) page {
	r.t.Helper()
	if v.form == nil {
		return b.get("/en" + v.path)
	}
	form := url.Values{}
	if opened, err := url.Parse(v.path); err == nil && strings.HasPrefix(opened.Path, "/enter/") {
		// The form as it is handed out, with what is filled in.
		if p := b.get("/en" + v.path); p.status == http.StatusOK {
			_, main, _ := strings.Cut(p.body, "<main")
			for _, input := range inputPattern.FindAllStringSubmatch(main, -1) {
				form.Set(input[1], input[2])
			}
		}
	}
	maps.Copy(form, v.form)
	if found := tokenPattern.FindStringSubmatch(b.get("/en/services").body); found != nil {
		form.Set("csrf", found[1])
	}
	return b.do("POST", "/en"+v.path, form)
}

// patterns are those of the desk's routes, as its source declares them.
func patterns(t *testing.T) (out []string) {
	t.Helper()
	declared := regexp.MustCompile(`Pattern: (?:"([^"]+)"|(session\.CallbackPath))`)
	for _, file := range []string{"routes.go", "payments.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllStringSubmatch(string(source), -1) {
			if m[2] != "" {
				m[1] = "/sign-in/callback"
			}
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return out
}
