package open311_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/open311"
)

const (
	requests = "/open311/v2/requests.json"
	help     = "service_code=help-request&lat=34.2653&long=108.9541&description=The+lamp+is+dark"
)

// answered is the one request a POST is answered with.
func answered(t testing.TB, body []byte) (id, notice string) {
	t.Helper()
	var list []struct {
		ID     string `json:"service_request_id"`
		Notice string `json:"service_notice"`
	}
	if err := json.Unmarshal(body, &list); err != nil || len(list) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	return list[0].ID, list[0].Notice
}

// receiptIn finds the receipt code a notice tells.
func receiptIn(t testing.TB, notice string) casework.Receipt {
	t.Helper()
	_, rest, _ := strings.Cut(notice, "Receipt code: ")
	code, _, _ := strings.Cut(rest, ". ")
	receipt, err := casework.ParseReceipt(code)
	if err != nil {
		t.Fatalf("%v in %q", err, notice)
	}
	return receipt
}

func TestARequestIsKeptSealed(t *testing.T) {
	w := newWorld(t, nil)
	got := w.post(requests, help+"&first_name=三&last_name=张&phone=+8613800000000&device_id=d-1&account_id=a-1&media_url=http%3A%2F%2Fx.example%2Fp.jpg&api_key=k-1&address_string=Street+9")
	if got.Code != http.StatusOK {
		t.Fatal(got.Code, got.Body)
	}
	id, notice := answered(t, got.Body.Bytes())
	s := w.store.submissions[id]
	want := store.Submission{
		ID: id, Kind: casework.HelpRequest, Urgency: casework.Ordinary, Channel: store.Open311Channel, Language: "en",
		Terms:   store.Terms{Item: "help-request", Purpose: "help-request", RetentionDays: 365},
		Receipt: s.Receipt, Sealed: s.Sealed,
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("kept %+v, want %+v", s, want)
	}
	if !receiptIn(t, notice).Matches(bytes.Repeat([]byte{7}, 32), s.Receipt) {
		t.Error("the code that was told is not the one that was kept")
	}
	letter := w.letter(t, id)
	if want := (store.Letter{
		Fields: casework.Fields{"request-text": "The lamp is dark", "applicant-name": "张三", "telephone": "8613800000000"},
		Place:  &store.Place{Longitude: 1089541000, Latitude: 342653000},
	}); !reflect.DeepEqual(letter, want) {
		t.Errorf("letter %v %v, want %v", map[v1alpha1.DataElementCode]string(letter.Fields), letter.Place, map[v1alpha1.DataElementCode]string(want.Fields))
	}
}

func TestAnApplicationHasTheItemsTerms(t *testing.T) {
	w := newWorld(t, nil)
	got := w.post(requests, "service_code=civil-affairs.home-meal&lat=34.2653&long=108.9541&attribute[household-size][]=2&attribute[applicant-name]=Zhang+San&first_name=other"+
		"&attribute[birth-date]=1940-02-29&attribute[lives-alone]=true&attribute[household-income]=1200.50&attribute[meal-kind]=soft&attribute[health-note]=")
	if got.Code != http.StatusOK {
		t.Fatal(got.Code, got.Body)
	}
	id, _ := answered(t, got.Body.Bytes())
	want := store.Terms{Item: "civil-affairs.home-meal", Task: "civil-affairs/home-meal", Purpose: "home-meal", RetentionDays: 90, AcceptWithinMinutes: 60, ResolveWithinMinutes: 1440}
	if s := w.store.submissions[id]; s.Kind != casework.Application || s.Terms != want {
		t.Errorf("kept as %s under %+v", s.Kind, s.Terms)
	}
	letter := w.letter(t, id)
	if letter.Place != nil {
		t.Error("an application is about no place, and one was kept")
	}
	fields := casework.Fields{
		"applicant-name": "Zhang San", "household-size": "2", "birth-date": "1940-02-29", "lives-alone": "true", "household-income": "1200.50", "meal-kind": "soft",
	}
	if !reflect.DeepEqual(letter.Fields, fields) {
		t.Errorf("fields %v", map[v1alpha1.DataElementCode]string(letter.Fields))
	}
}

