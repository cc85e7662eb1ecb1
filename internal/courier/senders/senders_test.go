package senders

import (
	"bytes"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/content"
	"github.com/shequ-io/shequ/internal/courier"
	"github.com/shequ-io/shequ/internal/courier/rounds"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// place is a directory with credentials, and the senders made of it.
type place struct {
	*Senders

	t   *testing.T
	dir string
	log *bytes.Buffer
	now time.Time
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), log: &bytes.Buffer{}, now: time.Now()}
	p.Senders = New(Config{Credentials: p.dir, Log: slog.New(slog.NewTextHandler(p.log, nil))})
	p.Senders.now = func() time.Time { return p.now }
	t.Cleanup(p.Close)
	return p
}

func (p *place) put(system string, keys map[string][]byte) {
	p.t.Helper()
	for key, value := range keys {
		if err := os.WriteFile(filepath.Join(p.dir, content.CredentialFile(system, key)), value, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) held(name string) *rounds.HeldError {
	p.t.Helper()
	_, err := p.Find(name)
	var held *rounds.HeldError
	if !errors.As(err, &held) {
		p.t.Fatalf("%s is not held: %v", name, err)
	}
	return held
}

var secretRef = v1alpha1.NamespacedReference{Namespace: "district", Name: "system-x"}

// declared is a simulated system as its InformationSystem would declare it.
func declared(t *testing.T, s *systems.System) content.CourierSystem {
	t.Helper()
	kind := s.Kind()
	out := content.CourierSystem{Name: kind.Name}
	switch kind.Protocol {
	case systems.SFTP:
		host, text, _ := net.SplitHostPort(s.Address())
		port, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		out.Protocol = v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolFile, File: &v1alpha1.FileProtocol{
			Transport: v1alpha1.TransportSFTP, Host: v1alpha1.Hostname(host), Port: int32(port), Directory: systems.Inbox, Format: v1alpha1.FormatCSV, SecretRef: secretRef,
		}}
	case systems.XRoad:
		out.Protocol = v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolXRoad, XRoad: &v1alpha1.XRoadProtocol{
			Client: systems.XRoadClient, Service: kind.Service, SecurityServer: v1alpha1.ServiceURL(s.URL()), SecretRef: &secretRef,
		}}
	default:
		auth := v1alpha1.HTTPAuth{Type: v1alpha1.HTTPAuthType(map[systems.Auth]string{systems.AuthOAuth2: "OAuth2", systems.AuthMTLS: "MTLS", systems.AuthHMAC: "HMAC"}[kind.Auth]), SecretRef: secretRef}
		if kind.Auth == systems.AuthOAuth2 {
			auth.TokenURL, auth.Scopes = v1alpha1.ServiceURL(s.TokenURL()), []string{systems.ScopeWrite}
		}
		out.Protocol = v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{BaseURL: v1alpha1.ServiceURL(s.URL()), Auth: auth}}
	}
	out.RateLimit = &v1alpha1.SystemRateLimit{PerMinute: 600, Concurrent: 3}
	out.Reading = &v1alpha1.SystemReading{
		Accepted: `body.outcome in ["accepted", "answered"]`, Reference: "body.reference",
		Rejected:   &v1alpha1.AnswerRule{When: `body.outcome == "rejected"`, Code: "body.reason", Otherwise: "NotEligible"},
		MoreNeeded: &v1alpha1.AnswerRule{When: `body.outcome == "more-information"`, Code: "body.reason", Otherwise: "MaterialsMissing"},
	}
	if kind.Name == systems.Hotline {
		out.Sends = []v1alpha1.SystemSends{v1alpha1.SendsWorkOrders}
	}
	return out
}

