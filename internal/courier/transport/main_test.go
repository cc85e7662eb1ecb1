package transport

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/shequ-io/shequ/internal/courier"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // what net/http says of servers that misbehave
	goleak.VerifyTestMain(m)
}

// secret is in every message, and must be in no error.
const secret = "测试甲-000"

var message = courier.Message{
	Facts:  courier.Facts{Case: "c-1", Task: "dept-health/family-doctor-appointments", System: "family-health", Purpose: "family-doctor-appointments", Version: 4},
	Fields: []courier.Field{{Name: "applicant-name", Value: secret}, {Name: "household.size", Value: int64(3)}},
	Codes:  []courier.Code{"applicant-name", "household-size"}, Salt: "0123456789abcdef",
}

const body = `{"applicant-name":"测试甲-000","household":{"size":3}}`

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// quick is short enough for a test that waits for it to end.
var quick = Limits{Timeout: 300 * time.Millisecond, Answer: 1000}

// system is a server that remembers what it got.
type system struct {
	*httptest.Server

	mu   sync.Mutex
	got  []*http.Request
	sent []string
}

func serve(t *testing.T, handle http.HandlerFunc, config *tls.Config) *system {
	t.Helper()
	s := &system{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.got, s.sent = append(s.got, r), append(s.sent, string(data))
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(data))
		handle(w, r)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if config == nil {
		s.Start()
	} else {
		s.TLS = config
		s.StartTLS()
	}
	t.Cleanup(s.Close)
	return s
}

func (s *system) requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.got)
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func send(t *testing.T, s Sender) (courier.Answer, error) {
	t.Helper()
	t.Cleanup(s.Close)
	out, err := s.Send(t.Context(), message, message.Key())
	if err != nil {
		clean(t, err)
	}
	return out, err
}

// clean checks that an error holds nothing of the message, and no address.
func clean(t *testing.T, err error) {
	t.Helper()
	for _, part := range []string{secret, "测试甲", "127.0.0.1", "localhost", message.Case, "client-secret-value", "said by the system", os.TempDir()} {
		if strings.Contains(err.Error(), part) {
			t.Errorf("the error holds %q: %v", part, err)
		}
	}
}

// pki makes certificates of one authority.
type pki struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newPKI() *pki {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	return &pki{must(x509.ParseCertificate(der)), key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// issue makes a certificate and its key, both in PEM.
func (p *pki) issue(name string) (cert, key []byte) {
	own := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, p.cert, &own.PublicKey, p.key))
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(own))})
}

func (p *pki) server() *tls.Config {
	cert, key := p.issue("system")
	pool := x509.NewCertPool()
	pool.AddCert(p.cert)
	return &tls.Config{Certificates: []tls.Certificate{must(tls.X509KeyPair(cert, key))}, ClientCAs: pool}
}
