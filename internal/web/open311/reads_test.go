package open311_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/open311"
	"github.com/shequ-io/shequ/internal/web/serve"
)

func TestBeforeThereIsContent(t *testing.T) {
	h, err := open311.New(open311.Config{Store: &memory{}, Seal: sealer{}, Receipts: make([]byte, 32)})
	if err != nil {
		t.Fatal(err)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/open311/discovery.json", nil))
	if recorder.Code != http.StatusServiceUnavailable || recorder.Header().Get("Retry-After") != "5" {
		t.Error(recorder.Code, recorder.Header())
	}
	parseJSON(t, recorder.Body.Bytes())
}

// TestChangeset: a reload that changes nothing of the services is none to clients.
func TestChangeset(t *testing.T) {
	w := newWorld(t, nil)
	h := w.Handler.(*open311.Handler)
	before := w.get("/open311/discovery.json").Body.String()
	doc := sample()
	doc.Site.Grids[0].Households = 700
	h.Serve(doc, changed.Add(time.Hour))
	if after := w.get("/open311/discovery.json").Body.String(); after != before {
		t.Errorf("%s became %s", before, after)
	}
	doc = sample()
	doc.Items[0].Title.EN = "Lunch"
	h.Serve(doc, changed.Add(time.Hour))
	if after := w.get("/open311/discovery.json").Body.String(); !strings.Contains(after, "2026-03-09T02:02:03Z") {
		t.Errorf("%s became %s", before, after)
	}
	if !strings.Contains(w.log.String(), "forbidden-one") {
		t.Error("the station is not told which item is withheld")
	}
}

func TestASuspendedCommunityOffersNothing(t *testing.T) {
	w := newWorld(t, nil)
	doc := sample()
	doc.Site.Suspended = true
	w.Handler.(*open311.Handler).Serve(doc, changed)
	if got := w.get("/open311/v2/services.json").Body.String(); got != "[]\n" {
		t.Error(got)
	}
	if got := w.post(requests, help); got.Code != http.StatusNotFound {
		t.Error(got.Code, got.Body)
	}
	w.store.public = listed()
	if got := w.get(requests).Body.String(); !strings.Contains(got, "5b0e1f0a") {
		t.Errorf("what was asked before is told no more: %s", got)
	}
}

// TestWithoutApplications: what can't be applied for at the portal can't be here.
func TestWithoutApplications(t *testing.T) {
	w := newWorld(t, nil)
	doc := sample()
	doc.Site.Modules = []string{"HelpRequests"}
	w.Handler.(*open311.Handler).Serve(doc, changed)
	if got := w.get("/open311/v2/services.json").Body.String(); strings.Contains(got, "home-meal") || !strings.Contains(got, "help-request") {
		t.Error(got)
	}
	if got := w.post(requests, "service_code=civil-affairs.home-meal&attribute[applicant-name]=x&attribute[household-size]=1"); got.Code != http.StatusNotFound || len(w.store.submissions) > 0 {
		t.Error(got.Code, got.Body)
	}
}

// TestDiscoveryWithoutAnAddress takes the one the request came to, and no nonsense.
func TestDiscoveryWithoutAnAddress(t *testing.T) {
	w := newWorld(t, func(c *open311.Config) { c.URL = "" })
	for host, want := range map[string]string{
		"community.example":      `"url":"http://community.example/open311/v2"`,
		"127.0.0.1:8080":         `"url":"http://127.0.0.1:8080/open311/v2"`,
		"[::1]:8080":             `"url":"http://[::1]:8080/open311/v2"`,
		"a.example/x?":           `"code":400`,
		"\"><script>":            `"code":400`,
		"user@community.example": `"code":400`,
	} {
		r := httptest.NewRequest(http.MethodGet, "/open311/v2/discovery.json", nil)
		r.Host = host
		recorder := httptest.NewRecorder()
		w.ServeHTTP(recorder, r)
		if !strings.Contains(recorder.Body.String(), want) || recorder.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %s", host, recorder.Body)
		}
	}
}

func TestJurisdictions(t *testing.T) {
	w := newWorld(t, nil)
	for id, want := range map[string]int{
		"": 200, "qingnian-2": 200, "qingnian-road/qingnian-2": 200, "Community.Example": 200,
		"qingnian-3": 404, "city.gov": 404, "qingnian-2&jurisdiction_id=city.gov": 404, "%20": 404, "qingnian-road": 404,
	} {
		if got := w.get("/open311/v2/services.xml?jurisdiction_id=" + id); got.Code != want {
			t.Errorf("%q: %d", id, got.Code)
		}
	}
}