// Every simulated system is reached with what its InformationSystem declares and its
// Secret holds, and its answers are read.
func TestSimulatedSystems(t *testing.T) {
	farm, err := systems.Start(t.Context(), systems.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	})
	p := newPlace(t)
	var c content.Courier
	for _, kind := range systems.Kinds() {
		c.Systems = append(c.Systems, declared(t, farm.System(kind.Name)))
		p.put(kind.Name, farm.Secrets()[kind.Secret])
	}
	if !p.Use(&c) || p.Look() {
		t.Error("they are made once")
	}
	for _, kind := range systems.Kinds() {
		t.Run(kind.Name, func(t *testing.T) {
			system, err := p.Find(kind.Name)
			if err != nil {
				t.Fatal(err)
			}
			if system.Pace != (courier.PaceRules{PerMinute: 600, Concurrent: 3}) || system.Timeout <= 0 {
				t.Errorf("%+v", system)
			}
			m := courier.Message{
				Facts:  courier.Facts{Case: "c-1", Task: "d/t", System: kind.Name, Purpose: v1alpha1.PurposeCode(kind.Purposes[0]), Version: 1},
				Fields: []courier.Field{{Name: "not-accepted-anywhere", Value: "x"}}, Salt: "0123456789abcdef",
			}
			for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				answer, err := system.Sender.Send(t.Context(), m, m.Key())
				if err != nil || time.Now().After(deadline) {
					t.Fatal(answer, err)
				}
				if answer.Pending {
					continue
				}
				if out, err := system.Reading.Read(answer); err != nil || out.Verdict != courier.Rejected {
					t.Errorf("%+v, %v", out, err)
				}
				return
			}
		})
	}
	id, key, ok := p.Webhook(systems.Hotline)
	if want := farm.Secrets()["system-hotline-12345"]; !ok || id != string(want["webhook-key-id"]) || !bytes.Equal(key, want["webhook-key"]) {
		t.Error("the hotline has no key of its own")
	}
	if _, _, ok := p.Webhook(systems.SocialSecurity); ok {
		t.Error("a system that sends nothing has a key")
	}
}

func oauth(name string) content.CourierSystem {
	return content.CourierSystem{Name: name, Protocol: v1alpha1.SystemProtocol{Type: v1alpha1.ProtocolHTTP, HTTP: &v1alpha1.HTTPProtocol{
		BaseURL: "https://127.0.0.1:1/api/v1",
		Auth:    v1alpha1.HTTPAuth{Type: v1alpha1.AuthOAuth2, SecretRef: secretRef, TokenURL: "https://127.0.0.1:1/oauth2/token"},
	}}}
}

// A sender is made anew when something of its own changed, and then only.
func TestChanges(t *testing.T) {
	p := newPlace(t)
	p.put("a", map[string][]byte{"client-id": []byte("us"), "client-secret": []byte("a secret of a")})
	p.put("b", map[string][]byte{"client-id": []byte("us")})
	c := content.Courier{Systems: []content.CourierSystem{oauth("a"), oauth("b")}}
	if !p.Use(&c) {
		t.Error("nothing changed at first")
	}
	first, err := p.Find("a")
	if err != nil {
		t.Fatal(err)
	}
	if held := p.held("b"); held.Held != rounds.HeldCredentials || !strings.Contains(held.Why, "district/system-x: it has no client-secret; put in") {
		t.Errorf("b is held: %v", held)
	}
	p.put("b", map[string][]byte{"client-secret": []byte("a secret of b")})
	if !p.Look() {
		t.Error("new credentials are not seen")
	}
	if _, err := p.Find("b"); err != nil {
		t.Error(err)
	}
	if again, err := p.Find("a"); err != nil || again != first {
		t.Errorf("a is another for what b got: %v", err)
	}
	p.put("a", map[string][]byte{"client-secret": []byte("another secret of a")})
	if !p.Look() || p.Look() {
		t.Error("a change is seen once")
	}
	if again, err := p.Find("a"); err != nil || again.Sender == first.Sender || again.Generation == first.Generation {
		t.Errorf("a has its old credentials: %v", err)
	}
	// Its reading may change too, and it may go.
	c.Systems[0].Reading = &v1alpha1.SystemReading{Accepted: "status = 200"}
	c.Systems = c.Systems[:1]
	p.Use(&c)
	if held := p.held("a"); held.Held != rounds.HeldSettings || !strings.Contains(held.Why, "accepted") {
		t.Errorf("a is held: %v", held)
	}
	if held := p.held("b"); held.Held != rounds.HeldUnknown || !strings.Contains(held.Why, "integrations") {
		t.Errorf("b is held: %v", held)
	}
	if text := p.log.String(); strings.Contains(text, "secret of") || !strings.Contains(text, "system=a") {
		t.Errorf("logged %s", text)
	}
}

