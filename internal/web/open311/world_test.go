package open311_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/casework"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/seal"
	"github.com/shequ-io/shequ/internal/store"
	"github.com/shequ-io/shequ/internal/web/open311"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	now     = time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)
	changed = time.Date(2026, 3, 9, 1, 2, 3, 0, time.UTC)
)

// memory is a store in memory. It keeps what *store.Portal keeps: once for each id.
type memory struct {
	mu          sync.Mutex
	submissions map[string]store.Submission
	order       []string
	public      []store.PublicRequest // the latest first
	queries     []store.RequestQuery
	fail        error
	careless    bool // tells requests of items nobody asked for
	// entered and hold, where there are some, tell of a read and keep it waiting.
	entered, hold chan struct{}
}

func (m *memory) Submit(_ context.Context, s store.Submission) (store.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return store.Outcome{}, m.fail
	}
	if kept, ok := m.submissions[s.ID]; ok {
		if kept.Receipt != s.Receipt || kept.Terms.Item != s.Terms.Item {
			return store.Outcome{}, store.ErrReused
		}
		return store.Outcome{Again: true}, nil
	}
	m.submissions[s.ID] = s
	m.order = append(m.order, s.ID)
	if s.Kind == casework.HelpRequest {
		m.public = append([]store.PublicRequest{{ID: s.ID, Item: s.Terms.Item, Step: casework.Collected, Received: now, Updated: now, Open: true}}, m.public...)
	}
	return store.Outcome{}, nil
}

func (m *memory) Requests(_ context.Context, q store.RequestQuery) ([]store.PublicRequest, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.queries = append(m.queries, q)
	if m.fail != nil {
		return nil, m.fail
	}
	if len(q.IDs) > 50 || q.PageSize < 1 || q.PageSize > 200 || q.Page < 1 {
		return nil, store.ErrInvalid
	}
	var found []store.PublicRequest
	for _, p := range m.public {
		wanted := len(q.IDs) == 0 || slices.Contains(q.IDs, p.ID)
		wanted = wanted && (m.careless || slices.Contains(q.Items, p.Item))
		wanted = wanted && (q.From.IsZero() || !p.Received.Before(q.From)) && (q.To.IsZero() || p.Received.Before(q.To))
		if wanted && (q.Open == q.Closed || p.Open == q.Open) {
			found = append(found, p)
		}
	}
	from := min(len(found), (q.Page-1)*q.PageSize)
	return found[from:min(len(found), from+q.PageSize)], nil
}

