package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier/transport"
	"github.com/shequ-io/shequ/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kept is a store in memory.
type kept struct {
	mu     sync.Mutex
	orders map[string]store.WorkOrder
	nonces map[string]bool
	away   error // of orders
	deaf   error // of nonces
}

func (k *kept) Order(_ context.Context, o store.WorkOrder) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.away != nil {
		return false, k.away
	}
	_, again := k.orders[o.System+" "+o.Key]
	if !again {
		k.orders[o.System+" "+o.Key] = o
	}
	return again, nil
}

func (k *kept) Nonce(_ context.Context, system, nonce string, _ time.Time) (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.deaf != nil {
		return false, k.deaf
	}
	fresh := !k.nonces[system+" "+nonce]
	k.nonces[system+" "+nonce] = true
	return fresh, nil
}

// words is what a work order is about, and secret must be in no answer and no log.
const secret = "路灯不亮-000"

var now = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

const key = "0123456789abcdef0123456789abcdef"

// post is a hook with its store.
type post struct {
	*kept
	*Hooks

	t        *testing.T
	log      *bytes.Buffer
	registry *prometheus.Registry
	orders   *content.OrderTerms
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{
		t: t, log: &bytes.Buffer{}, registry: prometheus.NewRegistry(), kept: &kept{orders: map[string]store.WorkOrder{}, nonces: map[string]bool{}},
		orders: &content.OrderTerms{Item: "hotline-12345", Purpose: "hotline", RetentionDays: 30},
	}
	p.Hooks = New(Config{
		Store: p.kept, Orders: func() *content.OrderTerms { return p.orders }, Metrics: p.registry, Now: func() time.Time { return now },
		Key: func(system string) (string, []byte, bool) { return "hotline-webhook", []byte(key), system == "hotline" },
		Log: slog.New(slog.NewTextHandler(p.log, nil)),
	})
	return p
}

const good = `{"workOrder":"GD-000001","received":"2026-03-02T08:59:00+08:00","urgency":"utility","elements":{"request-text":"` + secret + `"}}`

// request is signed; change changes it then.
func request(body string, change ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/hotline", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("Idempotency-Key", "work-order-1")
	(&transport.Signature{KeyID: "hotline-webhook", Key: []byte(key)}).Sign(r, []byte(body), now)
	for _, c := range change {
		c(r)
	}
	return r
}

