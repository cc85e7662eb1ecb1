package transport

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shequ-io/shequ/api/v1alpha1"
	"github.com/shequ-io/shequ/hack/simulators/systems"
	"github.com/shequ-io/shequ/internal/courier"
)

// sampled are values the simulated systems take. Nobody has these numbers.
var sampled = map[string]string{
	"applicant-name": secret, "birth-date": "1950-02-03", "identity-number": "000000000000000000", "telephone": "000 000 000", "preferred-time": "上午",
	"course-title": "书法", "property-address": "青年路 1 号", "request-text": "楼道的灯坏了", "customer-number": "100050", "payment-period": "2026-01",
	"payment-amount": "60.00", "address": "青年路 1 号", "insurance-status": "active",
}

func toSystem(t *testing.T, farm *systems.Farm, s *systems.System) Sender {
	t.Helper()
	kind, secrets := s.Kind(), farm.Secrets()[s.Kind().Secret]
	limits := Limits{Timeout: 20 * time.Second}
	if kind.Protocol == systems.SFTP {
		host, port, _ := net.SplitHostPort(s.Address())
		known := filepath.Join(t.TempDir(), "known-hosts")
		if err := os.WriteFile(known, secrets["known-hosts"], 0o600); err != nil {
			t.Fatal(err)
		}
		drop := must(NewSFTP(SFTP{
			Host: host, Port: must(strconv.Atoi(port)), User: string(secrets["user"]), PrivateKey: secrets["ssh-privatekey"], KnownHosts: known, Directory: systems.Inbox,
		}))
		return must(NewFile(File{Drop: drop, Format: v1alpha1.FormatCSV, Mark: true, Limits: limits}))
	}
	with := TLS{CA: secrets["ca.crt"], Certificate: secrets["tls.crt"], Key: secrets["tls.key"]}
	if kind.Protocol == systems.XRoad {
		return must(NewXRoad(XRoad{SecurityServer: s.URL(), Client: systems.XRoadClient, Service: kind.Service, TLS: with, Limits: limits}))
	}
	h := HTTP{BaseURL: s.URL(), TLS: with, Limits: limits}
	switch kind.Auth {
	case systems.AuthOAuth2:
		h.OAuth2 = &OAuth2{TokenURL: s.TokenURL(), ClientID: string(secrets["client-id"]), Secret: string(secrets["client-secret"]), Scopes: []string{systems.ScopeWrite}}
	case systems.AuthHMAC:
		h.Signature = &Signature{KeyID: string(secrets["key-id"]), Key: secrets["key"]}
	case systems.AuthMTLS, systems.AuthKey:
	}
	return must(NewHTTP(h))
}

// Every simulated system takes what we send, in its own protocol and with its own
// authentication, and once though it is sent twice. They read the documents on
// their own, so what both got wrong alike is less.
func TestSimulatedSystems(t *testing.T) {
	farm := must(systems.Start(t.Context(), systems.Config{}))
	t.Cleanup(func() {
		if err := farm.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, kind := range systems.Kinds() {
		if kind.Name == systems.Supervision { // takes figures, which no case has
			continue
		}
		t.Run(kind.Name, func(t *testing.T) {
			s := farm.System(kind.Name)
			m := courier.Message{Facts: courier.Facts{
				Case: "c-1", Task: "d/t", System: kind.Name, Purpose: v1alpha1.PurposeCode(kind.Purposes[0]), Version: 2,
			}, Salt: "0123456789abcdef"}
			codes := kind.Required
			if len(codes) == 0 {
				codes = kind.Accepts
			}
			for _, code := range codes {
				m.Fields = append(m.Fields, courier.Field{Name: code, Value: sampled[code]})
				m.Codes = append(m.Codes, courier.Code(code))
			}
			x := toSystem(t, farm, s)
			t.Cleanup(x.Close)
			for range 2 {
				if out := answered(t, x, m); !strings.Contains(string(out.Body), `"accepted"`) && !strings.Contains(string(out.Body), `"answered"`) {
					t.Errorf("it says %s", out.Body)
				}
			}
			got := s.Messages("", string(m.Key()))
			if len(got) != 1 || got[0].Case != "c-1" || got[0].Purpose != kind.Purposes[0] || got[0].Sequence != 2 || len(got[0].Elements) != len(codes) {
				t.Errorf("it has %+v", got)
			}
		})
	}
}

// answered sends until there is an answer: a file is acknowledged when the system
// has looked.
func answered(t *testing.T, x Sender, m courier.Message) courier.Answer {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		out, err := x.Send(t.Context(), m, m.Key())
		if err != nil || time.Now().After(deadline) {
			t.Fatal(out, err)
		}
		if !out.Pending {
			return out
		}
	}
}