// TestRequestQueries looks at what the store is asked.
func TestRequestQueries(t *testing.T) {
	day := 24 * time.Hour
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for query, want := range map[string][2]time.Time{
		"":                                {now.Add(time.Second).Add(-90 * day), now.Add(2 * time.Second)},
		"start_date=2026-01-01T00:00:00Z": {at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:01Z")},
		"end_date=2026-01-01T00:00:00Z":   {at("2025-10-03T00:00:00Z"), at("2026-01-01T00:00:01Z")},
		"start_date=&end_date=":           {now.Add(time.Second).Add(-90 * day), now.Add(2 * time.Second)},
		// A zone whose plus sign nobody encoded.
		"start_date=2026-01-01T08:00:00+08:00&end_date=2026-01-01T08:00%2B08:00": {at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:01Z")},
		"start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:00Z":          {at("2026-01-01T00:00:00Z"), at("2026-04-01T00:00:01Z")},
	} {
		w := newWorld(t, nil)
		if got := w.get(requests + "?" + query); got.Code != http.StatusOK {
			t.Errorf("%s: %d %s", query, got.Code, got.Body)
			continue
		}
		if q := w.store.queries[0]; !q.From.Equal(want[0]) || !q.To.Equal(want[1]) || len(q.Items) != 1 || q.Items[0] != "help-request" {
			t.Errorf("%s: from %s to %s of %v", query, q.From, q.To, q.Items)
		}
	}
	for _, query := range []string{
		"start_date=2026-01-01T00:00:00Z&end_date=2026-04-01T00:00:02Z", "start_date=2026-01-02T00:00:00Z&end_date=2026-01-01T00:00:00Z",
		"start_date=2026-01-01T00:00:00", "end_date=2026-02-30T00:00:00Z", "start_date=01-01-2026", "status=opened", "page=a", "page=501", "page_size=-1", "x=%zz",
		"service_request_id=" + strings.Repeat("a,", 1001),
	} {
		w := newWorld(t, nil)
		if got := w.get(requests + "?" + query); got.Code != http.StatusBadRequest || len(w.store.queries) > 0 {
			t.Errorf("%s: %d %s", query, got.Code, got.Body)
		}
	}
}

// TestTheFirstThousand: without a page, as many as the specification has, over
// several of the store's.
func TestTheFirstThousand(t *testing.T) {
	w := newWorld(t, nil)
	for i := range 1100 {
		w.store.public = append(w.store.public, store.PublicRequest{
			ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Item: "help-request", Step: casework.Registered, Open: true, Received: now.Add(-time.Duration(i) * time.Minute),
		})
	}
	if got := len(parseJSON(t, w.get(requests).Body.Bytes()).([]any)); got != 1000 || len(w.store.queries) != 5 {
		t.Errorf("%d requests of %d questions", got, len(w.store.queries))
	}
	w.store.public = w.store.public[:250]
	if got := len(parseJSON(t, w.get(requests).Body.Bytes()).([]any)); got != 250 {
		t.Errorf("%d requests", got)
	}
	if got := len(parseJSON(t, w.get(requests+"?page=2&page_size=200").Body.Bytes()).([]any)); got != 50 {
		t.Errorf("%d on the second page", got)
	}
}

// TestManyByID: as many as the specification has, in goes the store can take, the
// latest first; and what others know as extensions is no error and adds nothing.
func TestManyByID(t *testing.T) {
	w := newWorld(t, nil)
	var ids []string
	for i := range 120 {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
		w.store.public = append(w.store.public, store.PublicRequest{ID: id, Item: "help-request", Open: true, Received: now.Add(-time.Duration(i) * time.Minute)})
		ids = append([]string{id}, ids...)
	}
	got := parseJSON(t, w.get(requests+"?service_request_id="+strings.Join(ids, ",")).Body.Bytes()).([]any)
	if len(got) != 120 || len(w.store.queries) != 3 || got[0].(map[string]any)["service_request_id"] != w.store.public[0].ID {
		t.Errorf("%d requests of %d questions", len(got), len(w.store.queries))
	}
	apart := w.get(requests + "?service_request_id=" + ids[0] + "&service_request_id=" + ids[1] + "&service_request_id=" + ids[0])
	if got := len(parseJSON(t, apart.Body.Bytes()).([]any)); got != 2 {
		t.Errorf("%d of two that were named apart", got)
	}
	plain, more := w.get(requests+"?page_size=3"), w.get(requests+"?page_size=3&extensions=true")
	if plain.Body.String() != more.Body.String() {
		t.Errorf("%s became %s", plain.Body, more.Body)
	}
}

func TestReadingWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t, nil)
	w.store.fail = store.ErrUnavailable
	for _, path := range []string{"requests.xml", "requests/5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0002.xml", "tokens/5b0e1f0a-6c43-4d0b-9a3f-2f6f2d1c0002.xml"} {
		got := w.get("/open311/v2/" + path)
		if got.Code != http.StatusServiceUnavailable || got.Header().Get("Retry-After") != "30" {
			t.Errorf("%s: %d", path, got.Code)
		}
		parseXML(t, got.Body.Bytes())
	}
	if got := w.get("/open311/v2/services.xml"); got.Code != http.StatusOK {
		t.Errorf("the services need no store, and answer %d", got.Code)
	}
}