// A certificate that expires holds its system by the clock alone.
func TestCertificatesExpire(t *testing.T) {
	farm, err := systems.Start(t.Context(), systems.Config{Systems: []systems.SystemConfig{{Name: systems.FamilyHealth}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = farm.Close() })
	p := newPlace(t)
	s := farm.System(systems.FamilyHealth)
	p.put(systems.FamilyHealth, farm.Secrets()[s.Kind().Secret])
	p.Use(&content.Courier{Systems: []content.CourierSystem{declared(t, s)}})
	first, err := p.Find(systems.FamilyHealth)
	if err != nil {
		t.Fatal(err)
	}
	p.now = p.now.AddDate(1, 0, 0)
	if p.Look() {
		t.Error("something changed in the year it holds")
	}
	if again, err := p.Find(systems.FamilyHealth); err != nil || again != first {
		t.Error("it is another", err)
	}
	p.now = p.now.AddDate(2, 0, 0)
	if !p.Look() {
		t.Error("nothing changed when it expired")
	}
	if held := p.held(systems.FamilyHealth); held.Held != rounds.HeldCredentials || !strings.Contains(held.Why, "expired") {
		t.Errorf("it is held: %v", held)
	}
}

// What can't be used names the cure.
func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*content.CourierSystem)
		files  map[string][]byte
		held   rounds.Held
		want   string
	}{
		"no files":                     {func(*content.CourierSystem) {}, nil, rounds.HeldCredentials, "client-id and client-secret"},
		"no address":                   {func(s *content.CourierSystem) { s.Protocol.HTTP.BaseURL = "ftp://x" }, map[string][]byte{"client-id": []byte("us"), "client-secret": []byte("s")}, rounds.HeldSettings, "baseURL"},
		"no protocol":                  {func(s *content.CourierSystem) { s.Protocol.HTTP = nil }, nil, rounds.HeldSettings, "roll out the station image"},
		"a new kind of authentication": {func(s *content.CourierSystem) { s.Protocol.HTTP.Auth.Type = "Later" }, map[string][]byte{"x": nil}, rounds.HeldSettings, "roll out the station image"},
		"S3 without a bucket": {func(s *content.CourierSystem) {
			s.Protocol = v1alpha1.SystemProtocol{File: &v1alpha1.FileProtocol{Transport: v1alpha1.TransportS3, Host: "s3.example", SecretRef: secretRef}}
		}, map[string][]byte{"access-key-id": []byte("a"), "secret-access-key": []byte("b")}, rounds.HeldSettings, "bucket"},
	} {
		p := newPlace(t)
		s := oauth("a")
		c.change(&s)
		p.put("a", c.files)
		p.Use(&content.Courier{Systems: []content.CourierSystem{s}})
		if held := p.held("a"); held.Held != c.held || !strings.Contains(held.Why, c.want) {
			t.Errorf("%s: %s, %v", name, held.Held, held)
		}
	}
	if held := newPlace(t).held("a"); !strings.Contains(held.Why, "courier-config") {
		t.Errorf("without courier.json: %v", held)
	}
}

// What is sent to a store is signed for the region its Secret names.
func TestS3(t *testing.T) {
	signed := make(chan string, 10)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed <- r.Header.Get("Authorization")
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	p := newPlace(t)
	p.put("a", map[string][]byte{
		"access-key-id": []byte("an-id"), "secret-access-key": []byte("a-secret"), "region": []byte("cn-north-1"),
		"ca.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
	})
	at := server.Listener.Addr().(*net.TCPAddr)
	p.Use(&content.Courier{Systems: []content.CourierSystem{{Name: "a", Protocol: v1alpha1.SystemProtocol{File: &v1alpha1.FileProtocol{
		Transport: v1alpha1.TransportS3, Host: "127.0.0.1", Port: int32(at.Port), Bucket: "deliveries", SecretRef: secretRef,
	}}}}})
	system, err := p.Find("a")
	if err != nil {
		t.Fatal(err)
	}
	m := courier.Message{Facts: courier.Facts{Case: "c", System: "a", Version: 1}}
	if answer, err := system.Sender.Send(t.Context(), m, m.Key()); err != nil || !answer.Pending {
		t.Fatal(answer, err)
	}
	for range 2 {
		if got := <-signed; !strings.Contains(got, "Credential=an-id/") || !strings.Contains(got, "/cn-north-1/s3/") {
			t.Errorf("signed %s", got)
		}
	}
}