func (p *post) ask(r *http.Request) (int, string) {
	p.t.Helper()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	var said struct {
		Error   string `json:"error"`
		Message string `json:"message"`
		Result  string `json:"result"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &said); err != nil || w.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		p.t.Errorf("%d %q is no JSON: %v", w.Code, w.Body, err)
	}
	if w.Code >= 400 && (said.Error == "" || said.Message == "") || w.Code < 400 && said.Result == "" {
		p.t.Errorf("%d says %q", w.Code, w.Body)
	}
	for _, text := range []string{w.Body.String(), p.log.String()} {
		if strings.Contains(text, "路灯") || strings.Contains(text, "id-card") || strings.Contains(text, "GD-0") || strings.Contains(text, "192.0.2") {
			p.t.Errorf("what was sent is repeated: %s", text)
		}
	}
	return w.Code, said.Error + said.Result
}

// A work order is kept once, with the terms of the community, however often it comes.
func TestOrder(t *testing.T) {
	p := newPost(t)
	for i, want := range []struct {
		status int
		result string
	}{{201, "taken"}, {200, "again"}, {200, "again"}} {
		if status, result := p.ask(request(good)); status != want.status || result != want.result {
			t.Errorf("time %d: %d %s", i, status, result)
		}
	}
	if len(p.kept.orders) != 1 {
		t.Fatalf("%d are kept", len(p.kept.orders))
	}
	got := p.kept.orders["hotline work-order-1"]
	want := store.WorkOrder{
		System: "hotline", Key: "work-order-1", Reference: "GD-000001", Urgency: casework.Utility, Received: now.Add(-time.Minute),
		Terms: store.Terms{Item: "hotline-12345", Purpose: "hotline", RetentionDays: 30},
	}
	if got.Letter.Fields["request-text"] != secret || len(got.Letter.Fields) != 1 || !got.Received.Equal(want.Received) {
		t.Errorf("kept %+v", got)
	}
	got.Letter, got.Received = want.Letter, want.Received
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("kept %+v, want %+v", got, want)
	}
	for result, n := range map[string]float64{"taken": 1, "again": 2} {
		if c := testutil.ToFloat64(p.Hooks.orders.WithLabelValues("hotline", result)); c != n {
			t.Errorf("%v of %s are counted", c, result)
		}
	}
}

// What is not as it must be is refused, and nothing of it is kept or repeated.
func TestRefused(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	change := func(old, with string) string { return strings.Replace(good, old, with, 1) }
	old := request(good)
	(&transport.Signature{KeyID: "hotline-webhook", Key: []byte(key)}).Sign(old, []byte(good), now.Add(-6*time.Minute))
	other := request(good)
	(&transport.Signature{KeyID: "hotline-webhook", Key: []byte(strings.ToUpper(key))}).Sign(other, []byte(good), now)
	tampered := request(good)
	tampered.Body = http.NoBody
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"not signed":              {request(good, func(r *http.Request) { r.Header.Del("Shequ-Signature") }), 401, "signature-invalid"},
		"signed by another":       {other, 401, "signature-invalid"},
		"by a name nobody has":    {request(good, set("Shequ-Key-Id", "x")), 401, "signature-invalid"},
		"changed on the way":      {tampered, 401, "signature-invalid"},
		"for another system":      {request(good, func(r *http.Request) { r.URL.Path = "/hooks/other" }), 401, "signature-invalid"},
		"with a query":            {request(good, func(r *http.Request) { r.URL.RawQuery = "a=b" }), 401, "signature-invalid"},
		"long ago":                {old, 401, "timestamp-too-far"},
		"no POST":                 {httptest.NewRequest(http.MethodGet, "/hooks/hotline", http.NoBody), 405, "method-not-allowed"},
		"elsewhere":               {httptest.NewRequest(http.MethodPost, "/hook", http.NoBody), 404, "nothing-here"},
		"below":                   {httptest.NewRequest(http.MethodPost, "/hooks/hotline/x", http.NoBody), 404, "nothing-here"},
		"too long":                {request(`{"a":"` + strings.Repeat("x", maxBody) + `"}`), 413, "too-long"},
		"no JSON by its header":   {request(good, set("Content-Type", "text/plain")), 415, "no-json"},
		"no key":                  {request(good, func(r *http.Request) { r.Header.Del("Idempotency-Key") }), 400, "key-missing"},
		"two keys":                {request(good, func(r *http.Request) { r.Header.Add("Idempotency-Key", "b") }), 400, "key-missing"},
		"a key with a blank":      {request(good, set("Idempotency-Key", "a b")), 400, "key-missing"},
		"no JSON":                 {request(`{"workOrder":`), 400, "body-malformed"},
		"a list":                  {request(`[]`), 400, "body-malformed"},
		"two objects":             {request(good + good), 400, "body-malformed"},
		"a member twice":          {request(change(`{"workOrder"`, `{"workOrder":"GD-000002","workOrder"`)), 400, "body-malformed"},
		"an element not declared": {request(change(`"request-text"`, `"telephone":"000","request-text"`)), 422, "field-not-taken"},
		"an element of a file":    {request(change(`"request-text"`, `"id-card-photo":"路灯","request-text"`)), 422, "field-not-taken"},
		"a member not declared":   {request(change(`{"workOrder"`, `{"路灯":"x","workOrder"`)), 422, "field-not-taken"},
		"a member in other case":  {request(change(`"request-text"`, `"Request-Text"`)), 422, "field-not-taken"},
		"no elements":             {request(`{"workOrder":"GD-000001","received":"2026-03-02T09:00:00+08:00"}`), 422, "field-not-taken"},
		"no number":               {request(change("GD-000001", "路灯")), 422, "work-order-malformed"},
		"a telephone's number":    {request(change("GD-000001", "GD-00000000000")), 422, "work-order-malformed"},
		"no time":                 {request(change("2026-03-02T08:59:00+08:00", "yesterday")), 422, "received-malformed"},
		"tomorrow":                {request(change("2026-03-02T08:59", "2026-03-03T08:59")), 422, "received-malformed"},
		"last year":               {request(change("2026-03-02", "2025-03-02")), 422, "received-malformed"},
		"an urgency nobody knows": {request(change("utility", "路灯")), 422, "urgency-malformed"},
		"no text":                 {request(change(secret, " \\n ")), 422, "request-text-malformed"},
		"text that is none":       {request(change(`"`+secret+`"`, `["路灯"]`)), 422, "request-text-malformed"},
		"null":                    {request(change(`"`+secret+`"`, `null`)), 422, "request-text-malformed"},
		"text too long":           {request(change(secret, strings.Repeat("路", 4001))), 422, "request-text-malformed"},
		"text that is bytes":      {request(change(secret, "\xff\xfe")), 400, "body-malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPost(t)
			if status, code := p.ask(c.r); status != c.status || code != c.code {
				t.Errorf("%d %s, want %d %s", status, code, c.status, c.code)
			}
			if len(p.kept.orders) != 0 {
				t.Error("it is kept")
			}
		})
	}
	p := newPost(t)
	// What nobody may collect is no exception, in either language, with words of its own
	// or in the place of what is asked for; and nothing says what it was.
	for _, name := range []string{"ethnicity", "religion", "key-person", "fingerprint", "trajectory", "pregnancy", "民族", "宗教信仰", "重点人员", "人脸", "轨迹", "孕检"} {
		for _, body := range []string{change(`"request-text"`, `"`+name+`":"路灯","request-text"`), change(`{"workOrder"`, `{"`+name+`":"路灯","workOrder"`), change(`"request-text"`, `"`+name+`"`)} {
			p := newPost(t)
			w := httptest.NewRecorder()
			p.ServeHTTP(w, request(body))
			if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "field-not-taken") || strings.Contains(w.Body.String(), name) || len(p.kept.orders) != 0 {
				t.Errorf("%s: %d %s, %d kept", body, w.Code, w.Body, len(p.kept.orders))
			}
		}
	}
	first := request(good)
	second := request(good)
	second.Header = first.Header.Clone()
	if status, _ := p.ask(first); status != 201 {
		t.Errorf("the first is answered %d", status)
	}
	if status, code := p.ask(second); status != 401 || code != "nonce-replayed" {
		t.Errorf("a replay is answered %d %s", status, code)
	}
}

// While the database is away nothing is acknowledged, and the system is asked to send
// again; so where the community takes no work orders for now.
func TestUnavailable(t *testing.T) {
	p := newPost(t)
	for name, c := range map[string]struct {
		change func()
		code   string
	}{
		"orders can't be kept": {func() { p.away = store.ErrUnavailable }, "unavailable"},
		"nor nonces":           {func() { p.away, p.deaf = nil, errors.New("away") }, "unavailable"},
		"none are taken":       {func() { p.away, p.deaf, p.config.Orders = nil, nil, func() *content.OrderTerms { return nil } }, "no-work-orders"},
	} {
		p.away, p.deaf = nil, nil
		c.change()
		w := httptest.NewRecorder()
		p.ServeHTTP(w, request(good))
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), c.code) {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		p.config.Orders = func() *content.OrderTerms { return p.orders }
	}
	p.away, p.deaf = nil, nil
	if status, _ := p.ask(request(good)); status != 201 {
		t.Errorf("then it is answered %d", status)
	}
	p.away = fmt.Errorf("%w: no such item", store.ErrInvalid)
	if status, code := p.ask(request(good)); status != 422 || code != "unfit" {
		t.Errorf("what can't be kept is answered %d %s", status, code)
	}
	p.away = store.ErrReused
	if status, code := p.ask(request(good)); status != 409 || code != "key-reused" {
		t.Errorf("a key of another is answered %d %s", status, code)
	}
}

// The simulated hotline's work orders: once though sent twice; a replay and a body that
// was changed are refused; and one that was refused while the database was away comes
// again.
func TestSimulatedHotline(t *testing.T) {
	p := newPost(t)
	var own string
	var secretKey []byte
	p.config.Now = time.Now
	p.config.Key = func(system string) (string, []byte, bool) { return own, secretKey, system == systems.Hotline }
	server := httptest.NewServer(p.Hooks)
	t.Cleanup(server.Close)
	farm, err := systems.Start(t.Context(), systems.Config{
		Systems: []systems.SystemConfig{{Name: systems.Hotline}}, Webhook: server.URL + Path + systems.Hotline, Backoff: 10 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = farm.Close() })
	hotline := farm.System(systems.Hotline)
	given := farm.Secrets()[hotline.Kind().Secret]
	own, secretKey = string(given["webhook-key-id"]), given["webhook-key"]

	p.deaf = store.ErrUnavailable
	send := func(o systems.WorkOrder) systems.Dispatch {
		t.Helper()
		o.Text = secret
		d, err := hotline.Send(o)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	orders := []systems.Dispatch{send(systems.WorkOrder{Twice: true}), send(systems.WorkOrder{Replay: true}), send(systems.WorkOrder{Urgency: "emergency"})}
	tampered := send(systems.WorkOrder{Tamper: true})
	time.Sleep(30 * time.Millisecond)
	p.mu.Lock()
	p.deaf = nil
	p.mu.Unlock()
	settled := func() map[string]systems.Dispatch {
		out := map[string]systems.Dispatch{}
		for _, d := range hotline.WorkOrders() {
			out[d.Number] = d
		}
		return out
	}
	last := func(d systems.Dispatch) int {
		if len(d.Attempts) == 0 {
			return 0
		}
		return d.Attempts[len(d.Attempts)-1].Status
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		all := settled()
		if last(all[orders[0].Number]) == 200 && last(all[orders[1].Number]) == 401 && last(all[orders[2].Number]) == 201 && all[tampered.Number].State == "refused" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it never came to that: %+v", all)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.kept.orders) != 3 {
		t.Errorf("%d are kept", len(p.kept.orders))
	}
	for _, o := range orders {
		got, ok := p.kept.orders[systems.Hotline+" "+o.Key]
		if !ok || got.Reference != o.Number || got.Letter.Fields["request-text"] != secret {
			t.Errorf("%s is %+v", o.Number, got)
		}
	}
	if p.kept.orders[systems.Hotline+" "+orders[2].Key].Urgency != casework.Emergency {
		t.Error("an emergency is none")
	}
}

// One too many at once is asked to come again.
func TestAtOnce(t *testing.T) {
	p := newPost(t)
	for range atOnce {
		p.turns <- struct{}{}
	}
	if status, code := p.ask(request(good)); status != 503 || code != "busy" {
		t.Errorf("%d %s", status, code)
	}
	p = newPost(t)
	for range reading {
		p.bodies <- struct{}{}
	}
	if status, code := p.ask(request(good)); status != 503 || code != "busy" {
		t.Errorf("%d %s", status, code)
	}
}

// Strangers who send their bodies slowly keep no system waiting.
func TestSlowStrangers(t *testing.T) {
	p := newPost(t)
	var strangers sync.WaitGroup
	var ends []*io.PipeWriter
	for range 2 * atOnce {
		body, end := io.Pipe()
		ends = append(ends, end)
		strangers.Go(func() {
			p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/hooks/hotline", body))
		})
		if _, err := end.Write([]byte("{")); err != nil { // it is being read
			t.Fatal(err)
		}
	}
	if status, result := p.ask(request(good)); status != 201 {
		t.Errorf("the hotline is answered %d %s", status, result)
	}
	for _, end := range ends {
		_ = end.Close() // a pipe's never fails
	}
	strangers.Wait()
}

// FuzzParse: whatever comes, what is kept is a work order with one element and a number
// that names nobody, and everything else is refused with its own text.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte(`{"workOrder":"a","received":"2026-03-02T09:00:00Z","elements":{"request-text":"x"}}`))
	f.Add([]byte(`{"elements":{"request-text":"x","a":{}}}`))
	f.Add([]byte("\xef\xbb\xbf{}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		order, no := parse(body, now)
		if no != nil {
			if no.status < 400 || no.status >= 500 || order.Reference != "" || len(order.Letter.Fields) != 0 {
				t.Fatalf("%+v with %+v", no, order)
			}
			return
		}
		if len(order.Letter.Fields) != 1 || strings.TrimSpace(order.Letter.Fields[requestText]) == "" || order.Received.After(now) ||
			!numberForm.MatchString(order.Reference) || order.Urgency == "" {
			t.Fatalf("%+v", order)
		}
		if !json.Valid(body) {
			t.Fatalf("%q is no JSON", body)
		}
	})
}
