package systems

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is set by tests.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 9, 1, 4, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// start starts systems, all when none is named, by a clock of the test's.
func start(t *testing.T, names ...string) (*Farm, *clock) {
	t.Helper()
	c := newClock()
	config := Config{Now: c.now, Backoff: time.Millisecond}
	for _, name := range names {
		config.Systems = append(config.Systems, SystemConfig{Name: name})
	}
	return startWith(t, config), c
}

func startWith(t *testing.T, config Config) *Farm {
	t.Helper()
	farm, err := Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	})
	return farm
}

// sender delivers to one system as its protocol wants it.
type sender struct {
	t      *testing.T
	farm   *Farm
	system *System
	http   *http.Client
	token  string
	now    func() time.Time
}

func sends(t *testing.T, farm *Farm, name string, c *clock) *sender {
	t.Helper()
	s := &sender{t: t, farm: farm, system: farm.System(name), now: c.now}
	config := &tls.Config{RootCAs: farm.Roots()}
	if keys := farm.Secrets()[s.system.Kind().Secret]; keys["tls.crt"] != nil {
		pair, err := tls.X509KeyPair(keys["tls.crt"], keys["tls.key"])
		if err != nil {
			t.Fatal(err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	transport := &http.Transport{TLSClientConfig: config}
	s.http = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	t.Cleanup(transport.CloseIdleConnections)
	if s.system.TokenURL() != "" {
		status, got := s.fetch(url.Values{"grant_type": {"client_credentials"}})
		if status != http.StatusOK || got.TokenType != "Bearer" || got.ExpiresIn != 300 {
			t.Fatalf("a token: %d %+v", status, got)
		}
		s.token = got.AccessToken
	}
	return s
}

// fetch asks for a token.
func (s *sender) fetch(form url.Values) (int, granted) {
	s.t.Helper()
	keys := s.farm.Secrets()[s.system.Kind().Secret]
	r, _ := http.NewRequest(http.MethodPost, s.system.TokenURL(), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if form.Get("client_id") == "" {
		r.SetBasicAuth(url.QueryEscape(string(keys["client-id"])), url.QueryEscape(string(keys["client-secret"])))
	}
	answer, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	var got granted
	_ = json.NewDecoder(answer.Body).Decode(&got)
	return answer.StatusCode, got
}

// request makes a delivery that is authenticated.
func (s *sender) request(key, body string) *http.Request {
	kind := s.system.Kind()
	path := "/api/v1/cases"
	if kind.Protocol == XRoad {
		path = "/r1/" + kind.Service
	}
	r, err := http.NewRequest(http.MethodPost, s.system.origin()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(HeaderKey, key)
	switch {
	case kind.Protocol == XRoad:
		r.Header.Set(xRoadClientHeader, XRoadClient)
	case kind.Auth == AuthOAuth2:
		r.Header.Set("Authorization", "Bearer "+s.token)
	case kind.Auth == AuthHMAC:
		keys := s.farm.Secrets()[kind.Secret]
		maps.Copy(r.Header, shared{id: string(keys["key-id"]), key: keys["key"]}.sign(http.MethodPost, path, []byte(body), s.now()))
	}
	return r
}

// reply of a system.
type said struct {
	status int
	header http.Header
	text   string
	Answer

	Error string `json:"error"`
	Type  string `json:"type"`
}

func (s *sender) do(r *http.Request) (said, error) {
	answer, err := s.http.Do(r)
	if err != nil {
		return said{}, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return said{}, err
	}
	out := said{status: answer.StatusCode, header: answer.Header, text: string(body)}
	_ = json.Unmarshal(body, &out)
	return out, nil
}

func (s *sender) must(r *http.Request) said {
	s.t.Helper()
	out, err := s.do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *sender) deliver(key, body string) said {
	s.t.Helper()
	return s.must(s.request(key, body))
}

// good is a body each system accepts.
var good = map[string]string{
	SocialSecurity:   `{"case":"2026-000001","purpose":"social-security-enrolment","sequence":1,"elements":{"applicant-name":"某甲","identity-number":"000000000000000000"}}`,
	Residence:        `{"case":"2026-000001","purpose":"residence-certificates","elements":{"identity-number":"000000000000000000"}}`,
	FamilyHealth:     `{"case":"2026-000001","applicant-name":"某甲","telephone":"000-0000","preferred-time":"2026-09-02 上午"}`,
	RemoteEducation:  `{"case":"2026-000001","course-title":"智能手机入门"}`,
	Supervision:      `{"case":"2026-08","purpose":"e-supervision-report","period":"2026-08","figures":{"opened":120,"closed":100,"late":null}}`,
	Hotline:          `{"case":"2026-000001","purpose":"hotline-12345","request-text":"路灯不亮"}`,
	UtilityBills:     `{"case":"2026-000001","elements":{"customer-number":"100023","payment-period":"2026-08","payment-amount":"33.00"}}`,
	MedicalInsurance: `{"case":"2026-000001","purpose":"medical-relief","elements":{"applicant-name":"某甲","identity-number":"000000000000000000"}}`,
	CivilAffairs:     `{"case":"2026-000001","elements":{"applicant-name":"某甲","identity-number":"000000000000000000","household-income":1999,"household-size":2}}`,
}

// eventually waits for what happens in the background.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 2000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("never: " + what)
}

// ask asks the administrator's interface.
func ask(t *testing.T, farm *Farm, method, path, body string, into any) int {
	t.Helper()
	r, _ := http.NewRequest(method, farm.Admin()+path, bytes.NewReader([]byte(body)))
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if into != nil {
		if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
			t.Fatal(fmt.Errorf("%s %s: %w", method, path, err))
		}
	}
	return answer.StatusCode
}