// TestNothingUndeclaredIsTaken: what a service does not collect is refused, and a
// refused request leaves nothing behind.
func TestNothingUndeclaredIsTaken(t *testing.T) {
	for name, more := range map[string]string{
		"an email nobody asks for":        "&email=a%40example.org",
		"an attribute of a class":         "&attribute[ethnicity]=x",
		"of ethnicity, in Chinese":        "&attribute[民族]=x",
		"of religion":                     "&attribute[religion]=x",
		"of religion, in Chinese":         "&attribute[宗教信仰]=x",
		"of a key person":                 "&attribute[key-person]=x",
		"of a key person, in Chinese":     "&attribute[重点人员]=x",
		"of a face":                       "&attribute[face-scan]=x",
		"of a face, in Chinese":           "&attribute[人脸]=x",
		"of a trajectory":                 "&attribute[trajectory]=x",
		"of a trajectory, in Chinese":     "&attribute[轨迹]=x",
		"of pregnancy":                    "&attribute[pregnancy]=x",
		"of pregnancy, in Chinese":        "&attribute[孕检]=x",
		"one that needs consent":          "&service_code=civil-affairs.home-meal&attribute[health-note]=x",
		"one the community has":           "&attribute[identity-number]=110101199001011234",
		"a parameter of one's own":        "&who=me",
		"half a location":                 "&long=&lat=34",
		"a place that is none":            "&lat=91",
		"degrees in another notation":     "&lat=3.4e1",
		"a description given twice":       "&description=another",
		"two descriptions":                "&attribute[request-text]=another",
		"a very long description":         "&description=" + strings.Repeat("x", 4001),
		"control characters":              "&description=a%00b",
		"an opinion, which is no service": "&service_code=opinion",
		"an item of the counter":          "&service_code=counter-only",
		"an item without a form":          "&service_code=no-form",
		"an item without a purpose":       "&service_code=no-purpose",
		"an item nobody may offer":        "&service_code=forbidden-one&attribute[religion]=x",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			values, err := url.ParseQuery(help)
			if err != nil {
				t.Fatal(err)
			}
			added, err := url.ParseQuery(more)
			if err != nil {
				t.Fatal(err)
			}
			for key, v := range added {
				if key == "description" && v[0] == "another" {
					values[key] = append(values[key], v...)
					continue
				}
				values[key] = v
			}
			got := w.post(requests, values.Encode())
			if (got.Code != http.StatusBadRequest && got.Code != http.StatusNotFound) || len(w.store.submissions) > 0 {
				t.Errorf("%d %s, kept %d", got.Code, got.Body, len(w.store.submissions))
			}
			for _, secret := range []string{"a@example.org", "110101199001011234", "another", "The lamp"} {
				if strings.Contains(got.Body.String()+w.log.String(), secret) {
					t.Errorf("%q is told or logged", secret)
				}
			}
		})
	}
}

func TestIdempotencyKey(t *testing.T) {
	w := newWorld(t, nil)
	const key = "9d2b7e6c-2f43-4f1f-8a59-8d4f0f3f8f11"
	first := w.post(requests, help, "Idempotency-Key", key)
	again := w.post(requests, help, "Idempotency-Key", key)
	if first.Code != http.StatusOK || first.Body.String() != again.Body.String() {
		t.Errorf("%d %s, and again %d %s", first.Code, first.Body, again.Code, again.Body)
	}
	other := w.post(requests, help+"+now", "Idempotency-Key", key)
	none := w.post(requests, help)
	if len(w.store.submissions) != 3 || other.Body.String() == first.Body.String() || none.Body.String() == first.Body.String() {
		t.Errorf("%d submissions, want that one once, and one each for another body and for no key", len(w.store.submissions))
	}
	for _, bad := range []string{"short", strings.Repeat("x", 256), "with a space in it, and long"} {
		if got := w.post(requests, help, "Idempotency-Key", bad); got.Code != http.StatusBadRequest {
			t.Errorf("key of %d: %d", len(bad), got.Code)
		}
	}
	// Whoever has not the key of the receipts can't work a code out.
	stranger := newWorld(t, func(c *open311.Config) { c.Receipts = bytes.Repeat([]byte{8}, 32) })
	if got := stranger.post(requests, help, "Idempotency-Key", key); got.Body.String() == first.Body.String() {
		t.Error("the code follows from what the client knows alone")
	}
}