func (m *memory) ByID(ctx context.Context, id string) (store.PublicRequest, bool, error) {
	if m.hold != nil {
		m.entered <- struct{}{}
		select {
		case <-m.hold:
		case <-ctx.Done():
			return store.PublicRequest{}, false, ctx.Err()
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return store.PublicRequest{}, false, m.fail
	}
	for _, p := range m.public {
		if p.ID == id {
			return p, true, nil
		}
	}
	return store.PublicRequest{}, false, nil
}

func text(zh, en string) content.Text { return content.Text{ZH: zh, EN: en} }

func field(code, kind string, title content.Text, required bool) content.Field {
	return content.Field{Text: title, Code: code, Type: kind, Class: "Base", Required: required, Purpose: "station-service", RetentionDays: 365}
}

// sample is a community with a form, two items that may be applied for online, and
// some that may not.
func sample() *content.Document {
	consent := field("health-note", "Text", text("健康情况", "Health"), false)
	consent.Consent = true
	reused := field("identity-number", "Text", text("公民身份号码", "Identity number"), false)
	reused.Reused = true
	return &content.Document{
		Site: content.Site{
			SchemaVersion: content.SchemaVersion,
			Languages:     []string{content.Chinese, content.English},
			Modules:       []string{"Applications", "HelpRequests"},
			Community: content.Community{
				Namespace: "qingnian-road", Name: "qingnian-2", DisplayName: text("青年路第二社区", "Qingnian Road No.2 Community"),
				Address: text("青年路 2 号", "2 Qingnian Road"), Telephone: "000-0000 0000",
			},
			Grids: []content.Grid{{Name: "grid-01", Title: text("第一网格", "Grid 1")}},
			Forms: []content.Form{
				{
					Kind: "help-request", Item: "help-request", Title: text("求助", "Ask for help"), Purpose: "help-request", RetentionDays: 365, Place: true,
					Fields: []content.Field{
						field("request-text", "Text", text("事项说明", "What is asked for"), true),
						field("applicant-name", "Text", text("申请人姓名", "Applicant's name"), false),
						field("telephone", "Text", text("联系电话", "Telephone"), false),
					},
				},
				{Kind: "opinion", Item: "opinion", Title: text("提意见建议", "Give an opinion"), Purpose: "opinion", RetentionDays: 365},
			},
		},
		Items: []content.Item{
			{
				Name: "civil-affairs.home-meal", Title: text("老年人送餐", "Meals for older residents"), Category: "Agency",
				Summary: text("每天送午餐。", "Lunch, every day."), Online: true, Purpose: "home-meal", RetentionDays: 90, ResolveWithinMinutes: 1440, AcceptWithinMinutes: 60,
				Task: &content.Task{Name: "civil-affairs/home-meal", Title: text("老年人送餐", ""), Deliveries: []content.Delivery{{
					System: text("送餐系统", "Meal orders"), Owner: "区民政局", Location: text("区数据中心", "The district's data centre"),
					Purpose: "home-meal", Elements: []string{"applicant-name", "birth-date"},
				}}},
				Elements: []content.Field{
					field("applicant-name", "Text", text("申请人姓名", "Applicant's name"), true), field("household-size", "Integer", text("家庭人口数", "People in the household"), true),
					field("household-income", "Decimal", text("家庭月收入", "Monthly household income"), false), field("birth-date", "Date", text("出生日期", "Date of birth"), false),
					field("lives-alone", "Boolean", text("独居", "Lives alone"), false), field("meal-kind", "Choice", text("餐别", "Kind of meal"), false), reused, consent,
				},
			},
			{Name: "counter-only", Title: text("窗口办理", ""), Elements: []content.Field{field("applicant-name", "Text", text("申请人姓名", ""), true)}},
			{Name: "no-form", Title: text("无表", ""), Online: true, Elements: []content.Field{{Text: text("姓名", "")}}},
			{Name: "forbidden-one", Title: text("不得收集", ""), Online: true, Purpose: "other", Elements: []content.Field{field("religion", "Text", text("其他", ""), false)}},
			{Name: "no-purpose", Title: text("无目的", ""), Online: true, Elements: []content.Field{field("applicant-name", "Text", text("申请人姓名", ""), true)}},
		},
	}
}

// world is a handler over a store in memory, with a key to look into letters.
type world struct {
	http.Handler

	store   *memory
	private seal.PrivateKey
	log     *bytes.Buffer
}

// counting is a reader of 1, 2, 3, …, so that ids and codes are known beforehand.
type counting struct{ at byte }

func (c *counting) Read(p []byte) (int, error) {
	for i := range p {
		c.at++
		p[i] = c.at
	}
	return len(p), nil
}

func newWorld(t testing.TB, change func(*open311.Config)) *world {
	t.Helper()
	s, err := seal.NewSeed(&counting{})
	if err != nil {
		t.Fatal(err)
	}
	private, err := s.Sealing()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{store: &memory{submissions: map[string]store.Submission{}}, private: private, log: &bytes.Buffer{}}
	config := open311.Config{
		Store: w.store, Seal: private.Public(), Receipts: bytes.Repeat([]byte{7}, 32), URL: "https://community.example",
		Log: slog.New(slog.NewTextHandler(w.log, nil)), Now: func() time.Time { return now }, Random: &counting{},
	}
	if change != nil {
		change(&config)
	}
	h, err := open311.New(config)
	if err != nil {
		t.Fatal(err)
	}
	h.Serve(sample(), changed)
	w.Handler = h
	return w
}

func (w *world) get(path string, header ...string) *httptest.ResponseRecorder {
	return w.send(http.MethodGet, path, "", header...)
}

// post sends a form as clients do.
func (w *world) post(path, body string, header ...string) *httptest.ResponseRecorder {
	return w.send(http.MethodPost, path, body, append([]string{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}, header...)...)
}

func (w *world) send(method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://community.example/", strings.NewReader(body))
	r.URL.Path, r.URL.RawQuery, _ = strings.Cut(path, "?")
	r.Header.Set("Accept-Language", "en")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder
}

// letter opens what was submitted, as the desk does.
func (w *world) letter(t testing.TB, id string) store.Letter {
	t.Helper()
	s, ok := w.store.submissions[id]
	if !ok {
		t.Fatalf("no submission %s", id)
	}
	plain, err := w.private.Open(s.Sealed, store.SubmissionContext(id))
	if err != nil {
		t.Fatal(err)
	}
	var letter store.Letter
	if err := json.Unmarshal(plain, &letter); err != nil {
		t.Fatal(err)
	}
	return letter
}

var errAway = errors.New("connection refused") // wrapped or not, it is not the client's fault

// What the portal has is what the handler wants.
var (
	_ open311.Store  = (*store.Portal)(nil)
	_ open311.Sealer = seal.PublicKey{}
)