// TestNoWordComesBack: whatever was sent, nothing that can be read says it.
func TestNoWordComesBack(t *testing.T) {
	w := newWorld(t, nil)
	for range 3 {
		w.post(requests, help+"&phone=13800000000&first_name=Zhang")
	}
	id := w.store.order[0]
	for _, path := range []string{"requests.json", "requests.xml", "requests/" + id + ".json", "requests/" + id + ".xml", "tokens/" + id + ".json", "requests.json?service_request_id=" + id} {
		got := w.get("/open311/v2/" + path)
		if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), id) {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
		for _, word := range []string{"lamp", "138000", "Zhang", "34.26", "108.95"} {
			if strings.Contains(got.Body.String(), word) {
				t.Errorf("%s tells %q", path, word)
			}
		}
	}
}

// TestApplicationsAreNeverListed, not even by a store that tells of them.
func TestApplicationsAreNeverListed(t *testing.T) {
	w := newWorld(t, nil)
	w.store.public, w.store.careless = listed(), true
	if got := len(parseJSON(t, w.get(requests).Body.Bytes()).([]any)); got != 2 {
		t.Errorf("%d requests, want the two for help", got)
	}
}

// TestBehindThePortal: with the portal's server in front, which has headers and
// limits of its own.
func TestBehindThePortal(t *testing.T) {
	w := newWorld(t, nil)
	front := serve.NewHandler(serve.NewMetrics(prometheus.NewRegistry(), "portal"), slog.New(slog.DiscardHandler))
	front.Dynamic = &serve.Dynamic{}
	front.Dynamic.Add(w.Handler.(*open311.Handler).Route())
	front.Serve(serve.NewTree([]string{"zh-CN", "en"}))
	w.Handler = front
	got := w.get("/open311/v2/services.xml")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": serve.CacheContent,
	} {
		if got.Code != http.StatusOK || got.Header().Get(name) != want || got.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%d, %s: %q", got.Code, name, got.Header())
		}
	}
	for body, want := range map[string]int{help: 200, help + strings.Repeat("x", open311.MaxBody): 413} {
		if got := w.post("/open311/v2/requests.xml", body); got.Code != want {
			t.Errorf("a body of %d: %d %s", len(body), got.Code, got.Body)
		}
	}
	if got := w.post("/open311/v2/requests.xml", help, "Sec-Fetch-Site", "cross-site"); got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), "<code>403</code>") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestHead(t *testing.T) {
	w := newWorld(t, nil)
	head, full := w.send(http.MethodHead, "/open311/v2/services.xml", ""), w.get("/open311/v2/services.xml")
	if head.Code != http.StatusOK || head.Body.Len() != 0 || head.Header().Get("Content-Length") != fmt.Sprint(full.Body.Len()) {
		t.Error(head.Code, head.Header(), head.Body.Len())
	}
}

func TestLanguages(t *testing.T) {
	w := newWorld(t, nil)
	doc := sample()
	doc.Site.Languages = []string{content.Chinese}
	w.Handler.(*open311.Handler).Serve(doc, changed)
	if got := w.get("/open311/v2/services.json"); !strings.Contains(got.Body.String(), `"service_name":"求助"`) || got.Header().Get("Content-Language") != "zh-CN" {
		t.Errorf("a portal that speaks Chinese alone says %s", got.Body)
	}
}

// One reads the database at a time, few wait, and what is sent meanwhile is kept: who
// lists requests again and again keeps nobody from asking for help.
func TestReadsTakeTurns(t *testing.T) {
	w := newWorld(t, nil)
	w.store.entered, w.store.hold = make(chan struct{}), make(chan struct{})
	path := "/open311/v2/requests/0a0b0c0d-0000-4000-8000-000000000001.json"
	var wait sync.WaitGroup
	statuses := make(chan int, 20)
	read := func() { wait.Go(func() { statuses <- w.get(path).Code }) }
	read()
	<-w.store.entered
	for range 12 {
		read()
	}
	for range 12 - 4 {
		if got := <-statuses; got != http.StatusServiceUnavailable {
			t.Errorf("one too many: %d", got)
		}
	}
	if got := w.post(requests, help); got.Code != http.StatusOK {
		t.Errorf("a request for help: %d", got.Code)
	}
	for range 4 {
		w.store.hold <- struct{}{}
		<-w.store.entered // the next one, and not before
	}
	w.store.hold <- struct{}{}
	wait.Wait()
	for range 5 {
		if got := <-statuses; got != http.StatusNotFound {
			t.Errorf("one that waited: %d", got)
		}
	}
}