type limiter struct {
	wait time.Duration
	ok   bool
}

func (l limiter) Allow(*http.Request) (time.Duration, bool) { return l.wait, l.ok }

type sealer struct{ err error }

func (s sealer) Seal(_, _ []byte) ([]byte, error) { return nil, s.err }

func TestDeliberateRefusals(t *testing.T) {
	away := func(err error) func(*world) { return func(w *world) { w.store.fail = err } }
	for name, test := range map[string]struct {
		config func(*open311.Config)
		world  func(*world)
		header []string
		body   string
		status int
		retry  string
	}{
		"the database is away": {world: away(fmt.Errorf("%w: %w", store.ErrUnavailable, errAway)), status: 503, retry: "30"},
		"the database is busy": {world: away(store.ErrBusy), status: 503, retry: "30"},
		"an unknown failure":   {world: away(errAway), status: 503, retry: "30"},
		"can't be kept":        {world: away(store.ErrInvalid), status: 400},
		"no sealing":           {config: func(c *open311.Config) { c.Seal = sealer{errors.New("no key")} }, status: 503, retry: "30"},
		"no randomness":        {config: func(c *open311.Config) { c.Random = strings.NewReader("short") }, status: 503, retry: "30"},
		"too often":            {config: func(c *open311.Config) { c.Limiter = limiter{wait: 1500 * time.Millisecond} }, status: 429, retry: "2"},
		"often enough":         {config: func(c *open311.Config) { c.Limiter = limiter{ok: true} }, status: 200},
		"another site's page":  {header: []string{"Sec-Fetch-Site", "cross-site"}, status: 403},
		"another origin":       {header: []string{"Origin", "https://elsewhere.example"}, status: 403},
		"this site's page":     {header: []string{"Sec-Fetch-Site", "same-origin"}, status: 200},
		"a large body":         {body: help + strings.Repeat("x", open311.MaxBody), status: 413},
		"another charset":      {header: []string{"Content-Type", "application/x-www-form-urlencoded; charset=gbk"}, status: 415},
		"no content type":      {header: []string{"Content-Type", ""}, status: 415},
		"broken encoding":      {body: help + "%zz", status: 400},
		"not UTF-8":            {body: help + "&device_id=%ff%fe", status: 400},
		"a semicolon":          {body: help + ";x=1", status: 400},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, test.config)
			if test.world != nil {
				test.world(w)
			}
			body := help
			if test.body != "" {
				body = test.body
			}
			got := w.post(requests, body, test.header...)
			if got.Code != test.status || got.Header().Get("Retry-After") != test.retry {
				t.Errorf("%d, Retry-After %q: %s", got.Code, got.Header().Get("Retry-After"), got.Body)
			}
			if kept := len(w.store.submissions); (test.status == 200) != (kept == 1) {
				t.Errorf("%d submissions", kept)
			}
			if strings.Contains(w.log.String(), "lamp") {
				t.Errorf("logged: %s", w.log)
			}
		})
	}
}

func TestConfiguration(t *testing.T) {
	full := open311.Config{Store: &memory{}, Seal: sealer{}, Receipts: make([]byte, 32)}
	for name, spoil := range map[string]func(*open311.Config){
		"no store":    func(c *open311.Config) { c.Store = nil },
		"no key":      func(c *open311.Config) { c.Seal = nil },
		"a short key": func(c *open311.Config) { c.Receipts = make([]byte, 31) },
	} {
		c := full
		spoil(&c)
		if _, err := open311.New(c); err == nil || !strings.Contains(err.Error(), "mount") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := open311.New(full); err != nil {
		t.Error(err)
	}
}
